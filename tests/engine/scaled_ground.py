"""Programs with the scaled engine in this process, on one PostgreSQL, in front of one rehearsal room."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from bot.app import App, build_scaled_app
from bot.clock import ShiftedClock
from bot.cohorts.cohorts import NewCohort, open_cohort
from bot.config import HOME
from bot.engine import queue
from bot.engine.shelf import Shelf
from bot.engine.ticks import Role
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room
from bot.store.database import open_engine

START = datetime(2026, 9, 7, 6, 59, tzinfo=UTC)
MESSAGES = 3
"""Of the first lesson, in the simulator: the lesson and two prompts."""
SHELF = Shelf(HOME / "tests" / "week_7")


class Ground:
    """Cohorts in channels of their own, due one minute after START."""

    def __init__(self, url: str, cohorts: int) -> None:
        self.url = url
        self.engine: Engine = open_engine(url)
        queue.install(self.engine)
        self.clock = ShiftedClock(START)
        self.room = Room(self.clock)
        self.channels = [self.room.add_channel(f"cohort-{number}") for number in range(cohorts)]
        with Session(self.engine) as session, session.begin():
            for channel in self.channels:
                open_cohort(session, _cohort(channel), START)

    def advance(self, **delta: float) -> None:
        self.clock.advance_to(self.clock() + timedelta(**delta))

    def posted(self) -> list[int]:
        """How many posts stand in each channel."""
        return [len(self.room.posts(channel)) for channel in self.channels]

    def one(self, statement: str) -> object:
        """The first value that a statement gives, seen and written at once."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SET search_path TO public, procrastinate"))
            result = connection.execute(text(statement))
            value = result.scalar() if result.returns_rows else None
            connection.execute(text("RESET search_path"))
            return value

    def jobs(self) -> int:
        return int(str(self.one("SELECT count(*) FROM procrastinate.procrastinate_jobs WHERE task_name = 'deliver'")))

    def planned(self) -> int:
        return int(str(self.one("SELECT count(*) FROM deliveries WHERE state = 'planned'")))

    def app(self, role: Role = Role.ALL, concurrency: int = 8) -> App:
        """One more process, not running yet."""
        platform = SimulatorPlatform(self.room)
        return build_scaled_app(open_engine(self.url), SHELF, [platform], self.clock, role, concurrency)

    def close(self) -> None:
        self.room.close()
        self.engine.dispose()


@contextmanager
def open_ground(url: str, cohorts: int = 1) -> Iterator[Ground]:
    ground = Ground(url, cohorts)
    try:
        yield ground
    finally:
        ground.close()


@asynccontextmanager
async def working(*apps: App, ready: bool = True) -> AsyncIterator[None]:
    """Their engines run, without the platforms' connections, for as long as the block lasts."""
    if ready:
        for app in apps:
            app.shop.ready.add("simulator")
    running = [asyncio.create_task(app.engine.run()) for app in apps]
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for app in apps:
            app.shop.database.close()


async def until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for something that is about to happen; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - another thread's or process's doing, and has no event
            await asyncio.sleep(0.05)


def _cohort(channel: str) -> NewCohort:
    return NewCohort(
        "simulator",
        "rehearsal",
        channel,
        f"Cohort {channel}",
        SHELF.course.about.id,
        "Europe/Zurich",
        time(9),
        0b11111,
        date(2026, 9, 7),
        31,
    )

"""Several processes on one PostgreSQL: workers that post and read back, a gateway that listens, and one kill after the
other, until everything stands."""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from crash_campaign import Life, Nursery, Result, ended, to_order
from crash_ground import START, Ground, open_ground
from fault_databases import Databases
from leaping import LeapingClock, new_clock
from victim import SHARED_STEPS

from bot.clock import monotonic
from bot.engine import queue
from bot.engine.shelf import Shelf
from bot.store.database import open_engine

PLATFORMS = ("discord", "slack")
ROLES = ("worker", "worker", "gateway")
PATIENCE = 90.0
"""Seconds that a lesson may take, with all of its kills but those of the first second."""

STILL = 0.8
"""Seconds without any progress after which the clock leaps: what is left waits for a lease or for its next try."""

LEAP = timedelta(seconds=125)
HEARD = frozenset({"after_event_before_commit", "after_commit_before_receipt"})
"""Steps of the process that listens."""

LONGEST_LUCK = 1.5
"""A random kill comes within so many seconds of a life's beginning."""


@dataclass
class Company:
    """Places for processes, each with a nursery of its own. `killed` counts those that met their fate."""

    ground: Ground
    nurseries: Sequence[Nursery]
    step: str | None
    kills: int
    without: tuple[str, ...] = ()
    roles: tuple[str, ...] = ROLES
    lives: dict[int, Life] = field(default_factory=dict)
    fates: dict[int, float | None] = field(default_factory=dict)
    killed: int = 0
    lived: int = 0
    last_kill: float = field(default_factory=monotonic)
    done_at: float = 0.0

    async def attend(self) -> None:
        """Count the dead and put new lives in their places; strike whose hour has come."""
        for place, role in enumerate(self.roles):
            life = self.lives.get(place)
            if life is not None and life.over.done():
                if life.over.result() == -signal.SIGKILL:
                    self.killed, self.last_kill = self.killed + 1, monotonic()
                del self.lives[place]
            if place not in self.lives:
                await self._begin(place, role)
            elif (hour := self.fates[place]) is not None and monotonic() >= hour:
                self.lives[place].strike(signal.SIGKILL)
                self.fates[place] = None

    async def end(self) -> None:
        """By force."""
        async with AsyncExitStack() as stack:
            for life in self.lives.values():
                await stack.enter_async_context(ended(life))

    async def _begin(self, place: int, role: str) -> None:
        step, hour = self._fate(role)
        clock = self.ground.clock
        assert isinstance(clock, LeapingClock), "several processes go by one clock"
        most = 1 if step in ("after_jobs", "after_jobs_before_commit", "after_plan_before_commit") else 3
        order = to_order(
            self.ground,
            step,
            self.ground.dice.randint(1, most),
            without=self.without,
            role=role,
            clock=str(clock.path),
        )
        self.lives[place] = await self.nurseries[place].begin(order)
        self.fates[place] = hour
        self.lived += 1

    def _fate(self, role: str) -> tuple[str | None, float | None]:
        """The step where a life ends, or its hour, or neither: enough have been killed."""
        if self.killed >= self.kills or (self.step and (role == "gateway") is not (self.step in HEARD)):
            return None, None
        if self.step is not None:
            return self.step, None
        return None, monotonic() + self.ground.dice.uniform(0.0, LONGEST_LUCK)


async def scaled_campaign(
    ground: Ground, nurseries: Sequence[Nursery], step: str | None, kills: int, without: tuple[str, ...] = ()
) -> Result:
    """Kill at the step (None: at random) until `kills` lives have ended, lesson after lesson; then let the work be
    finished."""
    company = Company(ground, nurseries, step, kills, without)
    started, lessons = monotonic(), 0
    try:
        while lessons < len(ground.shelf.course.lessons) and (lessons == 0 or company.killed < kills):
            ground.clock.advance_to(ground.next_due() + timedelta(seconds=1))
            lessons += 1
            finished = await _post_lesson(company, lessons)
            company.done_at = monotonic()
            if not finished:
                break
    finally:
        await company.end()
    tally, done_at = ground.tally(lessons), company.done_at
    drained, wall = round(done_at - company.last_kill, 2), round(monotonic() - started, 2)
    return Result(step or "random", company.killed, company.lived, lessons, tally, wall, drained)


async def _post_lesson(company: Company, lessons: int) -> bool:
    """Until it stands everywhere and everything written is kept; False when patience ends before."""
    ground, deadline, still = company.ground, monotonic() + PATIENCE, Stillness(company.ground)
    while not is_done(ground, lessons):
        if monotonic() > deadline + company.killed:
            return False
        await company.attend()
        await ground.act()
        if still.lasts(STILL):
            await ground.clock.leap_to(ground.clock() + LEAP)  # type: ignore[union-attr]
        await asyncio.sleep(0.05)
    return True


class Stillness:
    """Whether anything has moved on the ground."""

    def __init__(self, ground: Ground) -> None:
        self._ground, self._seen, self._since = ground, ground.progress(), monotonic()

    def lasts(self, seconds: float) -> bool:
        """Nothing has for so long. Having said so, it begins anew."""
        seen = self._ground.progress()
        if seen != self._seen or monotonic() - self._since > seconds:
            still = seen == self._seen
            self._seen, self._since = seen, monotonic()
            return still
        return False


def is_done(ground: Ground, lessons: int) -> bool:
    """So many lessons stand in every channel, and nothing is left to be done."""
    states = ground.states()
    return states["done"] == lessons * len(ground.channels) and states.total() == states["done"] and ground.is_at_rest()


@asynccontextmanager
async def open_shared_ground(
    folder: Path, databases: Databases, platform: str, shelf: Shelf, cohorts: int, name: str, nonce_seconds: float = 0.0
) -> AsyncIterator[Ground]:
    """A ground on a PostgreSQL with a queue, whose clock several processes go by."""
    url = databases.new("postgresql")
    engine = open_engine(url)
    queue.install(engine)
    engine.dispose()
    clock = new_clock(folder / f"{abs(hash(name)):x}.clock", START)
    async with open_ground(platform, url, shelf, cohorts, name, nonce_seconds=nonce_seconds, clock=clock) as ground:
        yield ground


def shared_steps() -> tuple[str, ...]:
    return tuple(SHARED_STEPS)

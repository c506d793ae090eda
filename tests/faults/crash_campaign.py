"""Lives one after the other on one ground, each struck somewhere, until everything stands."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO

from crash_ground import Ground, Tally
from victim import STEPS, Order

from bot.clock import monotonic, system_clock

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0
"""Seconds that a life may take to do what there is to do."""

LEAPS = {"sqlite": (5, 70, 200, 400), "postgresql": (125, 200, 400)}
"""Seconds from the end of one life to the next. PostgreSQL's leases run out by themselves after 120; on SQLite they
are released at the start, and the next life may come before the platform's history has settled."""

ONCE = frozenset({"after_plan_before_commit", "after_claim"})
"""Steps that a life comes to only once, whatever is due."""

ONCE_A_LESSON = frozenset({"after_keep_messages", "before_mark_done", "after_reading_before_commit"})
"""Steps that a life comes to once for each delivery. To the others it comes once a message, or more often."""


@dataclass(frozen=True)
class Life:
    """A running victim. `over` answers with its exit status, which is minus the signal that killed it."""

    pid: int
    over: "asyncio.Future[int]"

    def strike(self, number: int) -> None:
        if not self.over.done():
            os.kill(self.pid, number)


class Nursery:
    """A process that begins lives, one at a time."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._log_file: IO[bytes] = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("victim.py")), str(ROOT / "tests" / "week_7")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log_file,
            cwd=ROOT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    async def begin(self, order: Order) -> Life:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        pid = await asyncio.to_thread(self._number)
        return Life(pid, asyncio.ensure_future(asyncio.to_thread(self._number)))

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()
        self._log_file.close()

    def _number(self) -> int:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the victims' process has ended; {self.log} says why")
        return int(line)


@asynccontextmanager
async def ended(*lives: Life) -> AsyncIterator[None]:
    """The lives end with the block: in peace behind it, by force when it fails."""
    try:
        yield
        for life in lives:
            life.strike(signal.SIGTERM)
        await asyncio.wait([life.over for life in lives], timeout=PATIENCE)
    finally:
        for life in lives:
            life.strike(signal.SIGCONT)
            life.strike(signal.SIGKILL)
            await life.over


@dataclass(frozen=True)
class Result:
    """What a campaign came to. drained_s: seconds from the last kill until everything was done."""

    step: str
    kills: int
    lives: int
    lessons: int
    tally: Tally
    wall_s: float
    drained_s: float


async def campaign(
    ground: Ground,
    nursery: Nursery,
    step: str,
    kills: int,
    without: tuple[str, ...] = (),
    lives: int = 200,
    seen: Callable[[Tally], bool] | None = None,
) -> Result:
    """Kill at the step until `kills` lives have ended there, lesson after lesson; then let the work be finished.

    `lives`: how many at most; a campaign whose work is never done (a control's) ends with them, or when a life is over
    and the damage is `seen`.
    """
    started, killed, lived, lessons = monotonic(), 0, 0, 0
    last_kill = started
    while lessons < len(ground.shelf.course.lessons) and (lessons == 0 or killed < kills) and lived < lives:
        ground.clock.advance_to(ground.next_due() + timedelta(seconds=1))
        lessons += 1
        while not _is_done(ground, lessons) and lived < lives:
            if seen and seen(ground.tally(lessons)):
                lives = lived
                break
            lived += 1
            if await live(ground, nursery, step if killed < kills else None, without) == -signal.SIGKILL:
                killed, last_kill = killed + 1, monotonic()
            _leap(ground)
    now = monotonic()
    tally = ground.tally(lessons)
    return Result(step, killed, lived, lessons, tally, round(now - started, 2), round(now - last_kill, 2))


async def live(ground: Ground, nursery: Nursery, step: str | None, without: tuple[str, ...] = ()) -> int:
    """One life until it is struck, or until nothing is left to do for it now; its exit status."""
    deliveries = len(ground.channels)
    most = 1 if step in ONCE else deliveries if step in ONCE_A_LESSON else 2 * deliveries
    occurrence = ground.dice.randint(1, most)
    life = await nursery.begin(to_order(ground, step, occurrence, without=without))
    async with ended(life):
        await act_until_rest(ground, life)
    return life.over.result()


async def act_until_rest(ground: Ground, life: Life) -> None:
    """The members act until nothing is left to do, the life is over, or patience ends: then the count will show it."""
    deadline = monotonic() + PATIENCE
    while not life.over.done() and not ground.is_at_rest() and monotonic() < deadline:
        await ground.act()
        await asyncio.sleep(0.02)


def to_order(ground: Ground, step: str | None, occurrence: int = 1, **more: object) -> Order:
    """An order for a life on the ground, whose clock shows the same as the fake's."""
    offset = (ground.clock() - system_clock()).total_seconds()
    seed = ground.dice.getrandbits(32)
    return Order(
        ground.url,
        ground.platform,
        ground.urls,
        ground.tokens,
        offset,
        step,
        occurrence,
        seed=seed,
        **more,  # type: ignore[arg-type]
    )


def _is_done(ground: Ground, lessons: int) -> bool:
    states = ground.states()
    return states["done"] == lessons * len(ground.channels) and states.total() == states["done"] and ground.is_at_rest()


def _leap(ground: Ground) -> None:
    seconds = ground.dice.choice(LEAPS[ground.url.partition(":")[0]])
    ground.clock.advance_to(ground.clock() + timedelta(seconds=seconds))


def steps() -> tuple[str, ...]:
    return tuple(STEPS)


def dice_of(*names: object) -> random.Random:
    """Dice that follow from names alone."""
    return random.Random("|".join(map(str, names)))

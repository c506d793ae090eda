"""The alarm clock of one process: APScheduler rings, the ticks ask the database what is due.

No job store and no job per cohort: a lost or doubled ring changes nothing.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.clock import system_clock
from bot.engine.collecting import Collector
from bot.engine.shop import Shop
from bot.engine.ticks import Tick

LAST_WORDS = 5.0
"""Seconds that a tick under way may take to end when the program stops."""

log = logging.getLogger(__name__)


class Bells:
    """Rings ticks in this process, each one never twice at a time. In real time, also when the shop's clock is
    shifted."""

    def __init__(
        self,
        shop: Shop,
        collectors: Mapping[str, Collector],
        ticks: Sequence[Tick],
        every: Mapping[str, float] | None = None,
    ) -> None:
        """every: name of a tick → seconds, where they are not the tick's own."""
        self._shop, self._collectors = shop, collectors
        self._ticks = {tick.name: tick for tick in ticks}
        self._locks = {name: asyncio.Lock() for name in self._ticks}
        self._waiting: dict[str, list[asyncio.Event]] = {name: [] for name in self._ticks}
        self.periods = {tick.name: (every or {}).get(tick.name, tick.every) for tick in ticks}
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        # Two instances: a ring during a long tick is not lost, it waits for the lock.
        forgiving = {"coalesce": True, "max_instances": 2, "misfire_grace_time": None}
        for name, seconds in self.periods.items():
            when = trigger(self._ticks[name], seconds)
            self._scheduler.add_job(self.once, when, args=[name], id=name, **forgiving)

    def start(self) -> None:
        """Ring from now on."""
        self._scheduler.start()

    async def stop(self) -> None:
        """Ring no more. What is under way ends by itself, or is cut off after a while: the ledger knows how to go
        on."""
        self._scheduler.pause()
        try:
            async with asyncio.timeout(LAST_WORDS), AsyncExitStack() as stack:
                for lock in self._locks.values():
                    await stack.enter_async_context(lock)
        except TimeoutError:
            log.warning("engine outcome=cut-off after_s=%.0f", LAST_WORDS)
        self._scheduler.shutdown(wait=False)

    def wake(self, *names: str) -> None:
        """Ring these now instead of at their next full period, if they are rung here."""
        for name in self._ticks.keys() & set(names):
            self._scheduler.modify_job(name, next_run_time=system_clock())

    async def ring(self, name: str) -> None:
        """Ring one now, and wait until the tick that follows is over."""
        over = asyncio.Event()
        self._waiting[name].append(over)
        self.wake(name)
        await over.wait()

    async def once(self, name: str) -> None:
        """One tick; a second one at the same time waits for it."""
        async with self._locks[name]:
            waiting, self._waiting[name] = self._waiting[name], []
            try:
                await self._ticks[name].ring(self._shop, self._collectors)
            finally:
                for over in waiting:
                    over.set()


def trigger(tick: Tick, seconds: float) -> BaseTrigger:
    """Lessons are due at whole minutes: what puts them into the ledger and posts them rings on the minute as well, so
    that they do not wait for up to a period."""
    if tick.plans and seconds in (5.0, 10.0, 60.0):
        return CronTrigger(second=f"*/{seconds:.0f}" if seconds < 60 else 0, timezone=UTC)
    return IntervalTrigger(seconds=seconds, timezone=UTC)

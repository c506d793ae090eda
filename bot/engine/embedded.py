"""The alarm clock of a single process: APScheduler rings, the ticks ask the database what is due.

No job store and no job per cohort: a lost or doubled ring changes nothing.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.clock import system_clock
from bot.engine.collecting import Collector
from bot.engine.shop import Shop
from bot.engine.ticks import collect_tick, post_tick, start

POST_EVERY = 5.0
COLLECT_EVERY = 30.0
LAST_WORDS = 5.0
"""Seconds that a tick under way may take to end when the program stops."""

log = logging.getLogger(__name__)


class EmbeddedEngine:
    """Runs the ticks in this process. It rings in real time, also when the shop's clock is shifted."""

    def __init__(
        self,
        shop: Shop,
        collectors: Mapping[str, Collector],
        post_every: float = POST_EVERY,
        collect_every: float = COLLECT_EVERY,
        *,
        alone: bool,
    ) -> None:
        """Periods in seconds. alone: no other process can be on this record."""
        self._alone = alone
        self._shop = shop
        self._collectors = collectors
        self._posting, self._collecting = asyncio.Lock(), asyncio.Lock()
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._ringing: list[asyncio.Event] = []
        # Two instances: a ring during a long tick is not lost, it waits for the lock.
        forgiving = {"coalesce": True, "max_instances": 2, "misfire_grace_time": None}
        self._scheduler.add_job(self.post, "interval", seconds=post_every, id="post", **forgiving)
        self._scheduler.add_job(self.collect, "interval", seconds=collect_every, id="collect", **forgiving)

    async def run(self) -> None:
        """Ring until cancelled."""
        await start(self._shop, alone=self._alone)
        self._scheduler.start()
        try:
            self.wake()
            await asyncio.Event().wait()
        finally:
            self._scheduler.pause()
            await self._let_finish()
            self._scheduler.shutdown(wait=False)

    def wake(self) -> None:
        """Ring every bell now instead of at its next full period: a platform became ready."""
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=system_clock())

    async def ring(self) -> None:
        """Ring now, and wait until the post tick that follows is over."""
        over = asyncio.Event()
        self._ringing.append(over)
        self._scheduler.modify_job("post", next_run_time=system_clock())
        await over.wait()

    async def post(self) -> None:
        """One post tick; a second one at the same time waits for it."""
        async with self._posting:
            waiting, self._ringing = self._ringing, []
            try:
                await post_tick(self._shop)
            finally:
                for over in waiting:
                    over.set()

    async def _let_finish(self) -> None:
        """What is under way ends by itself, or is cut off after a while: the ledger knows how to go on."""
        try:
            async with asyncio.timeout(LAST_WORDS), self._posting, self._collecting:
                pass
        except TimeoutError:
            log.warning("engine outcome=cut-off after_s=%.0f", LAST_WORDS)

    async def collect(self) -> None:
        """One collect tick; a second one at the same time waits for it."""
        async with self._collecting:
            await collect_tick(self._shop, self._collectors)

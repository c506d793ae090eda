"""The engine of several processes on one PostgreSQL: Procrastinate rings the ticks that are about the record, once for
all of them, and hands out one job for each delivery that is due.

Every process rings by itself what is about its own memory. A job that is lost, doubled or stuck changes nothing: the
ledger says what is to be done, and its fences say who may.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from procrastinate import App
from procrastinate.worker import Worker
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import SteeredClock
from bot.cohorts.deliveries import claim_one
from bot.cohorts.jobs import take_due
from bot.engine.bells import LAST_WORDS, Bells
from bot.engine.collecting import Collector
from bot.engine.delivering import deliver
from bot.engine.planning import plan
from bot.engine.queue import DELIVER, enqueue, finish_stalled, open_queue
from bot.engine.shop import Shop
from bot.engine.steering import steer
from bot.engine.supervising import for_ever, until_done
from bot.engine.ticks import EVERYONE, TICKS, WORKING, Role, Tick, start

log = logging.getLogger(__name__)

PLAN_EVERY = 10.0
SWEEP_EVERY = 30.0
STEER_EVERY = 60.0

SILENT_FOR = 60.0
"""Seconds without a heartbeat (there is one every ten) after which a worker counts as dead."""

JOBS_AT_ONCE = 500
TICKS_AT_ONCE = 4
TICKS_QUEUE = "ticks"
GRACE = 60.0
"""Seconds that a worker which lost the queue waits for its jobs: they know nothing of it and go on."""


class ScaledEngine:
    """One process's part of the work, by its role. Needs `queue.install`."""

    def __init__(
        self,
        shop: Shop,
        collectors: Mapping[str, Collector],
        role: Role = Role.ALL,
        concurrency: int = 8,
        plan_every: float = PLAN_EVERY,
    ) -> None:
        """concurrency: deliveries sent at once on each platform. plan_every: seconds, a divisor of 60."""
        self._shop, self._collectors, self._concurrency = shop, collectors, concurrency
        self._works = role in WORKING
        mine = [tick for tick in TICKS if role in tick.roles]
        own = [tick for tick in mine if tick.own]
        if isinstance(shop.clock, SteeredClock):
            own.append(Tick("clock", STEER_EVERY, _set_clock, EVERYONE, own=True))
        self._own = Bells(shop, collectors, own)
        shared = [
            Tick("post", plan_every, self._post, WORKING, plans=True),
            Tick("sweep", SWEEP_EVERY, self._sweep, WORKING),
        ]
        self._shared = {tick.name: tick for tick in (*shared, *(tick for tick in mine if not tick.own))}
        self._locks = {name: asyncio.Lock() for name in self._shared}
        self._queue: App | None = None
        self._workers: set[Worker] = set()
        self._changed = asyncio.Event()

    @property
    def periods(self) -> Mapping[str, float]:
        """Of this process's own ticks: who rings the others is left to chance."""
        return self._own.periods

    async def run(self) -> None:
        """Work until cancelled; then no new job is taken, and what is under way has a while to end."""
        asyncio.get_running_loop().set_exception_handler(_tell_of_unfinished)
        await start(self._shop, alone=False)
        self._own.start()
        working = asyncio.ensure_future(self._work()) if self._works else None
        try:
            await asyncio.Event().wait()
        finally:
            if working is not None:
                for worker in self._workers:
                    worker.shutdown_graceful_timeout = LAST_WORDS
                working.cancel()
                await asyncio.wait([working], timeout=LAST_WORDS + 3)
            await self._own.stop()

    def wake(self) -> None:
        """A platform became ready, or is not any more."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        self._own.wake("gap")

    async def ring(self, name: str = "post") -> None:
        """One tick that is about the record, here and now. After "post" what is due has its job."""
        async with self._locks[name]:
            await self._shared[name].ring(self._shop, self._collectors)

    async def _work(self) -> None:
        self._queue = await until_done("queue", self._connected)
        parts: dict[str, Callable[[], Awaitable[None]]] = {TICKS_QUEUE: self._take_ticks}
        for platform in self._shop.platforms:
            parts[platform] = partial(self._take_deliveries, platform)
        try:
            async with asyncio.TaskGroup() as group:
                for name, part in parts.items():
                    group.create_task(for_ever(name, part))
        finally:
            await self._queue.close_async()

    async def _connected(self) -> App:
        queue = open_queue(self._shop.database.engine)
        for tick in self._shared.values():
            named = queue.task(name=tick.name, queue=TICKS_QUEUE, queueing_lock=tick.name)
            queue.periodic(cron=to_cron(tick.every))(named(self._rung(tick.name)))
        queue.task(name=DELIVER)(self._deliver)
        try:
            await queue.open_async()
        except BaseException:
            await queue.close_async()
            raise
        return queue

    async def _take_ticks(self) -> None:
        await self._take(TICKS_QUEUE, TICKS_AT_ONCE)

    async def _take_deliveries(self, platform: str) -> None:
        """Take jobs of a platform for as long as it is ready here."""
        await self._until(platform, ready=True)
        await self.ring("post")
        taking = asyncio.ensure_future(self._take(platform, self._concurrency))
        leaving = asyncio.ensure_future(self._until(platform, ready=False))
        try:
            await asyncio.wait([taking, leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            taking.cancel()
            leaving.cancel()
            await asyncio.wait([taking, leaving])
        if not taking.cancelled():
            taking.result()

    async def _take(self, queue: str, at_once: int) -> None:
        """Run the jobs of a queue until cancelled. Raises when PostgreSQL goes away."""
        assert self._queue is not None, "connected first"
        worker = Worker(
            self._queue,
            queues=[queue],
            name=queue,
            concurrency=at_once,
            delete_jobs="always",
            install_signal_handlers=False,
            shutdown_graceful_timeout=GRACE,
            stalled_worker_timeout=SILENT_FOR,
        )
        self._workers.add(worker)
        try:
            await worker.run()  # type: ignore[no-untyped-call]
        finally:
            self._workers.discard(worker)

    async def _until(self, platform: str, *, ready: bool) -> None:
        while (platform in self._shop.ready) is not ready:
            await self._changed.wait()

    def _rung(self, name: str) -> Callable[[int], Awaitable[None]]:
        async def rung(timestamp: int) -> None:
            if not self._locks[name].locked():  # else it is being done
                await self.ring(name)

        return rung

    async def _deliver(self, delivery: int) -> None:
        """The job: send this delivery, if it can still be claimed."""
        if not self._shop.may_act():
            return
        try:
            claim = await self._shop.database.run(claim_one, delivery, sorted(self._shop.ready), self._shop.clock())
            if claim is not None:
                await deliver(self._shop, claim)
        except SQLAlchemyError as error:
            log.error("job delivery=%d outcome=no-database error=%s", delivery, type(error).__name__)

    async def _post(self, shop: Shop, _: Mapping[str, Collector]) -> None:
        await plan(shop)
        while await shop.database.run(_make_jobs, sorted(shop.ready), shop.clock()):
            pass

    async def _sweep(self, shop: Shop, _: Mapping[str, Collector]) -> None:
        if self._queue is not None:
            finished = await finish_stalled(self._queue, SILENT_FOR)
            if finished:
                log.warning("queue jobs_finished=%d reason=worker-gone", finished)


def to_cron(every: float) -> str:
    """Every so many seconds, as a cron expression: seconds are its sixth field. Raises ValueError for a period that
    does not divide a minute or an hour."""
    seconds = round(every)
    if 1 <= seconds <= 60 and 60 % seconds == 0:
        return f"* * * * * */{seconds}" if seconds < 60 else "* * * * *"
    minutes, rest = divmod(seconds, 60)
    if not rest and 1 <= minutes <= 60 and 60 % minutes == 0:
        return f"*/{minutes} * * * *" if minutes < 60 else "0 * * * *"
    raise ValueError(f"{every} s do not divide a minute or an hour")


def _make_jobs(session: Session, platforms: Sequence[str], now: datetime) -> int:
    """Take what is due and make its jobs, all or nothing; how many were taken."""
    due = take_due(session, platforms, now, JOBS_AT_ONCE)
    session.flush()
    enqueue(session, due)
    return len(due)


async def _set_clock(shop: Shop, _: Mapping[str, Collector]) -> None:
    assert isinstance(shop.clock, SteeredClock), "only such a clock has this tick"
    await shop.database.run_beside(steer, shop.clock)


def _tell_of_unfinished(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A job whose row was lost meanwhile cannot be struck off; its work is in the ledger all the same."""
    task, error = context.get("future"), context.get("exception")
    if isinstance(task, asyncio.Task) and task.get_name().startswith("process job"):
        log.warning("job outcome=not-struck-off error=%s", type(error).__name__)
    else:
        loop.default_exception_handler(context)

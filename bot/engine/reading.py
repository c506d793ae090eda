"""Threads are read whole: after a gap, and by the clock. Reading and hearing end in the same record."""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.chat.inbound import Heard
from bot.chat.port import Platform, PlatformError, Reason
from bot.cohorts.sweeps import READ_BACK, DueThread, finish, give_up, put_back, take_threads
from bot.engine.metrics import PULSE
from bot.engine.shop import Shop

log = logging.getLogger(__name__)

LANES = 4
"""Threads that are read at the same time, so that one with ten thousand replies does not hold up the others."""

A_TICK, TAKEN = 100, 20
"""Threads that a tick reads, and how many it takes at once; the others wait for the next one."""

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)
FIRST_BLOCKED_WAIT = timedelta(minutes=5)
MOST_REMEMBERED = 10_000

GONE = frozenset({Reason.CHANNEL_GONE, Reason.REFUSED})
"""What makes it vain to come back."""

UNCURED = 2 * READ_BACK
"""How long after a lesson was posted a thread that only a person can open again is still tried."""


class ThreadReader:
    """Reads the threads of one platform. Holds only what may be lost: how often which reading has failed in a row."""

    def __init__(self, shop: Shop, platform: Platform, hear: Callable[[Heard], Awaitable[None]]) -> None:
        """hear: takes what stands in a thread, as if it had just been written; raises when it could not be kept."""
        self._shop, self._platform, self._hear = shop, platform, hear
        self._failures: OrderedDict[int, int] = OrderedDict()

    async def read_due(self) -> None:
        """Read what is due, A_TICK threads at most. What fails is one log line, and comes up again later. Raises
        SQLAlchemyError when the record cannot be reached."""
        taken: deque[DueThread] = deque()
        takes = iter(range(A_TICK // TAKEN))
        turn = asyncio.Lock()

        async def next_thread() -> DueThread | None:
            async with turn:
                if not taken and next(takes, None) is not None:
                    now = self._shop.clock()
                    taken.extend(await self._shop.database.run(take_threads, self._platform.name, now, TAKEN))
                return taken.popleft() if taken else None

        async def lane() -> None:
            while (due := await next_thread()) is not None:
                await self._read(due)

        for error in await asyncio.gather(*(lane() for _ in range(LANES)), return_exceptions=True):
            if isinstance(error, BaseException):
                raise error

    async def _read(self, due: DueThread) -> None:
        PULSE.beat("collect")
        try:
            await self._read_whole(due)
        except PlatformError as error:
            level = logging.ERROR if error.permanent else logging.WARNING
            log.log(level, "thread message=%d outcome=unread reason=%s", due.message, error.reason)
            await self._come_back(due, error)
        except Exception as error:  # what nobody foresaw in one thread keeps no other one unread
            log.error("thread message=%d outcome=unread error=%s", due.message, type(error).__name__)
            await self._come_back(due, None)
        else:
            self._failures.pop(due.message, None)

    async def _read_whole(self, due: DueThread) -> None:
        begun = self._shop.clock()
        reading = await self._platform.read_thread(due.thread)
        for reply in reading.replies:
            if due.known.get(reply.message, -1) < reply.revision:
                await self._hear(reply)
        standing = {reply.message for reply in reading.replies} if reading.complete else None
        settles_in = timedelta(seconds=self._platform.settles_in)
        gone = await self._shop.database.run(finish, due, standing, begun, settles_in)
        if gone:
            log.info("thread message=%d withdrawn=%d", due.message, gone)

    async def _come_back(self, due: DueThread, error: PlatformError | None) -> None:
        if error is not None and (error.reason in GONE or (error.permanent and self._is_old(due))):
            self._failures.pop(due.message, None)
            await self._shop.database.run(give_up, due)
            log.error("thread message=%d outcome=given-up reason=%s", due.message, error.reason)
            return
        times = self._failures.pop(due.message, 0)
        self._failures[due.message] = times + 1
        while len(self._failures) > MOST_REMEMBERED:
            self._failures.popitem(last=False)
        await self._shop.database.run(put_back, due, self._shop.clock() + _wait(times, error))

    def _is_old(self, due: DueThread) -> bool:
        return self._shop.clock() >= due.posted + UNCURED


def _wait(times: int, error: PlatformError | None) -> timedelta:
    """Twice as long after each failure. What only a person can cure is not asked for every few seconds."""
    first = FIRST_BLOCKED_WAIT if error is not None and error.permanent else FIRST_WAIT
    asked = timedelta(seconds=min((error.retry_after if error is not None else None) or 0.0, 86_400.0))
    doubled: timedelta = first * 2 ** min(times, 16)
    return max(asked, min(doubled, LONGEST_WAIT))

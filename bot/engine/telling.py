"""Whoever wrote something learns that it is kept: at once where possible, and from the record where it was not."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.chat.port import Capability, Platform, PlatformError
from bot.cohorts.receipts import Receipt, mark_receipted, unreceipted
from bot.engine.shop import Shop
from bot.engine.together import Together
from bot.talk.receipts import receipt_mark, receipt_note

log = logging.getLogger(__name__)

MOST_AT_ONCE = 200
"""Receipts on their way. When a thread brings more, the record remembers who has not been told."""

LANES = 8
"""Receipts that are being sent at the same time."""

AT_ONCE, ROUNDS = 50, 4
"""Receipts that a tick makes good: so many a question, so many questions."""

IN_A_ROW = 5
"""Failures after which the platform is left alone until the next tick."""

HEARER_FIRST = timedelta(minutes=1)
"""Who does not hear leaves the telling to who does, for so long after something was written."""

NOT_SOONER = timedelta(minutes=1)
MOST_REMEMBERED = 1_000


class Teller:
    """Tells the members of one platform. Holds only what may be lost: the record knows who has not been told."""

    def __init__(self, shop: Shop, platform: Platform, calm: Callable[[], Awaitable[None]], *, hears: bool) -> None:
        """calm: waits until nothing more is to be kept at this moment, or long enough: keeping comes before telling.
        hears: this process hears what is written, and tells at once."""
        self._shop, self._platform, self._hears = shop, platform, hears
        self._calm = calm
        self._telling: set[asyncio.Task[object]] = set()
        self._being_told: set[str] = set()
        self._lanes = asyncio.Semaphore(LANES)
        self._told = Together(shop.database, self._mark_all, self._mark)
        self._failed: OrderedDict[str, datetime] = OrderedDict()  # submission → when it is tried again

    def tell_soon(self, receipt: Receipt) -> None:
        """In the background; or from the record later, when too many are on their way."""
        self._in_background(self._tell(receipt))

    async def tell_rest(self) -> None:
        """Tell whoever has not been told, oldest first. Raises SQLAlchemyError when the record cannot be reached."""
        failures, tried = 0, set(self._not_now())
        before = None if self._hears else self._shop.clock() - HEARER_FIRST
        for _ in range(ROUNDS):
            receipts = await self._shop.database.run(unreceipted, self._platform.name, AT_ONCE, tried, before)
            for receipt in receipts:
                tried.add(receipt.submission)
                failures = 0 if await self._tell(receipt) else failures + 1
                if failures == IN_A_ROW:
                    return
            if len(receipts) < AT_ONCE:
                return

    async def settle(self) -> None:
        """Wait until nobody is being told anything."""
        while self._telling:
            await asyncio.gather(*self._telling, return_exceptions=True)

    async def close(self) -> None:
        """Tell nobody any more."""
        for task in self._telling:
            task.cancel()
        await self.settle()

    def _in_background(self, telling: Coroutine[Any, Any, object]) -> None:
        if len(self._telling) >= MOST_AT_ONCE:
            telling.close()
            return
        task = asyncio.create_task(telling)
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, receipt: Receipt) -> bool:
        """False when it is to be tried again."""
        if receipt.submission in self._being_told:  # the same event twice, or the sweep beside it
            return True
        self._being_told.add(receipt.submission)
        try:
            async with self._lanes:
                await self._calm()
                told = await self._tell_once(receipt)
        finally:
            self._being_told.discard(receipt.submission)
        self._failed.pop(receipt.submission, None)
        if not told:
            self._failed[receipt.submission] = self._shop.clock() + NOT_SOONER
            while len(self._failed) > MOST_REMEMBERED:
                self._failed.popitem(last=False)
        return told

    async def _tell_once(self, receipt: Receipt) -> bool:
        """The reaction first, then the note. What a person or a permission refuses is not asked for again."""
        try:
            if receipt.ref is not None:
                await self._platform.acknowledge(receipt.ref, receipt_mark(receipt))
            quiet = Capability.QUIET_NOTES in self._platform.capabilities
            note = receipt_note(self._shop.shelf.course, receipt, quiet=quiet)
            if note is not None:
                await self._platform.note(receipt.workspace, receipt.person, receipt.thread, note)
        except PlatformError as error:
            level = logging.INFO if error.permanent else logging.WARNING
            log.log(level, "receipt platform=%s outcome=failed reason=%s", self._platform.name, error.reason)
            if not error.permanent:
                return False
        except Exception as error:  # what nobody foresaw in one receipt keeps no other one back
            log.error("receipt platform=%s outcome=unforeseen error=%s", self._platform.name, type(error).__name__)
            return False
        try:
            await self._told.write(receipt.submission)
        except SQLAlchemyError as error:
            log.error("receipt outcome=not-marked error=%s", type(error).__name__)
        return True

    def _mark_all(self, session: Session, submissions: Sequence[str]) -> Sequence[None]:
        mark_receipted(session, self._platform.name, submissions)
        return [None] * len(submissions)

    def _mark(self, session: Session, submission: str) -> None:
        mark_receipted(session, self._platform.name, [submission])

    def _not_now(self) -> list[str]:
        """What failed a moment ago, and what is being told."""
        now = self._shop.clock()
        return [*self._being_told, *(submission for submission, again in self._failed.items() if again > now)]

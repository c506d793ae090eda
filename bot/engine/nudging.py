"""A facilitator's private word is carried to the member it is for; when it cannot be, the facilitator hears of it.

Kept first and carried by a tick, so that nothing is lost; a crash between telling and writing that down tells once
more. Nothing is ever said in public: who takes no direct messages is left alone.
"""

import logging
from datetime import timedelta

from bot.chat.port import Platform, PlatformError, Reason
from bot.cohorts.nudges import Note, mark_nudged, mark_undelivered, unnudged
from bot.engine.failures import Failures
from bot.engine.shop import Shop
from bot.talk.nudges import note_post, undelivered_post

AT_ONCE = 50

GOOD_FOR = timedelta(hours=24)
"""A note that could not be carried for so long is not carried any more: what it says about has gone on since."""

log = logging.getLogger(__name__)


class Nudger:
    """Carries notes on one platform. Holds only what may be lost: what failed, and when it is tried again."""

    def __init__(self, shop: Shop, platform: Platform) -> None:
        self._shop, self._platform = shop, platform
        self._failures = Failures()

    async def tell_rest(self) -> None:
        """Raises SQLAlchemyError when the record cannot be reached; the next call finds everything where it was."""
        run, name, now = self._shop.database.run, self._platform.name, self._shop.clock()
        for note in await run(unnudged, name, AT_ONCE, self._failures.not_now(now)):
            await self._carry(note)

    async def _carry(self, note: Note) -> None:
        try:
            delivered = await self._delivered(note)
        except PlatformError as error:
            self._failures.remember(note.id, self._shop.clock(), error.retry_after)
            log.warning("nudge id=%d outcome=again reason=%s", note.id, error.reason)
        except Exception as error:  # what nobody foresaw in one keeps no other one back
            self._failures.remember(note.id, self._shop.clock(), None)
            log.error("nudge id=%d outcome=unforeseen error=%s", note.id, type(error).__name__)
        else:
            mark = mark_nudged if delivered else mark_undelivered
            await self._shop.database.run(mark, note.id, self._shop.clock())
            self._failures.forget(note.id)
            log.info("nudge id=%d outcome=%s", note.id, "told" if delivered else "undelivered")

    async def _delivered(self, note: Note) -> bool:
        """Whether the member has been told. False when that cannot be, and its writer has heard so. Raises
        PlatformError when it is to be tried again."""
        takes_none = False
        try:
            if await self._platform.note(note.workspace, note.to, None, note_post(note)):
                return True
            takes_none = True
        except PlatformError as error:
            if error.reason is not Reason.REFUSED and self._shop.clock() - note.at < GOOD_FOR:
                raise
        await self._tell_writer(note, takes_none=takes_none)
        return False

    async def _tell_writer(self, note: Note, *, takes_none: bool) -> None:
        post = undelivered_post(note, takes_none=takes_none)
        try:
            heard = await self._platform.note(note.workspace, note.by, None, post)
        except PlatformError as error:
            if not error.permanent:
                raise
            heard = False
        if not heard:
            log.warning("nudge id=%d outcome=undelivered writer=untold", note.id)

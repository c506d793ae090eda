"""Feedback is put before the writers of answers: in the thread when it is for all, else privately; and to somebody who
takes no direct messages the thread says that there is something to read.

Kept first and told by a tick, so that nothing is lost; a crash between telling and writing that down tells once more,
which a platform that knows the key again keeps quiet about.
"""

import logging
from collections import OrderedDict
from datetime import datetime, timedelta

from bot.chat.port import Platform, PlatformError, Reason
from bot.cohorts.feedback import Remark, mark_told, untold
from bot.curriculum.model import Course
from bot.engine.shop import Shop
from bot.talk.feedback import knock_post, private_post, shared_post

COMMENT_EVERY = 10.0
"""Seconds between two rings."""

AT_ONCE = 50
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
MOST_REMEMBERED = 1_000

log = logging.getLogger(__name__)


class Commenter:
    """Tells the writers on one platform. Holds only what may be lost: what failed, how often, and when it is tried
    again."""

    def __init__(self, shop: Shop, platform: Platform) -> None:
        self._shop, self._platform = shop, platform
        self._failed: OrderedDict[int, tuple[int, datetime]] = OrderedDict()

    async def tell_rest(self) -> None:
        """Raises SQLAlchemyError when the record cannot be reached; the next call finds everything where it was."""
        shop = self._shop
        for remark in await shop.database.run(untold, self._platform.name, AT_ONCE, self._not_now(shop.clock())):
            await self._tell(shop, remark)

    async def _tell(self, shop: Shop, remark: Remark) -> None:
        try:
            await _tell(self._platform, shop.shelf.course, remark)
        except PlatformError as error:
            self._remember(remark, shop.clock(), error.retry_after)
            log.warning("feedback id=%d outcome=untold reason=%s", remark.id, error.reason)
        except Exception as error:  # what nobody foresaw in one keeps no other one back
            self._remember(remark, shop.clock(), None)
            log.error("feedback id=%d outcome=unforeseen error=%s", remark.id, type(error).__name__)
        else:
            await shop.database.run(mark_told, remark.id, shop.clock())
            self._failed.pop(remark.id, None)
            log.info("feedback id=%d outcome=told shared=%s", remark.id, remark.shared)

    def _remember(self, remark: Remark, now: datetime, asked: float | None) -> None:
        """Twice as long after each failure."""
        times, _ = self._failed.pop(remark.id, (0, now))
        wait = min(FIRST_WAIT * 2 ** min(times, 16), LONGEST_WAIT)
        self._failed[remark.id] = (times + 1, now + max(wait, timedelta(seconds=min(asked or 0.0, 86_400.0))))
        while len(self._failed) > MOST_REMEMBERED:
            self._failed.popitem(last=False)

    def _not_now(self, now: datetime) -> list[int]:
        return [feedback for feedback, (_, again) in self._failed.items() if again > now]


async def _tell(platform: Platform, course: Course, remark: Remark) -> None:
    if remark.shared and remark.thread is not None:
        try:
            await platform.say(remark.thread, shared_post(course, remark), remark.key)
        except PlatformError as error:
            if not error.permanent:
                raise
        else:
            return  # else the thread is closed to us for good: then its writer alone
    # Not in the thread, even where a platform can whisper there: who is not looking at that moment never sees it.
    if await platform.note(remark.workspace, remark.writer, None, private_post(course, remark)):
        return
    if remark.thread is None:
        raise PlatformError(Reason.REFUSED, "neither a thread nor direct messages")
    await platform.say(remark.thread, knock_post(course, remark), remark.key)

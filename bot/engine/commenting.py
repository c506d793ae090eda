"""Feedback is put before the writers of answers: in the thread when it is for all, else privately; and to somebody who
takes no direct messages the thread says that there is something to read. Praise is a reaction of ours where they wrote.

Kept first and told by a tick, so that nothing is lost; a crash between telling and writing that down tells once more,
which a platform that knows the key again keeps quiet about.
"""

import logging

from bot.chat.port import Mark, Platform, PlatformError, Reason
from bot.cohorts.feedback import Remark, mark_told, untold
from bot.curriculum.model import Course
from bot.engine.failures import Failures
from bot.engine.shop import Shop
from bot.talk.feedback import knock_post, private_post, shared_post

COMMENT_EVERY = 10.0
"""Seconds between two rings."""

AT_ONCE = 50

log = logging.getLogger(__name__)


class Commenter:
    """Tells the writers on one platform. Holds only what may be lost: what failed, how often, and when it is tried
    again."""

    def __init__(self, shop: Shop, platform: Platform) -> None:
        self._shop, self._platform = shop, platform
        self._failures = Failures()

    async def tell_rest(self) -> None:
        """Raises SQLAlchemyError when the record cannot be reached; the next call finds everything where it was."""
        shop, failed = self._shop, self._failures.not_now(self._shop.clock())
        for remark in await shop.database.run(untold, self._platform.name, AT_ONCE, failed):
            await self._tell(shop, remark)

    async def _tell(self, shop: Shop, remark: Remark) -> None:
        try:
            await _tell(self._platform, shop.shelf.course, remark)
        except PlatformError as error:
            self._failures.remember(remark.id, shop.clock(), error.retry_after)
            log.warning("feedback id=%d outcome=untold reason=%s", remark.id, error.reason)
        except Exception as error:  # what nobody foresaw in one keeps no other one back
            self._failures.remember(remark.id, shop.clock(), None)
            log.error("feedback id=%d outcome=unforeseen error=%s", remark.id, type(error).__name__)
        else:
            await shop.database.run(mark_told, remark.id, shop.clock())
            self._failures.forget(remark.id)
            log.info("feedback id=%d outcome=told shared=%s", remark.id, remark.shared)


async def _tell(platform: Platform, course: Course, remark: Remark) -> None:
    if remark.praise and await _marked(platform, remark):
        return
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


async def _marked(platform: Platform, remark: Remark) -> bool:
    """Whether our reaction stands under the answer. Else nobody can react there, for good, or it came by form: then a
    private note says it."""
    if remark.message is None:
        return False
    try:
        await platform.acknowledge(remark.message, Mark.PRAISED)
    except PlatformError as error:
        if not error.permanent:
            raise
        return False
    return True

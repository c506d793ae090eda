"""Invitations are posted: once each, whatever is lost or crashes on the way.

Row, network, row, as with a lesson in small: that it is tried is committed before the call, and what may be out is
looked for in the channel before it is said again. A channel whose history cannot be read gets nothing twice.
"""

import asyncio
import logging
from functools import partial

from bot.chat.port import BLOCKED, Platform, PlatformError, Reason, Topic
from bot.clock import monotonic
from bot.cohorts.notices import GIVE_UP_AFTER, LEASE, Call, drop, due, mark_told, mark_trying
from bot.engine.alerting import tell_facilitators
from bot.engine.delivering import DOUBT
from bot.engine.shop import Shop
from bot.talk.inviting import invitation_post, not_invited_post

NOTICE_EVERY = 15.0
"""Seconds between two rings."""

LONGEST = LEASE.total_seconds() / 2
"""Seconds that a call may take: it is over long before anybody else may try."""

log = logging.getLogger(__name__)


async def notice_tick(shop: Shop) -> None:
    """Say what is to be said. Raises SQLAlchemyError when the record cannot be asked what that is."""
    for call in await shop.database.run(due, sorted(shop.ready), shop.clock()):
        try:
            await _settle(shop, call)
        except PlatformError as error:
            await _failed(shop, call, error)
        except Exception as error:  # what nobody foresaw in one keeps no other one back
            log.error("notice id=%d outcome=unforeseen error=%s", call.id, type(error).__name__)


async def _settle(shop: Shop, call: Call) -> None:
    now, platform = shop.clock(), shop.platforms[call.cohort.platform]
    if call.cohort.state == "finished" or now - call.at > GIVE_UP_AFTER:
        await shop.database.run(drop, call)
        log.info("notice id=%d outcome=dropped", call.id)
        return
    if call.may_be_out(now) and await _stands(platform, call):
        await shop.database.run(mark_told, call, now)
        log.info("notice id=%d outcome=found", call.id)
        return
    await _say(shop, platform, call)


async def _say(shop: Shop, platform: Platform, call: Call) -> None:
    post = invitation_post(shop.shelf.course, call.cohort, call.ping)
    (body,) = platform.render(post, call.key)
    started = monotonic()
    if not await shop.database.run(mark_trying, call, shop.clock()) or monotonic() - started > LONGEST:
        return  # somebody else is at it, or we were stopped for so long that somebody may be
    try:
        async with asyncio.timeout(LONGEST):
            await platform.post(call.cohort.channel, body, Topic(post.title))
    except TimeoutError:
        raise PlatformError(Reason.UNCLEAR, "not said in time") from None
    await shop.database.run(mark_told, call, shop.clock())
    log.info("notice id=%d outcome=said", call.id)


async def _stands(platform: Platform, call: Call) -> bool:
    """Raises PlatformError when the history cannot be read."""
    return bool(await platform.find_posted(call.cohort.channel, [call.key], call.at - DOUBT))


async def _failed(shop: Shop, call: Call, error: PlatformError) -> None:
    """What only a person can cure is told, and not tried again: they ask once more."""
    gone = error.reason in BLOCKED or error.permanent
    log.warning("notice id=%d outcome=%s reason=%s", call.id, "given-up" if gone else "again", error.reason)
    if gone and await shop.database.run(drop, call):
        reason, tried = error.reason.replace("_", " "), call.tried_at is not None
        await tell_facilitators(shop, call.cohort.id, partial(not_invited_post, reason, tried))

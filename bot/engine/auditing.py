"""Read each channel again after a post: what stands twice is put right, what is gone is told."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from bot.chat.port import Copy, Platform, PlatformError
from bot.cohorts.audits import Audited, Search, end_audits, judge, move_record, put_off, take_audits
from bot.engine.alerting import tell_facilitators
from bot.engine.delivering import DOUBT, thread_title
from bot.engine.metrics import DOUBLES_REMOVED
from bot.engine.shop import Shop
from bot.talk.alerts import deleted_post, torn_post

log = logging.getLogger(__name__)


class Trouble(StrEnum):
    """What a person has to know of."""

    DELETED = "deleted"
    TORN = "torn"


@dataclass(frozen=True)
class Troubled:
    audited: Audited
    trouble: Trouble


async def audit_due(shop: Shop) -> None:
    """Look up every message whose time has come, on the platforms that are ready."""
    while shop.ready:
        searches = await shop.database.run(take_audits, sorted(shop.ready), shop.clock())
        if not searches:
            return
        await asyncio.gather(*(_audit(shop, search) for search in searches))


async def _audit(shop: Shop, search: Search) -> None:
    """One channel. Never raises for a platform's sake: the look is over, or is put off."""
    platform = shop.platforms[search.platform]
    ids = [each.message for each in search.messages]
    try:
        found = await platform.find_posted(search.channel, [each.key for each in search.messages], search.since)
        settled = [await _settle(shop, search, each, found.get(each.key, ())) for each in search.messages]
        troubled = [each for each in settled if each is not None]
        if troubled:
            await shop.database.run(end_audits, [each.audited.message for each in troubled])
            await _tell(shop, search, troubled)
    except PlatformError as error:
        log.warning("audit cohort=%d outcome=unfinished reason=%s", search.cohort, error.reason)
        if not error.permanent:
            await shop.database.run(put_off, ids, shop.clock())
    except SQLAlchemyError:
        raise
    except Exception as error:  # what nobody foresaw in one channel keeps no other one from being read
        log.error("audit cohort=%d outcome=unforeseen error=%s", search.cohort, type(error).__name__)


async def _settle(shop: Shop, search: Search, audited: Audited, copies: Sequence[Copy]) -> Troubled | None:
    """Let one copy stand, the recorded one; what a person has to know, if anything."""
    if [copy.message for copy in copies] == [audited.ref]:
        return None
    platform = shop.platforms[search.platform]
    copies = await _again(platform, search, audited)
    if not copies:
        log.warning("audit message=%d outcome=deleted", audited.message)
        return Troubled(audited, Trouble.DELETED)
    verdict = judge(audited, copies)
    keep = verdict.keep
    if keep is not None and keep.message != audited.ref and not await _moved(shop, search, audited, keep):
        log.error("audit message=%d outcome=not-moved copies=%d", audited.message, len(copies))
        return None
    await _remove(platform, audited, verdict.extra)
    if verdict.torn:
        log.error("audit message=%d outcome=torn copies=%d", audited.message, len(copies))
        return Troubled(audited, Trouble.TORN)
    return None


async def _again(platform: Platform, search: Search, audited: Audited) -> Sequence[Copy]:
    """Right before anything is done: a member may have answered since the channel was read. And from further back: our
    clock may have been ahead of the platform's."""
    found = await platform.find_posted(search.channel, [audited.key], search.since - DOUBT)
    return found.get(audited.key, ())


async def _moved(shop: Shop, search: Search, audited: Audited, keep: Copy) -> bool:
    """The record goes over to the copy that stays, with its thread."""
    platform, thread = shop.platforms[search.platform], None
    if audited.prompt is None and audited.thread is not None:
        thread = platform.place_after(search.channel, keep.message)
    elif audited.prompt is not None:
        title = thread_title(shop.shelf.course, audited.lesson, audited.prompt)
        thread = await platform.open_thread(keep.message, title)
    moved = await shop.database.run(move_record, audited, keep.message, thread)
    if moved:
        log.warning("audit message=%d outcome=moved replies=%d", audited.message, keep.replies)
    return moved


async def _remove(platform: Platform, audited: Audited, extra: Sequence[Copy]) -> None:
    for copy in extra:
        await platform.remove(copy.message)
        DOUBLES_REMOVED.inc()
        log.warning("audit message=%d outcome=removed", audited.message)


async def _tell(shop: Shop, search: Search, troubled: Sequence[Troubled]) -> None:
    deleted = Counter(each.audited.lesson for each in troubled if each.trouble is Trouble.DELETED)
    for lesson, number in sorted(deleted.items()):
        await tell_facilitators(shop, search.cohort, partial(deleted_post, lesson=lesson, number=number))
    for lesson in sorted({each.audited.lesson for each in troubled if each.trouble is Trouble.TORN}):
        await tell_facilitators(shop, search.cohort, partial(torn_post, lesson=lesson))

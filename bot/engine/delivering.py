"""Claim → Post → platform → mark: the send protocol of the ledger, with the network between the transactions.

What a crash leaves behind at any line is told by the row: no messages yet (render them), a message never tried (send
it), one that was tried and has no reference (look for its marker first), one that stands without its thread (open it).
"""

import asyncio
import json
import logging
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot.chat.port import BLOCKED, Copy, Platform, PlatformError, Reason, Topic
from bot.clock import monotonic
from bot.cohorts.catchup import find_waiting, settle
from bot.cohorts.claims import Claim, Fenced, Outgoing
from bot.cohorts.deliveries import (
    LEASE,
    claim_due,
    keep_messages,
    mark_absent,
    mark_done,
    mark_failed,
    mark_refused,
    mark_sent,
    mark_stuck,
    mark_thread,
    mark_trying,
    outgoing,
)
from bot.curriculum.model import Course
from bot.engine.metrics import FOUND, LATE, POSTED, PULSE, RETRIES
from bot.engine.shop import Shop
from bot.talk.drafts import lesson_drafts
from bot.talk.lessons import late_words, lesson_topic
from bot.talk.prompts import prompt_title

log = logging.getLogger(__name__)

LONGEST_WAIT = timedelta(minutes=15)
AT_ONCE = 8
"""Deliveries sent side by side; each platform's own limiter decides how fast they go."""

LATE_AFTER = timedelta(hours=1)
"""A lesson that is posted so long after its time says so."""

DOUBT = timedelta(hours=25)
"""A message is looked for from so long before it was tried: our clock may have been ahead of the platform's when we
wrote that down, by a wrong zone or a wrong date. Its marker is its own, so looking further back is never wrong."""


async def deliver_due(shop: Shop) -> int:
    """Send what is due on the platforms that are ready, until nothing is; how many deliveries were tried. Where one is
    done the next begins: nobody waits for the slowest of several. Raises SQLAlchemyError when the record cannot be
    reached, once what is under way has ended."""
    tried, sending = 0, set[asyncio.Task[None]]()
    try:
        while shop.ready:
            room = AT_ONCE - len(sending)
            claims = await shop.database.run(claim_due, sorted(shop.ready), shop.clock(), room)
            tried += len(claims)
            sending |= {asyncio.create_task(deliver(shop, claim)) for claim in claims}
            if not sending:
                break
            _, sending = await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        for task in sending:
            task.cancel()
        raise
    finally:
        if sending:
            await asyncio.wait(sending)
    return tried


async def deliver(shop: Shop, claim: Claim) -> None:
    """Carry one claimed delivery as far as it goes, and write down what became of it. Never raises: the row says
    what is to be done next."""
    try:
        try:
            await _send_all(shop, shop.platforms[claim.platform], claim)
        except PlatformError as error:
            await _record_failure(shop, claim, error)
        except (Fenced, SQLAlchemyError):
            raise
        except Exception as error:  # what nobody foresaw in one delivery keeps no other one waiting, and ends some day
            log.error("delivery id=%d outcome=unforeseen error=%s", claim.delivery, type(error).__name__)
            await _record_failure(shop, claim, PlatformError(Reason.UNCLEAR, type(error).__name__))
    except Fenced:
        log.warning("delivery id=%d outcome=fenced fence=%d", claim.delivery, claim.fence)
    except SQLAlchemyError as error:
        log.error("delivery id=%d outcome=no-database error=%s", claim.delivery, type(error).__name__)


async def _send_all(shop: Shop, platform: Platform, claim: Claim) -> None:
    if claim.is_late and not await _is_still_wanted(shop, platform, claim):
        return
    messages = await shop.database.run(outgoing, claim)
    if not messages:
        if claim.lesson not in shop.shelf.course.lessons:
            reason = f"no_such_lesson: day {claim.lesson} is not in the course"
            await shop.database.run(mark_stuck, claim, "dead", reason, shop.clock())
            log.error("delivery id=%d outcome=dead reason=no_such_lesson day=%d", claim.delivery, claim.lesson)
            return
        late = late_words(claim.due_at, claim.zone) if shop.clock() - claim.due_at >= LATE_AFTER else None
        course = shop.shelf.course
        drafts = await asyncio.to_thread(lesson_drafts, course, platform, claim.lesson, claim.key, late, claim.ping)
        messages = await shop.database.run(keep_messages, claim, drafts, may_be_out=claim.may_be_out(shop.began))
    messages, standing = await _look(shop, platform, claim, messages)
    place = claim.channel
    for message in messages:
        ref = message.ref or await _send(shop, platform, claim, message, place, standing.get(message.key, ()))
        if message.number == 0:
            place = platform.place_after(claim.channel, ref)
        if message.thread is None:
            await _open_thread(shop, platform, claim, message, ref, place)
    await shop.database.run(mark_done, claim)
    shop.reached[claim.platform, claim.channel] = claim.lesson
    over = (shop.clock() - claim.due_at).total_seconds()
    LATE.observe(max(over, 0.0))
    log.info(
        "delivery id=%d outcome=done day=%d messages=%d late_s=%.0f", claim.delivery, claim.lesson, len(messages), over
    )


async def _open_thread(shop: Shop, platform: Platform, claim: Claim, message: Outgoing, ref: str, place: str) -> None:
    """The thread under a prompt. A lesson that is a post of its own, as in a forum, is a thread already, in which those
    of its prompts lie."""
    if message.prompt is not None:
        title = thread_title(shop.shelf.course, claim.lesson, message.prompt)
        thread = await platform.open_thread(ref, title)
    elif message.number == 0 and place != claim.channel:
        thread = place
    else:
        return
    await shop.database.run(mark_thread, message, thread, shop.clock())


async def _is_still_wanted(shop: Shop, platform: Platform, claim: Claim) -> bool:
    """Whether a late lesson is to be posted, where others of its cohort are due too: the cohort's policy decides, about
    those of which nothing stands in the channel."""
    waiting = await shop.database.run(find_waiting, claim, shop.clock())
    if not waiting:
        return True
    since = min(each.due_at for each in waiting.values()) - DOUBT
    found = await platform.find_posted(claim.channel, waiting.keys(), since)
    standing = [waiting[key].delivery for key in found]
    wanted = await shop.database.run(settle, claim, standing, shop.clock())
    log.info("catchup cohort=%d due=%d standing=%d", claim.cohort, len(waiting), len(standing))
    if not wanted:
        log.warning("delivery id=%d outcome=skipped day=%d", claim.delivery, claim.lesson)
    return wanted


async def _look(
    shop: Shop, platform: Platform, claim: Claim, messages: list[Outgoing]
) -> tuple[list[Outgoing], Mapping[str, tuple[Copy, ...]]]:
    """Where messages may be out, look for them all at once: the messages as they are then, and the copies found."""
    tried = {each.key: each.tried_at for each in messages if each.ref is None and each.tried_at is not None}
    if not tried:
        return messages, {}
    found = await platform.find_posted(claim.channel, tried.keys(), min(tried.values()) - DOUBT)
    await shop.database.run(mark_absent, claim, [each for each in messages if each.key in tried.keys() - found.keys()])
    return await shop.database.run(outgoing, claim), found


async def _send(
    shop: Shop, platform: Platform, claim: Claim, message: Outgoing, place: str, standing: Sequence[Copy]
) -> str:
    """One message's reference, by sending it to `place`, or from where an earlier attempt has left it (`standing`)."""
    PULSE.beat("post")
    if standing:
        await shop.database.run(mark_sent, claim, message, standing[0].message, shop.clock(), found=True)
        FOUND.inc()
        log.info("message id=%d outcome=found", message.id)
        return standing[0].message
    started, longest = monotonic(), LEASE.total_seconds() / 2
    await shop.database.run(mark_trying, claim, message, shop.clock())
    if monotonic() - started > longest:  # stopped in between: somebody else may hold it by now
        raise Fenced
    try:
        topic = lesson_topic(shop.shelf.course, claim.lesson) if message.number == 0 else None
        ref = await _post_within(longest, platform, place, message, topic)
    except PlatformError as error:
        if error.reason is not Reason.UNCLEAR and message.tried_at is None:
            await shop.database.run(mark_refused, claim, message)
        if error.reason is Reason.CHANNEL_GONE and place != claim.channel:
            raise PlatformError(
                Reason.REFUSED, f"{error.detail}: the post was deleted before all of it stood"
            ) from None
        raise
    POSTED.labels(claim.platform).inc()
    await shop.database.run(mark_sent, claim, message, ref, shop.clock(), found=False)
    return ref


async def _post_within(seconds: float, platform: Platform, place: str, message: Outgoing, topic: Topic | None) -> str:
    """A platform may let a post wait for its turn: one that was stopped meanwhile, for long, is not sent after all."""
    try:
        async with asyncio.timeout(seconds):
            return await platform.post(place, json.loads(message.body), topic)
    except TimeoutError:
        raise PlatformError(Reason.UNCLEAR, "not sent within half a lease") from None


async def _record_failure(shop: Shop, claim: Claim, error: PlatformError) -> None:
    now = shop.clock()
    if error.reason in BLOCKED:
        await shop.database.run(mark_stuck, claim, "blocked", f"{error.reason}: {error.detail}", now)
        log.error("delivery id=%d outcome=blocked reason=%s detail=%s", claim.delivery, error.reason, error.detail)
    elif error.permanent:
        await shop.database.run(mark_stuck, claim, "dead", f"{error.reason}: {error.detail}", now)
        log.error("delivery id=%d outcome=dead reason=%s detail=%s", claim.delivery, error.reason, error.detail)
    else:
        settles_in = shop.platforms[claim.platform].settles_in
        next_try = _next_try(error, claim.tries, settles_in, now)
        await shop.database.run(mark_failed, claim, f"{error.reason}: {error.detail}", next_try)
        RETRIES.labels(claim.platform, error.reason).inc()
        wait = (next_try - now).total_seconds()
        log.warning("delivery id=%d outcome=retry reason=%s in_s=%.0f", claim.delivery, error.reason, wait)


def _next_try(error: PlatformError, attempt: int, settles_in: float, now: datetime) -> datetime:
    """What the platform asked for, or full jitter over 2^attempt seconds; after an unclear call never before the
    history can show what became of it."""
    wait = error.retry_after if error.retry_after is not None else random.uniform(0, 2 ** min(attempt, 20))
    least = timedelta(seconds=settles_in if error.reason is Reason.UNCLEAR else 1)
    return now + max(least, min(timedelta(seconds=wait), LONGEST_WAIT))


def thread_title(course: Course, day: int, prompt_id: str) -> str:
    """What the thread under a prompt is called; a course that does not hold it any more keeps nobody from it."""
    lesson = course.lessons.get(day)
    prompt = next((each for each in lesson.prompts if each.id == prompt_id), None) if lesson else None
    return prompt_title(lesson, prompt) if lesson and prompt else f"Day {day}"

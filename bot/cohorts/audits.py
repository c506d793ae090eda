"""Whether each message stands in its channel once: looked up again 2, 15 and 120 minutes after it was posted.

A call that broke off may be carried out by the platform long after everybody has given it up, and on a platform without
an idempotency key the message then stands twice. Its marker tells. Of several copies the one stays that members have
answered under; no copy with an answer is ever taken away.

    take_audits    what is to be looked for, channel by channel; the next look is set before this one
    judge          what is to become of the copies that were found (pure)
    move_record    another copy than the recorded one is the one that stays
    end_audits     a person is told about this message; it is not looked up again
    put_off        the last look has failed: it takes place later
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.chat.port import Copy
from bot.cohorts.deliveries import FIRST_AUDIT
from bot.cohorts.submissions import known_replies
from bot.store.tables import Cohort, Delivery, Message

LOOKS = (FIRST_AUDIT, timedelta(minutes=15), timedelta(minutes=120))
"""After the post; strictly later each time."""

TOGETHER = timedelta(seconds=30)
"""The messages of one lesson are posted one after the other, and looked up in one reading of the channel."""


@dataclass(frozen=True)
class Audited:
    """A recorded message that is looked up. answered: replies to it stand in the record."""

    message: int
    lesson: int
    prompt: str | None
    key: str
    ref: str
    thread: str | None
    answered: bool


@dataclass(frozen=True)
class Search:
    """One reading of a channel. since: when the first of the messages was first tried."""

    cohort: int
    platform: str
    channel: str
    since: datetime
    messages: tuple[Audited, ...]


@dataclass(frozen=True)
class Verdict:
    """keep: the copy that stays and is recorded; None when that cannot be decided. extra: to be removed. torn: stay as
    well, because members have answered under them, or may have."""

    keep: Copy | None
    extra: tuple[Copy, ...] = ()
    torn: tuple[Copy, ...] = ()


def take_audits(session: Session, platforms: Sequence[str], now: datetime, limit: int = 8) -> list[Search]:
    """What is to be looked up now, of at most `limit` lessons on these platforms. It is the caller's: nobody else gets
    it before the next look. A look whose time has passed as well is covered by this one."""
    lesson = Message.delivery_id + 0  # as `+ ""` below: by way of what is due, and not of all messages
    due = (
        select(lesson)
        .where(Message.audit_at <= now, (Message.platform + "").in_(platforms))
        .group_by(lesson)
        .order_by(func.min(Message.audit_at))
        .limit(limit)
    )
    rows = session.execute(
        select(Message, Delivery, Cohort)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .join(Cohort, Cohort.id == Delivery.cohort_id)
        .where(Message.delivery_id.in_(list(session.scalars(due))), Message.audit_at <= now + TOGETHER)
        .order_by(Message.id)
        .with_for_update(of=Message, skip_locked=True)
    ).all()
    channels: dict[int, list[tuple[Message, Delivery, Cohort]]] = {}
    for message, delivery, cohort in rows:
        message.audits, message.audit_at = _next_look(message.audit_at or now, message.audits, now)
        channels.setdefault(cohort.id, []).append((message, delivery, cohort))
    return [_search(session, found, now) for found in channels.values()]


def judge(audited: Audited, copies: Sequence[Copy]) -> Verdict:
    """What is to become of the copies of a message, oldest first, of which there is at least one.

    The one with replies stays, else the recorded one, else the oldest. Where the record holds answers to a message that
    is gone, its thread stays recorded, and every other copy is a person's to judge.
    """
    recorded = next((copy for copy in copies if copy.message == audited.ref), None)
    if recorded is None and audited.answered:
        return Verdict(None, torn=tuple(copies))
    answered = [copy for copy in copies if copy.replies or (copy is recorded and audited.answered)]
    stays = recorded is not None and (recorded in answered or not answered)
    keep = recorded if stays else (answered or copies)[0]
    others = [copy for copy in copies if copy is not keep]
    return Verdict(
        keep,
        extra=tuple(copy for copy in others if copy not in answered),
        torn=tuple(copy for copy in others if copy in answered),
    )


def move_record(session: Session, audited: Audited, ref: str, thread: str | None) -> bool:
    """Another copy is the message from here on; its thread is read for what was not heard. False, and nothing is
    changed, when the record has been changed meanwhile, an answer has come, or another message has that reference."""
    if known_replies(session, audited.message):
        return False
    moved = (
        update(Message)
        .where(Message.id == audited.message, Message.ref == audited.ref)
        .values(ref=ref, thread=thread, unread=thread is not None)
    )
    try:
        with session.begin_nested():
            return _count(session.execute(moved)) == 1
    except IntegrityError:
        return False


def end_audits(session: Session, messages: Collection[int]) -> None:
    """These are not looked up again."""
    session.execute(update(Message).where(Message.id.in_(messages)).values(audit_at=None, audits=len(LOOKS)))


def put_off(session: Session, messages: Collection[int], now: datetime) -> None:
    """A look has failed that may be repeated. Where a further one is to come, that one is enough."""
    again = now + (LOOKS[-1] - LOOKS[-2])
    last = (Message.audit_at.is_(None), Message.audits == len(LOOKS))
    session.execute(
        update(Message).where(Message.id.in_(messages), *last).values(audit_at=again, audits=len(LOOKS) - 1)
    )


def _next_look(audit_at: datetime, audits: int, now: datetime) -> tuple[int, datetime | None]:
    """How many looks are behind, and when the next one is, after that of `audit_at` was taken."""
    posted_at = audit_at - LOOKS[min(audits, len(LOOKS) - 1)]
    for number in range(audits + 1, len(LOOKS)):
        if posted_at + LOOKS[number] > now:
            return number, posted_at + LOOKS[number]
    return len(LOOKS), None


def _search(session: Session, found: Sequence[tuple[Message, Delivery, Cohort]], now: datetime) -> Search:
    cohort = found[0][2]
    since = min(message.tried_at or delivery.posted_at or now - LOOKS[-1] for message, delivery, _ in found)
    return Search(
        cohort.id,
        cohort.platform,
        cohort.channel,
        since,
        tuple(
            Audited(
                message.id,
                delivery.lesson,
                message.prompt,
                message.key,
                message.ref,
                message.thread,
                bool(known_replies(session, message.id)),
            )
            for message, delivery, _ in found
            if message.ref is not None
        ),
    )


def _count(result: object) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0

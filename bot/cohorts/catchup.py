"""What becomes of lessons whose time has passed unposted: a cohort's catch-up policy.

`decide` is the rule, pure, and the only one: `settle` carries it out when the oldest of several such lessons is about
to be posted (after a downtime, after a block was cured, when the policy is changed on the way), and `preview` tells it
beforehand.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import takewhile

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from bot.cohorts.calendar import Slot, closing, next_slot, slots
from bot.cohorts.claims import Claim, Fenced, delivery_key, message_key
from bot.cohorts.cohorts import local_date, schedule_of
from bot.cohorts.planning import DayAfter, new_delivery, plan_cohort
from bot.store.tables import BLOCKED, PLANNED, Cohort, Delivery, Message

SPACING = timedelta(minutes=30)
"""Lessons that are posted late come at most so far apart: time to see that there is one."""

WITHIN = timedelta(hours=1)
"""…and all of them within this: today's lesson, the last of them, is not held back for hours by a long downtime."""


class Policy(StrEnum):
    """What becomes of missed lessons; `cohorts.catch_up`."""

    ALL = "all"  # every one is posted, in order
    LATEST = "latest"  # the newest is posted, the older ones are skipped
    SHIFT = "shift"  # the oldest is posted under the newest date, and the course goes on behind it


@dataclass(frozen=True)
class Due:
    """A lesson that is due and not out. try_at: not before then. begun: some of it is out, or may be, or somebody is
    sending it: it is carried to its end whatever the policy says. delivery: None for a date that is not in the ledger,
    because the course would have been over by then, had it not stood still."""

    delivery: int | None
    local_date: date
    lesson: int
    due_at: datetime
    try_at: datetime
    begun: bool = False


@dataclass(frozen=True)
class Fate:
    """What becomes of one date's lesson. lesson: the one that is posted under the date, at `at`; where `at` is None
    nothing is, and `reason` says why."""

    due: Due
    lesson: int
    at: datetime | None
    reason: str | None = None


def decide(due: Sequence[Due], policy: Policy, now: datetime) -> tuple[Fate, ...]:
    """What becomes of each of a cohort's due lessons, in the order of their dates."""
    due = sorted(due, key=lambda each: each.local_date)
    waiting = [each for each in due if not each.begun]
    if policy is Policy.LATEST:
        fates = [_latest(each, due[-1], now) for each in waiting]
    elif policy is Policy.SHIFT and len(waiting) > 1:
        fates = _shifted(waiting, now)
    else:
        gaps = max(len(waiting) - 1, 1)
        fates = [_posted(each, now, min(SPACING * n, WITHIN * n / gaps)) for n, each in enumerate(waiting)]
    carried = [_posted(each, now) for each in due if each.begun]
    return tuple(sorted([*fates, *carried], key=lambda fate: fate.due.local_date))


def missed(due: Sequence[Due], today: date) -> tuple[Due, ...]:
    """Those whose turn is over: a later one is due as well, or their own date has passed (`today`: the cohort's)."""
    newest = max((each.local_date for each in due), default=today)
    return tuple(each for each in due if each.local_date < max(newest, today))


def moved_on(fates: Sequence[Fate]) -> tuple[int, ...]:
    """The lessons that come on later dates than their own, because the course has moved; in order."""
    posted = {fate.lesson for fate in fates if fate.at is not None}
    moved = any(fate.at is not None and fate.lesson != fate.due.lesson for fate in fates)
    later = (fate.due.lesson for fate in fates if fate.due.lesson not in posted)
    return tuple(dict.fromkeys(later)) if moved else ()


def preview(
    session: Session, cohort: Cohort, day_after: DayAfter, now: datetime, policy: Policy | None = None
) -> tuple[Fate, ...]:
    """What posting now would do (under another policy than the cohort's own). The planner itself plans for it, and all
    that it writes is taken back. What is blocked counts as cured (see `standstill`); what stands in the channel unknown
    to the record is adopted then, and not foreseen here."""
    if cohort.state == "paused":
        return ()
    trial = session.begin_nested()
    try:
        if cohort.state == "active":
            plan_cohort(session, cohort, day_after, now)
        begun = _begun(session, cohort.id)
        due = [_due(row, row.id in begun) for row in _due_rows(session, cohort.id, now, blocked=True)]
        fates = _decided(session, cohort, policy or Policy(cohort.catch_up), due, now)
    finally:
        trial.rollback()
    return fates


def standstill(session: Session, cohort: Cohort) -> str | None:
    """Why nothing of the cohort can be posted, until somebody cures it; None when that is not so."""
    blocked = select(Delivery.reason).where(Delivery.cohort_id == cohort.id, BLOCKED).order_by(Delivery.local_date)
    return session.scalar(blocked.limit(1))


def missed_by(cohort: Cohort, fates: Sequence[Fate], now: datetime) -> tuple[Due, ...]:
    """The missed ones among what a preview tells of."""
    return missed([fate.due for fate in fates], local_date(cohort, now))


def find_waiting(session: Session, claim: Claim, now: datetime) -> dict[str, Due]:
    """What is due in the claim's cohort and not begun, the claimed lesson included: the key of its first message → it.
    Empty when the claimed one has been begun, or is due alone: then there is nothing to be decided."""
    rows = _due_rows(session, claim.cohort, now)
    begun = _begun(session, claim.cohort) if len(rows) > 1 else {claim.delivery}
    if claim.delivery in begun:
        return {}
    cohort = session.get_one(Cohort, claim.cohort)
    return {
        message_key(delivery_key(cohort.key, row.kind, row.local_date), "lesson"): _due(row, False)
        for row in rows
        if not _is_begun(row, claim, begun, now)
    }


def settle(session: Session, claim: Claim, standing: Collection[int | None], now: datetime) -> bool:
    """Carry the policy out on all that is due in the claim's cohort; whether the claimed lesson is still to be posted.

    standing: deliveries that were found in the channel though the record does not know it. Raises Fenced.
    """
    cohort = session.get_one(Cohort, claim.cohort, with_for_update=True)
    rows: dict[int | None, Delivery] = {row.id: row for row in _due_rows(session, claim.cohort, now, lock=True)}
    own = rows.get(claim.delivery)
    if own is None or own.attempt != claim.fence:
        raise Fenced
    begun = {*_begun(session, claim.cohort), *standing}
    due = [_due(row, _is_begun(row, claim, begun, now)) for row in rows.values()]
    fates = _decided(session, cohort, Policy(cohort.catch_up), due, now)
    for fate in fates:
        if fate.at is None:
            _skip(session, rows.get(fate.due.delivery) or _add(session, cohort, fate, now), fate)
    session.flush()  # before a lesson comes under another date: it may have one date only
    for fate in fates:
        if fate.at is not None and not fate.due.begun and fate.due.delivery != claim.delivery:
            _post(session, rows.get(fate.due.delivery) or _add(session, cohort, fate, now), fate)
    _move(session, cohort, fates)
    return own.state == "planned"


def _posted(due: Due, now: datetime, after: timedelta = timedelta()) -> Fate:
    return Fate(due, due.lesson, due.try_at if due.try_at > now else now + after)


def _latest(each: Due, newest: Due, now: datetime) -> Fate:
    if each == newest:
        return Fate(each, each.lesson, now)
    return Fate(each, each.lesson, None, f"missed: only the latest lesson, day {newest.lesson}, is posted")


def _shifted(waiting: Sequence[Due], now: datetime) -> list[Fate]:
    oldest, newest = waiting[0], waiting[-1]
    reason = f"missed: the course moved, day {oldest.lesson} comes on {newest.local_date}"
    return [*(Fate(each, each.lesson, None, reason) for each in waiting[:-1]), Fate(newest, oldest.lesson, now)]


def _decided(session: Session, cohort: Cohort, policy: Policy, due: Sequence[Due], now: datetime) -> tuple[Fate, ...]:
    policy = _possible(session, cohort, policy, due)
    if policy is Policy.SHIFT and cohort.state == "finished" and sum(not each.begun for each in due) > 1:
        due = [*due, *_later_dates(session, cohort, due[-1].lesson, now)]
    return decide(due, policy, now)


def _later_dates(session: Session, cohort: Cohort, lesson: int, now: datetime) -> Iterator[Due]:
    """The dates that have come since the last one in the ledger of a course that has run out of lessons."""
    last = session.scalar(select(func.max(Delivery.local_date)).where(Delivery.cohort_id == cohort.id))
    for slot in takewhile(lambda slot: slot.due_at <= now, slots(schedule_of(session, cohort), last)):
        yield Due(None, slot.local_date, lesson, slot.due_at, slot.due_at)


def _possible(session: Session, cohort: Cohort, policy: Policy, due: Sequence[Due]) -> Policy:
    """A course cannot move where no date follows, nor when the cohort has finished and its channel is another's."""
    if policy is not Policy.SHIFT or not due:
        return policy
    newest = max(each.local_date for each in due)
    successor = select(Cohort.id).where(
        Cohort.platform == cohort.platform,
        Cohort.channel == cohort.channel,
        Cohort.state != "finished",
        Cohort.id != cohort.id,
    )
    stays = session.scalar(successor.limit(1)) is None and next_slot(schedule_of(session, cohort), newest) is not None
    return policy if stays else Policy.ALL


def _due_rows(
    session: Session, cohort: int, now: datetime, *, lock: bool = False, blocked: bool = False
) -> Sequence[Delivery]:
    rows = (
        select(Delivery)
        .where(Delivery.cohort_id == cohort, Delivery.kind == "lesson", Delivery.due_at <= now)
        .where(or_(PLANNED, BLOCKED) if blocked else PLANNED)
        .order_by(Delivery.local_date)
    )
    return session.scalars(rows.with_for_update() if lock else rows).all()


def _begun(session: Session, cohort: int) -> set[int]:
    """The cohort's unfinished deliveries of which a message is out, or may be."""
    return set(
        session.scalars(
            select(Message.delivery_id)
            .join(Delivery, Delivery.id == Message.delivery_id)
            .where(Delivery.cohort_id == cohort, or_(PLANNED, BLOCKED))
            .where(Message.tried_at.is_not(None) | Message.ref.is_not(None))
        )
    )


def _is_begun(row: Delivery, claim: Claim, begun: Collection[int | None], now: datetime) -> bool:
    leased = row.lease_until is not None and row.lease_until >= now and row.id != claim.delivery
    return leased or row.id in begun


def _due(row: Delivery, begun: bool) -> Due:
    return Due(row.id, row.local_date, row.lesson, row.due_at, max(row.next_try_at, row.due_at), begun)


def _add(session: Session, cohort: Cohort, fate: Fate, now: datetime) -> Delivery:
    slot = Slot(fate.due.local_date, fate.due.due_at)
    closes_at = closing(schedule_of(session, cohort), slot)
    row = new_delivery(cohort, slot, fate.lesson, closes_at, now)
    if fate.at is None:
        row.state, row.reason = "skipped", fate.reason
    session.add(row)
    session.flush()
    return row


def _skip(session: Session, row: Delivery, fate: Fate) -> None:
    row.state, row.reason, row.lease_until = "skipped", fate.reason, None
    _forget_messages(session, row)


def _post(session: Session, row: Delivery, fate: Fate) -> None:
    if row.lesson != fate.lesson:
        row.lesson = fate.lesson
        _forget_messages(session, row)
    assert fate.at is not None, "asked for by the caller"
    row.next_try_at = fate.at


def _forget_messages(session: Session, row: Delivery) -> None:
    """What was kept to be sent and never was."""
    session.execute(delete(Message).where(Message.delivery_id == row.id))


def _move(session: Session, cohort: Cohort, fates: Sequence[Fate]) -> None:
    """The lessons that have lost their date are the course's next ones."""
    later = moved_on(fates)
    if not later:
        return
    cohort.next_lesson = later[0]
    if cohort.state == "finished":
        slot = next_slot(schedule_of(session, cohort), fates[-1].due.local_date)
        assert slot is not None, "else the course does not move"
        cohort.state, cohort.next_date, cohort.next_due_at = "active", slot.local_date, slot.due_at

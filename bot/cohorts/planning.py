"""What one cohort is due: its next lesson under the next of its dates, as often as one has come."""

import logging
from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.cohorts.calendar import Schedule, Slot, closing, next_slot
from bot.cohorts.cohorts import schedule_of
from bot.cohorts.skips import skipped_lessons
from bot.store.tables import Cohort, Delivery

log = logging.getLogger(__name__)

DayAfter = Callable[[str, int], int | None]
"""day_after(course, day): the next lesson of the course, None after the last."""


def plan_cohort(session: Session, cohort: Cohort, day_after: DayAfter, now: datetime) -> int:
    """Put what a cohort is due into the ledger and move it on; the number of new rows. A cohort that cannot be planned
    (its zone is gone from the zone database) is left as it is: it keeps nobody else from their lessons."""
    try:
        with session.begin_nested():
            return _plan(session, cohort, day_after, now)
    except (LookupError, ValueError, OverflowError) as error:
        log.error("plan cohort=%d outcome=failed error=%s", cohort.id, type(error).__name__)
        return 0


def new_delivery(cohort: Cohort, slot: Slot, lesson: int, closes_at: datetime, now: datetime) -> Delivery:
    """A row of the ledger, not yet added. `next_try_at` tells when it was planned: one that comes into the record long
    after its time may have been there before, in a record that a backup has replaced."""
    return Delivery(
        cohort_id=cohort.id,
        kind="lesson",
        local_date=slot.local_date,
        lesson=lesson,
        due_at=slot.due_at,
        closes_at=closes_at,
        state="planned",
        attempt=0,
        next_try_at=max(slot.due_at, now),
    )


def slot_from(schedule: Schedule, day: date | None) -> Slot | None:
    """The slot of the date that is next; a later one when days off, weekdays, time or zone have been edited since."""
    return next_slot(schedule, day - timedelta(days=1)) if day is not None else None


def leaving_out(day_after: DayAfter, skipped: Collection[int]) -> DayAfter:
    """The same course without some of its lessons."""

    def next_taught(course: str, day: int) -> int | None:
        following = day_after(course, day)
        while following is not None and following in skipped:
            following = day_after(course, following)
        return following

    return next_taught


def _plan(session: Session, cohort: Cohort, day_after: DayAfter, now: datetime) -> int:
    schedule, planned = schedule_of(session, cohort), 0
    skipped = skipped_lessons(session, cohort)
    day_after = leaving_out(day_after, skipped)
    if cohort.next_lesson in skipped:
        cohort.next_lesson = day_after(cohort.course, cohort.next_lesson)
    slot = slot_from(schedule, cohort.next_date)
    while cohort.next_lesson is not None and slot is not None and slot.due_at <= now:
        if _insert(session, new_delivery(cohort, slot, cohort.next_lesson, closing(schedule, slot), now)):
            planned += 1
            cohort.next_lesson = day_after(cohort.course, cohort.next_lesson)
        elif _is_planned(session, cohort):  # under another date: the lesson has had its turn, this date has not
            cohort.next_lesson = day_after(cohort.course, cohort.next_lesson)
            continue
        slot = next_slot(schedule, slot.local_date)
    _move_on(cohort, slot)
    return planned


def _move_on(cohort: Cohort, slot: Slot | None) -> None:
    if cohort.next_lesson is None or slot is None:
        cohort.state, slot = "finished", None
    cohort.next_date = slot.local_date if slot else None
    cohort.next_due_at = slot.due_at if slot else None


def _is_planned(session: Session, cohort: Cohort) -> bool:
    rows = select(Delivery.id).where(
        Delivery.cohort_id == cohort.id,
        Delivery.kind == "lesson",
        Delivery.lesson == cohort.next_lesson,
        Delivery.state != "skipped",
    )
    return session.scalar(rows.limit(1)) is not None


def _insert(session: Session, delivery: Delivery) -> bool:
    try:
        with session.begin_nested():
            session.add(delivery)
    except IntegrityError:
        return False  # the date has its lesson, or the lesson its date
    return True

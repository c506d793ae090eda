"""What cohorts are due: the next lesson under the next of their dates, as often as one has come."""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.cohorts.calendar import Schedule, Slot, Span, closing, next_slot
from bot.cohorts.cohorts import schedule_of
from bot.cohorts.skips import skipped_lessons
from bot.store.tables import Cohort, DayOff, Delivery, SkippedLesson

log = logging.getLogger(__name__)

DayAfter = Callable[[str, int], int | None]
"""day_after(course, day): the next lesson of the course, None after the last."""

UNPLANNABLE = (LookupError, ValueError, OverflowError)
"""A cohort cannot be planned: its zone is gone from the zone database, say."""


@dataclass(frozen=True)
class _Calendar:
    """When a cohort meets, and the lessons that it leaves out."""

    schedule: Schedule
    skipped: frozenset[int]


def plan_cohorts(session: Session, cohorts: Sequence[Cohort], day_after: DayAfter, now: datetime) -> int:
    """As `plan_cohort` for each of them, in a few statements for all: a morning's burst is planned before the first
    lesson of it goes out. Where a row is in the ledger already, each is planned by itself."""
    try:
        with session.begin_nested():
            return _plan_at_once(session, cohorts, day_after, now)
    except IntegrityError:
        return sum(plan_cohort(session, cohort, day_after, now) for cohort in cohorts)


def plan_cohort(session: Session, cohort: Cohort, day_after: DayAfter, now: datetime) -> int:
    """Put what a cohort is due into the ledger and move it on; the number of new rows. A cohort that cannot be planned
    is left as it is: it keeps nobody else from their lessons."""
    try:
        with session.begin_nested():
            calendar = _Calendar(schedule_of(session, cohort), skipped_lessons(session, cohort))
            return _plan(session, cohort, calendar, day_after, now, lambda row: _insert(session, row))
    except UNPLANNABLE as error:
        _tell_of_failure(cohort, error)
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


def _plan_at_once(session: Session, cohorts: Sequence[Cohort], day_after: DayAfter, now: datetime) -> int:
    """Raises IntegrityError where a date or a lesson of one of them is in the ledger already."""
    calendars = _calendars(session, cohorts)
    rows: list[Delivery] = []
    for cohort in cohorts:
        its: list[Delivery] = []
        try:
            _plan(session, cohort, calendars[cohort.id], day_after, now, _onto(its))
            rows += its
        except UNPLANNABLE as error:
            _tell_of_failure(cohort, error)
    session.add_all(rows)
    return len(rows)


def _calendars(session: Session, cohorts: Sequence[Cohort]) -> Mapping[int, _Calendar]:
    ids = [cohort.id for cohort in cohorts]
    spans, skipped = defaultdict[int, list[Span]](list), defaultdict[int, set[int]](set)
    days_off = select(DayOff.cohort_id, DayOff.first_date, DayOff.last_date).where(DayOff.cohort_id.in_(ids))
    for cohort, first, last in session.execute(days_off.order_by(DayOff.first_date)):
        spans[cohort].append(Span(first, last))
    left_out = select(SkippedLesson.cohort_id, SkippedLesson.lesson).where(SkippedLesson.cohort_id.in_(ids))
    for cohort, lesson in session.execute(left_out):
        skipped[cohort].add(lesson)
    return {
        each.id: _Calendar(
            Schedule(each.zone, each.post_time, each.weekdays, each.start_date, tuple(spans[each.id])),
            frozenset(skipped[each.id]),
        )
        for each in cohorts
    }


def _plan(
    session: Session,
    cohort: Cohort,
    calendar: _Calendar,
    day_after: DayAfter,
    now: datetime,
    put: Callable[[Delivery], bool],
) -> int:
    """put: into the ledger; False where the date or the lesson is there already. The cohort moves on at the end only:
    whatever is raised, it is as it was."""
    schedule, planned = calendar.schedule, 0
    day_after = leaving_out(day_after, calendar.skipped)
    lesson, slot = cohort.next_lesson, slot_from(schedule, cohort.next_date)
    if lesson in calendar.skipped:
        lesson = day_after(cohort.course, lesson)
    while lesson is not None and slot is not None and slot.due_at <= now:
        if put(new_delivery(cohort, slot, lesson, closing(schedule, slot), now)):
            planned += 1
            lesson = day_after(cohort.course, lesson)
        elif _is_planned(session, cohort, lesson):  # under another date: it has had its turn, this date has not
            lesson = day_after(cohort.course, lesson)
            continue
        slot = next_slot(schedule, slot.local_date)
    _move_on(cohort, lesson, slot)
    return planned


def _move_on(cohort: Cohort, lesson: int | None, slot: Slot | None) -> None:
    cohort.next_lesson = lesson
    if lesson is None or slot is None:
        cohort.state, slot = "finished", None
    cohort.next_date = slot.local_date if slot else None
    cohort.next_due_at = slot.due_at if slot else None


def _is_planned(session: Session, cohort: Cohort, lesson: int) -> bool:
    rows = select(Delivery.id).where(
        Delivery.cohort_id == cohort.id,
        Delivery.kind == "lesson",
        Delivery.lesson == lesson,
        Delivery.state != "skipped",
    )
    return session.scalar(rows.limit(1)) is not None


def _onto(rows: list[Delivery]) -> Callable[[Delivery], bool]:
    def put(row: Delivery) -> bool:
        rows.append(row)
        return True

    return put


def _insert(session: Session, delivery: Delivery) -> bool:
    try:
        with session.begin_nested():
            session.add(delivery)
    except IntegrityError:
        return False  # the date has its lesson, or the lesson its date
    return True


def _tell_of_failure(cohort: Cohort, error: Exception) -> None:
    log.error("plan cohort=%d outcome=failed error=%s", cohort.id, type(error).__name__)

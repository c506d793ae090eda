"""What is to come in a cohort, lesson by lesson to the course's end, and what is out: the planner's own rule, told
beforehand.

`coming_lessons` is pure. `foresee` reads what it needs from the record and writes nothing.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cohorts.calendar import Schedule, Slot, first_slot_from, next_slot
from bot.cohorts.cohorts import schedule_of
from bot.cohorts.planning import DayAfter, leaving_out, slot_from
from bot.cohorts.skips import skipped_lessons
from bot.store.tables import Cohort, DayOff, Delivery


@dataclass(frozen=True)
class Coming:
    """A lesson under its date on the cohort's own calendar, due at an aware UTC instant."""

    lesson: int
    local_date: date
    due_at: datetime


@dataclass(frozen=True)
class Entry:
    """A lesson in the ledger: `state` as in `Delivery`; posted_at None while nothing of it is out. delivery: its row,
    which says nothing about the calendar and so makes no difference between two of them."""

    delivery: int = field(compare=False)
    lesson: int
    local_date: date
    due_at: datetime
    state: str
    posted_at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class Off:
    """Dates without a lesson, first and last included. kind: "holiday" (of the cohort's country; note is its name) or
    "break" (put there by a person; note is theirs, and may be anything)."""

    first: date
    last: date
    kind: str
    note: str


@dataclass(frozen=True)
class Foreseen:
    """A cohort's calendar as it stands.

    state, zone: as in `Cohort`. ledger: what is out, being posted, stuck or skipped, in the order of dates. coming:
    what will be planned if nothing is changed; of a paused cohort, if it went on now. skipped: lessons that are left
    out. unplaced: lessons for which the calendar has no date within three years. days_off: all of them, by date.
    """

    state: str
    zone: str
    ledger: tuple[Entry, ...]
    coming: tuple[Coming, ...]
    skipped: tuple[int, ...]
    unplaced: tuple[int, ...]
    days_off: tuple[Off, ...]

    @property
    def end(self) -> date | None:
        """The date of the last lesson, to come or out; None when there is none at all."""
        out = [each.local_date for each in self.ledger if each.state != "skipped"]
        return self.coming[-1].local_date if self.coming else max(out, default=None)

    def off_from(self, day: date) -> tuple[Off, ...]:
        """The days off that are not over on this date."""
        return tuple(each for each in self.days_off if each.last >= day)


def foresee(session: Session, day_after: DayAfter, cohort: Cohort, now: datetime) -> Foreseen:
    """The cohort's calendar to the course's end. Raises LookupError when its zone is gone from the zone database."""
    ledger = _ledger(session, cohort)
    skipped = skipped_lessons(session, cohort)
    schedule = schedule_of(session, cohort)
    coming: tuple[Coming, ...] = ()
    unplaced: tuple[int, ...] = ()
    if cohort.state != "finished":
        paused = cohort.state == "paused"
        slot = first_slot_from(schedule, now, cohort.next_date) if paused else slot_from(schedule, cohort.next_date)
        lessons = tuple(_lessons(cohort, leaving_out(day_after, skipped), ledger, skipped))
        coming = tuple(coming_lessons(schedule, slot, lessons, {each.local_date for each in ledger}))
        unplaced = lessons[len(coming) :]
    days_off, left_out = _days_off(session, cohort), tuple(sorted(skipped))
    return Foreseen(cohort.state, cohort.zone, ledger, coming, left_out, unplaced, days_off)


def coming_lessons(
    schedule: Schedule, slot: Slot | None, lessons: Collection[int], taken: Collection[date]
) -> Iterator[Coming]:
    """The lessons in their order, each under the next date from `slot` on that is not taken; fewer where dates run
    out."""
    for lesson in lessons:
        while slot is not None and slot.local_date in taken:
            slot = next_slot(schedule, slot.local_date)
        if slot is None:
            return
        yield Coming(lesson, slot.local_date, slot.due_at)
        slot = next_slot(schedule, slot.local_date)


def _lessons(cohort: Cohort, day_after: DayAfter, ledger: Collection[Entry], skipped: Collection[int]) -> Iterator[int]:
    """The lessons that the planner has yet to give a date, in order."""
    planned = {each.lesson for each in ledger if each.state != "skipped"}
    lesson = cohort.next_lesson
    while lesson is not None:
        if lesson not in planned and lesson not in skipped:
            yield lesson
        lesson = day_after(cohort.course, lesson)


def _ledger(session: Session, cohort: Cohort) -> tuple[Entry, ...]:
    rows = session.scalars(
        select(Delivery)
        .where(Delivery.cohort_id == cohort.id, Delivery.kind == "lesson")
        .order_by(Delivery.local_date, Delivery.id)
    )
    return tuple(
        Entry(each.id, each.lesson, each.local_date, each.due_at, each.state, each.posted_at, each.reason)
        for each in rows
    )


def _days_off(session: Session, cohort: Cohort) -> tuple[Off, ...]:
    rows = session.scalars(select(DayOff).where(DayOff.cohort_id == cohort.id).order_by(DayOff.first_date, DayOff.kind))
    return tuple(Off(each.first_date, each.last_date, each.kind, each.note) for each in rows)

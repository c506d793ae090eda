"""How each change of a calendar is made in the record: the rows, and then the next lesson and its date worked out anew.

Whoever calls has put what is due by now into the ledger, and takes everything back where the answer is a No.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice
from zoneinfo import available_timezones

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.cohorts.calendar import first_slot_from, slots
from bot.cohorts.changes import (
    Change,
    Country,
    MeetOn,
    No,
    Pause,
    PostAgain,
    PostNow,
    PostTime,
    Resume,
    Shift,
    ShiftTo,
    Skip,
    Start,
    TakeOff,
    Unskip,
    Weekdays,
    Why,
    Zone,
)
from bot.cohorts.cohorts import local_date, pause, resume, schedule_of
from bot.cohorts.digests import follow_zone
from bot.cohorts.foreseeing import Foreseen, foresee
from bot.cohorts.planning import DayAfter, leaving_out
from bot.cohorts.public_holidays import is_country, renew_holidays
from bot.cohorts.reordering import post_again, post_now, skip, unskip
from bot.cohorts.skips import skipped_lessons
from bot.store.tables import Cohort, DayOff, Delivery

MOST_SHIFTED = 250
"""Lesson dates by which the rest can be moved in one step."""

LONGEST_BREAK = timedelta(days=366)
LONGEST_NOTE = 80


def make(session: Session, day_after: DayAfter, cohort: Cohort, change: Change, now: datetime) -> No | None:
    """Make one change; None when it is made. Raises LookupError when the cohort's zone is gone from the zone
    database."""
    if cohort.archived_at is not None:
        return No(Why.ARCHIVED, change)
    finished = cohort.state == "finished"
    if finished and not isinstance(change, Unskip | PostAgain):
        return No(Why.FINISHED, change)
    no = _rows(session, day_after, cohort, change, now)
    if no is not None or (finished and isinstance(change, PostAgain)):
        return no
    return _replan(session, day_after, cohort, change, now)


def _rows(session: Session, day_after: DayAfter, cohort: Cohort, change: Change, now: datetime) -> No | None:
    match change:
        case Weekdays() | PostTime() | Zone() | Start() | Country():
            return _set(session, cohort, change, now)
        case TakeOff():
            return _take_off(session, cohort, change, now)
        case MeetOn():
            return _meet_on(session, cohort, change, now)
        case Pause() | Resume():
            return _steer(session, cohort, change, now)
        case Unskip():
            return unskip(session, cohort, change)
    seen = foresee(session, day_after, cohort, now)
    match change:
        case Shift() | ShiftTo():
            return _shift(session, cohort, seen, change)
        case Skip():
            return skip(session, cohort, seen, change)
        case PostNow():
            return post_now(session, day_after, cohort, seen, change, now)
        case PostAgain():
            return post_again(session, cohort, seen, change, now)


def _set(
    session: Session, cohort: Cohort, change: Weekdays | PostTime | Zone | Start | Country, now: datetime
) -> No | None:
    match change:
        case Weekdays(mask):
            if not 1 <= mask <= 127:
                return No(Why.NO_SUCH, change)
            cohort.weekdays = mask
        case PostTime(at):
            cohort.post_time = at
        case Zone(name):
            if name not in _zones():
                return No(Why.NO_SUCH, change)
            cohort.zone = name
            follow_zone(cohort, now)
        case Start(on):
            if _last_date(session, cohort) is not None:
                return No(Why.BEGUN, change)
            if on < local_date(cohort, now):
                return No(Why.PAST, change, day=on)
            cohort.start_date = on
        case Country(code):
            if code is not None and not is_country(code):
                return No(Why.NO_SUCH, change)
            cohort.country = code
    return None


@cache
def _zones() -> Collection[str]:
    return available_timezones()


def _take_off(session: Session, cohort: Cohort, change: TakeOff, now: datetime) -> No | None:
    if change.last < max(change.first, local_date(cohort, now)):
        return No(Why.PAST, change, day=change.last)
    if change.last - change.first > LONGEST_BREAK or len(change.note) > LONGEST_NOTE:
        return No(Why.TOO_LONG, change)
    covering = select(DayOff.first_date).where(
        DayOff.cohort_id == cohort.id,
        DayOff.kind == "break",
        DayOff.first_date <= change.first,
        DayOff.last_date >= change.last,
    )
    if session.scalar(covering.limit(1)) is not None:
        return No(Why.OFF_ALREADY, change, day=change.first)
    _put_break(session, cohort, change.first, change.last, change.note)
    return None


def _put_break(session: Session, cohort: Cohort, first: date, last: date, note: str) -> None:
    row = session.get(DayOff, (cohort.id, first, "break"))
    if row is None:
        session.add(DayOff(cohort_id=cohort.id, first_date=first, kind="break", last_date=last, note=note))
    else:
        row.last_date, row.note = max(row.last_date, last), note or row.note
    session.flush()


def _meet_on(session: Session, cohort: Cohort, change: MeetOn, now: datetime) -> No | None:
    rows = session.scalars(
        select(DayOff).where(
            DayOff.cohort_id == cohort.id, DayOff.first_date <= change.day, DayOff.last_date >= change.day
        )
    ).all()
    today = local_date(cohort, now)
    breaks = [row for row in rows if row.kind == "break"]
    if not breaks:
        return No(Why.HOLIDAY if rows else Why.NOT_OFF, change, day=change.day)
    if change.day < today:
        return No(Why.PAST, change, day=change.day)
    for row in breaks:
        if row.first_date < today:
            row.last_date = today - timedelta(days=1)
        else:
            session.delete(row)
    session.flush()
    return None


def _shift(session: Session, cohort: Cohort, seen: Foreseen, change: Shift | ShiftTo) -> No | None:
    """A break from the next lesson's date to the day before the one on which it comes then."""
    first = next(iter(seen.coming), None)
    if first is None:
        return No(Why.FINISHED, change)
    if isinstance(change, ShiftTo):
        until = change.day
        if until <= first.local_date:
            return No(Why.NOT_LATER, change, first.lesson, first.local_date)
    else:
        if not 1 <= change.by <= MOST_SHIFTED:
            return No(Why.TOO_LONG, change)
        later = next(islice(slots(schedule_of(session, cohort), first.local_date), change.by - 1, None), None)
        if later is None:
            return No(Why.NO_DATES, change)
        until = later.local_date
    if until - first.local_date > LONGEST_BREAK:
        return No(Why.TOO_LONG, change)
    _put_break(session, cohort, first.local_date, until - timedelta(days=1), "")
    return None


def _steer(session: Session, cohort: Cohort, change: Pause | Resume, now: datetime) -> No | None:
    if isinstance(change, Pause):
        return None if pause(cohort) else No(Why.NOT_ACTIVE, change)
    return None if resume(session, cohort, now) else No(Why.NOT_PAUSED, change)


def _replan(session: Session, day_after: DayAfter, cohort: Cohort, change: Change, now: datetime) -> No | None:
    """The next lesson that is not left out, under the first date to come that is behind every date of the ledger."""
    if cohort.next_lesson is not None:
        skipped = skipped_lessons(session, cohort)
        if cohort.next_lesson in skipped:
            cohort.next_lesson = leaving_out(day_after, skipped)(cohort.course, cohort.next_lesson)
    session.flush()
    no = _redate(session, cohort, change, now)
    if no is None and (cohort.country or isinstance(change, Country)):
        renew_holidays(session, cohort, foresee(session, day_after, cohort, now).end, now)
        no = _redate(session, cohort, change, now)
    if no is None and foresee(session, day_after, cohort, now).unplaced:
        return No(Why.NO_DATES, change)
    return no


def _redate(session: Session, cohort: Cohort, change: Change, now: datetime) -> No | None:
    if cohort.next_lesson is None:
        cohort.state, cohort.next_date, cohort.next_due_at = "finished", None, None
        return None
    last = _last_date(session, cohort)
    slot = first_slot_from(schedule_of(session, cohort), now, last and last + timedelta(days=1))
    if slot is None:
        return No(Why.NO_DATES, change)
    cohort.state = "active" if cohort.state == "finished" else cohort.state
    cohort.next_date, cohort.next_due_at = slot.local_date, slot.due_at
    session.flush()
    return None


def _last_date(session: Session, cohort: Cohort) -> date | None:
    """The last date of the ledger."""
    return session.scalar(
        select(func.max(Delivery.local_date)).where(Delivery.cohort_id == cohort.id, Delivery.kind == "lesson")
    )

"""What a change of a cohort's calendar would do, and doing it.

`preview` carries the change out in the record and takes it back: what it tells is what `apply` does. A change holds
from the next lesson on. What is due by now is put into the ledger first, under the calendar that it was due by; no date
gets a second lesson, no lesson a second date, and nothing comes into the past.

    comparison = preview(session, day_after, cohort, [Weekdays(0b10101)], now)
    done = apply(session, day_after, cohort, [Weekdays(0b10101)], by, now, expected=comparison.fingerprint)
"""

import hashlib
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from bot.cohorts.audit import Action, write_down
from bot.cohorts.changes import Change, No, Why, Zone, audit_words
from bot.cohorts.cohorts import local_date
from bot.cohorts.foreseeing import Coming, Entry, Foreseen, Off, foresee
from bot.cohorts.planning import DayAfter, plan_cohort
from bot.cohorts.rescheduling import make
from bot.store.tables import Cohort, Member


@dataclass(frozen=True)
class Move:
    """What becomes of one lesson. before, after: None where it did not, or does not, come."""

    lesson: int
    before: Coming | None
    after: Coming | None

    @property
    def is_of_date(self) -> bool:
        """Whether it comes on another date than before."""
        return bool(self.before and self.after and self.before.local_date != self.after.local_date)


@dataclass(frozen=True)
class Comparison:
    """Both calendars, and what lies between them. moves: in the order of lessons. out_today: the lesson that is out, or
    on its way, under today's date; it stays. waits_behind: what goes out now waits until this lesson is out, or given
    up. fingerprint: the same for the same outcome; 8 characters of a-z2-7."""

    before: Foreseen
    after: Foreseen
    moves: tuple[Move, ...]
    out_today: int | None
    waits_behind: int | None
    fingerprint: str

    @property
    def moved(self) -> tuple[Move, ...]:
        """Those that come on another date."""
        return tuple(each for each in self.moves if each.is_of_date)

    @property
    def retimed(self) -> tuple[Move, ...]:
        """Those that come on the same date at another time."""
        return tuple(each for each in self.moves if each.before and each.after and not each.is_of_date)

    @property
    def dropped(self) -> tuple[Move, ...]:
        """Those that come no more."""
        return tuple(each for each in self.moves if each.after is None)

    @property
    def added(self) -> tuple[Move, ...]:
        """Those that did not come before."""
        return tuple(each for each in self.moves if each.before is None)

    @property
    def put(self) -> tuple[Entry, ...]:
        """What the change itself puts into the ledger, or back into it: it goes out at once."""
        return _put(self.before, self.after)

    @property
    def new_days_off(self) -> tuple[Off, ...]:
        return tuple(each for each in self.after.days_off if each not in self.before.days_off)

    @property
    def gone_days_off(self) -> tuple[Off, ...]:
        return tuple(each for each in self.before.days_off if each not in self.after.days_off)

    @property
    def is_nothing(self) -> bool:
        """Whether all stays as it is."""
        return self.before == self.after


@dataclass(frozen=True)
class Stale:
    """Nothing was done: the change would not do any more what was previewed. comparison: what it would do now."""

    comparison: Comparison


def preview(
    session: Session, day_after: DayAfter, cohort: Cohort, changes: Sequence[Change], now: datetime
) -> Comparison | No:
    """What the changes, made one after the other, would do; all that this writes is taken back."""
    trial = session.begin_nested()
    try:
        return _carry_out(session, day_after, cohort, changes, now)
    finally:
        trial.rollback()


def apply(
    session: Session,
    day_after: DayAfter,
    cohort: Cohort,
    changes: Sequence[Change],
    by: Member | None,
    now: datetime,
    expected: str | None = None,
) -> Comparison | No | Stale:
    """Make all of the changes, or, where one of them cannot be made, none. by: who does it; None for an operator.
    expected: a preview's fingerprint; without it whatever comes out is taken."""
    session.flush()
    cohort = session.get_one(Cohort, cohort.id, with_for_update=True, populate_existing=True)
    says = "; ".join(audit_words(each, cohort) for each in changes)
    trial = session.begin_nested()
    done = _carry_out(session, day_after, cohort, changes, now)
    if isinstance(done, No) or (expected is not None and done.fingerprint != expected):
        trial.rollback()
        return done if isinstance(done, No) else Stale(done)
    trial.commit()
    write_down(session, cohort, by, Action.CALENDAR, says, now)
    return done


def _carry_out(
    session: Session, day_after: DayAfter, cohort: Cohort, changes: Sequence[Change], now: datetime
) -> Comparison | No:
    if cohort.state == "active":
        plan_cohort(session, cohort, day_after, now)
    before = _foreseen(session, day_after, cohort, now)
    try:
        for change in changes:
            no = make(session, day_after, cohort, change, now)
            if no is not None:
                return no
        after = foresee(session, day_after, cohort, now)
    except LookupError:
        return No(Why.NO_SUCH, Zone(cohort.zone))
    return _compared(cohort, before, after, changes, now)


def _foreseen(session: Session, day_after: DayAfter, cohort: Cohort, now: datetime) -> Foreseen:
    """A cohort whose zone is gone from the zone database has no calendar until it is given another zone."""
    try:
        return foresee(session, day_after, cohort, now)
    except LookupError:
        return Foreseen(cohort.state, cohort.zone, (), (), (), (), ())


def _compared(
    cohort: Cohort, before: Foreseen, after: Foreseen, changes: Sequence[Change], now: datetime
) -> Comparison:
    then, later = _dates(before, before), _dates(after, before)
    moves = tuple(
        Move(lesson, then.get(lesson), later.get(lesson))
        for lesson in sorted({*then, *later})
        if then.get(lesson) != later.get(lesson)
    )
    today, mark = local_date(cohort, now), _fingerprint(cohort, before, after, changes)
    return Comparison(before, after, moves, _out_on(before, today), _waits(before, after), mark)


def _dates(foreseen: Foreseen, before: Foreseen) -> dict[int, Coming]:
    """Lesson → when it comes; what the change itself has put into the ledger comes as well."""
    put = {each.lesson: Coming(each.lesson, each.local_date, each.due_at) for each in _put(before, foreseen)}
    return put | {each.lesson: each for each in foreseen.coming}


def _put(before: Foreseen, after: Foreseen) -> tuple[Entry, ...]:
    return tuple(each for each in after.ledger if each not in before.ledger and each.state == "planned")


def _out_on(before: Foreseen, today: date) -> int | None:
    return next((each.lesson for each in before.ledger if each.local_date == today and each.state != "skipped"), None)


def _waits(before: Foreseen, after: Foreseen) -> int | None:
    """An earlier lesson that is still to go out holds up what is put behind it."""
    put = [each.local_date for each in _put(before, after)]
    open_ = [each for each in before.ledger if each.state in ("planned", "blocked")]
    return next((each.lesson for each in open_ if put and each.local_date < max(put)), None)


def _fingerprint(cohort: Cohort, before: Foreseen, after: Foreseen, changes: Sequence[Change]) -> str:
    """Of the cohort, what is changed and both calendars. What a change puts into the ledger is due at once, whenever
    that is, and so is left out."""
    said = repr((cohort.id, changes, before.state, before.coming, before.days_off, after.state, after.coming))
    return b32encode(hashlib.sha256(said.encode("utf-8", "replace")).digest()[:5]).decode().lower()

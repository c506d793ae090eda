"""What may be changed about a cohort's calendar. Each is a value; `replanning` says what it would do, and does it.

A different pace is other weekdays: three lessons a week are `Weekdays(to_weekdays("mon,wed,fri"))`.
"""

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from bot.cohorts.calendar import weekday_names
from bot.store.tables import Cohort


@dataclass(frozen=True)
class Weekdays:
    """The lesson days. mask: bit 0 is Monday, 1 to 127."""

    mask: int


@dataclass(frozen=True)
class PostTime:
    """When lessons are posted, on the cohort's own clock."""

    at: time


@dataclass(frozen=True)
class Zone:
    """The cohort's zone, an IANA name; lessons keep their time of day."""

    name: str


@dataclass(frozen=True)
class Start:
    """The first lesson's date at the earliest; only before the first lesson."""

    on: date


@dataclass(frozen=True)
class Country:
    """Whose public holidays are days off: "CH", "CH-ZH"; None for nobody's."""

    code: str | None


@dataclass(frozen=True)
class TakeOff:
    """No lessons on these dates, first and last included."""

    first: date
    last: date
    note: str = ""


@dataclass(frozen=True)
class MeetOn:
    """The break that this date is in is no break any more, from today on."""

    day: date


@dataclass(frozen=True)
class Pause:
    """Nothing is posted until somebody says so."""


@dataclass(frozen=True)
class Resume:
    """Go on with the next lesson at the next lesson date."""


@dataclass(frozen=True)
class Shift:
    """The next lesson and all behind it come this many lesson dates later. It becomes a break, so that other changes
    keep it and taking that break away undoes it."""

    by: int


@dataclass(frozen=True)
class ShiftTo:
    """The next lesson comes on this date, or the first lesson date after it, and all others behind it. A break, too."""

    day: date


@dataclass(frozen=True)
class Skip:
    """This lesson is left out: the next one takes its date."""

    lesson: int


@dataclass(frozen=True)
class Unskip:
    """This lesson is not left out any more."""

    lesson: int


@dataclass(frozen=True)
class PostNow:
    """The next lesson goes out now, under today's date; those behind it keep their order, each on the next date that
    is free: no lesson date stays empty for it."""


@dataclass(frozen=True)
class PostAgain:
    """This lesson goes out now although its turn is over: it was given up, blocked, or skipped. What is out is never
    posted a second time."""

    lesson: int


Change = (
    Weekdays
    | PostTime
    | Zone
    | Start
    | Country
    | TakeOff
    | MeetOn
    | Pause
    | Resume
    | Shift
    | ShiftTo
    | Skip
    | Unskip
    | PostNow
    | PostAgain
)


class Why(StrEnum):
    """Why a change cannot be made."""

    FINISHED = "finished"  # nothing comes any more
    ARCHIVED = "archived"  # it is put away
    PAUSED = "paused"  # nothing goes out until it is resumed
    NOT_ACTIVE = "not active"  # there is nothing to pause
    NOT_PAUSED = "not paused"  # there is nothing to resume
    BEGUN = "begun"  # the first lesson is in the ledger: there is no start to move
    PAST = "past"  # the date is over
    NOT_LATER = "not later"  # the next lesson comes then already, or later
    TOO_LONG = "too long"  # a break, a shift or a note
    NO_DATES = "no dates"  # no lesson date would be left within three years
    NO_SUCH = "no such"  # zone, country, weekdays
    OFF_ALREADY = "off already"
    NOT_OFF = "not off"
    HOLIDAY = "holiday"  # a public holiday is taken away with its country
    NO_LESSON = "no lesson"  # the course has none of that day, or this cohort began behind it
    OUT = "out"  # it is out, or being posted
    STUCK = "stuck"  # it could not be posted: it can be tried again
    SKIPPED = "skipped"  # already
    NOT_SKIPPED = "not skipped"
    BEHIND = "behind"  # the cohort is past it: it can be posted again, on a date of its own
    COMES = "comes"  # it is still to come by itself
    DATE_TAKEN = "date taken"  # today has its lesson
    CHANNEL_TAKEN = "channel taken"  # by a cohort that followed


@dataclass(frozen=True)
class No:
    """A change that cannot be made. lesson, day: the ones that it is about, where it is about one. change: which."""

    why: Why
    change: Change
    lesson: int | None = None
    day: date | None = None


def audit_words(change: Change, cohort: Cohort) -> str:
    """The change for the audit, from what to what: to be asked before it is made. Holds nothing that a person typed
    but dates."""
    match change:
        case Weekdays(mask):
            return f"lesson days: {weekday_names(cohort.weekdays)} → {weekday_names(mask)}"
        case PostTime(at):
            return f"time: {cohort.post_time:%H:%M} → {at:%H:%M}"
        case Zone(name):
            return f"zone: {cohort.zone} → {name}"
        case Start(on):
            return f"start: {cohort.start_date} → {on}"
        case Country(code):
            return f"holidays: {cohort.country or 'none'} → {code or 'none'}"
        case TakeOff(first, last, _):
            return f"days off: {first} to {last}" if first != last else f"day off: {first}"
        case MeetOn(day):
            return f"break taken away: the one of {day}"
        case Shift(by):
            return f"rest shifted by {by} lesson date{'s' * (by != 1)}"
        case ShiftTo(day):
            return f"rest shifted to {day}"
        case Skip(lesson):
            return f"day {lesson} skipped"
        case Unskip(lesson):
            return f"day {lesson} not skipped any more"
        case PostNow():
            return f"day {cohort.next_lesson} posted now"
        case PostAgain(lesson):
            return f"day {lesson} posted again"
        case Pause():
            return "paused"
        case Resume():
            return "resumed"

"""A change of the calendar as a form of the desk brings it, and as the next form carries it on."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TypeVar

from bot.cohorts import changes as to
from bot.cohorts.calendar import WEEKDAYS
from bot.cohorts.changes import Change
from bot.cohorts.rescheduling import LONGEST_NOTE, MOST_SHIFTED
from bot.talk.cohort_commands import Unclear, to_time, to_zone
from bot.talk.countries import to_country
from bot.talk.dates import to_day
from bot.web.desk.faults import Unreadable
from bot.web.desk.numbers import to_number

T = TypeVar("T")

MOST_LESSONS = 9_999

FIELDS: Mapping[str, tuple[str, ...]] = {
    "days": WEEKDAYS,
    "time": ("time",),
    "zone": ("zone",),
    "country": ("country",),
    "start": ("start",),
    "off": ("first", "last", "note"),
    "meet": ("day",),
    "shift": ("by", "on"),
    "skip": ("lesson",),
    "unskip": ("lesson",),
    "post": (),
    "again": ("lesson",),
    "pause": (),
    "resume": (),
}
"""A kind of change → the fields of its form."""


def to_change(kind: str, said: Mapping[str, str], today: date) -> Change:
    """The change that a form asks for. kind: one of FIELDS; said: its fields. Raises Unreadable,
    and KeyError for another kind."""
    match kind:
        case "days":
            return _days(said)
        case "time":
            return to.PostTime(_read("time", to_time, said))
        case "zone":
            return to.Zone(_read("zone", to_zone, said))
        case "country":
            return to.Country(_country(said))
        case "start":
            return to.Start(_day("start", said, today))
        case "off":
            return _off(said, today)
        case "meet":
            return to.MeetOn(_day("day", said, today))
        case "shift":
            return _shift(said, today)
        case "skip":
            return to.Skip(_lesson(said))
        case "unskip":
            return to.Unskip(_lesson(said))
        case "again":
            return to.PostAgain(_lesson(said))
        case "post":
            return to.PostNow()
        case "pause":
            return to.Pause()
        case "resume":
            return to.Resume()
    raise KeyError(kind)


def carried(kind: str, said: Mapping[str, str]) -> dict[str, str]:
    """What of a form is taken along to the next one."""
    return {name: said[name] for name in FIELDS[kind] if said.get(name)}


def _days(said: Mapping[str, str]) -> to.Weekdays:
    mask = sum(1 << number for number, name in enumerate(WEEKDAYS) if said.get(name))
    if not mask:
        raise Unreadable(WEEKDAYS[0], "Choose at least one day of the week.")
    return to.Weekdays(mask)


def _country(said: Mapping[str, str]) -> str | None:
    return _read("country", to_country, said) if said.get("country", "").strip() else None


def _off(said: Mapping[str, str], today: date) -> to.TakeOff:
    first = _day("first", said, today)
    last = _day("last", said, first) if said.get("last", "").strip() else first
    if last < first:
        raise Unreadable("last", "The last day off comes before the first one.")
    if last - first > timedelta(days=366):
        raise Unreadable("last", "A break is at most a year long.")
    note = " ".join(said.get("note", "").split())
    if len(note) > LONGEST_NOTE:
        raise Unreadable("note", f"Say in at most {LONGEST_NOTE} characters why there are no lessons.")
    return to.TakeOff(first, last, note)


def _shift(said: Mapping[str, str], today: date) -> to.Shift | to.ShiftTo:
    by, on = said.get("by", "").strip(), said.get("on", "").strip()
    if bool(by) == bool(on):
        raise Unreadable("by", "Write either by how many lesson dates, or the date on which the next lesson comes.")
    if on:
        return to.ShiftTo(_day("on", said, today))
    if not 1 <= to_number(by) <= MOST_SHIFTED:
        raise Unreadable("by", f"Write a number from 1 to {MOST_SHIFTED}.")
    return to.Shift(to_number(by))


def _lesson(said: Mapping[str, str]) -> int:
    number = to_number(said.get("lesson", "").strip())
    if not 1 <= number <= MOST_LESSONS:
        raise Unreadable("lesson", "Write the day of the lesson, a number like 33.")
    return number


def _day(field: str, said: Mapping[str, str], near: date) -> date:
    if not said.get(field, "").strip():
        raise Unreadable(field, "Write a date, like `2027-03-03` or `3 March`.")
    return _read(field, lambda typed: to_day(typed, near), said)


def _read(field: str, read: Callable[[str], T], said: Mapping[str, str]) -> T:
    try:
        return read(said.get(field, ""))
    except Unclear as unclear:
        raise Unreadable(field, str(unclear)) from None

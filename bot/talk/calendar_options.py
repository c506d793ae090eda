"""A change of the calendar as it is typed, and as a button carries it."""

import re
from collections.abc import Callable, Sequence
from datetime import date, time

from bot.cohorts.changes import (
    Change,
    Country,
    MeetOn,
    PostAgain,
    PostNow,
    PostTime,
    Shift,
    ShiftTo,
    Skip,
    Start,
    TakeOff,
    Unskip,
    Weekdays,
    Zone,
)
from bot.talk.asking import Asking, quoted
from bot.talk.cohort_commands import Unclear, to_days, to_time, to_zone
from bot.talk.countries import to_country
from bot.talk.dates import to_day

MOST_CARRIED = 45
"""Characters: a button's action has 60, its name takes seven and the fingerprint eight."""


def to_changes(asking: Asking, today: date) -> tuple[Change, ...]:
    """The options of `/cohort change`; none when nothing was typed. Raises Unclear."""
    options = asking.command.options
    found: list[Change] = []
    if "zone" in options:
        found.append(Zone(to_zone(options["zone"])))
    if "days" in options:
        found.append(Weekdays(_days(options["days"])))
    if "time" in options:
        found.append(PostTime(to_time(options["time"])))
    if "start" in options:
        found.append(Start(to_day(options["start"], today)))
    if "country" in options:
        found.append(Country(to_country(options["country"])))
    if "meet" in options:
        found.append(MeetOn(to_day(options["meet"], today)))
    found += [Skip(each) for each in _lessons(options.get("skip", ""))]
    found += [Unskip(each) for each in _lessons(options.get("unskip", ""))]
    if "shift" in options:
        found.append(_shift(options["shift"], today))
    return (*found, *_off(asking, today))


def to_code(changes: Sequence[Change]) -> str | None:
    """The changes for a button; None when they are too much for one."""
    code = ";".join(_coded(each) for each in changes)
    return code if len(code) <= MOST_CARRIED else None


def from_code(code: str) -> tuple[Change, ...] | None:
    """What `to_code` was given; None for what it never makes: a button can be forged."""
    found: list[Change] = []
    if len(code) > MOST_CARRIED:
        return None
    while code:
        part, _, code = (code, "", "") if code[0] == "o" else code.partition(";")
        try:
            found.append(_decoded(part[:1], part[1:]))
        except (ValueError, OverflowError, LookupError):
            return None
    return tuple(found) or None


def _off(asking: Asking, today: date) -> list[Change]:
    options = asking.command.options
    if "off" not in options:
        if "until" in options or "note" in options:
            raise Unclear("Write the first day off, too: `/cohort change off:2026-12-24 until:2027-01-03`.")
        return []
    first = to_day(options["off"], today)
    last = to_day(options["until"], first) if "until" in options else first
    if last < first:
        raise Unclear("The last day off comes before the first one. Write `off` for the first, `until` for the last.")
    note = " ".join(options.get("note", "").split())
    if len(note) > MOST_CARRIED - 9:
        raise Unclear(f"Say in at most {MOST_CARRIED - 9} characters why there are no lessons.")
    return [TakeOff(first, last, note)]


def _days(typed: str) -> int:
    """Where a line is typed, what has no name is the days: "shift 3" is somebody who did not know."""
    try:
        return to_days(typed)
    except Unclear as unclear:
        raise Unclear(f"{unclear} Whatever else changes is named, like `shift:3`.") from None


def _shift(typed: str, today: date) -> Change:
    if match := re.fullmatch(r"(\d{1,3})(?:\s+(?:lessons?|dates?|days?))?", typed.strip(), re.ASCII):
        return Shift(int(match[1]))
    try:
        return ShiftTo(to_day(typed, today))
    except Unclear:
        raise Unclear(
            f"“{quoted(typed, 20)}” is neither a number of lesson dates, like `3`, nor the date on which the next"
            " lesson comes then, like `2027-03-03`."
        ) from None


def _lessons(typed: str) -> list[int]:
    """ "33", "33, 34". Raises Unclear."""
    found = [each for each in re.split(r"[,\s]+", typed.strip()[:100]) if each]
    if not all(re.fullmatch(r"\d{1,4}", each, re.ASCII) for each in found) or len(found) > 8:
        raise Unclear(f"“{quoted(typed, 20)}” is no lesson: write its day, like `33`, or a few of them, like `33,34`.")
    return [int(each) for each in dict.fromkeys(found)]


def _coded(change: Change) -> str:
    match change:
        case Weekdays(mask):
            return f"w{mask}"
        case PostTime(at):
            return f"t{at:%H%M}"
        case Zone(name):
            return f"z{name}"
        case Start(on):
            return f"b{on.toordinal():x}"
        case Country(code):
            return f"c{code or ''}"
        case TakeOff(first, last, note):
            return f"o{first.toordinal():x}{(last - first).days:03x}{note}"
        case MeetOn(day):
            return f"m{day.toordinal():x}"
        case Shift(by):
            return f"s{by}"
        case ShiftTo(day):
            return f"d{day.toordinal():x}"
        case Skip(lesson):
            return f"k{lesson}"
        case Unskip(lesson):
            return f"u{lesson}"
        case PostAgain(lesson):
            return f"a{lesson}"
        case PostNow():
            return "p"
    raise ValueError("needs no button")


def _decoded(kind: str, rest: str) -> Change:
    """Raises ValueError, OverflowError or LookupError for what no button of ours carries."""
    match kind:
        case "t":
            return PostTime(time(int(rest[:2]), int(rest[2:])))
        case "z":
            return Zone(rest)
        case "c":
            return Country(rest or None)
        case "o":
            first = _day(rest[:5])
            return TakeOff(first, date.fromordinal(first.toordinal() + int(rest[5:8], 16)), rest[8:])
        case "p":
            return PostNow()
    by_number: dict[str, Callable[[int], Change]] = {"w": Weekdays, "s": Shift, "k": Skip, "u": Unskip, "a": PostAgain}
    by_day: dict[str, Callable[[date], Change]] = {"b": Start, "m": MeetOn, "d": ShiftTo}
    if kind in by_day:
        return by_day[kind](_day(rest))
    if not re.fullmatch(r"\d{1,4}", rest, re.ASCII):
        raise ValueError("no number")
    return by_number[kind](int(rest))


def _day(code: str) -> date:
    return date.fromordinal(int(code, 16))

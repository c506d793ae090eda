"""A cohort's calendar as a page lists it: month by month, lessons and the days off between them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from bot.cohorts.foreseeing import Coming, Entry, Foreseen, Off
from bot.store.tables import Cohort

STUCK = ("blocked", "dead")
OPEN = ("planned", *STUCK)


@dataclass(frozen=True)
class Line:
    """One line of a month: a lesson to come, one of the ledger that is not out, or days off. A break that began before
    today stands under today's date."""

    day: date
    lesson: Coming | None = None
    entry: Entry | None = None
    off: Off | None = None


@dataclass(frozen=True)
class Month:
    """first: its first line's date, which names it."""

    first: date
    lines: tuple[Line, ...]

    @property
    def lessons(self) -> int:
        return sum(each.off is None for each in self.lines)


def months(cohort: Cohort, seen: Foreseen, today: date) -> tuple[Month, ...]:
    """What is to come, to the end of the course; of public holidays only those that a lesson would have come on."""
    lines = sorted(_lines(cohort, seen, today), key=lambda each: (each.day, each.off is None))
    return tuple(
        Month(found[0].day, tuple(found))
        for _, group in groupby(lines, key=lambda each: (each.day.year, each.day.month))
        if (found := list(group))
    )


def stuck(seen: Foreseen) -> Sequence[Entry]:
    """What could not be posted, and waits for somebody."""
    return [each for each in seen.ledger if each.state in STUCK]


def _lines(cohort: Cohort, seen: Foreseen, today: date) -> Iterator[Line]:
    yield from (Line(each.local_date, lesson=each) for each in seen.coming)
    yield from (Line(each.local_date, entry=each) for each in seen.ledger if each.state in OPEN)
    for off in seen.off_from(today):
        meets = cohort.weekdays >> off.first.weekday() & 1
        before_the_end = seen.end is None or off.first <= seen.end
        if before_the_end and (off.kind == "break" or meets):
            yield Line(max(off.first, today), off=off)

"""On which dates a cohort has a lesson, and at which instant. Pure: dates in, instants out, no clock, no database."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONDAY_TO_FRIDAY = 0b11111
HORIZON = timedelta(days=3 * 366)
"""How far ahead a lesson date is looked for: a longer break than three years is a mistake."""

LAST_DATE = date(9999, 1, 1)
"""Beyond it there is no room left for the day after."""


@dataclass(frozen=True)
class Span:
    """Dates from first to last, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Schedule:
    """When a cohort meets. weekdays: bit 0 is Monday … bit 6 Sunday, at least one. days_off: holidays and breaks."""

    zone: str
    post_time: time
    weekdays: int
    start: date
    days_off: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Slot:
    """One lesson date and the instant (aware UTC) at which its lesson is due."""

    local_date: date
    due_at: datetime


def next_slot(schedule: Schedule, after: date | None) -> Slot | None:
    """The first slot on a date later than `after` (None: from the start date on); None when three years hold none."""
    day = schedule.start if after is None else max(schedule.start, after + timedelta(days=1))
    last = min(day, LAST_DATE - HORIZON) + HORIZON
    while day <= last:
        if is_lesson_date(schedule, day):
            return Slot(day, to_instant(day, schedule.post_time, schedule.zone))
        day += timedelta(days=1)
    return None


def first_slot_from(schedule: Schedule, now: datetime, no_earlier: date | None = None) -> Slot | None:
    """The first slot that is not yet past at `now` (and not before the date `no_earlier`); None when three years hold
    none."""
    today = now.astimezone(ZoneInfo(schedule.zone)).date()
    start = max(schedule.start, today, no_earlier or today)
    slot = next_slot(schedule, start - timedelta(days=1))
    while slot is not None and slot.due_at < now:
        slot = next_slot(schedule, slot.local_date)
    return slot


def slots(schedule: Schedule, after: date | None = None) -> Iterator[Slot]:
    """Every slot in order, without end but for `next_slot`'s own."""
    slot = next_slot(schedule, after)
    while slot is not None:
        yield slot
        slot = next_slot(schedule, slot.local_date)


def is_lesson_date(schedule: Schedule, day: date) -> bool:
    """Whether the cohort has a lesson on this date of its own calendar."""
    return (
        day >= schedule.start
        and bool(schedule.weekdays >> day.weekday() & 1)
        and not any(day in span for span in schedule.days_off)
        and _occurs(day, schedule.zone)
    )


def to_instant(day: date, at: time, zone: str) -> datetime:
    """The instant (aware UTC) at which clocks in `zone` first show `at` or later on `day`.

    A repeated hour gives its first occurrence; a skipped one the first instant after the gap, so that every date has
    exactly one instant and later dates have later ones.
    """
    tz = ZoneInfo(zone)
    local = datetime.combine(day, at, tz)
    instant = local.astimezone(UTC)
    if instant.astimezone(tz).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    return _end_of_gap(local)


def closing(schedule: Schedule, slot: Slot) -> datetime:
    """The instant until which an answer to the slot's lesson is on time: the end of the next lesson date, so that a
    Friday's lesson can be answered on Monday."""
    following = next_slot(schedule, slot.local_date)
    last = following.local_date if following else slot.local_date + timedelta(days=1)
    return to_instant(last + timedelta(days=1), time(0), schedule.zone)


def to_weekdays(text: str) -> int:
    """ "mon-fri", "sun-thu" or "mon,wed,fri" (full names too) as a bit mask. Raises ValueError with a sentence for the
    writer."""
    mask = 0
    joined = re.sub(r"\s*(?:[-–—]|\bto\b)\s*", "-", text.strip(" ,").lower())
    for part in re.split(r"[,\s]+", joined):
        ends = [_weekday(name) for name in part.split("-")]
        if len(ends) > 2:
            raise ValueError(f'"{part[:20]}" is not a range of days: write it like mon-fri')
        for step in range((ends[-1] - ends[0]) % 7 + 1):
            mask |= 1 << (ends[0] + step) % 7
    return mask


def weekday_names(mask: int) -> str:
    """A bit mask as people read it: "Mon–Fri", "Mon, Wed, Fri"."""
    days = [day for day in range(7) if mask >> day & 1]
    names = [WEEKDAYS[day][:3].capitalize() for day in days]
    unbroken = len(days) > 2 and days[-1] - days[0] == len(days) - 1
    return f"{names[0]}–{names[-1]}" if unbroken else ", ".join(names)


def _occurs(day: date, zone: str) -> bool:
    """A zone that changes sides of the date line leaves a date out: Samoa had no 30 December 2011."""
    return to_instant(day, time(0), zone).astimezone(ZoneInfo(zone)).date() == day


def _weekday(name: str) -> int:
    for number, full in enumerate(WEEKDAYS):
        if len(name) > 2 and full.startswith(name):
            return number
    raise ValueError(f'"{name[:20]}" is not a day: write mon, tue, wed, thu, fri, sat or sun')


def _end_of_gap(local: datetime) -> datetime:
    """The wall time does not exist. fold=0 reads it with the offset before the change and so lands behind the gap,
    fold=1 with the offset after it and so in front; between the two lies the change, found by halving."""
    tz = local.tzinfo
    before = local.replace(fold=1).astimezone(UTC)
    after = local.replace(fold=0).astimezone(UTC)
    offset = before.astimezone(tz).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle <= before:
            break
        if middle.astimezone(tz).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after

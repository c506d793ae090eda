"""Dates as people write and read them."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.talk.asking import quoted
from bot.talk.cohort_commands import YEARS, Unclear

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_DAY_FIRST = re.compile(r"(?:[a-z]{3,9},?\s+)?(\d{1,2})(?:st|nd|rd|th)?\.?\s+([a-z]{3,9})\.?(?:,?\s+(\d{4}))?")
_MONTH_FIRST = re.compile(r"(?:[a-z]{3,9},?\s+)?([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(\d{4}))?")


def to_day(typed: str, today: date) -> date:
    """ "2026-03-03", "3 March", "March 3, 2027", "Tue 3 March"; without a year the next one from `today` on. Raises
    Unclear."""
    line = " ".join(typed[:60].lower().split())
    try:
        day = _iso(line) or _written(line, today)
    except ValueError:
        day = None
    if day is None or len(typed) > 60 or day.year not in YEARS:
        raise Unclear(f"“{quoted(typed, 20)}” is not a date: write it like `2027-03-03`, or `3 March`.")
    return day


def said(day: date, near: date) -> str:
    """ "Tue 3 March"; with its year where that is another than that of `near`."""
    year = f" {day.year}" if day.year != near.year else ""
    return f"{day:%a} {day.day} {MONTHS[day.month - 1].capitalize()}{year}"


def said_span(first: date, last: date, near: date) -> str:
    """ "Tue 3 March", "Tue 3 March to Fri 6 March"."""
    return said(first, near) if first == last else f"{said(first, near)} to {said(last, near)}"


def said_at(moment: datetime, zone: str, near: date) -> str:
    """ "Tue 3 March, 09:00", on the clocks of `zone`."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{said(local.date(), near)}, {local:%H:%M}"


def _iso(line: str) -> date | None:
    return date.fromisoformat(line) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", line, re.ASCII) else None


def _written(line: str, today: date) -> date | None:
    if match := re.fullmatch(_DAY_FIRST, line):
        day, month, year = match.groups()
    elif match := re.fullmatch(_MONTH_FIRST, line):
        month, day, year = match.groups()
    else:
        return None
    number = next((n for n, name in enumerate(MONTHS, 1) if name.startswith(month)), 0)
    if year is not None:
        return date(int(year), number, int(day))
    return next(each for each in _in_years(number, int(day), today) if each >= today)


def _in_years(month: int, day: int, today: date) -> list[date]:
    """That date in the years to come; 29 February is not in each of them. Raises ValueError when it is in none."""
    found = []
    for year in range(today.year, today.year + 9):
        try:
            found.append(date(year, month, day))
        except ValueError:
            continue
    if not found:
        raise ValueError("no such date")
    return found

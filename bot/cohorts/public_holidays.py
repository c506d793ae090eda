"""A country's public holidays among a cohort's days off, apart from its breaks.

They are rows like any other day off, so that whatever reads the calendar knows of one kind only. They reach from today
to a year after the last lesson, and every change of the calendar brings them up to date: a course that is moved later
than that in one step is brought up to date by the step itself, and no clock has to look after them. Holidays that are
over stay as they were, whatever country comes later.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cohorts.cohorts import local_date
from bot.store.tables import Cohort, DayOff

LONGEST = 10
"""Characters of a code, with its subdivision: the column's length."""

LANGUAGE = "en_US"
"""The bot speaks English; where the library has no English names, a country's own are taken."""


def countries() -> Mapping[str, tuple[str, ...]]:
    """Every country whose holidays are known ("CH") → its subdivisions ("ZH", …), those that a code has room for."""
    listed = _library().list_supported_countries(include_aliases=False)
    return {each: tuple(sub for sub in subs if len(f"{each}-{sub}") <= LONGEST) for each, subs in listed.items()}


def is_country(code: str) -> bool:
    """Whether holidays of this code are known: "CH", or "CH-ZH" for those of a subdivision."""
    country, _, subdivision = code.partition("-")
    known = countries()
    return country in known and (code == country or subdivision in known[country])


@lru_cache(maxsize=256)
def holidays_of(code: str, year: int) -> Mapping[date, str]:
    """A year's public holidays and their names. Raises ValueError for a code that is not known."""
    if not is_country(code):
        raise ValueError(f"{code} is no country whose holidays are known")
    country, _, subdivision = code.partition("-")
    return dict(_library().country_holidays(country, subdiv=subdivision or None, years=year, language=LANGUAGE))


def renew_holidays(session: Session, cohort: Cohort, end: date | None, now: datetime) -> None:
    """Bring the cohort's rows to its country, from today to the end of the year after `end` (None: after today)."""
    today = local_date(cohort, now)
    last_year = max(end or today, cohort.start_date, today).year + 1
    wanted = _between(cohort.country, today, last_year)
    rows = select(DayOff).where(DayOff.cohort_id == cohort.id, DayOff.kind == "holiday", DayOff.first_date >= today)
    for row in session.scalars(rows):
        name = wanted.pop(row.first_date, None)
        if name is None:
            session.delete(row)
        else:
            row.note = name
    session.add_all(
        DayOff(cohort_id=cohort.id, first_date=day, last_date=day, kind="holiday", note=name)
        for day, name in wanted.items()
    )
    session.flush()


def _between(code: str | None, first: date, last_year: int) -> dict[date, str]:
    if code is None:
        return {}
    years = (holidays_of(code, year) for year in range(first.year, last_year + 1))
    return {day: name for year in years for day, name in year.items() if day >= first}


def _library() -> Any:
    """Imported when first asked for: it takes more than a tenth of a second, and most cohorts have no country."""
    import holidays

    return holidays

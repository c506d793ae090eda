"""Countries by their names: whose public holidays are a cohort's days off."""

from collections.abc import Mapping
from functools import cache

from babel import Locale
from rapidfuzz import fuzz, process

from bot.cohorts.public_holidays import countries
from bot.talk.asking import quoted
from bot.talk.cohort_commands import Unclear

NOBODYS = ("none", "off", "no")


def to_country(typed: str) -> str | None:
    """ "CH", "ch-zh", "Switzerland" as a code; None for no country. Raises Unclear."""
    wanted = typed[:60].strip().casefold()
    if wanted in NOBODYS:
        return None
    for code in _codes():
        if wanted in (code.casefold(), country_name(code).casefold()):
            return code
    near = ", ".join(f"`{code}` ({country_name(code)})" for code in near_countries(typed, 3))
    raise Unclear(
        f"“{quoted(typed, 40)}” is no country whose holidays I know. Write its code, like `CH`, or `CH-ZH` for a part"
        f" of it. Did you mean {near}? `none` takes holidays away."
    )


def country_name(code: str) -> str:
    """ "CH-ZH" → "Switzerland, ZH"."""
    country, _, subdivision = code.partition("-")
    name = _names().get(country, country)
    return f"{name}, {subdivision}" if subdivision else name


def near_countries(typed: str, limit: int) -> tuple[str, ...]:
    """Codes that somebody who has typed this may be after: those that begin so, then whose name does, then names that
    are spelled alike. Countries come before their parts."""
    wanted = typed[:60].strip().casefold()
    whole = [code for code in _codes() if "-" not in code]
    begun = [code for code in whole if code.casefold() == wanted or country_name(code).casefold().startswith(wanted)]
    parts = [code for code in _codes() if "-" in code and wanted and code.casefold().startswith(wanted)]
    of_begun = [code for code in _codes() if "-" in code and len(begun) == 1 and code.startswith(f"{begun[0]}-")]
    names = [country_name(code).casefold() for code in whole]
    alike = [whole[number] for _, _, number in process.extract(wanted, names, scorer=fuzz.ratio, limit=limit)]
    return tuple(dict.fromkeys([*begun, *parts, *of_begun, *alike]))[:limit]


@cache
def _codes() -> tuple[str, ...]:
    """Every country, and after each its parts."""
    return tuple(
        code for country, parts in countries().items() for code in (country, *(f"{country}-{each}" for each in parts))
    )


@cache
def _names() -> Mapping[str, str]:
    return dict(Locale("en").territories)

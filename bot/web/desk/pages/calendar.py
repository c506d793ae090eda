"""The calendar: what is to come, what a change would do to it, and doing it.

A change is asked for by a form that only looks (GET): its page shows what would move. The button there does exactly
that, or says that something has changed since.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.cohorts.audit import Action, write_down
from bot.cohorts.calendar import WEEKDAYS, weekday_names
from bot.cohorts.changes import No
from bot.cohorts.feeds import close_feed, open_feed
from bot.cohorts.foreseeing import Foreseen, foresee
from bot.cohorts.planning import DayAfter
from bot.cohorts.replanning import Comparison, Stale, apply, preview
from bot.cohorts.zones import ZONES
from bot.talk.alerts import cure_of
from bot.talk.calendar_words import comparison_words, no_words
from bot.talk.countries import country_name
from bot.web.desk.changing import FIELDS, carried, to_change
from bot.web.desk.doors import Answer, Audience, Call, Door, Missing, Moved, Shown
from bot.web.desk.faults import Fault, Unreadable
from bot.web.desk.moments import Moments
from bot.web.desk.months import months, stuck

MOST_MOVES = 12
"""Lessons that a preview shows one by one; how many there are in all is said above them."""

OPENED = 2
"""Months that stand open."""

FEED = {
    "open": ("feed: opened", "The calendar has an address now: it stands below."),
    "new": ("feed: new address", "There is a new address. The old one is closed: whoever had it needs this one."),
    "close": ("feed: closed", "The calendar’s address is closed."),
}


def calendar(call: Call) -> Answer:
    return _page(call)


def look(call: Call) -> Answer:
    """What a change would do. Nothing is changed by it."""
    kind = call.query.get("change", "")
    if kind not in FIELDS:
        return Moved(_at(call))
    try:
        change = to_change(kind, call.query, _today(call))
    except Unreadable as wrong:
        return _page(call, Fault(kind, wrong.field, wrong.says), call.query)
    found = preview(call.session, _day_after(call), call.at, [change], call.now)
    if isinstance(found, No):
        return _page(call, _refused(call, kind, found), call.query)
    return _preview(call, kind, call.query, found)


def change(call: Call) -> Answer:
    """Do what was previewed. mark: the preview's own; without one, whatever comes out now."""
    kind = call.form.get("change", "")
    if kind not in FIELDS:
        return Missing()
    try:
        wanted = to_change(kind, call.form, _today(call))
    except Unreadable as wrong:
        return _page(call, Fault(kind, wrong.field, wrong.says), call.form, 400)
    expected = call.form.get("mark") or None
    done = apply(call.session, _day_after(call), call.at, [wanted], call.member, call.now, expected)
    if isinstance(done, No):
        return _page(call, _refused(call, kind, done), call.form, 409)
    if isinstance(done, Stale):
        return _preview(call, kind, call.form, done.comparison, stale=True)
    return Moved(_at(call), _done(done, Moments(call.at.zone, call.now)))


def change_address(call: Call) -> Answer:
    """Of the calendar feed: `do` is "open", "new" or "close"."""
    cohort, do = call.at, call.form.get("do", "")
    if do not in FEED:
        return Missing()
    if cohort.archived_at is not None:
        return Moved(_at(call), "This cohort is archived: it has no calendar address any more.")
    if (do == "open") is (cohort.calendar_key is not None):
        return Moved(f"{_at(call)}#address", "Nothing changed: it is so already.")
    if do == "close":
        close_feed(cohort)
    else:
        open_feed(cohort, renew=True)
    says, told = FEED[do]
    write_down(call.session, cohort, call.member, Action.SETTING, says, call.now)
    return Moved(f"{_at(call)}#address", told)


def _page(call: Call, fault: Fault | None = None, typed: Mapping[str, str] | None = None, status: int = 200) -> Shown:
    """The calendar with its forms. typed: what stands in the form that has the fault."""
    today, seen = _today(call), _seen(call)
    values = {
        "seen": seen,
        "months": months(call.at, seen, today) if seen else (),
        "opened": OPENED,
        "stuck": [(each, cure_of(each.reason or "")) for each in stuck(seen)] if seen else (),
        "titles": {day: each.title for day, each in call.course.lessons.items()},
        "fault": fault,
        "typed": typed or {},
        "address": _address(call),
        **_settings(call),
    }
    return Shown("calendar.html", values, status)


def _settings(call: Call) -> Mapping[str, Any]:
    """What the forms begin with."""
    cohort = call.at
    return {
        "writes": call.audience >= Audience.FACILITATOR and cohort.archived_at is None,
        "weekdays": tuple((name, bool(cohort.weekdays >> n & 1)) for n, name in enumerate(WEEKDAYS)),
        "weekday_names": weekday_names(cohort.weekdays),
        "country": country_name(cohort.country) if cohort.country else "",
        "zones": ZONES,
        "today": _today(call),
        "when": Moments(cohort.zone, call.now),
    }


def _preview(call: Call, kind: str, said: Mapping[str, str], comparison: Comparison, *, stale: bool = False) -> Shown:
    today, title = _today(call), call.course.lessons
    values = {
        "kind": kind,
        "carried": carried(kind, said),
        "comparison": comparison,
        "words": " ".join(comparison_words(comparison, today)),
        "moves": [(each, title[each.lesson].title if each.lesson in title else "") for each in comparison.moves],
        "most": MOST_MOVES,
        "timed": bool(comparison.retimed or comparison.put) or comparison.before.zone != comparison.after.zone,
        "stale": stale,
        "before": Moments(comparison.before.zone, call.now),
        "when": Moments(comparison.after.zone, call.now),
    }
    return Shown("calendar_change.html", values, 409 if stale else 200)


def _done(comparison: Comparison, when: Moments) -> str:
    """What has happened, once."""
    said = ["Done."]
    if comparison.put:
        said.append(f"Day {comparison.put[0].lesson} goes out within a minute.")
    moved = len(comparison.moved) + len(comparison.retimed)
    if moved:
        said.append(f"{moved} lesson{'s' * (moved != 1)} moved.")
    if comparison.after.state != comparison.before.state:
        said.append(f"The cohort is {comparison.after.state}.")
    if comparison.after.end and comparison.after.coming:
        said.append(f"The last lesson is on {when.on(comparison.after.end)}.")
    return " ".join(said)


def _refused(call: Call, kind: str, no: No) -> Fault:
    field = FIELDS[kind][0] if FIELDS[kind] else ""
    return Fault(kind, field, no_words(no, call.at, _today(call)))


def _address(call: Call) -> str | None:
    """Of the feed; for those who may close it."""
    key = call.at.calendar_key
    if key is None or not call.address or call.audience < Audience.FACILITATOR:
        return None
    return f"{call.address}/calendar/{key}.ics"


def _seen(call: Call) -> Foreseen | None:
    """None when the cohort's zone is gone from the zone database."""
    try:
        return foresee(call.session, _day_after(call), call.at, call.now)
    except LookupError:
        return None


def _today(call: Call) -> date:
    return Moments(call.at.zone, call.now).today


def _day_after(call: Call) -> DayAfter:
    return lambda _, day: call.course.day_after(day)


def _at(call: Call) -> str:
    return f"/c/{call.at.id}/calendar"


DOORS = (
    Door("GET", "/c/{cohort}/calendar", Audience.OBSERVER, calendar),
    Door("GET", "/c/{cohort}/calendar/change", Audience.FACILITATOR, look),
    Door("POST", "/c/{cohort}/calendar/change", Audience.FACILITATOR, change),
    Door("POST", "/c/{cohort}/calendar/address", Audience.FACILITATOR, change_address),
)

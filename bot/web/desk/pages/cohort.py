"""One cohort: who needs what, what comes next, and everybody's lessons at a glance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from bot.cohorts.brief import Brief, brief
from bot.cohorts.foreseeing import foresee
from bot.cohorts.nudges import nudged_lately
from bot.cohorts.progress import Progress, cohort_progress, released_lessons
from bot.curriculum.model import Course
from bot.talk.alerts import cure_of
from bot.talk.next_step import Step, next_step
from bot.web.desk.doors import Answer, Audience, Call, Door, Moved, Shown
from bot.web.desk.heat import LEGEND, ROWS, drawn, heat_map
from bot.web.desk.moments import Moments
from bot.web.desk.numbers import to_number

NAMED = 8
"""Of each kind in the brief; how many there are in all stands beside it."""

AHEAD = 5
"""Lessons to come that the strip shows."""

SOON = timedelta(days=21)
"""Days off that begin so soon stand beside it."""


@dataclass(frozen=True)
class View:
    """What of the map is looked at: everybody or those who need a word, from A or from Z, and the page (from 1)."""

    needs: bool = False
    backwards: bool = False
    page: int = 1

    def on(self, page: int) -> "View":
        return replace(self, page=page)

    @property
    def query(self) -> str:
        """As it stands in an address."""
        said = {"show": "word" if self.needs else "", "sort": "z" if self.backwards else "", "page": self.page}
        words = urlencode({name: value for name, value in said.items() if value and value != 1})
        return f"?{words}#map" if words else "#map"


def cohort(call: Call) -> Answer:
    if call.audience < Audience.OBSERVER:
        return Moved(f"/c/{call.at.id}/member/{call.member.id}")
    when = Moments(call.at.zone, call.now)
    everybody = cohort_progress(call.session, call.at, call.now)
    found = brief(call.session, call.course, call.at, everybody, call.now, NAMED)
    return Shown(
        "cohort.html",
        {
            "brief": found,
            "stuck": [(lesson, reason, cure_of(reason)) for lesson, reason in found.standing.stuck],
            "asks": asks_of(call.course),
            "step": _step(call, found),
            "titles": {day: each.title for day, each in call.course.lessons.items()},
            "when": when,
            **_coming(call, when),
            **_map(call, everybody, found),
        },
    )


def view_of(query: Mapping[str, str]) -> View:
    """From an address; what makes no sense is left out."""
    return View(query.get("show") == "word", query.get("sort") == "z", max(to_number(query.get("page")), 1))


def asks_of(course: Course) -> Mapping[tuple[int, str], int]:
    """(day, prompt) → which of the day's prompts it is, from 1: what people call it by."""
    return {
        (day, prompt.id): number
        for day, lesson in course.lessons.items()
        for number, prompt in enumerate(lesson.prompts, 1)
    }


def _step(call: Call, found: Brief) -> Step | None:
    """The one step that a facilitator is offered; what is stuck stands above it anyway."""
    if call.audience < Audience.FACILITATOR or found.standing.stuck:
        return None
    return next_step(call.course, call.at, found, nudged_lately(call.session, call.at, call.now))


def _coming(call: Call, when: Moments) -> Mapping[str, Any]:
    """The calendar strip: the next lessons, days off that begin soon, and the end."""
    try:
        foreseen = foresee(call.session, lambda _, day: call.course.day_after(day), call.at, call.now)
    except (LookupError, ValueError):  # its zone is gone from the zone database: nothing can be planned either
        return {"ahead": (), "off": (), "end": None}
    return {
        "ahead": foreseen.coming[:AHEAD] if call.at.state == "active" else (),
        "off": [each for each in foreseen.off_from(when.today) if each.first <= when.today + SOON],
        "end": foreseen.end,
    }


def _map(call: Call, everybody: Sequence[Progress], found: Brief) -> Mapping[str, Any]:
    """The map of those on the page, and the way through its pages."""
    view = view_of(call.query)
    people, number = _people(everybody, found, view)
    released = sorted(released_lessons(call.session, call.at), key=lambda each: each.local_date)
    return {
        "map": heat_map(call.course, [each.lesson for each in released if each.released_at is not None], people),
        "drawn": drawn,
        "legend": LEGEND,
        "view": view,
        "View": View,
        "number": number,
        "pages": max(-(-number // ROWS), 1),
    }


def _people(everybody: Sequence[Progress], found: Brief, view: View) -> tuple[Sequence[Progress], int]:
    """Those on the page, and how many there are on all."""
    if view.needs:
        needing = {each.member for each in found.silent}
        everybody = [each for each in everybody if each.member in needing]
    if view.backwards:
        everybody = everybody[::-1]
    first = (view.page - 1) * ROWS
    return everybody[first : first + ROWS], len(everybody)


DOORS = (Door("GET", "/c/{cohort}", Audience.MEMBER, cohort),)

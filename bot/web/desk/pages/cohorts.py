"""The first page: every cohort that somebody may open, and in a line what it needs."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.cohorts.brief import Brief, brief
from bot.cohorts.progress import cohort_progress
from bot.store.tables import Cohort
from bot.web.desk.doors import Answer, Audience, Call, Door, Moved, Shown
from bot.web.desk.moments import Moments

LOOKED_INTO = 12
"""Running cohorts of which a line says what they need; whoever has more opens them."""


@dataclass(frozen=True)
class Line:
    """A cohort as it is listed. brief: None for who only learns there, and where nothing runs any more."""

    cohort: Cohort
    audience: Audience
    brief: Brief | None
    title: str
    when: Moments


def cohorts(call: Call) -> Answer:
    """Who has a single one is led into it."""
    if len(call.rights) == 1:
        return Moved(f"/c/{call.rights[0].cohort.id}")
    lines = tuple(_lines(call))
    return Shown(
        "cohorts.html",
        {
            "running": [each for each in lines if each.cohort.archived_at is None],
            "archived": [each for each in lines if each.cohort.archived_at is not None],
            "Audience": Audience,
        },
    )


def _lines(call: Call) -> Iterator[Line]:
    looked_into = 0
    for right in call.rights:
        cohort, reads = right.cohort, right.audience >= Audience.OBSERVER
        wanted = reads and cohort.state != "finished" and looked_into < LOOKED_INTO
        looked_into += wanted
        found = _brief(call, cohort) if wanted else None
        lesson = call.course.lessons.get(cohort.next_lesson or 0)
        yield Line(cohort, right.audience, found, lesson.title if lesson else "", Moments(cohort.zone, call.now))


def _brief(call: Call, cohort: Cohort) -> Brief:
    everybody = cohort_progress(call.session, cohort, call.now)
    return brief(call.session, call.course, cohort, everybody, call.now)


DOORS = (Door("GET", "/", Audience.MEMBER, cohorts),)

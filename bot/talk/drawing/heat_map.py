"""A cohort's heat map as a picture: members by name, lesson days in order, one square for each lesson that concerns a
member. What it shows is told in words as well, for whoever cannot see it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.chat.markdown import shown
from bot.chat.post import Picture
from bot.cohorts.progress import Progress
from bot.cohorts.states import LessonState, State
from bot.curriculum.model import Course
from bot.talk.drawing.letters import BOX, spelled, without_emoji
from bot.talk.drawing.squares import Mark, to_svg
from bot.talk.drawing.typesetting import lacking, typeset

ROWS = 50
"""Members on one picture."""

DAYS = 60
"""Lesson days on one picture, the newest: more would be too small to see where a chat shows it."""

ALT_LIMIT = 1_000
NAME_LIMIT = 60

_MARKS = {
    State.DONE: Mark.DONE,
    State.LATE: Mark.LATE,
    State.OPEN: Mark.OPEN,
    State.EXCUSED: Mark.EXCUSED,
    State.NOT_YET: Mark.NOT_YET,
    State.MISSED: Mark.MISSED,
}
_IN_PART = {State.OPEN: Mark.OPEN_PART, State.MISSED: Mark.MISSED_PART}
_LEGEND = {
    Mark.DONE: "answered",
    Mark.LATE: "answered late",
    Mark.OPEN: "still open",
    Mark.OPEN_PART: "open, some of it answered",
    Mark.MISSED: "missed",
    Mark.MISSED_PART: "missed, some of it answered",
    Mark.EXCUSED: "excused",
    Mark.NOT_YET: "not out yet",
}


@dataclass(frozen=True)
class Page:
    """What one picture shows. people: its members, by name, at most ROWS. lessons: every lesson day of the cohort, in
    order. number: of `pages`, from 1. first: the place of its first member among all, from 1; members: how many there
    are in all. silent_after: missed lessons in a row after which a facilitator hears of somebody."""

    cohort: str
    people: Sequence[Progress]
    lessons: Sequence[int]
    number: int
    pages: int
    first: int
    members: int
    silent_after: int


def page_of(cohort: str, everybody: Sequence[Progress], number: int, silent_after: int) -> Page | None:
    """Page `number` of a cohort's members, from 1; None where there is none. Nobody at all is one empty page."""
    pages = max(-(-len(everybody) // ROWS), 1)
    if not 1 <= number <= pages:
        return None
    lessons = [each.lesson for each in everybody[0].ledger.lessons] if everybody else []
    first = (number - 1) * ROWS
    people = everybody[first : first + ROWS]
    return Page(cohort, people, lessons, number, pages, first + 1, len(everybody), silent_after)


def heat_map(course: Course, page: Page) -> Picture:
    """The picture and its words; to be called in a thread. Raises CannotSet."""
    names = [_name(each) for each in page.people]
    missing = lacking([page.cohort, *names])
    return Picture(typeset("heat_map.typ", _values(course, page, names, missing), "png"), heat_map_alt(page, missing))


def heat_map_alt(page: Page, missing: frozenset[str] = frozenset()) -> str:
    """The picture in words, at most ALT_LIMIT characters: what it shows, the lessons by state, who needs a word, and
    the names that could not be written into it."""
    if not page.people:
        return f"Heat map of {_short(page.cohort)}: nobody has joined yet."
    days = page.lessons[-DAYS:]
    span = f"lesson days {days[0]} to {days[-1]}" if days else "before the first lesson"
    counts = [(state, sum(each.count(state) for each in page.people)) for state in State]
    told = ", ".join(f"{number} {_LEGEND[_MARKS[state]]}" for state, number in counts if number)
    alt = f"Heat map of {_short(page.cohort)}, {_which(page)}, {span}. {told.capitalize() or 'Nothing is asked yet'}."
    silent = [_name(each) for each in page.people if each.missed_in_a_row >= page.silent_after]
    alt = _with_names(alt, f"Missed the last {_lessons(page.silent_after)} or more", silent)
    numbered = enumerate((_name(each) for each in page.people), page.first)
    unwritten = [f"{n} {name}" for n, name in numbered if _written(name, n, missing) == _number(n)]
    return _with_names(alt, "In the picture by number", unwritten)


def _values(course: Course, page: Page, names: Sequence[str], missing: frozenset[str]) -> dict[str, Any]:
    days = page.lessons[-DAYS:]
    pitch = 13 if len(days) > 40 else 16 if len(days) > 20 else 20
    lefts, weeks = _across(course, days, pitch)
    width = (lefts[-1] if lefts else 0) + pitch
    used = {_mark(state) for each in page.people for state in each.lessons if state.lesson in days}
    square = pitch - 2
    return {
        "cohort": spelled(_short(page.cohort), missing),
        "which": _which(page),
        "names": [_written(name, page.first + row, missing) for row, name in enumerate(names)],
        "answered": [_answered(each) for each in page.people],
        "days": [{"day": day, "x": x} for day, x in zip(days, lefts, strict=True)],
        "weeks": weeks,
        "pitch": pitch,
        "square": square,
        "width": width,
        "squares": to_svg(_squares(page, days, lefts, pitch), width, max(len(names), 1) * pitch, square),
        "legend": [_legend(mark, says) for mark, says in _LEGEND.items() if mark in used],
    }


def _legend(mark: Mark, says: str) -> dict[str, str]:
    return {"says": says, "square": to_svg([(0, 0, mark)], 11, 11, 11)}


def _squares(
    page: Page, days: Sequence[int], lefts: Sequence[float], pitch: int
) -> Iterator[tuple[float, float, Mark]]:
    at = dict(zip(days, lefts, strict=True))
    for row, each in enumerate(page.people):
        for state in each.lessons:
            if state.lesson in at:
                yield at[state.lesson], row * pitch + 1, _mark(state)


def _across(course: Course, days: Sequence[int], pitch: int) -> tuple[list[float], list[dict[str, float]]]:
    """Where each day stands, with a gap between two weeks; and where each week's heading does."""
    lefts: list[float] = []
    weeks: list[dict[str, float]] = []
    x, last = 0.0, None
    for day in days:
        week = course.lessons[day].week if day in course.lessons else 0
        if week != last:
            x += pitch / 3 if lefts else 0
            weeks.append({"week": week, "x": x, "days": 0})
        weeks[-1]["days"] += 1
        lefts.append(x)
        x, last = x + pitch, week
    return lefts, weeks


def _mark(state: LessonState) -> Mark:
    in_part = 0 < state.answered < state.asked
    return _IN_PART.get(state.state, _MARKS[state.state]) if in_part else _MARKS[state.state]


def _answered(progress: Progress) -> str:
    """Of the lessons that were asked of them."""
    answered = progress.count(State.DONE) + progress.count(State.LATE)
    asked = answered + progress.count(State.OPEN) + progress.count(State.MISSED)
    return f"{answered} of {asked}" if asked else "–"


def _which(page: Page) -> str:
    if page.members == 1:
        return "1 member"
    if page.pages == 1:
        return f"{page.members} members, by name"
    last = page.first + len(page.people) - 1
    return f"members {page.first} to {last} of {page.members}, by name (page {page.number} of {page.pages})"


def _lessons(number: int) -> str:
    return "lesson" if number == 1 else f"{number} lessons"


def _name(progress: Progress) -> str:
    """In one line, short enough to be measured quickly; what does not fit is cut where it is drawn."""
    return " ".join(shown(progress.name).split())[:NAME_LIMIT] or "(no name)"


def _short(name: str) -> str:
    return " ".join(shown(name).split())[:NAME_LIMIT]


def _written(name: str, number: int, missing: frozenset[str]) -> str:
    """A name that cannot be written is its row's number, which the words explain."""
    written = spelled(without_emoji(name, missing), missing)
    return written if written and BOX not in written else _number(number)


def _number(row: int) -> str:
    return f"No. {row}"


def _with_names(alt: str, title: str, names: Sequence[str]) -> str:
    """As many of the names as fit; how many more there are."""
    for most in range(len(names), 0, -1):
        more = f" and {len(names) - most} more" if most < len(names) else ""
        longer = f"{alt} {title}: {', '.join(names[:most])}{more}."
        if len(longer) <= ALT_LIMIT:
            return longer
    return alt

"""(course, reached day, name) → page. Pure, and the only place that decides what somebody may read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.curriculum.building import building, claim_of
from bot.curriculum.model import Course
from bot.curriculum.page_names import PageName, to_page_name
from bot.curriculum.reached import course_up_to
from bot.web.reader import addresses
from bot.web.reader.around import neighbourhood
from bot.web.reader.influence import influence_map
from bot.web.reader.rendering import ICON, STYLE_SHEET, influence_style, parts_style, rendered
from bot.web.reader.sheets import media_type
from bot.web.reader.views import (
    Neighbours,
    concept_neighbours,
    day_neighbours,
    lesson_contents,
    paper_neighbours,
    part_neighbours,
    week_neighbours,
)

HTML, CSS, SVG = "text/html", "text/css", "image/svg+xml"


@dataclass(frozen=True)
class Page:
    """What is sent. `download` is the file's name where a browser shall keep it rather than show it."""

    text: str
    media_type: str = HTML
    download: str | None = None


def reader_page(course: Course, up_to_day: int | None, name: str) -> Page | None:
    """The page called `name` (see `addresses`), or None: there is none, or the reader has not come so far.

    up_to_day: the last lesson day that may be read; None for authors, who see everything and what is still to be
    verified.
    """
    return page_of(cut(course, up_to_day), name, authors=up_to_day is None)


def cut(course: Course, up_to_day: int | None) -> Course:
    """What there is to read up to a day. It costs a few milliseconds, so who serves pages keeps it."""
    return course if up_to_day is None else course_up_to(course, up_to_day)


def page_of(course: Course, name: str, authors: bool = False) -> Page | None:
    """A page of a course that is already cut: everything in it may be shown."""
    if name == addresses.ICON:
        return Page(ICON, SVG)
    if name == addresses.STYLE:
        return Page(STYLE_SHEET, CSS)
    if name == addresses.PARTS_STYLE:
        return Page(parts_style(course) + influence_style(course), CSS)
    if name.startswith(addresses.FILES):
        return _file(course, name.removeprefix(addresses.FILES))
    values = _values(course, name)
    if values is None:
        return None
    template, more = values
    return Page(rendered(template, course=course, authors=authors, here=name, **more))


def missing_page(course: Course) -> Page:
    """What stands where nothing does: it does not say whether there will be something."""
    return Page(rendered("missing.html", course=course, authors=False, here=""))


def page_names(course: Course) -> Iterator[str]:
    """Every page of a course, in reading order."""
    about = course.about
    yield from (addresses.STYLE, addresses.PARTS_STYLE, addresses.ICON)
    yield from (addresses.INDEX, addresses.PAPERS, addresses.INFLUENCE, addresses.CONCEPTS)
    for part in about.parts:
        yield addresses.part_page(part.id)
        yield from (addresses.week_page(week.number) for week in part.weeks)
    yield from map(addresses.day_page, course.lessons)
    yield from map(addresses.paper_page, course.papers)
    yield from map(addresses.concept_page, course.concepts)
    files = {material.file for lesson in course.lessons.values() for material in lesson.materials}
    yield from (addresses.file_page(file) for file in sorted(files) if file in course.materials)


Values = tuple[str, Mapping[str, Any]]
"""A template's name, and what it needs."""


def _values(course: Course, name: str) -> Values | None:
    if name == addresses.INDEX:
        return "index.html", {}
    if name == addresses.PAPERS:
        return "papers.html", {}
    if name == addresses.CONCEPTS:
        return "concepts.html", {}
    if name == addresses.INFLUENCE:
        return "influence.html", {"map": influence_map(course)}
    asked = to_page_name(name)
    return None if asked is None else _asked_values(course, asked)


def _asked_values(course: Course, asked: PageName) -> Values | None:
    neighbours: Neighbours
    match asked.kind:
        case "day" if lesson := course.lessons.get(int(asked.id)):
            neighbours, contents = day_neighbours(course, lesson.day), lesson_contents(lesson)
            return "lesson.html", {"lesson": lesson, "contents": contents, "neighbours": neighbours}
        case "paper" if paper := course.papers.get(int(asked.id)):
            neighbours, around = paper_neighbours(course, paper.number), neighbourhood(course, paper)
            claimed = claim_of(course, paper)
            return "paper.html", {"paper": paper, "claimed": claimed, "around": around, "neighbours": neighbours}
        case "concept" if concept := course.concepts.get(asked.id):
            neighbours, built = concept_neighbours(course, concept.id), building(course, concept)
            return "concept.html", {"concept": concept, "built": built, "neighbours": neighbours}
        case "week" if week := _weeks(course).get(int(asked.id)):
            return "week.html", {"week": week, "neighbours": week_neighbours(course, week.number)}
        case "part" if part := _parts(course).get(asked.id):
            return "part.html", {"part": part, "neighbours": part_neighbours(course, part.id)}
    return None


def _weeks(course: Course) -> Mapping[int, Any]:
    return {week.number: week for part in _parts(course).values() for week in part.weeks}


def _parts(course: Course) -> Mapping[str, Any]:
    return {part.id: part for part in course.about.parts}


def _file(course: Course, name: str) -> Page | None:
    """A file that a lesson brings; what merely lies in the folder belongs to nobody."""
    brought = any(material.file == name for lesson in course.lessons.values() for material in lesson.materials)
    if not brought or name not in course.materials:
        return None
    return Page(course.materials[name], media_type(name), download=name)

"""The course as far as a cohort has come. What lies ahead is not hidden in it: it is not there."""

from collections.abc import Container, Iterator
from copy import copy
from typing import TypeVar

from bot.curriculum.model import Concept, Course, CourseFile, Influence, Lesson, Paper, Part

T = TypeVar("T", CourseFile, Part, Lesson, Paper, Concept)


def course_up_to(course: Course, day: int) -> Course:
    """The lessons up to and including `day`, and of everything else what they have opened: the papers that they read,
    the concepts that they introduce, the files that they bring, the parts and weeks that have begun.

    A lesson keeps its own words about days ahead. No reference leads to what is left out. On day 0 nothing has begun.
    """
    lessons = {number: lesson for number, lesson in course.lessons.items() if number <= day}
    papers = {number: paper for number, paper in course.papers.items() if min(paper.days, default=day) <= day}
    concepts = {id: concept for id, concept in course.concepts.items() if concept.day <= day}
    files = {material.file for lesson in lessons.values() for material in lesson.materials}
    return Course(
        about=_about(course.about, day),
        lessons={number: _lesson(lesson, concepts) for number, lesson in lessons.items()},
        papers={number: _paper(paper, day, papers, concepts) for number, paper in papers.items()},
        concepts={id: _concept(concept, papers, concepts) for id, concept in concepts.items()},
        materials={file: text for file, text in course.materials.items() if file in files},
    )


def _about(about: CourseFile, day: int) -> CourseFile:
    last = -(-day // about.days_per_week)
    return _with(about, parts=tuple(_parts(about, last)))


def _parts(about: CourseFile, last_week: int) -> Iterator[Part]:
    for part in about.parts:
        weeks = tuple(week for week in part.weeks if week.number <= last_week)
        if weeks:
            yield _with(part, weeks=weeks)


def _lesson(lesson: Lesson, concepts: Container[str]) -> Lesson:
    return _with(lesson, introduces=_among(lesson.introduces, concepts), uses=_among(lesson.uses, concepts))


def _paper(paper: Paper, day: int, papers: Container[int], concepts: Container[str]) -> Paper:
    """A key concept that is still to be introduced goes with its text, even where it is the only one."""
    return _with(
        paper,
        key_concepts=tuple(key for key in paper.key_concepts if key.concept in concepts),
        influenced_by=_edges(paper.influenced_by, papers),
        influences=_edges(paper.influences, papers),
        days=tuple(each for each in paper.days if each <= day),
    )


def _concept(concept: Concept, papers: Container[int], concepts: Container[str]) -> Concept:
    return _with(
        concept,
        papers=tuple(number for number in concept.papers if number in papers),
        related=_among(concept.related, concepts),
    )


def _with(value: T, **changes: object) -> T:
    """A copy with changes that the model is not asked about: it would want one part, one key concept at least."""
    cut = copy(value)
    vars(cut).update(changes)
    return cut


def _edges(edges: tuple[Influence, ...], papers: Container[int]) -> tuple[Influence, ...]:
    return tuple(edge for edge in edges if edge.paper in papers)


def _among(ids: tuple[str, ...], concepts: Container[str]) -> tuple[str, ...]:
    return tuple(id for id in ids if id in concepts)

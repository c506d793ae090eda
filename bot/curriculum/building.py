"""What a concept builds on and what builds on it, and which days a paper belongs to, as far as the course's own files
say so.

Two things in them have a direction. Of two concepts that are close to each other the later one builds on the earlier.
And a lesson *uses* the concepts that its text leans on: that ties days, and not every concept of the one to every
concept of the other.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.curriculum.model import Concept, Course, Kind, Lesson, Paper


@dataclass(frozen=True)
class Tie:
    """A concept that another builds or leans on, or that builds on it. why: the later one's lesson on the earlier one's
    day, in its author's words; "" where it does not link there."""

    concept: Concept
    why: str


@dataclass(frozen=True)
class Use:
    """A later lesson that leans on a concept. why: its words on the day that introduced it, or ""."""

    lesson: Lesson
    why: str


@dataclass(frozen=True)
class Treatment:
    """A paper in which a concept is found. text: the concept in the light of the paper; "" where nothing says so."""

    paper: int
    text: str


@dataclass(frozen=True)
class Building:
    """Where a concept stands in the course, everything in the order of days.

    builds_on, beside, built_on_by: close concepts of earlier days, of its own and of later ones. leans_on: the others
    that its own lesson leans on. lesson: its own, where that is written. uses: the later lessons that lean on it.
    """

    lesson: Lesson | None
    builds_on: tuple[Tie, ...]
    leans_on: tuple[Tie, ...]
    beside: tuple[Concept, ...]
    built_on_by: tuple[Tie, ...]
    uses: tuple[Use, ...]
    papers: tuple[Treatment, ...]


def building(course: Course, concept: Concept, up_to_day: int | None = None) -> Building:
    """up_to_day: what belongs to later days is left out; None for all. The concept itself is one that may be seen."""
    lesson = course.lessons.get(concept.day)
    close = _open(course, concept.related, up_to_day)
    leant = _open(course, lesson.uses if lesson else (), up_to_day)
    users = (each for each in course.lessons.values() if concept.id in each.uses and each.day > concept.day)
    return Building(
        lesson=lesson,
        builds_on=tuple(_tie(lesson, each, each) for each in close if each.day < concept.day),
        leans_on=tuple(_tie(lesson, each, each) for each in leant if each not in close and each.day < concept.day),
        beside=tuple(each for each in close if each.day == concept.day),
        built_on_by=tuple(
            _tie(course.lessons.get(each.day), concept, each) for each in close if each.day > concept.day
        ),
        uses=tuple(Use(each, _why(each, concept.day)) for each in users if _reached(each.day, up_to_day)),
        papers=tuple(_treatments(course, concept, up_to_day)),
    )


def read_on(course: Course, paper: Paper, up_to_day: int | None = None) -> tuple[int, ...]:
    """The days that read a paper, as far as they have a lesson and have been reached."""
    return tuple(day for day in paper.days if day in course.lessons and _reached(day, up_to_day))


def claim_of(course: Course, paper: Paper, up_to_day: int | None = None) -> Lesson | None:
    """The lesson whose claim is this paper's: the first that reads it and no other paper, and neither counts nor
    rehearses something of its own."""
    shared = {day for other in course.papers.values() if other is not paper for day in other.days}
    alone = (course.lessons[day] for day in read_on(course, paper, up_to_day) if day not in shared)
    return next((each for each in alone if each.kind in (Kind.PAPER, Kind.CONCEPT)), None)


def _open(course: Course, ids: Iterable[str], up_to_day: int | None) -> list[Concept]:
    """As far as they are in the course and have been reached."""
    found = (course.concepts[id] for id in ids if id in course.concepts)
    return sorted((each for each in found if _reached(each.day, up_to_day)), key=lambda each: (each.day, each.id))


def _tie(later: Lesson | None, earlier: Concept, other: Concept) -> Tie:
    return Tie(other, _why(later, earlier.day) if later is not None else "")


def _why(lesson: Lesson, day: int) -> str:
    """A lesson's words for its link to an earlier day."""
    return next((link.why for link in lesson.links if link.day == day), "")


def _treatments(course: Course, concept: Concept, up_to_day: int | None) -> Iterator[Treatment]:
    for paper in (course.papers[number] for number in concept.papers if number in course.papers):
        if _reached(min(paper.days, default=0), up_to_day):
            yield Treatment(paper.number, next((k.text for k in paper.key_concepts if k.concept == concept.id), ""))


def _reached(day: int, up_to_day: int | None) -> bool:
    return up_to_day is None or day <= up_to_day

"""What is taught. The YAML files, the JSON Schemas for editors and the program share these frozen values.

Every `Markdown` is the author's CommonMark; every `Line` is plain text on one line.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, HttpUrl, StringConstraints, TypeAdapter, model_validator
from pydantic.dataclasses import dataclass

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=r"^[^\n]*$")]
Markdown = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Day = Annotated[int, Field(ge=1, le=366)]
PaperNumber = Annotated[int, Field(ge=1, le=999)]

value = dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid", strict=False))


class Kind(StrEnum):
    """What a lesson asks for; course.yaml says what each means."""

    CONCEPT = "concept"
    PAPER = "paper"
    LAB = "lab"
    SYNTHESIS = "synthesis"
    REVIEW = "review"
    CAPSTONE = "capstone"


# A lesson


@value
class Length:
    """The asked length of an answer. `text` is what members read, the rest is what a machine counts."""

    text: Line
    unit: Literal["sentences", "words", "bullets", "rows"]
    max: Annotated[int, Field(ge=1, le=2_000)]
    min: Annotated[int, Field(ge=1, le=2_000)] | None = None


@value
class Prompt:
    """What a lesson asks to be written. `id` stays for ever: answers are kept under it."""

    id: Slug
    ask: Markdown
    length: Length


@value
class Reading:
    """Something to read: a paper of the course, or another source by `title` and `url`."""

    text: Markdown
    paper: PaperNumber | None = None
    sections: Line | None = None
    title: Line | None = None
    url: HttpUrl | None = None


@value
class Step:
    """One step of today's work: exactly one of a reading, a lab step or a writing prompt."""

    reading: Reading | None = None
    lab: Markdown | None = None
    prompt: Prompt | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Step":
        if sum(part is not None for part in (self.reading, self.lab, self.prompt)) != 1:
            raise ValueError("a step is exactly one of reading, lab or prompt")
        return self


@value
class Work:
    title: Line
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]


@value
class Point:
    """A titled passage: a numbered point of core theory, or a section of its own."""

    title: Line
    text: Markdown


@value
class Claim:
    shown: Markdown
    not_shown: Markdown


@value
class Link:
    """To an earlier day or week (in `links`) or a later one (in `ahead`): exactly one of the two."""

    why: Markdown
    day: Day | None = None
    week: Annotated[int, Field(ge=1, le=60)] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Link":
        if (self.day is None) == (self.week is None):
            raise ValueError("a link names exactly one of day or week")
        return self


@value
class ExpertMove:
    novice: Markdown
    expert: Markdown


@value
class Source:
    """Where the lesson's facts come from: a paper of the course, or another source by title and url."""

    paper: PaperNumber | None = None
    sections: Line | None = None
    title: Line | None = None
    url: HttpUrl | None = None


@value
class Material:
    """A data file that the lesson brings, in `curriculum/materials/`: a CSV table with a header row, or a text.

    closed: it holds answers, so where that can be done it is shown only to who opens it.
    """

    file: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\.(csv|txt|md)$", max_length=80)]
    title: Line
    note: Markdown | None = None
    closed: bool = False


@value
class Question:
    """A closed-notes question with an answer to check against, and the earlier day that it asks about."""

    ask: Markdown
    answer: Markdown
    day: Day


@value
class Criterion:
    """One line of a rubric: what is judged, and what a good piece of work shows."""

    name: Line
    looks_for: Markdown


@value
class Lesson:
    """One lesson, `curriculum/lessons/day-NN.yaml`.

    question: the question that the day before forces. study: what the study did (None where no study carries the
    day). meaning: what it means in practice. materials: what a lab brings. questions: a review's bank. rubric, partner:
    how a capstone is judged, and its step with a partner. introduces: concepts that are new today. uses: other concepts
    and papers that the text leans on. verify: what has not been checked against a source yet.
    """

    day: Day
    week: Annotated[int, Field(ge=1, le=60)]
    kind: Kind
    minutes: Annotated[int, Field(ge=5, le=240)]
    title: Line
    subtitle: Line
    question: Markdown
    thesis: Markdown
    framing: Markdown | None = None
    study: Markdown | None = None
    theory: Annotated[tuple[Point, ...], Field(min_length=1)]
    claim: Claim
    links: tuple[Link, ...] = ()
    ahead: tuple[Link, ...] = ()
    meaning: Point
    work: Work
    materials: tuple[Material, ...] = ()
    questions: tuple[Question, ...] = ()
    rubric: tuple[Criterion, ...] = ()
    partner: Markdown | None = None
    expert: ExpertMove
    interview: Markdown
    takeaways: tuple[Markdown, ...] = ()
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    introduces: tuple[Slug, ...] = ()
    uses: tuple[Slug, ...] = ()
    verify: tuple[Line, ...] = ()

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """The writing prompts in the order of the day's work."""
        return tuple(step.prompt for step in self.work.steps if step.prompt is not None)


# A paper briefing


@value
class KeyConcept:
    """A concept in the light of this paper."""

    concept: Slug
    text: Markdown


@value
class Influence:
    paper: PaperNumber
    why: Markdown


@value
class Paper:
    """A paper briefing, `curriculum/papers/NN-slug.yaml`. The date is the first public version's."""

    number: PaperNumber
    star: bool = False
    title: Line
    aliases: tuple[Line, ...] = ()
    asked_as: tuple[Line, ...] = ()
    authors: Line
    organisations: Annotated[tuple[Line, ...], Field(min_length=1)]
    date: date
    date_precision: Literal["day", "month"] = "month"
    category: Line
    type: Line
    venue: Line | None = None
    arxiv: Annotated[str, StringConstraints(pattern=r"^\d{4}\.\d{4,5}$")] | None = None
    url: HttpUrl
    headline: Markdown
    summary: Markdown
    key_concepts: Annotated[tuple[KeyConcept, ...], Field(min_length=1)]
    not_shown: Markdown
    influenced_by: tuple[Influence, ...] = ()
    influences: tuple[Influence, ...] = ()
    days: tuple[Day, ...] = ()
    note: Markdown | None = None
    verify: tuple[Line, ...] = ()


# A concept


@value
class Concept:
    """A concept, `curriculum/concepts/ID.yaml`."""

    id: Slug
    name: Line
    aliases: tuple[Line, ...] = ()
    asked_as: tuple[Line, ...] = ()
    definition: Markdown
    example: Markdown | None = None
    confusion: Markdown | None = None
    papers: tuple[PaperNumber, ...] = ()
    day: Day
    related: tuple[Slug, ...] = ()
    verify: tuple[Line, ...] = ()


# The course


@value
class Week:
    number: Annotated[int, Field(ge=1, le=60)]
    title: Line


@value
class Part:
    id: Annotated[str, StringConstraints(pattern=r"^[A-Z]$")]
    title: Line
    goal: Markdown
    colour: Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
    weeks: Annotated[tuple[Week, ...], Field(min_length=1)]


@value
class CourseFile:
    """`curriculum/course.yaml`. `kinds` says what each kind of lesson asks for."""

    id: Slug
    title: Line
    days: Day
    days_per_week: Annotated[int, Field(ge=1, le=7)] = 5
    safety_rule: Markdown
    kinds: Mapping[Kind, Markdown]
    parts: Annotated[tuple[Part, ...], Field(min_length=1)]


@dataclass(frozen=True, kw_only=True)
class Course:
    """Everything that is taught. Lessons by day, papers by number, concepts by id, each in order; materials: file
    name → its text.

    A course may hold fewer lessons than `about.days`: what is not written yet is not there.
    """

    about: CourseFile
    lessons: Mapping[int, Lesson]
    papers: Mapping[int, Paper]
    concepts: Mapping[str, Concept]
    materials: Mapping[str, str] = Field(default_factory=dict)

    def part_of(self, week: int) -> Part:
        """The part that a week belongs to. Raises KeyError when no part has it."""
        for part in self.about.parts:
            if any(each.number == week for each in part.weeks):
                return part
        raise KeyError(week)

    def week(self, number: int) -> Week:
        """Raises KeyError when the course has no such week."""
        for part in self.about.parts:
            for week in part.weeks:
                if week.number == number:
                    return week
        raise KeyError(number)

    def day_after(self, day: int) -> int | None:
        """The next day that has a lesson, or None after the last."""
        return next((each for each in self.lessons if each > day), None)


FILES: Mapping[str, TypeAdapter[Lesson] | TypeAdapter[Paper] | TypeAdapter[Concept] | TypeAdapter[CourseFile]] = {
    "lesson": TypeAdapter(Lesson),
    "paper": TypeAdapter(Paper),
    "concept": TypeAdapter(Concept),
    "course": TypeAdapter(CourseFile),
}
"""What each kind of file holds: one adapter validates it and generates its JSON Schema."""

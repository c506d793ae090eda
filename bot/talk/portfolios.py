"""A member's portfolio: all that they have written in a cohort, lesson by lesson, beside what was asked, with what was
said about it. Here as Markdown; `drawing.portfolio` sets it as a paper."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.chat.markdown import shown
from bot.cohorts.paths import Path, Stage, Step
from bot.cohorts.writing import Said, Written
from bot.curriculum.model import Course
from bot.store.tables import Cohort


@dataclass(frozen=True)
class Portfolio:
    """A member's path, whose it is and where. zone: of the dates in it."""

    course: Course
    cohort: str
    zone: str
    path: Path
    now: datetime

    @property
    def name(self) -> str:
        return in_one_line(self.path.name) or "A member"

    def on(self, moment: datetime) -> str:
        """ "8 September 2026", on the cohort's own calendar."""
        return day_words(moment.astimezone(ZoneInfo(self.zone)).date())


@dataclass(frozen=True)
class Chapter:
    """Neighbouring lessons of one week. number: None where the course does not know the lessons any more."""

    number: int | None
    title: str
    stages: tuple[Stage, ...]


def portfolio_of(course: Course, cohort: Cohort, path: Path, now: datetime) -> Portfolio:
    return Portfolio(course, in_one_line(cohort.name), cohort.zone, path, now)


def chapters(portfolio: Portfolio) -> Iterator[Chapter]:
    """Week by week, only lessons of which something is answered."""
    course = portfolio.course

    def week_of(stage: Stage) -> int | None:
        lesson = course.lessons.get(stage.lesson)
        return lesson.week if lesson else None

    answered = [each for each in portfolio.path.stages if any(step.answer for step in each.steps)]
    for number, stages in groupby(answered, key=week_of):
        yield Chapter(number, course.week(number).title if number else "", tuple(stages))


def answered_steps(stage: Stage) -> Iterator[tuple[Step, Written]]:
    return ((step, step.answer) for step in stage.steps if step.answer is not None)


def counted_words(portfolio: Portfolio) -> str:
    """ "42 answers to 21 lessons"."""
    lessons = sum(any(step.answer for step in stage.steps) for stage in portfolio.path.stages)
    answers = len(portfolio.path.answers)
    return f"{_number(answers, 'answer')} to {_number(lessons, 'lesson')}"


def written_words(portfolio: Portfolio, answer: Written) -> str:
    """When an answer was written, and whether it was worked on."""
    first, last = portfolio.on(answer.at), portfolio.on(answer.last_at)
    when = f"Written on {first}" if first == last else f"Written from {first} to {last}"
    if not answer.revisions or answer.revised_at is None:
        return when
    times = {1: "once", 2: "twice"}.get(answer.revisions, f"{answer.revisions} times")
    return f"{when}, revised {times}, last on {portfolio.on(answer.revised_at)}"


def said_words(portfolio: Portfolio, said: Said) -> str:
    """Who said something about an answer, and when."""
    return f"{in_one_line(said.name) or 'A facilitator'}, {portfolio.on(said.at)}"


def praise_words(answer: Written) -> str:
    """ "Praised by Hana and Ivo"; "" by nobody."""
    names = list(dict.fromkeys(in_one_line(each.name) or "a facilitator" for each in answer.praised_by))
    return f"Praised by {' and '.join(filter(None, (', '.join(names[:-1]), names[-1])))}" if names else ""


def stage_title(stage: Stage) -> str:
    return f"Day {stage.lesson}: {stage.title}" if stage.title else f"Day {stage.lesson}"


def chapter_title(chapter: Chapter) -> str:
    return f"Week {chapter.number}: {chapter.title}" if chapter.number else "Lessons that the course has no more"


def day_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def in_one_line(text: str) -> str:
    return " ".join(shown(text).split())[:200]


def portfolio_markdown(portfolio: Portfolio) -> Iterator[str]:
    """Line by line, without line ends. A member's words stand as they were typed, each line of them quoted, so that
    nothing in them becomes a part of the paper around it."""
    yield f"# {_inert(portfolio.name)}: portfolio"
    yield ""
    yield f"{_inert(portfolio.course.about.title)} · {_inert(portfolio.cohort)}"
    yield ""
    yield f"{counted_words(portfolio)}. Made on {portfolio.on(portfolio.now)}."
    for chapter in chapters(portfolio):
        yield from ("", f"## {chapter_title(chapter)}")
        for stage in chapter.stages:
            yield from _stage_lines(portfolio, stage)


def _stage_lines(portfolio: Portfolio, stage: Stage) -> Iterator[str]:
    yield from ("", f"### {stage_title(stage)}", "", day_words(stage.local_date))
    lesson = portfolio.course.lessons.get(stage.lesson)
    if lesson:
        yield from ("", *lesson.question.strip().splitlines())
    for number, (step, answer) in enumerate(answered_steps(stage), 1):
        yield from ("", f"#### Answer {number}", "", *(step.ask.strip() or "(no longer asked)").splitlines())
        yield from ("", f"*{written_words(portfolio, answer)}*")
        for text in answer.texts:
            yield from ("", *_quoted(text))
        praise = praise_words(answer)
        if praise:
            yield from ("", f"*{_inert(praise)}.*")
        for note in answer.notes:
            yield from ("", f"**Feedback from {_inert(said_words(portfolio, note))}**", "", *_quoted(note.text))


def _quoted(text: str) -> Iterator[str]:
    """Markdown of theirs stays, HTML does not: what opens the file should fetch nothing from elsewhere."""
    lines = re.sub(r"<(?=[A-Za-z/!?])", r"\\<", shown(text).strip()).split("\n")
    return (f"> {line}".rstrip() for line in lines)


def _inert(text: str) -> str:
    """A name in our own line, without any power there."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&])", r"\\\1", text)


def _number(number: int, noun: str) -> str:
    return f"{number} {noun if number == 1 else noun + 's'}"

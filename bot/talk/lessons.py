"""A lesson as posts: short in the channel, a post for each writing prompt, and whole on request."""

import re
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.chat.markdown import Paragraph, to_pieces
from bot.chat.port import Topic
from bot.chat.post import (
    Block,
    Button,
    Buttons,
    Callout,
    Divider,
    Heading,
    Post,
    Small,
    Table,
    Text,
    Words,
)
from bot.curriculum.materials import to_table
from bot.curriculum.model import Course, Lesson, Link, Reading, Source, Step
from bot.talk.prompts import accent, prompt_label


def lesson_post(course: Course, lesson: Lesson, late: str | None = None) -> Post:
    """What the channel gets: where we are, the question, the thesis, the core theory, the claim and the day's work.
    late: `late_words`, for a lesson that comes long after its time."""
    return Post(
        title=f"Day {lesson.day}: {lesson.title}",
        blocks=(
            *((Small(late),) if late else ()),
            *_head(course, lesson),
            *_opening(lesson),
            *_theory(lesson),
            *_work(course, lesson, asks=False),
            *_materials(course, lesson, closed=False),
            *_questions(lesson),
            *_rubric(lesson),
            Small(_invitation(lesson)),
            Buttons(_ways(lesson)),
        ),
        accent=accent(course, lesson),
    )


def late_words(due_at: datetime, zone: str) -> str:
    """The one line with which a lesson that comes late begins: when it was due, as the cohort's clocks show it."""
    local = due_at.astimezone(ZoneInfo(zone))
    return f"Due {local:%A} {local.day} {local:%B, %H:%M}; posted late."


def lesson_topic(course: Course, day: int) -> Topic:
    """What a lesson is called where it is a post of its own, and what it can be found by there: its part and its kind.
    A course that does not hold it any more keeps nobody from it."""
    lesson = course.lessons.get(day)
    if lesson is None:
        return Topic(f"Day {day}")
    part = course.part_of(lesson.week)
    return Topic(f"Day {day}: {lesson.title}", (f"Part {part.id}", lesson.kind.capitalize()))


def course_labels(course: Course) -> tuple[str, ...]:
    """Every label that a lesson of the course can be found by, in the course's order."""
    return tuple(dict.fromkeys(label for day in course.lessons for label in lesson_topic(course, day).labels))


def whole_lesson_post(course: Course, lesson: Lesson) -> Post:
    """The lesson from the first word to the last, for one reader."""
    return Post(
        title=f"Day {lesson.day}: {lesson.title}",
        blocks=(
            *_head(course, lesson),
            *_opening(lesson),
            *((Heading("What the study did"), Text(lesson.study)) if lesson.study else ()),
            *_theory(lesson),
            Heading("How far the claim goes"),
            Callout("Shown", lesson.claim.shown),
            Callout("Not shown", lesson.claim.not_shown),
            *_links("How it hangs together", lesson.links),
            Heading(lesson.meaning.title),
            Text(lesson.meaning.text),
            *_links("Ahead", lesson.ahead),
            Divider(),
            *_work(course, lesson, asks=True),
            *_materials(course, lesson, closed=True),
            *_questions(lesson),
            *_rubric(lesson),
            *_model_answers(lesson),
            Divider(),
            Heading("The expert move"),
            Callout("A novice", lesson.expert.novice),
            Callout("An expert", lesson.expert.expert),
            Heading("In an interview"),
            Text(lesson.interview),
            *_takeaways(lesson),
            Heading("Sources"),
            Text("\n".join(f"- {_source(course, source)}" for source in lesson.sources)),
        ),
        accent=accent(course, lesson),
    )


def _head(course: Course, lesson: Lesson) -> Iterator[Block]:
    part = course.part_of(lesson.week)
    weeks = sum(len(each.weeks) for each in course.about.parts)
    yield Small(
        f"Week {lesson.week} of {weeks} · Part {part.id} — {part.title} · Day {lesson.day} of {course.about.days}"
        f" · ~{lesson.minutes} minutes · {lesson.kind.capitalize()}"
    )
    yield Heading(lesson.title, 1)
    yield Small(lesson.subtitle)


def _opening(lesson: Lesson) -> Iterator[Block]:
    yield Heading("Where we start" if lesson.day == 1 else f"The question that Day {lesson.day - 1} leaves")
    yield Text(lesson.question)
    yield Callout("Thesis", lesson.thesis)
    if lesson.framing:
        yield Callout("How to read this", lesson.framing)


def _theory(lesson: Lesson) -> Iterator[Block]:
    yield Heading("Core theory")
    for number, point in enumerate(lesson.theory, 1):
        yield Heading(f"{number} · {point.title}", 3)
        yield Text(point.text)


def _work(course: Course, lesson: Lesson, *, asks: bool) -> Iterator[Block]:
    """`asks`: with the prompts' full text; in the channel each prompt is a post of its own."""
    yield Heading(f"Today's work: {lesson.work.title}")
    prompts = 0
    for number, step in enumerate(lesson.work.steps, 1):
        prompts += step.prompt is not None
        yield Text(_behind(f"**{number}.**", _step(course, lesson, step, prompts, asks=asks)))


def _step(course: Course, lesson: Lesson, step: Step, prompt_number: int, *, asks: bool) -> str:
    if step.reading is not None:
        return _reading(course, step.reading)
    if step.lab is not None:
        return step.lab
    assert step.prompt is not None, "the model holds a step to exactly one of three"
    if asks:
        return _before(step.prompt.ask, f"*({_escaped(step.prompt.length.text)})*")
    return f"Write: {prompt_label(lesson, prompt_number).lower()} below ({_escaped(step.prompt.length.text)})."


def _reading(course: Course, reading: Reading) -> str:
    paper = course.papers.get(reading.paper) if reading.paper is not None else None
    title = reading.title or (paper.title if paper else "")
    url = reading.url or (paper.url if paper else None)
    name = f"[{_escaped(title)}]({url})" if title and url else _escaped(title)
    where = f"{name}, {_sections(reading.sections)}" if name and reading.sections else name
    return _behind(f"Read {where}.", reading.text) if where else reading.text


def _behind(lead: str, markdown: str) -> str:
    """The author's text behind words of ours: on the same line, unless it begins with a list, a table or the like."""
    return (
        f"{lead} {markdown}"
        if isinstance(next(iter(to_pieces(markdown)), None), Paragraph)
        else f"{lead}\n\n{markdown}"
    )


def _before(markdown: str, tail: str) -> str:
    """The author's text before words of ours, which must not become part of its last table, list or code."""
    return (
        f"{markdown} {tail}"
        if isinstance(next(reversed(to_pieces(markdown)), None), Paragraph)
        else f"{markdown}\n\n{tail}"
    )


def _source(course: Course, source: Source) -> str:
    paper = course.papers.get(source.paper) if source.paper is not None else None
    title = source.title or (paper.title if paper else f"Paper {source.paper}")
    url = source.url or (paper.url if paper else None)
    name = f"[{_escaped(title)}]({url})" if url else _escaped(title)
    by = f"{_escaped(paper.authors)}, {paper.date.year}: " if paper else ""
    return f"{by}{name}{f', {_sections(source.sections)}' if source.sections else ''}"


def _sections(sections: str) -> str:
    """ "1–2 (setup)" as a reader says it; sections that are named and not numbered stand as they are."""
    several = re.match(r"\d[\d.]*\s*(?:\([^)]*\))?\s*[-–,;]", sections) is not None
    return f"section{'s' if several else ''} {_escaped(sections)}" if sections[0].isdigit() else _escaped(sections)


def _links(title: str, links: tuple[Link, ...]) -> Iterator[Block]:
    if links:
        yield Heading(title)
        yield Text(
            "\n".join(f"- **{f'Day {link.day}' if link.day else f'Week {link.week}'}:** {link.why}" for link in links)
        )


def _materials(course: Course, lesson: Lesson, *, closed: bool) -> Iterator[Block]:
    """`closed`: with the sheets that hold answers; in the channel they are named and not shown."""
    for material in lesson.materials:
        text = course.materials.get(material.file, "")
        yield Heading(material.title, 3)
        if material.note:
            yield Text(material.note)
        if material.closed and not closed:
            yield Small("It holds answers, so it waits in the whole lesson.")
        elif material.file.endswith(".csv"):
            header, rows = to_table(text)
            yield Table(material.title, header, rows)
        elif material.file.endswith(".md"):
            yield Text(text)
        else:
            yield Words(text)


def _questions(lesson: Lesson) -> Iterator[Block]:
    if lesson.questions:
        yield Heading("Closed notes")
        yield Text("\n".join(f"{number}. {each.ask}" for number, each in enumerate(lesson.questions, 1)))


def _model_answers(lesson: Lesson) -> Iterator[Block]:
    """Only in the whole lesson: the channel asks first."""
    if lesson.questions:
        yield Heading("To check your answers against")
        yield Text(
            "\n".join(f"{number}. {each.answer} *(Day {each.day})*" for number, each in enumerate(lesson.questions, 1))
        )


def _rubric(lesson: Lesson) -> Iterator[Block]:
    if lesson.rubric:
        yield Heading("What a good piece of work shows")
        yield Text("\n".join(f"- **{_escaped(each.name)}:** {each.looks_for}" for each in lesson.rubric))
    if lesson.partner:
        yield Heading("With a partner")
        yield Text(lesson.partner)


def _takeaways(lesson: Lesson) -> Iterator[Block]:
    if lesson.takeaways:
        yield Heading("Takeaways")
        yield Text("\n".join(f"- {each}" for each in lesson.takeaways))


def _ways(lesson: Lesson) -> tuple[Button, ...]:
    whole = Button("Read the whole lesson", f"lesson:{lesson.day}")
    if not lesson.introduces and not lesson.uses:
        return (whole,)
    return whole, Button("Concepts of the day", f"concepts:{lesson.day}")


def _invitation(lesson: Lesson) -> str:
    number = len(lesson.prompts)
    if number == 0:
        return "Nothing to hand in today."
    if number == 1:
        return "One writing prompt follows, with its thread."
    return f"{number} writing prompts follow, each with its thread."


def _escaped(text: str | None) -> str:
    """A plain line inside markdown: nothing in it is markup."""
    return "".join(f"\\{mark}" if mark in "\\`*_[]<>|~#&" else mark for mark in text or "")

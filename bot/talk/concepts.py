"""`/concepts`: what a lesson introduces and uses, each in a line, with the way to the whole of it."""

from collections.abc import Sequence

from bot.chat.post import Block, Button, Buttons, Heading, Post, Small, Text
from bot.curriculum.model import Concept, Course, Lesson
from bot.talk.asking import Asking, lesson_now, quoted, sentence
from bot.talk.gists import gist

IN_A_ROW, MOST_BUTTONS = 5, 25
"""Of buttons; who wants more of them has `/concept`."""


def concepts(asking: Asking) -> Post:
    """`/concepts [DAY]`; without a day the one that the cohort is on."""
    typed, limit = asking.command.options.get("day", ""), asking.up_to_day()
    if typed and not (typed.isascii() and typed.isdecimal() and len(typed) <= 4):
        return sentence("Which day? Write its number: `/concepts 32`, or nothing for the lesson your cohort is on.")
    day = int(typed) if typed else _today(asking, limit)
    if limit is not None and day > limit:
        return sentence(f"Day {day} is not open yet: your cohort is on day {limit}." if limit else NOTHING_OPEN)
    lesson = asking.course.lessons.get(day)
    if lesson is None:
        return sentence(f"The course has no lesson of day {day}." if typed else NOTHING_OPEN)
    return concepts_post(asking.course, lesson, limit)


NOTHING_OPEN = "No lesson of yours is open yet; its concepts come with it."


def concepts_post(course: Course, lesson: Lesson, up_to_day: int | None) -> Post:
    """up_to_day: the last day that the reader may see; None for all."""
    introduced, used = (_open(course, ids, up_to_day) for ids in (lesson.introduces, lesson.uses))
    blocks: list[Block] = [Heading(f"Concepts of day {lesson.day}", 1), Small(lesson.title)]
    blocks += [Heading("New today"), Text(_lines(introduced))] if introduced else []
    blocks += [Heading("From earlier days"), Text(_lines(used))] if used else []
    if not introduced and not used:
        blocks.append(Text("This lesson works with no concept of its own."))
    return Post(title=f"Concepts of day {lesson.day}", blocks=(*blocks, *rows(_buttons([*introduced, *used]))))


def rows(buttons: Sequence[Button]) -> tuple[Buttons, ...]:
    """Any number of buttons, in rows that every platform shows."""
    return tuple(Buttons(tuple(buttons[at : at + IN_A_ROW])) for at in range(0, len(buttons), IN_A_ROW))


def _today(asking: Asking, limit: int | None) -> int:
    cohort = asking.find_cohort()
    if cohort is not None:
        return lesson_now(asking.session, cohort)
    return limit or 0


def _open(course: Course, ids: Sequence[str], up_to_day: int | None) -> list[Concept]:
    found = [course.concepts[each] for each in ids if each in course.concepts]
    return [each for each in found if up_to_day is None or each.day <= up_to_day]


def _lines(found: Sequence[Concept]) -> str:
    return "\n".join(f"- **{quoted(each.name)}:** {quoted(gist(each.definition), 300)}" for each in found)


def _buttons(found: Sequence[Concept]) -> list[Button]:
    return [Button(each.name[:75], f"concept:{each.id}") for each in found[:MOST_BUTTONS]]

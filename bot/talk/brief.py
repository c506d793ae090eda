"""What a facilitator reads in their ten minutes: what asks for something, what is worth a look, where the cohort is,
one step to begin with, and then everybody by name. Nobody is ranked: lists are by name or by date."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from bot.chat.post import Block, Button, Buttons, Heading, Post, Small, Table, Text
from bot.cohorts.brief import Answer, Brief, Thin
from bot.cohorts.progress import Progress, State
from bot.curriculum.model import Course
from bot.store.tables import Cohort
from bot.talk.brief_words import asked_words, day_words, look_words, need_words, standing_words
from bot.talk.everybody import map_button
from bot.talk.next_step import next_step

MOST_ROWS = 20
"""Of the table of everybody, which on a telephone is eight lines a member; the picture and the page have them all."""

MOST_BUTTONS = 5
"""In a row (Discord's limit)."""


def report_post(
    course: Course,
    cohort: Cohort,
    everybody: Sequence[Progress],
    brief: Brief,
    now: datetime,
    nudged: Mapping[int, datetime],
    latest: Sequence[Block] = (),
) -> Post:
    """`/report`. everybody: those who learn, by name; nudged: member → when somebody last wrote to them; latest: what
    is told of the lesson that the cohort is on."""
    title = f"Report: {cohort.name}"
    blocks: list[Block] = [Heading(title, 1), *brief_blocks(course, cohort, brief, now, nudged, latest)]
    if everybody:
        blocks += [Heading("Everybody"), Buttons((map_button(cohort),)), *_table(everybody, cohort)]
    return Post(title=title, blocks=tuple(blocks))


def digest_post(course: Course, cohort: Cohort, brief: Brief, now: datetime, nudged: Mapping[int, datetime]) -> Post:
    """The weekly digest: the brief, and the way to everybody."""
    title = f"This week: {cohort.name}"
    return Post(
        title=title,
        blocks=(
            Heading(title, 1),
            *brief_blocks(course, cohort, brief, now, nudged),
            Buttons((Button("Whole report", f"report:{cohort.id}"),)),
            Small("It comes when something asks for you. /cohort digest in the cohort's channel moves it or ends it."),
        ),
    )


def brief_blocks(
    course: Course,
    cohort: Cohort,
    brief: Brief,
    now: datetime,
    nudged: Mapping[int, datetime],
    latest: Sequence[Block] = (),
) -> Iterator[Block]:
    """The brief, without a heading of its own."""
    yield Text(standing_words(cohort, brief.standing))
    yield Heading("What asks for you")
    yield Text(need_words(course, cohort, brief, now, nudged))
    yield from _rows(_feedback_buttons(course, brief.waiting))
    if brief.returned or brief.aloud:
        yield Heading("Worth a look")
        yield Text(look_words(course, cohort, brief))
    yield from _rows(_answers_buttons(course, brief, latest))
    yield from latest
    step = next_step(course, cohort, brief, nudged)
    if step is not None:
        yield Heading("One step now")
        yield Text(step.says)
        yield Buttons((step.button,))


def _feedback_buttons(course: Course, waiting: Sequence[Answer]) -> list[Button]:
    return [
        Button(f"Feedback: {_short(each.name)} · {asked_words(course, each)}", f"feedback:{each.submission}")
        for each in waiting
    ]


def _answers_buttons(course: Course, brief: Brief, latest: Sequence[Block]) -> list[Button]:
    """A prompt's answers once, however often it is spoken of; not what the latest lesson has buttons for already, nor
    what nobody has answered."""
    there = {button.action for block in latest if isinstance(block, Buttons) for button in block.buttons}
    answered = [each for each in brief.thin if each.answered]
    spoken_of: list[Answer | Thin] = [*brief.waiting, *answered, *brief.aloud]
    prompts = {f"answers:{each.key}": asked_words(course, each) for each in spoken_of}
    return [Button(f"Read answers: {title}", action) for action, title in prompts.items() if action not in there]


def _rows(buttons: Sequence[Button]) -> Iterator[Block]:
    if buttons:
        yield Buttons(tuple(buttons[:MOST_BUTTONS]))


def _table(everybody: Sequence[Progress], cohort: Cohort) -> Iterator[Block]:
    counted = (State.DONE, State.LATE, State.OPEN, State.MISSED, State.EXCUSED)
    header = ("Member", "Done", "Late", "Open", "Missed", "Excused", "Streak", "Last answer")
    rows = tuple(
        (
            each.name,
            *(str(each.count(state)) for state in counted),
            str(each.streak),
            day_words(each.last_answer, cohort) if each.last_answer else "—",
        )
        for each in everybody[:MOST_ROWS]
    )
    yield Table("Lessons by state for each member, by name", header, rows, sortable=True)
    if len(everybody) > MOST_ROWS:
        yield Small(f"The first {MOST_ROWS} of {len(everybody)} by name. /dashboard opens the page with everybody.")


def _short(name: str) -> str:
    """For a button, where nothing is markup."""
    line = " ".join(name.split())
    return line if len(line) <= 30 else f"{line[:29]}…"

"""The page of a member's own: what today asks, how they stand, what can still be caught up with, and the ways to
everything else. It also stands where there is no channel, so each of its buttons says what it is about.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from bot.chat.post import Block, Button, Buttons, Divider, Finder, Heading, Moment, Post, Small, Text, Words
from bot.cohorts.cohorts import FACILITATOR, find_member
from bot.cohorts.loose import Loose, loose_of
from bot.cohorts.progress import LessonState, Progress, State, member_progress
from bot.cohorts.standing import Standing, standing_prompts
from bot.cohorts.writers import Writer
from bot.curriculum.model import Course, Lesson
from bot.store.tables import Cohort, Enrollment
from bot.talk.asking import Asking, lesson_now, quoted, sentence
from bot.talk.concepts import rows
from bot.talk.facilitating import facilitator_post
from bot.talk.gists import gist
from bot.talk.moments import next_moment
from bot.talk.prompts import prompt_label
from bot.talk.reports import PUT, progress_words

MOST_COHORTS = 3
"""Cohorts with a section of their own: a page takes 100 blocks (Slack's limit), of which one has 25 at most."""

CATCH_UP = {1: 6, 2: 4, 3: 3}
"""Lessons to catch up with that a section shows, by the number of sections."""

MOST_LOOSE = 3
MOST_PROMPTS = 4
"""Of a lesson, with a button each: five stand in a row, and one of them is to read it."""


def home(asking: Asking) -> Post:
    """`home`, or `home:facilitator`."""
    enrolled = list(_enrolled(asking))
    looked_after = [cohort for cohort, enrollment in enrolled if enrollment.role == FACILITATOR]
    if asking.command.options.get("tab") == "facilitator":
        return facilitator_post(asking, looked_after)
    if not enrolled:
        return _stranger_post()
    taken = [cohort for cohort, enrollment in enrolled if enrollment.role != FACILITATOR]
    blocks: list[Block] = [Heading("Your page", 1)]
    if not taken:
        blocks.append(Text("You learn in no cohort here. What you facilitate stands on a page of its own."))
    for cohort in taken[:MOST_COHORTS]:
        blocks += _section(asking, cohort, CATCH_UP[min(len(taken), MOST_COHORTS)])
    if len(taken) > MOST_COHORTS:
        names = ", ".join(quoted(each.name) for each in taken[MOST_COHORTS : MOST_COHORTS + 10])
        blocks.append(Text(f"You are in {len(taken) - MOST_COHORTS} more: {names}. Ask in their channels."))
    blocks += [*_loose_blocks(asking), Divider(), *_ways(asking, facilitates=bool(looked_after))]
    return Post(title="Your page", blocks=tuple(blocks))


def _enrolled(asking: Asking) -> Iterator[tuple[Cohort, Enrollment]]:
    for cohort in asking.own_cohorts():
        enrollment = asking.find_enrollment(cohort) if asking.is_here(cohort) else None
        if enrollment is not None and enrollment.left_on is None:
            yield cohort, enrollment


def _section(asking: Asking, cohort: Cohort, most: int) -> list[Block]:
    member = find_member(asking.session, cohort.platform, cohort.workspace, asking.command.person.ref)
    progress = member_progress(asking.session, cohort, member, asking.now) if member is not None else None
    if member is None or progress is None:
        return []
    day = lesson_now(asking.session, cohort)
    behind = [each for each in reversed(progress.lessons) if each.lesson != day and each.state in _TO_CATCH_UP]
    shown = behind[:most]
    prompts = standing_prompts(asking.session, cohort, member, {day, *(each.lesson for each in shown)})
    blocks: list[Block] = [Heading(cohort.name, 2)]
    blocks += _today(asking, cohort, progress, day, prompts.get(day, ()))
    blocks.append(Text(progress_words(progress)))
    if shown:
        blocks.append(Heading("To catch up with", 3))
    for each in shown:
        blocks += _lesson_behind(asking.course, each, prompts.get(each.lesson, ()))
    blocks += _rest(cohort, len(behind) - len(shown))
    return blocks


_TO_CATCH_UP = (State.OPEN, State.MISSED)


def _today(
    asking: Asking, cohort: Cohort, progress: Progress, day: int, prompts: Sequence[Standing]
) -> Iterator[Block]:
    lesson = asking.course.lessons.get(day)
    if lesson is None:
        yield Text("The first lesson is not out yet." if not day else f"You are on day {day}.")
        yield from next_moment(cohort)
        return
    yield Text(f"**Day {day}: {quoted(lesson.title, 120)}**\n\n{lesson.thesis}")
    if prompts:
        yield Text("\n".join(_prompt_line(lesson, each) for each in prompts))
    standing = next((each for each in progress.lessons if each.lesson == day), None)
    if standing is not None and standing.state is State.OPEN:
        yield Moment("On time until", standing.closes_at, cohort.zone)
    read = [Button("Read the whole lesson", f"lesson:{day}"), Button("Concepts of the day", f"concepts:{day}")]
    yield from rows([*_write_buttons(prompts), *read])
    yield from next_moment(cohort)


def _prompt_line(lesson: Lesson, standing: Standing) -> str:
    number, ask = _found(lesson, standing)
    state = "answered" if standing.answered else "open"
    return f"- {prompt_label(lesson, number)} ({state}): {quoted(gist(ask, 160), 200)}"


def _write_buttons(prompts: Sequence[Standing]) -> list[Button]:
    """The action says which prompt it is; where there are several, so does the label."""
    several = len(prompts) > 1
    return [
        Button(f"Write my answer to prompt {place}" if several else "Write my answer", f"write:{key}", "primary")
        for place, key in _unanswered(prompts)
    ]


def _unanswered(prompts: Sequence[Standing]) -> list[tuple[int, str]]:
    """(place, key)"""
    return [(place, each.key) for place, each in enumerate(prompts, 1) if not each.answered][:MOST_PROMPTS]


def _found(lesson: Lesson, standing: Standing) -> tuple[int, str]:
    """A prompt's number and what it asks; one that the course does not hold any more asks nothing."""
    found = ((number, each.ask) for number, each in enumerate(lesson.prompts, 1) if each.id == standing.prompt)
    return next(found, (1, "this prompt is no longer part of the lesson"))


def _lesson_behind(course: Course, state: LessonState, prompts: Sequence[Standing]) -> list[Block]:
    """Each label says its day: a page has many such buttons, and some hear them without what stands above."""
    day, lesson = state.lesson, course.lessons.get(state.lesson)
    title = f": {quoted(lesson.title, 120)}" if lesson is not None else ""
    words = f"**Day {day}{title}** · {PUT[state.state]} · {state.answered} of {state.asked} answered"
    write = [
        Button(f"Day {day}: answer prompt {place}" if len(prompts) > 1 else f"Day {day}: answer", f"write:{key}")
        for place, key in _unanswered(prompts)
    ]
    return [Text(words), Buttons((*write, Button(f"Read day {day}", f"lesson:{day}")))]


def _rest(cohort: Cohort, more: int) -> Iterator[Block]:
    all_of_mine = Button("All my lessons", f"progress:{cohort.id}")
    if more:
        number = "One more lesson waits" if more == 1 else f"{more} more lessons wait"
        yield Small(f"{number}, older than these. A late answer is an answer.")
    yield Buttons((all_of_mine,))


def _loose_blocks(asking: Asking) -> Iterator[Block]:
    """What they wrote without saying what it answers."""
    command = asking.command
    loose = loose_of(asking.session, Writer(command.platform, command.workspace, command.person))
    if not loose:
        return
    yield Heading("Kept, but not yet an answer")
    for each in islice(loose, MOST_LOOSE):
        yield from _loose(each)
    if len(loose) > MOST_LOOSE:
        yield Small(f"And {len(loose) - MOST_LOOSE} more, older than these.")


def _loose(loose: Loose) -> list[Block]:
    line = " ".join(loose.text[:2_000].split())
    words = Words(line if len(line) <= 200 else f"{line[:199]}…")
    ways = (Button("Choose its prompt", f"file:{loose.slip}"), Button("It is no answer", f"forget:{loose.slip}"))
    return [words, Buttons(ways)]


def _ways(asking: Asking, *, facilitates: bool) -> Iterator[Block]:
    yield Finder("Find a concept", "concept")
    yield Finder("Find a paper", "paper")
    buttons = [Button("Settings", "settings"), Button("What I can do", "help")]
    if facilitates:
        buttons.insert(0, Button("For facilitators", "home:facilitator"))
    yield Buttons(tuple(buttons))


def _stranger_post() -> Post:
    says = sentence(
        "You are in no cohort yet. `/join` in a cohort's channel takes you in; from then on this page shows what today"
        " asks, how you stand, and what you can catch up with. Whoever manages a channel opens a cohort there with"
        " `/cohort create NAME`.",
        "Your page",
    )
    return Post(says.title, (Heading("Your page", 1), *says.blocks, Buttons((Button("What I can do", "help"),))))

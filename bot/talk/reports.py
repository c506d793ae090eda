"""How far things are: a member's own progress, and everybody's counts for a program."""

from collections.abc import Sequence
from datetime import datetime

from bot.chat.post import Block, Button, Buttons, Heading, Moment, Post, Small, Table, Text
from bot.cohorts.brief import Answer, Brief
from bot.cohorts.progress import Progress, State
from bot.curriculum.model import Course
from bot.store.tables import Cohort

PUT = {
    State.DONE: "done",
    State.LATE: "done, late",
    State.OPEN: "open",
    State.EXCUSED: "excused",
    State.NOT_YET: "not out yet",
    State.MISSED: "missed",
}


def progress_post(course: Course, cohort: Cohort, progress: Progress, now: datetime) -> Post:
    """A member's own lessons, what each state means, and what is open."""
    rows = tuple(
        (f"Day {each.lesson}", _title(course, each.lesson), PUT[each.state], f"{each.answered} of {each.asked}")
        for each in progress.lessons
    )
    blocks: list[Block] = [Heading("Your progress", 1), Small(cohort.name), Text(progress_words(progress))]
    if rows:
        blocks.append(Table("Your lessons, oldest first", ("Day", "Lesson", "State", "Prompts"), rows))
    for each in progress.lessons:
        if each.state is State.OPEN:
            blocks.append(Moment(f"Day {each.lesson} is on time until", each.closes_at, cohort.zone))
    blocks.append(
        Small("Only lessons since you joined count, and none you were excused from. A late answer is an answer.")
    )
    blocks.append(Buttons((Button("My page", "home"),)))
    return Post(title="Your progress", blocks=tuple(blocks))


def report_rows(everybody: Sequence[Progress]) -> list[dict[str, object]]:
    """The same numbers for a program: one object a member, by name."""
    return [
        {
            "name": each.name,
            "ref": each.ref,
            **{state.value.replace(" ", "_"): each.count(state) for state in State},
            "streak": each.streak,
            "last_answer": each.last_answer.isoformat() if each.last_answer else None,
        }
        for each in everybody
    ]


def brief_row(brief: Brief) -> dict[str, object]:
    """What a facilitator is told, for a program."""
    standing = brief.standing
    return {
        "asks_for_something": brief.asks_for_something,
        "learners": standing.learners,
        "lesson": standing.lesson,
        "local_date": standing.local_date.isoformat() if standing.local_date else None,
        "lessons_left": standing.left,
        "stuck": [{"lesson": lesson, "reason": reason} for lesson, reason in standing.stuck],
        "silent": [{"name": each.name, "missed": each.missed, "last_answer": _iso(each.last)} for each in brief.silent],
        "returned": [{"name": each.name, "missed": each.missed, "at": _iso(each.at)} for each in brief.returned],
        "waiting_in_all": brief.waiting_in_all,
        "waiting": [_answer_row(each) for each in brief.waiting],
        "few_answered": [
            {"lesson": each.lesson, "prompt": each.prompt, "answered": each.answered, "asked": each.asked}
            for each in brief.thin
        ],
        "worth_reading_aloud": [_answer_row(each) for each in brief.aloud],
    }


def _answer_row(answer: Answer) -> dict[str, object]:
    return {
        "name": answer.name,
        "lesson": answer.lesson,
        "prompt": answer.prompt,
        "at": _iso(answer.at),
        "words": answer.words,
        "words_asked": answer.asked,
        "reactions": answer.reactions,
    }


def progress_words(progress: Progress) -> str:
    """How many of the lessons that were asked of a member they have answered."""
    done, late = progress.count(State.DONE), progress.count(State.LATE)
    expected = sum(progress.count(s) for s in (State.DONE, State.LATE, State.OPEN, State.MISSED))
    if not expected:
        return "No lesson has been asked of you yet."
    late_words = f", {late} of them late" if late else ""
    row = f" **{progress.streak} in a row.**" if progress.streak > 1 else ""
    return f"**{done + late} of {expected}** {'lesson' if expected == 1 else 'lessons'} answered{late_words}.{row}"


def _title(course: Course, day: int) -> str:
    lesson = course.lessons.get(day)
    return lesson.title if lesson else ""


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None

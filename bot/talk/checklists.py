"""What a facilitator does with a cohort that has just been opened, and the test post that only they see."""

from datetime import datetime

from bot.chat.post import Block, Button, Buttons, Divider, Heading, Moment, Post, Small, Text
from bot.cohorts.cohorts import FACILITATOR
from bot.cohorts.examinations import AHEAD
from bot.store.tables import Cohort
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.lessons import lesson_post
from bot.talk.prompts import prompt_label


def checklist_post(cohort: Cohort, now: datetime) -> Post:
    """What comes next, each with its button."""
    name = quoted(cohort.name)
    soon = cohort.next_due_at is not None and cohort.next_due_at <= now + AHEAD
    look = "Within a few minutes" if soon else "A day before the first lesson"
    steps = [
        "*Send me a test post* shows you the first lesson as the channel will get it. Nobody else sees it.",
        "*Invite members* posts an invitation here with a button to join.",
        "*What is coming* lists the next dates.",
    ]
    blocks: list[Block] = [
        Heading("Your cohort is open", 1),
        Text(f"**{name}** is open, and you facilitate it."),
        *((Moment("First lesson", cohort.next_due_at, cohort.zone),) if cohort.next_due_at else ()),
        Text("\n".join(f"- {step}" for step in steps)),
        Buttons(ways(cohort)),
        Small(
            f"{look} I look whether I may do here all that lessons need, and tell you. Another facilitator gets in with"
            " /cohort facilitator."
        ),
    ]
    return Post(title=f"{cohort.name} is open", blocks=tuple(blocks))


def trial(asking: Asking) -> Post:
    """`trial:COHORT`: the next lesson as the channel will get it, for one facilitator alone."""
    cohort = asking.find_named(asking.command.options.get("id", ""))
    enrollment = asking.find_enrollment(cohort) if cohort is not None else None
    if cohort is None or enrollment is None or enrollment.role != FACILITATOR:
        return sentence("A test post is for the cohort's facilitators.")
    comes = cohort.next_lesson or 0
    day = comes if comes in asking.course.lessons else min(asking.course.lessons)
    lesson = asking.course.lessons[day]
    page = lesson_post(asking.course, lesson)
    blocks: list[Block] = [Small("A test that only you see. Nothing was posted."), *page.blocks]
    for number, prompt in enumerate(lesson.prompts, 1):
        blocks += [
            Divider(),
            Small(f"Day {day} · {prompt_label(lesson, number)} · {prompt.length.text} · a post of its own"),
            Text(prompt.ask),
            Small("Below it stand Write my answer and Not today, and its thread."),
        ]
    blocks += [Divider(), Buttons(ways(cohort)[1:])]  # a test may have taken the checklist's place
    return Post(title=f"Test: {page.title}", blocks=tuple(blocks), accent=page.accent)


def ways(cohort: Cohort) -> tuple[Button, ...]:
    """What a facilitator does first."""
    return (
        Button("Send me a test post", f"trial:{cohort.id}", "primary"),
        Button("Invite members", "cohort invite"),
        Button("What is coming", "cohort preview"),
    )

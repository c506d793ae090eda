"""The lesson that a cohort is on: what it is called, how many of those who learn have answered each prompt, and the way
to read them."""

from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.chat.post import Block, Button, Buttons, Heading, Text
from bot.cohorts.progress import LEARNING
from bot.curriculum.model import Course
from bot.store.tables import Cohort, Delivery, Enrollment, Message, Submission

MOST_PROMPTS = 5
"""With a button each, in one row."""


def latest_blocks(session: Session, course: Course, cohort: Cohort) -> tuple[Block, ...]:
    """Nothing before the first lesson, and nothing of one that asks nothing."""
    latest = _latest_prompts(session, cohort)
    if not latest:
        return ()
    lesson, prompts = latest[0][0].lesson, [message for _, message in latest]
    taught, answered = course.lessons.get(lesson), _answered(session, cohort, prompts)
    lines = [f"- Prompt {number}: {answered[each.id]} answered" for number, each in enumerate(prompts, 1)]
    buttons = [Button(f"Read answers to prompt {n}", f"answers:{each.key}") for n, each in enumerate(prompts, 1)]
    return (
        Heading(f"Day {lesson}: {taught.title if taught else ''}".rstrip(": ")),
        Text("\n".join(lines)),
        Buttons(tuple(buttons[:MOST_PROMPTS])),
    )


def _latest_prompts(session: Session, cohort: Cohort) -> list[tuple[Delivery, Message]]:
    latest = (
        select(Delivery.id)
        .where(Delivery.cohort_id == cohort.id, Delivery.posted_at.is_not(None))
        .order_by(Delivery.local_date.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Delivery, Message)
        .join(Message, Message.delivery_id == Delivery.id)
        .where(Delivery.id == latest, Message.prompt.is_not(None))
        .order_by(Message.number)
    )
    return [(delivery, message) for delivery, message in rows]


def _answered(session: Session, cohort: Cohort, prompts: list[Message]) -> Counter[int]:
    """Prompt's message → how many who learn here have an answer to it that stands."""
    rows = session.execute(
        select(Submission.message_id, func.count(Submission.member_id.distinct()))
        .join(Enrollment, Enrollment.member_id == Submission.member_id)
        .where(Submission.message_id.in_([each.id for each in prompts]), Submission.withdrawn_at.is_(None))
        .where(Enrollment.cohort_id == cohort.id, *LEARNING)
        .group_by(Submission.message_id)
    )
    return Counter(dict(rows.all()))

"""Somebody as one platform knows them, and the prompts that they may answer from wherever they write."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, select, true
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.cohorts.cohorts import find_enrollment, find_member
from bot.store.tables import Cohort, Delivery, Enrollment, Member, Message, Submission

MOST_PROMPTS = 25
"""Prompts to choose from: what Discord's select takes."""


@dataclass(frozen=True)
class Writer:
    """Somebody as one platform knows them. workspace: "" where the platform does not say it, as in Discord's direct
    messages; then any that they are in."""

    platform: str
    workspace: str
    person: Person


@dataclass(frozen=True)
class OpenPrompt:
    """A prompt that a person may answer. key: its post's. number: its place among the lesson's messages."""

    key: str
    message: int
    cohort: int
    cohort_name: str
    lesson: int
    prompt: str
    answered: bool


def is_in_a_cohort(session: Session, writer: Writer) -> bool:
    """Whether they are in one now, be it over."""
    theirs = select(Enrollment.id).join(Member, Member.id == Enrollment.member_id)
    return session.scalar(theirs.where(Enrollment.left_on.is_(None), *is_writer(writer)).limit(1)) is not None


def open_prompts_for(session: Session, writer: Writer, limit: int = MOST_PROMPTS) -> list[OpenPrompt]:
    """The prompts that a person may answer, likeliest first: those they have not answered before the others, those of
    a cohort that goes on before those of one that is over, the newest lesson's before older ones."""
    answered = exists().where(
        Submission.message_id == Message.id, Submission.member_id == Member.id, Submission.withdrawn_at.is_(None)
    )
    rows = session.execute(
        select(Message.key, Message.id, Cohort.id, Cohort.name, Delivery.lesson, Message.prompt, answered.label("done"))
        .join(Delivery, Delivery.id == Message.delivery_id)
        .join(Cohort, Cohort.id == Delivery.cohort_id)
        .join(Enrollment, Enrollment.cohort_id == Cohort.id)
        .join(Member, Member.id == Enrollment.member_id)
        .where(Enrollment.left_on.is_(None), Message.prompt.is_not(None), Message.ref.is_not(None), *is_writer(writer))
        .order_by("done", Cohort.state == "finished", Delivery.posted_at.desc(), Delivery.id.desc(), Message.number)
        .limit(limit)
    )
    return [
        OpenPrompt(key[:24], message, cohort, name, lesson, prompt or "", done)
        for key, message, cohort, name, lesson, prompt, done in rows
    ]


def may_answer(session: Session, writer: Writer, cohort: Cohort) -> bool:
    """Whether they are in this very cohort now."""
    if writer.workspace not in ("", cohort.workspace):
        return False
    member = find_member(session, writer.platform, cohort.workspace, writer.person.ref)
    enrollment = find_enrollment(session, cohort, member) if member is not None else None
    return enrollment is not None and enrollment.left_on is None


def is_writer(writer: Writer) -> tuple[ColumnElement[bool], ...]:
    """That a member's row is the writer's."""
    here = Member.workspace == writer.workspace if writer.workspace else true()
    return (Member.platform == writer.platform, Member.ref == writer.person.ref, here)

"""What was put before a cohort to be answered, found by its post or by its thread."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bot.chat.port import part_key
from bot.store.tables import Cohort, Delivery, Message


@dataclass(frozen=True)
class Asked:
    """A prompt that was put before a cohort."""

    message: int
    cohort: int
    lesson: int
    prompt: str
    thread: str | None


def find_prompt(session: Session, platform: str, prompt_key: str) -> tuple[Asked, Cohort] | None:
    """The prompt whose post carries the key (of whichever of its messages)."""
    keys = [part_key(prompt_key[:24], number) for number in range(26)]
    return find_asked(session, Message.platform == platform, Message.key.in_(keys), Message.prompt.is_not(None))


def released_on(session: Session, message: int) -> date:
    """The lesson date that a prompt's message belongs to."""
    return session.execute(
        select(Delivery.local_date).join(Message, Message.delivery_id == Delivery.id).where(Message.id == message)
    ).scalar_one()


def find_by_thread(session: Session, platform: str, thread: str | None) -> tuple[Asked, Cohort] | None:
    """The prompt whose thread this is."""
    if thread is None:
        return None
    return find_asked(session, Message.platform == platform, Message.thread == thread)


def find_shared(session: Session, platform: str, thread: str | None) -> tuple[int, Cohort] | None:
    """The delivery of which all prompts share this thread, as in a forum's post, with its cohort."""
    if thread is None:
        return None
    row = session.execute(
        select(Delivery.id, Cohort)
        .join(Message, Message.delivery_id == Delivery.id)
        .join(Cohort, Cohort.id == Delivery.cohort_id)
        .where(Message.platform == platform, Message.thread == thread, Message.prompt.is_(None))
    ).first()
    return (row[0], row[1]) if row is not None else None


def find_asked(session: Session, *where: ColumnElement[bool]) -> tuple[Asked, Cohort] | None:
    """The prompt whose message fits the conditions, with its cohort."""
    row = session.execute(
        select(Message, Delivery, Cohort)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .join(Cohort, Cohort.id == Delivery.cohort_id)
        .where(*where)
        .limit(1)
    ).first()
    if row is None:
        return None
    message, delivery, cohort = row
    if message.prompt is None:
        return None
    return Asked(message.id, cohort.id, delivery.lesson, message.prompt, message.thread), cohort

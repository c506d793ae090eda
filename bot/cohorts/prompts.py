"""What was put before a cohort to be answered, found by its post or by its thread; and which threads must be read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bot.chat.port import part_key
from bot.store.tables import Cohort, Delivery, Message


@dataclass(frozen=True)
class Asked:
    """A prompt that was put before a cohort."""

    message: int
    cohort: int
    course: str
    lesson: int
    prompt: str
    thread: str | None


def find_prompt(session: Session, platform: str, prompt_key: str) -> tuple[Asked, Cohort] | None:
    """The prompt whose post carries the key (of whichever of its messages)."""
    keys = [part_key(prompt_key[:24], number) for number in range(26)]
    return find_asked(session, Message.platform == platform, Message.key.in_(keys), Message.prompt.is_not(None))


def find_by_thread(session: Session, platform: str, thread: str | None) -> tuple[Asked, Cohort] | None:
    """The prompt whose thread this is."""
    if thread is None:
        return None
    return find_asked(session, Message.platform == platform, Message.thread == thread)


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
    return Asked(message.id, cohort.id, cohort.course, delivery.lesson, message.prompt, message.thread), cohort


def unread_threads(
    session: Session, platforms: Collection[str], limit: int = 20
) -> list[tuple[int, str, str, datetime]]:
    """(message, platform, thread, when the prompt went out) of threads that have to be read."""
    rows = session.execute(
        select(Message.id, Message.platform, Message.thread, Message.tried_at)
        .where(Message.unread, Message.thread.is_not(None), Message.platform.in_(platforms))
        .order_by(Message.id.desc())
        .limit(limit)
    )
    return [(message, platform, thread, tried) for message, platform, thread, tried in rows if thread and tried]


def mark_unread(session: Session, platform: str, now: datetime, limit: int = 2_000) -> int:
    """Events may have been lost: every thread of the last lessons is to be read again. How many."""
    threads = session.scalars(
        select(Message)
        .where(Message.platform == platform, Message.thread.is_not(None))
        .order_by(Message.id.desc())
        .limit(limit)
    ).all()
    for message in threads:
        message.unread = True
    return len(threads)


def mark_read(session: Session, message: int) -> None:
    """The thread has been read as a whole."""
    session.get_one(Message, message).unread = False

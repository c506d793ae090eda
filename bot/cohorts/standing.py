"""What of a cohort's prompts one member has answered."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bot.store.tables import Cohort, Delivery, Member, Message, Submission

BARE = 24
"""Characters of a post's own key; see `bot.chat.port.part_key`."""


@dataclass(frozen=True)
class Standing:
    """A prompt that is out. key: its post's. prompt: its id in the lesson. answered: something of the member's stands
    under it."""

    key: str
    prompt: str
    answered: bool


def standing_prompts(
    session: Session, cohort: Cohort, member: Member, lessons: Collection[int]
) -> Mapping[int, tuple[Standing, ...]]:
    """Lesson → its prompts that are out, in their order; nothing for lessons that are not."""
    answered = exists().where(
        Submission.message_id == Message.id, Submission.member_id == member.id, Submission.withdrawn_at.is_(None)
    )
    rows = session.execute(
        select(Delivery.lesson, Message.key, Message.prompt, answered)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(Delivery.cohort_id == cohort.id, Delivery.lesson.in_(lessons), Delivery.posted_at.is_not(None))
        .where(Message.prompt.is_not(None), Message.ref.is_not(None))
        .order_by(Message.number)
    )
    found: dict[int, list[Standing]] = defaultdict(list)
    for lesson, key, prompt, is_answered in rows:
        found[lesson].append(Standing(key[:BARE], prompt or "", is_answered))
    return {lesson: tuple(prompts) for lesson, prompts in found.items()}

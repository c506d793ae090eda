"""To which prompt something belongs that was written in the thread of a whole lesson, as in a forum's post, where all
prompts of a lesson share one thread.

Who answers a prompt with a reply has said to which. Whatever else a member writes there belongs to the first prompt
that they had not answered before, else to the last one. That is worked out anew from all that stands whenever
something of theirs comes, is said to belong somewhere, or goes: so events in any order end in the same record. What its
writer has said, in whatever way, is never moved.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cohorts.receipts import GUESSED, message_of
from bot.store.database import wait_for_turn
from bot.store.tables import Message, Submission


@dataclass(frozen=True)
class Written:
    """Something that a member has standing in a lesson. prompt: to which it belongs, None when nobody has said."""

    message: str
    sent_at: datetime
    prompt: int | None


def to_prompts(written: Iterable[Written], prompts: Sequence[int]) -> dict[str, int]:
    """Message → prompt, for what nobody has said of. prompts: the lesson's, in their order, at least one. Pure."""
    answered: set[int] = set()
    found: dict[str, int] = {}
    for each in sorted(written, key=lambda each: (each.sent_at, each.message)):
        prompt = each.prompt
        if prompt is None:
            prompt = found[each.message] = next((one for one in prompts if one not in answered), prompts[-1])
        answered.add(prompt)
    return found


def settle_guesses(session: Session, prompt: int, member: int) -> None:
    """Something of the member's has come or gone under this prompt, or moved: what else they wrote in the lesson's
    thread may belong elsewhere now. Nothing where each prompt has a thread of its own."""
    delivery = shared_delivery(session, prompt)
    if delivery is None:
        return
    wait_for_turn(session, "guesses", str(delivery), str(member))
    session.flush()
    prompts = prompts_of(session, delivery)
    standing = select(Submission).where(Submission.member_id == member, Submission.message_id.in_(prompts))
    fresh = standing.where(Submission.withdrawn_at.is_(None)).execution_options(populate_existing=True)
    submissions = {message_of(each.ref): each for each in session.scalars(fresh)}
    for message, belongs in to_prompts((_written(each) for each in submissions.values()), prompts).items():
        submissions[message].message_id = belongs


def shared_delivery(session: Session, message: int) -> int | None:
    """The delivery that a message is part of, when all of it stands in one thread."""
    delivery = select(Message.delivery_id).where(Message.id == message).scalar_subquery()
    first = select(Message.delivery_id).where(Message.delivery_id == delivery, Message.number == 0)
    return session.scalar(first.where(Message.prompt.is_(None), Message.thread.is_not(None)))


def share_thread(session: Session, one: int, other: int) -> bool:
    """Whether two prompts' messages stand in the same thread."""
    delivery = shared_delivery(session, one)
    return delivery is not None and delivery == shared_delivery(session, other)


def prompts_of(session: Session, delivery: int) -> list[int]:
    """The messages of a delivery's prompts, in their order."""
    prompts = select(Message.id).where(Message.delivery_id == delivery, Message.prompt.is_not(None))
    return list(session.scalars(prompts.order_by(Message.number)))


def _written(submission: Submission) -> Written:
    said = None if submission.ref.startswith(GUESSED) else submission.message_id
    return Written(message_of(submission.ref), submission.sent_at, said)

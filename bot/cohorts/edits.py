"""Posts that are to say something else: a lesson that stands is brought to the course's newest text.

Only what a message says is changed, never how many there are: answers hang on them. `Message.new_body` is what it is
to become, until the platform has taken it.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, null, select, update
from sqlalchemy.orm import Session

from bot.cohorts.claims import Draft
from bot.store.tables import Cohort, Delivery, Message

BARE = 24
"""Characters of a key that all messages of one post share; see `bot.chat.port.part_key`."""


@dataclass(frozen=True)
class Edit:
    """A message whose text is not yet as it is to be."""

    message: int
    ref: str
    platform: str
    body: str


@dataclass(frozen=True)
class Renewal:
    """What a refresh comes to, counted in messages. changed: will say something else. same: say it already. unlike:
    stay as they are, because the post that they belong to would have more messages now, or fewer, or is not part of the
    lesson any more. new: prompts of the lesson that were never posted."""

    changed: int
    same: int
    unlike: int
    new: int

    @property
    def standing(self) -> int:
        return self.changed + self.same + self.unlike


def find_posted_lesson(session: Session, cohort: Cohort, day: int) -> Delivery | None:
    """The delivery that has put this lesson before the cohort, whole or in part; None when none has."""
    return session.scalar(
        select(Delivery).where(
            Delivery.cohort_id == cohort.id,
            Delivery.kind == "lesson",
            Delivery.lesson == day,
            Delivery.posted_at.is_not(None),
        )
    )


def first_body(session: Session, delivery: Delivery) -> str:
    """What the lesson's first message says, as JSON; "" when there is none."""
    found = select(Message.body).where(Message.delivery_id == delivery.id, Message.number == 0)
    return session.scalar(found) or ""


def renew(session: Session, delivery: Delivery, drafts: Sequence[Draft]) -> Renewal:
    """Make each message that stands become its draft. What is on its way to become something else is turned round."""
    standing = session.scalars(select(Message).where(Message.delivery_id == delivery.id).order_by(Message.number)).all()
    sizes = Counter(message.key[:BARE] for message in standing)
    wanted = Counter(draft.key[:BARE] for draft in drafts)
    bodies = {draft.key: draft.body for draft in drafts}
    counted = Counter(
        _renewed(message, bodies) if sizes[message.key[:BARE]] == wanted[message.key[:BARE]] else "unlike"
        for message in standing
    )
    new = sum(draft.prompt is not None and draft.key[:BARE] not in sizes for draft in drafts)
    return Renewal(counted["changed"], counted["same"], counted["unlike"], new)


def take_edits(session: Session, platforms: Sequence[str], limit: int = 50) -> list[Edit]:
    """Messages on these platforms that are to say something else, in no order: one that fails again and again keeps no
    other one waiting."""
    rows = session.scalars(
        select(Message)
        .where(Message.new_body.is_not(None), Message.ref.is_not(None), (Message.platform + "").in_(platforms))
        .order_by(func.random())
        .limit(limit)
    )
    return [
        Edit(message.id, message.ref, message.platform, message.new_body)
        for message in rows
        if message.ref is not None and message.new_body is not None
    ]


def mark_edited(session: Session, edit: Edit) -> None:
    """The message says it now. What it is to say since is edited next."""
    left = case((Message.new_body == edit.body, null()), else_=Message.new_body)
    session.execute(update(Message).where(Message.id == edit.message).values(body=edit.body, new_body=left))


def drop_edit(session: Session, edit: Edit) -> None:
    """The platform will not: the message stays as it is."""
    given_up = update(Message).where(Message.id == edit.message, Message.new_body == edit.body)
    session.execute(given_up.values(new_body=None))


def _renewed(message: Message, bodies: Mapping[str, str]) -> str:
    body = bodies[message.key]
    same = json.loads(body) == json.loads(message.body)
    if message.new_body is not None or not same:  # an edit that is under way may have been carried out
        message.new_body = body
    return "same" if same else "changed"

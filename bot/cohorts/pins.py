"""Which of a cohort's posts are to be pinned: the first message of each of its last lessons, as many as it has chosen.

choose_pins    what is to be pinned and what taken down from here on; nothing is called yet
take_pins      what is to be carried out
mark_pin       it has been carried out
drop_pin       it cannot be; it is not tried again for this message
stop_pins      nothing can be pinned in this cohort's channel: it pins no more
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import CursorResult, func, or_, select, update
from sqlalchemy.orm import Session

from bot.store.tables import UNKEPT, Cohort, Delivery, Message

MOST_PINS = 20
"""Lessons that a cohort may keep pinned: a list that is longer is read by nobody, and platforms cap it further up."""


@dataclass(frozen=True)
class Pin:
    """A message whose pin is not yet as it is to be. wanted: "wanted" or "unwanted", as the row says."""

    message: int
    ref: str
    cohort: int
    platform: str
    wanted: Literal["wanted", "unwanted"]


def choose_pins(session: Session, cohort: int) -> None:
    """The first messages of the newest `Cohort.pins` lessons are wanted, all others that are pinned or may be are not.
    Doing it again changes nothing. The cohort is locked: two who choose at once do not undo each other's choice."""
    pins = session.scalars(select(Cohort.pins).where(Cohort.id == cohort).with_for_update()).one()
    first = session.scalars(
        select(Message.id)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(Delivery.cohort_id == cohort, Delivery.posted_at.is_not(None))
        .where(Message.number == 0, Message.ref.is_not(None))
        .order_by(Delivery.local_date.desc(), Delivery.id.desc())
    ).all()
    newest, older = Message.id.in_(first[:pins]), Message.id.in_(first[pins:])
    to_pin = update(Message).where(newest, or_(Message.pin.is_(None), Message.pin == "unwanted"))
    session.execute(to_pin.values(pin="wanted"))
    to_take_down = update(Message).where(older, Message.pin.in_(("wanted", "pinned")))  # a wanted one may be up by now
    session.execute(to_take_down.values(pin="unwanted"))


def take_pins(session: Session, platforms: Sequence[str], limit: int = 50) -> list[Pin]:
    """What is to be pinned or taken down on these platforms, in no order: one that fails again and again keeps no
    other one waiting."""
    rows = session.execute(
        select(Message, Delivery.cohort_id)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(UNKEPT, Message.ref.is_not(None), (Message.platform + "").in_(platforms))
        .order_by(func.random())
        .limit(limit)
    ).all()
    return [
        Pin(message.id, message.ref, cohort, message.platform, "unwanted" if message.pin == "unwanted" else "wanted")
        for message, cohort in rows
        if message.ref is not None
    ]


def mark_pin(session: Session, pin: Pin) -> None:
    """It is as it was to be; whoever has wanted something else meanwhile is served next."""
    _write(session, pin, "pinned" if pin.wanted == "wanted" else None)


def drop_pin(session: Session, pin: Pin) -> None:
    """The platform will not: the message is gone, or there are too many. A later lesson asks anew."""
    _write(session, pin, None)


def stop_pins(session: Session, pin: Pin) -> bool:
    """Nothing of this cohort can be pinned or taken down. False when that was known: whoever gets True tells its
    facilitators."""
    ours = select(Delivery.id).where(Delivery.cohort_id == pin.cohort)
    session.execute(update(Message).where(UNKEPT, Message.delivery_id.in_(ours)).values(pin=None))
    stopped = update(Cohort).where(Cohort.id == pin.cohort, Cohort.pins > 0).values(pins=0)
    return _count(session.execute(stopped)) == 1


def _write(session: Session, pin: Pin, word: str | None) -> None:
    session.execute(update(Message).where(Message.id == pin.message, Message.pin == pin.wanted).values(pin=word))


def _count(result: object) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0

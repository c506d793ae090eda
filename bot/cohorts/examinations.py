"""Cohorts whose channel is to be looked at before their first lesson: is everything there that a lesson needs?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.chat.port import Seat
from bot.cohorts.places import close, closed_among
from bot.store.database import wait_for_turn
from bot.store.tables import UNEXAMINED, Cohort

AHEAD = timedelta(hours=24)
"""How long before its first lesson a cohort is looked at: time enough for a person to mend what is missing."""

AGAIN = timedelta(minutes=10)
"""Until a look that was cut off, or could not be taken, is taken again."""

MOST_LOOKED_THROUGH = 500
"""Cohorts among which those are found that nobody is looking at: ones that fail again and again hide no others."""


@dataclass(frozen=True)
class Examination:
    """One cohort to be looked at. first_at: when its first lesson comes, in `zone`."""

    cohort: int
    platform: str
    seat: Seat
    first_at: datetime
    zone: str


def take_examinations(
    session: Session, platforms: Sequence[str], now: datetime, limit: int = 20
) -> Sequence[Examination]:
    """The cohorts on these platforms whose first lesson comes within AHEAD, and that nobody has looked at or is looking
    at. Whose look leads to nothing is found again after AGAIN."""
    wait_for_turn(session, "examinations")
    found = session.scalars(
        select(Cohort)
        .where(UNEXAMINED, Cohort.next_due_at <= now + AHEAD, (Cohort.platform + "").in_(platforms))
        .order_by(Cohort.next_due_at)
        .limit(MOST_LOOKED_THROUGH)
    ).all()
    taken = closed_among(session, {_scope(each.id) for each in found}, now)
    free = [each for each in found if _scope(each.id) not in taken][:limit]
    close(session, {_scope(each.id) for each in free}, now + AGAIN)
    return [Examination(each.id, each.platform, to_seat(each), each.next_due_at or now, each.zone) for each in free]


def mark_examined(session: Session, cohort: int, now: datetime) -> None:
    """Its facilitators have been told, or there is nobody to tell."""
    session.execute(update(Cohort).where(Cohort.id == cohort).values(examined_at=now))


def to_seat(cohort: Cohort) -> Seat:
    """What the cohort asks for in its channel."""
    return Seat(cohort.channel, pins=cohort.pins > 0, ping=cohort.ping)


def _scope(cohort: int) -> str:
    return f"examine|{cohort}"

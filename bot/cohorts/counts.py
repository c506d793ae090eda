"""How many of what there are now: the record's numbers for metrics. Each is one query that a partial index answers.

A partial index serves only a query that says to the letter what the index says, so these conditions bind nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, case, func, select, text
from sqlalchemy.orm import Session

from bot.chat.port import Reason
from bot.store.tables import ACTIVE, PLANNED, UNREAD, UNRECEIPTED, Cohort, DeadLetter, Delivery, Message, Submission

OTHER = "other"
"""Whatever is none of a platform's reasons, such as a lesson that is not in the course."""

STUCK_STATES = ("blocked", "dead")


@dataclass(frozen=True)
class Counts:
    """lessons_due: whose time has come and which are not out. stuck: (state, reason) → deliveries, with every
    combination there can be. threads_open: that are still read regularly; threads_unread: to be read now."""

    lessons_due: int
    stuck: Mapping[tuple[str, str], int]
    receipts_owed: int
    threads_open: int
    threads_unread: int
    dead_letters: int


def count_all(session: Session, now: datetime) -> Counts:
    """Count. Nothing is locked and nothing written."""
    return Counts(
        lessons_due=_number(session, _not_planned(now)) + _number(session, _not_posted(now)),
        stuck=_stuck(session),
        receipts_owed=_number(
            session,
            select(func.count()).select_from(Submission).where(UNRECEIPTED, Submission.withdrawn_at.is_(None)),
        ),
        threads_open=_number(session, select(func.count()).select_from(Message).where(Message.sweep_at.is_not(None))),
        threads_unread=_number(session, select(func.count()).select_from(Message).where(UNREAD)),
        dead_letters=_number(session, select(func.count()).select_from(DeadLetter)),
    )


def _not_planned(now: datetime) -> Select[int]:
    """Lessons that the planner has yet to put into the ledger."""
    return select(func.count()).select_from(Cohort).where(ACTIVE, Cohort.next_due_at <= now)


def _not_posted(now: datetime) -> Select[int]:
    return (
        select(func.count())
        .select_from(Delivery)
        .join(Cohort, Cohort.id == Delivery.cohort_id)
        .where(PLANNED, Cohort.state != "paused", Delivery.due_at <= now)
    )


def _stuck(session: Session) -> Mapping[tuple[str, str], int]:
    reason = case(*((Delivery.reason.startswith(f"{each}:"), each.value) for each in Reason), else_=OTHER)
    counted = {(state, each): 0 for state in STUCK_STATES for each in (*Reason, OTHER)}
    for state in STUCK_STATES:  # each from an index of its own
        rows = session.execute(
            select(reason, func.count()).select_from(Delivery).where(text(f"state = '{state}'")).group_by(reason)
        )
        counted |= {(state, each): number for each, number in rows}
    return counted


def _number(session: Session, query: Select[int]) -> int:
    return session.scalars(query).one()

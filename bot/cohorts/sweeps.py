"""Which threads are to be read whole, and when: after a gap at once, else by the clock for as long as answers come.

    mark_gap      events may have been lost: the threads that they may have been in are to be read
    take_threads  some threads to read now, and what is known to stand in them; nobody else takes them meanwhile
    finish        one was read: what is gone from it is withdrawn, and the next time is set
    put_back      it could not be read: it comes up again later
    give_up       it never can be: it does not come up again

Each is one transaction; the reading lies between them. A reader that stops in between leaves a thread that comes up
again by itself when READING is over.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, func, select, update
from sqlalchemy.orm import Session, aliased

from bot.cohorts.submissions import known_replies, settle_reading
from bot.store.tables import UNREAD, Cohort, Delivery, Message

READ_BACK = timedelta(days=14)
"""How long after its lesson was posted a thread is read; a later answer still arrives as an event."""

OPEN = timedelta(hours=48)
"""How long most answers come; a thread is read every hour then, and every day afterwards."""

READING = timedelta(minutes=10)
"""How long a reading may take before somebody else begins one. Twice read is only work done twice."""

Order = Callable[[Any], ColumnElement[Any]]
"""Of a table, or of a subquery's columns."""

CANDIDATES = 200
WORKSPACES_AT_ONCE = 500


_first = aliased(Message)
_READ_WITH_FIRST = (
    select(_first.id)
    .where(_first.delivery_id == Message.delivery_id, _first.number == 0, Message.number > 0)
    .where(_first.prompt.is_(None), _first.thread.is_not(None))
    .exists()
)
"""A message whose thread lies within that of its whole lesson, which is read by the lesson's first message."""


@dataclass(frozen=True)
class DueThread:
    """A thread of ours to be read now, by the message that it stands under. posted: when its lesson was. known: reply →
    its revision, of those that stand in the record; asked for before the reading, so that nothing which arrives
    meanwhile is taken for deleted."""

    message: int
    thread: str
    posted: datetime
    known: Mapping[str, int]


def next_sweep(posted: datetime, now: datetime) -> datetime | None:
    """When a thread that has just been read is read again in any case: hourly for OPEN, then daily, and for the last
    time READ_BACK after its lesson was posted. None when that has been."""
    last = posted + READ_BACK
    if now >= last:
        return None
    return min(now + (timedelta(hours=1) if now < posted + OPEN else timedelta(days=1)), last)


def mark_gap(session: Session, platform: str, concerns: Callable[[str], bool], since: datetime) -> int:
    """Events of the workspaces that `concerns` names may have been lost: every thread of their lessons posted after
    `since` is to be read. How many."""
    lessons = select(Cohort.workspace).join(Delivery, Delivery.cohort_id == Cohort.id).distinct()
    told = session.scalars(lessons.where(Cohort.platform == platform, Delivery.posted_at > since))
    workspaces = [workspace for workspace in told if concerns(workspace)]
    marked = 0
    for first in range(0, len(workspaces), WORKSPACES_AT_ONCE):
        some = workspaces[first : first + WORKSPACES_AT_ONCE]
        theirs = select(Delivery.id).join(Cohort, Cohort.id == Delivery.cohort_id)
        theirs = theirs.where(Cohort.platform == platform, Cohort.workspace.in_(some), Delivery.posted_at > since)
        behind = update(Message).where(Message.delivery_id.in_(theirs), Message.thread.is_not(None), ~Message.unread)
        behind = behind.where(~_READ_WITH_FIRST)
        marked += len(session.scalars(behind.values(unread=True).returning(Message.id)).all())
    return marked


def take_threads(session: Session, platform: str, now: datetime, limit: int = 20) -> list[DueThread]:
    """Threads to read: those that may hold something unheard first, the newest lesson's before the others, then those
    whose time has come, the longest overdue first; in each of the two the channels take turns. They count as read from
    here on, so that what is missed while one is being read marks it again."""
    unread = _waiting(platform, UNREAD, _newest_first, limit)
    found = list(session.scalars(unread))
    if len(found) < limit:
        overdue = _waiting(platform, Message.sweep_at <= now, _longest_first, limit - len(found))
        found += session.scalars(overdue.where(~Message.unread))
    return [_take(session, message, now) for message in found]


def finish(
    session: Session, read: DueThread, standing: Collection[str] | None, begun: datetime, settles_in: timedelta
) -> int:
    """The thread was read, beginning at `begun`. standing: the replies in it; None when the reading was not complete,
    so that nothing can be concluded from it. settles_in: how long the platform may need until what was written shows.
    How many replies have been withdrawn."""
    again = next_sweep(read.posted, begun)
    withdrawn = 0
    if standing is not None:
        settled = begun - settles_in
        withdrawn, doubtful = settle_reading(session, read.message, read.known, standing, settled, begun)
        if doubtful:
            again = begun + settles_in
    session.execute(update(Message).where(Message.id == read.message).values(sweep_at=again))
    return withdrawn


def put_back(session: Session, read: DueThread, until: datetime) -> None:
    """The thread could not be read: not before `until` again."""
    session.execute(update(Message).where(Message.id == read.message).values(sweep_at=until))


def give_up(session: Session, read: DueThread) -> None:
    """The thread is gone: there is nothing to come back for."""
    session.execute(update(Message).where(Message.id == read.message).values(sweep_at=None))


def _newest_first(of: Any) -> ColumnElement[Any]:
    order: ColumnElement[Any] = of.id.desc()
    return order


def _longest_first(of: Any) -> ColumnElement[Any]:
    order: ColumnElement[Any] = of.sweep_at.asc()
    return order


def _take(session: Session, message: Message, now: datetime) -> DueThread:
    message.unread, message.sweep_at = False, now + READING
    delivery = session.get_one(Delivery, message.delivery_id)
    assert message.thread is not None, "asked for below"
    posted = delivery.posted_at or delivery.due_at
    return DueThread(message.id, message.thread, posted, known_replies(session, message.id))


def _waiting(platform: str, due: ColumnElement[bool] | TextClause, order: Order, limit: int) -> Select[Message]:
    """The first threads that are due and that nobody else is taking. Among CANDIDATES each cohort's first comes before
    any cohort's second.

    Platform and thread are disguised as expressions: else SQLite takes their unique index and reads every thread there
    is, instead of the partial one of the few that are due."""
    first = (
        select(Message.id, Message.delivery_id, Message.sweep_at)
        .where(due, Message.thread.concat("").is_not(None), Message.platform.concat("") == platform)
        .order_by(order(Message))
        .limit(CANDIDATES)
        .subquery()
    )
    turn = func.row_number().over(partition_by=Delivery.cohort_id, order_by=order(first.c))
    ranked = select(first, turn.label("turn")).join(Delivery, Delivery.id == first.c.delivery_id).subquery()
    return (
        select(Message)
        .join(ranked, ranked.c.id == Message.id)
        .where(due)
        .order_by(ranked.c.turn, order(ranked.c))
        .limit(limit)
        .with_for_update(of=Message, skip_locked=True)
    )

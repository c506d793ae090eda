"""Whoever writes a submission counts it: an enrollment's `changes` goes up in the very transaction in which something
of its member's, in its cohort, is kept, withdrawn, stands again, moves to another prompt or goes.

It hangs on the table's own rows, so that nobody who writes one can forget it. It sees what goes through a session's
objects, not what one statement does to many rows: who writes that (`keeping` does) counts it with `count_many`. What
one flush writes is counted together.
"""

from collections import Counter, defaultdict
from itertools import product
from typing import Any

from sqlalchemy import Connection, bindparam, event, select, tuple_, update
from sqlalchemy.orm import Mapper, PassiveFlag, Session, object_session
from sqlalchemy.orm.attributes import History, get_history

from bot.store.tables.cohorts import Enrollment, Member
from bot.store.tables.deliveries import Delivery, Message
from bot.store.tables.submissions import Submission

_COUNTED = ("message_id", "member_id", "withdrawn_at", "sent_at")
"""What of a submission makes a difference to how many answers stand, and since when. An edit makes none."""

_PENDING = "submissions that changed in this flush"


def count_changes() -> None:
    """Count from now on, in this process."""
    event.listen(Submission, "after_insert", _note)
    event.listen(Submission, "after_delete", _note)
    event.listen(Submission, "after_update", _note_if_changed)
    event.listen(Session, "before_flush", _begin)
    event.listen(Session, "after_flush", _count)
    event.listen(Enrollment, "before_insert", _wait_for_answers)


def count_many(session: Session, changed: Counter[tuple[int, int]]) -> None:
    """Count that something of a member's, in a cohort, has changed so many times. changed: (cohort, member) → how
    often. The rows are asked for in one order first, so that two who count the same wait for each other."""
    places = select(Enrollment.id, Enrollment.cohort_id, Enrollment.member_id)
    theirs = places.where(tuple_(Enrollment.cohort_id, Enrollment.member_id).in_(changed))
    often = defaultdict[int, list[int]](list)
    for enrollment, cohort, member in session.execute(theirs.order_by(Enrollment.id).with_for_update()):
        often[changed[cohort, member]].append(enrollment)
    for number, enrollments in often.items():
        counted = update(Enrollment).where(Enrollment.id.in_(enrollments))
        session.connection().execute(counted.values(changes=Enrollment.changes + number))


def _begin(session: Session, *_: object) -> None:
    session.info[_PENDING] = Counter()  # another flush may have failed in the middle


def _note_if_changed(mapper: Mapper[Any], connection: Connection, submission: Submission) -> None:
    if any(_history(submission, name).has_changes() for name in _COUNTED):
        _note(mapper, connection, submission)


def _note(_mapper: Mapper[Any], _connection: Connection, submission: Submission) -> None:
    """Where it is now, and where it was before."""
    session = object_session(submission)
    assert session is not None, "what is flushed is in a session"
    messages = {submission.message_id, *_history(submission, "message_id").deleted}
    members = {submission.member_id, *_history(submission, "member_id").deleted}
    session.info[_PENDING].update(product(members, messages))


def _count(session: Session, _: object) -> None:
    """Member by member, so that two who count the same wait for each other in one order."""
    pending: Counter[tuple[int, int]] = session.info.pop(_PENDING)
    if pending:
        rows = [{"member": each[0], "message": each[1], "more": number} for each, number in sorted(pending.items())]
        session.connection().execute(_COUNT, rows)


_COUNT = (
    update(Enrollment)
    .where(
        Enrollment.cohort_id
        == select(Delivery.cohort_id)
        .join(Message, Message.delivery_id == Delivery.id)
        .where(Message.id == bindparam("message"))
        .scalar_subquery(),
        Enrollment.member_id == bindparam("member"),
    )
    .values(changes=Enrollment.changes + bindparam("more"))
)


def _wait_for_answers(_mapper: Mapper[Any], connection: Connection, enrollment: Enrollment) -> None:
    """Who joins may be writing an answer at this moment, in a transaction that finds no enrollment yet to count it in.
    The row of the member, which every new submission holds on to, is asked for whole: so the answer is kept before the
    enrollment is there to be read, or waits and finds it. On SQLite there is one writer anyway."""
    connection.execute(select(Member.id).where(Member.id == enrollment.member_id).with_for_update())


def _history(submission: Submission, name: str) -> History:
    """What is written in this flush; nothing is loaded for it."""
    return get_history(submission, name, PassiveFlag.PASSIVE_NO_INITIALIZE)

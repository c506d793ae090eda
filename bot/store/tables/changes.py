"""Whoever writes a submission counts it: an enrollment's `changes` goes up in the very transaction in which something
of its member's, in its cohort, is kept, withdrawn, stands again, moves to another prompt or goes.

It hangs on the table's own rows, so that nobody who writes one can forget it. It sees what goes through a session's
objects, not what one statement does to many rows (`update(Submission)`): the program writes none of these.
"""

from itertools import product
from typing import Any

from sqlalchemy import Connection, event, select, update
from sqlalchemy.orm import Mapper, PassiveFlag
from sqlalchemy.orm.attributes import History, get_history

from bot.store.tables.cohorts import Enrollment, Member
from bot.store.tables.deliveries import Delivery, Message
from bot.store.tables.submissions import Submission

_COUNTED = ("message_id", "member_id", "withdrawn_at", "sent_at")
"""What of a submission makes a difference to how many answers stand, and since when. An edit makes none."""


def count_changes() -> None:
    """Count from now on, in this process."""
    event.listen(Submission, "after_insert", _count)
    event.listen(Submission, "after_delete", _count)
    event.listen(Submission, "after_update", _count_if_changed)
    event.listen(Enrollment, "before_insert", _wait_for_answers)


def _count_if_changed(mapper: Mapper[Any], connection: Connection, submission: Submission) -> None:
    if any(_history(submission, name).has_changes() for name in _COUNTED):
        _count(mapper, connection, submission)


def _count(_mapper: Mapper[Any], connection: Connection, submission: Submission) -> None:
    """Where it is now, and where it was before."""
    messages = {submission.message_id, *_history(submission, "message_id").deleted}
    members = {submission.member_id, *_history(submission, "member_id").deleted}
    for message, member in sorted(product(messages, members)):
        cohort = select(Delivery.cohort_id).join(Message, Message.delivery_id == Delivery.id)
        place = Enrollment.cohort_id == cohort.where(Message.id == message).scalar_subquery()
        counted = update(Enrollment).where(place, Enrollment.member_id == member)
        connection.execute(counted.values(changes=Enrollment.changes + 1))


def _wait_for_answers(_mapper: Mapper[Any], connection: Connection, enrollment: Enrollment) -> None:
    """Who joins may be writing an answer at this moment, in a transaction that finds no enrollment yet to count it in.
    The row of the member, which every new submission holds on to, is asked for whole: so the answer is kept before the
    enrollment is there to be read, or waits and finds it. On SQLite there is one writer anyway."""
    connection.execute(select(Member.id).where(Member.id == enrollment.member_id).with_for_update())


def _history(submission: Submission, name: str) -> History:
    """What is written in this flush; nothing is loaded for it."""
    return get_history(submission, name, PassiveFlag.PASSIVE_NO_INITIALIZE)

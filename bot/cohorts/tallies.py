"""What each member has answered, added up: what a report reads instead of a hundred thousand submissions.

A tally can be lost at any time; it is made again from the submissions. How a stale one is known:

    whoever writes a submission counts up `Enrollment.changes`, in the same transaction (`store.tables.changes`)
    whoever adds up reads `changes` first and the submissions after that, and marks the tally with the number read

So a tally that misses an answer is always marked with a number from before that answer was kept: the answer was not
there when the submissions were read, hence its count was not when `changes` were, which came before. It is seen as
stale as soon as the answer is. The other way round (`changes` read last) an answer that is kept between the two would
be counted and not added up, for good. Of two who add up at once, the one that read the higher number stays.
"""

import logging
import struct
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import ColumnElement, Dialect, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.cohorts.masks import to_microseconds
from bot.store.tables import Cohort, Delivery, Enrollment, Message, Submission, Tally

log = logging.getLogger(__name__)

AT_ONCE = 500
"""Members whose submissions are read, and tallies written, in one statement: a statement takes so many parameters."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What of a member's stands in a cohort. prompts: the messages it stands under, each once, in the order of their
    numbers; first: since when, in the same order, and last: when the last of all was written, in microseconds since
    1970."""

    prompts: tuple[int, ...] = ()
    first: tuple[int, ...] = ()
    last: int | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """An enrollment whose tally is to be made, as it was read before its submissions."""

    enrollment: int
    member: int
    changes: int


def answers_in(session: Session, cohort: Cohort, *whose: ColumnElement[bool]) -> Mapping[int, Answers]:
    """Member → what of theirs stands in the cohort, for the enrollments that these conditions hold of."""
    rows = session.execute(
        select(Enrollment.id, Enrollment.member_id, Enrollment.changes, Tally.changes, Tally.answers)
        .outerjoin(Tally, Tally.enrollment_id == Enrollment.id)
        .where(Enrollment.cohort_id == cohort.id, *whose)
    )
    found: dict[int, Answers] = {}
    stale: list[_Place] = []
    for enrollment, member, changes, marked, packed in rows:
        if marked == changes:
            found[member] = unpacked(packed)
        else:
            stale.append(_Place(enrollment, member, changes))
    for places in _chunks(stale):
        found |= _added_up(session, cohort, places)
        _keep(session, places, found)
    return found


def packed(answers: Answers) -> bytes:
    """As a tally keeps it: 64-bit signed numbers, little-endian. First `last` (the lowest number for None), then every
    prompt's message, then every prompt's first moment."""
    last = _NONE if answers.last is None else answers.last
    return struct.pack(f"<{1 + 2 * len(answers.prompts)}q", last, *answers.prompts, *answers.first)


def unpacked(kept: bytes) -> Answers:
    """What `packed` made."""
    last, *numbers = struct.unpack(f"<{len(kept) // 8}q", kept)
    half = len(numbers) // 2
    return Answers(tuple(numbers[:half]), tuple(numbers[half:]), None if last == _NONE else last)


_NONE = -(2**63)


def _added_up(session: Session, cohort: Cohort, places: Sequence[_Place]) -> dict[int, Answers]:
    members = [each.member for each in places]
    rows = session.execute(
        select(Submission.member_id, Submission.message_id, func.min(Submission.sent_at), func.max(Submission.sent_at))
        .join(Message, Message.id == Submission.message_id)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(Delivery.cohort_id == cohort.id, Submission.withdrawn_at.is_(None), Submission.member_id.in_(members))
        .group_by(Submission.member_id, Submission.message_id)
        .order_by(Submission.member_id, Submission.message_id)
    )
    theirs: dict[int, list[tuple[int, datetime, datetime]]] = defaultdict(list)
    for member, message, first, last in rows:
        theirs[member].append((message, first, last))
    return {member: _answers(theirs[member]) for member in members}


def _answers(rows: Sequence[tuple[int, datetime, datetime]]) -> Answers:
    if not rows:
        return Answers()
    prompts, first, last = zip(*rows, strict=True)
    return Answers(prompts, tuple(map(to_microseconds, first)), to_microseconds(max(last)))


def _keep(session: Session, places: Sequence[_Place], found: Mapping[int, Answers]) -> None:
    """Where nothing may be written, on a copy that is only read, the report goes out all the same."""
    rows = [
        {"enrollment_id": each.enrollment, "changes": each.changes, "answers": packed(found[each.member])}
        for each in sorted(places, key=lambda each: each.enrollment)  # all in one order: nobody waits in a circle
    ]
    try:
        with session.begin_nested():
            session.execute(_upsert(session.get_bind().dialect), rows)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        log.warning("tallies not kept members=%d error=%s", len(rows), type(error.orig).__name__)


def _upsert(dialect: Dialect) -> sqlite.Insert | postgresql.Insert:
    """Both databases say it alike, each with a statement of its own. One that was marked with a lower number came from
    somebody slower, and does not take a newer one's place."""
    table = Tally.metadata.tables[Tally.__tablename__]
    insert = (sqlite.insert if dialect.name == "sqlite" else postgresql.insert)(table)
    new = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=["enrollment_id"],
        set_={"changes": new.changes, "answers": new.answers},
        where=Tally.changes < new.changes,
    )


def _chunks(places: Collection[_Place]) -> Iterator[list[_Place]]:
    left = iter(places)
    while chunk := list(islice(left, AT_ONCE)):
        yield chunk

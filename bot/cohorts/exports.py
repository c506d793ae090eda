"""What leaves the record as a table: read a page at a time, in one order, never all at once."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from bot.cohorts.writing import NOTE, PRAISE
from bot.store.tables import Cohort, Delivery, Enrollment, Feedback, Member, Message, Revision, Submission

PAGE = 500
"""Submissions that are looked up together."""

AT_ONCE = 1_000_000
"""Characters of their texts that are held together; one text may be longer."""

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class Remark:
    """What somebody said about a submission; praise has no words. shared: for all who read the thread."""

    by: str
    kind: str
    text: str
    shared: bool
    at: datetime


@dataclass(frozen=True)
class SubmissionRow:
    """One submission. text: "" of what its member has withdrawn, which is theirs again. revisions: how often it was
    changed, revised_at last. remarks: oldest first."""

    submission: int
    member: str
    ref: str
    lesson: int
    local_date: date
    prompt: str
    text: str
    sent_at: datetime
    revisions: int
    revised_at: datetime | None
    withdrawn_at: datetime | None
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class _Prompt:
    """A prompt that was put before the cohort."""

    message: int
    prompt: str
    lesson: int
    local_date: date


def count_submissions(session: Session, cohort: Cohort) -> int:
    """How many rows `submission_rows` will give."""
    query = select(func.count(Submission.id)).join(Message, Message.id == Submission.message_id)
    query = query.join(Delivery, Delivery.id == Message.delivery_id)
    return session.scalar(query.where(Delivery.cohort_id == cohort.id, Message.prompt.is_not(None))) or 0


def submission_rows(session: Session, cohort: Cohort) -> Iterator[SubmissionRow]:
    """Every submission in a cohort: lesson by lesson, prompt by prompt, each writer's together."""
    for prompt in _prompts(session, cohort):
        for page in _pages(session, prompt.message):
            yield from _rows(session, prompt, page)


def members_called(session: Session, cohort: Cohort, called: str) -> Sequence[Member]:
    """Who is or was in the cohort and has this name, or is known by this reference on their platform."""
    rows = session.execute(
        select(Member.id, Member.name, Member.ref)
        .join(Enrollment, Enrollment.member_id == Member.id)
        .where(Enrollment.cohort_id == cohort.id)
    )
    wanted = called.strip().casefold()  # SQLite lowers ASCII only, so that the names are compared here
    found = [each.id for each in rows if wanted in (each.name.strip().casefold(), each.ref.casefold())]
    return session.scalars(select(Member).where(Member.id.in_(found)).order_by(Member.id)).all()


def _prompts(session: Session, cohort: Cohort) -> list[_Prompt]:
    rows = session.execute(
        select(Message.id, Message.prompt, Delivery.lesson, Delivery.local_date)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(Delivery.cohort_id == cohort.id, Message.prompt.is_not(None))
        .order_by(Delivery.local_date, Message.number, Message.id)
    )
    return [_Prompt(message, prompt or "", lesson, day) for message, prompt, lesson, day in rows]


def _pages(session: Session, message: int) -> Iterator[list[int]]:
    """The submissions to a prompt, as many together as may be held."""
    place = tuple_(Submission.member_id, Submission.id)
    query = select(Submission.member_id, Submission.id, func.length(Submission.text)).order_by(
        Submission.member_id, Submission.id
    )
    last = (0, 0)
    while found := session.execute(query.where(Submission.message_id == message, place > last).limit(PAGE)).all():
        last = (found[-1][0], found[-1][1])
        yield from _parted([(submission, length) for _, submission, length in found])


def _parted(found: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    page: list[int] = []
    room = AT_ONCE
    for submission, length in found:
        if page and length > room:
            yield page
            page, room = [], AT_ONCE
        page.append(submission)
        room -= length
    yield page


def _rows(session: Session, prompt: _Prompt, page: Sequence[int]) -> Iterator[SubmissionRow]:
    changes, remarks = _changes(session, page), _remarks(session, page)
    for each in session.execute(
        select(Submission.id, Member.name, Member.ref, Submission.text, Submission.sent_at, Submission.withdrawn_at)
        .join(Member, Member.id == Submission.member_id)
        .where(Submission.id.in_(page))
        .order_by(Submission.member_id, Submission.id)
    ):
        revisions, last = changes.get(each.id, (0, 0))
        yield SubmissionRow(
            submission=each.id,
            member=each.name,
            ref=each.ref,
            lesson=prompt.lesson,
            local_date=prompt.local_date,
            prompt=prompt.prompt,
            text="" if each.withdrawn_at else each.text,
            sent_at=each.sent_at,
            revisions=revisions,
            revised_at=_EPOCH + timedelta(microseconds=last) if revisions else None,
            withdrawn_at=each.withdrawn_at,
            remarks=tuple(remarks.get(each.id, ())),
        )


def _changes(session: Session, page: Sequence[int]) -> Mapping[int, tuple[int, int]]:
    """Submission → how often it was changed, and its last revision."""
    rows = session.execute(
        select(Revision.submission_id, func.count(), func.max(Revision.revision))
        .where(Revision.submission_id.in_(page), Revision.revision > 0)
        .group_by(Revision.submission_id)
    )
    return {submission: (number, last) for submission, number, last in rows}


def _remarks(session: Session, page: Sequence[int]) -> Mapping[int, list[Remark]]:
    found: dict[int, list[Remark]] = defaultdict(list)
    for each in session.execute(
        select(Feedback.submission_id, Member.name, Feedback.kind, Feedback.text, Feedback.shared, Feedback.at)
        .join(Member, Member.id == Feedback.by_id)
        .where(Feedback.submission_id.in_(page))
        .order_by(Feedback.id)
    ):
        kind = PRAISE if each.kind == PRAISE else NOTE
        found[each.submission_id].append(Remark(each.name, kind, each.text, each.shared, each.at))
    return found

"""How far a member is: one pure function from the record to a state per lesson.

Only what was released to a member and expected of them counts: not what came before they joined, while they were
excused, or after they left. An answer counts for its prompt whenever it comes; it is on time until the lesson closes,
and a lesson that went out late stays open for a day at least.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.cohorts.calendar import Span
from bot.cohorts.cohorts import LEARNER
from bot.store.tables import Absence, Cohort, Delivery, Enrollment, Member, Message, Submission

LEAST_TIME = timedelta(hours=24)
"""A lesson can be answered on time for at least this long after it really went out."""


class State(StrEnum):
    DONE = "done"
    LATE = "late"
    OPEN = "open"
    EXCUSED = "excused"
    NOT_YET = "not yet open"
    MISSED = "missed"


@dataclass(frozen=True)
class Released:
    """A lesson as it was put before the cohort. released_at: None while it is not out. prompts: the ids of the messages
    that are out and ask something."""

    lesson: int
    local_date: date
    released_at: datetime | None
    closes_at: datetime
    prompts: tuple[int, ...]


@dataclass(frozen=True)
class Membership:
    joined_on: date
    left_on: date | None = None
    absences: tuple[Span, ...] = ()


@dataclass(frozen=True)
class LessonState:
    """One lesson for one member: answered of asked prompts, and until when it is on time."""

    lesson: int
    state: State
    answered: int
    asked: int
    closes_at: datetime


@dataclass(frozen=True)
class Progress:
    """One member's lessons in order. last_answer: when anything of theirs that stands was written."""

    member: int
    name: str
    ref: str
    lessons: tuple[LessonState, ...]
    streak: int
    last_answer: datetime | None

    def count(self, state: State) -> int:
        return sum(each.state is state for each in self.lessons)


def lesson_states(
    released: Sequence[Released], membership: Membership, answers: Mapping[int, datetime], now: datetime
) -> tuple[LessonState, ...]:
    """The states of the lessons that concern a member. answers: prompt message id → when its answer was written."""
    states = (_state(each, membership, answers, now) for each in sorted(released, key=lambda each: each.local_date))
    return tuple(state for state in states if state is not None)


def streak(lessons: Sequence[LessonState]) -> int:
    """Lessons answered in a row up to now. Excused and still open ones are passed over, a missed one ends the row;
    answering it late mends it."""
    length = 0
    for each in reversed(lessons):
        if each.state in (State.DONE, State.LATE):
            length += 1
        elif each.state is State.MISSED:
            break
    return length


def cohort_progress(session: Session, cohort: Cohort, now: datetime) -> tuple[Progress, ...]:
    """The progress of everybody who learns in the cohort now, by name."""
    rows = session.execute(
        select(Enrollment, Member)
        .join(Member, Member.id == Enrollment.member_id)
        .where(Enrollment.cohort_id == cohort.id, Enrollment.role == LEARNER, Enrollment.left_on.is_(None))
        .order_by(func.lower(Member.name), Member.id)
    ).all()
    return _progress_of(session, cohort, [(enrollment, member) for enrollment, member in rows], now)


def member_progress(session: Session, cohort: Cohort, member: Member, now: datetime) -> Progress | None:
    """One member's progress, whatever their role; None when they were never in the cohort."""
    enrollment = session.scalar(
        select(Enrollment).where(Enrollment.cohort_id == cohort.id, Enrollment.member_id == member.id)
    )
    return _progress_of(session, cohort, [(enrollment, member)], now)[0] if enrollment else None


def released_lessons(session: Session, cohort: Cohort) -> tuple[Released, ...]:
    """Every lesson in the cohort's ledger that is or will be before it."""
    deliveries = session.scalars(
        select(Delivery).where(Delivery.cohort_id == cohort.id, Delivery.kind == "lesson", Delivery.state != "skipped")
    ).all()
    asked: dict[int, list[int]] = defaultdict(list)
    for delivery, message in session.execute(
        select(Message.delivery_id, Message.id)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(Delivery.cohort_id == cohort.id, Message.prompt.is_not(None), Message.ref.is_not(None))
    ):
        asked[delivery].append(message)
    return tuple(
        Released(each.lesson, each.local_date, each.posted_at, each.closes_at, tuple(asked[each.id]))
        for each in deliveries
    )


def _state(
    released: Released, membership: Membership, answers: Mapping[int, datetime], now: datetime
) -> LessonState | None:
    """None when the lesson does not concern the member: it came before they joined, after they left, asks nothing."""
    written = [answers[prompt] for prompt in released.prompts if prompt in answers]
    closes_at = released.closes_at
    if released.released_at is not None:
        closes_at = max(closes_at, released.released_at + LEAST_TIME)

    def as_state(state: State) -> LessonState:
        return LessonState(released.lesson, state, len(written), len(released.prompts), closes_at)

    if released.prompts and len(written) == len(released.prompts):
        return as_state(State.DONE if max(written) <= closes_at else State.LATE)
    if released.local_date < membership.joined_on:
        return None
    if membership.left_on is not None and released.local_date >= membership.left_on:
        return None
    if any(released.local_date in absence for absence in membership.absences):
        return as_state(State.EXCUSED)
    if released.released_at is None:
        return as_state(State.NOT_YET)
    if not released.prompts:
        return None
    return as_state(State.OPEN if now <= closes_at else State.MISSED)


def _progress_of(
    session: Session, cohort: Cohort, people: Sequence[tuple[Enrollment, Member]], now: datetime
) -> tuple[Progress, ...]:
    released = released_lessons(session, cohort)
    answers, last = _answers(session, cohort, [member.id for _, member in people] if len(people) == 1 else None)
    absences = _absences(session, cohort)
    progress = []
    for enrollment, member in people:
        membership = Membership(enrollment.joined_on, enrollment.left_on, tuple(absences[enrollment.id]))
        lessons = lesson_states(released, membership, answers[member.id], now)
        progress.append(Progress(member.id, member.name, member.ref, lessons, streak(lessons), last.get(member.id)))
    return tuple(progress)


def _answers(
    session: Session, cohort: Cohort, members: Sequence[int] | None
) -> tuple[dict[int, dict[int, datetime]], dict[int, datetime]]:
    """member → prompt message → when the first standing reply was written; member → when the last one was."""
    query = (
        select(
            Submission.member_id,
            Submission.message_id,
            func.min(Submission.sent_at),
            func.max(Submission.sent_at),
        )
        .join(Message, Message.id == Submission.message_id)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(Delivery.cohort_id == cohort.id, Submission.withdrawn_at.is_(None))
        .group_by(Submission.member_id, Submission.message_id)
    )
    if members is not None:
        query = query.where(Submission.member_id.in_(members))
    answers: dict[int, dict[int, datetime]] = defaultdict(dict)
    last: dict[int, datetime] = {}
    for member, message, first, latest in session.execute(query):
        answers[member][message] = first
        last[member] = max(latest, last.get(member, latest))
    return answers, last


def _absences(session: Session, cohort: Cohort) -> dict[int, list[Span]]:
    spans: dict[int, list[Span]] = defaultdict(list)
    for absence in session.scalars(
        select(Absence)
        .join(Enrollment, Enrollment.id == Absence.enrollment_id)
        .where(Enrollment.cohort_id == cohort.id)
    ):
        spans[absence.enrollment_id].append(Span(absence.first_date, absence.last_date))
    return spans

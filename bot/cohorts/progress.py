"""How far everybody in a cohort is, from the record: what `states` defines, worked out by `masks` from `tallies`."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from bot.cohorts.calendar import Span
from bot.cohorts.cohorts import LEARNER
from bot.cohorts.masks import Ledger, Masks, masks_of, to_ledger, to_moment
from bot.cohorts.states import (
    LEAST_TIME,
    LessonState,
    Membership,
    Released,
    State,
    lesson_states,
    missed_in_a_row,
    streak,
)
from bot.cohorts.tallies import Answers, answers_in
from bot.store.tables import Absence, Cohort, Delivery, Enrollment, Member, Message

__all__ = [
    "LEAST_TIME",
    "LessonState",
    "Membership",
    "Progress",
    "Released",
    "State",
    "cohort_progress",
    "lesson_states",
    "member_progress",
    "missed_in_a_row",
    "released_lessons",
    "streak",
]

LEARNING = (Enrollment.role == LEARNER, Enrollment.left_on.is_(None))
"""Who learns in a cohort now."""


@dataclass(frozen=True)
class Progress:
    """One member's lessons in a cohort. What they were worked out from stands beside: ledger (everybody's the same),
    membership, answers; masks are the lessons by state, as bits."""

    member: int
    name: str
    ref: str
    ledger: Ledger = field(repr=False)
    membership: Membership = field(repr=False)
    answers: Answers = field(repr=False)
    masks: Masks = field(repr=False)

    def count(self, state: State) -> int:
        return self.masks.of(state).bit_count()

    @property
    def streak(self) -> int:
        return self.masks.streak

    @property
    def missed_in_a_row(self) -> int:
        return self.masks.missed_in_a_row

    @property
    def last_answer(self) -> datetime | None:
        """When anything of theirs that stands was written."""
        return None if self.answers.last is None else to_moment(self.answers.last)

    @cached_property
    def lessons(self) -> tuple[LessonState, ...]:
        """Lesson by lesson, in the order of their dates. Made when first asked for: a cohort has many."""
        by_state = [(state, self.masks.of(state)) for state in State]
        answered = frozenset(self.answers.prompts)
        return tuple(
            LessonState(each.lesson, state, len(answered.intersection(each.prompts)), len(each.prompts), each.ends_at)
            for number, each in enumerate(self.ledger.lessons)
            for state, mask in by_state
            if mask >> number & 1
        )


def cohort_progress(session: Session, cohort: Cohort, now: datetime) -> tuple[Progress, ...]:
    """The progress of everybody who learns in the cohort now, by name."""
    return _progress_of(session, cohort, LEARNING, now)


def member_progress(session: Session, cohort: Cohort, member: Member, now: datetime) -> Progress | None:
    """One member's progress, whatever their role; None when they were never in the cohort."""
    found = _progress_of(session, cohort, (Enrollment.member_id == member.id,), now)
    return found[0] if found else None


def released_lessons(session: Session, cohort: Cohort) -> tuple[Released, ...]:
    """Every lesson in the cohort's ledger that is or will be before it."""
    asked: dict[int, list[int]] = defaultdict(list)
    for delivery, message in session.execute(
        select(Message.delivery_id, Message.id)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(Delivery.cohort_id == cohort.id, Message.prompt.is_not(None), Message.ref.is_not(None))
        .order_by(Message.number)
    ):
        asked[delivery].append(message)
    ours = (Delivery.cohort_id == cohort.id, Delivery.kind == "lesson", Delivery.state != "skipped")
    rows = session.execute(
        select(Delivery.id, Delivery.lesson, Delivery.local_date, Delivery.posted_at, Delivery.closes_at).where(*ours)
    )
    return tuple(
        Released(lesson, local_date, posted_at, closes_at, tuple(asked[delivery]))
        for delivery, lesson, local_date, posted_at, closes_at in rows
    )


def _progress_of(
    session: Session, cohort: Cohort, whose: Iterable[ColumnElement[bool]], now: datetime
) -> tuple[Progress, ...]:
    whose = tuple(whose)
    answers = answers_in(session, cohort, *whose)
    ledger = to_ledger(released_lessons(session, cohort), now)
    absences = _absences(session, cohort)
    rows = session.execute(
        select(Enrollment.id, Enrollment.joined_on, Enrollment.left_on, Member.id, Member.name, Member.ref)
        .join(Member, Member.id == Enrollment.member_id)
        .where(Enrollment.cohort_id == cohort.id, *whose)
        .order_by(func.lower(Member.name), Member.id)
    )
    found = []
    for enrollment, joined_on, left_on, member, name, ref in rows:
        membership = Membership(joined_on, left_on, tuple(absences.get(enrollment, ())))
        theirs = answers.get(member, Answers())
        masks = masks_of(ledger, membership, theirs.prompts, theirs.first)
        found.append(Progress(member, name, ref, ledger, membership, theirs, masks))
    return tuple(found)


def _absences(session: Session, cohort: Cohort) -> dict[int, list[Span]]:
    spans: dict[int, list[Span]] = defaultdict(list)
    for enrollment, first, last in session.execute(
        select(Absence.enrollment_id, Absence.first_date, Absence.last_date)
        .join(Enrollment, Enrollment.id == Absence.enrollment_id)
        .where(Enrollment.cohort_id == cohort.id)
    ):
        spans[enrollment].append(Span(first, last))
    return spans

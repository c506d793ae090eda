"""One member's whole way through the course in one cohort. Whoever opens somebody else's leaves an entry in the audit,
and the member can see who did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cohorts.audit import Action, write_down
from bot.cohorts.calendar import Span
from bot.cohorts.cohorts import find_enrollment
from bot.cohorts.progress import LessonState, Progress, State, member_progress
from bot.cohorts.writing import Written, answers_of
from bot.curriculum.model import Course
from bot.store.database import wait_for_turn
from bot.store.tables import Absence, AuditEntry, Cohort, Delivery, Enrollment, Member, Message

WRITTEN_DOWN_EVERY = timedelta(hours=1)
"""Who opens the same path again within this time has opened it once."""


@dataclass(frozen=True)
class Step:
    """One prompt on the way. ask: its words in the course, "" when the course has it no more. key: what buttons call
    it. ref: where it stands."""

    prompt: str
    ask: str
    key: str
    ref: str | None
    answer: Written | None


@dataclass(frozen=True)
class Stage:
    """One lesson on the way. title: "" when the course has it no more. state: None for a lesson that was not expected
    of the member, and of which they answered something all the same. closes_at: until when it is, or was, on time;
    None where nothing was expected. excused: whether they were, whatever they answered."""

    lesson: int
    title: str
    local_date: date
    state: State | None
    closes_at: datetime | None
    excused: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Path:
    """Everything that one member has written in a cohort, in the order of the lessons, with what was expected of them
    and what was said. ref: the member as their platform knows them; excused: the spans of dates, oldest first; left_on:
    None for who is in it now."""

    member: int
    name: str
    ref: str
    role: str
    joined_on: date
    left_on: date | None
    excused: tuple[Span, ...]
    progress: Progress
    stages: tuple[Stage, ...]

    @property
    def answers(self) -> tuple[Written, ...]:
        return tuple(step.answer for stage in self.stages for step in stage.steps if step.answer is not None)


@dataclass(frozen=True)
class Opened:
    """Somebody has read a member's path. by: their name; None for an operator, or who is not known any more."""

    by: str | None
    at: datetime


def member_path(session: Session, course: Course, cohort: Cohort, member: Member, now: datetime) -> Path | None:
    """The member's way up to now; None when they were never in the cohort. It does not ask who reads it: see
    `open_path`."""
    enrollment = find_enrollment(session, cohort, member)
    progress = member_progress(session, cohort, member, now)
    if enrollment is None or progress is None:
        return None
    excused = _excused(session, enrollment)
    return Path(
        member=member.id,
        name=member.name,
        ref=member.ref,
        role=enrollment.role,
        joined_on=enrollment.joined_on,
        left_on=enrollment.left_on,
        excused=excused,
        progress=progress,
        stages=_stages(session, course, cohort, progress, answers_of(session, cohort.id, member.id), excused),
    )


def open_path(session: Session, cohort: Cohort, by: Member, member: Member, now: datetime) -> bool:
    """Write down that `by` opens the member's path, in the transaction that reads it. False when that is written down
    already (`WRITTEN_DOWN_EVERY`), and for one's own, which is nobody's concern. Whether they may is asked before."""
    if by.id == member.id:
        return False
    wait_for_turn(session, "path", str(cohort.id), str(by.id), str(member.id))
    lately = select(AuditEntry.id).where(
        AuditEntry.about_id == member.id,
        AuditEntry.by_id == by.id,
        AuditEntry.cohort_id == cohort.id,
        AuditEntry.action == Action.PATH_READ,
        AuditEntry.at > now - WRITTEN_DOWN_EVERY,
    )
    if session.scalar(lately.limit(1)) is not None:
        return False
    write_down(session, cohort, by, Action.PATH_READ, "everything written in this cohort", now, about=member)
    return True


def who_opened(session: Session, cohort: Cohort, member: Member, limit: int = 20) -> tuple[Opened, ...]:
    """Who has read the member's path, the last first."""
    rows = session.execute(
        select(Member.name, AuditEntry.at)
        .select_from(AuditEntry)
        .outerjoin(Member, Member.id == AuditEntry.by_id)
        .where(
            AuditEntry.about_id == member.id,
            AuditEntry.cohort_id == cohort.id,
            AuditEntry.action == Action.PATH_READ,
        )
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return tuple(Opened(name, at) for name, at in rows)


def _excused(session: Session, enrollment: Enrollment) -> tuple[Span, ...]:
    rows = session.scalars(select(Absence).where(Absence.enrollment_id == enrollment.id).order_by(Absence.first_date))
    return tuple(Span(each.first_date, each.last_date) for each in rows)


def _stages(
    session: Session,
    course: Course,
    cohort: Cohort,
    progress: Progress,
    answers: Sequence[Written],
    excused: Sequence[Span],
) -> tuple[Stage, ...]:
    expected = {each.lesson: each for each in progress.lessons}
    written = {each.message: each for each in answers}
    stages = []
    for delivery, messages in _lessons(session, cohort):
        steps = tuple(_step(course, delivery.lesson, each, written) for each in messages)
        if delivery.lesson in expected or any(step.answer for step in steps):
            stages.append(_stage(course, delivery, expected.get(delivery.lesson), excused, steps))
    return tuple(stages)


def _stage(
    course: Course, delivery: Delivery, expected: LessonState | None, excused: Sequence[Span], steps: tuple[Step, ...]
) -> Stage:
    lesson = course.lessons.get(delivery.lesson)
    return Stage(
        lesson=delivery.lesson,
        title=lesson.title if lesson else "",
        local_date=delivery.local_date,
        state=expected.state if expected else None,
        closes_at=expected.closes_at if expected else None,
        excused=any(delivery.local_date in span for span in excused),
        steps=steps,
    )


def _step(course: Course, lesson: int, message: Message, written: Mapping[int, Written]) -> Step:
    taught = course.lessons.get(lesson)
    prompt = next((each for each in taught.prompts if each.id == message.prompt), None) if taught else None
    ask = prompt.ask if prompt else ""
    return Step(message.prompt or "", ask, message.key, message.ref, written.get(message.id))


def _lessons(session: Session, cohort: Cohort) -> list[tuple[Delivery, list[Message]]]:
    """The cohort's lessons that are or will be before it, oldest first, each with the prompts that are out."""
    deliveries = session.scalars(
        select(Delivery)
        .where(Delivery.cohort_id == cohort.id, Delivery.kind == "lesson", Delivery.state != "skipped")
        .order_by(Delivery.local_date)
    ).all()
    asked: dict[int, list[Message]] = {each.id: [] for each in deliveries}
    for message in session.scalars(
        select(Message)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(Delivery.cohort_id == cohort.id, Message.prompt.is_not(None), Message.ref.is_not(None))
        .order_by(Message.number)
    ):
        if message.delivery_id in asked:
            asked[message.delivery_id].append(message)
    return [(each, asked[each.id]) for each in deliveries]

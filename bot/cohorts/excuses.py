"""Dates on which a facilitator excuses a member, and the way back."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cohorts.calendar import Span
from bot.store.tables import Absence, Delivery, Enrollment

LONGEST = 366
"""Ours: days that one excuse may take. Who is away for longer leaves, and joins again."""

_DAY = timedelta(days=1)


def absences_of(session: Session, enrollment: int) -> tuple[Span, ...]:
    """What a member is excused from, oldest first."""
    rows = session.scalars(
        select(Absence).where(Absence.enrollment_id == enrollment).order_by(Absence.first_date, Absence.last_date)
    )
    return tuple(Span(each.first_date, each.last_date) for each in rows)


def excuse_from(session: Session, enrollment: Enrollment, span: Span) -> bool:
    """Excuse a member on all dates of a span. False when they are on every one of them already."""
    missing = tuple(_without((span,), absences_of(session, enrollment.id)))
    for each in missing:
        _set(session, enrollment, each)
    return bool(missing)


def count_again(session: Session, enrollment: Enrollment, span: Span) -> bool:
    """Nothing of a span is excused any more, whoever excused it; what lies before and behind it still is. False when
    nothing of it was."""
    touched = session.scalars(
        select(Absence).where(
            Absence.enrollment_id == enrollment.id, Absence.first_date <= span.last, Absence.last_date >= span.first
        )
    ).all()
    kept = tuple(_without([Span(each.first_date, each.last_date) for each in touched], (span,)))
    for absence in touched:
        session.delete(absence)
    session.flush()
    for each in kept:
        _set(session, enrollment, each)
    return bool(touched)


def date_of(session: Session, cohort: int, lesson: int) -> date | None:
    """The date that a lesson has in the cohort's ledger; None for one that has none yet."""
    return session.scalar(
        select(Delivery.local_date).where(
            Delivery.cohort_id == cohort,
            Delivery.kind == "lesson",
            Delivery.lesson == lesson,
            Delivery.state != "skipped",
        )
    )


def _set(session: Session, enrollment: Enrollment, span: Span) -> None:
    """One that begins on the same date is made longer: there is one row for each first date."""
    there = session.get(Absence, (enrollment.id, span.first))
    if there is not None:
        there.last_date = max(there.last_date, span.last)
        return
    session.add(Absence(enrollment_id=enrollment.id, first_date=span.first, last_date=span.last))
    session.flush()


def _without(spans: Sequence[Span], gone: Sequence[Span]) -> Iterator[Span]:
    """What of the spans lies outside of all that is gone."""
    for span in spans:
        rest = [span]
        for each in gone:
            rest = [part for one in rest for part in _cut(one, each)]
        yield from rest


def _cut(span: Span, gone: Span) -> Iterator[Span]:
    if gone.last < span.first or gone.first > span.last:
        yield span
        return
    if span.first < gone.first:
        yield Span(span.first, gone.first - _DAY)
    if span.last > gone.last:
        yield Span(gone.last + _DAY, span.last)

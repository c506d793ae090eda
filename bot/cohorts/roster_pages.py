"""Who is in a cohort now, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.cohorts.cohorts import LEARNER
from bot.store.tables import Cohort, Enrollment, Member

MOST_STAFF = 200


@dataclass(frozen=True)
class Place:
    """Somebody in the cohort. ref: as their platform calls them."""

    member: int
    name: str
    ref: str
    role: str
    joined_on: date


def count_in_cohort(session: Session, cohort: Cohort) -> int:
    there = select(func.count()).select_from(Enrollment)
    return session.scalar(there.where(Enrollment.cohort_id == cohort.id, Enrollment.left_on.is_(None))) or 0


def in_cohort(session: Session, cohort: Cohort, first: int, most: int) -> Sequence[Place]:
    """By name, at most `most` from `first` on; facilitators and observers stand before everybody else."""
    by_role = (Enrollment.role == LEARNER, Enrollment.role)
    return _places(
        session, _in(cohort).order_by(*by_role, func.lower(Member.name), Member.id).offset(first).limit(most)
    )


def staff(session: Session, cohort: Cohort) -> Sequence[Place]:
    """Its facilitators, and then its observers."""
    here = _in(cohort).where(Enrollment.role != LEARNER)
    return _places(session, here.order_by(Enrollment.role, func.lower(Member.name), Member.id).limit(MOST_STAFF))


def _in(cohort: Cohort) -> Select[int, str, str, str, date]:
    return (
        select(Member.id, Member.name, Member.ref, Enrollment.role, Enrollment.joined_on)
        .join(Enrollment, Enrollment.member_id == Member.id)
        .where(Enrollment.cohort_id == cohort.id, Enrollment.left_on.is_(None))
    )


def _places(session: Session, query: Select[int, str, str, str, date]) -> Sequence[Place]:
    rows = session.execute(query)
    return [Place(member, name, ref, role, joined_on) for member, name, ref, role, joined_on in rows]

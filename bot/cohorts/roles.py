"""What somebody is in a cohort: learner, facilitator or observer. A cohort that has a facilitator keeps one."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.cohorts.audit import Action, write_down
from bot.cohorts.cohorts import FACILITATOR, LEARNER, OBSERVER
from bot.store.database import wait_for_turn
from bot.store.tables import Cohort, Enrollment, Member

ROLES = (LEARNER, FACILITATOR, OBSERVER)


def change_role(
    session: Session, cohort: Cohort, enrollment: Enrollment, role: str, by: Member | None, now: datetime
) -> bool:
    """Make somebody who is in the cohort something else. False when they are its last facilitator, and so stay it."""
    hold_roles(session, cohort)
    session.refresh(enrollment)
    if enrollment.role == role:
        return True
    if enrollment.role == FACILITATOR and count_facilitators(session, cohort) <= 1:
        return False
    member = session.get_one(Member, enrollment.member_id)
    write_down(session, cohort, by, Action.ROSTER, f"role: {enrollment.role} to {role}", now, about=member)
    enrollment.role = role
    return True


def is_last_facilitator(session: Session, cohort: Cohort, member: Member) -> bool:
    """Whether a cohort that goes on would be left without one. Nobody else can step down until the transaction
    ends."""
    if cohort.state == "finished":
        return False
    hold_roles(session, cohort)
    theirs = select(Enrollment.role).where(
        Enrollment.cohort_id == cohort.id, Enrollment.member_id == member.id, Enrollment.left_on.is_(None)
    )
    return session.scalar(theirs) == FACILITATOR and count_facilitators(session, cohort) <= 1


def hold_roles(session: Session, cohort: Cohort) -> None:
    """Until the transaction ends nobody else changes roles there: two facilitators do not make each other learners at
    the same time."""
    wait_for_turn(session, "roles", str(cohort.id))


def count_facilitators(session: Session, cohort: Cohort) -> int:
    """Those who have not left."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Enrollment)
            .where(Enrollment.cohort_id == cohort.id, Enrollment.role == FACILITATOR, Enrollment.left_on.is_(None))
        )
        or 0
    )


def find_in_cohort(
    session: Session, cohort: Cohort, wanted: str, limit: int = 5
) -> Sequence[tuple[Member, Enrollment]]:
    """Who is in the cohort now and is called that, or has that reference: at most `limit`."""
    rows = session.execute(
        select(Member, Enrollment)
        .join(Enrollment, Enrollment.member_id == Member.id)
        .where(Enrollment.cohort_id == cohort.id, Enrollment.left_on.is_(None))
        .order_by(Member.id)
    )
    sought = wanted.casefold()  # SQLite lowers ASCII only, so that the names are compared here
    found = [
        (member, enrollment) for member, enrollment in rows if sought in (member.ref.casefold(), member.name.casefold())
    ]
    return found[:limit]

"""What was done in a cohort, by whom, about whom: for its facilitators, and for the members whom it concerns."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.tables import AuditEntry, Cohort, Member


class Action(StrEnum):
    """At most 30 characters each."""

    PATH_READ = "path read"  # a member's whole way through the course was opened
    EXCUSED = "excused"
    COUNTED = "counted again"
    FEEDBACK = "feedback"
    NUDGED = "nudged"
    CALENDAR = "calendar"
    SETTING = "setting"
    ROSTER = "roster"
    EXPORTED = "exported"
    INVITED = "invited"
    ARCHIVED = "archived"
    SIGNED_OUT = "signed out everywhere"


def write_down(
    session: Session,
    cohort: Cohort,
    by: Member | None,
    action: Action,
    says: str,
    now: datetime,
    about: Member | None = None,
) -> None:
    """One entry, in the same transaction as what it tells of. by: None for an operator at the command line. says: what
    changed, from what to what; never a member's words."""
    by_id, about_id = by and by.id, about and about.id
    session.add(AuditEntry(cohort_id=cohort.id, by_id=by_id, about_id=about_id, action=action, says=says, at=now))


def entries(
    session: Session, cohort: Cohort, before: int | None = None, limit: int = 50, about: Member | None = None
) -> Sequence[AuditEntry]:
    """The cohort's entries, newest first; before: an entry's id, for the next page; about: only those about a
    member."""
    query = select(AuditEntry).where(AuditEntry.cohort_id == cohort.id)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    if about is not None:
        query = query.where(AuditEntry.about_id == about.id)
    return session.scalars(query.order_by(AuditEntry.id.desc()).limit(limit)).all()

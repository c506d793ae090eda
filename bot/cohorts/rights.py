"""What somebody who is signed in may, asked anew at each request: a role that is taken away is gone at once."""

from dataclasses import dataclass
from enum import IntEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cohorts.cohorts import FACILITATOR, LEARNER, OBSERVER
from bot.store.tables import Cohort, Enrollment, Member, Visit


class Audience(IntEnum):
    """What somebody is in a cohort, in rising order."""

    MEMBER = 1  # whoever is in the cohort now
    OBSERVER = 2  # observers and facilitators: they may read
    FACILITATOR = 3  # they may write


@dataclass(frozen=True)
class Right:
    """A cohort, and what somebody is in it."""

    cohort: Cohort
    audience: Audience


_AUDIENCES = {LEARNER: Audience.MEMBER, OBSERVER: Audience.OBSERVER, FACILITATOR: Audience.FACILITATOR}


def rights_of(session: Session, visit: Visit) -> tuple[Right, ...]:
    """Every cohort that the visit opens, archived ones included: those that run first, then the newest first.

    A member is somebody in one workspace of one platform, so nothing of another one is among them. Whom the platform
    lets administer a cohort's place facilitates that cohort, for which they asked, and no other.
    """
    member = session.get(Member, visit.member_id)
    found = session.execute(
        select(Cohort, Enrollment.role)
        .join(Enrollment, Enrollment.cohort_id == Cohort.id)
        .where(Enrollment.member_id == visit.member_id, Enrollment.left_on.is_(None))
    )
    rights = {cohort.id: Right(cohort, _AUDIENCES[role]) for cohort, role in found if _is_place_of(cohort, member)}
    if visit.manages:
        own = session.get(Cohort, visit.cohort_id)
        if own is not None:
            rights[own.id] = Right(own, Audience.FACILITATOR)
    return tuple(sorted(rights.values(), key=_place))


def _is_place_of(cohort: Cohort, member: Member | None) -> bool:
    return member is not None and (cohort.platform, cohort.workspace) == (member.platform, member.workspace)


def _place(right: Right) -> tuple[bool, bool, int]:
    cohort = right.cohort
    return cohort.archived_at is not None, cohort.state == "finished", -cohort.id

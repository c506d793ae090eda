"""How far somebody may see from a channel, in one question: every look-up asks it."""

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from bot.cohorts.cohorts import FACILITATOR
from bot.store.tables import Cohort, Delivery, Enrollment, Member, SkippedLesson


@dataclass(frozen=True)
class Sight:
    """facilitates: by their role in the channel's cohort. up_to_day: the last day that its members may read; 0 before
    the first lesson."""

    facilitates: bool
    up_to_day: int


def find_sight(session: Session, platform: str, channel: str, ref: str) -> Sight | None:
    """Of the person `ref` in the cohort that `cohorts.find_cohort` finds in the channel; None where there is none.

    Says what `is_facilitator`, `find_enrollment` and `skips.past` say of it, in one statement that was built once, past
    the ORM: of what a look-up costs the database was the largest part.
    """
    row = session.connection().execute(_SEEN, {"platform": platform, "channel": channel, "ref": ref}).first()
    if row is None:
        return None
    state, left, role, reached, skipped = row
    over = state == "finished" and left is None
    return Sight(role == FACILITATOR, max(reached or 0, (skipped or 0) if over else 0))


_REACHED = (
    select(func.max(Delivery.lesson))
    .where(Delivery.cohort_id == Cohort.id, Delivery.posted_at.is_not(None))
    .scalar_subquery()
)
_SKIPPED = select(func.max(SkippedLesson.lesson)).where(SkippedLesson.cohort_id == Cohort.id).scalar_subquery()
_SEEN = (
    select(Cohort.state, Cohort.next_lesson, Enrollment.role, _REACHED, _SKIPPED)
    .outerjoin(
        Member,
        (Member.platform == Cohort.platform)
        & (Member.workspace == Cohort.workspace)
        & (Member.ref == bindparam("ref")),
    )
    .outerjoin(
        Enrollment,
        (Enrollment.cohort_id == Cohort.id) & (Enrollment.member_id == Member.id) & Enrollment.left_on.is_(None),
    )
    .where(Cohort.platform == bindparam("platform"), Cohort.channel == bindparam("channel"))
    .order_by(Cohort.state == "finished", Cohort.archived_at.is_not(None), Cohort.id.desc())
    .limit(1)
)

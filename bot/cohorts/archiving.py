"""A cohort is put away: it posts nothing any more and stands in no list, its channel is free, and all of it is kept."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.cohorts.audit import Action, write_down
from bot.cohorts.cohorts import Taken
from bot.cohorts.digests import follow_zone
from bot.store.tables import Cohort, Delivery, Member, Message

REASON = "archived"


def archive(session: Session, cohort: Cohort, by: Member | None, now: datetime) -> bool:
    """Finish it and put it away. A lesson that stands half posted is still finished; what has not begun to go out goes
    back to being the next lesson. False when it was archived before."""
    session.refresh(cohort, with_for_update=True)
    if cohort.archived_at is not None:
        return False
    _take_back(session, cohort)
    write_down(session, cohort, by, Action.ARCHIVED, f"archived; it was {cohort.state}", now)
    cohort.state, cohort.archived_at = "finished", now
    cohort.next_digest_at = None
    return True


def unarchive(session: Session, cohort: Cohort, by: Member | None, now: datetime) -> bool:
    """Take it out again: paused where lessons are left, else finished. False when it was not archived. Raises Taken
    when another cohort has its channel."""
    session.refresh(cohort, with_for_update=True)
    if cohort.archived_at is None:
        return False
    try:
        with session.begin_nested():
            cohort.state = "paused" if cohort.next_lesson is not None else "finished"
            cohort.archived_at = None
            follow_zone(cohort, now)  # the digest comes again when it next would have
    except IntegrityError:
        raise Taken("channel") from None
    write_down(session, cohort, by, Action.ARCHIVED, f"taken out of the archive, {cohort.state}", now)
    return True


def archived_in(session: Session, platform: str, channel: str) -> Sequence[Cohort]:
    """The archived cohorts of a channel, the last one first."""
    return session.scalars(
        select(Cohort)
        .where(Cohort.platform == platform, Cohort.channel == channel, Cohort.archived_at.is_not(None))
        .order_by(Cohort.archived_at.desc(), Cohort.id.desc())
    ).all()


def _take_back(session: Session, cohort: Cohort) -> None:
    """Deliveries that wait or are blocked are skipped, and the first of their lessons comes next again."""
    waiting = session.scalars(
        select(Delivery)
        .where(Delivery.cohort_id == cohort.id, Delivery.state.in_(("planned", "blocked")))
        .order_by(Delivery.local_date)
        .with_for_update()
    ).all()
    begun = set(
        session.scalars(
            select(Message.delivery_id)
            .where(Message.delivery_id.in_([each.id for each in waiting]), Message.tried_at.is_not(None))
            .distinct()
        )
    )
    back = [each for each in waiting if each.id not in begun or each.state == "blocked"]
    for each in back:
        each.state, each.reason, each.lease_until = "skipped", REASON, None
    first = next((each for each in back if each.posted_at is None), None)
    if first is not None:
        cohort.next_lesson = first.lesson

"""A new cohort is set as another one is: its rhythm and its settings, and nobody of its people."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cohorts.calendar import first_slot_from, slots
from bot.cohorts.cohorts import FACILITATOR, local_date, schedule_of
from bot.cohorts.digests import choose_digest
from bot.cohorts.public_holidays import renew_holidays
from bot.store.tables import Cohort, DayOff, Enrollment, Member


def find_model(session: Session, platform: str, workspace: str, ref: str, name: str) -> Sequence[Cohort]:
    """The cohorts of that name or id in the workspace that the person facilitates, archived ones among them."""
    wanted = name.strip().casefold()
    theirs = session.scalars(
        select(Cohort)
        .join(Enrollment, Enrollment.cohort_id == Cohort.id)
        .join(Member, Member.id == Enrollment.member_id)
        .where(Member.platform == platform, Member.workspace == workspace, Member.ref == ref)
        .where(Enrollment.role == FACILITATOR, Enrollment.left_on.is_(None))
        .where(Cohort.platform == platform, Cohort.workspace == workspace)
        .order_by(Cohort.id)
    )
    return [each for each in theirs if wanted in (each.name.casefold(), str(each.id))]


def take_over(session: Session, cohort: Cohort, model: Cohort, lessons: int, now: datetime) -> None:
    """What `NewCohort` does not hold: catching up, pins, silence, digest, country, and breaks that still lie ahead.
    Whom it mentions and where trouble is told belong to its own channel, and are not copied. lessons: how many come;
    holidays are looked up as far as they reach."""
    cohort.catch_up, cohort.pins, cohort.silent_after = model.catch_up, model.pins, model.silent_after
    cohort.country = model.country
    if model.digest_day is not None and model.digest_time is not None:
        choose_digest(cohort, model.digest_day, model.digest_time, now)
    _copy_breaks(session, cohort, model, now)
    dates = list(islice(slots(schedule_of(session, cohort)), lessons))
    if cohort.country is not None:
        renew_holidays(session, cohort, dates[-1].local_date if dates else None, now)
        session.flush()
    slot = first_slot_from(schedule_of(session, cohort), now)
    cohort.next_date = slot.local_date if slot else None
    cohort.next_due_at = slot.due_at if slot else None


def _copy_breaks(session: Session, cohort: Cohort, model: Cohort, now: datetime) -> None:
    ahead = select(DayOff).where(
        DayOff.cohort_id == model.id, DayOff.kind == "break", DayOff.last_date >= local_date(cohort, now)
    )
    for each in session.scalars(ahead).all():
        copy = {"first_date": each.first_date, "last_date": each.last_date, "note": each.note}
        session.add(DayOff(cohort_id=cohort.id, kind="break", **copy))
    session.flush()

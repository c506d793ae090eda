"""A cohort whose calendar is changed, and the planner run to the course's end."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from made_cohorts import day_after
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.cohorts.changes import No
from bot.cohorts.deliveries import plan_due
from bot.cohorts.foreseeing import Coming, foresee
from bot.cohorts.replanning import apply, preview
from bot.store.database import Database
from bot.store.tables import Cohort, Delivery


def seen(database: Database, cohort: Cohort, now: datetime):
    """The calendar as `foresee` tells it."""
    return database.run_now(lambda session: foresee(session, day_after, session.get_one(Cohort, cohort.id), now))


def previewed(database: Database, cohort: Cohort, now: datetime, *changes):
    return database.run_now(
        lambda session: preview(session, day_after, session.get_one(Cohort, cohort.id), changes, now)
    )


def applied(database: Database, cohort: Cohort, now: datetime, *changes, by=None, expected: str | None = None):
    return database.run_now(
        lambda session: apply(session, day_after, session.get_one(Cohort, cohort.id), changes, by, now, expected)
    )


def made(database: Database, cohort: Cohort, now: datetime, *changes):
    """The comparison of a change that must be possible; it does what was previewed."""
    told = previewed(database, cohort, now, *changes)
    assert not isinstance(told, No), told
    done = applied(database, cohort, now, *changes, expected=told.fingerprint)
    assert done == told
    return done


def run_to_the_end(database: Database, cohort: Cohort, now: datetime) -> list[Coming]:
    """What the planner puts into the ledger from `now` on, tick after tick; all of it is out at once."""
    return database.run_now(lambda session: list(_planned(session, cohort.id, now)))


def _planned(session: Session, cohort: int, now: datetime) -> Iterator[Coming]:
    known = set(session.scalars(select(Delivery.id).where(Delivery.cohort_id == cohort)))
    while True:
        plan_due(session, day_after, now)
        rows = select(Delivery).where(Delivery.cohort_id == cohort, Delivery.id.not_in(known))
        for row in session.scalars(rows.order_by(Delivery.due_at)):
            known.add(row.id)
            yield Coming(row.lesson, row.local_date, row.due_at)
        post(session, cohort)
        due_at = session.scalar(select(Cohort.next_due_at).where(Cohort.id == cohort, Cohort.state == "active"))
        if due_at is None:
            return
        now = max(now, due_at) + timedelta(seconds=5)


def post(session: Session, cohort: int) -> None:
    """Whatever is planned is out."""
    planned = update(Delivery).where(Delivery.cohort_id == cohort, Delivery.state == "planned")
    session.execute(planned.values(state="done", posted_at=Delivery.due_at))

"""Which deliveries get a job, and when they get another one."""

from datetime import time, timedelta

import pytest
from made_cohorts import at, day_after, opened
from sqlalchemy.orm import Session

from bot.cohorts.deliveries import LEASE, claim_one, mark_done, mark_failed, plan_due, retry_stuck
from bot.cohorts.jobs import take_due
from bot.store.database import Database
from bot.store.tables import Cohort, Delivery

ON = ["discord"]
NOW = at(0)


@pytest.fixture
def delivery(database: Database) -> int:
    """One that is due."""
    opened(database)
    assert database.run_now(plan_due, day_after, NOW) == 1
    (taken,) = _ids(database)
    return taken


def take(database: Database, minutes: float = 0, limit: int = 10) -> list[int]:
    return list(database.run_now(take_due, ON, NOW + timedelta(minutes=minutes), limit))


def test_what_is_due_gets_one_job(database: Database, delivery: int):
    assert dict(database.run_now(take_due, ON, NOW, 10)) == {delivery: "discord"}
    assert take(database) == take(database, 1) == []


def test_a_job_that_came_to_nothing_is_made_again_after_a_lease(database: Database, delivery: int):
    take(database)
    lease = LEASE.total_seconds() / 60
    assert take(database, lease - 0.1) == []
    assert take(database, lease + 0.1) == [delivery]


def test_each_new_try_gets_its_job_at_its_time(database: Database, delivery: int):
    take(database)
    claim = database.run_now(claim_one, delivery, ON, NOW)
    assert claim is not None
    assert take(database, 1) == [], "somebody has it"
    database.run_now(mark_failed, claim, "busy", NOW + timedelta(seconds=30))
    assert take(database, 0.4) == []
    assert take(database, 0.6) == [delivery]
    assert take(database, 0.7) == []


def test_what_a_person_tries_again_gets_a_job_at_once(database: Database, delivery: int):
    take(database)
    database.run_now(lambda session: setattr(session.get_one(Delivery, delivery), "state", "dead"))
    assert take(database, 1) == []
    database.run_now(_retry, delivery, 1)
    assert take(database, 1) == [delivery]


def test_what_cannot_be_claimed_gets_no_job(database: Database, delivery: int):
    assert not database.run_now(take_due, ["slack"], NOW, 10)
    assert not database.run_now(take_due, [], NOW, 10)
    assert not database.run_now(take_due, ON, NOW - timedelta(minutes=1), 10)
    database.run_now(_set_state, delivery, "paused")
    assert take(database) == []
    database.run_now(_set_state, delivery, "active")
    assert take(database) == [delivery]


def test_a_cohorts_second_lesson_gets_its_job_behind_the_first(database: Database):
    opened(database)
    database.run_now(plan_due, day_after, at(1))
    first, second = _ids(database)
    assert list(database.run_now(take_due, ON, at(1), 10)) == [first]
    claim = database.run_now(claim_one, first, ON, at(1))
    assert claim is not None
    assert database.run_now(claim_one, second, ON, at(1)) is None
    database.run_now(mark_done, claim)
    assert list(database.run_now(take_due, ON, at(1), 10)) == [second]


def test_no_more_than_asked_for_and_in_order(database: Database):
    for minute in (3, 1, 2):
        opened(database, post_time=time(9, minute))
    database.run_now(plan_due, day_after, at(0, 9, 10))
    found = [list(database.run_now(take_due, ON, at(0, 9, 10), 2)) for _ in range(3)]
    assert [len(each) for each in found] == [2, 1, 0]


def test_a_delivery_is_claimed_by_its_id_once(database: Database, delivery: int):
    claim = database.run_now(claim_one, delivery, ON, NOW)
    assert claim is not None
    assert (claim.delivery, claim.fence) == (delivery, 1)
    assert database.run_now(claim_one, delivery, ON, NOW) is None
    assert database.run_now(claim_one, delivery + 1, ON, NOW) is None
    again = database.run_now(claim_one, delivery, ON, NOW + LEASE + timedelta(seconds=1))
    assert again is not None
    assert again.fence == 2


def _ids(database: Database) -> list[int]:
    return database.run_now(lambda session: [each.id for each in session.query(Delivery).order_by(Delivery.local_date)])


def _retry(session: Session, delivery: int, minutes: float) -> None:
    retry_stuck(session, session.get_one(Delivery, delivery).cohort_id, NOW + timedelta(minutes=minutes))


def _set_state(session: Session, delivery: int, state: str) -> None:
    session.get_one(Cohort, session.get_one(Delivery, delivery).cohort_id).state = state

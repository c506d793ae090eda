"""Who is told that a lesson is late, and when: once, together with what else they are to hear, and not too often."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from made_cohorts import at, at_once, change, claimed, deliveries, learner, opened, planned, release, send
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cohorts.alerts import MOST_TRIES, UNPLANNED, Alarms, Telling, take_alarms, take_back
from bot.cohorts.claims import Claim
from bot.cohorts.cohorts import FACILITATOR, leave
from bot.cohorts.deliveries import mark_failed, mark_stuck, retry_stuck
from bot.cohorts.places import find_rosters
from bot.store.database import Database
from bot.store.tables import Cohort, Member

PERMISSION = "missing_permission: 50013"


def facilitated(database: Database, *names: str, **changes: object) -> Cohort:
    """A cohort with facilitators."""
    cohort = opened(database, **changes)
    for name in names or ("fay",):
        learner(database, cohort, name, at(-1, 21), FACILITATOR)
    return cohort


def alarms(database: Database, now: datetime) -> Alarms:
    return database.run_now(take_alarms, ["discord", "slack"], now)


def told(database: Database, now: datetime) -> dict[str, list[int]]:
    """Person or channel → the late lessons that they are told of."""
    return {_name(each): [late.lesson for late in each.late] for each in alarms(database, now).tellings if each.late}


def blocked(database: Database, now: datetime, reason: str = PERMISSION) -> list[Claim]:
    planned(database, now)
    claims = claimed(database, now, limit=1_000)
    for claim in claims:
        database.run_now(mark_stuck, claim, "blocked", reason, now)
    return claims


def test_a_lesson_is_late_five_minutes_after_its_time_and_told_once(database: Database) -> None:
    cohort = facilitated(database)
    planned(database, at(0))
    assert told(database, at(0, 9, 5)) == {}
    [late] = alarms(database, at(0, 9, 5, 1)).late
    assert (late.cohort, late.lesson, late.due_at, late.state, late.reason) == (cohort.id, 1, at(0), "planned", "")
    assert deliveries(database, cohort)[0].alerted_at == at(0, 9, 5, 1)
    assert all(told(database, at(0) + timedelta(hours=hour)) == {} for hour in range(1, 20))


def test_two_processes_tell_once(database: Database) -> None:
    for number in range(40):
        facilitated(database, f"fay {number}")
    planned(database, at(0))
    results = at_once([lambda: alarms(database, at(0, 10)) for _ in range(6)])
    assert sum(len(each.tellings) for each in results) == sum(len(each.late) for each in results) == 40


def test_what_is_out_is_not_late(database: Database) -> None:
    facilitated(database)
    release(database, at(0))
    assert alarms(database, at(0, 12)) == Alarms((), ())


@pytest.mark.parametrize("state", ["skipped", "paused"])
def test_what_is_not_to_come_is_not_late(database: Database, state: str) -> None:
    cohort = facilitated(database)
    planned(database, at(0))
    row = deliveries(database, cohort)[0] if state == "skipped" else cohort
    change(database, row, state=state)
    assert alarms(database, at(0, 12)) == Alarms((), ())


def test_what_is_meant_to_come_later_is_late_after_that(database: Database) -> None:
    cohort = facilitated(database)
    planned(database, at(0))
    change(database, deliveries(database, cohort)[0], next_try_at=at(0, 11))
    assert told(database, at(0, 11, 4)) == {}
    assert told(database, at(0, 11, 6)) == {"fay": [1]}


@pytest.mark.parametrize("state", ["blocked", "dead"])
def test_the_reason_is_told(database: Database, state: str) -> None:
    facilitated(database)
    planned(database, at(0))
    [claim] = claimed(database, at(0))
    database.run_now(mark_stuck, claim, state, PERMISSION, at(0))
    [late] = alarms(database, at(0, 9, 6)).late
    assert (late.state, late.reason, late.kind) == (state, PERMISSION, "missing_permission")


def test_what_is_tried_in_vain_is_late_for_that_reason(database: Database) -> None:
    facilitated(database)
    planned(database, at(0))
    [claim] = claimed(database, at(0))
    database.run_now(mark_failed, claim, "unclear: 502", at(0, 12))
    assert [each.kind for each in alarms(database, at(0, 9, 6)).late] == ["unclear"]


def test_what_waits_behind_something_blocked_is_late_for_its_reason(database: Database) -> None:
    facilitated(database)
    blocked(database, at(0))
    planned(database, at(1))
    [telling] = alarms(database, at(1, 9, 6)).tellings
    assert [(each.lesson, each.state, each.kind) for each in telling.late] == [
        (1, "blocked", "missing_permission"),
        (2, "planned", "missing_permission"),
    ]


def test_what_waits_for_a_new_token_is_late_for_that(database: Database) -> None:
    facilitated(database)
    facilitated(database, "gil")
    planned(database, at(0))
    [claim] = claimed(database, at(0), limit=1)
    database.run_now(mark_stuck, claim, "blocked", "token_revoked: 401", at(0))
    assert {each.kind for each in alarms(database, at(0, 9, 6)).late} == {"token_revoked"}


def test_a_cohort_that_cannot_be_planned_is_told_of_every_six_hours(database: Database) -> None:
    facilitated(database)
    assert alarms(database, at(0, 9, 5)).late == ()
    [late] = alarms(database, at(0, 9, 6)).late
    assert (late.lesson, late.delivery, late.reason, late.due_at) == (1, None, UNPLANNED, at(0))
    assert [told(database, at(0, hour, minute)) for hour, minute in ((10, 0), (15, 5), (15, 7))] == [
        {},
        {},
        {"fay": [1]},
    ]


def test_everybody_who_facilitates_is_told_and_nobody_else(database: Database) -> None:
    cohort = facilitated(database, "fay", "gil")
    learner(database, cohort, "ada", at(-1, 21))
    facilitated(database, "eve", start=at(20).date())
    planned(database, at(0))
    assert told(database, at(0, 10)) == {"fay": [1], "gil": [1]}


def test_a_channel_for_alerts_is_told_instead_of_people(database: Database) -> None:
    cohort = facilitated(database)
    change(database, cohort, alerts="staff")
    planned(database, at(0))
    [telling] = alarms(database, at(0, 10)).tellings
    assert (_name(telling), [place.person.ref for place in telling.instead if place.person]) == ("staff", ["fay"])


def test_what_nobody_can_be_told_of_is_found_late_all_the_same(database: Database) -> None:
    opened(database)
    planned(database, at(0))
    found = alarms(database, at(0, 10))
    assert (len(found.late), found.tellings) == (1, ())
    assert alarms(database, at(0, 11)).late == ()


def test_an_outage_is_one_message_to_one_person(database: Database) -> None:
    for _ in range(40):
        facilitated(database)
    blocked(database, at(0))
    [telling] = alarms(database, at(0, 9, 6)).tellings
    assert len(telling.late) == 40


def test_cohorts_that_become_late_one_after_the_other_are_put_together(database: Database) -> None:
    """An outage of three hours, a cohort due every minute, one person for all: six messages an hour at most."""
    for minute in range(180):
        facilitated(database, post_time=at(0, 11, 0).replace(hour=9 + minute // 60, minute=minute % 60).time())
    heard: list[int] = []
    for minute in range(5, 200):
        now = at(0) + timedelta(minutes=minute)
        blocked(database, now, "unclear: 503")
        heard += [len(each) for each in told(database, now).values()]
    assert sum(heard) == 180
    assert len(heard) <= 20


def test_all_who_look_after_a_cohort_are_told_at_the_same_time(database: Database) -> None:
    """Gil is not told of his own alone: else he could not be told of what is Fay's too when her time has come, nor she
    when his has, and so on for as long as the outage lasts."""
    facilitated(database, "fay")
    planned(database, at(0))
    assert told(database, at(0, 9, 6)) == {"fay": [1]}
    for names in (("fay", "gil"), ("gil",)):
        change(database, facilitated(database, *names), next_due_at=at(0, 9, 8))
    planned(database, at(0, 9, 8))
    assert told(database, at(0, 9, 14)) == {}
    assert told(database, at(0, 9, 16)) == {"fay": [1], "gil": [1, 1]}


def test_one_cohort_and_reason_is_one_message_in_six_hours(database: Database) -> None:
    cohort = facilitated(database)
    blocked(database, at(0))
    assert told(database, at(0, 9, 6)) == {"fay": [1]}
    planned(database, at(1))
    second = deliveries(database, cohort)[1]
    change(database, second, due_at=at(0, 10), next_try_at=at(0, 10))
    found = alarms(database, at(0, 11))
    assert (len(found.late), found.tellings) == (1, ())  # known, and quiet
    planned(database, at(2))
    assert told(database, at(2, 9, 6)) == {"fay": [3]}


def test_what_is_out_after_all_is_told_once_to_the_same_people(database: Database) -> None:
    cohort = facilitated(database)
    blocked(database, at(0))
    told(database, at(0, 9, 6))
    database.run_now(retry_stuck, cohort.id, at(0, 9, 10))
    [claim] = claimed(database, at(0, 9, 10))
    assert relieved(database, at(0, 9, 17)) == {}
    send(database, claim, at(0, 9, 18))
    assert relieved(database, at(0, 9, 19)) == {"fay": [1]}
    assert all(relieved(database, at(0, hour)) == {} for hour in range(10, 20))


def test_what_was_out_in_time_is_not_told(database: Database) -> None:
    facilitated(database)
    release(database, at(0))
    assert relieved(database, at(0, 9, 30)) == {}


def test_what_could_not_be_told_is_told_later_a_few_times_at_most(database: Database) -> None:
    facilitated(database)
    blocked(database, at(0))
    tries = []
    for minute in (*range(6, 120), *range(120, 24 * 60, 5)):
        now = at(0) + timedelta(minutes=minute)
        for telling in alarms(database, now).tellings:
            tries.append(minute)
            database.run_now(take_back, telling.place, telling.late, now)
    assert len(tries) == MOST_TRIES + 1
    assert min(later - earlier for earlier, later in pairwise(tries)) >= 30


def test_who_facilitates_in_two_workspaces_is_one_person(database: Database) -> None:
    cohorts = [facilitated(database, workspace=workspace) for workspace in ("W", "V")]
    rosters = database.run_now(find_rosters, [each.id for each in cohorts])
    assert len({roster.first[0].scope for roster in rosters.values()}) == 1
    planned(database, at(0))
    assert told(database, at(0, 10)) == {"fay": [1, 1]}


def test_who_has_left_is_not_told(database: Database) -> None:
    cohort = facilitated(database)
    planned(database, at(0))
    database.run_now(_leave, cohort)
    assert told(database, at(0, 10)) == {}


def relieved(database: Database, now: datetime) -> dict[str, list[int]]:
    return {_name(each): [it.lesson for it in each.relieved] for each in _relieving(alarms(database, now).tellings)}


def _relieving(tellings: Sequence[Telling]) -> list[Telling]:
    return [each for each in tellings if each.relieved]


def _name(telling: Telling) -> str:
    return telling.place.person.ref if telling.place.person else str(telling.place.channel)


def _leave(session: Session, cohort: Cohort) -> None:
    leave(session, session.get_one(Cohort, cohort.id), session.scalars(select(Member)).one(), at(0))

"""What is blocked is looked at rarely, by one process, once a cohort, and goes out in order when it is cured."""

from datetime import datetime, timedelta

import pytest
from made_cohorts import at, at_once, change, claimed, deliveries, opened, planned, release, send

from bot.cohorts.claims import Claim
from bot.cohorts.deliveries import mark_stuck, retry_stuck
from bot.cohorts.probes import Probe, hasten_probes, mark_cured, mark_still_blocked, take_probes
from bot.cohorts.waits import FIRST_PROBE, LONGEST_PROBE, probe_wait
from bot.store.database import Database
from bot.store.tables import Cohort

PERMISSION, TOKEN = "missing_permission: 50013", "token_revoked: 401"


def block(database: Database, claim: Claim, now: datetime, reason: str = PERMISSION) -> None:
    database.run_now(mark_stuck, claim, "blocked", reason, now)


def blocked(database: Database, number: int = 1, reason: str = PERMISSION, **changes: object) -> list[Cohort]:
    """Cohorts whose first lesson was blocked at nine."""
    cohorts = [opened(database, **changes) for _ in range(number)]
    planned(database, at(0))
    for claim in claimed(database, at(0)):
        block(database, claim, at(0), reason)
    return cohorts


def taken(database: Database, now: datetime, *platforms: str) -> list[Probe]:
    return database.run_now(take_probes, platforms or ["discord"], now)


def test_waits_begin_with_five_minutes_and_double_up_to_six_hours() -> None:
    for _ in range(200):
        waits = [probe_wait(number) for number in range(40)]
        assert FIRST_PROBE <= waits[0] <= FIRST_PROBE * 1.2
        assert all(FIRST_PROBE * 2**n <= waits[n] <= FIRST_PROBE * 2**n * 1.2 for n in range(6))
        assert timedelta(hours=5) <= min(waits[8:]) <= max(waits[8:]) <= LONGEST_PROBE


def test_many_that_were_blocked_at_once_are_not_looked_at_at_once() -> None:
    assert len({probe_wait(0) for _ in range(50)}) > 40


def test_a_month_of_being_blocked_is_some_hundred_and_thirty_looks(database: Database) -> None:
    [cohort] = blocked(database)
    looks = []
    for minute in range(0, 30 * 24 * 60, 5):
        now = at(0) + timedelta(minutes=minute)
        looks += [now] * len(taken(database, now))
    assert at(0, 9, 5) <= looks[0] <= at(0, 9, 10)
    assert 115 < len(looks) < 155
    assert deliveries(database, cohort)[0].probes == len(looks)


def test_one_look_serves_every_blocked_lesson_of_a_cohort(database: Database) -> None:
    [cohort] = blocked(database)
    planned(database, at(2))
    second = deliveries(database, cohort)[1]
    change(database, second, state="blocked", reason=PERMISSION, next_try_at=at(0))
    [probe] = taken(database, at(3))
    assert (probe.cohort, probe.channel, probe.for_all) == (cohort.id, cohort.channel, False)
    assert taken(database, at(3)) == []
    assert database.run_now(mark_cured, probe, at(3)) == 2


def test_two_processes_never_look_at_the_same_cohort_at_once(database: Database) -> None:
    blocked(database, 3)
    found = [each.cohort for probes in at_once([lambda: taken(database, at(1)) for _ in range(6)]) for each in probes]
    assert len(found) == len(set(found)) == 3


def test_what_is_cured_begins_a_new_round_and_goes_out_in_order(database: Database) -> None:
    blocked(database)
    planned(database, at(1))
    assert claimed(database, at(1)) == []  # the second lesson waits behind the first
    [probe] = taken(database, at(1))
    assert database.run_now(mark_cured, probe, at(1)) == 1
    [first] = claimed(database, at(1))
    assert (first.lesson, first.tries) == (1, 1)
    send(database, first, at(1))
    assert [each.lesson for each in claimed(database, at(1))] == [2]


def test_what_is_blocked_again_after_a_look_that_found_nothing_waits_longer(database: Database) -> None:
    """A permission that reading does not show: neither posting nor looking may go on every five minutes."""
    [cohort] = blocked(database)
    tries, now = 0, at(0)
    while now < at(1):
        now += timedelta(minutes=5)
        for probe in taken(database, now):
            database.run_now(mark_cured, probe, now)
            [again] = claimed(database, now)
            block(database, again, now)
            tries += 1
    assert 7 <= tries <= 12
    assert database.run_now(retry_stuck, cohort.id, now) == 1
    assert deliveries(database, cohort)[0].probes == 0  # a person who says "try again" begins anew


def test_the_newest_reason_is_written_down(database: Database) -> None:
    [cohort] = blocked(database)
    [probe] = taken(database, at(1))
    database.run_now(mark_still_blocked, probe, "channel_gone: " + "x" * 500)
    [row] = deliveries(database, cohort)
    assert (row.state, (row.reason or "")[:14], len(row.reason or "")) == ("blocked", "channel_gone: ", 200)


def test_a_refused_token_is_looked_at_once_for_the_whole_platform(database: Database) -> None:
    [other] = blocked(database, 1, PERMISSION)
    cohorts = blocked(database, 4, TOKEN)
    slack = opened(database, platform="slack", start=at(7).date())
    probes = taken(database, at(1), "discord", "slack")
    assert sorted(each.for_all for each in probes) == [False, True]
    [for_all] = [each for each in probes if each.for_all]
    assert taken(database, at(1, 9, 1), "discord", "slack") == []
    assert database.run_now(mark_cured, for_all, at(1)) == 4
    assert {deliveries(database, each)[0].state for each in cohorts} == {"planned"}
    assert deliveries(database, other)[0].state == "blocked"
    assert deliveries(database, slack) == []


def test_after_a_refused_token_nothing_of_the_platform_is_tried(database: Database) -> None:
    first, second = opened(database), opened(database)
    slack = opened(database, platform="slack")
    planned(database, at(0))
    [claim] = claimed(database, at(0), limit=1)
    block(database, claim, at(0), TOKEN)
    assert claimed(database, at(1)) == []
    assert [each.cohort for each in claimed(database, at(1), "slack")] == [slack.id]
    [probe] = taken(database, at(1))
    database.run_now(mark_cured, probe, at(1))
    assert {each.cohort for each in claimed(database, at(1))} == {first.id, second.id}


def test_a_paused_cohort_is_neither_looked_at_nor_does_it_hold_up_others(database: Database) -> None:
    [cohort] = blocked(database, 1, TOKEN)
    other = opened(database)
    planned(database, at(0))
    change(database, cohort, state="paused")
    assert taken(database, at(1)) == []
    assert [each.cohort for each in claimed(database, at(1))] == [other.id]


def test_a_new_token_is_not_waited_for(database: Database) -> None:
    blocked(database, 1, PERMISSION)
    [cohort] = blocked(database, 1, TOKEN)
    assert taken(database, at(0, 9, 1)) == []
    assert database.run_now(hasten_probes, "slack", at(0, 9, 1)) == 0
    assert database.run_now(hasten_probes, "discord", at(0, 9, 1)) == 1
    assert [each.cohort for each in taken(database, at(0, 9, 1))] == [cohort.id]


@pytest.mark.parametrize(("state", "second"), [("blocked", []), ("dead", [2])])
def test_what_is_blocked_holds_up_the_next_lesson_and_what_is_dead_does_not(
    database: Database, state: str, second: list[int]
) -> None:
    """Blocked lies in the place: the next lesson would fare no better, and order matters. Dead lies in the lesson."""
    opened(database)
    planned(database, at(0))
    [claim] = claimed(database, at(0))
    database.run_now(mark_stuck, claim, state, PERMISSION, at(0))
    planned(database, at(1))
    assert [each.lesson for each in claimed(database, at(1))] == second


def test_what_went_out_is_not_looked_at(database: Database) -> None:
    opened(database)
    release(database, at(0))
    assert taken(database, at(9)) == []

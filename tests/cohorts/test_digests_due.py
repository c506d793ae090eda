"""When the weekly digest comes: once for each week, whatever happens in between."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from calendar_ground import made
from hypothesis import given
from hypothesis import strategies as st
from made_cohorts import at, at_once, change, opened, reread

from bot.cohorts.changes import Zone
from bot.cohorts.digests import (
    AGAIN,
    Due,
    choose_digest,
    choose_no_digest,
    is_wanted,
    move_on,
    next_instant,
    put_off,
    take_digests,
)
from bot.store.database import Database
from bot.store.tables import Cohort

MONDAY_EIGHT = at(0, 8)
WEEK = timedelta(days=7)
REPEATED = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
"""The first time that clocks in Zurich show half past two that night."""


@pytest.fixture
def cohort(database: Database) -> Cohort:
    """With a digest on Mondays at eight, chosen on the Sunday before."""
    cohort = opened(database)
    choose(database, cohort, at(-1, 20))
    return reread(database, cohort)


def choose(database: Database, cohort: Cohort, now: datetime, day: int = 0, clock: time = time(8)) -> None:
    database.run_now(lambda session: choose_digest(session.get_one(Cohort, cohort.id), day, clock, now))


def take(database: Database, now: datetime) -> list[Due]:
    return list(database.run_now(take_digests, ["discord"], now))


def moved(database: Database, now: datetime) -> list[bool]:
    """What is due is taken and moved on."""
    return [database.run_now(move_on, due, now) for due in take(database, now)]


# the instants of a zone


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (at(-1, 20), at(0, 8)),
        (at(0, 7, 59), at(0, 8)),
        (at(0, 8), at(7, 8)),
        (at(3), at(7, 8)),
    ],
)
def test_the_next_one_is_later_than_now(after: datetime, expected: datetime) -> None:
    assert next_instant(0, time(8), "Europe/Zurich", after) == expected


@pytest.mark.parametrize(
    ("clock", "zone", "after", "expected"),
    [
        (time(2, 30), "Europe/Zurich", datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (time(2, 30), "Europe/Zurich", datetime(2026, 10, 24, tzinfo=UTC), REPEATED),
        (time(2, 30), "Europe/Zurich", REPEATED, datetime(2026, 11, 1, 1, 30, tzinfo=UTC)),
        (time(8), "Pacific/Kiritimati", datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 24, 18, tzinfo=UTC)),
    ],
    ids=["a skipped hour is over", "a repeated hour counts once", "and not again", "the date is the cohort's"],
)
def test_a_sunday_when_the_clocks_change_has_one_instant(clock, zone, after, expected) -> None:
    assert next_instant(6, clock, zone, after) == expected


@given(
    day=st.integers(0, 6),
    clock=st.times(),
    zone=st.sampled_from(["Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]),
    after=st.datetimes(datetime(2024, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC)),
)
def test_every_week_has_one_about_a_week_apart(day: int, clock: time, zone: str, after: datetime) -> None:
    first = next_instant(day, clock, zone, after)
    second = next_instant(day, clock, zone, first)
    assert after < first <= after + WEEK + timedelta(hours=2)
    assert abs(second - first - WEEK) <= timedelta(hours=2)
    assert first.astimezone(ZoneInfo(zone)).weekday() in (day, (day + 1) % 7)  # a gap may end after midnight


# taking


def test_nothing_is_due_before_its_time_or_on_another_platform(database: Database, cohort: Cohort) -> None:
    assert take(database, MONDAY_EIGHT - timedelta(seconds=1)) == []
    assert database.run_now(take_digests, ["slack"], MONDAY_EIGHT) == []
    assert take(database, MONDAY_EIGHT) == [Due(cohort.id, MONDAY_EIGHT)]


def test_who_wants_none_has_none(database: Database, cohort: Cohort) -> None:
    database.run_now(lambda session: choose_no_digest(session.get_one(Cohort, cohort.id)))
    assert take(database, at(30)) == []


def test_of_many_at_once_one_takes_it(database: Database, cohort: Cohort) -> None:
    taken = at_once([lambda: take(database, MONDAY_EIGHT) for _ in range(4)])
    assert sorted(map(len, taken)) == [0, 0, 0, 1]


def test_of_many_who_hold_the_same_one_moves_it_on(database: Database, cohort: Cohort) -> None:
    """Even when the turn was lost, say by a clock that leapt."""
    [due] = take(database, MONDAY_EIGHT)
    won = at_once([lambda: database.run_now(move_on, due, MONDAY_EIGHT) for _ in range(4)])
    assert sorted(won) == [False, False, False, True]
    assert reread(database, cohort).next_digest_at == at(7, 8)


def test_what_is_cut_off_before_it_is_moved_on_is_taken_again(database: Database, cohort: Cohort) -> None:
    take(database, MONDAY_EIGHT)  # and whoever took it is killed here
    assert take(database, MONDAY_EIGHT + AGAIN - timedelta(seconds=1)) == []
    assert moved(database, MONDAY_EIGHT + AGAIN) == [True]
    assert take(database, at(7, 7, 59)) == []


def test_after_weeks_of_downtime_there_is_one(database: Database, cohort: Cohort) -> None:
    assert moved(database, at(23)) == [True]
    assert reread(database, cohort).next_digest_at == at(28, 8)
    assert moved(database, at(24)) == []


def test_another_time_that_was_chosen_meanwhile_is_kept(database: Database, cohort: Cohort) -> None:
    [due] = take(database, MONDAY_EIGHT)
    choose(database, cohort, MONDAY_EIGHT, day=4, clock=time(17))
    assert database.run_now(move_on, due, MONDAY_EIGHT) is False
    assert reread(database, cohort).next_digest_at == at(4, 17)
    database.run_now(lambda session: choose_no_digest(session.get_one(Cohort, cohort.id)))
    assert database.run_now(move_on, due, MONDAY_EIGHT) is False


def test_what_nobody_could_be_told_is_tried_each_hour_for_a_day(database: Database, cohort: Cohort) -> None:
    now, tries = MONDAY_EIGHT, 0
    while dues := take(database, now):
        assert database.run_now(move_on, dues[0], now)
        tries += 1
        assert database.run_now(put_off, dues[0], now) == (now + timedelta(hours=1) <= at(1, 8))
        now += timedelta(hours=1)
    assert tries == 25
    assert reread(database, cohort).next_digest_at == at(7, 8)


def test_a_cohort_that_stands_still_wants_none(database: Database, cohort: Cohort) -> None:
    def wanted(now: datetime) -> bool:
        return database.run_now(is_wanted, reread(database, cohort), now)

    assert wanted(at(100))
    change(database, cohort, state="paused")
    assert not wanted(at(0))
    change(database, cohort, state="finished")
    assert not wanted(at(100))
    change(database, cohort, state="active", archived_at=at(0))
    assert not wanted(at(0))


def test_a_new_zone_keeps_the_time_of_day(database: Database, cohort: Cohort) -> None:
    made(database, cohort, at(-1, 20), Zone("America/New_York"))
    assert reread(database, cohort).next_digest_at == datetime(2026, 9, 7, 12, tzinfo=UTC)

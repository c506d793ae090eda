"""A facilitator excuses a member for some dates, and gives them back to the day."""

import random
from datetime import date, timedelta

import pytest
from heard_events import member_of
from made_cohorts import MONDAY, at, deliveries, release
from sqlalchemy import select

from bot.cohorts.calendar import Span
from bot.cohorts.cohorts import find_enrollment
from bot.cohorts.excuses import absences_of, count_again, date_of, excuse_from
from bot.cohorts.progress import State, member_progress
from bot.store.database import Database
from bot.store.tables import Cohort, Enrollment


@pytest.fixture
def ada(database: Database, cohort: Cohort) -> Enrollment:
    return database.run_now(lambda s: find_enrollment(s, cohort, member_of(database, "ada")))


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def span(first: int, last: int | None = None) -> Span:
    return Span(day(first), day(first if last is None else last))


def on(database: Database, enrollment: Enrollment) -> set[int]:
    spans = database.run_now(absences_of, enrollment.id)
    return {number for number in range(-40, 80) if any(day(number) in each for each in spans)}


def states(database: Database, cohort: Cohort, now) -> list[State]:
    progress = database.run_now(member_progress, cohort, member_of(database, "ada"), now)
    return [each.state for each in progress.lessons]


def test_lessons_on_excused_dates_do_not_count_until_they_are_counted_again(
    database: Database, cohort: Cohort, ada: Enrollment
) -> None:
    for number in (1, 2):
        release(database, at(number))
    assert database.run_now(excuse_from, ada, span(0, 1))
    assert states(database, cohort, at(4)) == [State.EXCUSED, State.EXCUSED, State.MISSED]
    assert database.run_now(count_again, ada, span(1))
    assert states(database, cohort, at(4)) == [State.EXCUSED, State.MISSED, State.MISSED]


def test_what_is_excused_already_changes_nothing_and_says_so(database: Database, ada: Enrollment) -> None:
    assert database.run_now(excuse_from, ada, span(1, 3))
    assert not database.run_now(excuse_from, ada, span(2, 3))
    assert database.run_now(excuse_from, ada, span(2, 5))
    assert on(database, ada) == {1, 2, 3, 4, 5}
    assert database.run_now(count_again, ada, span(0, 9))
    assert not database.run_now(count_again, ada, span(0, 9))
    assert on(database, ada) == set()


def test_a_day_that_the_member_took_off_lies_well_with_a_span_that_begins_there(
    database: Database, ada: Enrollment
) -> None:
    database.run_now(excuse_from, ada, span(1, 1))
    assert database.run_now(excuse_from, ada, span(1, 3))
    assert on(database, ada) == {1, 2, 3}


def test_any_excuses_and_returns_end_as_the_dates_say(database: Database, ada: Enrollment) -> None:
    dice, expected = random.Random(6), set()
    for _ in range(60):
        first = dice.randrange(-20, 40)
        last = first + dice.randrange(8)
        dates = set(range(first, last + 1))
        if dice.random() < 0.6:
            assert database.run_now(excuse_from, ada, span(first, last)) is not (dates <= expected)
            expected |= dates
        else:
            assert database.run_now(count_again, ada, span(first, last)) is bool(dates & expected)
            expected -= dates
        assert on(database, ada) == expected


def test_a_lessons_date_is_the_ledgers(database: Database, cohort: Cohort) -> None:
    release(database, at(1))
    ledger = {each.lesson: each.local_date for each in deliveries(database, cohort)}
    assert {lesson: database.run_now(date_of, cohort.id, lesson) for lesson in (1, 2)} == {1: ledger[1], 2: ledger[2]}
    assert database.run_now(date_of, cohort.id, 59) is None
    assert database.run_now(date_of, cohort.id + 1, 1) is None
    assert database.run_now(lambda s: s.scalars(select(Enrollment.id)).all())

"""Whatever is changed, in whatever order and zone: each lesson that is not skipped comes once, dates rise, what is out
stays as it is, and what was foreseen is what happens."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, pairwise

import pytest
from calendar_ground import applied, post, previewed, run_to_the_end, seen
from hypothesis import given, settings
from hypothesis import strategies as st
from made_cohorts import LAST_DAY, deliveries, opened, planned, reread

from bot.cohorts.calendar import Schedule, Span, next_slot
from bot.cohorts.changes import (
    Country,
    MeetOn,
    No,
    Pause,
    PostAgain,
    PostNow,
    PostTime,
    Resume,
    Shift,
    ShiftTo,
    Skip,
    Start,
    TakeOff,
    Unskip,
    Weekdays,
    Zone,
)
from bot.cohorts.foreseeing import coming_lessons
from bot.store.database import Database, open_engine
from bot.store.tables import Table

FIRST = 51
"""Ten lessons are enough for every change to meet every other one."""

BEGIN = date(2026, 9, 28)
ZONES = (
    "Europe/Zurich",  # falls back on 25 October 2026
    "Australia/Lord_Howe",  # half an hour forward on 4 October
    "America/New_York",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",  # a day ahead of…
    "Pacific/Honolulu",
)
days = st.integers(-3, 60).map(lambda number: BEGIN + timedelta(days=number))
times = st.sampled_from([time(0), time(2, 30), time(9), time(23, 59)])
lessons = st.integers(FIRST - 1, LAST_DAY + 1)
changes = st.one_of(
    st.builds(Weekdays, st.integers(1, 127)),
    st.builds(PostTime, times),
    st.builds(Zone, st.sampled_from(ZONES)),
    st.builds(Start, days),
    st.builds(Country, st.sampled_from([None, "CH-ZH", "US", "JP"])),
    st.builds(lambda first, more: TakeOff(first, first + timedelta(days=more)), days, st.integers(0, 12)),
    st.builds(MeetOn, days),
    st.just(Pause()),
    st.just(Resume()),
    st.builds(Shift, st.integers(1, 6)),
    st.builds(ShiftTo, days),
    st.builds(Skip, lessons),
    st.builds(Unskip, lessons),
    st.just(PostNow()),
    st.builds(PostAgain, lessons),
)
steps = st.lists(st.tuples(st.integers(0, 120), st.booleans(), st.lists(changes, min_size=1, max_size=3)), max_size=7)
_numbers = count()


@pytest.fixture(scope="module")
def memory() -> Iterator[Database]:
    """One record for all examples: each opens a cohort of its own."""
    database = Database(open_engine("sqlite://"))
    Table.metadata.create_all(database.engine)
    yield database
    database.close()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(zone=st.sampled_from(ZONES), at=times, mask=st.integers(1, 127), steps=steps)
def test_any_changes_in_any_order_keep_what_a_calendar_promises(
    memory: Database, zone: str, at: time, mask: int, steps: list
) -> None:
    _play(memory, zone, at, mask, steps)


@settings(max_examples=4, deadline=None, derandomize=True)
@given(steps=steps)
def test_the_same_holds_on_the_real_databases(real: Database, steps: list) -> None:
    _play(real, "Europe/Zurich", time(9), 0b11111, steps)


@pytest.fixture(scope="module")
def real(databases, migrated_template: str) -> Iterator[Database]:
    url = databases.make(migrated_template)
    database = Database(open_engine(url))
    yield database
    database.close()
    databases.drop(url)


def _play(database: Database, zone: str, at: time, mask: int, steps: list) -> None:
    now = datetime(2026, 9, 27, 6, tzinfo=UTC)
    name = f"Cohort {next(_numbers)}"
    cohort = opened(
        database, now, name=name, channel=name, first=FIRST, zone=zone, post_time=at, weekdays=mask, start=BEGIN
    )
    for hours, is_posted, wanted in steps:
        now += timedelta(hours=hours)
        planned(database, now)
        if is_posted:
            database.run_now(post, cohort.id)
        _change(database, cohort, now, wanted)
    if reread(database, cohort).state == "paused":
        _change(database, cohort, now, [Resume()])
    foreseen = seen(database, cohort, now)
    happened = run_to_the_end(database, cohort, now)
    assert [each for each in happened if each.due_at > now] == [each for each in foreseen.coming if each.due_at > now]
    _check_the_ledger(database, cohort, foreseen.skipped)


def _change(database: Database, cohort, now: datetime, wanted: list) -> None:
    planned(database, now)
    ledger = _rows(database, cohort)
    told = previewed(database, cohort, now, *wanted)
    done = applied(database, cohort, now, *wanted, expected=None if isinstance(told, No) else told.fingerprint)
    assert done == told
    after = _rows(database, cohort)
    assert after[: len(ledger)] == ledger, "what is in the ledger stays as it is"
    assert len(after) - len(ledger) <= sum(isinstance(each, PostNow | PostAgain) for each in wanted)
    if not isinstance(done, No):
        assert done.after == seen(database, cohort, now)
        last = max((row[0] for row in after), default=date.min)
        assert all(each.local_date > last and each.due_at >= now for each in done.after.coming)
        assert not {each.lesson for each in done.after.coming} & {row[1] for row in after}


def _rows(database: Database, cohort) -> list[tuple[date, int, datetime]]:
    return [(row.local_date, row.lesson, row.due_at) for row in deliveries(database, cohort)]


def _check_the_ledger(database: Database, cohort, skipped: tuple[int, ...]) -> None:
    rows = _rows(database, cohort)
    assert sorted(lesson for _, lesson, _ in rows) == [
        each for each in range(FIRST, LAST_DAY + 1) if each not in skipped
    ]
    assert all(earlier[0] < later[0] and earlier[2] < later[2] for earlier, later in pairwise(rows))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    mask=st.integers(1, 127),
    off=st.lists(st.tuples(days, st.integers(0, 20)), max_size=5),
    taken=st.sets(days, max_size=12),
    zone=st.sampled_from(ZONES),
    number=st.integers(0, 30),
)
def test_lessons_take_the_free_dates_in_order(mask: int, off: list, taken: set, zone: str, number: int) -> None:
    spans = tuple(Span(first, first + timedelta(days=more)) for first, more in off)
    schedule = Schedule(zone, time(9), mask, BEGIN, spans)
    found = list(coming_lessons(schedule, next_slot(schedule, None), range(number), taken))
    assert [each.lesson for each in found] == list(range(number))
    assert all(one.local_date < two.local_date and one.due_at < two.due_at for one, two in pairwise(found))
    for each in found:
        assert mask >> each.local_date.weekday() & 1
        assert each.local_date not in taken
        assert not any(each.local_date in span for span in spans)
    missed = {each.local_date for each in found}
    day = BEGIN
    while found and day < found[-1].local_date:  # no date is left empty that could have had a lesson
        is_free = mask >> day.weekday() & 1 and day not in taken and not any(day in span for span in spans)
        assert not is_free or day in missed
        day += timedelta(days=1)

"""Every date of a cohort has one instant, and later dates have later ones: in every zone, over every clock change."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cohorts.calendar import (
    HORIZON,
    MONDAY_TO_FRIDAY,
    Schedule,
    Span,
    closing,
    is_lesson_date,
    next_slot,
    slots,
    to_instant,
    to_weekdays,
    weekday_names,
)

ZONES = sorted(available_timezones())
EVERY_DAY = 0b1111111
FIRST, LAST = date(2000, 1, 1), date(2040, 12, 31)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
PROPERTY = settings(max_examples=150, deadline=None, derandomize=True)


@cache
def changes(zone: str) -> tuple[tuple[datetime, timedelta, timedelta], ...]:
    """Every change of a zone's offset: the instant, the offset before it and the one from it on."""
    tz, step = ZoneInfo(zone), timedelta(days=7)
    moment, found = datetime(2000, 1, 1, tzinfo=UTC), []
    offset = moment.astimezone(tz).utcoffset()
    while moment.year <= 2040:
        later = moment + step
        if later.astimezone(tz).utcoffset() != offset:
            early, late = moment, later
            while late - early > SECOND:
                middle = early + (late - early) // 2
                early, late = (middle, late) if middle.astimezone(tz).utcoffset() == offset else (early, middle)
            late = late.replace(microsecond=0)
            found.append((late, offset, late.astimezone(tz).utcoffset()))
            offset, later = found[-1][2], late
        moment = later
    return tuple(found)


def test_around_every_clock_change_of_every_zone_each_date_has_one_instant_in_order() -> None:
    """Post times at, just before and just after both ends of each gap or repeated hour."""
    seen = set()
    for zone in ZONES:
        for moment, before, after in changes(zone):
            if (moment, before, after) in seen:  # many zones are one zone under several names
                continue
            seen.add((moment, before, after))
            ends = [(moment + offset).replace(tzinfo=None) for offset in (before, after)]
            for wall in (*ends, *(end - SECOND for end in ends), ends[0] + (ends[1] - ends[0]) / 2):
                _assert_in_order(zone, wall.time().replace(microsecond=0), wall.date() - 2 * DAY, abs(after - before))
    assert len(seen) > 500


@PROPERTY
@given(
    st.sampled_from(ZONES),
    st.times().map(lambda at: at.replace(microsecond=0)),
    st.dates(FIRST, LAST - 400 * DAY),
    st.integers(1, 127),
)
def test_any_schedule_has_one_slot_for_each_of_its_dates_in_order(
    zone: str, at: time, start: date, weekdays: int
) -> None:
    schedule = Schedule(zone, at, weekdays, start)
    found = [slot for slot, _ in zip(slots(schedule), range(120), strict=False)]
    expected, day = [], start
    while len(expected) < 120:
        if weekdays >> day.weekday() & 1 and _exists(zone, day):
            expected.append(day)
        day += DAY
    assert [slot.local_date for slot in found] == expected
    assert all(a.due_at < b.due_at for a, b in pairwise(found))


@PROPERTY
@given(st.sampled_from(ZONES), st.times(), st.dates(FIRST, LAST))
def test_an_instant_is_the_first_at_which_clocks_show_that_time_or_later(zone: str, at: time, day: date) -> None:
    at = at.replace(microsecond=0)
    instant, tz = to_instant(day, at, zone), ZoneInfo(zone)
    wall = datetime.combine(day, at)
    assert instant.tzinfo is UTC
    assert instant.astimezone(tz).replace(tzinfo=None) >= wall
    for earlier in (SECOND, timedelta(minutes=20), timedelta(hours=1), timedelta(hours=3)):
        assert (instant - earlier).astimezone(tz).replace(tzinfo=None) < wall


@pytest.mark.parametrize(
    ("zone", "day", "at", "due"),
    [
        ("Europe/Zurich", "2026-03-29", "02:30", "2026-03-29T01:00Z"),  # gap 02:00–03:00
        ("Europe/Zurich", "2026-03-29", "02:00", "2026-03-29T01:00Z"),
        ("Europe/Zurich", "2026-03-29", "03:00", "2026-03-29T01:00Z"),
        ("Europe/Zurich", "2026-03-29", "01:59", "2026-03-29T00:59Z"),
        ("Europe/Zurich", "2026-10-25", "02:30", "2026-10-25T00:30Z"),  # repeated 02:00–03:00: the first
        ("Europe/Zurich", "2026-10-25", "03:00", "2026-10-25T02:00Z"),
        ("Africa/Cairo", "2026-04-24", "00:00", "2026-04-23T22:00Z"),  # gap at midnight
        ("Africa/Cairo", "2026-04-24", "00:30", "2026-04-23T22:00Z"),
        ("Asia/Beirut", "2026-03-29", "00:15", "2026-03-28T22:00Z"),
        ("America/Santiago", "2026-09-06", "00:00", "2026-09-06T04:00Z"),
        ("America/Sao_Paulo", "2018-11-04", "00:59", "2018-11-04T03:00Z"),
        ("Australia/Lord_Howe", "2026-10-04", "02:10", "2026-10-03T15:30Z"),  # half an hour
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45Z"),
        ("America/Nuuk", "2026-03-28", "23:30", "2026-03-29T01:00Z"),  # the gap ends with the day
        ("Antarctica/Troll", "2026-03-29", "02:00", "2026-03-29T01:00Z"),  # two hours
        ("Africa/Casablanca", "2026-02-15", "02:30", "2026-02-15T01:30Z"),  # back for Ramadan
        ("Africa/Casablanca", "2026-03-22", "02:30", "2026-03-22T02:00Z"),  # and on again
        ("Asia/Kathmandu", "2026-07-01", "09:00", "2026-07-01T03:15Z"),
        ("Pacific/Apia", "2011-12-29", "23:59", "2011-12-30T09:59Z"),
        ("Pacific/Apia", "2011-12-31", "00:00", "2011-12-30T10:00Z"),
    ],
)
def test_known_clock_changes(zone: str, day: str, at: str, due: str) -> None:
    assert to_instant(date.fromisoformat(day), time.fromisoformat(at), zone) == datetime.fromisoformat(due)


def test_a_date_that_a_zone_leaves_out_has_no_lesson() -> None:
    schedule = Schedule("Pacific/Apia", time(0), EVERY_DAY, date(2011, 12, 28))
    days = [slot.local_date.day for slot, _ in zip(slots(schedule), range(4), strict=False)]
    assert days == [28, 29, 31, 1]
    assert not is_lesson_date(schedule, date(2011, 12, 30))


def test_the_start_is_the_first_lesson_date_and_none_lies_before() -> None:
    schedule = Schedule("UTC", time(9), MONDAY_TO_FRIDAY, date(2026, 9, 2))
    assert next_slot(schedule, None).local_date == date(2026, 9, 2)
    assert next_slot(schedule, date(2020, 1, 1)).local_date == date(2026, 9, 2)
    assert not is_lesson_date(schedule, date(2026, 9, 1))
    assert next_slot(schedule, date(2026, 9, 4)).local_date == date(2026, 9, 7)


def test_holidays_and_breaks_are_passed_over_with_their_first_and_last_day() -> None:
    days_off = (Span(date(2026, 9, 3), date(2026, 9, 3)), Span(date(2026, 9, 8), date(2026, 9, 21)))
    schedule = Schedule("UTC", time(9), MONDAY_TO_FRIDAY, date(2026, 9, 1), days_off)
    days = [slot.local_date for slot, _ in zip(slots(schedule), range(6), strict=False)]
    assert [(day.month, day.day) for day in days] == [(9, 1), (9, 2), (9, 4), (9, 7), (9, 22), (9, 23)]


def test_a_break_without_end_has_no_next_slot() -> None:
    endless = (Span(date(2026, 9, 2), date(9999, 12, 31)),)
    schedule = Schedule("UTC", time(9), MONDAY_TO_FRIDAY, date(2026, 9, 1), endless)
    assert next_slot(schedule, date(2026, 9, 1)) is None
    assert [slot.local_date for slot in slots(schedule)] == [date(2026, 9, 1)]


def test_a_break_that_ends_within_the_horizon_is_waited_for() -> None:
    almost = (Span(date(2026, 9, 2), date(2026, 9, 1) + HORIZON),)
    schedule = Schedule("UTC", time(9), EVERY_DAY, date(2026, 9, 1), almost)
    assert next_slot(schedule, date(2026, 9, 1)).local_date == date(2026, 9, 2) + HORIZON


@pytest.mark.parametrize("start", [date(9998, 12, 31), date(9999, 1, 1), date(9999, 12, 31)])
def test_a_start_at_the_end_of_all_dates_does_not_fail(start: date) -> None:
    schedule = Schedule("Pacific/Kiritimati", time(9), EVERY_DAY, start)
    assert len(list(slots(schedule))) <= 2


def test_leap_day_and_new_year_are_dates_like_others() -> None:
    schedule = Schedule("Asia/Tokyo", time(9), EVERY_DAY, date(2028, 2, 28))
    assert [s.local_date.day for s, _ in zip(slots(schedule), range(3), strict=False)] == [28, 29, 1]
    assert next_slot(schedule, date(2028, 12, 31)).local_date == date(2029, 1, 1)


@pytest.mark.parametrize(
    ("day", "until"),
    [
        ("2026-09-02", "2026-09-04T00:00"),  # Wednesday: to the end of Thursday
        ("2026-09-04", "2026-09-08T00:00"),  # Friday: to the end of Monday
        ("2026-09-09", "2026-09-22T00:00"),  # before a break: to the end of the first day after it
        ("2026-10-23", "2026-10-27T00:00"),  # over the clock change
    ],
)
def test_a_lesson_closes_with_the_next_lesson_date(day: str, until: str) -> None:
    zone, a_break = "Europe/Zurich", (Span(date(2026, 9, 10), date(2026, 9, 20)),)
    schedule = Schedule(zone, time(9), MONDAY_TO_FRIDAY, date(2026, 9, 1), a_break)
    slot = next_slot(schedule, date.fromisoformat(day) - DAY)
    assert slot.local_date == date.fromisoformat(day)
    assert closing(schedule, slot) == datetime.fromisoformat(until).replace(tzinfo=ZoneInfo(zone))


def test_the_last_lesson_before_an_endless_break_closes_with_the_day_after() -> None:
    endless = (Span(date(2026, 9, 2), date(2036, 1, 1)),)
    schedule = Schedule("UTC", time(9), MONDAY_TO_FRIDAY, date(2026, 9, 1), endless)
    assert closing(schedule, next_slot(schedule, None)) == datetime(2026, 9, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("mon-fri", "Mon–Fri"),
        ("Mon – Fri", "Mon–Fri"),
        ("monday to friday", "Mon–Fri"),
        ("MON,WED,FRI", "Mon, Wed, Fri"),
        ("mon wed", "Mon, Wed"),
        (" tues, thurs, ", "Tue, Thu"),
        ("mon-wed,fri-sun", "Mon, Tue, Wed, Fri, Sat, Sun"),
        ("sun-thu", "Mon, Tue, Wed, Thu, Sun"),
        ("sat - mon", "Mon, Sat, Sun"),
        ("sunday", "Sun"),
        ("mon,mon-mon", "Mon"),
        ("mon-sun", "Mon–Sun"),
    ],
)
def test_weekdays_are_read_as_people_write_them(typed: str, names: str) -> None:
    assert weekday_names(to_weekdays(typed)) == names


@pytest.mark.parametrize(
    "typed",
    ["", " ", ",", "-", "mon-", "-fri", "m", "mo", "monkey", "friends", "lundi", "mon-wed-fri", "to", "1-5", "mon\x00"],
)
def test_what_is_no_weekday_is_told_in_a_sentence(typed: str) -> None:
    with pytest.raises(ValueError, match=r"is not a (day: write mon|range of days: write it like)"):
        to_weekdays(typed)


def test_a_sentence_about_weekdays_does_not_repeat_a_megabyte() -> None:
    with pytest.raises(ValueError, match="is not a day") as raised:
        to_weekdays("x" * 1_000_000)
    assert len(str(raised.value)) < 200


@given(st.sets(st.integers(0, 6), min_size=1))
def test_names_of_weekdays_can_be_read_back(days: set[int]) -> None:
    mask = sum(1 << day for day in days)
    assert to_weekdays(weekday_names(mask)) == mask


def _assert_in_order(zone: str, at: time, start: date, change: timedelta) -> None:
    days, tz, schedule = 5, ZoneInfo(zone), Schedule(zone, at, EVERY_DAY, start)
    found = [slot for slot, _ in zip(slots(schedule), range(days), strict=False)]
    expected = [day for day in (start + n * DAY for n in range(days + 1)) if _exists(zone, day)][:days]
    assert [slot.local_date for slot in found] == expected, (zone, at)
    for slot in found:
        wall = datetime.combine(slot.local_date, at)
        assert slot.due_at.astimezone(tz).replace(tzinfo=None) >= wall, (zone, slot)
        for earlier in (SECOND, change, change + SECOND):
            assert (slot.due_at - earlier).astimezone(tz).replace(tzinfo=None) < wall, (zone, slot)
    assert all(a.due_at < b.due_at for a, b in pairwise(found)), (zone, at)


def _exists(zone: str, day: date) -> bool:
    """Whether clocks in the zone ever show the date: asked of the zone itself, from UTC."""
    noon = datetime.combine(day, time(12), UTC)
    return any((noon + timedelta(hours=h)).astimezone(ZoneInfo(zone)).date() == day for h in range(-26, 27, 6))

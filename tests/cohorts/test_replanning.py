"""What a change of the calendar would do is what it does: from the next lesson on, and never to what is out."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from calendar_ground import applied, made, post, previewed, run_to_the_end, seen
from made_cohorts import MONDAY, at, at_once, change, claimed, deliveries, learner, opened, planned, release, reread

from bot.cohorts.audit import Action, entries
from bot.cohorts.calendar import to_weekdays
from bot.cohorts.catchup import settle
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
    Why,
    Zone,
)
from bot.cohorts.cohorts import FACILITATOR
from bot.cohorts.foreseeing import Coming, foresee
from bot.cohorts.replanning import Stale
from bot.store.database import Database
from bot.store.tables import Cohort, DayOff, SkippedLesson

DAY = timedelta(days=1)
NOON = at(0, 12)


@pytest.fixture
def cohort(database: Database) -> Cohort:
    """Day 55 is out since Monday at nine; five are to come, to the next Monday."""
    cohort = opened(database, first=55)
    release(database, at(0))
    return cohort


def dates(foreseen) -> dict[int, int]:
    """Lesson → days after the first Monday."""
    return {each.lesson: (each.local_date - MONDAY).days for each in foreseen.coming}


def test_what_is_foreseen_is_what_the_planner_does(database: Database, cohort: Cohort) -> None:
    foreseen = seen(database, cohort, NOON)
    assert dates(foreseen) == {56: 1, 57: 2, 58: 3, 59: 4, 60: 7}
    assert [(each.lesson, each.state) for each in foreseen.ledger] == [(55, "done")]
    assert foreseen.end == MONDAY + 7 * DAY
    assert run_to_the_end(database, cohort, NOON) == list(foreseen.coming)
    after = seen(database, cohort, at(30))
    assert (after.state, after.coming, after.end) == ("finished", (), MONDAY + 7 * DAY)


def test_a_preview_leaves_no_trace(database: Database, cohort: Cohort) -> None:
    before = seen(database, cohort, NOON)
    everything = (Weekdays(1), Zone("Asia/Tokyo"), PostTime(time(7)), Country("CH"), TakeOff(MONDAY, MONDAY), Skip(57))
    comparison = previewed(database, cohort, NOON, *everything)
    assert comparison.after != before
    assert seen(database, cohort, NOON) == before == comparison.before
    assert reread(database, cohort).zone == "Europe/Zurich"


CHANGES = {
    "weekdays": ([Weekdays(to_weekdays("mon,wed"))], {56: 2, 57: 7, 58: 9, 59: 14, 60: 16}),
    "more weekdays": ([Weekdays(127)], {56: 1, 57: 2, 58: 3, 59: 4, 60: 5}),
    "a later time today changes no date": ([PostTime(time(18))], {56: 1, 57: 2, 58: 3, 59: 4, 60: 7}),
    "a break": ([TakeOff(MONDAY + 2 * DAY, MONDAY + 9 * DAY, "x")], {56: 1, 57: 10, 58: 11, 59: 14, 60: 15}),
    "one day off": ([TakeOff(MONDAY + DAY, MONDAY + DAY)], {56: 2, 57: 3, 58: 4, 59: 7, 60: 8}),
    "a shift": ([Shift(3)], {56: 4, 57: 7, 58: 8, 59: 9, 60: 10}),
    "a shift to a Saturday": ([ShiftTo(MONDAY + 12 * DAY)], {56: 14, 57: 15, 58: 16, 59: 17, 60: 18}),
    "a shift survives another change": ([Shift(3), Weekdays(127)], {56: 4, 57: 5, 58: 6, 59: 7, 60: 8}),
    "a skip": ([Skip(57)], {56: 1, 58: 2, 59: 3, 60: 4}),
    "the next is skipped": ([Skip(56)], {57: 1, 58: 2, 59: 3, 60: 4}),
    "the last is skipped": ([Skip(60)], {56: 1, 57: 2, 58: 3, 59: 4}),
    "skipped and taken back": ([Skip(56), Unskip(56)], {56: 1, 57: 2, 58: 3, 59: 4, 60: 7}),
    "a break and back": ([Shift(2), MeetOn(MONDAY + DAY)], {56: 1, 57: 2, 58: 3, 59: 4, 60: 7}),
    "paused": ([Pause()], {56: 1, 57: 2, 58: 3, 59: 4, 60: 7}),
    "paused and resumed": ([Pause(), Resume()], {56: 1, 57: 2, 58: 3, 59: 4, 60: 7}),
    "all at once": (
        [Weekdays(to_weekdays("tue,thu")), PostTime(time(7)), Skip(56), TakeOff(MONDAY + DAY, MONDAY + DAY)],
        {57: 3, 58: 8, 59: 10, 60: 15},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_does_what_was_foreseen_of_it(database: Database, cohort: Cohort, name: str) -> None:
    changes, expected = CHANGES[name]
    comparison = made(database, cohort, NOON, *changes)
    assert dates(comparison.after) == expected
    if reread(database, cohort).state == "paused":
        made(database, cohort, NOON, Resume())
    assert run_to_the_end(database, cohort, NOON) == list(comparison.after.coming)
    assert [each.lesson for each in deliveries(database, cohort)] == [55, *expected]


def test_how_many_lessons_move_and_when_it_ends(database: Database, cohort: Cohort) -> None:
    comparison = previewed(database, cohort, NOON, TakeOff(MONDAY + 4 * DAY, MONDAY + 7 * DAY))
    assert [each.lesson for each in comparison.moved] == [59, 60]
    assert (comparison.before.end, comparison.after.end) == (MONDAY + 7 * DAY, MONDAY + 9 * DAY)
    assert comparison.moved[0].before == Coming(59, MONDAY + 4 * DAY, at(4))
    assert comparison.moved[0].after == Coming(59, MONDAY + 8 * DAY, at(8))
    later = previewed(database, cohort, NOON, PostTime(time(18)))
    assert (later.moved, len(later.retimed), later.out_today) == ((), 5, 55)
    skipped = previewed(database, cohort, NOON, Skip(58))
    assert [each.lesson for each in skipped.dropped] == [58]
    assert previewed(database, cohort, NOON, PostTime(time(9))).is_nothing


def test_what_is_out_is_not_posted_again_at_todays_new_time(database: Database, cohort: Cohort) -> None:
    made(database, cohort, NOON, PostTime(time(18)))
    assert planned(database, at(0, 18, 1)) == 0
    assert reread(database, cohort).next_due_at == at(1, 18)


def test_a_new_time_that_has_passed_today_holds_from_the_next_lesson_date(database: Database) -> None:
    cohort = opened(database)
    made(database, cohort, at(0, 8), PostTime(time(7)))
    assert reread(database, cohort).next_due_at == at(1, 7)


def test_what_is_due_by_now_stays_due_under_the_calendar_that_it_was_due_by(database: Database, cohort: Cohort) -> None:
    """Nobody planned since Monday; on Wednesday at noon the lesson days change."""
    made(database, cohort, at(2, 12), Weekdays(to_weekdays("fri")))
    rows = deliveries(database, cohort)
    assert [(row.lesson, row.due_at) for row in rows] == [(55, at(0)), (56, at(1)), (57, at(2))]
    assert dates(seen(database, cohort, at(2, 12))) == {58: 4, 59: 11, 60: 18}


@pytest.mark.parametrize("there", ["Pacific/Honolulu", "Pacific/Kiritimati", "Pacific/Apia"])
@pytest.mark.parametrize("here", ["Pacific/Honolulu", "Pacific/Kiritimati"])
def test_over_the_date_line_no_date_comes_twice_and_none_in_the_past(database: Database, here: str, there: str) -> None:
    cohort = opened(database, zone=here, weekdays=127, first=56, start=date(2026, 9, 9))
    now = reread(database, cohort).next_due_at + timedelta(hours=1)
    release(database, now)
    comparison = made(database, cohort, now, Zone(there))
    rows = [*deliveries(database, cohort)]
    assert comparison.after.coming[0].local_date > rows[-1].local_date
    assert comparison.after.coming[0].due_at >= now
    assert run_to_the_end(database, cohort, now) == list(comparison.after.coming)


def test_a_date_that_lies_behind_the_last_lesson_stays_free_though_the_zone_comes_back_to_it(
    database: Database,
) -> None:
    """Out on Tuesday and Thursday; the cohort moves over the date line, where it is Wednesday."""
    cohort = opened(database, zone="Pacific/Kiritimati", weekdays=0b1010, first=55, start=MONDAY + DAY)
    release(database, now := reread(database, cohort).next_due_at)
    release(database, now := reread(database, cohort).next_due_at)
    comparison = made(database, cohort, now, Zone("Pacific/Honolulu"), Weekdays(127), PostTime(time(23)))
    assert dates(comparison.after)[57] == 4
    assert run_to_the_end(database, cohort, now) == list(comparison.after.coming)


def test_a_zone_that_is_gone_from_the_zone_database_is_cured_by_another(database: Database, cohort: Cohort) -> None:
    change(database, cohort, zone="Mars/Olympus")
    assert applied(database, cohort, NOON, Weekdays(127)) == No(Why.NO_SUCH, Zone("Mars/Olympus"))
    assert dates(made(database, cohort, NOON, Zone("Europe/Zurich")).after) == {56: 1, 57: 2, 58: 3, 59: 4, 60: 7}


def test_the_start_moves_only_before_the_first_lesson(database: Database, cohort: Cohort) -> None:
    assert applied(database, cohort, NOON, Start(MONDAY + DAY)).why is Why.BEGUN
    new = opened(database, first=59)
    assert dates(made(database, new, at(-1), Start(MONDAY + 9 * DAY)).after) == {59: 9, 60: 10}
    assert dates(made(database, new, at(-1), Start(MONDAY + DAY)).after) == {59: 1, 60: 2}
    assert applied(database, new, at(-1), Start(MONDAY - 2 * DAY)).why is Why.PAST


# Days off


def test_holidays_of_a_country_are_days_off_by_name_and_go_with_it_while_breaks_stay(database: Database) -> None:
    cohort = opened(database, start=date(2026, 12, 21), first=50)
    now = datetime(2026, 12, 1, 12, tzinfo=UTC)
    made(database, cohort, now, TakeOff(date(2026, 12, 24), date(2026, 12, 24), "Party"))
    comparison = made(database, cohort, now, Country("CH-ZH"))
    until_end = [each for each in comparison.new_days_off if each.first <= comparison.after.end]
    assert [(each.first, each.note) for each in until_end] == [
        (date(2026, 12, 25), "Christmas Day"),
        (date(2026, 12, 26), "Saint Stephen's Day"),
        (date(2027, 1, 1), "New Year's Day"),
    ]
    days = [each.local_date for each in comparison.after.coming]
    assert not {date(2026, 12, 24), date(2026, 12, 25), date(2027, 1, 1)} & {*days}
    assert max(each.last for each in comparison.after.days_off).year == 2028
    gone = made(database, cohort, now, Country(None))
    assert [each.note for each in gone.after.days_off] == ["Party"]
    made(database, cohort, now, Country("US"))
    swapped = made(database, cohort, now, Country("DE-BY"))
    assert {each.note for each in swapped.after.days_off if each.kind == "holiday"} >= {"Epiphany", "All Saints' Day"}
    assert "Thanksgiving Day" not in {each.note for each in swapped.after.days_off}


def test_holidays_follow_a_course_that_is_moved_into_other_years(database: Database) -> None:
    cohort = opened(database, first=50)
    made(database, cohort, at(-1), Country("CH"))
    for year in (2027, 2028, 2029):
        comparison = made(database, cohort, at(-1), ShiftTo(date(year, 7, 20)))
    days = [each.local_date for each in comparison.after.coming]
    assert days[0] == date(2029, 7, 20)
    assert date(2029, 8, 1) not in days  # the national day
    assert run_to_the_end(database, cohort, at(-1)) == list(comparison.after.coming)


def test_holidays_that_are_over_stay_as_they_were(database: Database) -> None:
    cohort = opened(database, start=date(2026, 12, 21), first=40)
    now = datetime(2027, 1, 4, 12, tzinfo=UTC)
    made(database, cohort, datetime(2026, 12, 1, 12, tzinfo=UTC), Country("CH"))
    release(database, now)
    made(database, cohort, now, Country(None))
    kept = database.run_now(lambda session: [each.note for each in session.query(DayOff).all()])
    assert set(kept) >= {"Christmas Day", "New Year's Day"}
    assert all(each.last < date(2027, 1, 4) for each in seen(database, cohort, now).days_off)


def test_a_break_is_taken_away_from_today_on(database: Database, cohort: Cohort) -> None:
    made(database, cohort, NOON, TakeOff(MONDAY + DAY, MONDAY + 13 * DAY))
    comparison = made(database, cohort, at(4, 12), MeetOn(MONDAY + 5 * DAY))
    assert dates(comparison.after)[56] == 7
    assert [(each.first, each.last) for each in comparison.after.days_off] == [(MONDAY + DAY, MONDAY + 3 * DAY)]


def test_a_break_that_begins_on_the_same_day_is_lengthened(database: Database, cohort: Cohort) -> None:
    made(database, cohort, NOON, TakeOff(MONDAY + DAY, MONDAY + 2 * DAY, "Fair"))
    comparison = made(database, cohort, NOON, TakeOff(MONDAY + DAY, MONDAY + 3 * DAY))
    assert [(each.last, each.note) for each in comparison.after.days_off] == [(MONDAY + 3 * DAY, "Fair")]


# Skips


def test_a_skipped_lesson_gets_no_delivery_though_nobody_plans_for_days(database: Database, cohort: Cohort) -> None:
    made(database, cohort, NOON, Skip(57), Skip(58))
    planned(database, at(9))
    assert [row.lesson for row in deliveries(database, cohort)] == [55, 56, 59, 60]


def test_a_course_that_moves_to_catch_up_leaves_out_what_is_skipped(database: Database, cohort: Cohort) -> None:
    change(database, cohort, catch_up="shift")
    made(database, cohort, NOON, Skip(57))
    planned(database, at(3, 12))  # 56, 58 and 59 are due
    claim = claimed(database, at(3, 12))[0]
    database.run_now(settle, claim, (), at(3, 12))
    foreseen = seen(database, cohort, at(3, 12))
    assert [(each.lesson, each.state) for each in foreseen.ledger][-1] == (56, "planned")
    assert dates(foreseen) == {58: 4, 59: 7, 60: 8}
    assert run_to_the_end(database, cohort, at(3, 12)) == list(foreseen.coming)


def test_a_digest_keeps_its_time_of_day_in_another_zone(database: Database, cohort: Cohort) -> None:
    change(database, cohort, digest_day=0, digest_time=time(8), next_digest_at=at(7, 8))
    made(database, cohort, NOON, Zone("UTC"))
    assert reread(database, cohort).next_digest_at == at(7, 10)


def test_a_next_lesson_that_was_skipped_past_every_function_is_left_out_all_the_same(
    database: Database, cohort: Cohort
) -> None:
    database.run_now(lambda session: session.add(SkippedLesson(cohort_id=cohort.id, lesson=56)))
    assert dates(seen(database, cohort, NOON)) == {57: 1, 58: 2, 59: 3, 60: 4}
    planned(database, at(1))
    assert [row.lesson for row in deliveries(database, cohort)] == [55, 57]


def test_a_course_whose_last_lessons_are_skipped_ends_before_them_and_goes_on_when_one_is_taken_back(
    database: Database, cohort: Cohort
) -> None:
    made(database, cohort, NOON, *(Skip(each) for each in (56, 57, 58, 59, 60)))
    assert reread(database, cohort).state == "finished"
    made(database, cohort, NOON, Unskip(60))
    assert (reread(database, cohort).state, dates(seen(database, cohort, NOON))) == ("active", {60: 1})


def test_a_finished_cohort_whose_channel_is_anothers_does_not_go_on(database: Database) -> None:
    cohort = opened(database, first=60, channel="C", name="old")
    made(database, cohort, at(-1), Skip(60))
    opened(database, channel="C", name="new")
    assert applied(database, cohort, at(0), Unskip(60)).why is Why.CHANNEL_TAKEN
    assert applied(database, cohort, at(0), PostAgain(60)).why is Why.CHANNEL_TAKEN


# Now, and again


def test_the_next_lesson_goes_out_now_and_those_behind_it_move_up(database: Database) -> None:
    cohort = opened(database, first=57, start=MONDAY + 4 * DAY)
    release(database, at(4))
    now = at(5, 12)
    comparison = made(database, cohort, now, PostNow())
    assert [(each.lesson, each.before.local_date, each.after.local_date) for each in comparison.moved] == [
        (58, MONDAY + 7 * DAY, MONDAY + 5 * DAY),
        (59, MONDAY + 8 * DAY, MONDAY + 7 * DAY),
        (60, MONDAY + 9 * DAY, MONDAY + 8 * DAY),
    ]
    sent = release(database, now)
    assert [(claim.lesson, claim.due_at) for claim in sent] == [(58, now)]
    assert run_to_the_end(database, cohort, now) == list(comparison.after.coming)


def test_now_on_a_lesson_date_that_is_not_due_takes_that_date(database: Database) -> None:
    cohort = opened(database, first=58)
    comparison = made(database, cohort, at(0, 7), PostNow())
    assert dates(comparison.after) == {59: 1, 60: 2}
    assert planned(database, at(0, 9)) == 0


def test_a_date_that_has_its_lesson_gets_no_second_one(database: Database, cohort: Cohort) -> None:
    assert applied(database, cohort, NOON, PostNow()) == No(Why.DATE_TAKEN, PostNow(), 56, MONDAY)
    assert reread(database, cohort).next_lesson == 56


def test_posted_now_it_waits_behind_a_lesson_that_is_stuck_and_the_preview_says_so(
    database: Database, cohort: Cohort
) -> None:
    change(database, deliveries(database, cohort)[0], state="blocked", reason="channel_gone: x")
    comparison = made(database, cohort, at(1, 7), PostNow())
    assert comparison.waits_behind == 55
    assert release(database, at(1, 7)) == []


@pytest.mark.parametrize("state", ["dead", "blocked"])
def test_what_could_not_be_posted_is_tried_again_under_its_own_date(
    database: Database, cohort: Cohort, state: str
) -> None:
    row = deliveries(database, cohort)[0]
    change(database, row, state=state, reason="refused: x", attempt=7)
    made(database, cohort, at(1, 8), PostAgain(55))
    again = deliveries(database, cohort)[0]
    assert (again.id, again.state, again.local_date, again.attempt) == (row.id, "planned", MONDAY, 120)
    assert applied(database, cohort, at(1, 8), PostAgain(55)).why is Why.OUT


def test_what_was_blocked_for_the_tokens_sake_is_looked_at_before_it_is_sent(
    database: Database, cohort: Cohort
) -> None:
    change(database, deliveries(database, cohort)[0], state="blocked", reason="token_revoked: x")
    made(database, cohort, at(1, 8), PostAgain(55))
    again = deliveries(database, cohort)[0]
    assert (again.state, again.next_try_at, again.reason) == ("blocked", at(1, 8), "token_revoked: x")


def test_a_lesson_that_catching_up_has_skipped_goes_out_under_its_own_date(database: Database, cohort: Cohort) -> None:
    planned(database, at(2))
    change(database, deliveries(database, cohort)[1], state="skipped", reason="missed")
    assert [claim.lesson for claim in release(database, at(2))] == [57]
    made(database, cohort, at(2, 12), PostAgain(56))
    assert [(claim.lesson, claim.due_at) for claim in release(database, at(2, 12))] == [(56, at(1))]


def test_a_lesson_that_was_left_out_and_is_past_goes_out_on_a_date_of_its_own(
    database: Database, cohort: Cohort
) -> None:
    made(database, cohort, NOON, Skip(56))
    release(database, at(1))
    assert applied(database, cohort, at(1, 12), Unskip(56)).why is Why.BEHIND
    assert applied(database, cohort, at(1, 12), PostAgain(56)).why is Why.DATE_TAKEN
    comparison = made(database, cohort, at(2, 7), PostAgain(56))
    assert dates(comparison.after) == {58: 3, 59: 4, 60: 7}
    assert [claim.lesson for claim in release(database, at(2, 7))] == [56]


@pytest.mark.parametrize("state", ["done", "planned"])
def test_what_is_out_or_on_its_way_is_never_posted_again(database: Database, cohort: Cohort, state: str) -> None:
    change(database, deliveries(database, cohort)[0], state=state)
    assert applied(database, cohort, NOON, PostAgain(55)).why is Why.OUT
    assert applied(database, cohort, NOON, Skip(55)).why is Why.OUT


# No


NOS = {
    "nothing to resume": (Resume(), Why.NOT_PAUSED),
    "no such country": (Country("XX"), Why.NO_SUCH),
    "no such part of a country": (Country("CH-QQ"), Why.NO_SUCH),
    "no such zone": (Zone("../../etc/passwd"), Why.NO_SUCH),
    "a zone with NUL": (Zone("Europe/\x00"), Why.NO_SUCH),
    "no zone": (Zone(""), Why.NO_SUCH),
    "no weekday": (Weekdays(0), Why.NO_SUCH),
    "a break in the past": (TakeOff(MONDAY - DAY, MONDAY - DAY), Why.PAST),
    "a break turned round": (TakeOff(MONDAY + 2 * DAY, MONDAY + DAY), Why.PAST),
    "a break of years": (TakeOff(MONDAY, MONDAY + 400 * DAY), Why.TOO_LONG),
    "a note like a book": (TakeOff(MONDAY, MONDAY, "x" * 2**20), Why.TOO_LONG),
    "no day off": (MeetOn(MONDAY + DAY), Why.NOT_OFF),
    "a shift by none": (Shift(0), Why.TOO_LONG),
    "a shift back": (Shift(-1), Why.TOO_LONG),
    "a shift for ever": (Shift(10**9), Why.TOO_LONG),
    "a shift to where it is": (ShiftTo(MONDAY + DAY), Why.NOT_LATER),
    "a lesson that there is not": (Skip(61), Why.NO_LESSON),
    "a lesson before the cohort's first": (Skip(54), Why.NO_LESSON),
    "not skipped": (Unskip(57), Why.NOT_SKIPPED),
    "still to come": (PostAgain(57), Why.COMES),
    "never to come": (PostAgain(3), Why.NO_LESSON),
}


@pytest.mark.parametrize("name", NOS)
def test_what_cannot_be_done_says_why_and_changes_nothing(database: Database, cohort: Cohort, name: str) -> None:
    refused, why = NOS[name]
    before = seen(database, cohort, NOON)
    told = previewed(database, cohort, NOON, Skip(58), refused)
    assert (told.why, told.change) == (why, refused)
    assert applied(database, cohort, NOON, Skip(58), refused) == told
    assert seen(database, cohort, NOON) == before
    assert database.run_now(lambda session: entries(session, cohort)) == []


def test_a_calendar_without_dates_is_refused(database: Database, cohort: Cohort) -> None:
    for year in range(2027, 2032):
        row = DayOff(cohort_id=cohort.id, first_date=date(year, 1, 1), kind="break", last_date=date(year, 12, 31))
        database.run_now(lambda session, row=row: session.add(row))
    assert applied(database, cohort, NOON, TakeOff(MONDAY + 2 * DAY, date(2026, 12, 31))).why is Why.NO_DATES


def test_a_holiday_is_no_break(database: Database, cohort: Cohort) -> None:
    made(database, cohort, NOON, Country("US"))
    assert applied(database, cohort, NOON, MeetOn(date(2026, 12, 25))).why is Why.HOLIDAY


def test_nothing_goes_out_while_paused_and_a_finished_cohort_is_left_alone(database: Database, cohort: Cohort) -> None:
    made(database, cohort, NOON, Pause())
    for each in (PostNow(), PostAgain(55)):
        assert applied(database, cohort, NOON, each).why is Why.PAUSED
    assert applied(database, cohort, NOON, Pause()).why is Why.NOT_ACTIVE
    made(database, cohort, NOON, Resume())
    run_to_the_end(database, cohort, NOON)
    for each in (Weekdays(1), Skip(57), PostNow(), Pause(), Resume(), TakeOff(MONDAY, MONDAY)):
        assert applied(database, cohort, at(30), each).why is Why.FINISHED


# Who, and at once


def test_a_change_is_written_down_with_what_it_changed_and_by_whom(database: Database, cohort: Cohort) -> None:
    fay = learner(database, cohort, "fay", NOON, FACILITATOR)
    applied(database, cohort, NOON, Weekdays(1), PostTime(time(7)), TakeOff(MONDAY, MONDAY, "secret words"), by=fay)
    entry = database.run_now(lambda session: entries(session, cohort))[0]
    assert (entry.by_id, entry.action, entry.at) == (fay.id, Action.CALENDAR, NOON)
    assert entry.says == "lesson days: Mon–Fri → Mon; time: 09:00 → 07:00; day off: 2026-09-07"


def test_a_change_that_would_do_something_else_by_now_is_not_made(database: Database, cohort: Cohort) -> None:
    told = previewed(database, cohort, NOON, Shift(2))
    release(database, at(1))
    late = applied(database, cohort, at(1, 12), Shift(2), expected=told.fingerprint)
    assert isinstance(late, Stale)
    assert dates(seen(database, cohort, at(1, 12))) == {57: 2, 58: 3, 59: 4, 60: 7}
    applied(database, cohort, at(1, 12), Shift(2), expected=late.comparison.fingerprint)
    assert dates(seen(database, cohort, at(1, 12)))[57] == 4


def test_a_fingerprint_is_of_one_cohort_and_one_change(database: Database, cohort: Cohort) -> None:
    other = opened(database, first=55)
    release(database, at(0))
    marks = [previewed(database, cohort, NOON, each).fingerprint for each in (Shift(2), Shift(3), Skip(56))]
    marks.append(previewed(database, other, NOON, Shift(2)).fingerprint)
    assert len({*marks}) == 4
    assert previewed(database, cohort, NOON + timedelta(minutes=9), Shift(2)).fingerprint == marks[0]


def test_the_same_confirmed_twice_at_once_is_done_once(database: Database, cohort: Cohort) -> None:
    told = previewed(database, cohort, NOON, Shift(2))
    done = at_once([lambda: applied(database, cohort, NOON, Shift(2), expected=told.fingerprint) for _ in range(4)])
    assert sorted(type(each).__name__ for each in done) == ["Comparison", "Stale", "Stale", "Stale"]


def test_now_and_the_planner_at_once_give_each_date_and_each_lesson_one_row(database: Database) -> None:
    cohorts = [opened(database, weekdays=127) for _ in range(4)]
    jobs = [lambda each=each: applied(database, each, at(0), PostNow()) for each in cohorts for _ in range(2)]
    at_once([*jobs, *[lambda: planned(database, at(0))] * 4])
    planned(database, at(0))  # a planner passes over what somebody is changing
    for cohort in cohorts:
        rows = deliveries(database, cohort)
        assert [(row.lesson, row.local_date) for row in rows] == [(1, MONDAY)]
        assert dates(seen(database, cohort, at(0)))[2] == 1


def test_the_ledger_is_never_written_by_a_change_of_dates(database: Database, cohort: Cohort) -> None:
    planned(database, at(2))
    database.run_now(post, cohort.id)
    before = [(row.id, row.due_at, row.closes_at, row.state) for row in deliveries(database, cohort)]
    made(database, cohort, at(2, 12), Weekdays(1), Zone("Asia/Tokyo"), PostTime(time(0)), Shift(4), Skip(59))
    assert [(row.id, row.due_at, row.closes_at, row.state) for row in deliveries(database, cohort)] == before


def test_the_course_goes_on_beyond_what_a_change_knows(database: Database) -> None:
    """`day_after` decides, not the numbers: lessons may be missing."""
    cohort = opened(database, first=31)
    lessons = {31: 35, 35: 58, 58: None}
    found = database.run_now(lambda s: foresee(s, lambda _, day: lessons[day], s.get_one(Cohort, cohort.id), at(-1)))
    assert [each.lesson for each in found.coming] == [31, 35, 58]

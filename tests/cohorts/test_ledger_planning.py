"""What is due comes into the ledger once, under its own date and in order, whatever happened to the cohort before."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from made_cohorts import (
    MONDAY,
    ZONE,
    at,
    at_once,
    change,
    claimed,
    day_after,
    deliveries,
    drafts,
    new_cohort,
    opened,
    planned,
    release,
    reread,
)
from sqlalchemy import event, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.cohorts.cohorts import Taken, open_cohort, pause, resume
from bot.cohorts.deliveries import (
    claim_due,
    keep_messages,
    mark_absent,
    mark_sent,
    mark_trying,
    next_wake,
    outgoing,
    plan_due,
)
from bot.store.database import Database
from bot.store.tables import Cohort, DayOff, Delivery, SkippedLesson


def test_nothing_is_planned_before_its_instant_and_one_row_at_it(database: Database) -> None:
    cohort = opened(database)
    assert planned(database, at(0, 8, 59, 59.9)) == 0
    assert planned(database, at(0)) == 1
    [row] = deliveries(database, cohort)
    assert (row.lesson, row.local_date, row.due_at, row.state) == (1, MONDAY, at(0), "planned")
    assert (row.next_try_at, row.attempt, row.lease_until, row.posted_at) == (at(0), 0, None, None)
    assert row.closes_at == at(2, 0)
    after = reread(database, cohort)
    assert (after.next_lesson, after.next_date, after.next_due_at) == (2, date(2026, 9, 8), at(1))


def test_planning_again_makes_no_second_row(database: Database) -> None:
    cohort = opened(database)
    assert [planned(database, at(0, hour)) for hour in (9, 9, 12, 23)] == [1, 0, 0, 0]
    assert len(deliveries(database, cohort)) == 1


def test_after_thirty_days_down_every_missed_lesson_comes_once_in_order_under_its_own_date(database: Database) -> None:
    cohort = opened(database)
    assert planned(database, at(30, 12)) == 23
    assert planned(database, at(30, 12)) == 0
    rows = deliveries(database, cohort)
    dates = [MONDAY + timedelta(days=n) for n in range(31) if n % 7 < 5]
    assert [row.local_date for row in rows] == dates
    assert [row.lesson for row in rows] == list(range(1, 24))
    assert [row.due_at.astimezone(ZoneInfo("Europe/Zurich")).hour for row in rows] == [9] * 23


def test_daily_planning_and_planning_once_end_in_the_same_ledger(database: Database) -> None:
    daily, once = opened(database), opened(database, platform="slack")
    change(database, once, state="paused")
    for day in range(40):
        planned(database, at(day, 23))
    change(database, once, state="active")
    planned(database, at(39, 23))
    told = [[(r.lesson, r.local_date, r.due_at, r.closes_at) for r in deliveries(database, c)] for c in (daily, once)]
    assert told[0] == told[1]


def test_the_instant_follows_the_clock_change(database: Database) -> None:
    cohort = opened(database)
    planned(database, datetime(2026, 10, 27, 12, tzinfo=UTC))
    due = {row.local_date: row.due_at.hour for row in deliveries(database, cohort)}
    assert (due[date(2026, 10, 23)], due[date(2026, 10, 26)]) == (7, 8)


def test_a_course_with_gaps_goes_on_with_the_next_lesson_that_there_is(database: Database) -> None:
    cohort = opened(database, first=31)
    lessons = {31: 35, 35: 58, 58: None}
    database.run_now(plan_due, lambda course, day: lessons[day], at(10, 12))
    assert [row.lesson for row in deliveries(database, cohort)] == [31, 35, 58]


def test_after_the_last_lesson_the_cohort_is_finished_and_its_channel_free(database: Database) -> None:
    cohort = opened(database, first=60, channel="C", name="first")
    assert planned(database, at(5, 12)) == 1
    after = reread(database, cohort)
    assert (after.state, after.next_lesson, after.next_date, after.next_due_at) == ("finished", None, None, None)
    assert len(database.run_now(claim_due, ["discord"], at(5, 12))) == 1  # the last lesson still goes out
    opened(database, channel="C", name="second")


def test_a_cohort_without_another_date_is_finished(database: Database) -> None:
    cohort = opened(database)
    _day_off(database, cohort, date(2026, 9, 8), date(2036, 1, 1))
    planned(database, at(0))
    assert reread(database, cohort).state == "finished"


@pytest.mark.parametrize("lesson_taken", [True, False])
def test_a_lesson_that_is_out_already_is_passed_over_and_the_cohort_is_not_stuck(
    database: Database, lesson_taken: bool
) -> None:
    """A next lesson set back by hand, or a record restored from a backup: lesson 1 or today's date is taken."""
    cohort = opened(database)
    planned(database, at(0))
    if lesson_taken:
        change(database, cohort, next_lesson=1)
    else:
        change(database, cohort, next_date=MONDAY, next_due_at=at(0))
    planned(database, at(2, 12))
    rows = deliveries(database, cohort)
    assert [(row.lesson, (row.local_date - MONDAY).days) for row in rows] == [(1, 0), (2, 1), (3, 2)]


def test_a_skipped_lesson_may_come_under_a_later_date(database: Database) -> None:
    cohort = opened(database)
    planned(database, at(0))
    change(database, deliveries(database, cohort)[0], state="skipped", reason="holiday")
    change(database, cohort, next_lesson=1, next_date=MONDAY, next_due_at=at(0))
    planned(database, at(1))
    assert [(row.lesson, row.state) for row in deliveries(database, cohort)] == [(1, "skipped"), (1, "planned")]


def test_the_schema_itself_refuses_a_second_row_for_a_date_or_a_lesson(database: Database) -> None:
    cohort = opened(database)
    planned(database, at(0))
    for lesson, day in ((2, MONDAY), (1, date(2026, 9, 8))):
        with pytest.raises(IntegrityError):
            database.run_now(lambda s, lesson=lesson, day=day: s.add(_delivery(cohort, lesson, day)))


def test_two_planners_at_once_make_one_row_each_date(database: Database) -> None:
    cohorts = [opened(database) for _ in range(6)]
    made = at_once([lambda: planned(database, at(3, 12)) for _ in range(6)])
    assert sum(made) == 6 * 4
    for cohort in cohorts:
        assert [row.lesson for row in deliveries(database, cohort)] == [1, 2, 3, 4]


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
def test_a_planner_does_not_wait_for_another_that_holds_a_cohort(database: Database) -> None:
    def plan_or_give_up(session: Session) -> int:
        session.execute(text("SET LOCAL lock_timeout = '2s'"))
        return plan_due(session, day_after, at(0))

    held, free = opened(database), opened(database)
    with database.engine.begin() as other:
        other.execute(select(Cohort.id).where(Cohort.id == held.id).with_for_update())
        assert database.run_now(plan_or_give_up) == 1
    assert (len(deliveries(database, held)), len(deliveries(database, free))) == (0, 1)
    assert planned(database, at(0)) == 1


def test_a_limit_takes_those_who_wait_longest_first(database: Database) -> None:
    late = opened(database, start=date(2026, 9, 8))
    early = opened(database)
    database.run_now(plan_due, day_after, at(1, 12), 1)
    assert (len(deliveries(database, early)), len(deliveries(database, late))) == (2, 0)


def test_a_cohort_that_cannot_be_planned_keeps_nobody_else_from_their_lessons(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    broken, fine = opened(database), opened(database)
    change(database, broken, zone="Mars/Olympus")
    assert planned(database, at(0)) == 1
    assert len(deliveries(database, fine)) == 1
    assert f"plan cohort={broken.id} outcome=failed" in caplog.text
    change(database, broken, zone=ZONE)
    assert planned(database, at(1)) == 3


def test_one_whose_date_is_taken_keeps_nobody_of_its_burst_back(database: Database) -> None:
    cohorts = [opened(database) for _ in range(5)]
    planned(database, at(0))
    change(database, cohorts[2], next_lesson=1, next_date=MONDAY, next_due_at=at(0))
    assert planned(database, at(1)) == 5
    assert [[row.lesson for row in deliveries(database, cohort)] for cohort in cohorts] == [[1, 2]] * 5


def test_a_burst_is_planned_with_as_many_statements_as_one_cohort_but_for_its_rows(database: Database) -> None:
    def statements(day: int, cohorts: int) -> int:
        for _ in range(cohorts):
            opened(database)
        said: list[str] = []
        note = lambda *context: said.append(context[2])  # noqa: E731
        event.listen(database.engine, "before_cursor_execute", note)
        assert planned(database, at(day)) >= cohorts
        event.remove(database.engine, "before_cursor_execute", note)
        return sum(not each.startswith("INSERT") for each in said)

    assert statements(0, 1) == statements(1, 30)


def test_each_of_a_burst_keeps_its_own_days_off_and_the_lessons_it_leaves_out(database: Database) -> None:
    plain, off, leaving = (opened(database) for _ in range(3))
    with database.engine.begin() as connection:
        connection.execute(insert(DayOff).values(cohort_id=off.id, first_date=MONDAY, last_date=MONDAY, kind="break"))
        connection.execute(insert(SkippedLesson).values(cohort_id=leaving.id, lesson=1))
    assert planned(database, at(0)) == 2
    assert planned(database, at(1)) == 3
    found = [[(row.lesson, row.local_date.day) for row in deliveries(database, each)] for each in (plain, off, leaving)]
    assert found == [[(1, 7), (2, 8)], [(1, 8)], [(2, 7), (3, 8)]]


def test_nothing_is_planned_while_paused_and_what_the_pause_skipped_is_not_posted_in_a_heap(database: Database) -> None:
    cohort = opened(database)
    planned(database, at(0))
    assert _with(database, cohort, lambda s, c: pause(c))
    assert not _with(database, cohort, lambda s, c: pause(c))
    assert planned(database, at(8, 12)) == 0
    assert _with(database, cohort, lambda s, c: resume(s, c, at(8, 12)))
    assert not _with(database, cohort, lambda s, c: resume(s, c, at(8, 12)))
    assert planned(database, at(9, 12)) == 1
    rows = deliveries(database, cohort)
    assert [(row.lesson, row.local_date) for row in rows] == [(1, MONDAY), (2, date(2026, 9, 16))]


def test_a_pause_and_resume_before_todays_post_change_nothing(database: Database) -> None:
    cohort = opened(database)
    _with(database, cohort, lambda s, c: pause(c))
    _with(database, cohort, lambda s, c: resume(s, c, at(0)))
    assert planned(database, at(0)) == 1


def test_a_pause_and_resume_after_todays_post_do_not_post_today_again_even_at_a_new_time(database: Database) -> None:
    cohort = opened(database)
    planned(database, at(0))
    _with(database, cohort, lambda s, c: pause(c))
    change(database, cohort, post_time=time(18))
    _with(database, cohort, lambda s, c: resume(s, c, at(0, 12)))
    assert reread(database, cohort).next_due_at == at(1, 18)


def test_what_was_planned_before_a_pause_waits_until_it_ends(database: Database) -> None:
    cohort = opened(database)
    planned(database, at(0))
    _with(database, cohort, lambda s, c: pause(c))
    assert database.run_now(claim_due, ["discord"], at(0, 10)) == []
    assert database.run_now(next_wake) is None
    _with(database, cohort, lambda s, c: resume(s, c, at(0, 11)))
    assert len(database.run_now(claim_due, ["discord"], at(0, 11))) == 1


def test_a_finished_cohort_is_neither_paused_nor_resumed(database: Database) -> None:
    cohort = opened(database, first=60)
    planned(database, at(0))
    assert not _with(database, cohort, lambda s, c: pause(c))
    assert not _with(database, cohort, lambda s, c: resume(s, c, at(0)))


def test_a_cohort_that_was_paused_while_it_finished_does_not_wait_for_ever(database: Database) -> None:
    cohort = opened(database, first=60)
    planned(database, at(0))
    change(database, cohort, state="paused")  # what the last writer of two leaves
    _with(database, cohort, lambda s, c: resume(s, c, at(0, 12)))
    planned(database, at(1))
    assert reread(database, cohort).state == "finished"
    assert len(deliveries(database, cohort)) == 1


@pytest.mark.parametrize("hour", [8, 9, 10])
def test_a_zone_edit_before_at_or_after_todays_post_posts_today_once(database: Database, hour: int) -> None:
    """Zurich's 09:00 becomes New York's, six hours later."""
    cohort = opened(database)
    release(database, at(0, hour))
    change(database, cohort, zone="America/New_York")
    for later in range(hour, 24):
        release(database, at(0, later))
    today = [row for row in deliveries(database, cohort) if row.local_date == MONDAY]
    assert [(row.lesson, row.due_at) for row in today] == [(1, at(0, 15 if hour == 8 else 9))]
    release(database, at(1, 15))
    assert [row.lesson for row in deliveries(database, cohort)] == [1, 2]


@pytest.mark.parametrize(("hour", "days"), [(8, [1, 2]), (9, [0, 1, 2]), (10, [0, 1, 2])])
def test_a_day_off_given_before_todays_post_moves_the_lesson_and_later_takes_nothing_back(
    database: Database, hour: int, days: list[int]
) -> None:
    cohort = opened(database)
    planned(database, at(0, hour))
    _day_off(database, cohort, MONDAY, MONDAY)
    planned(database, at(2, 12))
    rows = deliveries(database, cohort)
    assert [(row.local_date - MONDAY).days for row in rows] == days
    assert [row.lesson for row in rows] == list(range(1, len(days) + 1))


def test_weekdays_edited_before_todays_post_hold_for_today(database: Database) -> None:
    cohort = opened(database)
    change(database, cohort, weekdays=0b0000100)  # Wednesdays
    planned(database, at(9, 12))
    assert [row.local_date.day for row in deliveries(database, cohort)] == [9, 16]


def test_the_first_lesson_is_due_at_the_first_slot_that_is_not_past(database: Database) -> None:
    due = [opened(database, now).next_due_at for now in (at(0, 8), at(0), at(0, 9, 0, 1), at(4, 12), at(-400))]
    assert due == [at(0), at(0), at(1), at(7), at(0)]


def test_a_channel_and_a_name_are_taken_once(database: Database) -> None:
    def what_is_taken(**changes: str) -> str:
        with pytest.raises(Taken) as taken:
            opened(database, **changes)
        return taken.value.what

    first = opened(database, channel="C", name="Spring")
    assert what_is_taken(channel="C") == "channel"
    assert what_is_taken(name="Spring") == "name"
    opened(database, name="Spring", workspace="another")
    opened(database, channel="C", platform="slack")
    change(database, first, state="finished")
    assert what_is_taken(channel="C", name="Spring") == "name"
    opened(database, channel="C")


def test_of_many_who_open_a_cohort_in_a_channel_at_once_one_does(database: Database) -> None:
    def open_one(number: int) -> bool:
        try:
            opened(database, channel="C", name=f"n{number}")
        except Taken:
            return False
        return True

    assert sum(at_once([lambda n=n: open_one(n) for n in range(6)])) == 1


def test_a_wrong_schedule_is_refused_by_the_schema(database: Database) -> None:
    cohort = opened(database)
    for wrong in ({"weekdays": 0}, {"weekdays": 128}, {"state": "asleep"}):
        with pytest.raises(IntegrityError):
            change(database, cohort, **wrong)
    with pytest.raises(IntegrityError):
        _day_off(database, cohort, date(2026, 9, 9), date(2026, 9, 8))


def test_a_hostile_name_is_kept(database: Database) -> None:
    cohort = database.run_now(open_cohort, new_cohort(name="'; DROP TABLE cohorts; --\x00\ud800@everyone"), at(0))
    assert reread(database, cohort).name == "'; DROP TABLE cohorts; --␀\ufffd@everyone"


def test_next_wake_is_the_earliest_of_what_is_due_and_what_is_tried_again(database: Database) -> None:
    assert database.run_now(next_wake) is None
    opened(database)
    assert database.run_now(next_wake) == at(0)
    planned(database, at(0))
    assert database.run_now(next_wake) == at(0)
    database.run_now(lambda s: s.execute(update(Delivery).values(next_try_at=at(0, 9, 5))))
    assert database.run_now(next_wake) == at(0, 9, 5)
    database.run_now(lambda s: s.execute(update(Delivery).values(state="done")))
    assert database.run_now(next_wake) == at(1)


def _with(database: Database, cohort: Cohort, act) -> bool:
    return database.run_now(lambda session: act(session, session.get_one(Cohort, cohort.id)))


def _day_off(database: Database, cohort: Cohort, first: date, last: date) -> None:
    database.run_now(lambda s: s.add(DayOff(cohort_id=cohort.id, first_date=first, last_date=last, kind="break")))


def _delivery(cohort: Cohort, lesson: int, day: date) -> Delivery:
    return Delivery(
        cohort_id=cohort.id, kind="lesson", local_date=day, lesson=lesson, due_at=at(0), closes_at=at(1),
        state="planned", attempt=0, next_try_at=at(0),
    )  # fmt: skip


# what may be out though the record does not know it


@pytest.mark.parametrize(
    ("planned_at", "taken_at", "began", "doubtful"),
    [
        (at(0), at(0), at(-1), False),
        (at(0), at(0, 9, 1), at(-1), False),
        (at(0), at(0, 9, 30), at(-1), False),  # a rush: planned in time, by us
        (at(0), at(0, 9, 2), at(0, 9, 1), True),  # planned before our process began
        (at(0, 9, 2), at(0, 9, 2), at(-1), True),  # the record has learnt of it late
        (at(0, 9, 1), at(0, 9, 1), at(0, 9, 1), False),
    ],
)
def test_a_late_lesson_may_be_out_when_it_was_due_before_our_time(
    database: Database, planned_at: datetime, taken_at: datetime, began: datetime, doubtful: bool
) -> None:
    opened(database)
    planned(database, planned_at)
    [claim] = claimed(database, taken_at)
    assert claim.may_be_out(began) is doubtful


def test_what_may_be_out_counts_as_tried_when_it_was_due_until_it_was_looked_for(database: Database) -> None:
    opened(database)
    planned(database, at(0, 12))
    [claim] = claimed(database, at(0, 12))
    kept = database.run_now(keep_messages, claim, drafts(claim), may_be_out=True)
    assert [each.tried_at for each in kept] == [at(0)] * 3
    database.run_now(mark_sent, claim, kept[0], "1/1", at(0, 12), found=True)
    database.run_now(mark_absent, claim, kept)
    assert [each.tried_at for each in database.run_now(outgoing, claim)] == [at(0), None, None]


def test_a_real_try_is_not_forgotten_by_looking(database: Database) -> None:
    opened(database)
    planned(database, at(0))
    [claim] = claimed(database, at(0))
    first, *_ = database.run_now(keep_messages, claim, drafts(claim))
    database.run_now(mark_trying, claim, first, at(0, 9, 0, 1))
    database.run_now(mark_absent, claim, [first])
    assert database.run_now(outgoing, claim)[0].tried_at == at(0, 9, 0, 1)

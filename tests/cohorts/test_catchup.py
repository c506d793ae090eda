"""What becomes of missed lessons: one rule, told beforehand and kept to, and nobody is measured by what was skipped."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_cohorts import (
    MONDAY,
    at,
    at_once,
    change,
    claimed,
    day_after,
    deliveries,
    drafts,
    learner,
    opened,
    planned,
    reread,
    send,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.cohorts.catchup import (
    SPACING,
    WITHIN,
    Due,
    Fate,
    Policy,
    decide,
    find_waiting,
    missed,
    moved_on,
    preview,
    settle,
    standstill,
)
from bot.cohorts.claims import Fenced, message_key
from bot.cohorts.cohorts import pause
from bot.cohorts.deliveries import claim_due, keep_messages, mark_refused, mark_stuck, mark_trying, retry_stuck
from bot.cohorts.progress import State, cohort_progress
from bot.store.database import Database
from bot.store.tables import PLANNED, Cohort, Delivery, Message

NOON = at(3, 12)
"""Thursday noon: the lessons of Monday, Tuesday, Wednesday and today are due."""


# the rule


def due(number: int, begun: bool = False, waits: timedelta = timedelta()) -> Due:
    """The lesson of day `number` after Monday."""
    moment = at(number)
    return Due(number + 100, MONDAY + timedelta(days=number), number + 1, moment, moment + waits, begun)


def told(fates: tuple[Fate, ...]) -> list[tuple[int, int | None]]:
    """(lesson that was to come, lesson that is posted instead of nothing)."""
    return [(fate.due.lesson, fate.lesson if fate.at is not None else None) for fate in fates]


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        (Policy.ALL, [(1, 1), (2, 2), (3, 3), (4, 4)]),
        (Policy.LATEST, [(1, None), (2, None), (3, None), (4, 4)]),
        (Policy.SHIFT, [(1, None), (2, None), (3, None), (4, 1)]),
    ],
)
def test_each_policy_does_what_it_says(policy: Policy, outcome: list[tuple[int, int | None]]) -> None:
    fates = decide([due(number) for number in range(4)], policy, NOON)
    assert told(fates) == outcome
    assert moved_on(fates) == ((2, 3, 4) if policy is Policy.SHIFT else ())
    assert all((fate.at is None) == bool(fate.reason) for fate in fates)


@pytest.mark.parametrize(
    ("number", "minutes"), [(1, [0]), (2, [0, 30]), (3, [0, 30, 60]), (4, [0, 20, 40, 60]), (5, [0, 15, 30, 45, 60])]
)
def test_lessons_that_are_caught_up_come_spaced_and_within_an_hour(number: int, minutes: list[int]) -> None:
    fates = decide([due(each) for each in range(number)], Policy.ALL, at(40))
    assert [fate.at for fate in fates] == [at(40, 9, minute) for minute in minutes]


DUES = st.lists(
    st.tuples(st.integers(0, 60), st.booleans(), st.integers(0, 90)), unique_by=lambda each: each[0], max_size=30
)


@given(DUES, st.sampled_from(Policy))
def test_whatever_is_due_everything_has_one_fate_and_no_lesson_comes_twice_or_is_lost(
    dues: list[tuple[int, bool, int]], policy: Policy
) -> None:
    now = at(70)
    given_ = [due(number, begun, timedelta(days=10 if waits > 80 else 0)) for number, begun, waits in dues]
    fates = decide(given_, policy, now)
    assert [fate.due for fate in fates] == sorted(given_, key=lambda each: each.local_date)
    posted = [fate.lesson for fate in fates if fate.at is not None]
    assert len(posted) == len(set(posted))
    assert all(fate.at is not None and fate.lesson == fate.due.lesson for fate in fates if fate.due.begun)
    assert all(fate.at >= now for fate in fates if fate.at is not None)
    lessons = {each.lesson for each in given_}
    if policy is not Policy.LATEST:
        assert set(posted) | set(moved_on(fates)) == lessons
        assert len(posted) + len(moved_on(fates)) == len(lessons)
    elif given_:
        assert max(lessons) in posted
    if policy is Policy.ALL:
        at_ = [fate.at for fate in fates if fate.at is not None]
        assert max((each - now for each in at_ if each < at(75)), default=SPACING) <= WITHIN


def test_what_is_missed_is_what_a_later_lesson_or_the_calendar_has_passed() -> None:
    three = [due(0), due(1), due(2)]
    assert [each.lesson for each in missed(three, MONDAY + timedelta(days=2))] == [1, 2]
    assert [each.lesson for each in missed(three, MONDAY + timedelta(days=3))] == [1, 2, 3]
    assert missed(three[2:], MONDAY + timedelta(days=2)) == ()
    assert missed([], MONDAY) == ()


# the rule carried out


DOWN = {
    "an hour": (at(0, 10), 1, [MONDAY]),
    "three days": (NOON, 4, [MONDAY + timedelta(days=day) for day in range(4)]),
    "thirty days": (at(30, 12), 23, [MONDAY + timedelta(days=n) for n in range(31) if n % 7 < 5]),
}


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("down", DOWN)
def test_after_a_downtime_the_record_holds_what_the_policy_and_the_preview_say(
    database: Database, down: str, policy: Policy
) -> None:
    now, number, dates = DOWN[down]
    cohort = opened(database)
    change(database, cohort, catch_up=policy.value)
    foreseen = database.run_now(_previewed, cohort, now)
    assert deliveries(database, cohort) == []  # a preview leaves nothing behind
    assert _caught_up(database, now) == [fate.lesson for fate in foreseen if fate.at is not None]
    rows = deliveries(database, cohort)
    assert [row.local_date for row in rows] == dates
    assert [row.state for row in rows] == [
        "done" if policy is Policy.ALL or row is rows[-1] else "skipped" for row in rows
    ]
    assert [row.lesson for row in rows if row.state == "done"] == {
        Policy.ALL: list(range(1, number + 1)),
        Policy.LATEST: [number],
        Policy.SHIFT: [1],
    }[policy]
    assert [(row.local_date, row.reason) for row in rows if row.state == "skipped"] == [
        (fate.due.local_date, fate.reason) for fate in foreseen if fate.at is None
    ]
    after = reread(database, cohort)
    assert after.next_lesson == (2 if policy is Policy.SHIFT else number + 1)
    assert after.state == "active"


def test_all_lessons_come_at_the_moments_that_were_foreseen(database: Database) -> None:
    cohort = opened(database)
    foreseen = [fate.at for fate in database.run_now(_previewed, cohort, NOON)]
    sent = []
    for minute in range(61):
        now = NOON + timedelta(minutes=minute)
        planned(database, now)
        sent += [now for _ in _wanted(database, now)]
    assert sent == foreseen == [NOON + timedelta(minutes=minutes) for minutes in (0, 20, 40, 60)]


def test_a_course_that_has_moved_goes_on_with_every_lesson_once(database: Database) -> None:
    cohort = opened(database)
    change(database, cohort, catch_up="shift")
    for day in (2, 3, 4, 9, 10, 11, 14):  # twice down for days
        _caught_up(database, at(day, 12))
    done = [(row.lesson, (row.local_date - MONDAY).days) for row in deliveries(database, cohort) if row.state == "done"]
    assert done == [(1, 2), (2, 3), (3, 4), (4, 9), (5, 10), (6, 11), (7, 14)]


def test_a_course_that_ran_off_its_end_while_it_was_down_is_taken_up_again(database: Database) -> None:
    """Four lessons, thirty days: the first comes under today's date, and the others on the next three."""
    cohort = opened(database, first=57)
    change(database, cohort, catch_up="shift")
    foreseen = database.run_now(_previewed, cohort, at(30, 12))
    assert (told(foreseen)[-1][1], moved_on(foreseen)) == (57, (58, 59, 60))
    for _ in range(3):
        _caught_up(database, at(30, 12))
    rows = deliveries(database, cohort)
    assert [row.local_date for row in rows] == DOWN["thirty days"][2]
    assert [row.state for row in rows] == ["skipped"] * 22 + ["done"]
    assert (reread(database, cohort).state, reread(database, cohort).next_lesson) == ("active", 58)
    for day in (31, 32, 35):
        _caught_up(database, at(day))
    done = [row for row in deliveries(database, cohort) if row.state == "done"]
    assert [(row.lesson, row.due_at) for row in done] == [(57, at(30)), (58, at(31)), (59, at(32)), (60, at(35))]
    assert reread(database, cohort).state == "finished"


def test_a_course_whose_channel_is_anothers_by_now_is_not_taken_up_again(database: Database) -> None:
    cohort = opened(database, first=59, channel="C", name="old")
    change(database, cohort, catch_up="shift")
    planned(database, at(1, 12))
    opened(database, channel="C", name="new")
    assert [fate.lesson for fate in database.run_now(_previewed, cohort, at(1, 12)) if fate.at] == [59, 60]
    _caught_up(database, at(1, 12))
    assert [(row.lesson, row.state) for row in deliveries(database, cohort)][:2] == [(59, "done"), (60, "done")]


@pytest.mark.parametrize(
    ("policy", "outcome", "next_lesson"),
    [
        ("all", [(1, "done"), (2, "done"), (3, "done"), (4, "done")], 5),
        ("latest", [(1, "skipped"), (2, "skipped"), (3, "skipped"), (4, "done")], 5),
        ("shift", [(1, "skipped"), (2, "skipped"), (3, "skipped"), (1, "done")], 2),
    ],
)
@pytest.mark.parametrize("kept", [True, False])
def test_what_was_blocked_for_days_is_treated_alike_when_it_is_cured(
    database: Database, policy: str, outcome: list[tuple[int, str]], next_lesson: int, kept: bool
) -> None:
    """kept: the first one's messages had been rendered, and refused, before it was blocked. The others wait for it."""
    cohort = opened(database)
    change(database, cohort, catch_up=policy)
    planned(database, at(0))
    [claim] = claimed(database, at(0))
    if kept:
        first = database.run_now(keep_messages, claim, drafts(claim))[0]
        database.run_now(mark_trying, claim, first, at(0))
        database.run_now(mark_refused, claim, first)
    database.run_now(mark_stuck, claim, "blocked", "missing_permission: 50013", at(0))
    planned(database, NOON)
    assert len(database.run_now(_previewed, cohort, NOON)) == 4
    assert database.run_now(lambda s: standstill(s, cohort)) == "missing_permission: 50013"
    assert database.run_now(retry_stuck, cohort.id, NOON) == 1
    _caught_up(database, NOON)
    assert [(row.lesson, row.state) for row in deliveries(database, cohort)] == outcome
    assert reread(database, cohort).next_lesson == next_lesson


@pytest.mark.parametrize("policy", Policy)
def test_a_single_missed_lesson_is_posted_whatever_the_policy(database: Database, policy: Policy) -> None:
    """Friday's, on Sunday: nothing newer is due."""
    cohort = opened(database, start=MONDAY + timedelta(days=4))
    change(database, cohort, catch_up=policy.value)
    assert _caught_up(database, at(6)) == [1]
    assert [(row.lesson, row.state) for row in deliveries(database, cohort)] == [(1, "done")]


def test_what_may_be_out_is_carried_to_its_end_and_not_skipped(database: Database) -> None:
    cohort = opened(database)
    change(database, cohort, catch_up="latest")
    planned(database, at(0))
    [claim] = claimed(database, at(0))
    first, *_ = database.run_now(keep_messages, claim, drafts(claim))
    database.run_now(mark_trying, claim, first, at(0))  # and then the lights went out
    assert _caught_up(database, NOON) == [1, 4]
    assert [row.state for row in deliveries(database, cohort)] == ["done", "skipped", "skipped", "done"]


def test_what_stands_in_the_channel_unknown_to_the_record_is_not_skipped(database: Database) -> None:
    """A record restored from Sunday's backup: Monday's and Tuesday's lessons are out."""
    cohort = opened(database)
    change(database, cohort, catch_up="latest")
    planned(database, NOON)
    [claim] = claimed(database, NOON)
    waiting = database.run_now(find_waiting, claim, NOON)
    assert [each.lesson for each in waiting.values()] == [1, 2, 3, 4]
    assert next(iter(waiting)) == message_key(claim.key, "lesson")
    standing = [each.delivery for each in waiting.values() if each.lesson in (1, 2)]
    assert database.run_now(settle, claim, standing, NOON)
    assert [row.state for row in deliveries(database, cohort)] == ["planned", "planned", "skipped", "planned"]


def test_a_policy_chosen_while_lessons_come_one_by_one_holds_for_the_rest(database: Database) -> None:
    cohort = opened(database)
    planned(database, NOON)
    assert _wanted(database, NOON) == [1]
    change(database, cohort, catch_up="latest")
    assert _wanted(database, NOON + timedelta(minutes=20)) == [4]
    assert [row.state for row in deliveries(database, cohort)] == ["done", "skipped", "skipped", "done"]


def test_who_has_lost_the_lease_decides_nothing(database: Database) -> None:
    cohort = opened(database)
    change(database, cohort, catch_up="latest")
    planned(database, NOON)
    [claim] = claimed(database, NOON)
    claimed(database, NOON + timedelta(minutes=5))
    with pytest.raises(Fenced):
        database.run_now(settle, claim, (), NOON)
    assert {row.state for row in deliveries(database, cohort)} == {"planned"}


def test_of_many_who_catch_up_at_once_each_lesson_is_sent_by_one(database: Database) -> None:
    cohorts = [opened(database) for _ in range(4)]
    for number, cohort in enumerate(cohorts):
        change(database, cohort, catch_up=("latest", "shift")[number % 2])
    at_once([lambda: _caught_up(database, NOON) for _ in range(4)])
    for number, cohort in enumerate(cohorts):
        rows = deliveries(database, cohort)
        assert [row.state for row in rows] == ["skipped"] * 3 + ["done"]
        assert rows[-1].lesson == (4, 1)[number % 2]


def test_a_preview_of_any_policy_changes_nothing_and_a_paused_cohort_has_nothing_to_post(database: Database) -> None:
    cohort = opened(database)
    before = reread(database, cohort)
    for policy in Policy:
        assert told(database.run_now(_previewed, cohort, NOON, policy))[-1] == (4, 1 if policy is Policy.SHIFT else 4)
    after = reread(database, cohort)
    assert (after.next_lesson, after.next_date, after.next_due_at, after.catch_up) == (
        before.next_lesson,
        before.next_date,
        before.next_due_at,
        "all",
    )
    database.run_now(lambda s: pause(s.get_one(Cohort, cohort.id)))
    assert database.run_now(_previewed, cohort, NOON) == ()


@pytest.mark.parametrize(
    ("policy", "lessons"), [("all", [1, 2, 3, 4]), ("latest", [4]), ("shift", [1])]
)  # what is skipped counts for nobody
def test_members_are_measured_by_what_was_posted_only(database: Database, policy: str, lessons: list[int]) -> None:
    cohort = opened(database)
    learner(database, cohort, "ada", at(-1))
    change(database, cohort, catch_up=policy)
    _caught_up(database, NOON)
    [ada] = database.run_now(lambda s: cohort_progress(s, s.get_one(Cohort, cohort.id), NOON))
    assert [(each.lesson, each.state) for each in ada.lessons] == [(lesson, State.OPEN) for lesson in lessons]
    [ada] = database.run_now(lambda s: cohort_progress(s, s.get_one(Cohort, cohort.id), at(20)))
    assert ada.count(State.MISSED) == len(lessons)


def test_messages_kept_for_another_lesson_are_made_anew(database: Database) -> None:
    cohort = opened(database)
    change(database, cohort, catch_up="shift")
    planned(database, NOON)
    newest = deliveries(database, cohort)[-1]
    database.run_now(lambda s: s.add(_kept_message(newest)))
    _caught_up(database, NOON)
    bodies = database.run_now(lambda s: s.scalars(select(Message.body)).all())
    assert "of lesson 4" not in bodies
    assert len(bodies) == 3


def _previewed(session: Session, cohort: Cohort, now: datetime, policy: Policy | None = None) -> tuple[Fate, ...]:
    return preview(session, session.get_one(Cohort, cohort.id), day_after, now, policy)


def _caught_up(database: Database, now: datetime) -> list[int]:
    """Plan, and send until the last spaced lesson is out; the lessons that were posted."""
    planned(database, now)
    posted: list[int] = []
    while next_ := database.run_now(lambda s: s.scalar(select(func.min(Delivery.next_try_at)).where(PLANNED))):
        now = max(now, next_)
        posted += _wanted(database, now)
    return posted


def _wanted(database: Database, now: datetime) -> list[int]:
    """Claim what is due, let the policy decide as the engine does, send what is still wanted; until nothing is due."""
    sent = []
    while claims := database.run_now(claim_due, ["discord"], now):
        for claim in claims:
            if database.run_now(find_waiting, claim, now) and not database.run_now(settle, claim, (), now):
                continue
            send(database, claim, now)
            sent.append(claim.lesson)
    return sent


def _kept_message(delivery: Delivery) -> Message:
    return Message(delivery_id=delivery.id, number=0, key="k" * 24, body="of lesson 4", platform="discord")

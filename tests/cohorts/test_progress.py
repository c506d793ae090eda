"""Progress is fair: only what was released to a member and expected of them counts, and late is told from missed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_cohorts import MONDAY

from bot.cohorts.calendar import Span
from bot.cohorts.progress import LEAST_TIME, LessonState, Membership, Released, State, lesson_states, streak

TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
POSTED = datetime(2026, 9, 7, 9, tzinfo=UTC)
CLOSES = datetime(2026, 9, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HERE = Membership(MONDAY)


def one(
    answers: dict[int, datetime],
    now: datetime,
    membership: Membership = HERE,
    posted: datetime | None = POSTED,
    prompts: tuple[int, ...] = (1, 2),
) -> LessonState | None:
    """The state of one lesson, Monday's, with two prompts."""
    states = lesson_states([Released(1, MONDAY, posted, CLOSES, prompts)], membership, answers, now)
    return states[0] if states else None


@pytest.mark.parametrize(
    ("written", "now", "state"),
    [
        ((), POSTED, State.OPEN),
        ((), CLOSES, State.OPEN),
        ((), CLOSES + SECOND, State.MISSED),
        ((POSTED,), CLOSES, State.OPEN),
        ((POSTED,), CLOSES + SECOND, State.MISSED),
        ((POSTED, POSTED), POSTED, State.DONE),
        ((POSTED, CLOSES), CLOSES + SECOND, State.DONE),
        ((POSTED, CLOSES + SECOND), CLOSES + SECOND, State.LATE),
        ((CLOSES + SECOND, POSTED), CLOSES + timedelta(days=90), State.LATE),
    ],
)
def test_a_lesson_is_open_then_missed_and_done_in_time_or_late(
    written: tuple[datetime, ...], now: datetime, state: State
) -> None:
    found = one(dict(enumerate(written, 1)), now)
    assert found == LessonState(1, state, len(written), 2, CLOSES)


def test_answers_to_other_prompts_do_not_count() -> None:
    assert one({3: POSTED, 4: POSTED}, CLOSES) == LessonState(1, State.OPEN, 0, 2, CLOSES)


def test_a_lesson_that_is_not_out_is_not_yet_open_however_late_it_is() -> None:
    assert one({}, CLOSES + timedelta(days=9), posted=None).state is State.NOT_YET


def test_a_lesson_posted_late_stays_open_for_a_day() -> None:
    late = CLOSES - timedelta(hours=1)
    assert one({}, late + LEAST_TIME, posted=late) == LessonState(1, State.OPEN, 0, 2, late + LEAST_TIME)
    assert one({}, late + LEAST_TIME + SECOND, posted=late).state is State.MISSED
    in_time = {1: late + LEAST_TIME, 2: late}
    assert one(in_time, late + timedelta(days=9), posted=late).state is State.DONE
    assert one({1: late + LEAST_TIME + SECOND, 2: late}, late + timedelta(days=9), posted=late).state is State.LATE


def test_what_came_before_they_joined_is_not_expected_but_an_answer_counts() -> None:
    newcomer = Membership(TUESDAY)
    assert one({}, CLOSES + SECOND, newcomer) is None
    assert one({1: POSTED}, CLOSES + SECOND, newcomer) is None
    assert one({}, POSTED, newcomer, posted=None) is None
    assert one({1: POSTED, 2: POSTED}, CLOSES, newcomer).state is State.DONE
    assert one({}, CLOSES + SECOND, Membership(MONDAY)).state is State.MISSED


def test_from_the_day_they_left_nothing_is_expected() -> None:
    assert one({}, CLOSES + SECOND, Membership(MONDAY, MONDAY)) is None
    assert one({}, CLOSES + SECOND, Membership(MONDAY, TUESDAY)).state is State.MISSED
    assert one({1: POSTED, 2: POSTED}, CLOSES, Membership(MONDAY, MONDAY)).state is State.DONE


@pytest.mark.parametrize(
    ("first", "last", "excused"), [(0, 0, True), (-3, 0, True), (0, 5, True), (-3, -1, False), (1, 5, False)]
)
def test_an_absence_excuses_with_its_first_and_last_day(first: int, last: int, excused: bool) -> None:
    span = Span(MONDAY + timedelta(days=first), MONDAY + timedelta(days=last))
    away = Membership(MONDAY, None, (Span(date(2020, 1, 1), date(2020, 1, 1)), span))
    assert one({}, CLOSES + SECOND, away).state is (State.EXCUSED if excused else State.MISSED)
    assert one({1: POSTED}, CLOSES, away).state is (State.EXCUSED if excused else State.OPEN)
    assert one({1: POSTED, 2: CLOSES + SECOND}, CLOSES + SECOND, away).state is State.LATE


def test_a_lesson_that_asks_nothing_concerns_nobody_once_it_is_out() -> None:
    assert one({}, CLOSES + SECOND, prompts=()) is None
    assert one({}, POSTED, posted=None, prompts=()).state is State.NOT_YET


def test_lessons_are_told_in_the_order_of_their_dates() -> None:
    released = [Released(n, MONDAY + timedelta(days=n), POSTED, CLOSES, (n,)) for n in (3, 1, 2)]
    assert [each.lesson for each in lesson_states(released, HERE, {}, POSTED)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("row", "length"),
    [
        ("", 0),
        ("d", 1),
        ("ddd", 3),
        ("dmd", 1),
        ("dm", 0),
        ("dld", 3),
        ("ddo", 2),
        ("ddn", 2),
        ("dede", 2),
        ("moenl", 1),
        ("eee", 0),
    ],
)
def test_a_streak_passes_over_the_excused_and_the_open_and_ends_at_a_missed_one(row: str, length: int) -> None:
    letters = {
        "d": State.DONE,
        "l": State.LATE,
        "o": State.OPEN,
        "e": State.EXCUSED,
        "n": State.NOT_YET,
        "m": State.MISSED,
    }
    assert streak([LessonState(1, letters[each], 0, 1, CLOSES) for each in row]) == length


HOURS = st.integers(-100, 300).map(lambda hours: POSTED + timedelta(hours=hours))
DAYS = st.integers(-4, 12).map(lambda days: MONDAY + timedelta(days=days))


@st.composite
def released_lessons(draw: st.DrawFn) -> list[Released]:
    days = draw(st.lists(st.integers(0, 9), unique=True, max_size=6))
    prompts = st.lists(st.integers(0, 9), unique=True, max_size=3)
    return [
        Released(day + 1, MONDAY + timedelta(days=day), draw(st.none() | HOURS), draw(HOURS), tuple(draw(prompts)))
        for day in days
    ]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    released_lessons(),
    DAYS,
    st.none() | DAYS,
    st.lists(st.tuples(DAYS, DAYS).map(sorted), max_size=2),
    st.dictionaries(st.integers(0, 9), HOURS),
    HOURS,
)
def test_the_states_are_what_the_rules_say_told_the_other_way_round(
    released: list[Released],
    joined: date,
    left: date | None,
    absences: list[list[date]],
    answers: dict[int, datetime],
    now: datetime,
) -> None:
    membership = Membership(joined, left, tuple(Span(*each) for each in absences))
    found = {each.lesson: each for each in lesson_states(released, membership, answers, now)}
    for lesson in released:
        there = found.pop(lesson.lesson, None)
        missing = set(lesson.prompts) - set(answers)
        in_the_course = joined <= lesson.local_date and (left is None or lesson.local_date < left)
        excused = any(first <= lesson.local_date <= last for first, last in absences)
        out, asks = lesson.released_at is not None, bool(lesson.prompts)
        ends = max([lesson.closes_at] + ([lesson.released_at + timedelta(days=1)] if lesson.released_at else []))
        over, behind = now > ends, any(answers[each] > ends for each in set(lesson.prompts) - missing)
        rules = {
            State.DONE: asks and not missing and not behind,
            State.LATE: asks and not missing and behind,
            State.EXCUSED: (missing or not asks) and in_the_course and excused,
            State.NOT_YET: (missing or not asks) and in_the_course and not excused and not out,
            State.OPEN: missing and in_the_course and not excused and out and not over,
            State.MISSED: missing and in_the_course and not excused and out and over,
        }
        fitting = [state for state, fits in rules.items() if fits]
        assert ([there.state] if there else []) == fitting
        if there:
            assert (there.answered, there.asked) == (len(lesson.prompts) - len(missing), len(lesson.prompts))
            assert there.closes_at == ends
    assert not found

"""What a whole cohort's masks say is what the plain definition says, for any ledger and any member."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st
from made_cohorts import MONDAY

from bot.cohorts.calendar import Span
from bot.cohorts.masks import masks_of, to_ledger, to_microseconds, to_moment
from bot.cohorts.progress import Progress
from bot.cohorts.states import Membership, Released, State, lesson_states, missed_in_a_row, streak
from bot.cohorts.tallies import Answers, packed, unpacked

POSTED = datetime(2026, 9, 7, 9, tzinfo=UTC)
HOURS = st.integers(-100, 300).map(lambda hours: POSTED + timedelta(hours=hours))
MOMENTS = HOURS | st.datetimes(
    datetime(2026, 9, 1), datetime(2026, 9, 20), timezones=st.just(UTC)
)  # to the microsecond
DAYS = st.integers(-4, 12).map(lambda days: MONDAY + timedelta(days=days)) | st.sampled_from([date.min, date.max])


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[list[Released], dict[int, datetime]]:
    """Lessons in any order, two of them perhaps on one date, each prompt in one of them; and answers, to most prompts
    and perhaps to one that is in none."""
    days = draw(st.lists(st.integers(0, 9), max_size=6))
    numbers = iter(draw(st.permutations(range(1, 19))))
    released = [
        Released(
            lesson,
            MONDAY + timedelta(days=day),
            draw(st.none() | MOMENTS),
            draw(MOMENTS),
            tuple(next(numbers) for _ in range(draw(st.integers(0, 3)))),
        )
        for lesson, day in enumerate(days, 1)
    ]
    prompts = [prompt for each in released for prompt in each.prompts]
    answers = {prompt: draw(MOMENTS) for prompt in [*prompts, 999] if draw(st.integers(0, 4))}
    return released, answers


def progress_of(
    released: list[Released], membership: Membership, answers: dict[int, datetime], now: datetime
) -> Progress:
    prompts = tuple(sorted(answers))
    first = tuple(to_microseconds(answers[each]) for each in prompts)
    theirs, ledger = Answers(prompts, first, max(first, default=None)), to_ledger(released, now)
    return Progress(1, "Ada", "ada", ledger, membership, theirs, masks_of(ledger, membership, prompts, first))


@settings(max_examples=250, deadline=None, derandomize=True)
@given(
    ledgers(),
    DAYS,
    st.none() | DAYS,
    st.lists(st.tuples(DAYS, DAYS).map(sorted), max_size=2),
    MOMENTS,
)
@example(([], {}), MONDAY, None, [], POSTED)
@example(([Released(1, MONDAY, POSTED, POSTED, ())], {5: POSTED}), MONDAY, None, [], POSTED)
def test_masks_say_what_the_plain_definition_says(
    ledger: tuple[list[Released], dict[int, datetime]],
    joined: date,
    left: date | None,
    absences: list[list[date]],
    now: datetime,
) -> None:
    released, answers = ledger
    membership = Membership(joined, left, tuple(Span(*each) for each in absences))
    plain = lesson_states(released, membership, answers, now)
    found = progress_of(released, membership, answers, now)
    assert found.lessons == plain
    assert {state: found.count(state) for state in State} == {
        state: sum(each.state is state for each in plain) for state in State
    }
    assert (found.streak, found.missed_in_a_row) == (streak(plain), missed_in_a_row(plain))
    assert found.last_answer == max(answers.values(), default=None)
    due = {State.DONE, State.LATE, State.OPEN, State.MISSED}
    for number, lesson in enumerate(found.ledger.lessons):
        theirs = found.masks.expected >> number & 1
        excused = any(lesson.local_date in each for each in membership.absences)
        here = joined <= lesson.local_date and (left is None or lesson.local_date < left)
        assert theirs == (here and not excused and lesson.released_at is not None and bool(lesson.prompts))
        if theirs:
            assert {each.state for each in plain if each.lesson == lesson.lesson} <= due


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.dictionaries(st.integers(1, 2**63 - 1), st.integers(-(2**62), 2**62), max_size=50),
    st.none() | st.integers(-(2**62), 2**62),
)
def test_a_tally_is_read_as_it_was_written(first: dict[int, int], last: int | None) -> None:
    answers = Answers(tuple(first), tuple(first.values()), last)
    assert unpacked(packed(answers)) == answers


def test_a_tallys_bytes_are_what_they_are_on_every_machine() -> None:
    kept = packed(Answers((7, 258), (1, -2), 3))
    assert kept.hex(" ", 8) == "0300000000000000 0700000000000000 0201000000000000 0100000000000000 feffffffffffffff"
    assert packed(Answers()).hex() == "0000000000000080"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)))
def test_a_moment_comes_back_to_the_microsecond(moment: datetime) -> None:
    assert to_moment(to_microseconds(moment)) == moment

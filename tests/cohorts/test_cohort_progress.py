"""A cohort's progress is read from the record: who is told, what counts, and that nobody else's answers do."""

import random
from collections import defaultdict
from datetime import date, datetime, timedelta

import pytest
from heard_events import form, gone, heard, member_of
from made_cohorts import (
    MONDAY,
    at,
    at_once,
    change,
    claimed,
    deliveries,
    drafts,
    learner,
    opened,
    planned,
    prompt_messages,
    release,
    reply,
)

from bot.chat.inbound import Person
from bot.cohorts.calendar import Span
from bot.cohorts.cohorts import (
    FACILITATOR,
    LEARNER,
    OBSERVER,
    cohorts_of,
    find_by_name,
    find_cohort,
    find_enrollment,
    is_facilitator,
    join,
    known_member,
    leave,
    local_date,
)
from bot.cohorts.deliveries import keep_messages, mark_sent, mark_stuck
from bot.cohorts.excuses import count_again, excuse_from
from bot.cohorts.progress import Progress, State, cohort_progress, member_progress
from bot.store.database import Database
from bot.store.tables import Cohort, Enrollment, Member, Message


@pytest.fixture
def cohort(database: Database) -> Cohort:
    return opened(database)


def progress(database: Database, cohort: Cohort, now: datetime) -> dict[str, Progress]:
    return {each.ref: each for each in database.run_now(cohort_progress, cohort, now)}


def states(database: Database, cohort: Cohort, ref: str, now: datetime) -> list[str]:
    found = database.run_now(member_progress, cohort, member_of(database, ref), now)
    return [each.state.value for each in found.lessons]


def answer(database: Database, cohort: Cohort, lesson: int, ref: str, when: datetime, *prompts: str) -> None:
    for name, message in prompt_messages(database, cohort, lesson).items():
        if name in prompts:
            heard(database, reply(message.thread, ref, f"{ref}/{message.id}/{when}", "words", when))


def test_a_week_of_one_member(database: Database, cohort: Cohort) -> None:
    learner(database, cohort, "ada", at(-1, 21))
    for day in range(5):
        release(database, at(day))
    planned(database, at(7))
    answer(database, cohort, 1, "ada", at(0, 12), "claim", "doubt")  # done
    answer(database, cohort, 2, "ada", at(1, 12), "claim")
    answer(database, cohort, 2, "ada", at(4, 12), "doubt")  # late: closed at the end of Wednesday
    answer(database, cohort, 3, "ada", at(2, 12), "claim")  # one is missing
    database.run_now(excuse_from, _enrollment(database, cohort, "ada"), Span(date(2026, 9, 10), date(2026, 9, 10)))
    ada = progress(database, cohort, at(7, 8, 59))["ada"]
    assert [each.state.value for each in ada.lessons] == ["done", "late", "missed", "excused", "open", "not yet open"]
    assert [(each.answered, each.asked) for each in ada.lessons[:5]] == [(2, 2), (2, 2), (1, 2), (0, 2), (0, 2)]
    assert (ada.streak, ada.last_answer, ada.count(State.MISSED), ada.count(State.DONE)) == (0, at(4, 12), 1, 1)
    answer(database, cohort, 3, "ada", at(7, 12), "doubt")
    assert progress(database, cohort, at(7, 12))["ada"].streak == 3


def test_a_fridays_lesson_is_on_time_until_monday_ends(database: Database, cohort: Cohort) -> None:
    learner(database, cohort, "ada", at(-1))
    change(database, cohort, next_date=date(2026, 9, 11), next_due_at=at(4))
    release(database, at(4))
    assert states(database, cohort, "ada", at(8, 0)) == ["open"]
    assert states(database, cohort, "ada", at(8, 0, 0, 1)) == ["missed"]


def test_a_lesson_that_went_out_late_is_open_for_a_day(database: Database, cohort: Cohort) -> None:
    learner(database, cohort, "ada", at(-1))
    release(database, at(3, 12))
    assert states(database, cohort, "ada", at(4, 12)) == ["open"] * 4
    assert states(database, cohort, "ada", at(4, 12, 0, 1)) == ["missed"] * 3 + ["open"]


def test_who_joins_later_is_not_asked_for_what_came_before(database: Database, cohort: Cohort) -> None:
    learner(database, cohort, "ada", at(-1))
    release(database, at(0))
    learner(database, cohort, "ben", at(0, 23, 59))
    learner(database, cohort, "cem", at(1, 0))  # it is Tuesday in Zurich, and still Monday in UTC
    assert [len(each.lessons) for each in progress(database, cohort, at(1, 8)).values()] == [1, 1, 0]


def test_who_left_is_off_the_report_and_their_own_progress_ends_there(database: Database, cohort: Cohort) -> None:
    ada = learner(database, cohort, "ada", at(-1))
    release(database, at(0))
    assert _change(database, cohort, lambda s, c: leave(s, c, ada, at(1, 8)))
    assert not _change(database, cohort, lambda s, c: leave(s, c, ada, at(1, 8)))
    release(database, at(1))
    assert progress(database, cohort, at(5)) == {}
    assert states(database, cohort, "ada", at(5)) == ["missed"]


def test_who_comes_back_is_not_asked_for_what_came_while_they_were_away(database: Database, cohort: Cohort) -> None:
    ada = learner(database, cohort, "ada", at(-1))
    release(database, at(0))
    answer(database, cohort, 1, "ada", at(0, 10), "claim", "doubt")
    _change(database, cohort, lambda s, c: leave(s, c, ada, at(1, 8)))
    release(database, at(2))
    assert _change(database, cohort, lambda s, c: join(s, c, ada, LEARNER, at(3, 8)))
    assert not _change(database, cohort, lambda s, c: join(s, c, ada, LEARNER, at(3, 8)))
    release(database, at(4))
    assert states(database, cohort, "ada", at(20))[:3] == ["done", "excused", "excused"]
    assert states(database, cohort, "ada", at(20))[4:] == ["missed"]


def test_leaving_and_coming_back_twice_in_a_day_does_not_fail(database: Database, cohort: Cohort) -> None:
    ada = learner(database, cohort, "ada", at(-1))
    for _ in range(3):
        assert _change(database, cohort, lambda s, c: leave(s, c, ada, at(0, 8)))
        assert _change(database, cohort, lambda s, c: join(s, c, ada, LEARNER, at(0, 8)))
    _change(database, cohort, lambda s, c: leave(s, c, ada, at(0, 8)))
    assert _change(database, cohort, lambda s, c: join(s, c, ada, LEARNER, at(2, 8)))
    release(database, at(1))
    assert states(database, cohort, "ada", at(9)) == ["excused", "excused"]


def test_an_excuse_is_taken_back_once(database: Database, cohort: Cohort) -> None:
    learner(database, cohort, "ada", at(-1))
    release(database, at(1))
    place, day = _enrollment(database, cohort, "ada"), Span(MONDAY, MONDAY)
    assert [database.run_now(excuse_from, place, day) for _ in range(2)] == [True, False]
    assert states(database, cohort, "ada", at(1)) == ["excused", "open"]
    assert [database.run_now(count_again, place, day) for _ in range(2)] == [True, False]
    assert states(database, cohort, "ada", at(1)) == ["open", "open"]


def test_only_learners_are_on_the_report_by_name(database: Database, cohort: Cohort) -> None:
    for ref, role in (("zoe", LEARNER), ("ada", LEARNER), ("fay", FACILITATOR), ("oli", OBSERVER)):
        learner(database, cohort, ref, at(-1), role)
    learner(database, opened(database), "ben", at(-1))
    assert list(progress(database, cohort, at(0))) == ["ada", "zoe"]
    assert database.run_now(member_progress, cohort, member_of(database, "fay"), at(0)).lessons == ()
    assert database.run_now(member_progress, cohort, member_of(database, "ben"), at(0)) is None


def test_a_prompt_that_never_went_out_is_not_asked_of_anybody(database: Database, cohort: Cohort) -> None:
    """The page and the first prompt stand, then the platform refuses the second for good."""
    learner(database, cohort, "ada", at(-1))
    planned(database, at(0))
    [claim] = claimed(database, at(0))
    page, first, _ = database.run_now(keep_messages, claim, drafts(claim))
    database.run_now(mark_sent, claim, page, "m0", at(0), found=False)
    assert progress(database, cohort, at(5))["ada"].lessons == ()
    database.run_now(mark_sent, claim, first, "m1", at(0), found=False)
    database.run_now(mark_stuck, claim, "dead", "refused", at(0))
    message = database.run_now(lambda s: s.get_one(Message, first.id))
    form(database, message, "ada", "words", at(0, 10))
    assert states(database, cohort, "ada", at(5)) == ["done"]


def test_a_skipped_lesson_counts_for_nobody(database: Database, cohort: Cohort) -> None:
    learner(database, cohort, "ada", at(-1))
    release(database, at(0))
    change(database, deliveries(database, cohort)[0], state="skipped")
    assert states(database, cohort, "ada", at(9)) == []


def test_a_withdrawn_answer_does_not_count_and_the_first_that_stands_gives_the_time(
    database: Database, cohort: Cohort
) -> None:
    learner(database, cohort, "ada", at(-1))
    release(database, at(0), prompts=("claim",))
    [message] = prompt_messages(database, cohort, 1).values()
    for ref, when in (("early", at(0, 10)), ("late", at(9))):
        heard(database, reply(message.thread, "ada", ref, ref, when))
    assert states(database, cohort, "ada", at(9)) == ["done"]
    heard(database, gone("early", at(9)))
    assert states(database, cohort, "ada", at(9)) == ["late"]
    heard(database, gone("late", at(9)))
    assert states(database, cohort, "ada", at(9)) == ["missed"]
    assert progress(database, cohort, at(9))["ada"].last_answer is None


@pytest.mark.parametrize("seed", range(2))
def test_a_whole_course_agrees_with_what_plain_counting_says(database: Database, cohort: Cohort, seed: int) -> None:
    dice = random.Random(seed)
    people = [f"member{n}" for n in range(5)]
    for ref in people:
        learner(database, cohort, ref, at(dice.choice([-1, -1, 2]), 21))
    other = opened(database)
    learner(database, other, people[0], at(-1))
    for day in range(8):
        release(database, at(day, 9))
    written: dict[tuple[str, int, str], list[datetime]] = defaultdict(list)
    for lesson in range(1, 7):
        for prompt, message in prompt_messages(database, cohort, lesson).items():
            for ref in people:
                for _ in range(dice.choice([0, 1, 1, 2])):
                    when = at(lesson + dice.choice([0, 0, 6]), dice.randint(10, 20), dice.randint(0, 59))
                    name = f"{ref}/{message.id}/{when}"
                    heard(database, reply(message.thread, ref, name, "words", when))
                    if dice.random() < 0.2:
                        heard(database, gone(name, when))
                    elif when not in written[ref, lesson, prompt]:
                        written[ref, lesson, prompt].append(when)
    found, now = progress(database, cohort, at(30)), at(30)
    assert sorted(found) == people
    for ref in people:
        joined = _enrollment(database, cohort, ref).joined_on
        expected = []
        for row in deliveries(database, cohort):
            firsts = [min(written[ref, row.lesson, p], default=None) for p in ("claim", "doubt")]
            if None not in firsts:
                expected.append((row.lesson, "done" if max(firsts) <= row.closes_at else "late", 2))
            elif row.local_date >= joined:
                expected.append((row.lesson, "missed", sum(first is not None for first in firsts)))
        assert [(each.lesson, each.state.value, each.answered) for each in found[ref].lessons] == expected
        assert found[ref] == database.run_now(member_progress, cohort, member_of(database, ref), now)


def test_a_facilitator_is_one_by_role_or_by_the_place_and_not_after_leaving(database: Database, cohort: Cohort) -> None:
    def may(person: Person) -> bool:
        return database.run_now(is_facilitator, cohort, person)

    fay = learner(database, cohort, "fay", at(-1), FACILITATOR)
    learner(database, cohort, "ada", at(-1))
    elsewhere = opened(database, workspace="another")
    learner(database, elsewhere, "ben", at(-1), FACILITATOR)
    asked = [may(Person(ref, ref)) for ref in ("fay", "ada", "ben", "nobody", "")]
    assert asked == [True, False, False, False, False]
    assert may(Person("nobody", "", manages=True))
    _change(database, cohort, lambda s, c: leave(s, c, fay, at(0)))
    assert not may(Person("fay", "Fay"))


def test_members_of_the_same_reference_in_two_workspaces_are_two(database: Database) -> None:
    here, there = opened(database), opened(database, workspace="another")
    assert learner(database, here, "ada", at(-1)).id != learner(database, there, "ada", at(-1)).id
    assert [each.id for each in database.run_now(cohorts_of, "discord", "ada")] == [here.id, there.id]
    change(database, here, state="finished")
    assert [each.id for each in database.run_now(cohorts_of, "discord", "ada")] == [there.id]
    assert database.run_now(cohorts_of, "slack", "ada") == []


def test_a_channels_cohort_is_the_running_one_else_the_last(database: Database) -> None:
    first = opened(database, channel="C")
    change(database, first, state="finished")
    assert database.run_now(find_cohort, "discord", "C").id == first.id
    second = opened(database, channel="C")
    assert database.run_now(find_cohort, "discord", "C").id == second.id
    change(database, second, state="finished")
    assert database.run_now(find_cohort, "discord", "C").id == second.id
    assert [
        database.run_now(find_cohort, *at_) for at_ in (("slack", "C"), ("discord", None), ("discord", "\x00"))
    ] == [None] * 3


@pytest.mark.parametrize("name", ["ÉTÉ", "été", "Été"])
def test_a_cohort_is_found_by_its_name_in_any_case(database: Database, name: str) -> None:
    cohort = opened(database, name="Été")
    opened(database, name="Été %")
    assert [each.id for each in database.run_now(find_by_name, name)] == [cohort.id]


def test_a_cohort_is_found_by_its_number_and_odd_numbers_find_nothing(database: Database, cohort: Cohort) -> None:
    assert [each.id for each in database.run_now(find_by_name, str(cohort.id))] == [cohort.id]
    for odd in ("²", "9" * 40, "-1", f"{cohort.id}.0", "", "\x00", "\ud800", "%", "_"):
        assert database.run_now(find_by_name, odd) == []


def test_the_cohorts_date_is_its_own(database: Database, cohort: Cohort) -> None:
    assert [local_date(cohort, at(0, hour)) for hour in (0, 23)] == [MONDAY, MONDAY]
    assert local_date(cohort, at(0, -1)) == MONDAY - timedelta(days=1)


def test_many_who_meet_a_member_at_once_make_one_row(database: Database, cohort: Cohort) -> None:
    person = Person("new", "New")
    ids = at_once([lambda: database.run_now(known_member, "discord", "W", person).id for _ in range(6)])
    assert len(set(ids)) == 1
    member = database.run_now(lambda s: s.get_one(Member, ids[0]))
    joined = at_once(
        [lambda: _change(database, cohort, lambda s, c: join(s, c, member, LEARNER, at(0))) for _ in range(6)]
    )
    assert sum(joined) == 1


def test_a_role_that_does_not_exist_is_refused(database: Database, cohort: Cohort) -> None:
    with pytest.raises(Exception, match="ck_enrollments_role"):
        learner(database, cohort, "ada", at(0), "owner")


def _enrollment(database: Database, cohort: Cohort, ref: str) -> Enrollment:
    return database.run_now(find_enrollment, cohort, member_of(database, ref))


def _change(database: Database, cohort: Cohort, act) -> bool:
    return database.run_now(lambda session: act(session, session.get_one(Cohort, cohort.id)))

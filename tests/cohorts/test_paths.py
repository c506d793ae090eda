"""A member's whole path: what stands in it, and who is known to have opened it."""

from datetime import timedelta
from pathlib import Path

import pytest
from heard_events import heard, member_of
from made_cohorts import at, at_once, learner, opened, prompt_messages, release, reply
from sqlalchemy import func, select

from bot.cohorts.audit import Action, entries
from bot.cohorts.calendar import Span
from bot.cohorts.cohorts import FACILITATOR, find_enrollment, leave
from bot.cohorts.excuses import excuse_from
from bot.cohorts.paths import Path as MemberPath
from bot.cohorts.paths import member_path, open_path, who_opened
from bot.cohorts.progress import State
from bot.curriculum.load import load_course
from bot.curriculum.model import Course
from bot.store.database import Database
from bot.store.tables import AuditEntry, Cohort, Member

WEEK_7 = Path(__file__).parents[1] / "week_7"


@pytest.fixture(scope="module")
def course() -> Course:
    return load_course(WEEK_7)


@pytest.fixture
def ada(database: Database, cohort: Cohort) -> Member:
    member = member_of(database, "ada")
    assert member is not None
    return member


@pytest.fixture
def fay(database: Database, cohort: Cohort) -> Member:
    return learner(database, cohort, "fay", at(-1, 21), FACILITATOR)


def path_of(database: Database, course: Course, cohort: Cohort, member: Member, now) -> MemberPath:
    path = database.run_now(member_path, course, cohort, member, now)
    assert path is not None
    return path


def excused(database: Database, cohort: Cohort, member: Member, now) -> None:
    def write(session) -> None:
        enrollment = find_enrollment(session, cohort, member)
        excuse_from(session, enrollment, Span(now.date(), now.date()))

    database.run_now(write)


def entries_of(database: Database) -> int:
    reads = select(func.count()).where(AuditEntry.action == Action.PATH_READ)
    return database.run_now(lambda session: session.scalar(reads)) or 0


def test_the_path_goes_lesson_by_lesson_with_what_was_expected_and_what_was_written(
    database: Database, course: Course, cohort: Cohort, ada: Member
) -> None:
    release(database, at(1))
    release(database, at(2))
    first, second = prompt_messages(database, cohort, 1), prompt_messages(database, cohort, 2)
    for name in first:
        heard(database, reply(first[name].thread, "ada", f"1{name}", f"one {name}", at(0, 10)))
    heard(database, reply(second["claim"].thread, "ada", "2claim", "two claim", at(1, 10)))
    excused(database, cohort, ada, at(2))
    path = path_of(database, course, cohort, ada, at(3, 12))
    assert (path.name, path.role, path.left_on) == ("Ada", "learner", None)
    assert [(each.lesson, each.state) for each in path.stages] == [
        (1, State.DONE),
        (2, State.MISSED),
        (3, State.EXCUSED),
    ]
    assert [each.excused for each in path.stages] == [False, False, True]
    assert path.excused == (Span(at(2).date(), at(2).date()),)
    assert [[step.answer and step.answer.text for step in each.steps] for each in path.stages] == [
        ["one claim", "one doubt"],
        ["two claim", None],
        [None, None],
    ]
    assert [each.text for each in path.answers] == ["one claim", "one doubt", "two claim"]
    assert [step.prompt for step in path.stages[0].steps] == ["claim", "doubt"]
    assert path.stages[0].title == "", "this course has no lesson 1"


def test_what_they_wrote_before_they_joined_stands_in_it_without_being_expected(
    database: Database, course: Course, cohort: Cohort
) -> None:
    claim = prompt_messages(database, cohort, 1)["claim"]
    heard(database, reply(claim.thread, "ben", "m", "early", at(0, 10)))
    ben = learner(database, cohort, "ben", at(3, 12))
    path = path_of(database, course, cohort, ben, at(3, 13))
    assert [(each.lesson, each.state, each.closes_at) for each in path.stages] == [(1, None, None)]


def test_it_holds_nothing_of_another_cohort_or_member(
    database: Database, course: Course, cohort: Cohort, ada: Member
) -> None:
    other = opened(database)
    learner(database, other, "ada", at(-1, 21))
    release(database, at(0))
    claim, theirs = prompt_messages(database, cohort, 1)["claim"], prompt_messages(database, other, 1)["claim"]
    heard(database, reply(theirs.thread, "ada", "m1", "elsewhere", at(0, 10)))
    heard(database, reply(claim.thread, "ben", "m2", "ben's", at(0, 10)))
    assert path_of(database, course, cohort, ada, at(0, 12)).answers == ()


def test_who_was_never_in_the_cohort_has_none(database: Database, course: Course, cohort: Cohort) -> None:
    stranger = learner(database, opened(database), "eve", at(-1, 21))
    assert database.run_now(member_path, course, cohort, stranger, at(0, 12)) is None


def test_who_has_left_keeps_theirs(database: Database, course: Course, cohort: Cohort, ada: Member) -> None:
    claim = prompt_messages(database, cohort, 1)["claim"]
    heard(database, reply(claim.thread, "ada", "m", "mine", at(0, 10)))
    database.run_now(lambda s: leave(s, s.get_one(Cohort, cohort.id), ada, at(1, 9)))
    path = path_of(database, course, cohort, ada, at(2, 9))
    assert path.left_on == at(1).date()
    assert [each.text for each in path.answers] == ["mine"]


def test_opening_a_path_is_written_down_once_an_hour_for_each_reader(
    database: Database, cohort: Cohort, ada: Member, fay: Member
) -> None:
    mo = learner(database, cohort, "mo", at(-1, 21), FACILITATOR)
    assert database.run_now(open_path, cohort, fay, ada, at(1, 9))
    assert not database.run_now(open_path, cohort, fay, ada, at(1, 9, 59))
    assert database.run_now(open_path, cohort, mo, ada, at(1, 9, 30))
    assert database.run_now(open_path, cohort, fay, ada, at(1, 10, 1))
    assert database.run_now(open_path, cohort, fay, mo, at(1, 10, 1))
    assert entries_of(database) == 4
    seen = database.run_now(who_opened, cohort, ada)
    assert [(each.by, each.at) for each in seen] == [
        ("Fay", at(1, 10, 1)),
        ("Mo", at(1, 9, 30)),
        ("Fay", at(1, 9)),
    ]


def test_ones_own_path_is_nobodys_concern(database: Database, cohort: Cohort, ada: Member) -> None:
    assert not database.run_now(open_path, cohort, ada, ada, at(1, 9))
    assert entries_of(database) == 0


def test_pages_that_are_opened_at_the_same_moment_are_one_opening(
    database: Database, cohort: Cohort, ada: Member, fay: Member
) -> None:
    for day in range(1, 7):
        at_once([lambda day=day: database.run_now(open_path, cohort, fay, ada, at(day, 9)) for _ in range(6)])
        assert entries_of(database) == day


def test_the_entry_tells_who_and_whom_and_no_words(
    database: Database, cohort: Cohort, ada: Member, fay: Member
) -> None:
    claim = prompt_messages(database, cohort, 1)["claim"]
    heard(database, reply(claim.thread, "ada", "m", "my secret words", at(0, 10)))
    database.run_now(open_path, cohort, fay, ada, at(1, 9))
    [entry] = database.run_now(entries, cohort)
    assert (entry.by_id, entry.about_id, entry.at) == (fay.id, ada.id, at(1, 9))
    assert "secret" not in entry.says


def test_only_openings_of_this_path_in_this_cohort_are_shown(
    database: Database, cohort: Cohort, ada: Member, fay: Member
) -> None:
    other = opened(database)
    learner(database, other, "ada", at(-1, 21))
    database.run_now(open_path, other, fay, ada, at(1, 9))
    database.run_now(open_path, cohort, fay, fay, at(1, 9) + timedelta(hours=2))
    assert database.run_now(who_opened, cohort, ada) == ()
    assert len(database.run_now(who_opened, other, ada)) == 1

"""The brief names who waits for whom, and nobody else."""

from datetime import datetime

import pytest
from heard_events import form, gone, heard, member_of
from made_cohorts import at, change, learner, opened, prompt_messages, release, reply
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cohorts.brief import Brief, brief
from bot.cohorts.calendar import Span
from bot.cohorts.cohorts import FACILITATOR, find_enrollment, leave
from bot.cohorts.excuses import excuse_from
from bot.cohorts.progress import cohort_progress
from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.model import Course
from bot.store.database import Database
from bot.store.tables import Cohort, Feedback, Message, Reaction, Submission


@pytest.fixture(scope="module")
def course() -> Course:
    return load_course(HOME / "curriculum")


@pytest.fixture
def week(database: Database) -> Cohort:
    """Five lessons from Monday to Friday, each with the prompt "claim"; Ada and Ben learn, Fay facilitates."""
    cohort = opened(database)
    for ref in ("ada", "ben"):
        learner(database, cohort, ref, at(-1, 21))
    learner(database, cohort, "fay", at(-1, 21), FACILITATOR)
    for day in range(5):
        release(database, at(day), prompts=("claim",))
    return cohort


def told(database: Database, course: Course, cohort: Cohort, now: datetime, at_most: int = 5) -> Brief:
    def ask(session: Session) -> Brief:
        here = session.get_one(Cohort, cohort.id)
        return brief(session, course, here, cohort_progress(session, here, now), now, at_most)

    return database.run_now(ask)


def answer(database: Database, cohort: Cohort, lesson: int, ref: str, when: datetime, text: str = "words") -> str:
    """The message that it stands in."""
    message = prompt_messages(database, cohort, lesson)["claim"]
    name = f"{ref}/{lesson}/{when.isoformat()}"
    heard(database, reply(message.thread, ref, name, text, when))
    return name


def submission(database: Database, ref: str) -> int:
    return database.run_now(lambda s: s.scalars(select(Submission.id).where(Submission.ref == ref)).one())


def respond(database: Database, ref: str, kind: str) -> None:
    by = member_of(database, "fay")
    row = Feedback(
        submission_id=submission(database, ref), by_id=by.id, platform="discord", key=ref[:25], text="", shared=False,
        kind=kind, at=at(1),
    )  # fmt: skip
    database.run_now(lambda session: session.add(row))


def react(database: Database, ref: str, person: str) -> None:
    row = Reaction(submission_id=submission(database, ref), person=person, emoji="+1", at=at(1))
    database.run_now(lambda session: session.add(row))


def names(found: tuple) -> list[str]:
    return [each.name for each in found]


def test_who_missed_as_many_in_a_row_as_the_cohort_says_is_silent(
    database: Database, course: Course, week: Cohort
) -> None:
    answer(database, week, 1, "ada", at(0, 10))
    answer(database, week, 2, "ben", at(1, 10))
    silent = told(database, course, week, at(4, 12)).silent  # Monday's to Wednesday's have come to their end
    assert [(each.name, each.missed, each.last) for each in silent] == [("Ada", 2, at(0, 10))]
    change(database, week, silent_after=1)
    assert names(told(database, course, week, at(4, 12)).silent) == ["Ada", "Ben"]
    change(database, week, silent_after=3)
    assert told(database, course, week, at(4, 12)).silent == ()


def test_who_is_away_today_or_has_left_is_not_silent(database: Database, course: Course, week: Cohort) -> None:
    ada, ben = member_of(database, "ada"), member_of(database, "ben")
    assert names(told(database, course, week, at(4, 12)).silent) == ["Ada", "Ben"]
    database.run_now(lambda s: excuse_from(s, find_enrollment(s, week, ada), Span(at(4).date(), at(4).date())))
    database.run_now(lambda s: leave(s, s.get_one(Cohort, week.id), ben, at(4)))
    assert told(database, course, week, at(4, 12)).silent == ()
    assert names(told(database, course, week, at(5, 12)).silent) == ["Ada"]


def test_who_answers_after_a_silence_has_come_back_for_a_week(database: Database, course: Course, week: Cohort) -> None:
    answer(database, week, 4, "ada", at(4, 11))
    answer(database, week, 5, "ada", at(4, 12))
    now = told(database, course, week, at(4, 13))
    assert [(each.name, each.missed, each.at) for each in now.returned] == [("Ada", 3, at(4, 11))]
    assert names(now.silent) == ["Ben"]
    assert names(told(database, course, week, at(11, 11)).returned) == ["Ada"]
    assert told(database, course, week, at(11, 11, 0, 1)).returned == ()


def test_who_writes_every_other_day_has_not_come_back(database: Database, course: Course, week: Cohort) -> None:
    for lesson in (1, 3, 5):
        answer(database, week, lesson, "ada", at(lesson - 1, 12))
    assert told(database, course, week, at(4, 13)).returned == ()


def test_an_answer_waits_after_a_day_until_a_facilitator_has_responded(
    database: Database, course: Course, week: Cohort
) -> None:
    refs = [answer(database, week, 1, who, at(0, hour)) for who, hour in (("ada", 10), ("ben", 11), ("fay", 12))]
    refs.append(answer(database, week, 2, "ada", at(1, 10)))
    assert told(database, course, week, at(1, 10)).waiting == ()
    soon = told(database, course, week, at(2, 10, 0, 1))
    assert [(each.name, each.lesson, each.prompt, each.words) for each in soon.waiting] == [
        ("Ada", 1, "claim", 1),
        ("Ben", 1, "claim", 1),
        ("Ada", 2, "claim", 1),
    ]
    one = told(database, course, week, at(2, 10, 0, 1), at_most=1)
    assert ([each.at for each in one.waiting], one.waiting_in_all) == ([at(0, 10)], 3)
    react(database, refs[0], "ben")
    assert told(database, course, week, at(3)).waiting_in_all == 3
    react(database, refs[0], "fay")
    respond(database, refs[1], "praise")
    respond(database, refs[3], "note")
    assert told(database, course, week, at(3)).waiting == ()


def test_what_waited_two_weeks_is_not_brought_up_any_more(database: Database, course: Course, week: Cohort) -> None:
    answer(database, week, 1, "ada", at(0, 10))
    assert told(database, course, week, at(14, 10)).waiting_in_all == 1
    assert told(database, course, week, at(14, 10, 0, 1)).waiting_in_all == 0


def test_a_late_answer_to_an_old_lesson_waits_as_well(database: Database, course: Course, week: Cohort) -> None:
    answer(database, week, 1, "ada", at(40))
    assert told(database, course, week, at(42)).waiting_in_all == 1


def test_a_form_and_a_reply_under_one_prompt_are_one_answer(database: Database, course: Course, week: Cohort) -> None:
    form(database, prompt_messages(database, week, 1)["claim"], "ada", "two words", at(0, 10))
    answer(database, week, 1, "ada", at(0, 11), "three more words")
    [waits] = told(database, course, week, at(3)).waiting
    assert (waits.at, waits.words) == (at(0, 10), 5)


def test_who_floods_a_prompt_hides_nobody_and_of_what_is_long_a_beginning_is_read(
    database: Database, course: Course, week: Cohort
) -> None:
    thread = prompt_messages(database, week, 1)["claim"].thread
    for number in range(60):
        heard(database, reply(thread, "ada", f"flood {number}", "a b", at(0, 10, number)))
    answer(database, week, 1, "ben", at(0, 12), "word " * 200_000)
    found = {each.name: each.words for each in told(database, course, week, at(3)).waiting}
    assert found == {"Ada": 2 * 20, "Ben": 20_000 // 5}


def test_a_prompt_that_fewer_than_half_have_answered_is_thin(database: Database, course: Course, week: Cohort) -> None:
    learner(database, week, "cem", at(-1, 21))
    answer(database, week, 1, "ada", at(0, 10))
    answer(database, week, 2, "ada", at(1, 10))
    answer(database, week, 2, "ben", at(1, 10))
    found = [(each.lesson, each.answered, each.asked) for each in told(database, course, week, at(3, 12)).thin]
    assert found == [(1, 1, 3)]
    learner(database, week, "dan", at(1))  # joined after the first
    database.run_now(
        lambda s: excuse_from(s, find_enrollment(s, week, member_of(database, "cem")), Span(at(1).date(), at(1).date()))
    )
    found = [(each.lesson, each.answered, each.asked) for each in told(database, course, week, at(3, 12)).thin]
    assert found == [(1, 1, 3)]  # of the second, Cem is excused: two of three


def test_the_longer_half_is_worth_reading_aloud_and_what_others_liked(
    database: Database, course: Course, week: Cohort
) -> None:
    short = answer(database, week, 1, "ada", at(0, 10), "short")
    answer(database, week, 1, "ben", at(0, 11), "rather longer than that")
    assert names(told(database, course, week, at(1)).aloud) == ["Ben"]
    react(database, short, "ben")
    react(database, short, "zoe")
    assert [(each.name, each.reactions) for each in told(database, course, week, at(1)).aloud] == [
        ("Ada", 2),
        ("Ben", 0),
    ]
    assert names(told(database, course, week, at(1), at_most=1).aloud) == ["Ada"]
    assert told(database, course, week, at(9)).aloud == ()


def test_what_is_withdrawn_while_the_brief_is_made_is_left_out(
    database: Database, course: Course, week: Cohort
) -> None:
    ref = answer(database, week, 1, "ada", at(0, 10))
    everybody = database.run_now(cohort_progress, week, at(3))
    heard(database, gone(ref, at(3)))
    found = database.run_now(brief, course, week, everybody, at(3))
    assert (found.waiting, found.aloud) == ((), ())


def test_a_cohort_of_nobody_has_a_brief_that_asks_for_nothing(database: Database, course: Course) -> None:
    empty = opened(database)
    found = told(database, course, empty, at(0))
    assert (found.standing.learners, found.standing.lesson, found.standing.local_date) == (0, 0, None)
    assert found.standing.left == 60
    assert not found.asks_for_something
    release(database, at(1), prompts=("claim",))
    found = told(database, course, empty, at(30))
    assert (found.standing.lesson, found.standing.left, found.asks_for_something) == (2, 58, False)


def test_a_prompt_that_the_course_does_not_hold_any_more_is_told_by_its_name(
    database: Database, course: Course, week: Cohort
) -> None:
    message = prompt_messages(database, week, 1)["claim"]
    change(database, database.run_now(lambda s: s.get_one(Message, message.id)), prompt="gone-from-it")
    heard(database, reply(message.thread, "ada", "a", "words", at(0, 10)))
    [waits] = told(database, course, week, at(3)).waiting
    assert (waits.prompt, waits.asked) == ("gone-from-it", None)

"""In a forum a lesson's prompts share one thread: what names no prompt is kept under the one it probably belongs to."""

from datetime import timedelta
from itertools import permutations

import pytest
from heard_events import form, gone, heard, standing
from hypothesis import given
from hypothesis import strategies as st
from long_runs import so_many
from made_cohorts import at, at_once, claimed, drafts, learner, opened, planned, prompt_messages, reply
from sqlalchemy import select

from bot.chat.inbound import Person
from bot.cohorts.claims import Outgoing
from bot.cohorts.deliveries import keep_messages, mark_done, mark_sent, mark_thread, mark_trying
from bot.cohorts.guesses import Written, to_prompts
from bot.cohorts.loose import Writer, file_loose, slip_of
from bot.cohorts.submissions import known_replies
from bot.cohorts.sweeps import finish, mark_gap, take_threads
from bot.store.database import Database
from bot.store.tables import Cohort, Message, Submission

POST = "post"
AT_ONCE = timedelta(0)


@pytest.fixture
def cohort(database: Database) -> Cohort:
    """Lesson 1 is out as a post of its own, with the prompts "claim" and "doubt" in it, and Ada learns."""
    cohort = opened(database)
    learner(database, cohort, "ada", at(-1, 21))
    planned(database, at(0))
    (claim,) = claimed(database, at(0))
    for message in database.run_now(keep_messages, claim, drafts(claim)):
        database.run_now(mark_trying, claim, message, at(0))
        database.run_now(mark_sent, claim, message, f"{POST}/{message.number}", at(0), found=False)
        database.run_now(mark_thread, message, f"{POST}/{message.number}" if message.number else POST, at(0))
    database.run_now(mark_done, claim)
    return cohort


@pytest.fixture
def claim(database: Database, cohort: Cohort) -> Message:
    return prompt_messages(database, cohort, 1)["claim"]


@pytest.fixture
def doubt(database: Database, cohort: Cohort) -> Message:
    return prompt_messages(database, cohort, 1)["doubt"]


def lesson_of(database: Database, claim: Message) -> Message:
    first = select(Message).where(Message.delivery_id == claim.delivery_id, Message.number == 0)
    return database.run_now(lambda session: session.scalars(first).one())


def said(author: str, message: str, minute: int, thread: str = POST, revision: int = 0, text: str = ""):
    return reply(thread, author, message, text or message, at(0, 10, minute), revision)


def test_what_names_no_prompt_answers_the_first_that_its_writer_has_not_answered(
    database: Database, claim: Message, doubt: Message
) -> None:
    told = [heard(database, said("ada", name, minute)) for minute, name in enumerate("abc")]
    assert [receipt and receipt.prompt for receipt in told] == ["claim", "doubt", "doubt"]
    assert [receipt and receipt.ref for receipt in told] == ["a", "b", "c"]
    heard(database, said("ben", "d", 5, doubt.thread), said("ben", "e", 6), said("ben", "f", 7))
    assert [standing(database, each) for each in (claim, doubt)] == ["a", "b\n\nc"]
    assert [standing(database, each, "ben") for each in (claim, doubt)] == ["e", "d\n\nf"]


def test_an_edit_stays_with_the_prompt_and_is_a_revision(database: Database, claim: Message, doubt: Message) -> None:
    heard(database, said("ada", "a", 0), said("ada", "b", 1), said("ada", "a", 0, revision=9, text="better"))
    assert [standing(database, each) for each in (claim, doubt)] == ["better", "b"]


def test_what_comes_by_form_counts_as_answered_from_then_on(database: Database, claim: Message, doubt: Message) -> None:
    heard(database, said("ada", "a", 0))
    form(database, claim, "ada", "by form", at(0, 10, 5))
    heard(database, said("ada", "b", 10))
    assert [standing(database, each) for each in (claim, doubt)] == ["a\n\nby form", "b"]


def events(author: str, doubt: Message):
    """Two loose replies, the second with an edit, a third that is deleted, and an answer to the second prompt."""
    return (
        said(author, f"{author} a", 0),
        said(author, f"{author} gone", 1),
        gone(f"{author} gone", at(0, 11), POST),
        said(author, f"{author} b", 2, doubt.thread),
        said(author, f"{author} c", 3),
        said(author, f"{author} c", 3, revision=7, text=f"{author} c, better"),
    )


def test_events_in_any_order_end_in_the_same_record(database: Database, claim: Message, doubt: Message) -> None:
    for number, order in enumerate(permutations(range(6))):
        if number % so_many(31, long=7):  # two dozen, or a hundred of them
            continue
        author = f"member{number}"
        story = events(author, doubt)
        heard(database, *(story[each] for each in order), *story)
        assert standing(database, claim, author) == f"{author} a", order
        assert standing(database, doubt, author) == f"{author} b\n\n{author} c, better", order


def test_what_is_known_to_answer_a_prompt_goes_there_from_wherever_it_was_guessed(
    database: Database, claim: Message, doubt: Message
) -> None:
    heard(database, said("ada", "a", 0), said("ada", "a", 0, doubt.thread, revision=3, text="for doubt"))
    assert [standing(database, each) for each in (claim, doubt)] == ["", "for doubt"]
    heard(database, said("ada", "a", 0, revision=4, text="still"))
    assert [standing(database, each) for each in (claim, doubt)] == ["", "still"]


def test_what_its_writer_has_said_is_never_moved(database: Database, claim: Message, doubt: Message) -> None:
    ada = Writer("discord", "W", Person("ada", "Ada"))
    heard(database, said("ada", "b", 5))
    database.run_now(file_loose, ada, slip_of("b"), claim.key)
    heard(database, said("ada", "a", 0))
    assert standing(database, claim) == "a\n\nb"
    database.run_now(file_loose, ada, slip_of("a"), doubt.key)
    heard(database, said("ada", "c", 9), said("ada", "a", 0, revision=2, text="a, better"))
    assert [standing(database, each) for each in (claim, doubt)] == ["b", "a, better\n\nc"]
    lesson = lesson_of(database, claim)
    assert database.run_now(known_replies, lesson.id).keys() == {"a", "b", "c"}


def test_a_post_is_read_once_for_all_its_prompts(database: Database, cohort: Cohort, claim: Message) -> None:
    lesson = lesson_of(database, claim)
    assert [each.thread for each in database.run_now(take_threads, "discord", at(0, 12))] == [POST]
    assert database.run_now(mark_gap, "discord", lambda _: True, at(-1)) == 1
    assert [each.message for each in database.run_now(take_threads, "discord", at(0, 12))] == [lesson.id]


def test_only_what_stands_nowhere_in_the_post_is_withdrawn(database: Database, claim: Message, doubt: Message) -> None:
    heard(database, *(said("ada", name, minute) for minute, name in enumerate("abc")))
    heard(database, said("ada", "d", 4, claim.thread), said("ada", "e", 5, doubt.thread))
    (due,) = database.run_now(take_threads, "discord", at(0, 12))
    assert due.known.keys() == set("abcde")
    assert database.run_now(finish, due, {"b", "c", "e"}, at(0, 12), AT_ONCE) == 2
    assert [standing(database, each) for each in (claim, doubt)] == ["b", "c\n\ne"]
    heard(database, said("ada", "a", 0), said("ada", "d", 4, claim.thread))
    assert [standing(database, each) for each in (claim, doubt)] == ["b", "c\n\ne"]


def test_what_is_withdrawn_in_doubt_stands_again_where_it_belongs(
    database: Database, claim: Message, doubt: Message
) -> None:
    heard(database, said("ada", "a", 0), said("ada", "b", 1))
    (due,) = database.run_now(take_threads, "discord", at(0, 12))
    assert database.run_now(finish, due, {"b"}, at(0, 12), timedelta(hours=3)) == 1
    assert [standing(database, each) for each in (claim, doubt)] == ["b", ""]
    (due,) = database.run_now(take_threads, "discord", at(0, 15))
    assert database.run_now(finish, due, {"a", "b"}, at(0, 15), AT_ONCE) == 0
    assert [standing(database, each) for each in (claim, doubt)] == ["a", "b"]


def test_replies_of_one_member_at_the_same_moment_share_the_prompts_out(
    database: Database, claim: Message, doubt: Message
) -> None:
    at_once([lambda n=n: heard(database, said("ada", f"m{n}", n)) for n in range(4)])
    assert [standing(database, each) for each in (claim, doubt)] == ["m0", "m1\n\nm2\n\nm3"]


def test_a_prompt_whose_thread_is_known_late_has_the_post_read_again(database: Database, cohort: Cohort) -> None:
    taken = database.run_now(take_threads, "discord", at(0, 12))
    assert len(taken) == 1
    prompt = prompt_messages(database, cohort, 1)["doubt"]
    database.run_now(lambda session: setattr(session.get_one(Message, prompt.id), "thread", None))
    assert heard(database, said("ada", "a", 0, f"{POST}/2")) is None
    database.run_now(mark_thread, as_outgoing(prompt), f"{POST}/2", at(0, 12))
    assert [each.thread for each in database.run_now(take_threads, "discord", at(0, 12))] == [POST]


def as_outgoing(message: Message):
    return Outgoing(message.id, message.number, message.key, message.body, message.prompt, None, message.ref, None)


def test_in_a_lesson_without_prompts_nothing_is_kept(database: Database, cohort: Cohort, claim: Message) -> None:
    def forget_prompts(session) -> None:
        for message in session.scalars(select(Message)):
            message.prompt = None
            message.thread = POST if message.number == 0 else None

    database.run_now(forget_prompts)
    assert heard(database, said("ada", "a", 0)) is None
    assert database.run_now(lambda session: session.scalars(select(Submission)).all()) == []


@given(st.lists(st.tuples(st.sampled_from([None, 1, 2, 3]), st.integers(0, 3)), max_size=8), st.randoms())
def test_the_order_in_which_messages_are_listed_makes_no_difference(drawn, dice) -> None:
    written = [Written(f"m{n}", at(0, 10, minute), prompt) for n, (prompt, minute) in enumerate(drawn)]
    placed = to_prompts(written, [1, 2, 3])
    dice.shuffle(written)
    assert to_prompts(written, [1, 2, 3]) == placed
    assert placed.keys() == {each.message for each in written if each.prompt is None}

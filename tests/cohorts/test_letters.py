"""What can never be kept is put aside with every word of it, and kept when it can be."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from heard_events import counts, gone, heard, standing
from made_cohorts import at, at_once, reply
from sqlalchemy import select
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    StatementError,
    TimeoutError,
)

from bot.chat.inbound import FormAnswer, Person, Reply, ReplyEdited
from bot.cohorts.letters import (
    Unreadable,
    all_letters,
    count_letters,
    drop_letter,
    find_letter,
    keep_letter,
    lies_in_event,
    retry_letter,
    to_body,
    to_event,
)
from bot.cohorts.submissions import record
from bot.store.database import Database
from bot.store.tables import DeadLetter, Message, Submission

WORDS = "quagga \x00 \ud800 <@everyone> '; DROP TABLE dead_letters; -- é😀"


class _Refused(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate


def put_aside(database: Database, event: object, error: Exception | None = None, now: datetime | None = None) -> object:
    return database.run_now(keep_letter, event, error or ValueError("a secret word"), now or at(0, 10))


def only(database: Database) -> DeadLetter:
    [letter] = database.run_now(all_letters)
    return letter


def poison(claim: Message, **changes: object) -> Reply:
    """A reply whose revision no column holds."""
    return replace(reply(claim.thread, "ada", "m", WORDS, at(0, 10), 2**70), **changes)


# What is poison


@pytest.mark.parametrize(
    ("error", "poison"),
    [
        (DataError("", {}, _Refused("22001")), True),
        (IntegrityError("", {}, _Refused("23503")), True),
        (OperationalError("", {}, _Refused("54000")), True),
        (ProgrammingError("", {}, _Refused(None)), True),
        (StatementError("", "", {}, ValueError()), True),
        (ValueError(), True),
        (OverflowError(), True),
        (KeyError(), True),
        (OperationalError("", {}, _Refused("57P01")), False),
        (OperationalError("", {}, _Refused(None)), False),
        (InterfaceError("", {}, _Refused(None)), False),
        (InternalError("", {}, _Refused("XX000")), False),
        (ProgrammingError("", {}, _Refused("42P01")), False),
        (TimeoutError(), False),
        (OSError(), False),
        (MemoryError(), False),
    ],
)
def test_what_lies_in_the_event_is_told_from_a_record_that_is_away(error: Exception, poison: bool) -> None:
    assert lies_in_event(error) == poison


@pytest.mark.parametrize(
    "spoil",
    [
        lambda claim: poison(claim),
        lambda claim: poison(claim, revision=0, sent_at=datetime(2026, 9, 7, 10)),
        lambda claim: poison(claim, revision=0, text={"not": "a text"}),
        lambda claim: poison(claim, revision=0, text=None),
        lambda claim: poison(claim, revision=0, author=None),
    ],
)
def test_what_a_real_database_says_to_poison_is_seen_as_such(
    database: Database, claim: Message, spoil: Callable[[Message], Reply]
) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - any: that is the point
        database.run_now(record, spoil(claim))
    assert lies_in_event(raised.value)
    assert counts(database) == (0, 0, 0)
    assert put_aside(database, spoil(claim), raised.value) is not None


def test_a_table_that_is_gone_is_not_the_events_fault(database: Database, claim: Message) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE submissions RENAME TO hidden")
    try:
        with pytest.raises(Exception) as raised:  # noqa: PT011
            database.run_now(record, reply(claim.thread, "ada", "m", "x", at(0, 10)))
        assert not lies_in_event(raised.value)
    finally:
        with database.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE hidden RENAME TO submissions")


# What a letter holds


@pytest.mark.parametrize("kind", ["reply", "edited", "deleted", "form"])
def test_an_event_comes_out_of_a_letter_to_the_letter(kind: str) -> None:
    plain = reply("T", "ada", "m", WORDS, at(0, 10), 7)
    person = Person("ada", WORDS, manages=True)
    sent = FormAnswer("discord", "W", None, person, "write:key", {"answer": WORDS, "more": ""})
    event = {"reply": plain, "edited": ReplyEdited(plain), "deleted": gone("m", at(0, 11), "T"), "form": sent}[kind]
    body = to_body(event)
    assert body.isascii()
    assert to_event("reply" if kind == "edited" else kind, body) == (plain if kind == "edited" else event)


@pytest.mark.parametrize("body", ["", "[]", "{}", "null", '{"at": 3}', '{"person": 1}', '{"author": {"who": 1}}'])
def test_a_letter_that_nobody_can_read_is_said_to_be_so(body: str) -> None:
    for kind in ("reply", "deleted", "form"):
        with pytest.raises(Unreadable):
            to_event(kind, body)


def test_a_letter_says_the_kind_of_the_error_and_not_its_words(database: Database, claim: Message) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011
        database.run_now(record, poison(claim))
    put_aside(database, poison(claim), raised.value)
    letter = only(database)
    assert (letter.platform, letter.kind, letter.at) == ("discord", "reply", at(0, 10))
    assert "quagga" not in letter.reason
    assert letter.reason in ("OverflowError", "DataError: NumericValueOutOfRange")
    assert to_event(letter.kind, letter.body) == poison(claim)


def test_the_same_event_again_is_the_same_letter_and_another_version_another(
    database: Database, claim: Message
) -> None:
    assert put_aside(database, poison(claim)) is not None
    assert put_aside(database, poison(claim), now=at(3)) is None
    assert put_aside(database, ReplyEdited(poison(claim))) is None
    assert put_aside(database, poison(claim, revision=2**71, text="a later edit")) is not None
    assert put_aside(database, replace(poison(claim), platform="slack")) is not None
    assert database.run_now(count_letters) == 3


def test_the_same_event_at_once_is_one_letter(database: Database, claim: Message) -> None:
    letters = at_once([lambda: put_aside(database, poison(claim)) for _ in range(6)])
    assert len([each for each in letters if each is not None]) == 1
    assert database.run_now(count_letters) == 1


def test_long_references_are_letters_of_their_own(database: Database, claim: Message) -> None:
    for end in "ab":
        put_aside(database, poison(claim, message="m" * 1_000 + end))
        put_aside(database, poison(claim, message="\ud800" * 300 + end))
    assert database.run_now(count_letters) == 4
    assert all(len(each.ref) <= 128 for each in database.run_now(all_letters))


def test_each_sending_of_a_form_is_a_letter(database: Database, claim: Message) -> None:
    sent = FormAnswer("discord", "W", None, Person("ada", "Ada"), f"write:{claim.key}", {"answer": "first"})
    put_aside(database, sent, now=at(0, 10))
    put_aside(database, replace(sent, values={"answer": "second"}), now=at(0, 10, 1))
    assert [to_event("form", each.body).values["answer"] for each in database.run_now(all_letters)] == [
        "first",
        "second",
    ]


# What becomes of it


def test_a_letter_that_can_be_kept_by_now_is_kept_once_and_gone(database: Database, claim: Message) -> None:
    put_aside(database, reply(claim.thread, "ada", "m", WORDS, at(0, 10)))
    assert database.run_now(retry_letter, only(database)) is True
    assert standing(database, claim) == WORDS.replace("\x00", "␀").replace("\ud800", "\ufffd")
    assert database.run_now(count_letters) == 0


def test_a_letter_that_still_cannot_be_kept_stays(database: Database, claim: Message) -> None:
    put_aside(database, poison(claim))
    with pytest.raises(Exception) as raised:  # noqa: PT011
        database.run_now(retry_letter, only(database))
    assert lies_in_event(raised.value)
    assert database.run_now(count_letters) == 1


def test_a_letter_for_a_thread_that_is_not_ours_stays(database: Database, claim: Message) -> None:
    put_aside(database, reply("another", "ada", "m", "x", at(0, 10)))
    assert database.run_now(retry_letter, only(database)) is False
    assert database.run_now(count_letters) == 1


@pytest.mark.parametrize(("person", "kept"), [("ada", True), ("eve", False)])
def test_a_letter_of_a_direct_message_is_kept_loose_for_who_is_in_a_cohort(
    database: Database, claim: Message, person: str, kept: bool
) -> None:
    put_aside(database, reply(None, person, "m", "x", at(0, 10)))
    assert database.run_now(retry_letter, only(database)) is kept
    assert database.run_now(count_letters) == (not kept)


def test_a_letter_whose_words_would_not_be_kept_stays(database: Database, claim: Message) -> None:
    heard(database, reply(claim.thread, "ada", "m", "Ada's", at(0, 10)))
    put_aside(database, reply(claim.thread, "eve", "m", "forged", at(0, 10)))
    assert database.run_now(retry_letter, only(database)) is False
    assert standing(database, claim) == "Ada's"


def test_a_letter_of_what_was_deleted_since_is_done_with(database: Database, claim: Message) -> None:
    put_aside(database, reply(claim.thread, "ada", "m", "x", at(0, 10)))
    heard(database, gone("m", at(0, 11)))
    assert database.run_now(retry_letter, only(database)) is True
    assert standing(database, claim) == ""


def test_a_deletion_is_done_after_all(database: Database, claim: Message) -> None:
    heard(database, reply(claim.thread, "ada", "m", "x", at(0, 10)))
    put_aside(database, gone("m", at(0, 11), claim.thread))
    assert database.run_now(retry_letter, only(database)) is True
    assert standing(database, claim) == ""


def test_a_form_is_kept_as_of_when_it_was_sent_and_its_writer_is_still_to_be_told(
    database: Database, claim: Message
) -> None:
    sent = FormAnswer("discord", "W", None, Person("ada", "Ada"), f"write:{claim.key}", {"answer": "mine"})
    put_aside(database, sent, now=at(0, 10))
    assert database.run_now(retry_letter, only(database)) is True
    kept = database.run_now(lambda s: s.scalars(select(Submission)).one())
    assert (kept.text, kept.sent_at, kept.receipted) == ("mine", at(0, 10), False)
    put_aside(database, replace(sent, action="write:unknown"))
    assert database.run_now(retry_letter, only(database)) is False


def test_a_letter_can_be_dropped_once(database: Database, claim: Message) -> None:
    put_aside(database, poison(claim))
    letter = only(database).id
    assert database.run_now(drop_letter, letter)
    assert not database.run_now(drop_letter, letter)
    assert database.run_now(find_letter, letter) is None

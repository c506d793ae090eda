"""`homeroom letters`: an operator sees what could not be kept, keeps it after all, or throws it away."""

import io
import json
from datetime import UTC, datetime

import pytest
from homeroom_command import Homeroom
from sqlalchemy.orm import Session

from bot.chat.inbound import Person, Reply, ReplyDeleted
from bot.cohorts.letters import keep_letter
from bot.store.database import open_engine

NOW = datetime(2026, 9, 7, 10, tzinfo=UTC)
LOST = Reply("discord", "W", "no thread of ours", "C/1", Person("ada", "Ada"), "quagga \x00 \ud800 é", NOW, 2**70)
GONE = ReplyDeleted("discord", "W", None, "C/2", NOW)


@pytest.fixture
def letters(homeroom: Homeroom) -> Homeroom:
    """Two letters wait: a reply that never can be kept, and a deletion that can."""
    assert homeroom("letters").code == 0
    engine = open_engine(f"sqlite:///{homeroom.folder / 'homeroom.db'}")
    with Session(engine) as session, session.begin():
        for event in (LOST, GONE):
            keep_letter(session, event, OverflowError("quagga"), NOW)
    engine.dispose()
    return homeroom


def test_without_letters_it_says_so(homeroom: Homeroom) -> None:
    ran = homeroom("letters")
    assert (ran.code, "everything that was heard is kept" in ran.out) == (0, True)
    assert homeroom("letters", "--json").json == []


def test_the_list_names_the_reason_and_shows_no_words(letters: Homeroom) -> None:
    shown = letters("letters").out
    assert "OverflowError" in shown
    assert "C/2" in shown
    assert "quagga" not in shown


def test_as_json_the_words_are_there_to_the_letter(letters: Homeroom) -> None:
    first, second = letters("letters", "--json").json
    assert (first["id"], first["kind"], second["kind"]) == (1, "reply", "deleted")
    assert json.loads(first["event"])["text"] == LOST.text


def test_what_can_be_kept_is_and_what_cannot_stays(letters: Homeroom) -> None:
    assert letters("letters", "retry", "2").code == 0
    still = letters("letters", "retry", "1")
    assert still.code == 1
    assert "letter 1 stays" in still.err
    assert "Traceback" not in still.err
    assert [each["id"] for each in letters("letters", "--json").json] == [1]


def test_a_letter_is_dropped_only_with_a_yes(letters: Homeroom, monkeypatch: pytest.MonkeyPatch) -> None:
    for answer in ("", "n\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        assert letters("letters", "drop", "1").code != 0
        assert len(letters("letters", "--json").json) == 2
    assert letters("letters", "drop", "1", "--yes").code == 0
    assert [each["id"] for each in letters("letters", "--json").json] == [2]
    missing = letters("letters", "drop", "1", "--yes")
    assert missing.code == 2
    assert "there is no letter 1" in missing.err


def test_doctor_tells_of_letters_with_a_cure_and_of_none_when_there_are_none(letters: Homeroom) -> None:
    [finding] = [each for each in letters("doctor", "--json").json if each["subject"] == "Letters"]
    assert not finding["well"]
    assert finding["says"].startswith("2 heard")
    assert "homeroom letters" in finding["cure"]
    letters("letters", "drop", "1", "--yes")
    letters("letters", "drop", "2", "--yes")
    assert "Letters" not in [each["subject"] for each in letters("doctor", "--json").json]

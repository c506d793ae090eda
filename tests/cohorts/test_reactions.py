"""Emoji under answers: kept only where they say something, once each, and gone when they are taken away."""

from datetime import datetime

import pytest
from heard_events import form, gone, heard
from made_cohorts import at, learner, reply
from sqlalchemy import select

from bot.chat.inbound import Person, Reacted
from bot.cohorts import reactions
from bot.cohorts.reactions import keep_reaction
from bot.cohorts.writing import answers_to
from bot.store.database import Database
from bot.store.tables import Cohort, Message, Reaction, Submission

EMOJI = "\N{CLAPPING HANDS SIGN}"
HOSTILE = ("x" * 1_000_000, "a\0b", "\ud83d", "@everyone <!channel>", "\u202egnp.exe", "  :tada:  ")


def reacted(
    person: str = "ben", message: str = "m", emoji: str = EMOJI, *, there: bool = True, workspace: str = "W"
) -> Reacted:
    return Reacted("discord", workspace, message, Person(person, person), emoji, there, at(0, 12))


def kept(database: Database) -> list[tuple[str, str]]:
    rows = database.run_now(
        lambda s: s.execute(select(Reaction.person, Reaction.emoji).order_by(Reaction.person)).all()
    )
    return [(person, emoji) for person, emoji in rows]


@pytest.fixture
def answered(database: Database, claim: Message) -> Message:
    """Ada has answered with the message "m"."""
    heard(database, reply(claim.thread, "ada", "m", "The gap.", at(0, 10)))
    return claim


def test_an_emoji_under_an_answer_is_kept_once(database: Database, answered: Message) -> None:
    assert database.run_now(keep_reaction, reacted())
    assert not database.run_now(keep_reaction, reacted())
    assert kept(database) == [("ben", EMOJI)]


def test_one_that_is_taken_away_is_gone_and_its_second_leaving_changes_nothing(
    database: Database, answered: Message
) -> None:
    database.run_now(keep_reaction, reacted())
    assert database.run_now(keep_reaction, reacted(there=False))
    assert not database.run_now(keep_reaction, reacted(there=False))
    assert kept(database) == []


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(reacted("ada"), id="the writer's own"),
        pytest.param(reacted(message="nobody's"), id="under no answer"),
        pytest.param(reacted(workspace="other"), id="in another workspace"),
        pytest.param(reacted(emoji=""), id="no emoji"),
        pytest.param(reacted(""), id="nobody's"),
        pytest.param(reacted("p" * 65), id="a person no column holds"),
    ],
)
def test_what_says_nothing_about_an_answer_is_not_kept(database: Database, answered: Message, seen: Reacted) -> None:
    assert not database.run_now(keep_reaction, seen)
    assert kept(database) == []


@pytest.mark.parametrize("emoji", [pytest.param(each, id=f"hostile {number}") for number, each in enumerate(HOSTILE)])
def test_a_hostile_emoji_is_cut_to_what_can_be_kept_and_can_be_taken_away_again(
    database: Database, answered: Message, emoji: str
) -> None:
    database.run_now(keep_reaction, reacted(emoji=emoji))
    assert all(0 < len(each) <= 100 for _, each in kept(database))
    database.run_now(keep_reaction, reacted(emoji=emoji, there=False))
    assert kept(database) == []


def test_a_moderator_takes_away_everybodys_of_one_emoji_or_of_all(database: Database, answered: Message) -> None:
    for person, emoji in (("ben", "a"), ("cy", "a"), ("cy", "b"), ("dan", "c")):
        database.run_now(keep_reaction, reacted(person, emoji=emoji))
    assert database.run_now(keep_reaction, reacted("", emoji="a", there=False))
    assert kept(database) == [("cy", "b"), ("dan", "c")]
    assert database.run_now(keep_reaction, reacted("", emoji="", there=False))
    assert kept(database) == []


def test_somebody_who_takes_away_nothing_takes_nobody_elses(database: Database, answered: Message) -> None:
    database.run_now(keep_reaction, reacted())
    for emoji in ("", " ", "\0"):
        assert not database.run_now(keep_reaction, reacted("cy", emoji=emoji, there=False))
    assert kept(database) == [("ben", EMOJI)]


def test_people_are_counted_and_not_their_emoji(database: Database, cohort: Cohort, answered: Message) -> None:
    for person, emoji in (("ben", "a"), ("ben", "b"), ("cy", "a")):
        database.run_now(keep_reaction, reacted(person, emoji=emoji))
    [writer] = database.run_now(lambda s: s.scalars(select(Submission.member_id)).all())
    [answer] = database.run_now(answers_to, answered.id, [writer])
    assert answer.reactions == 2


def test_nobody_fills_the_record_with_them(
    database: Database, answered: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reactions, "MOST_UNDER_ONE", 3)
    for number in range(6):
        database.run_now(keep_reaction, reacted(f"p{number}"))
    assert len(kept(database)) == 3


def test_a_form_has_no_message_that_could_be_reacted_to(database: Database, cohort: Cohort, claim: Message) -> None:
    learner(database, cohort, "ada", at(-1, 21))
    form(database, claim, "ada", "By form.", at(0, 10))
    ref = database.run_now(lambda s: s.scalars(select(Submission.ref)).one())
    assert ref.startswith("form:")
    assert not database.run_now(keep_reaction, reacted(message="form"))


def test_they_stay_with_an_answer_that_was_withdrawn_and_go_with_its_row(database: Database, answered: Message) -> None:
    database.run_now(keep_reaction, reacted())
    heard(database, gone("m", at(0, 13), answered.thread))
    assert kept(database) == [("ben", EMOJI)]
    database.run_now(lambda s: s.delete(s.scalars(select(Submission)).one()))
    assert kept(database) == []


def test_an_emoji_has_a_moment(database: Database, answered: Message) -> None:
    database.run_now(keep_reaction, reacted())
    moments: list[datetime] = list(database.run_now(lambda s: s.scalars(select(Reaction.at)).all()))
    assert moments == [at(0, 12)]

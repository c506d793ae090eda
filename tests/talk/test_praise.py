"""Praise: once for each facilitator and answer, taken back as long as nobody has been told."""

import pytest
from sqlalchemy import select
from talk_room import ADA, BEN, FAY, MAY, TalkRoom, buttons, read

from bot.chat.commands import from_action
from bot.chat.inbound import Person
from bot.cohorts.audit import Action
from bot.cohorts.feedback import find_judged, give, mark_told, untold
from bot.store.tables import AuditEntry, Feedback, Submission


@pytest.fixture
def answered(cohort: TalkRoom) -> TalkRoom:
    """Ada has answered the first prompt with the message "m"."""
    cohort.write(ADA, 0, "My own secret words.", "m")
    return cohort


def praise(room: TalkRoom, person: Person, number: str = "1", **where: str) -> str:
    name, options = from_action(f"praise:{number}")
    return read(room.ask(person, name, **where, **options))


def rows(room: TalkRoom) -> list[Feedback]:
    return list(room.database.run_now(lambda s: s.scalars(select(Feedback).order_by(Feedback.id)).all()))


def said_of(room: TalkRoom) -> list[str]:
    return list(
        room.database.run_now(
            lambda s: s.scalars(select(AuditEntry.says).where(AuditEntry.action == Action.FEEDBACK)).all()
        )
    )


def test_it_is_kept_once_for_each_facilitator_and_taken_back_by_pressing_again(answered: TalkRoom) -> None:
    assert "Ada sees a clap" in praise(answered, FAY)
    assert "Ada sees a clap" in praise(answered, MAY)
    assert [(each.kind, each.text, each.shared) for each in rows(answered)] == [("praise", "", False)] * 2
    assert praise(answered, FAY) == "Taken back. Ada has not been told."
    assert len(rows(answered)) == 1


def test_once_the_writer_has_been_told_it_stays(answered: TalkRoom) -> None:
    praise(answered, FAY)
    [remark] = answered.database.run_now(untold, "chat")
    answered.database.run_now(mark_told, remark.id, answered.now)
    assert "told already" in praise(answered, FAY)
    assert len(rows(answered)) == 1


def test_who_does_not_facilitate_praises_nothing(answered: TalkRoom) -> None:
    answered.open("den", "Autumn")
    mia = Person("mia", "Mia", manages=True)
    for person, where in ((BEN, {}), (mia, {"channel": "den"}), (MAY, {"workspace": "other"})):
        assert "nobody has been told anything" in praise(answered, person, **where)
    assert rows(answered) == []


@pytest.mark.parametrize("number", ["", "0", "2", "-1", "9" * 30, "\u0661", "1;", "1" * 18])
def test_a_forged_number_praises_nothing(answered: TalkRoom, number: str) -> None:
    assert "nobody has been told anything" in praise(answered, FAY, number)
    assert rows(answered) == []


def test_nobody_praises_their_own(cohort: TalkRoom) -> None:
    cohort.write(FAY, 0, "Mine.", "m")
    assert "your own" in praise(cohort, FAY)


def test_it_is_told_as_a_reaction_where_the_answer_stands_and_by_form_privately(answered: TalkRoom) -> None:
    answered.fill(BEN, 0, "By form.")
    assert "private note" in praise(answered, FAY, "2")
    praise(answered, FAY)
    by_form, in_thread = sorted(
        answered.database.run_now(untold, "chat"), key=lambda each: each.writer.ref, reverse=True
    )
    assert (by_form.praise, by_form.message) == (True, None)
    assert (in_thread.praise, in_thread.message) == (True, "m")


def test_words_and_praise_are_two_things(answered: TalkRoom) -> None:
    def note(session) -> None:
        give(session, find_judged(session, "chat", "m"), FAY, "Good.", "k" * 24, answered.now, shared=True)

    answered.database.run_now(note)
    praise(answered, FAY)
    answered.database.run_now(note)
    assert sorted(each.kind for each in rows(answered)) == ["note", "praise"]


def test_each_of_them_is_written_down_without_anybodys_words(answered: TalkRoom) -> None:
    praise(answered, FAY)
    praise(answered, FAY)

    def note(session) -> None:
        for _ in range(2):
            give(session, find_judged(session, "chat", "m"), FAY, "A secret.", "k" * 24, answered.now, shared=False)

    answered.database.run_now(note)
    prompt = answered.course.lessons[31].prompts[0].id
    assert said_of(answered) == [
        f"day 31, prompt {prompt}: praise",
        f"day 31, prompt {prompt}: praise taken back",
        f"day 31, prompt {prompt}: a note in private",
    ]


def test_the_button_says_who_has_praised_already(answered: TalkRoom) -> None:
    assert "Praise" in buttons(answered.ask(FAY, "answers", day="31"))
    praise(answered, FAY)
    assert "Praised" in buttons(answered.ask(FAY, "answers", day="31"))
    assert "Praise" in buttons(answered.ask(MAY, "answers", day="31"))


def test_an_answer_that_is_gone_is_not_praised(answered: TalkRoom) -> None:
    def withdraw(session) -> None:
        session.get_one(Submission, 1).withdrawn_at = answered.now

    answered.database.run_now(withdraw)
    assert "The answer is gone" in praise(answered, FAY)

"""Praise reaches its writer where they wrote; emoji are kept and disturb nothing; members' names are suggested."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from answering_room import AnsweringRoom
from sqlalchemy import select
from test_direct_messages import actions

from bot.chat.inbound import Command, FormAnswer, Partial, Reacted
from bot.chat.port import Mark, PlatformError, Reason
from bot.chat.post import Post
from bot.engine import rosters
from bot.store.database import Database
from bot.store.tables import Reaction, Submission

CLAP = "👏"


@pytest_asyncio.fixture
async def room(database: Database) -> AsyncIterator[AnsweringRoom]:
    made = AnsweringRoom(database)
    await made.open()
    yield made
    await made.ears.close()
    made.room.close()


async def ask(room: AnsweringRoom, person: str, name: str, **options: str) -> Post:
    said = await room.ears.answer(Command("simulator", "room", room.channel, room.person(person), name, options))
    assert isinstance(said, Post)
    return said


async def praise(room: AnsweringRoom) -> Post:
    """Fay praises the only answer there is, or takes it back."""
    number = room.database.run_now(lambda s: s.scalars(select(Submission.id)).one())
    return await ask(room, room.fay, "praise", id=str(number))


async def answered(room: AnsweringRoom) -> str:
    """Ada's answer as it stands in the room, heard; its reference."""
    thread = room.prompts()[0].thread or ""
    message = room.room.say(room.ada, thread, "The gap.")
    await room.ears.hear(room.written(room.ada, "The gap.", thread, message))
    await room.ears.settle()
    room.platform.notes.clear()
    return message


async def by_form(room: AnsweringRoom) -> None:
    action = f"write:{room.prompts()[0].key}"
    form = FormAnswer("simulator", "room", room.channel, room.person(room.ada), action, {"answer": "By form."})
    await room.ears.take(form)
    await room.ears.settle()
    room.platform.notes.clear()


async def test_praise_is_our_reaction_under_the_answer_and_nothing_is_said(room: AnsweringRoom) -> None:
    message = await answered(room)
    await praise(room)
    for _ in range(3):
        await room.ears.comment()
    assert CLAP in room.room.reactions(message)
    assert Mark.PRAISED in room.room.marks(message)
    assert room.platform.said + room.platform.notes == []
    assert room.feedback()[0].told_at is not None


async def test_praise_of_an_answer_by_form_is_a_private_note(room: AnsweringRoom) -> None:
    await by_form(room)
    await praise(room)
    await room.ears.comment()
    [(person, thread, post)] = room.platform.notes
    assert (person, thread) == (room.ada, None)
    assert "Fay liked your answer" in str(post)
    assert room.feedback()[0].told_at is not None


async def test_who_takes_no_direct_messages_is_called_and_reads_it_alone(room: AnsweringRoom) -> None:
    room.platform.deaf.add(room.ada)
    await by_form(room)
    await praise(room)
    await room.ears.comment()
    [(_, _, knock)] = room.platform.said
    assert "Fay liked your answer" in str(await room.press(room.ada, actions(knock)["Read it"]))
    assert "Fay liked your answer" not in str(await room.press(room.ben, actions(knock)["Read it"]))


async def test_where_nobody_can_react_any_more_a_note_says_it(room: AnsweringRoom) -> None:
    message = await answered(room)
    await praise(room)
    await room.room.delete(room.ada, message)
    await room.ears.comment()
    assert [person for person, _, _ in room.platform.notes] == [room.ada]
    assert room.feedback()[0].told_at is not None


async def test_praise_that_failed_for_now_is_told_later_and_as_a_reaction(
    room: AnsweringRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await answered(room)
    await praise(room)
    real = room.platform.acknowledge
    fails = [PlatformError(Reason.BUSY, "mood")]

    async def moody(ref: str, mark: Mark) -> None:
        if fails:
            raise fails.pop()
        await real(ref, mark)

    monkeypatch.setattr(room.platform, "acknowledge", moody)
    await room.ears.comment()
    assert CLAP not in room.room.reactions(message)
    assert room.feedback()[0].told_at is None
    room.later(seconds=31)
    await room.ears.comment()
    assert CLAP in room.room.reactions(message)
    assert room.platform.notes == []


async def test_praise_taken_back_in_time_is_never_told(room: AnsweringRoom) -> None:
    message = await answered(room)
    for _ in range(2):
        await praise(room)
    await room.ears.comment()
    assert CLAP not in room.room.reactions(message)
    assert room.feedback() == []


async def test_an_emoji_under_an_answer_is_kept_and_shown_to_facilitators(room: AnsweringRoom) -> None:
    message = await answered(room)
    seen = Reacted("simulator", "room", message, room.person(room.ben), "👍", True, room.clock())
    for each in (seen, seen, replace(seen, person=room.person(room.ada)), replace(seen, message="elsewhere")):
        await room.ears.see(each)
    kept = room.database.run_now(lambda s: s.scalars(select(Reaction.person)).all())
    assert list(kept) == [room.ben]
    assert "1 reaction" in str(await ask(room, room.fay, "answers"))


async def test_an_emoji_that_cannot_be_kept_disturbs_nothing(room: AnsweringRoom) -> None:
    message = await answered(room)
    seen = Reacted("simulator", "room", message, room.person(room.ben), "👍", True, room.clock())
    with room.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE reactions RENAME TO hidden")
    await room.ears.see(seen)
    thread = room.prompts()[1].thread
    await room.ears.hear(room.written(room.ben, "Another.", thread))
    with room.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE hidden RENAME TO reactions")
    assert room.submissions() == ["The gap.", "Another."]


def typing(room: AnsweringRoom, text: str, channel: str | None = None, option: str = "member") -> list[str]:
    where = room.channel if channel is None else channel
    partial = Partial("simulator", "room", where, "excuse", option, text, room.fay)
    return [choice.name for choice in room.ears.suggest(partial)]


async def test_a_cohorts_members_are_suggested_from_the_second_letter_on(room: AnsweringRoom) -> None:
    assert typing(room, "") == []
    await room.ears.settle()
    assert typing(room, "") == ["Ada", "Ben", "Fay"]
    assert typing(room, "@b") == ["Ben"]
    assert typing(room, "Eve") == [], "she is in no cohort"
    partial = Partial("simulator", "room", room.channel, "member", "member", "Ad", room.fay)
    assert [choice.value for choice in room.ears.suggest(partial)] == [room.ada]
    assert "Ada" in str(await ask(room, room.fay, "member", member=room.ada))


async def test_where_there_is_no_cohort_nobody_is_suggested(room: AnsweringRoom) -> None:
    for _ in range(2):
        assert typing(room, "a", "elsewhere") == []
        await room.ears.settle()
    partial = Partial("simulator", "room", None, "excuse", "member", "a", room.fay)
    assert room.ears.suggest(partial) == ()


async def test_names_are_looked_up_again_after_a_while(room: AnsweringRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    typing(room, "")
    await room.ears.settle()
    await ask(room, room.eve, "join")
    assert "Eve" not in typing(room, "")
    monkeypatch.setattr(rosters, "FRESH", -1.0)
    typing(room, "")
    await room.ears.settle()
    assert "Eve" in typing(room, "")
    await room.ears.settle()

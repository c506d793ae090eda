"""Feedback is kept, then put before the answer's writer, and never lost in between."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from answering_room import AnsweringRoom
from test_direct_messages import actions

from bot.chat.inbound import Reply
from bot.chat.port import PlatformError, Reason
from bot.chat.post import Form, Rejected
from bot.store.database import Database
from bot.store.tables import Feedback


@pytest_asyncio.fixture
async def room(database: Database) -> AsyncIterator[AnsweringRoom]:
    made = AnsweringRoom(database)
    await made.open()
    yield made
    await made.ears.close()
    made.room.close()


async def given(room: AnsweringRoom, who: str, text: str = "Which rates?") -> Reply:
    """Fay's feedback on an answer of Ada's."""
    written = room.written(room.ada, "The gap.", room.prompts()[0].thread, message="answer")
    await room.ears.hear(written)
    form = await room.about(room.fay, "feedback", written)
    assert isinstance(form, Form)
    await room.send(room.fay, form.action, text=text, who=who)
    await room.ears.settle()
    room.platform.notes.clear()
    return written


async def test_shared_feedback_is_said_in_the_thread_and_mentions_the_writer(room: AnsweringRoom) -> None:
    await given(room, "all")
    for _ in range(3):
        await room.ears.comment()
    [(thread, once, post)] = room.platform.said
    [row] = room.feedback()
    assert (thread, once, post.ping.ref) == (room.prompts()[0].thread, row.key, room.ada)
    assert "Which rates?" in str(post)
    assert row.told_at is not None
    assert room.platform.notes == []


async def test_private_feedback_goes_to_the_writer_alone_and_stays(room: AnsweringRoom) -> None:
    await given(room, "alone")
    await room.ears.comment()
    [(person, thread, post)] = room.platform.notes
    assert (person, thread, room.platform.said) == (room.ada, None, [])
    assert "Which rates?" in str(post)
    assert room.feedback()[0].told_at is not None


async def test_who_takes_no_direct_messages_is_called_in_the_thread_and_reads_alone(room: AnsweringRoom) -> None:
    room.platform.deaf.add(room.ada)
    await given(room, "alone")
    await room.ears.comment()
    [(thread, _, knock)] = room.platform.said
    assert (thread, knock.ping.ref) == (room.prompts()[0].thread, room.ada)
    assert "Which rates?" not in str(knock)
    assert "Which rates?" in str(await room.press(room.ada, actions(knock)["Read it"]))
    assert "Which rates?" not in str(await room.press(room.ben, actions(knock)["Read it"]))


async def test_where_the_thread_is_closed_for_good_the_writer_is_told_privately(room: AnsweringRoom) -> None:
    await given(room, "all")
    room.platform.moods.append(PlatformError(Reason.CHANNEL_GONE, "mood"))
    await room.ears.comment()
    assert [person for person, _, _ in room.platform.notes] == [room.ada]
    assert room.feedback()[0].told_at is not None


@pytest.mark.parametrize("who", ["all", "alone"])
@pytest.mark.parametrize("reason", [Reason.BUSY, Reason.UNCLEAR])
async def test_what_failed_is_told_later_and_not_in_every_tick(room: AnsweringRoom, reason: Reason, who: str) -> None:
    await given(room, who)
    room.platform.moods += [PlatformError(reason, "mood")] * 2
    for _ in range(5):
        await room.ears.comment()
    assert len(room.platform.moods) == 1
    room.later(seconds=31)
    await room.ears.comment()
    room.later(seconds=31)
    await room.ears.comment()
    assert room.platform.said + room.platform.notes == []
    room.later(seconds=31)
    await room.ears.comment()
    assert len(room.platform.said + room.platform.notes) == 1
    assert room.feedback()[0].told_at is not None


async def test_feedback_that_cannot_be_told_keeps_no_other_back(room: AnsweringRoom) -> None:
    await given(room, "all", "first")
    await given(room, "all", "second")
    room.platform.moods.append(PlatformError(Reason.BUSY, "mood"))
    await room.ears.comment()
    assert ["second" in str(post) for _, _, post in room.platform.said] == [True]


async def test_a_crash_between_telling_and_writing_it_down_tells_again_with_the_same_key(room: AnsweringRoom) -> None:
    await given(room, "all")
    await room.ears.comment()
    room.database.run_now(_forget_that_it_was_told)
    room.ears = room.collector()
    await room.ears.comment()
    assert len({once for _, once, _ in room.platform.said}) == 1
    said = [message for message in room.room.messages(room.prompts()[0].thread) if message.author is None]
    assert len(said) == 1, "the platform knows the key again"


async def test_a_form_that_cannot_be_saved_gives_every_word_back_and_waits(room: AnsweringRoom) -> None:
    await given(room, "all", "first")
    action = f"feedback:{room.feedback()[0].submission_id}"
    with room.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE feedback RENAME TO hidden")
    said = await room.send(room.fay, action, text="a long thought", who="all")
    with room.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE hidden RENAME TO feedback")
    assert isinstance(said, Rejected)
    assert said.errors[0][0] == "text"
    assert "a long thought" in str(said.post)
    written = room.written(room.ada, "The gap.", room.prompts()[0].thread, message="answer")
    form = await room.about(room.fay, "feedback", written)
    assert form.fields[0].value == "a long thought"
    await room.send(room.fay, form.action, text="a long thought", who="all")
    assert [each.text for each in room.feedback()] == ["first", "a long thought"]


async def test_a_prompt_that_cannot_be_filed_now_says_that_the_words_wait(room: AnsweringRoom) -> None:
    written = room.written(room.ada, "The gap.")
    form = await room.about(room.ada, "count", written)
    with room.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE loose_replies RENAME TO hidden")
    said = await room.send(room.ada, form.action, prompt=form.fields[0].value)
    with room.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE hidden RENAME TO loose_replies")
    assert isinstance(said, Rejected)
    assert "Your words wait" in str(said.post)
    again = actions(said.post)["Choose a prompt"]
    assert (await room.press(room.ada, again)).action == form.action
    await room.send(room.ada, form.action, prompt=form.fields[0].value)
    assert room.submissions() == ["The gap."]


def _forget_that_it_was_told(session) -> None:
    session.query(Feedback).one().told_at = None

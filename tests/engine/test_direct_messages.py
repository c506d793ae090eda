"""Who writes to the bot directly is heard, and asked once which prompt it answers."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from answering_room import AnsweringRoom

from bot.chat.inbound import ReplyDeleted, ReplyEdited
from bot.chat.port import PlatformError, Reason
from bot.chat.post import Buttons, Post
from bot.cohorts.loose import keep_heard
from bot.engine.asking import Asker
from bot.store.database import Database

WORDS = "The compliance gap is 14 percent against almost nothing."


@pytest_asyncio.fixture
async def room(database: Database) -> AsyncIterator[AnsweringRoom]:
    made = AnsweringRoom(database)
    await made.open()
    yield made
    await made.ears.close()
    made.room.close()


async def test_a_direct_message_is_kept_and_its_writer_is_asked_beside_it(room: AnsweringRoom) -> None:
    written = room.written(room.ada, WORDS)
    await room.ears.hear(written)
    assert room.loose(room.ada) == [WORDS], "kept before it is acknowledged"
    await room.ears.settle()
    [(person, thread, post)] = room.platform.notes
    assert (person, thread) == (room.ada, written.message)
    await room.press(room.ada, actions(post)["Day 31 · Prompt 1 of 2"])
    assert (room.loose(room.ada), room.submissions()) == ([], [WORDS])


async def test_the_same_event_again_and_an_edit_are_not_asked_about_again(room: AnsweringRoom) -> None:
    written = room.written(room.ada, WORDS)
    for event in (written, written, ReplyEdited(replace(written, text="better", revision=5)), written):
        await room.ears.hear(event)
    await room.ears.settle()
    assert len(room.platform.notes) == 1
    assert room.loose(room.ada) == ["better"]


async def test_what_is_told_again_after_a_restart_is_asked_about(room: AnsweringRoom) -> None:
    """The platform tells it again because the process ended between keeping and acknowledging."""
    written = room.written(room.ada, WORDS)
    await room.ears.hear(written)
    await room.ears.close()
    room.platform.notes.clear()
    room.ears = room.collector()
    await room.ears.hear(written)
    await room.ears.settle()
    assert len(room.platform.notes) == 1


async def test_a_burst_is_one_question(room: AnsweringRoom) -> None:
    events = [room.written(room.ada, f"part {number}") for number in range(30)]
    for loose in [room.database.run_now(keep_heard, event) for event in events]:
        room.ears._asker.ask_soon(loose)
    await room.ears.settle()
    [(_, thread, post)] = room.platform.notes
    assert thread == events[-1].message
    await room.press(room.ada, actions(post)["Day 31 · Prompt 1 of 2"])
    assert (len(room.submissions()), room.loose(room.ada)) == (30, [])


async def test_somebody_who_goes_on_writing_is_not_asked_without_a_pause(room: AnsweringRoom) -> None:
    asker = room.ears._asker = Asker(room.shop, room.platform, pause=3600)
    for number in range(10):
        await room.ears.hear(room.written(room.ada, f"part {number}"))
        if number == 0:
            await asker.settle()
    assert (len(room.platform.notes), len(room.loose(room.ada))) == (1, 10)
    await asker.close()


async def test_after_a_pause_there_is_another_question(room: AnsweringRoom) -> None:
    asker = room.ears._asker = Asker(room.shop, room.platform, pause=0.05)
    for number in range(3):
        await room.ears.hear(room.written(room.ada, f"part {number}"))
        await asker.settle()
    assert len(room.platform.notes) == 3


async def test_people_are_asked_for_themselves(room: AnsweringRoom) -> None:
    await asyncio.gather(*(room.ears.hear(room.written(each, WORDS)) for each in (room.ada, room.ben)))
    await room.ears.settle()
    assert sorted(person for person, _, _ in room.platform.notes) == sorted([room.ada, room.ben])


async def test_somebody_in_no_cohort_is_told_so_once_and_nothing_is_kept(room: AnsweringRoom) -> None:
    written = room.written(room.eve, WORDS)
    await room.ears.hear(written)
    await room.ears.hear(written)
    await room.ears.settle()
    [(person, _, post)] = room.platform.notes
    assert (person, room.loose(room.eve)) == (room.eve, [])
    assert "no cohort yet" in str(post)


async def test_a_deleted_message_is_not_asked_about(room: AnsweringRoom) -> None:
    written = room.written(room.ada, WORDS)
    await room.ears.hear(ReplyDeleted("simulator", "room", None, written.message, room.clock()))
    await room.ears.hear(written)
    await room.ears.settle()
    assert room.platform.notes == []


@pytest.mark.parametrize(("reason", "asked"), [(Reason.BUSY, 1), (Reason.UNCLEAR, 0), (Reason.REFUSED, 0)])
async def test_only_what_was_surely_not_told_is_told_again(room: AnsweringRoom, reason: Reason, asked: int) -> None:
    room.platform.moods.append(PlatformError(reason, "mood", retry_after=0.01))
    await room.ears.hear(room.written(room.ada, WORDS))
    await room.ears.settle()
    assert (len(room.platform.notes), room.loose(room.ada)) == (asked, [WORDS])


async def test_what_the_record_cannot_take_now_is_not_acknowledged_and_its_writer_hears_so_once(
    room: AnsweringRoom,
) -> None:
    _rename(room, "loose_replies", "hidden")
    for _ in range(3):
        with pytest.raises(Exception):  # noqa: B017, PT011 - each database has its own
            await room.ears.hear(room.written(room.ada, WORDS))
    await room.ears.settle()
    _rename(room, "hidden", "loose_replies")
    [(person, _, post)] = room.platform.notes
    assert person == room.ada
    assert "please send it again" in str(post)


def _rename(room: AnsweringRoom, table: str, name: str) -> None:
    with room.database.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {name}")


def actions(post: Post) -> dict[str, str]:
    rows = [block.buttons for block in post.blocks if isinstance(block, Buttons)]
    return {button.label: button.action for row in rows for button in row}

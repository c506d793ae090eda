"""A facilitator's note is kept, then carried to the member, and never lost in between nor said in public."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from answering_room import AnsweringRoom
from sqlalchemy import select

from bot.chat.inbound import Command
from bot.chat.port import PlatformError, Reason
from bot.chat.post import Form, Rejected
from bot.store.database import Database
from bot.store.tables import AuditEntry, Cohort, Member, Nudge


@pytest_asyncio.fixture
async def room(database: Database) -> AsyncIterator[AnsweringRoom]:
    made = AnsweringRoom(database)
    await made.open()
    yield made
    await made.ears.close()
    made.room.close()


def rows(room: AnsweringRoom, table: type) -> list:
    return room.database.run_now(lambda session: list(session.scalars(select(table).order_by(table.id))))


async def write(room: AnsweringRoom, text: str = "How are you?"):
    """Fay sends Ben a note."""
    ids = {each.ref: each.id for each in rows(room, Member)}
    [cohort] = rows(room, Cohort)
    return await room.send(room.fay, f"nudge:{cohort.id}-{ids[room.ben]}", text=text)


async def test_it_reaches_the_member_alone_and_once(room: AnsweringRoom) -> None:
    await write(room)
    for _ in range(3):
        await room.ears.comment()
    [(person, thread, post)] = room.platform.notes
    assert (person, thread, room.platform.said) == (room.ben, None, [])
    assert "How are you?" in str(post)
    assert "write to Fay directly" in str(post)
    assert rows(room, Nudge)[0].told_at is not None


async def test_who_takes_no_direct_messages_is_left_alone_and_the_facilitator_hears_so(room: AnsweringRoom) -> None:
    room.platform.deaf.add(room.ben)
    await write(room)
    for _ in range(3):
        await room.ears.comment()
    [(person, _, post)] = room.platform.notes
    assert (person, room.platform.said) == (room.fay, [])
    assert "could not be delivered: they take no direct messages" in str(post)
    assert "How are you?" in str(post)
    assert [each.says for each in rows(room, AuditEntry)] == ["a private note", "the note could not be delivered"]


async def test_where_neither_takes_any_it_ends_all_the_same(
    room: AnsweringRoom, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    room.platform.deaf |= {room.ben, room.fay}
    await write(room, "My private words.")
    for _ in range(3):
        await room.ears.comment()
    assert (room.platform.notes, room.platform.said) == ([], [])
    assert caplog.text.count("writer=untold") == 1
    assert caplog.text.count("outcome=undelivered\n") == 1
    assert "private words" not in caplog.text


@pytest.mark.parametrize("reason", [Reason.BUSY, Reason.UNCLEAR, Reason.TOKEN_REVOKED])
async def test_what_failed_is_carried_later_and_not_in_every_tick(room: AnsweringRoom, reason: Reason) -> None:
    await write(room)
    room.platform.moods += [PlatformError(reason, "mood")] * 2
    for _ in range(5):
        await room.ears.comment()
    assert len(room.platform.moods) == 1
    for _ in range(2):
        room.later(seconds=61)
        await room.ears.comment()
    assert [person for person, _, _ in room.platform.notes] == [room.ben]


async def test_a_note_that_is_refused_comes_back_to_its_writer(room: AnsweringRoom) -> None:
    await write(room)
    room.platform.moods.append(PlatformError(Reason.REFUSED, "mood"))
    await room.ears.comment()
    [(person, _, post)] = room.platform.notes
    assert person == room.fay
    assert "the platform does not let me" in str(post)


async def test_a_note_of_yesterday_is_not_carried_any_more(room: AnsweringRoom) -> None:
    """By then the member may have come back, and would read that they are missed."""
    await write(room)
    room.platform.moods.append(PlatformError(Reason.BUSY, "mood"))
    await room.ears.comment()
    room.later(hours=25)
    room.platform.moods.append(PlatformError(Reason.BUSY, "mood"))
    await room.ears.comment()
    assert [person for person, _, _ in room.platform.notes] == [room.fay]


async def test_a_note_that_cannot_be_carried_keeps_no_other_back(room: AnsweringRoom) -> None:
    await write(room, "first")
    await write(room, "second")
    room.platform.moods.append(PlatformError(Reason.BUSY, "mood"))
    await room.ears.comment()
    assert ["second" in str(post) for _, _, post in room.platform.notes] == [True]


async def test_what_a_crash_kept_from_being_told_is_told_after_the_restart(room: AnsweringRoom) -> None:
    await write(room)
    room.ears = room.collector()
    await room.ears.comment()
    await room.ears.comment()
    assert [person for person, _, _ in room.platform.notes] == [room.ben]


async def test_a_form_that_cannot_be_saved_gives_every_word_back_and_waits(room: AnsweringRoom) -> None:
    await write(room, "first")
    with room.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE nudges RENAME TO hidden")
    said = await write(room, "a long thought")
    with room.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE hidden RENAME TO nudges")
    assert isinstance(said, Rejected)
    assert "a long thought" in str(said.post)
    [cohort], bens = rows(room, Cohort), next(each for each in rows(room, Member) if each.ref == room.ben)
    asked = Command(
        "simulator", "room", room.channel, room.person(room.fay), "nudge", {"who": f"{cohort.id}-{bens.id}"}
    )
    form = await room.ears.answer(asked)
    assert isinstance(form, Form)
    assert form.fields[0].value == "a long thought"
    await write(room, "a long thought")
    assert [each.text for each in rows(room, Nudge)] == ["first", "a long thought"]


async def test_many_presses_at_once_are_one_note(room: AnsweringRoom) -> None:
    await asyncio.gather(*(write(room) for _ in range(6)))
    await room.ears.comment()
    assert len(rows(room, Nudge)) == len(room.platform.notes) == 1

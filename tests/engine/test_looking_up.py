"""A look-up is answered while the record is being written."""

import asyncio
import threading
from pathlib import Path

import pytest
from answering_room import AnsweringRoom
from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.chat.inbound import Command
from bot.chat.post import Post
from bot.store import schema
from bot.store.database import Database, open_engine


@pytest.fixture
def record(tmp_path: Path):
    """SQLite, where one who writes keeps all others who write waiting."""
    engine = open_engine(f"sqlite:///{tmp_path / 'record.db'}")
    schema.migrate(engine)
    database = Database(engine)
    yield database
    database.close()


@pytest.mark.parametrize("words", ["concept", "ask"])
async def test_a_look_up_waits_for_nobody_who_writes(record: Database, words: str) -> None:
    room = AnsweringRoom(record)
    await room.open()
    option = {"concept": {"name": "probe"}, "ask": {"text": "concept probe"}}[words]
    asked = Command("simulator", room.room.workspace, room.channel, room.person(room.ada), words, option)
    writing, answered = threading.Event(), threading.Event()

    def write(session: Session) -> bool:
        session.execute(text("UPDATE cohorts SET name = name"))
        writing.set()
        return answered.wait(10)

    written = asyncio.create_task(record.run(write))
    assert await asyncio.to_thread(writing.wait, 10)
    said = await room.ears.answer(asked)
    answered.set()
    assert await written, "the look-up waited until the writer gave up"
    assert isinstance(said, Post)
    assert "probe" in str(said).lower()


async def test_a_command_that_was_written_in_plain_words_is_done_like_any_other(record: Database) -> None:
    room = AnsweringRoom(record)
    await room.open()
    asked = Command("simulator", room.room.workspace, room.channel, room.person(room.eve), "ask", {"text": "join"})
    assert "Welcome" in str(await room.ears.answer(asked))

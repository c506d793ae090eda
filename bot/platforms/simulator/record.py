"""The rehearsal room on disk: one SQLite file of its own, so that a restarted room still shows what was said.

Texts are kept as ASCII JSON: that way NUL and lone surrogates survive to the letter, which SQLite's TEXT refuses.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS channels (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS people (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, manages INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, place TEXT NOT NULL, author TEXT, key TEXT, body TEXT NOT NULL,
    at INTEGER NOT NULL, revision INTEGER NOT NULL DEFAULT 0, thread_title TEXT);
CREATE INDEX IF NOT EXISTS messages_place ON messages (place, id);
CREATE INDEX IF NOT EXISTS messages_key ON messages (key) WHERE key IS NOT NULL;
CREATE TABLE IF NOT EXISTS whispers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, person TEXT NOT NULL, place TEXT, body TEXT NOT NULL,
    asked INTEGER NOT NULL, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS whispers_person ON whispers (person, id);
CREATE TABLE IF NOT EXISTS marks (message INTEGER NOT NULL, mark TEXT NOT NULL, PRIMARY KEY (message, mark));
CREATE TABLE IF NOT EXISTS reactions (
    message INTEGER NOT NULL, person TEXT NOT NULL, emoji TEXT NOT NULL, PRIMARY KEY (message, person, emoji));
CREATE TABLE IF NOT EXISTS pins (message INTEGER PRIMARY KEY, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY AUTOINCREMENT, payload TEXT NOT NULL);
"""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Message:
    """One message as the room holds it. place: a channel, a thread or a direct conversation.

    author None: the bot's own. revision: 0 as first written, else the moment of the last edit in microseconds since
    1970. thread: the thread opened under it. body: the bot's rendered JSON, or {"text": …} of a person.
    """

    ref: str
    place: str
    author: str | None
    body: Mapping[str, Any]
    at: datetime
    revision: int
    thread: str | None
    thread_title: str

    @property
    def removed(self) -> bool:
        """What is left of a message that the bot took back while there were replies under it."""
        return bool(self.body.get("removed"))

    @property
    def is_post(self) -> bool:
        """Whether the bot said it, and it stands."""
        return self.author is None and not self.removed


@dataclass(frozen=True)
class Whisper:
    """What one person alone was shown. place None: nowhere in particular. asked: in answer to a command or a form."""

    ref: str
    person: str
    place: str | None
    body: Mapping[str, Any]
    asked: bool
    at: datetime


def open_record(path: str) -> sqlite3.Connection:
    """The room's database, made when it is not there. `path` may be ":memory:"."""
    record = sqlite3.connect(path, isolation_level=None)
    record.execute("PRAGMA journal_mode = WAL")
    record.executescript(_SCHEMA)
    return record


@contextmanager
def transaction(record: sqlite3.Connection) -> Iterator[None]:
    """All or nothing: a message and the event that tells of it."""
    record.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        record.execute("ROLLBACK")
        raise
    record.execute("COMMIT")


def add_row(record: sqlite3.Connection, sql: str, values: Sequence[Any]) -> int:
    """Run one INSERT; the id of the new row."""
    identity = record.execute(sql, values).lastrowid
    assert identity is not None
    return identity


def find_messages(record: sqlite3.Connection, where: str, values: Sequence[Any]) -> tuple[Message, ...]:
    """Messages in the order they were written; `where` is SQL of ours, never anybody's text."""
    columns = "id, place, author, body, at, revision, thread_title"
    rows = record.execute(f"SELECT {columns} FROM messages WHERE {where}", values)  # noqa: S608 - ours
    return tuple(sorted((_to_message(*row) for row in rows), key=lambda message: number_of(message.ref)))


def find_root(record: sqlite3.Connection, thread: str) -> Message | None:
    """The message that a thread hangs under."""
    found = find_messages(record, "id = ? AND thread_title IS NOT NULL", (number_of(thread),))
    return found[0] if found and found[0].thread == thread else None


def find_whispers(record: sqlite3.Connection, where: str, values: Sequence[Any]) -> tuple[Whisper, ...]:
    """Whispers in the order they were shown; `where` is SQL of ours, never anybody's text."""
    columns = "id, person, place, body, asked, at"
    rows = record.execute(f"SELECT {columns} FROM whispers WHERE {where} ORDER BY id", values)  # noqa: S608 - ours
    return tuple(
        Whisper(f"w{identity}", person, place, json.loads(body), bool(asked), to_moment(at))
        for identity, person, place, body, asked, at in rows
    )


def to_micros(moment: datetime) -> int:
    """An aware moment in microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def to_moment(micros: int) -> datetime:
    """Microseconds since 1970 as a moment in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def number_of(ref: str) -> int:
    """The row behind a reference ("c1/12" → 12, "t12" → 12); 0, which no row has, when it is not one of ours."""
    digits = ref.rpartition("/")[2].lstrip("cdptw")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 16 else 0


def _to_message(
    identity: int, place: str, author: str | None, body: str, at: int, revision: int, thread_title: str | None
) -> Message:
    thread = None if thread_title is None else f"t{identity}"
    return Message(
        f"{place}/{identity}", place, author, json.loads(body), to_moment(at), revision, thread, thread_title or ""
    )

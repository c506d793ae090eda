"""What is written into the room's record: each act in one transaction with the event that tells the bot of it."""

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.chat.port import Body
from bot.platforms.simulator import places
from bot.platforms.simulator.events import to_payload
from bot.platforms.simulator.record import Message, add_row, find_messages, find_root, number_of, to_micros, transaction


def add_post(record: sqlite3.Connection, place: str, key: str | None, body: Body, now: datetime) -> str:
    """A message of the bot's; its reference. The bot is not told of it."""
    return f"{place}/{_add(record, place, None, key, body, now)}"


def add_said(record: sqlite3.Connection, place: str, author: str, text: str, now: datetime) -> str:
    """What a person says; its reference."""
    with transaction(record):
        number = _add(record, place, author, None, {"text": text}, now)
        _tell(record, "reply", number, now)
    return f"{place}/{number}"


def change_said(record: sqlite3.Connection, message: Message, text: str, now: datetime) -> None:
    """A person's message as it reads now. Its revision grows, whatever the clock says."""
    with transaction(record):
        _change(record, message, {"text": text}, now)
        _tell(record, "edited", number_of(message.ref), now)


def drop_said(record: sqlite3.Connection, message: Message, now: datetime) -> None:
    """A person's message is gone, and the reactions on it with it."""
    number = number_of(message.ref)
    with transaction(record):
        _tell(record, "deleted", number, now)
        record.execute("DELETE FROM marks WHERE message = ?", (number,))
        record.execute("DELETE FROM reactions WHERE message = ?", (number,))
        record.execute("DELETE FROM messages WHERE id = ?", (number,))


def change_post(record: sqlite3.Connection, message: Message, body: Body, now: datetime) -> bool:
    """A message of the bot's as it reads now: False when it reads so already."""
    if message.body == json.loads(json.dumps(body)):
        return False
    with transaction(record):
        _change(record, message, body, now)
        record.execute("UPDATE messages SET key = ? WHERE id = ?", (body["key"], number_of(message.ref)))
    return True


def add_whisper(
    record: sqlite3.Connection, person: str, place: str | None, body: Body, asked: bool, now: datetime
) -> str:
    """What one person alone is shown; its reference."""
    sql = "INSERT INTO whispers (person, place, body, asked, at) VALUES (?, ?, ?, ?, ?)"
    return f"w{add_row(record, sql, (person, place, json.dumps(body), int(asked), to_micros(now)))}"


def _add(
    record: sqlite3.Connection,
    place: str,
    author: str | None,
    key: str | None,
    body: Mapping[str, Any],
    now: datetime,
) -> int:
    sql = "INSERT INTO messages (place, author, key, body, at) VALUES (?, ?, ?, ?, ?)"
    return add_row(record, sql, (place, author, key, json.dumps(body), to_micros(now)))


def _change(record: sqlite3.Connection, message: Message, body: Mapping[str, Any], now: datetime) -> None:
    revision = max(to_micros(now), message.revision + 1)
    values = (json.dumps(body), revision, number_of(message.ref))
    record.execute("UPDATE messages SET body = ?, revision = ? WHERE id = ?", values)


def _tell(record: sqlite3.Connection, kind: str, number: int, now: datetime) -> None:
    """The bot hears of what is in threads, of what is said to it directly, and, wherever it stands, of what changes:
    its writer may have counted it as an answer."""
    (message,) = find_messages(record, "id = ?", (number,))
    if kind != "reply" or find_root(record, message.place) or places.is_direct(message.place):
        payload = json.dumps(to_payload(kind, message, now))
        record.execute("INSERT INTO events (payload) VALUES (?)", (payload,))

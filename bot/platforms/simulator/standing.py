"""The bot's own messages as they stand in a channel: found by their keys, and taken back."""

import json
import sqlite3
from collections.abc import Collection, Mapping
from datetime import datetime

from bot.chat.port import Body, Copy
from bot.platforms.simulator import rules
from bot.platforms.simulator.pins import unpin
from bot.platforms.simulator.record import Message, find_messages, number_of, to_micros

REMOVED: Body = {
    "key": None,
    "title": "Removed",
    "part": 1,
    "parts": 1,
    "accent": None,
    "removed": True,
    "blocks": [{"type": "small", "text": "This message was removed."}],
}
"""What stands in place of a message that was taken back while there were replies under it."""


def find_copies(
    record: sqlite3.Connection, channel: str, keys: Collection[str], since: datetime
) -> Mapping[str, tuple[Copy, ...]]:
    """The bot's messages in the channel from `since` on that carry one of the keys: key → its copies, oldest first."""
    found: dict[str, tuple[Copy, ...]] = {}
    where = "place = ? AND key IS NOT NULL AND author IS NULL AND at >= ?"
    for message in find_messages(record, where, (channel, to_micros(since))):
        if (key := message.body["key"]) in keys:
            found[key] = (*found.get(key, ()), Copy(message.ref, _reply_count(record, message)))
    return found


def take_back(record: sqlite3.Connection, message: Message | None) -> str:
    """Remove a message of the bot's: "gone", or "message" where a note stays instead because replies hang on it.

    Raises Refused for a person's.
    """
    if message is None or message.removed:
        return "gone" if message is None else "message"
    if _reply_count(record, rules.bots_own(message)):
        values = (json.dumps(REMOVED), number_of(message.ref))
        record.execute("UPDATE messages SET body = ?, key = NULL WHERE id = ?", values)
        unpin(record, message.ref)
        return "message"
    record.execute("DELETE FROM messages WHERE id = ?", (number_of(message.ref),))
    return "gone"


def _reply_count(record: sqlite3.Connection, message: Message) -> int:
    count: int = record.execute("SELECT count(*) FROM messages WHERE place = ?", (message.thread,)).fetchone()[0]
    return count

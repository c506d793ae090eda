"""What is pinned at the top of a channel."""

import sqlite3
from datetime import datetime

from bot.platforms.simulator.record import Message, find_messages, number_of, to_micros

PIN_LIMIT = 50
"""Messages pinned in one channel: the room's own limit, Discord's number for most of its life."""


def pin(record: sqlite3.Connection, message: Message, now: datetime) -> bool:
    """Pin it: False when the channel has too many. One that is pinned already stays where it is."""
    pinned = {each.ref for each in find_pins(record, message.place)}
    if message.ref not in pinned and len(pinned) >= PIN_LIMIT:
        return False
    record.execute("INSERT OR IGNORE INTO pins VALUES (?, ?)", (number_of(message.ref), to_micros(now)))
    return True


def unpin(record: sqlite3.Connection, message: str) -> None:
    """Take the pin down, if there is one."""
    record.execute("DELETE FROM pins WHERE message = ?", (number_of(message),))


def find_pins(record: sqlite3.Connection, channel: str) -> tuple[Message, ...]:
    """What is pinned in the channel, in the order in which it was written."""
    return find_messages(record, "place = ? AND id IN (SELECT message FROM pins)", (channel,))

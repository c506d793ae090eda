"""The emoji that people put under each other's messages: kept with the room, and told to the bot while it listens."""

import sqlite3
from datetime import datetime
from typing import Protocol

from bot.chat.inbound import Reacted
from bot.platforms.simulator import places, rules
from bot.platforms.simulator.record import Message, number_of
from bot.platforms.simulator.roster import Roster
from bot.platforms.simulator.terms import PLATFORM, WORKSPACE, Bot, Change
from bot.platforms.simulator.watching import Watchers

LIKE = "👍"
"""What the page's button puts there."""

EMOJI_LIMIT = 100


class _Room(Protocol):
    """What is needed of the room."""

    roster: Roster
    watchers: Watchers
    bot: Bot | None

    def find_message(self, ref: str) -> Message | None: ...

    def now(self) -> datetime: ...


class Reactions:
    """See above. What is unknown, or not the person's to see, raises Refused."""

    def __init__(self, room: _Room, record: sqlite3.Connection) -> None:
        self._room, self._record = room, record

    def under(self, message: str, emoji: str = LIKE) -> tuple[str, ...]:
        """Who has put this emoji under a message, in the order in which they did."""
        sql = "SELECT person FROM reactions WHERE message = ? AND emoji = ? ORDER BY rowid"
        return tuple(person for (person,) in self._record.execute(sql, (number_of(message), emoji)))

    async def put(self, person: str, message: str, emoji: str = LIKE, *, there: bool = True) -> None:
        """Put an emoji under somebody's message, or take one's own away; twice is once."""
        room = self._room
        who = room.roster.people()[rules.known(person, room.roster.people(), "person")]
        said = rules.persons(room.find_message(message))
        rules.may_enter(person, said.place)
        row = (number_of(message), person, rules.known(emoji[:EMOJI_LIMIT], [emoji], "emoji"))
        sql = "INSERT OR IGNORE INTO reactions VALUES (?, ?, ?)"
        if not there:
            sql = "DELETE FROM reactions WHERE message = ? AND person = ? AND emoji = ?"
        if self._record.execute(sql, row).rowcount:
            room.watchers.tell(Change("message", message, places.find_owner(message)))
            if room.bot is not None:
                await room.bot.see(Reacted(PLATFORM, WORKSPACE, message, who, emoji, there, room.now()))

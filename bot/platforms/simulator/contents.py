"""What stands in a room: every question that changes nothing."""

import sqlite3
from collections.abc import Collection, Mapping
from datetime import datetime

from bot.chat.inbound import Heard
from bot.chat.port import Copy
from bot.platforms.simulator import places, rules, stage
from bot.platforms.simulator.events import find_waiting
from bot.platforms.simulator.pins import find_pins
from bot.platforms.simulator.record import Message, Whisper, find_messages, find_root, find_whispers, number_of
from bot.platforms.simulator.roster import Roster
from bot.platforms.simulator.standing import find_copies
from bot.platforms.simulator.terms import Posted


class Contents:
    """A room as it can be read; `Room` is one in which something can be done. What is unknown raises Refused."""

    def __init__(self, record: sqlite3.Connection) -> None:
        self._record = record
        self.roster = Roster(record)

    def channel_of(self, place: str) -> str | None:
        """The channel that a thread belongs to, or the channel itself; None where one person is alone with the bot."""
        if owner := places.find_owner(place):
            rules.known(owner, self.roster.people(), "person")
            return None
        root = self.find_root(place)
        channel = root.place if root else place
        return rules.known(channel, self.roster.channels(), "channel")

    def find_message(self, ref: str) -> Message | None:
        found = find_messages(self._record, "id = ?", (number_of(ref),))
        return found[0] if found and found[0].ref == ref else None

    def find_root(self, thread: str) -> Message | None:
        """The message that a thread hangs under."""
        return find_root(self._record, thread)

    def messages(self, place: str, before: int | None = None, limit: int = -1) -> tuple[Message, ...]:
        """The last `limit` messages (all: -1) in a channel or a thread, of those numbered below `before`."""
        where = "place = ? AND id < ? ORDER BY id DESC LIMIT ?"
        return find_messages(self._record, where, (place, before or 2**62, limit))

    def whispers(self, person: str) -> tuple[Whisper, ...]:
        """What this person alone was shown, oldest first."""
        return find_whispers(self._record, "person = ?", (person,))

    def find_whispers(self, refs: Collection[str]) -> tuple[Whisper, ...]:
        marks = ", ".join("?" * len(refs))
        return find_whispers(self._record, f"id IN ({marks})", [number_of(ref) for ref in refs])

    def reactions(self, message: str) -> frozenset[str]:
        """The bot's reactions on a message."""
        return frozenset(rules.MARKS[mark] for mark in self.marks(message))

    def marks(self, message: str) -> tuple[str, ...]:
        rows = self._record.execute("SELECT mark FROM marks WHERE message = ?", (number_of(message),))
        return tuple(sorted(mark for (mark,) in rows))

    def pins(self, channel: str) -> tuple[Message, ...]:
        """What is pinned at the top of a channel, oldest first."""
        return find_pins(self._record, channel)

    def find_keys(self, channel: str, keys: Collection[str], since: datetime) -> Mapping[str, tuple[Copy, ...]]:
        return find_copies(self._record, rules.known(channel, self.roster.channels(), "channel"), keys, since)

    def waiting(self) -> tuple[tuple[int, Heard], ...]:
        """(number, what happened), oldest first: all that the bot has not kept."""
        return find_waiting(self._record, self.roster)

    def posts(self, channel: str) -> tuple[Posted, ...]:
        return tuple(stage.to_posted(message) for message in self.messages(channel) if message.is_post)

    def replies(self, thread: str) -> Mapping[str, str]:
        return {message.ref: message.body["text"] for message in self.messages(thread) if message.author is not None}

    def notes(self, person: str) -> tuple[str, ...]:
        return tuple(stage.text_of_body(whisper.body) for whisper in self.whispers(person) if not whisper.asked)

    def dm(self, person: str) -> str:
        """The direct conversation of a person with the bot: a place to `say` something in."""
        return places.direct(rules.known(person, self.roster.people(), "person"))

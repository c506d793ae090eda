"""Who and where: the channels and the people of a room."""

import sqlite3
from collections.abc import Mapping

from bot.chat.inbound import Person
from bot.chat.markdown import shown
from bot.platforms.simulator.record import add_row
from bot.platforms.simulator.rules import check_name


class Roster:
    """Channels and people in the room's record; references are "c1" and "p1"."""

    def __init__(self, record: sqlite3.Connection) -> None:
        self._record = record
        self.closed: set[str] = set()
        """People who take no direct messages."""

    def add_channel(self, name: str) -> str:
        """A new channel; its reference. Raises Refused for a name that is empty or too long."""
        row = add_row(self._record, "INSERT INTO channels (name) VALUES (?)", (check_name(name),))
        return f"c{row}"

    def add_person(self, name: str, manages: bool) -> str:
        """A new person; their reference. Raises Refused for a name that is empty or too long."""
        values = (check_name(name), int(manages))
        row = add_row(self._record, "INSERT INTO people (name, manages) VALUES (?, ?)", values)
        return f"p{row}"

    def channels(self) -> Mapping[str, str]:
        """Reference → name, oldest first."""
        return {f"c{row}": name for row, name in self._record.execute("SELECT id, name FROM channels ORDER BY id")}

    def people(self) -> Mapping[str, Person]:
        """Reference → person, oldest first."""
        rows = self._record.execute("SELECT id, name, manages FROM people ORDER BY id")
        return {f"p{row}": Person(f"p{row}", name, bool(manages)) for row, name, manages in rows}

    def find_channel(self, name: str) -> str | None:
        """The first channel of that name, for a room that was opened again."""
        return next((ref for ref, known in self.channels().items() if known == shown(name).strip()), None)

    def find_person(self, name: str) -> str | None:
        """The first person of that name, for a room that was opened again."""
        return next((ref for ref, person in self.people().items() if person.name == shown(name).strip()), None)

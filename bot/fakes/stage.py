"""Where scripted people act and where what happened can be looked up: the same for every fake.

References are strings: a message is "channel/id", a thread is the id of a Discord thread or Slack's "channel/ts".
A person is their user id. Everything a person does goes to the bot over the platform's real protocol.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Posted:
    """One message of the bot's as the platform holds it: what the oracle answers with."""

    message: str
    channel: str
    thread: str | None  # the thread opened under it
    text: str  # all text that a reader sees, in order
    raw: str  # the body as JSON, where a marker can be looked for
    at: datetime


@dataclass(frozen=True)
class OpenForm:
    """A form in front of one person. fields: id → what stands in it. `handle` is the fake's own."""

    title: str
    text: str
    fields: Mapping[str, str]
    handle: Any


@dataclass(frozen=True)
class Shown:
    """What one person was shown in answer: text, buttons by label (value: the fake's own handle), perhaps a form.

    errors: field id → sentence, when a form stayed open with errors in place. pictures: alt text → the bytes shown.
    """

    text: str = ""
    buttons: Mapping[str, Any] = field(default_factory=dict)
    form: OpenForm | None = None
    private: bool = True
    errors: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, bytes] = field(default_factory=dict)


class Stage(Protocol):
    """A fake platform seen from outside the bot."""

    workspace: str

    def add_channel(self, name: str) -> str: ...

    def add_person(self, name: str, manages: bool = False) -> str: ...

    def posts(self, channel: str) -> tuple[Posted, ...]:
        """The bot's messages that stand in the channel now (not in threads), oldest first."""
        ...

    def replies(self, thread: str) -> Mapping[str, str]:
        """People's messages that stand in the thread now: message → text."""
        ...

    def reactions(self, message: str) -> frozenset[str]:
        """The bot's reactions on a message."""
        ...

    def notes(self, person: str) -> tuple[str, ...]:
        """What the bot told this person alone without being asked, oldest first."""
        ...

    def refusals(self) -> tuple[str, ...]:
        """Calls of the bot that broke a documented limit or rule: must be empty after a healthy run."""
        ...

    async def reply(self, person: str, thread: str, text: str) -> str: ...

    async def edit(self, person: str, message: str, text: str) -> None: ...

    async def delete(self, person: str, message: str) -> None: ...

    async def command(
        self, person: str, channel: str, name: str, options: Mapping[str, str] | None = None
    ) -> Shown: ...

    async def press(self, person: str, where: str | Shown, label: str) -> Shown:
        """Press the button with this label on a message or on something shown privately."""
        ...

    async def submit(self, person: str, form: OpenForm, values: Mapping[str, str]) -> Shown: ...

    async def suggest(
        self, person: str, channel: str, command: str, option: str, text: str
    ) -> tuple[tuple[str, str], ...]:
        """(name, value) pairs offered while `text` stands in the option; empty where the platform has none."""
        ...

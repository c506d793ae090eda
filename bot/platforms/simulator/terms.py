"""What the room, the bot in it and the people in it say to each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.chat.inbound import Command, FormAnswer, Partial, Reacted
from bot.chat.port import Body
from bot.chat.post import Choice

WORKSPACE = "rehearsal"
PLATFORM = "simulator"


class Refused(Exception):
    """The room does not allow it. `reason` is a code for operators, str() one sentence that names the cure."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class Unanswered(Exception):
    """The bot was asked and could not answer; nothing was kept. str() is one sentence for the person who asked."""


@dataclass(frozen=True)
class Told:
    """What the bot answers one person: messages, or a form, or a form that stays open with `errors` (field id →
    sentence). for_all: its messages are for everybody in the place."""

    bodies: tuple[Body, ...] = ()
    form: Body | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    rejected: bool = False
    for_all: bool = False


class Bot(Protocol):
    """The bot as the room knows it. The first two raise Unanswered."""

    async def answer(self, command: Command) -> Told: ...

    async def take(self, form: FormAnswer) -> Told: ...

    async def see(self, reacted: Reacted) -> None: ...

    def suggest(self, partial: Partial) -> tuple[Choice, ...]: ...


@dataclass(frozen=True)
class Change:
    """Something in the room is different now. person: the only one who may know of it, None for everybody.

    kind: "message" or "whisper" (ref: which), "gone" (ref: which message), "pins" (ref: in which place), "people" or
    "clock" (ref empty), "reload" (more changed than can be told).
    """

    kind: str
    ref: str = ""
    person: str | None = None


@dataclass(frozen=True)
class Posted:
    """One message of the bot's as the room holds it: the same fields as on the other fakes' stages."""

    message: str
    channel: str
    thread: str | None
    text: str
    raw: str
    at: datetime


@dataclass(frozen=True)
class OpenForm:
    """A form in front of one person. handle: (action, place)."""

    title: str
    text: str
    fields: Mapping[str, str]
    handle: Any


@dataclass(frozen=True)
class Shown:
    """What one person was shown in answer. buttons: label → (reference of the message, action).
    pictures: alt text → PNG."""

    text: str = ""
    buttons: Mapping[str, Any] = field(default_factory=dict)
    form: OpenForm | None = None
    private: bool = True
    errors: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, bytes] = field(default_factory=dict)

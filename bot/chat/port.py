"""What a platform does for us (`Platform`), what we do for a platform (`Ears`), and how a call fails."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from bot.chat.inbound import Command, FormAnswer, Heard, Partial, Person, Reacted, Reply
from bot.chat.post import Choice, Form, Post, Rejected

Body = Mapping[str, Any]
"""One message as the platform's own JSON, ready to send: what `homeroom preview` prints is what goes out."""


class Reason(StrEnum):
    """Why a call failed, told by what may be done next."""

    UNCLEAR = "unclear"  # the call may have been carried out: a timeout, a reset, a 5xx. Look before trying again.
    BUSY = "busy"  # refused for now, surely not carried out (429). Try again after `retry_after`.
    REFUSED = "refused"  # the content itself is refused. Trying again cannot help.
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - a reason, not a secret
    BOT_REMOVED = "bot_removed"
    CHANNEL_GONE = "channel_gone"
    MISSING_PERMISSION = "missing_permission"


BLOCKED = frozenset({Reason.TOKEN_REVOKED, Reason.BOT_REMOVED, Reason.CHANNEL_GONE, Reason.MISSING_PERMISSION})
"""Reasons that only a person can cure."""


class PlatformError(Exception):
    """A call to a platform failed. `detail` is for operators: the platform's error code, never anybody's words."""

    def __init__(self, reason: Reason, detail: str, retry_after: float | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after  # seconds, when the platform said so

    @property
    def permanent(self) -> bool:
        """True when trying again by itself cannot help."""
        return self.reason not in (Reason.UNCLEAR, Reason.BUSY)


class BadToken(Exception):
    """The platform does not accept the credentials. str() is one sentence: which setting, and where to find it."""


class Capability(StrEnum):
    """What not every platform can do. The core asks for these and never for a platform's name."""

    SUGGESTIONS = "suggestions"  # options are completed while somebody types
    QUIET_NOTES = "quiet_notes"  # `note` shows where the member writes, to them alone; elsewhere it is a direct message


class Mark(StrEnum):
    """What our reaction on a member's message says."""

    KEPT = "kept"
    COMPLETE = "complete"  # kept, and with it every prompt of the lesson is answered
    PRAISED = "praised"  # a facilitator liked it


@dataclass(frozen=True)
class ThreadReading:
    """What stands in a thread: replies oldest first, as they are now (edited ones with their revision).

    complete: every page was read, with permission before and after, so that what is absent has been deleted.
    """

    replies: tuple[Reply, ...]
    complete: bool


@dataclass(frozen=True)
class Copy:
    """A message of ours that stands in a channel. replies: how many messages the platform counts under it."""

    message: str
    replies: int = 0


@dataclass(frozen=True)
class Topic:
    """What a lesson is called, and the labels it can be found by: for a channel in which every post is a thread of its
    own (a forum). Elsewhere it is not shown."""

    title: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seat:
    """A channel that a cohort is in, and what is asked for there besides lessons: pins, a mention of this group, and
    the labels that a forum's posts are to have."""

    channel: str
    pins: bool = False
    ping: str | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One thing that `homeroom doctor` looked at. `cure` is empty when all is well, and names the page of the
    platform's settings where there is one."""

    subject: str
    well: bool
    says: str
    cure: str = ""


class Ears(Protocol):
    """What a platform tells us. Each call returns only when what was heard is safe; one that raises was not kept, and
    the platform must not acknowledge the event."""

    async def hear(self, heard: Heard) -> None: ...

    async def see(self, reacted: Reacted) -> None:
        """An emoji came or went. One that cannot be kept now is lost: nobody's words hang on it."""
        ...

    async def answer(self, command: Command) -> Post | Form: ...

    async def take(self, form: FormAnswer) -> Post | Form | Rejected: ...

    def suggest(self, partial: Partial) -> tuple[Choice, ...]:
        """At most 25 choices, from memory, without waiting."""
        ...

    def missed(self, workspaces: Callable[[str], bool] | None = None) -> None:
        """Events may have been lost (a new session instead of a resumed one): every open thread is read again, or
        those of the workspaces that the lost session heard."""
        ...


class Sharing(Protocol):
    """What all processes with one token have to agree on. Scopes are the platform's own words, at most 100 characters;
    times are seconds. When the record cannot be reached, each process goes on by its own count."""

    async def turn(self, scope: str, every: float, count: int = 1) -> float:
        """Take the next `count` turns, `every` seconds apart from each other and from everybody else's: how long until
        the first."""
        ...

    async def close(self, scope: str, seconds: float) -> None:
        """Nobody's turn comes sooner: the platform has said so."""
        ...

    async def spend(self, scope: str, most: int, within: float) -> float:
        """Spend one of `most` in any `within` seconds, and count it: 0.0. Else how long until one is free, and nothing
        is counted. Outlives the process."""
        ...

    async def hold(self, role: str, seconds: float) -> bool:
        """Take a role, or go on holding it, for so long. False while another process holds it."""
        ...

    async def release(self, role: str) -> None:
        """Let a role go, if it is ours."""
        ...


class Renderer(Protocol):
    """How a platform writes a post."""

    def render(self, post: Post, key: str | None, /) -> tuple[Body, ...]:
        """As `Platform.render`."""
        ...


class Offline(Renderer, Protocol):
    """What of a platform needs no network."""

    def link(self, message: str, workspace: str = "", /) -> str | None:
        """As `Platform.link`."""
        ...


class Platform(Protocol):
    """One chat service. Every network call may raise PlatformError."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> frozenset[Capability]: ...

    @property
    def settles_in(self) -> float:
        """Seconds after which a call whose outcome is unclear shows in the history if it was carried out."""
        ...

    def render(self, post: Post, key: str | None) -> tuple[Body, ...]:
        """The messages that show the post, in order, none beyond a limit, nothing cut. Pure.

        With a `key` (24 characters of a-z2-7) every message carries the marker that `find_posted` looks for: the key
        of message i (from 0) is `part_key(key, i)`. Without one the messages are private and carry none.
        """
        ...

    async def post(self, channel: str, body: Body, topic: Topic | None = None) -> str:
        """Send one rendered message; its reference. Exactly one attempt that the platform could carry out twice.
        topic: of the first message of a delivery, and of no other."""
        ...

    def place_after(self, channel: str, first: str) -> str:
        """Where the other messages of a delivery go once its first stands under this reference: the channel, or the
        thread that a forum's post is. Pure."""
        ...

    def link(self, message: str, workspace: str = "") -> str | None:
        """An address that opens a message, or a channel, in the platform's own program; None where none is known. Pure.
        workspace: where it stands, when the caller is sure; without it the platform may not know, or not any more."""
        ...

    async def edit(self, message: str, body: Body) -> None:
        """Make a message of ours say something else. A message that says it already is the same success. Raises
        PlatformError(REFUSED) when it cannot be changed (any more)."""
        ...

    async def say(self, thread: str, post: Post, once: str) -> None:
        """Say something in a thread, for all who read it. once: 24 characters of a-z2-7; a second call with the same
        ones soon after the first says nothing, where the platform can tell."""
        ...

    async def pin(self, message: str) -> None:
        """Pin a message of ours in its channel. One that is pinned already is the same success."""
        ...

    async def unpin(self, message: str) -> None:
        """Take a pin of ours down. One that is not pinned, or gone, is the same success."""
        ...

    async def open_thread(self, message: str, title: str) -> str:
        """Open the thread under a message of ours; its reference. A thread that is open already is the same success."""
        ...

    async def find_posted(self, channel: str, keys: Collection[str], since: datetime) -> Mapping[str, tuple[Copy, ...]]:
        """Our own messages in the channel sent after `since` that carry one of the part keys: key → its copies, oldest
        first, at least one.

        Raises PlatformError when the history cannot be read: an empty answer means that they are not there.
        """
        ...

    async def remove(self, message: str) -> None:
        """Delete a message of ours. One that is gone already is the same success."""
        ...

    async def probe(self, channel: str) -> None:
        """Whether a lesson could be posted there now, found by reading only. Raises PlatformError with the reason."""
        ...

    async def read_thread(self, thread: str) -> ThreadReading: ...

    async def acknowledge(self, message: str, mark: Mark) -> None:
        """React to a member's message. Doing it twice is the same as once."""
        ...

    async def note(self, workspace: str, person: Person, thread: str | None, post: Post) -> bool:
        """Tell one member something that nobody else sees. False when they take no direct messages."""
        ...

    async def examine(self, seats: Collection[Seat]) -> tuple[Finding, ...]:
        """Token, clock, intents, scopes and the permissions in these channels, each with its cure. Never raises for
        what it finds: that it cannot look is a finding too."""
        ...

    async def run(self, ears: Ears, ready: "Ready") -> None:
        """Listen until cancelled, reconnecting by itself. Calls `ready()` once it can post. Raises BadToken."""
        ...

    async def speak(self, ready: "Ready") -> None:
        """As `run`, without listening: for a process that posts while others listen."""
        ...


class Ready(Protocol):
    """Told once, when a platform can be used."""

    def __call__(self) -> None: ...


def part_key(key: str, number: int) -> str:
    """The marker of message `number` (from 0) of a post: 25 characters at most, which is Discord's limit for a nonce.

    The first message carries the bare key, and the others a letter behind it, so up to 26 messages.
    """
    return key if number == 0 else f"{key}{'abcdefghijklmnopqrstuvwxyz'[number]}"

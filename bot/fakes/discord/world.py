"""What the fake Discord holds: people, guilds, channels, messages, and what the bot did."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.clock import Clock, monotonic

Json = dict[str, Any]
"""An object as it goes over the wire."""

DISCORD_EPOCH_MS = 1_420_070_400_000
EPHEMERAL, HAS_THREAD, SUPPRESS_NOTIFICATIONS, LOADING, COMPONENTS_V2 = 64, 32, 4_096, 128, 32_768
TEXT, DM, PUBLIC_THREAD, FORUM, MEDIA = 0, 1, 11, 15, 16
THREAD_ONLY = frozenset({FORUM, MEDIA})
REQUIRE_TAG = 1 << 4
REPLY, THREAD_STARTER, SLASH_ANSWER, PIN_NOTICE = 19, 21, 20, 6


@dataclass
class User:
    id: int
    name: str
    bot: bool = False
    takes_dms: bool = True


@dataclass
class Role:
    id: int
    name: str
    permissions: int
    mentionable: bool = False


@dataclass
class Guild:
    id: int
    name: str
    owner_id: int
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, set[int]] = field(default_factory=dict)  # user → roles


@dataclass
class Overwrite:
    allow: int = 0
    deny: int = 0


@dataclass
class Message:
    id: int
    channel_id: int
    author_id: int
    at: datetime
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    flags: int = 0
    kind: int = 0
    nonce: str | int | None = None
    reference: tuple[int, int] | None = None
    edited_at: datetime | None = None
    reactions: dict[str, list[int]] = field(default_factory=dict)
    pinned_at: datetime | None = None
    mentions: tuple[int, ...] = ()
    mention_roles: tuple[int, ...] = ()
    mention_everyone: bool = False
    asked_by: int | None = None  # the person whose interaction this answers
    born: float = field(default_factory=monotonic)


@dataclass
class Channel:
    id: int
    kind: int
    name: str = ""
    guild_id: int | None = None
    parent_id: int | None = None
    owner_id: int = 0
    recipient_id: int = 0
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    members: set[int] = field(default_factory=set)
    archived: bool = False
    locked: bool = False
    auto_archive: int = 1_440
    archived_at: datetime | None = None
    old_edits: list[datetime] = field(default_factory=list)
    sent: int = 0  # messages ever sent here; a thread's starter is none
    tags: list[Json] = field(default_factory=list)  # a forum's, and of a post the ids that it wears
    worn: list[int] = field(default_factory=list)
    requires_tag: bool = False
    born: float = field(default_factory=monotonic)


@dataclass(frozen=True)
class Call:
    """One REST call as the fake read it. `ids`: the parts of the path by the names of the route's template."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    ids: Mapping[str, str]
    files: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Answered:
    """One REST call and what became of it. `status` is 0 when the caller never saw an answer; `code` is 0 for none."""

    call: str
    body: Any
    status: int
    code: int = 0


@dataclass
class Journal:
    """What the bot did, for tests to ask."""

    calls: list[Answered] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    pings: list[str] = field(default_factory=list)
    throttled: Counter[str] = field(default_factory=Counter)


class World:
    """The state behind every route and every socket. `emit` hands an event to the gateway."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._last_id = 0
        self.emit: Callable[[str, Json], None] = lambda name, payload: None
        self.journal = Journal()
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.commands: dict[int, list[Json]] = {}  # guild, or 0 for global
        self.nonces: dict[tuple[int, str], tuple[datetime, int, int]] = {}  # → at, channel, message
        self.takes_files = True
        self.uploads: dict[str, bytes] = {}  # by the file's address
        self.nonce_seconds = 0.0
        self.history_lag = 0.0  # real seconds until a message is in the history
        self.message_content = True
        self.members_intent = False
        self.bot = self.add_user("Homeroom", bot=True)

    def snowflake(self) -> int:
        """A new id, later than every one before: milliseconds since 2015 of the fake's clock, shifted by 22 bits."""
        milliseconds = int(self.clock().timestamp() * 1_000) - DISCORD_EPOCH_MS
        self._last_id = max(self._last_id + 1, milliseconds << 22)
        return self._last_id

    def add_user(self, name: str, bot: bool = False) -> User:
        user = User(self.snowflake(), name, bot)
        self.users[user.id] = user
        return user

    def dm_with(self, user_id: int) -> Channel:
        """The direct-message channel between the bot and a person, made when there is none."""
        for channel in self.channels.values():
            if channel.kind == DM and channel.recipient_id == user_id:
                return channel
        channel = Channel(self.snowflake(), DM, recipient_id=user_id)
        self.channels[channel.id] = channel
        return channel

    def find_message(self, channel_id: int, message_id: int) -> Message | None:
        channel = self.channels.get(channel_id)
        return channel.messages.get(message_id) if channel else None

    def parent(self, channel: Channel) -> Channel:
        """The channel whose permissions count: a thread's parent, else the channel itself."""
        return self.channels.get(channel.parent_id or 0, channel)


def made_at(snowflake: int) -> datetime:
    """The moment in an id, to the millisecond."""
    return datetime.fromtimestamp(((snowflake >> 22) + DISCORD_EPOCH_MS) / 1_000, UTC)


def text_of(message: Message, labels: bool = True) -> str:
    """All text that a reader of the message sees, in order, one piece a line; with or without button labels."""
    pieces: list[str | None] = [message.content]
    for embed in message.embeds:
        pieces += [embed.get("author", {}).get("name"), embed.get("title"), embed.get("description")]
        pieces += [text for part in embed.get("fields", ()) for text in (part["name"], part["value"])]
        pieces.append(embed.get("footer", {}).get("text"))
    for component in every_component(message.components):
        if component.get("type") == 10:
            pieces.append(component.get("content"))
        elif labels:
            pieces.append(component.get("label"))
    return "\n".join(piece for piece in pieces if piece)


def every_component(components: list[Json]) -> list[Json]:
    """Every component and those inside it, in the order of reading."""
    found: list[Json] = []
    for component in components:
        inside = [*component.get("components", ())]
        inside += [component[key] for key in ("accessory", "component") if key in component]
        found += [component, *every_component(inside)]
    return found

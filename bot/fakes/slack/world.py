"""The workspace: who is there, what stands in its channels, and what the bot did wrong."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.clock import Clock
from bot.fakes.slack.markup import pings, unescaped

Json = dict[str, Any]

SCOPES = frozenset(
    {
        *("app_mentions:read", "assistant:write", "channels:history", "channels:join", "channels:read", "chat:write"),
        *("commands", "files:write", "groups:history", "groups:read", "im:history", "im:read", "im:write"),
        *("links:read", "links:write", "pins:read", "pins:write"),
        *("reactions:read", "reactions:write", "team:read", "users:read"),
    }
)


@dataclass(frozen=True)
class Person:
    id: str
    name: str
    admin: bool = False
    tz: str = "Europe/Zurich"


@dataclass
class Message:
    """One message as it stands. `typed`: what a person wrote before Slack escaped it."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    typed: str = ""
    bot_id: str | None = None
    thread_ts: str | None = None
    metadata: Json | None = None
    subtype: str | None = None
    edited_ts: str | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    attachments: list[Json] = field(default_factory=list)
    only_for: str | None = None  # an ephemeral message
    asked: bool = False  # it answered somebody who waited for it

    @property
    def ref(self) -> str:
        return f"{self.channel}/{self.ts}"

    @property
    def all_blocks(self) -> list[Json]:
        """Its blocks, and those of its attachments."""
        return self.blocks + [block for attachment in self.attachments for block in attachment.get("blocks", ())]

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass
class Channel:
    id: str
    name: str
    person: str | None = None  # the other side of a direct message
    private: bool = False
    archived: bool = False
    members: list[str] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    pins: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """As in an event's channel_type."""
        return "im" if self.person else "group" if self.private else "channel"


class World:
    """State only; it knows nothing of sockets. `tell` is called with every event that Slack would send."""

    bot_user = "U0HOMEROOM"
    bot_id = "B0HOMEROOM"
    app_id = "A0HOMEROOM"
    bot_token = "xoxb-fake-bot"  # noqa: S105 - a fake has no secrets
    app_token = "xapp-1-fake-app"  # noqa: S105

    def __init__(self, clock: Clock, team: str, first_number: int = 0) -> None:
        """first_number: where the numbers in its ids begin, so that no other workspace has the same."""
        self.clock = clock
        self.team = team
        self.enterprise: str | None = None
        self.edit_window: float | None = None  # seconds for which messages may be edited
        self.org_wide = False  # the app is installed for the whole organisation
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.ephemerals: list[Message] = []
        self.homes: dict[str, Json] = {}
        self.groups: dict[str, str] = {}  # a user group's id → its name
        self.prompts: dict[str, list[Json]] = {}  # a direct message → what the Messages tab suggests there
        self.statuses: dict[tuple[str, str], str] = {}  # (channel, thread) → what the app says it is doing
        self.unfurl_domains: set[str] = set()
        self.shared: dict[str, Message] = {}  # unfurl_id → the message with the links
        self.files: dict[str, Any] = {}  # by id, see `files`
        self.files_rest = 0  # how often a block with a new file is refused before Slack has looked at it
        self.unsupported: set[str] = set()  # kinds of blocks that this workspace does not take
        self.scopes = sorted(SCOPES)
        self.token_error: str | None = None
        self.refused: list[str] = []
        self.throttled: list[str] = []
        self.hurried: list[str] = []
        self.pinged: list[str] = []
        self.unescaped: list[str] = []
        self.tell: Callable[[Json], None] = lambda event: None
        self._numbers = itertools.count(first_number + 1)
        self._last_ts = 0

    def new_id(self, letter: str) -> str:
        return f"{letter}{next(self._numbers):08d}"

    def new_ts(self) -> str:
        """Microseconds of the clock in Slack's form; each one later than the last."""
        self._last_ts = max(self._last_ts + 100, int(self.clock().timestamp() * 1_000_000))
        return to_ts(self._last_ts)

    def add_channel(self, name: str, private: bool = False) -> Channel:
        channel = Channel(self.new_id("C"), name, private=private, members=[self.bot_user, *self.people])
        self.channels[channel.id] = channel
        return channel

    def open_dm(self, person: str) -> Channel:
        for channel in self.channels.values():
            if channel.person == person:
                return channel
        channel = Channel(self.new_id("D"), "directmessage", person=person, members=[self.bot_user, person])
        self.channels[channel.id] = channel
        return channel

    def add_person(self, name: str, manages: bool) -> Person:
        person = Person(self.new_id("U"), name, manages)
        self.people[person.id] = person
        for channel in self.channels.values():
            if not channel.person:
                channel.members.append(person.id)
        return person

    def find_message(self, ref: str) -> Message:
        """The message "channel/ts". Raises KeyError when it does not stand."""
        channel, _, ts = ref.partition("/")
        return self.channels[channel].messages[ts]

    def thread(self, channel: Channel, root: str) -> Iterator[Message]:
        """The root and its replies, oldest first."""
        return (message for message in channel.messages.values() if root in (message.ts, message.thread_ts))

    def watch_words(self, message: Message) -> None:
        """Note whom a message of the bot's wakes, and what it forgot to escape."""
        self.pinged += pings(message.text, message.all_blocks)
        self.unescaped += unescaped(message.text, message.all_blocks)


def to_ts(microseconds: int) -> str:
    return f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06d}"


def to_moment(ts: str) -> datetime:
    seconds, _, fraction = ts.partition(".")
    return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(fraction))


def to_json(message: Message, world: World, with_metadata: bool = False) -> Json:
    """The message as the Web API and events carry it."""
    body: Json = {"type": "message", "ts": message.ts, "user": message.user, "text": message.text, "team": world.team}
    optional = {
        "subtype": message.subtype,
        "blocks": message.blocks or None,
        "attachments": message.attachments or None,
        "thread_ts": message.thread_ts,
        "bot_id": message.bot_id,
        "app_id": world.app_id if message.bot_id == world.bot_id else None,
        "edited": {"user": message.user, "ts": message.edited_ts} if message.edited_ts else None,
        "metadata": message.metadata if with_metadata else None,
        "reactions": [{"name": n, "users": u, "count": len(u)} for n, u in message.reactions.items() if u] or None,
    }
    body |= {name: value for name, value in optional.items() if value is not None}
    return body | _thread_summary(message, world)


def _thread_summary(message: Message, world: World) -> Json:
    if message.is_reply:
        root = world.channels[message.channel].messages.get(message.thread_ts or "")
        return {"parent_user_id": root.user} if root else {}
    replies = [m for m in world.thread(world.channels[message.channel], message.ts) if m.is_reply]
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "reply_users": users[:5],
        "latest_reply": replies[-1].ts,
    }

"""What a person's click hands to the bot: triggers, response URLs, views; and who waits for an answer."""

import asyncio
import secrets
from dataclasses import dataclass, field

from bot.clock import monotonic
from bot.fakes.slack.limits import RESPONSE_URL_USES
from bot.fakes.slack.timing import Timing
from bot.fakes.slack.world import Json, Message


@dataclass
class Watch:
    """One person who has done something and looks at the screen.

    `threads`: where an ephemeral message counts as the answer; None is the channel itself. A watch without a channel
    takes an answer anywhere. `public`: what the bot says aloud in that place is an answer too.
    """

    person: str
    channel: str | None
    threads: frozenset[str | None] = frozenset({None})
    public: bool = False
    parts: list[Message] = field(default_factory=list)
    view: Json | None = None
    home: Json | None = None
    errors: Json = field(default_factory=dict)
    taken_away: bool = False  # the answer was that the message is gone
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def answered(self) -> bool:
        return bool(self.parts or self.view or self.home or self.errors or self.taken_away)

    def show(self, message: Message) -> None:
        if message not in self.parts:
            self.parts.append(message)
        self.changed.set()

    def show_view(self, view: Json) -> None:
        self.view = view
        self.changed.set()

    def show_home(self, home: Json) -> None:
        self.home = home
        self.changed.set()


@dataclass
class Trigger:
    watch: Watch
    made: float
    used: bool = False


@dataclass
class ResponseUrl:
    """`source`: the message whose button was pressed, which replace_original and delete_original mean."""

    watch: Watch
    channel: str
    source: Message | None
    made: float
    left: int = RESPONSE_URL_USES


@dataclass
class View:
    """A modal in front of one person; `body` is as Slack stores it."""

    body: Json
    person: str
    watch: Watch
    open: bool = True


class Desk:
    """State only. Times are real ones: see Timing."""

    def __init__(self, timing: Timing) -> None:
        self.timing = timing
        self.watches: list[Watch] = []
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.views: dict[str, View] = {}
        self.url = ""  # the fake's own address, once it listens

    def find_watch(self, person: str, channel: str, thread: str | None) -> Watch | None:
        """The person's latest watch for which something shown to them here is the answer."""
        for watch in reversed(self.watches):
            here = watch.channel is None or (watch.channel == channel and thread in watch.threads)
            if watch.person == person and here:
                return watch
        return None

    def latest_watch(self, person: str) -> Watch | None:
        """What the person did last, of all that they still wait for."""
        return next((watch for watch in reversed(self.watches) if watch.person == person), None)

    def find_public_watch(self, channel: str, thread: str | None) -> Watch | None:
        """Somebody's latest watch for which something said aloud here is the answer."""
        for watch in reversed(self.watches):
            if watch.public and watch.channel == channel and thread in watch.threads:
                return watch
        return None

    def new_trigger(self, watch: Watch) -> str:
        trigger = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self.triggers[trigger] = Trigger(watch, monotonic())
        return trigger

    def new_response_url(self, watch: Watch, channel: str, source: Message | None = None) -> str:
        token = secrets.token_urlsafe(18)
        self.response_urls[token] = ResponseUrl(watch, channel, source, monotonic())
        return f"{self.url}response/{token}"

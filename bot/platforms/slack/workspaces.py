"""The workspaces that one platform speaks in, and the simplest of them: the one that a bot token belongs to."""

import asyncio
import logging
import random
import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace

from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.port import BadToken, Ears, Finding, PlatformError, Seat, Sharing, ThreadReading
from bot.clock import Clock
from bot.platforms.slack.agent import Conversations
from bot.platforms.slack.connection import Connection, Pool
from bot.platforms.slack.events import Identity, is_direct
from bot.platforms.slack.examine import BOT_TOKEN_CURE
from bot.platforms.slack.failures import attempt
from bot.platforms.slack.gate import Gate
from bot.platforms.slack.hearing import Hearing, Room
from bot.platforms.slack.installs import Installs
from bot.platforms.slack.naming import named, named_reply, parted

log = logging.getLogger(__name__)

INSTALL_PATH = "/slack/install"

_LINKED = re.compile(r"[A-Z0-9]+(?:/[0-9]+\.[0-9]+)?")


@dataclass(frozen=True)
class App:
    """A Slack app that several workspaces install. public_url: where our web is reached, without a slash at its end."""

    client_id: str
    client_secret: str = field(repr=False)
    public_url: str
    installs: Installs

    @property
    def cure(self) -> str:
        """What somebody does where the app is not installed any more."""
        return f"install the app again: {self.public_url}{INSTALL_PATH}"


@dataclass(frozen=True)
class Ways:
    """How Slack is reached, whatever the workspace. pace: seconds between two messages in a channel."""

    api_url: str | None
    pool: Pool
    sharing: Sharing | None
    pace: float
    clock: Clock


class Workspace:
    """One workspace, or one organisation with the app for all of it: its token, its pace, who we are there.

    id: "" for the only one. Its references carry no name then.
    """

    def __init__(self, connection: Connection, gate: Gate, id: str = "", us: Identity | None = None) -> None:
        self.slack, self.gate, self.id, self.us = connection, gate, id, us
        self.url = ""  # where browsers find it, once Slack has said so
        self.conversations = Conversations()

    def ref(self, bare: str) -> str:
        """A reference as others know it."""
        return named(self.id, bare) if self.id else bare

    def bare(self, ref: str) -> str:
        """A reference as Slack knows it."""
        return parted(ref)[1] if self.id else ref

    def named(self, read: ThreadReading) -> ThreadReading:
        """A thread as others know it."""
        return replace(read, replies=tuple(named_reply(self.id, each) for each in read.replies)) if self.id else read

    async def identity(self) -> Identity:
        """Who we are; asked once. Raises PlatformError."""
        return self.us or await self.ask_identity()

    def link(self, bare: str) -> str | None:
        """The address of a message, or of a channel; None as long as Slack has not said where it is found, and for what
        stands between one person and us."""
        channel, slash, ts = bare.partition("/")
        if not self.url or is_direct(channel) or not _LINKED.fullmatch(bare):
            return None
        of_message = f"/p{ts.replace('.', '')}" if slash else ""
        return f"{self.url.rstrip('/')}/archives/{channel}{of_message}"

    async def ask_identity(self) -> Identity:
        answer = await attempt(self.slack.again.auth_test())
        self.url = str(answer.get("url") or "")
        self.us = Identity(answer["user_id"], answer.get("bot_id") or "", answer["team_id"])
        self.gate.team = self.us.team
        return self.us


class Only:
    """The one workspace of a bot token. Its references carry no name."""

    def __init__(self, token: str, ways: Ways) -> None:
        gate = Gate(ways.sharing, ways.pace)
        self._workspace = Workspace(Connection(token, ways.api_url, gate, ways.pool), gate)

    @property
    def app_level(self) -> Connection:
        """For calls that go by the app-level token."""
        return self._workspace.slack

    async def place(self, ref: str) -> tuple[Workspace, str]:
        """Whose the reference is, and what it is there."""
        return self._workspace, ref

    async def find(self, workspace: str) -> Workspace:
        """By its id: there is but one."""
        return self._workspace

    def link(self, ref: str) -> str | None:
        """The address of a message or a channel, as far as it is known."""
        return self._workspace.link(ref)

    async def sign_in(self) -> None:
        """Find out who we are; tries again as long as Slack cannot be reached. Raises BadToken."""
        self._workspace.gate.trust()
        tries = 0
        while True:
            try:
                await self._workspace.ask_identity()
                return
            except PlatformError as error:
                if error.permanent:
                    raise BadToken(f"Slack refuses SLACK_BOT_TOKEN ({error.detail}). {BOT_TOKEN_CURE}") from error
                log.warning("slack sign_in=failed reason=%s", error)
                await asyncio.sleep(error.retry_after or random.uniform(0.5, 1) * min(0.2 * 2**tries, 30))
                tries = min(tries + 1, 16)

    async def hear(self, ears: Ears, open_room: "OpenRoom") -> Hearing:
        """Its listeners."""
        return open_room(self._workspace, await self._workspace.identity(), ears)

    async def examine(self, seats: Collection[Seat], look: "Look") -> tuple[Finding, ...]:
        """What `homeroom doctor` finds there."""
        return await look(self._workspace.slack.again, seats)


OpenRoom = Callable[[Workspace, Identity, Ears], Room]
"""Makes a workspace's listeners, given who we are there."""

Look = Callable[[AsyncWebClient, Collection[Seat]], Awaitable[tuple[Finding, ...]]]
"""Examines the channels of one workspace."""

"""Slack as a platform: Socket Mode, or HTTP when there is no app-level token."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from contextlib import nullcontext
from datetime import datetime

from aiohttp import web as aioweb
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.inbound import Person
from bot.chat.port import (
    BadToken,
    Body,
    Capability,
    Copy,
    Ears,
    Finding,
    Mark,
    PlatformError,
    Ready,
    Reason,
    Seat,
    Sharing,
    ThreadReading,
    Topic,
)
from bot.chat.post import Post
from bot.clock import Clock, system_clock
from bot.platforms.slack import messages
from bot.platforms.slack.answering import TIMELY, Answering
from bot.platforms.slack.connection import Pool
from bot.platforms.slack.events import Identity, is_direct
from bot.platforms.slack.examine import APP_TOKEN_CURE, examine
from bot.platforms.slack.failures import attempt, held_scopes
from bot.platforms.slack.hearing import Hearing, Room
from bot.platforms.slack.http import PATH, answer_request, serving
from bot.platforms.slack.people import People
from bot.platforms.slack.probe import probe
from bot.platforms.slack.reconcile import find_posted, read_thread, to_place
from bot.platforms.slack.render import render
from bot.platforms.slack.replays import Replays
from bot.platforms.slack.saying import Mouth, Place, tell
from bot.platforms.slack.several import Several
from bot.platforms.slack.socket import listen
from bot.platforms.slack.wiring import build_app
from bot.platforms.slack.workspaces import App, Only, Ways, Workspace

log = logging.getLogger(__name__)


class SlackPlatform:
    """See `bot.chat.port.Platform`. One workspace, the one that the bot token belongs to; or all in which an `App` is
    installed, whose references then begin with the workspace's id."""

    name = "slack"
    capabilities = frozenset({Capability.QUIET_NOTES})
    settles_in = 60.0  # Slack has no idempotency key: a late call must have shown before a second one

    def __init__(
        self,
        bot_token: str | App,
        app_token: str | None,
        signing_secret: str | None = None,
        api_url: str | None = None,
        http_host: str | None = None,
        http_port: int | None = None,
        clock: Clock = system_clock,
        pace: float = 1.0,
        timely: float = TIMELY,
        sharing: Sharing | None = None,
        reader_url: str | None = None,
        replays: Replays | None = None,
    ) -> None:
        """With an `app_token` Socket Mode, else HTTP with `signing_secret`: on `http_host` and `http_port` when they
        are given, else wherever `routes()` are mounted. pace: seconds between two posts in a channel, 0 for none.
        clock: what the age of a signed request is measured with. sharing: with it, all processes that share it keep
        the pace and heed a Retry-After together. reader_url: the address of our reader, links to which are shown as
        cards. replays: which signed requests have been heard; without it this process remembers its own."""
        self._app_token, self._secret = app_token, signing_secret
        self._http = (http_host, http_port)
        self._clock, self._timely = clock, timely
        self._reader_url, self._replays = reader_url, replays or Replays()
        self._shares, self._pool = sharing is not None, Pool()
        ways = Ways(api_url, self._pool, sharing, pace, clock)
        self._workspaces = Several(bot_token, ways) if isinstance(bot_token, App) else Only(bot_token, ways)
        self._hearing: Hearing | None = None

    def render(self, post: Post, key: str | None) -> tuple[Body, ...]:
        return render(post, key)

    async def post(self, channel: str, body: Body, topic: Topic | None = None) -> str:
        at, channel = await self._workspaces.place(channel)
        if self._shares:
            await at.identity()  # turns are taken in the workspace's name
        answer = await attempt(at.slack.once.api_call("chat.postMessage", json={**body, "channel": channel}))
        return at.ref(f"{answer.get('channel') or channel}/{answer['ts']}")

    def place_after(self, channel: str, first: str) -> str:
        return channel

    def link(self, message: str, workspace: str = "") -> str | None:
        return self._workspaces.link(message)

    async def edit(self, message: str, body: Body) -> None:
        at, message = await self._workspaces.place(message)
        await messages.edit(at.slack.again, *to_place(message), body)

    async def say(self, thread: str, post: Post, once: str) -> None:
        at, thread = await self._workspaces.place(thread)
        us, now = await at.identity(), self._clock()
        await messages.say(at.slack.once, at.slack.again, us, *to_place(thread), post, once, now)

    async def pin(self, message: str) -> None:
        at, message = await self._workspaces.place(message)
        await messages.pin(at.slack.again, *to_place(message))

    async def unpin(self, message: str) -> None:
        at, message = await self._workspaces.place(message)
        await messages.unpin(at.slack.again, *to_place(message))

    async def open_thread(self, message: str, title: str) -> str:
        """A Slack thread begins with its first reply: nothing is sent."""
        return message

    async def find_posted(self, channel: str, keys: Collection[str], since: datetime) -> Mapping[str, tuple[Copy, ...]]:
        at, channel = await self._workspaces.place(channel)
        found = await find_posted(at.slack.again, await at.identity(), channel, keys, since)
        return {
            key: tuple(Copy(at.ref(each.message), each.replies) for each in copies) for key, copies in found.items()
        }

    async def remove(self, message: str) -> None:
        """The root of a thread with replies leaves "This message was deleted." above them."""
        at, message = await self._workspaces.place(message)
        await messages.remove(at.slack.again, *to_place(message))

    async def probe(self, channel: str) -> None:
        """See `probe.probe`. After a refused token it alone asks Slack again, and a good answer ends the refusal."""
        at, channel = await self._workspaces.place(channel)
        answer = await attempt(at.slack.looking.auth_test())
        at.gate.trust()
        at.url = str(answer.get("url") or "")
        await probe(at.slack.again, held_scopes(answer), channel)

    async def read_thread(self, thread: str) -> ThreadReading:
        at, thread = await self._workspaces.place(thread)
        read = await read_thread(at.slack.again, await at.identity(), thread)
        return at.named(read)

    async def acknowledge(self, message: str, mark: Mark) -> None:
        at, message = await self._workspaces.place(message)
        await messages.react(at.slack.again, *to_place(message), mark)

    async def note(self, workspace: str, person: Person, thread: str | None, post: Post) -> bool:
        at = await self._workspaces.find(workspace)
        channel, ts = to_place(at.bare(thread)) if thread else (None, None)
        if thread and channel and is_direct(channel):
            ts = at.conversations.root(at.bare(thread))
        await tell(at.slack.once, Place(workspace, person.ref, channel, ts), render(post, None))
        return True

    async def examine(self, seats: Collection[Seat]) -> tuple[Finding, ...]:
        async def look(web: AsyncWebClient, here: Collection[Seat]) -> tuple[Finding, ...]:
            return await examine(web, self._app_token, self._secret, here, self._clock)

        running = self._pool.is_open
        try:
            return await self._workspaces.examine(seats, look)
        finally:
            if not running:
                await self.close()

    async def run(self, ears: Ears, ready: Ready) -> None:
        if not self._app_token and not self._secret:
            raise BadToken(
                f"Slack cannot be heard: set SLACK_SIGNING_SECRET for HTTP mode, or better: {APP_TOKEN_CURE}"
            )
        hearing: Hearing | None = None
        try:
            await self._workspaces.sign_in()
            self._hearing = hearing = await self._workspaces.hear(ears, self._room)
            await (self._listen(hearing, ears, ready) if self._app_token else self._serve(ready))
        finally:
            self._hearing = None
            if hearing is not None:
                await hearing.close()
            await self.close()

    async def speak(self, ready: Ready) -> None:
        """As `run`, without listening: neither a socket nor an address is opened."""
        try:
            await self._workspaces.sign_in()
            ready()
            await asyncio.Event().wait()
        finally:
            await self.close()

    async def handle(self, request: aioweb.Request) -> aioweb.Response:
        """The handler of POST /slack/events; it answers 503 while `run` does not run."""
        return await answer_request(request, self._hearing, self._secret or "", self._clock, self._replays)

    def routes(self) -> list[aioweb.RouteDef]:
        """What HTTP mode needs mounted; nothing in Socket Mode."""
        return [] if self._app_token else [aioweb.post(PATH, self.handle)]

    async def close(self) -> None:
        """Close the connections; the next call opens new ones. `run` does it by itself."""
        await self._pool.close()

    def _room(self, at: Workspace, us: Identity, ears: Ears) -> Room:
        """What hears one workspace."""
        people = People(at.slack.again)
        mouth = Mouth(at.slack.once, at.slack.session, at.slack.proxy)
        answering = Answering(ears, mouth, people, us, self._timely)
        app = build_app(at.slack.again, us, ears, people, answering, at.conversations, self._reader_url)
        return Room(app, answering)

    async def _listen(self, hearing: Hearing, ears: Ears, ready: Ready) -> None:
        connected = 0

        def greeted(gap: bool) -> None:
            nonlocal connected
            connected += 1
            log.info("slack socket=open connection=%d gap=%s", connected, gap)
            if connected == 1:
                ready()
            elif gap:
                ears.missed()

        await listen(hearing, self._pool.session, self._open_socket, greeted, self._workspaces.app_level.proxy)

    async def _serve(self, ready: Ready) -> None:
        host, port = self._http
        async with serving(self.routes(), host, port) if host is not None and port is not None else nullcontext():
            ready()
            await asyncio.Event().wait()

    async def _open_socket(self) -> str:
        try:
            opened = await attempt(
                self._workspaces.app_level.again.apps_connections_open(app_token=self._app_token or "")
            )
            return str(opened["url"])
        except PlatformError as error:
            if error.reason is Reason.TOKEN_REVOKED or error.detail in ("not_allowed_token_type", "missing_scope"):
                raise BadToken(f"Slack refuses SLACK_APP_TOKEN ({error.detail}). {APP_TOKEN_CURE}") from error
            raise

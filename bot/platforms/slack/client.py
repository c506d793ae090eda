"""Slack as a platform: Socket Mode, or HTTP when there is no app-level token."""

import asyncio
import logging
import random
from collections.abc import Collection, Mapping
from contextlib import nullcontext
from datetime import datetime

from aiohttp import web as aioweb
from slack_bolt.app.async_app import AsyncApp

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
    Sharing,
    ThreadReading,
    Topic,
)
from bot.chat.post import Post
from bot.clock import Clock, system_clock
from bot.platforms.slack.answering import TIMELY, Answering
from bot.platforms.slack.connection import Connection
from bot.platforms.slack.events import Identity
from bot.platforms.slack.examine import APP_TOKEN_CURE, BOT_TOKEN_CURE, examine
from bot.platforms.slack.failures import attempt, held_scopes
from bot.platforms.slack.gate import Gate
from bot.platforms.slack.http import PATH, answer_request, serving
from bot.platforms.slack.people import People
from bot.platforms.slack.probe import probe
from bot.platforms.slack.reconcile import find_posted, read_thread, to_place
from bot.platforms.slack.render import render
from bot.platforms.slack.saying import Mouth, Place, tell
from bot.platforms.slack.socket import listen
from bot.platforms.slack.wiring import build_app

log = logging.getLogger(__name__)

EMOJI = {Mark.KEPT: "white_check_mark", Mark.COMPLETE: "tada"}


class SlackPlatform:
    """See `bot.chat.port.Platform`. One workspace: the one that the bot token belongs to."""

    name = "slack"
    capabilities = frozenset({Capability.QUIET_NOTES})
    settles_in = 60.0  # Slack has no idempotency key: a late call must have shown before a second one

    def __init__(
        self,
        bot_token: str,
        app_token: str | None,
        signing_secret: str | None = None,
        api_url: str | None = None,
        http_host: str | None = None,
        http_port: int | None = None,
        clock: Clock = system_clock,
        pace: float = 1.0,
        timely: float = TIMELY,
        sharing: Sharing | None = None,
    ) -> None:
        """With an `app_token` Socket Mode, else HTTP with `signing_secret`: on `http_host` and `http_port` when they
        are given, else wherever `routes()` are mounted. pace: seconds between two posts in a channel, 0 for none.
        clock: what the age of a signed request is measured with. sharing: with it, all processes that share it keep
        the pace and heed a Retry-After together."""
        self._app_token, self._secret = app_token, signing_secret
        self._gate, self._shares = Gate(sharing, pace), sharing is not None
        self._slack = Connection(bot_token, api_url, self._gate)
        self._http = (http_host, http_port)
        self._clock, self._timely = clock, timely
        self._app: AsyncApp | None = None
        self._us: Identity | None = None

    def render(self, post: Post, key: str | None) -> tuple[Body, ...]:
        return render(post, key)

    async def post(self, channel: str, body: Body, topic: Topic | None = None) -> str:
        if self._shares:
            await self._identity()  # turns are taken in the workspace's name
        answer = await attempt(self._slack.once.api_call("chat.postMessage", json={**body, "channel": channel}))
        return f"{answer.get('channel') or channel}/{answer['ts']}"

    def place_after(self, channel: str, first: str) -> str:
        return channel

    async def edit(self, message: str, body: Body) -> None:
        channel, ts = to_place(message)
        await attempt(self._slack.again.api_call("chat.update", json={**body, "channel": channel, "ts": ts}))

    async def say(self, thread: str, post: Post, once: str) -> None:
        channel, ts = to_place(thread)
        for body in render(post, once):
            sent = {**body, "channel": channel, "thread_ts": ts}
            await attempt(self._slack.once.api_call("chat.postMessage", json=sent))

    async def pin(self, message: str) -> None:
        await self._pinned("pins.add", message, "already_pinned")

    async def unpin(self, message: str) -> None:
        await self._pinned("pins.remove", message, "no_pin", "message_not_found")

    async def open_thread(self, message: str, title: str) -> str:
        """A Slack thread begins with its first reply: nothing is sent."""
        return message

    async def find_posted(self, channel: str, keys: Collection[str], since: datetime) -> Mapping[str, tuple[Copy, ...]]:
        return await find_posted(self._slack.again, await self._identity(), channel, keys, since)

    async def remove(self, message: str) -> None:
        """The root of a thread with replies leaves "This message was deleted." above them."""
        channel, ts = to_place(message)
        try:
            await attempt(self._slack.again.chat_delete(channel=channel, ts=ts))
        except PlatformError as error:
            if error.detail != "message_not_found":
                raise

    async def probe(self, channel: str) -> None:
        """See `probe.probe`. After a refused token it alone asks Slack again, and a good answer ends the refusal."""
        answer = await attempt(self._slack.looking.auth_test())
        self._gate.trust()
        await probe(self._slack.again, held_scopes(answer), channel)

    async def read_thread(self, thread: str) -> ThreadReading:
        return await read_thread(self._slack.again, await self._identity(), thread)

    async def acknowledge(self, message: str, mark: Mark) -> None:
        channel, ts = to_place(message)
        try:
            await attempt(self._slack.again.reactions_add(channel=channel, timestamp=ts, name=EMOJI[mark]))
        except PlatformError as error:
            if error.detail != "already_reacted":
                raise

    async def note(self, workspace: str, person: Person, thread: str | None, post: Post) -> bool:
        channel, ts = to_place(thread) if thread else (None, None)
        await tell(self._slack.once, Place(workspace, person.ref, channel, ts), render(post, None))
        return True

    async def examine(self, channels: Collection[str]) -> tuple[Finding, ...]:
        running = self._slack.is_open
        try:
            return await examine(self._slack.again, self._app_token, self._secret, channels)
        finally:
            if not running:
                await self.close()

    async def run(self, ears: Ears, ready: Ready) -> None:
        if not self._app_token and not self._secret:
            raise BadToken(
                f"Slack cannot be heard: set SLACK_SIGNING_SECRET for HTTP mode, or better: {APP_TOKEN_CURE}"
            )
        answering: Answering | None = None
        try:
            us = await self._sign_in()
            people = People(self._slack.again)
            mouth = Mouth(self._slack.once, self._slack.session, self._slack.proxy)
            answering = Answering(ears, mouth, people, us, self._timely)
            self._app = build_app(self._slack.again, us, ears, people, answering)
            await (self._listen(self._app, ears, ready) if self._app_token else self._serve(ready))
        finally:
            self._app = None
            if answering is not None:
                await answering.close()
            await self.close()

    async def speak(self, ready: Ready) -> None:
        """As `run`, without listening: neither a socket nor an address is opened."""
        try:
            await self._sign_in()
            ready()
            await asyncio.Event().wait()
        finally:
            await self.close()

    async def handle(self, request: aioweb.Request) -> aioweb.Response:
        """The handler of POST /slack/events; it answers 503 while `run` does not run."""
        return await answer_request(request, self._app, self._secret or "", self._clock)

    def routes(self) -> list[aioweb.RouteDef]:
        """What HTTP mode needs mounted; nothing in Socket Mode."""
        return [] if self._app_token else [aioweb.post(PATH, self.handle)]

    async def close(self) -> None:
        """Close the connections; the next call opens new ones. `run` does it by itself."""
        await self._slack.close()

    async def _pinned(self, method: str, message: str, *well: str) -> None:
        """`well`: refusals which say that it is so already."""
        channel, ts = to_place(message)
        try:
            await attempt(self._slack.again.api_call(method, json={"channel": channel, "timestamp": ts}))
        except PlatformError as error:
            if error.detail not in well:
                raise

    async def _listen(self, app: AsyncApp, ears: Ears, ready: Ready) -> None:
        connected = 0

        def greeted(gap: bool) -> None:
            nonlocal connected
            connected += 1
            log.info("slack socket=open connection=%d gap=%s", connected, gap)
            if connected == 1:
                ready()
            elif gap:
                ears.missed()

        await listen(app, self._slack.session, self._open_socket, greeted, self._slack.proxy)

    async def _serve(self, ready: Ready) -> None:
        host, port = self._http
        async with serving(self.routes(), host, port) if host is not None and port is not None else nullcontext():
            ready()
            await asyncio.Event().wait()

    async def _sign_in(self) -> Identity:
        """Who we are; tries again as long as Slack cannot be reached. Raises BadToken."""
        self._gate.trust()
        tries = 0
        while True:
            try:
                return await self._ask_identity()
            except PlatformError as error:
                if error.permanent:
                    raise BadToken(f"Slack refuses SLACK_BOT_TOKEN ({error.detail}). {BOT_TOKEN_CURE}") from error
                log.warning("slack sign_in=failed reason=%s", error)
                await asyncio.sleep(error.retry_after or random.uniform(0.5, 1) * min(0.2 * 2**tries, 30))
                tries = min(tries + 1, 16)

    async def _identity(self) -> Identity:
        return self._us or await self._ask_identity()

    async def _ask_identity(self) -> Identity:
        answer = await attempt(self._slack.again.auth_test())
        self._us = Identity(answer["user_id"], answer.get("bot_id") or "", answer["team_id"])
        self._gate.team = self._us.team
        return self._us

    async def _open_socket(self) -> str:
        try:
            return str((await attempt(self._slack.again.apps_connections_open(app_token=self._app_token or "")))["url"])
        except PlatformError as error:
            if error.reason is Reason.TOKEN_REVOKED or error.detail in ("not_allowed_token_type", "missing_scope"):
                raise BadToken(f"Slack refuses SLACK_APP_TOKEN ({error.detail}). {APP_TOKEN_CURE}") from error
            raise

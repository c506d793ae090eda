"""FakeSlack: a workspace that listens on a loopback address, and everything that may go wrong with it."""

from collections.abc import Collection
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

from bot.clock import Clock, system_clock
from bot.fakes.faults import FaultPlan
from bot.fakes.slack.acting import Room
from bot.fakes.slack.delivery import Delivery
from bot.fakes.slack.desk import Desk
from bot.fakes.slack.events import message_event, to_callback
from bot.fakes.slack.grants import Grants
from bot.fakes.slack.http_events import Answer, HttpTarget
from bot.fakes.slack.server import Api, to_app
from bot.fakes.slack.socket import Ack, SocketHub, Trial
from bot.fakes.slack.stage import SlackStage
from bot.fakes.slack.timing import PostRate, Timing
from bot.fakes.slack.world import Json, Message, World

USUAL_RATE = PostRate()


class FakeSlack(SlackStage):
    """`async with FakeSlack() as fake`: then a bot with `fake.api_url` and the tokens works as against Slack.

    clock: the workspace's time, which is in every ts. port: 0 takes a free one. rate: limit of chat.postMessage in
    real time, None for none. broken_as: what ERROR faults look like, in turn: "503", "fatal_error", "internal_error".
    commands: the slash commands of the app's manifest ("/today"); None: every one that Slack does not keep for itself.
    """

    def __init__(
        self,
        clock: Clock = system_clock,
        plan: FaultPlan | None = None,
        *,
        port: int = 0,
        rate: PostRate | None = USUAL_RATE,
        timing: Timing | None = None,
        broken_as: tuple[str, ...] = ("503", "fatal_error"),
        commands: Collection[str] | None = None,
        team: str = "T0HOMEROOM",
    ) -> None:
        timing = timing or Timing()
        world = World(clock, team)
        self._hub = SocketHub(world.app_id, timing)
        self._delivery = Delivery(world, self._hub, timing)
        world.tell = self._delivery.tell
        super().__init__(Room(world, Desk(timing), self._delivery), commands)
        self.plan = plan or FaultPlan()
        self.signing_secret = "fake-signing-secret"  # noqa: S105 - a fake has no secrets
        self._api = Api(world, self._room.desk, self._delivery, self.plan, rate, broken_as)
        self._port, self._timing, self._commands = port, timing, commands
        self._deliveries = [self._delivery]
        self._api.grants.allows = ([world], False)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        self._runner = web.AppRunner(to_app(self._api), access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self._room.desk.url = f"http://127.0.0.1:{self._port}/"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for delivery in self._deliveries:
            await delivery.close()
        await self._hub.close()
        await self._session.close()
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"{self._room.desk.url}api/"

    @property
    def bot_token(self) -> str:
        return self.world.bot_token

    @property
    def app_token(self) -> str:
        return self.world.app_token

    @property
    def http_target(self) -> str | None:
        """Where events, commands and interactions are posted, signed; None: they go over the sockets."""
        return self._delivery.target.url if self._delivery.target else None

    @http_target.setter
    def http_target(self, url: str | None) -> None:
        target = HttpTarget(url, self.signing_secret, self._session, self._timing) if url else None
        for delivery in self._deliveries:
            delivery.target = target

    @property
    def calls(self) -> tuple[tuple[str, Json], ...]:
        """Every Web API call that was carried out: (method, arguments)."""
        return tuple(self._api.calls)

    @property
    def throttled(self) -> tuple[str, ...]:
        """The channel of every chat.postMessage that came too fast."""
        return tuple(self.world.throttled)

    @property
    def hurried(self) -> tuple[str, ...]:
        """The method of every call that came before the Retry-After was over that the last 429 had told."""
        return tuple(self.world.hurried)

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Every attempt to have something acknowledged, with the socket that it went to."""
        return tuple(self._delivery.trials)

    @property
    def acknowledged(self) -> tuple[Ack, ...]:
        return tuple(self._delivery.acknowledged)

    @property
    def sent(self) -> tuple[Json, ...]:
        """Every event as it was sent, to be sent again with `send_event`."""
        return tuple(self._delivery.sent)

    @property
    def lost(self) -> tuple[Json, ...]:
        """Events that the bot never acknowledged."""
        return tuple(self._delivery.lost)

    @property
    def sockets(self) -> int:
        return len(self._hub.sockets)

    async def settle(self, seconds: float = 5.0) -> None:
        """Wait until every event so far is acknowledged or given up; raises TimeoutError."""
        for delivery in self._deliveries:
            await delivery.settle(seconds)

    async def connected(self, sockets: int = 1, seconds: float = 5.0) -> None:
        """Wait until the bot has this many sockets; raises TimeoutError."""
        await self._hub.wait_for(sockets, seconds)

    def send_event(self, raw: Json) -> None:
        """Send one of `sent` again as it was, or a bare event ("type": "message", …) with a new event_id."""
        self._delivery.send_callback(raw if "event" in raw else to_callback(raw, self.world))

    def deafen(self, deaf: bool = True) -> None:
        """From here on nothing reaches the bot (or again everything does): what happens meanwhile is lost to it."""
        self._delivery.deaf = deaf

    async def disconnect_sockets(self, reason: str = "refresh_requested", most: int | None = None) -> None:
        """Say goodbye to every socket, or the `most` oldest: "warning", "refresh_requested", "too_many_websockets",
        "link_disabled". A warned socket is used on until it ends, `timing.grace` later."""
        self._api.link_disabled = reason == "link_disabled"
        await self._hub.disconnect(reason, most)

    def cut_sockets(self, most: int | None = None) -> None:
        """End every socket, or the `most` oldest, without a word."""
        self._hub.cut(most)

    @property
    def grants(self) -> Grants:
        """Who has installed the app, by OAuth; nobody needs to, who goes by `bot_token`."""
        return self._api.grants

    def add_workspace(self, team: str, enterprise: str | None = None) -> SlackStage:
        """Another workspace that may install the app, perhaps of an organisation. Its ids are its own."""
        world = World(self.world.clock, team, 1_000_000 * len(self._deliveries))
        world.bot_user, world.bot_id = f"U0{team}", f"B0{team}"
        world.enterprise = enterprise
        delivery = Delivery(world, self._hub, self._timing)
        delivery.target = self._delivery.target
        world.tell = delivery.tell
        desk = Desk(self._timing)
        desk.url = self._room.desk.url
        self._deliveries.append(delivery)
        self._api.others.append((world, desk))
        return SlackStage(Room(world, desk, delivery), self._commands)

    def asks(self, *stages: SlackStage, org_wide: bool = False) -> None:
        """Whom Slack's page asks next to allow the app: one workspace, or all of these as an organisation."""
        self._api.grants.allows = ([stage.world for stage in stages], org_wide)
        for stage in stages:
            stage.world.org_wide = org_wide

    def remove_app(self, *events: str, stage: SlackStage | None = None) -> None:
        """Somebody removes the app from a workspace, and Slack says so by these events, in this order."""
        world = (stage or self).world
        for grant in self._api.grants.of(world):
            grant.error = "account_inactive"
        for event in events:
            told: Json = {"type": event, "event_ts": world.new_ts()}
            more = {"tokens": {"oauth": [], "bot": [world.bot_user]}} if event == "tokens_revoked" else {}
            world.tell(told | more)

    def throttle(self, method: str, seconds: float, stage: SlackStage | None = None) -> None:
        """From now on the method answers 429 for so long, with the seconds that are left as Retry-After; to one
        workspace among several, or to a bot with one token."""
        self._api.close_method(f"{stage.world.team} {method}" if stage else method, seconds)

    def revoke_token(self, error: str = "token_revoked") -> None:
        """From here on the bot token is refused with this error ("invalid_auth", "account_inactive", …)."""
        told = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [self.world.bot_user]}}
        self.world.token_error = error
        self.world.tell(told | {"event_ts": self.world.new_ts()})

    def uninstall(self) -> None:
        """Somebody removes the app from the workspace."""
        self.world.token_error = "account_inactive"  # noqa: S105 - an error code
        self.world.tell({"type": "app_uninstalled", "event_ts": self.world.new_ts()})

    def restore_token(self) -> None:
        self.world.token_error = None

    def archive_channel(self, channel: str) -> None:
        self.world.channels[channel].archived = True
        somebody = next(iter(self.world.people), "USLACKBOT")
        told = {"type": "channel_archive", "channel": channel, "user": somebody, "event_ts": self.world.new_ts()}
        self.world.tell(told)

    def remove_bot(self, channel: str) -> None:
        self.world.channels[channel].members.remove(self.world.bot_user)

    def invite_bot(self, channel: str) -> None:
        self.world.channels[channel].members.append(self.world.bot_user)

    def take_scope(self, scope: str) -> None:
        self.world.scopes.remove(scope)

    def post_as_other_bot(self, channel: str, text: str, thread: str | None = None, **more: object) -> str:
        """Another app's message; `more` (a `metadata`, say) becomes part of it."""
        root = thread.partition("/")[2] if thread else None
        message = Message(channel, self.world.new_ts(), "U0OTHERBOT", text, bot_id="B0OTHERBOT", thread_ts=root)
        for name, value in more.items():
            setattr(message, name, value)
        self.world.channels[channel].messages[message.ts] = message
        self.world.tell(message_event(message, self.world))
        return message.ref

    async def send_http(self, body: str, content_type: str = "application/json", **headers: str) -> int:
        """The status that a signed request gets; headers such as `X_Slack_Signature="v0=0"` replace the right ones."""
        return (await self.http_answer(body, content_type, **headers)).status

    async def http_answer(self, body: str, content_type: str = "application/json", **headers: str) -> Answer:
        """As `send_http`, with everything that was answered. Raises RuntimeError without an `http_target`."""
        if self._delivery.target is None:
            raise RuntimeError("set http_target first")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._delivery.target.send(body, content_type, named)

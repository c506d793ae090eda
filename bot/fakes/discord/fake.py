"""The fake Discord: one object to start, to act on and to ask."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Self

from aiohttp import web

from bot.clock import Clock, system_clock
from bot.fakes.discord import changes, limits, oracle, people
from bot.fakes.discord.gateway import Gateway
from bot.fakes.discord.interactions import Interactions
from bot.fakes.discord.mishaps import Mishaps
from bot.fakes.discord.rates import Meter
from bot.fakes.discord.server import PREFIX, Rest
from bot.fakes.discord.sessions import Starts
from bot.fakes.discord.world import Answered, World
from bot.fakes.discord.writing import clear_reactions, react, remove_message, unreact
from bot.fakes.faults import FaultPlan, Kind
from bot.fakes.stage import OpenForm, Posted, Shown

TOKEN = "fake-discord-token"  # noqa: S105 - opens nothing but this fake


class FakeDiscord(Mishaps):
    """A Discord on loopback sockets (a Stage). `workspace` is its first guild; channels, threads and people are ids,
    messages "channel/id".

    rates: how often the bot may call. nonce_seconds: how long a nonce is remembered, on the fake's clock. deadline:
    real seconds until an interaction's first answer is due. message_content_intent, members_intent: the privileged
    intents that are switched on for the app; asking for another one closes the gateway with 4014. heartbeat: seconds.

    shards: how many the gateway recommends. max_concurrency: how many may identify in each `identify_seconds`, which
    are `limits.IDENTIFY_SECONDS` on Discord (0: a restarted bot need not wait). session_starts: sessions a day.
    """

    def __init__(
        self,
        clock: Clock = system_clock,
        plan: FaultPlan | None = None,
        *,
        port: int = 0,
        rates: limits.Rates | None = None,
        nonce_seconds: float = limits.NONCE_SECONDS,
        deadline: float = limits.ACKNOWLEDGE_SECONDS,
        message_content_intent: bool = True,
        members_intent: bool = False,
        heartbeat: float = 41.25,
        shards: int = 1,
        max_concurrency: int = 1,
        identify_seconds: float = 0.0,
        session_starts: int = limits.SESSION_STARTS,
    ) -> None:
        self.plan = plan or FaultPlan()
        self.token = TOKEN
        self._valid: str | None = TOKEN
        self._port = port
        self._runner: web.AppRunner | None = None
        self.world = World(clock)
        self.world.nonce_seconds = nonce_seconds
        self.world.message_content, self.world.members_intent = message_content_intent, members_intent
        self.interactions = Interactions(deadline)
        self.shards = shards
        self.meter, starts = (
            Meter(rates or limits.Rates()),
            Starts(clock, session_starts, max_concurrency, identify_seconds),
        )
        self.gateway = Gateway(self.world, lambda: self._valid, heartbeat, starts)
        self.gateway.reset_token = self.revoke_token
        self.rest = Rest(self.world, self.interactions, self.plan, self.meter, lambda: self._valid)
        self.rest.gateway_bot = lambda: {"shards": self.shards, "session_start_limit": starts.as_json()}
        self.world.emit = self.gateway.emit
        self.workspace = self.add_workspace("Homeroom test")

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen. Started again after `stop`, it is the same Discord on the same port: an outage that ended."""
        app = web.Application(client_max_size=30 * 1024 * 1024)
        app.router.add_get("/gateway", self._connect)
        app.router.add_get("/gateway/", self._connect)
        app.router.add_route("*", "/{path:.*}", self.rest.answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        self.gateway.url = self.rest.gateway_url = self.gateway_url

    async def stop(self) -> None:
        await self.rest.stop()
        await self.gateway.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self._port}{PREFIX}"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/gateway"

    # A Stage: places and people

    def add_channel(self, name: str, workspace: str | None = None) -> str:
        return changes.add_channel(self.world, int(workspace or self.workspace), name)

    def add_forum(
        self,
        name: str,
        tags: Collection[str] = (),
        *,
        moderated: Collection[str] = (),
        requires_tag: bool = False,
        media: bool = False,
    ) -> str:
        """A forum channel, or a media channel. moderated: tags that only those who manage threads may set."""
        forum = changes.Forum(name, tags, moderated, requires_tag, media)
        return changes.add_forum(self.world, int(self.workspace), forum)

    def open_forum_post(self, person: str, forum: str, title: str, text: str) -> str:
        """Somebody's post in a forum; its thread."""
        return people.open_forum_post(self.world, person, forum, title, text)

    def add_role(self, name: str, *permissions: str, mentionable: bool = False, workspace: str | None = None) -> str:
        """A role that people may be given. mentionable: anybody may mention it."""
        return changes.add_role(self.world, int(workspace or self.workspace), name, permissions, mentionable)

    def give_role(self, person: str, role: str) -> None:
        changes.give_role(self.world, person, role)

    def add_person(self, name: str, manages: bool = False, workspace: str | None = None) -> str:
        return changes.add_person(self.world, int(workspace or self.workspace), name, manages)

    def add_workspace(self, name: str) -> str:
        """A further guild with the bot in it."""
        return changes.add_guild(self.world, name)

    # A Stage: what happened

    def posts(self, channel: str) -> tuple[Posted, ...]:
        return oracle.posts(self.world, channel)

    def replies(self, thread: str) -> Mapping[str, str]:
        return oracle.replies(self.world, thread)

    def reactions(self, message: str) -> frozenset[str]:
        return oracle.reactions(self.world, message)

    def notes(self, person: str) -> tuple[str, ...]:
        return oracle.notes(self.world, person)

    def refusals(self) -> tuple[str, ...]:
        return tuple(self.world.journal.refusals)

    def pinged(self) -> tuple[str, ...]:
        """Whom the bot's public messages notified, like "channel/id @everyone"."""
        return tuple(self.world.journal.pings)

    def pins(self, channel: str) -> tuple[str, ...]:
        """The messages that are pinned in a channel, as they were sent."""
        return oracle.pins(self.world, channel)

    def calls(self, pattern: str = "*") -> tuple[Answered, ...]:
        """The bot's REST calls whose "METHOD /path" matches the pattern, in order; throttled and dropped ones are not
        among them."""
        return oracle.calls(self.world, pattern)

    def throttled(self) -> Counter[str]:
        """Calls that were answered with 429 because of a rate limit."""
        return self.world.journal.throttled

    # A Stage: what people do

    async def reply(self, person: str, thread: str, text: str, *, notifies: bool = True) -> str:
        return people.write(self.world, person, thread, text, notifies)

    async def edit(self, person: str, message: str, text: str) -> None:
        people.edit(self.world, person, message, text)

    async def delete(self, person: str, message: str) -> None:
        people.delete(self.world, person, message)

    async def command(self, person: str, channel: str, name: str, options: Mapping[str, str] | None = None) -> Shown:
        return await people.use_command(self.world, self.interactions, person, channel, name, options or {})

    async def press(self, person: str, where: str | Shown, label: str) -> Shown:
        return await people.press(self.world, self.interactions, person, where, label)

    async def submit(self, person: str, form: OpenForm, values: Mapping[str, str]) -> Shown:
        return await people.submit(self.world, self.interactions, person, form, values)

    async def suggest(
        self, person: str, channel: str, command: str, option: str, text: str
    ) -> tuple[tuple[str, str], ...]:
        return await people.suggest(self.world, self.interactions, person, channel, command, option, text)

    async def message_command(self, person: str, message: str, name: str) -> Shown:
        """A person picks an app command from a message's menu."""
        return await people.use_message_command(self.world, self.interactions, person, message, name)

    def dm_channel(self, person: str) -> str:
        """The channel in which this person and the bot write to each other: `reply` and `command` take it."""
        return str(self.world.dm_with(int(person)).id)

    async def react(self, person: str, message: str, emoji: str) -> None:
        react(self.world, people.find(self.world, message), int(person), emoji)

    async def unreact(self, person: str, message: str, emoji: str) -> None:
        unreact(self.world, people.find(self.world, message), int(person), emoji)

    def clear_reactions(self, message: str, emoji: str | None = None) -> None:
        """A moderator takes away everybody's, of one emoji or all."""
        clear_reactions(self.world, people.find(self.world, message), emoji)

    def identifies(self, shard: int | None = None) -> int:
        """How often a client opened a new session, of one shard or of any: Discord allows 1,000 a day."""
        return self.gateway.identifies if shard is None else self.gateway.identified[shard]

    def connected_shards(self) -> list[int]:
        """The shard of every session that has a socket now; one that two clients hear is there twice."""
        return self.gateway.shards()

    def busiest_second(self) -> int:
        """The most calls that were let pass in any second, over all routes."""
        return self.meter.busiest

    def invalid_requests(self) -> int:
        """Answers with 401, 403 or 429: Discord bans an address after 10,000 in ten minutes."""
        refused = sum(each.status in (401, 403) for each in self.world.journal.calls)
        return refused + self.throttled().total()

    # What others change

    def post_as_other_bot(self, channel: str, text: str) -> str:
        return changes.post_as_other_bot(self.world, channel, text)

    def remove(self, message: str) -> None:
        """A moderator deletes a message."""
        remove_message(self.world, people.find(self.world, message))

    def delete_channel(self, channel: str) -> None:
        """A channel with all its threads, or one thread."""
        changes.delete_channel(self.world, int(channel))

    def archive_thread(self, thread: str, locked: bool = False) -> None:
        changes.archive_thread(self.world, int(thread), locked)

    def take_permission(self, channel: str, name: str) -> None:
        """Deny the bot a permission in a channel and its threads, by Discord's or discord.py's name for it."""
        changes.set_permission(self.world, int(channel), name, allowed=False)

    def give_permission(self, channel: str, name: str) -> None:
        changes.set_permission(self.world, int(channel), name, allowed=True)

    def kick_bot(self, workspace: str | None = None) -> None:
        changes.kick_bot(self.world, int(workspace or self.workspace))

    def invite_bot(self, workspace: str | None = None) -> None:
        changes.invite_bot(self.world, int(workspace or self.workspace))

    def close_dms(self, person: str) -> None:
        """The person takes no direct messages any more."""
        self.world.users[int(person)].takes_dms = False

    def revoke_token(self) -> None:
        """The token is reset: REST answers 401 and the gateway closes with 4004, until `restore_token`."""
        self._valid = None
        self.gateway.refuse_all(4004)

    def restore_token(self) -> None:
        self._valid = self.token

    @property
    def message_content_intent(self) -> bool:
        """Whether the Message Content intent is switched on for the app."""
        return self.world.message_content

    @message_content_intent.setter
    def message_content_intent(self, on: bool) -> None:
        self.world.message_content = on

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        """A gateway connection, unless the plan has a fault for "CONNECT /gateway": then it is refused."""
        fault = self.plan.meet("CONNECT /gateway")
        if fault is None:
            return await self.gateway.connect(request)
        if fault.kind is Kind.DROP and request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)

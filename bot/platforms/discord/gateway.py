"""The gateway connection: discord.py keeps it alive and knows the guilds; messages and interactions reach us as Discord
sent them, without being built into objects and cached first."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket, ReconnectWebSocket
from discord.http import Route

Payload = Mapping[str, Any]

log = logging.getLogger(__name__)

HEARD = (
    "MESSAGE_CREATE",
    "MESSAGE_UPDATE",
    "MESSAGE_DELETE",
    "MESSAGE_DELETE_BULK",
    "MESSAGE_REACTION_ADD",
    "MESSAGE_REACTION_REMOVE",
    "MESSAGE_REACTION_REMOVE_ALL",
    "MESSAGE_REACTION_REMOVE_EMOJI",
    "INTERACTION_CREATE",
)
READY = "READY"

_OPEN_WITHIN = 60.0
_RESUME_PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Seconds before each try to resume. Discord keeps a session for a few minutes; after that a new one is cheaper."""

_API, _GATEWAY = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY


def point_at(api_url: str | None, gateway_url: str | None) -> None:
    """Where discord.py finds Discord, for this whole process; None is Discord itself."""
    Route.BASE = (api_url or _API).rstrip("/")
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url) if gateway_url else _GATEWAY


class SessionLost(Exception):
    """Discord does not resume the session: what happened since was not told, and a new one has to be opened."""


class Wire(discord.Client):
    """One session of one shard, and no second one: a new session is paid for first (see `identifying`), and a client
    that was refused at first cannot be used again (Rapptz/discord.py#10520). A plain client with a shard's number
    rather than an AutoShardedClient: that one opens a new session where it could have resumed, each time that a try to
    resume is refused.

    on_event is called with the event's name and payload, in order and without waiting: READY (a new session, after
    discord.py has taken it in; a resumed one has none) and those of HEARD. It must not raise.
    """

    def __init__(self, content: bool, on_event: Callable[[str, Payload], None], shard: int = 0, count: int = 1) -> None:
        _quiet()
        super().__init__(
            intents=_intents(content),
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            shard_id=shard,
            shard_count=count,
        )
        self.identified = self.welcomed = False
        parsers = self._connection.parsers
        take_ready = parsers[READY]

        def on_ready(payload: Any) -> None:
            take_ready(payload)
            self.welcomed = True
            on_event(READY, payload)

        parsers[READY] = on_ready
        for name in HEARD:
            parsers[name] = _handler(name, on_event)

    async def connect(self, *, reconnect: bool = True) -> None:
        """Open the session, and resume it as often as it takes. Raises SessionLost, discord.ConnectionClosed, or what
        the first connection raises."""
        self.ws = await self._open(initial=True, shard_id=self.shard_id)
        while True:
            try:
                await self.ws.poll_event()
            except ReconnectWebSocket as ended:
                if not ended.resume:
                    raise SessionLost from None
                await self._resume(self.ws)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        self.identified = True

    async def _resume(self, lost: DiscordWebSocket) -> None:
        for pause in _RESUME_PAUSES:
            await asyncio.sleep(random.uniform(pause / 2, pause))
            try:
                self.ws = await self._open(
                    resume=True,
                    shard_id=self.shard_id,
                    session=lost.session_id,
                    sequence=lost.sequence,
                    gateway=lost.gateway,
                )
            except (OSError, aiohttp.ClientError, TimeoutError, ReconnectWebSocket) as error:
                log.info("gateway=not_resumed shard=%s error=%s", self.shard_id, type(error).__name__)
            else:
                return
        raise SessionLost

    async def _open(self, **how: Any) -> DiscordWebSocket:
        return await asyncio.wait_for(DiscordWebSocket.from_client(self, **how), _OPEN_WITHIN)

    def is_thread(self, guild_id: str, channel_id: str) -> bool | None:
        """What the guilds that were sent to us say; None when they do not know the channel."""
        guild = self.get_guild(int(guild_id))
        if guild is None:
            return None
        if guild.get_thread(int(channel_id)) is not None:
            return True
        return None if guild.get_channel(int(channel_id)) is None else False

    def kind_of(self, channel_id: str) -> int | None:
        """What kind of channel the guilds that were sent to us hold, by Discord's number; None when they do not."""
        channel = self._find(channel_id)
        return None if channel is None else int(channel.type.value)

    def guild_of(self, channel_id: str) -> str | None:
        """Which of the guilds that were sent to us holds a channel; a thread that has been archived is in none."""
        channel = self._find(channel_id)
        return None if channel is None else str(channel.guild.id)

    def is_gone(self, channel_id: str) -> bool:
        """True when we are surely in no guild that has the channel; False as long as a guild is still to come."""
        known = self.welcomed and not any(guild.unavailable for guild in self.guilds)
        return known and channel_id.isdecimal() and self.get_channel(int(channel_id)) is None

    def _find(self, channel_id: str) -> "discord.abc.GuildChannel | discord.Thread | None":
        channel = self.get_channel(int(channel_id)) if channel_id.isdecimal() else None
        return channel if isinstance(channel, discord.abc.GuildChannel | discord.Thread) else None


def _handler(name: str, on_event: Callable[[str, Payload], None]) -> Callable[[Any], None]:
    return lambda payload: on_event(name, payload)


def _intents(content: bool) -> discord.Intents:
    """Reactions only in guilds: what is written to us directly nobody else can see."""
    return discord.Intents(
        guilds=True, guild_messages=True, guild_reactions=True, dm_messages=True, message_content=content
    )


def _quiet() -> None:
    """discord.py warns about voice, which we do not use, and logs each reconnect with a traceback."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    logger = logging.getLogger("discord.client")
    if _without_traceback not in logger.filters:
        logger.addFilter(_without_traceback)


def _without_traceback(record: logging.LogRecord) -> bool:
    if "reconnect" in str(record.msg):
        record.exc_info = record.exc_text = None
    return True

"""The gateway sessions of this process, one for each shard that it holds, opened again for as long as it takes."""

import asyncio
import logging
import random
from collections.abc import Callable

import discord

from bot.chat.port import PlatformError
from bot.clock import monotonic
from bot.platforms.discord.errors import told
from bot.platforms.discord.gateway import Payload, SessionLost, Wire
from bot.platforms.discord.identifying import Identifying

log = logging.getLogger(__name__)

NO_CONTENT = (
    "intent=message_content state=off: what members write in threads cannot be read; forms, direct messages, commands "
    "and buttons work. Switch it on at discord.com/developers/applications, Bot, Privileged Gateway Intents."
)
_LONGEST_PAUSE = 120.0
_LASTED = 60.0
"""Seconds after which a session counts as good, so that the next one is opened without a pause."""
_BAD_TOKEN, _TOO_FEW_SHARDS, _NO_INTENT = 4004, 4011, 4014


class Sessions:
    """count: the number of shards that guilds are parted into. content: whether to ask for messages' words. on_event is
    called with the shard, the event's name and its payload, as `Wire` does."""

    def __init__(
        self,
        token: str,
        count: int,
        content: bool,
        identifying: Identifying,
        on_event: Callable[[int, str, Payload], None],
    ) -> None:
        self._token, self._count, self._content = token, count, content
        self._identifying, self._on_event = identifying, on_event
        self._wires: dict[int, Wire] = {}

    async def keep(self, shard: int) -> None:
        """The shard's session, until cancelled. Raises discord.LoginFailure for a token that is refused."""
        failures = 0
        while True:
            if await self._one(shard) >= _LASTED:
                failures = 0
                continue
            longest = min(2.0**failures, _LONGEST_PAUSE)
            failures += 1
            await asyncio.sleep(random.uniform(longest / 2, longest))

    def is_thread(self, guild: str, channel: str) -> bool | None:
        """What is known without asking Discord; None for nothing."""
        wire = self._wires.get(shard_of(guild, self._count))
        return wire.is_thread(guild, channel) if wire is not None else None

    def kind_of(self, channel: str) -> int | None:
        """The kind of a channel in a guild that is heard here; None for nothing known."""
        kinds = (wire.kind_of(channel) for wire in self._wires.values())
        return next((kind for kind in kinds if kind is not None), None)

    def guild_of(self, channel: str) -> str | None:
        """The guild of a channel that is heard here; None for nothing known."""
        guilds = (wire.guild_of(channel) for wire in self._wires.values())
        return next((guild for guild in guilds if guild is not None), None)

    def is_gone(self, channel: str) -> bool:
        """Whether the channel is surely in no guild of ours: only who hears every shard can know."""
        wires = [self._wires.get(shard) for shard in range(self._count)]
        return all(wire is not None and wire.is_gone(channel) for wire in wires)

    async def _one(self, shard: int) -> float:
        """One session, from the permission to open it to its end; how many seconds it was good for."""
        try:
            await self._identifying.wait(shard)
        except PlatformError as error:
            log.warning("gateway=not_asked shard=%s reason=%s detail=%r", shard, error.reason, error.detail)
            return 0.0
        wire = Wire(self._content, lambda event, payload: self._on_event(shard, event, payload), shard, self._count)
        began = monotonic()
        try:
            await self._listen(shard, wire)
        finally:
            self._wires.pop(shard, None)
            if not wire.identified:
                self._identifying.give_back()
        return monotonic() - began if wire.welcomed else 0.0

    async def _listen(self, shard: int, wire: Wire) -> None:
        try:
            async with wire:
                self._wires[shard] = wire
                await wire.start(self._token)
        except SessionLost:
            log.info("gateway=lost shard=%s", shard)
        except discord.ConnectionClosed as error:
            self._closed(shard, error.code)
        except discord.LoginFailure:
            raise
        except Exception as error:
            log.warning("gateway=failed shard=%s error=%s", shard, told(error))

    def _closed(self, shard: int, code: int) -> None:
        if code == _BAD_TOKEN:
            raise discord.LoginFailure
        if code == _NO_INTENT and self._content:
            self._content = False
            log.warning(NO_CONTENT)
        elif code == _TOO_FEW_SHARDS:
            log.error("gateway=closed code=%s: %s shards are too few for this bot's servers", code, self._count)
        else:
            log.warning("gateway=closed shard=%s code=%s", shard, code)


def shard_of(guild: str, count: int) -> int:
    """The shard that hears of a guild; direct messages ("" for the guild) are the first one's."""
    return (int(guild) >> 22) % count if guild.isdecimal() else 0

"""Permission to open a session on the gateway. Discord allows 1,000 a day over all shards and processes, resets the
token of a bot that opens more, and wants five seconds between two. So it is waited for before connecting, and what is
left is kept where a process that crashes over and over finds it again."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.chat.port import Sharing
from bot.platforms.discord.limits import IDENTIFIES_LEFT, IDENTIFIES_MOST, IDENTIFIES_WITHIN
from bot.platforms.discord.rest import Rest

log = logging.getLogger(__name__)

IDENTIFY = "discord/identify"

_ON_THE_WAY = 1.2
"""Two sockets take differently long to open: the pause is a little longer than Discord wants it."""
_LONGEST_SLEEP = 600.0
_HELD = (
    "identify=held wait_s=%.0f: nearly all of the day's 1,000 gateway sessions are used, and Discord resets the token "
    "of a bot that opens more. Nothing new is heard until then; posts go out. Look for a process that keeps restarting."
)


@dataclass(frozen=True)
class Limits:
    """What GET /gateway/bot says. shards: how many Discord recommends. left, again_in: sessions that may be opened, and
    the seconds until it is the whole number again. at_once: how many shards may identify together."""

    shards: int
    left: int
    again_in: float
    at_once: int


async def load_limits(rest: Rest) -> Limits:
    """Raises PlatformError."""
    told: Mapping[str, Any] = await rest.call("GET", "/gateway/bot")
    start = told["session_start_limit"]
    again_in, at_once = start["reset_after"] / 1_000, max(int(start["max_concurrency"]), 1)
    return Limits(max(int(told["shards"]), 1), int(start["remaining"]), again_in, at_once)


class Identifying:
    """Asked before every IDENTIFY of this process. pause: seconds between two of the same remainder."""

    def __init__(self, rest: Rest, sharing: Sharing, pause: float) -> None:
        self._rest, self._sharing, self._pause = rest, sharing, pause
        self._paid = 0
        self._told = False

    async def wait(self, shard: int) -> None:
        """Returns when the shard may connect and identify. Raises PlatformError."""
        limits = await load_limits(self._rest)
        while (seconds := await self._spend(limits)) > 0:
            if not self._told:
                log.error(_HELD, seconds)
            self._told = True
            await asyncio.sleep(min(seconds, _LONGEST_SLEEP))
            limits = await load_limits(self._rest)
        self._told = False
        bucket = f"{IDENTIFY}/{shard % limits.at_once}"
        await asyncio.sleep(await self._sharing.turn(bucket, self._pause * _ON_THE_WAY))
        await self._rest.turn()  # every client logs in for itself

    def give_back(self) -> None:
        """The connection broke before anything was sent: what was spent is good for another try."""
        self._paid += 1

    async def _spend(self, limits: Limits) -> float:
        """0.0 and a session is ours; else how long until Discord or our own count allows one."""
        if limits.left <= IDENTIFIES_LEFT:
            return max(limits.again_in, 1.0)
        if self._paid:
            self._paid -= 1
            return 0.0
        return await self._sharing.spend(IDENTIFY, IDENTIFIES_MOST, IDENTIFIES_WITHIN)

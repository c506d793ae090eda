"""Who somebody is: their name, and whether they manage the place they speak from. Remembered for a few minutes."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.inbound import Person
from bot.chat.port import PlatformError
from bot.clock import monotonic
from bot.platforms.slack.failures import attempt

KEPT = 300.0  # seconds
MOST = 5_000
PATIENCE = 1.0  # seconds: what was said must be acknowledged within three


class People:
    """Looks people up with users.info; what cannot be looked up is an id without rights."""

    def __init__(self, web: AsyncWebClient, clock: Callable[[], float] = monotonic) -> None:
        self._web = web
        self._clock = clock
        self._known: dict[str, tuple[float, Mapping[str, Any]]] = {}
        self._asking: dict[str, asyncio.Future[Mapping[str, Any]]] = {}

    async def person(self, user: str, channel: str | None = None, rights: bool = False) -> Person:
        """Somebody with their name; whether they manage `channel` or the workspace only when `rights` asks for it."""
        known = await self._ask(user)
        manages = rights and (any(known.get(flag) for flag in _ADMIN) or await self._made(user, channel))
        return Person(user, _name(known) or user, manages)

    async def zone(self, user: str) -> str | None:
        """The IANA zone of somebody's own clock, as Slack knows it."""
        zone = (await self._ask(user)).get("tz")
        return zone if isinstance(zone, str) else None

    async def is_bot(self, user: str) -> bool:
        """Whether an app acts by this user; False for who cannot be looked up."""
        return bool((await self._ask(user)).get("is_bot"))

    async def _made(self, user: str, channel: str | None) -> bool:
        return channel is not None and (await self._ask(channel)).get("creator") == user

    async def _ask(self, ref: str) -> Mapping[str, Any]:
        """A person or a channel as Slack knows it; {} when it cannot be asked, and then it is asked again. Who is being
        asked for is not asked for twice: a thread that a whole cohort writes in is a burst of the same few people."""
        at, known = self._known.get(ref, (0.0, {}))
        if known and self._clock() - at < KEPT:
            return known
        under_way = self._asking.get(ref)
        if under_way is not None:
            return await asyncio.shield(under_way)
        answered = self._asking[ref] = asyncio.get_running_loop().create_future()
        found = known
        try:
            found = await self._look(ref) or known
        finally:
            del self._asking[ref]
            answered.set_result(found)
        return found

    async def _look(self, ref: str) -> Mapping[str, Any] | None:
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await attempt(
                    self._web.users_info(user=ref) if ref[:1] in "UW" else self._web.conversations_info(channel=ref)
                )
        except (PlatformError, TimeoutError):
            return None
        if len(self._known) >= MOST:
            self._known.clear()
        found: Mapping[str, Any] = answer.get("user") or answer.get("channel") or {}
        self._known[ref] = (self._clock(), found)
        return found


_ADMIN = ("is_admin", "is_owner", "is_primary_owner")


def _name(known: Mapping[str, Any]) -> str:
    profile = known.get("profile") or {}
    names = (profile.get("display_name"), known.get("real_name"), profile.get("real_name"), known.get("name"))
    return next((name for name in names if name), "")

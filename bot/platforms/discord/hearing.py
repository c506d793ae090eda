"""Message events on their way to the ears: in order within a channel, a few channels at a time."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot.chat.inbound import Heard, ReplyEdited
from bot.chat.port import Ears, PlatformError, Reason
from bot.clock import Clock
from bot.platforms.discord.errors import told
from bot.platforms.discord.events import THREAD_TYPES, is_edit, is_written, to_deleted, to_reply
from bot.platforms.discord.permissions import load_channel
from bot.platforms.discord.reactions import REACTION, is_persons, to_reacted
from bot.platforms.discord.rest import Rest

log = logging.getLogger(__name__)

Payload = Mapping[str, Any]

_LANES = 4
_REMEMBERED = 10_000


class Hearing:
    """Takes events without waiting (`take`) and tells them while `run` runs."""

    def __init__(self, rest: Rest, ears: Ears, clock: Clock, is_thread: Callable[[str, str], bool | None]) -> None:
        """is_thread(guild, channel): what is known without asking Discord."""
        self._rest, self._ears, self._clock, self._known = rest, ears, clock, is_thread
        self._lanes = [asyncio.Queue[tuple[str, Payload]]() for _ in range(_LANES)]
        self._asked: OrderedDict[str, bool] = OrderedDict()

    def take(self, event: str, payload: Payload) -> None:
        if _concerns_us(event, payload, self._rest.own_id):
            self._lanes[int(payload["channel_id"]) % 997 % _LANES].put_nowait((event, payload))

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(self._serve(lane))

    async def _serve(self, lane: "asyncio.Queue[tuple[str, Payload]]") -> None:
        while True:
            event, payload = await lane.get()
            try:
                await self._tell(event, payload)
            except Exception as error:
                message = payload.get("id") or payload.get("message_id")
                log.error("event=not_kept name=%s message=%s error=%s", event, message, told(error))
                if event.startswith(REACTION):
                    continue  # no reading of a thread brings it back
                self._ears.missed(_only(str(payload.get("guild_id") or "")))

    async def _tell(self, event: str, payload: Payload) -> None:
        if event.startswith(REACTION):
            await self._ears.see(to_reacted(event, payload, self._clock()))
            return
        for heard in await self._heard(event, payload):
            await self._ears.hear(heard)

    async def _heard(self, event: str, payload: Payload) -> Sequence[Heard]:
        """New messages of a guild only from threads, for which Discord may have to be asked. Edits and deletions from
        everywhere, and nothing is asked: a message in a channel may be counted as an answer, which only the core
        knows."""
        guild, channel = str(payload.get("guild_id") or ""), str(payload["channel_id"])
        if event.startswith("MESSAGE_DELETE"):
            outside = bool(guild) and self._known(guild, channel) is False
            return to_deleted(payload, outside, self._clock())
        if event == "MESSAGE_CREATE" and guild and not await self._is_thread(guild, channel):
            return ()
        reply = to_reply(payload, bool(guild), self._rest.own_id)
        if reply is None:
            return ()
        return (reply if event == "MESSAGE_CREATE" else ReplyEdited(reply),)

    async def _is_thread(self, guild: str, channel: str) -> bool:
        known = self._known(guild, channel)
        if known is None:
            known = self._asked.get(channel)
        if known is None:
            known = await _ask(lambda: load_channel(self._rest, channel))
            self._asked[channel] = known
            while len(self._asked) > _REMEMBERED:
                self._asked.popitem(last=False)
        return known


def _only(guild: str) -> Callable[[str], bool]:
    return lambda workspace: workspace == guild


async def _ask(load: Callable[[], Awaitable[Payload]]) -> bool:
    """A place that is gone or closed to us holds no replies of ours."""
    try:
        return (await load()).get("type") in THREAD_TYPES
    except PlatformError as error:
        if error.reason in (Reason.CHANNEL_GONE, Reason.MISSING_PERMISSION, Reason.BOT_REMOVED):
            return False
        raise


def _concerns_us(event: str, payload: Payload, own_id: str) -> bool:
    if event == "MESSAGE_CREATE":
        return is_written(payload, own_id)
    if event == "MESSAGE_UPDATE":
        return is_edit(payload) and is_written(payload, own_id)
    return not event.startswith(REACTION) or is_persons(payload, own_id)

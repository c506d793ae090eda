"""Message events on their way to the ears, which hear them in the order that they have within their channel. Nobody
waits for another's event to be kept: the ears keep together what comes together."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
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
_UNDER_WAY = 1_000
"""Events that are being kept. The others wait where they cost least."""

_REMEMBERED = 10_000


class Hearing:
    """Takes events without waiting (`take`) and tells them while `run` runs."""

    def __init__(self, rest: Rest, ears: Ears, clock: Clock, is_thread: Callable[[str, str], bool | None]) -> None:
        """is_thread(guild, channel): what is known without asking Discord."""
        self._rest, self._ears, self._clock, self._known = rest, ears, clock, is_thread
        self._lanes = [asyncio.Queue[tuple[str, Payload]]() for _ in range(_LANES)]
        self._asked: OrderedDict[str, bool] = OrderedDict()
        self._room = asyncio.Semaphore(_UNDER_WAY)

    def take(self, event: str, payload: Payload) -> None:
        if _concerns_us(event, payload, self._rest.own_id):
            self._lanes[int(payload["channel_id"]) % 997 % _LANES].put_nowait((event, payload))

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(self._serve(lane, group))

    async def _serve(self, lane: "asyncio.Queue[tuple[str, Payload]]", group: asyncio.TaskGroup) -> None:
        under_way: set[asyncio.Task[None]] = set()
        while True:
            event, payload = await lane.get()
            if event.startswith(REACTION) and under_way:
                await asyncio.wait(under_way)  # one under an answer that is not kept yet would be nobody's
            try:
                said = await self._said(event, payload)
            except Exception as error:
                self._lost(event, payload, error)
                continue
            for tell in said:
                await self._room.acquire()
                task = group.create_task(self._tell(tell, event, payload))
                under_way.add(task)
                task.add_done_callback(under_way.discard)

    async def _tell(self, tell: Callable[[], Awaitable[None]], event: str, payload: Payload) -> None:
        try:
            await tell()
        except Exception as error:
            self._lost(event, payload, error)
        finally:
            self._room.release()

    def _lost(self, event: str, payload: Payload, error: Exception) -> None:
        message = payload.get("id") or payload.get("message_id")
        log.error("event=not_kept name=%s message=%s error=%s", event, message, told(error))
        if not event.startswith(REACTION):  # else no reading of a thread brings it back
            self._ears.missed(_only(str(payload.get("guild_id") or "")))

    async def _said(self, event: str, payload: Payload) -> Sequence[Callable[[], Awaitable[None]]]:
        """What the ears are to be told."""
        if event.startswith(REACTION):
            return (partial(self._ears.see, to_reacted(event, payload, self._clock())),)
        return [partial(self._ears.hear, heard) for heard in await self._heard(event, payload)]

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

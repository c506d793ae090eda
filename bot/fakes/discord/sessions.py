"""What a gateway session is: its socket, its log of events, and which events its intents let it hear."""

import asyncio
import json
import math
import zlib
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from bot.clock import Clock, monotonic
from bot.fakes.discord import limits
from bot.fakes.discord.world import Json

GUILDS, MEMBERS, PRESENCES, MESSAGE_CONTENT = 1 << 0, 1 << 1, 1 << 8, 1 << 15
_INTENTS = {  # event → (in a guild, in a direct message); None where the event does not occur there
    "MESSAGE": (1 << 9, 1 << 12),
    "MESSAGE_REACTION": (1 << 10, 1 << 13),
    "GUILD_MEMBER": (MEMBERS, None),
    "TYPING": (1 << 11, 1 << 14),
}
KEPT_EVENTS = 5_000


@dataclass(eq=False)
class Line:
    """One socket: what waits to be written, and how it is written."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    queue: asyncio.Queue[str | int] = field(default_factory=asyncio.Queue)  # a text to send, or a code to close with
    squeeze: Any = None
    heard: deque[float] = field(default_factory=deque)

    def send(self, op: int, d: Any = None) -> None:
        self.queue.put_nowait(json.dumps({"op": op, "d": d, "s": None, "t": None}))


@dataclass
class Session:
    id: str
    intents: int
    shard: tuple[int, int]
    sequence: int = 0
    log: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    line: Line | None = None


class Starts:
    """The session start limit: how many sessions a bot may open in a day, and how many shards at once."""

    def __init__(self, clock: Clock, total: int, at_once: int, seconds: float) -> None:
        """at_once: Discord's max_concurrency, a number of shards in each `seconds` (0: not looked at)."""
        self._clock, self.total, self.at_once, self._seconds = clock, total, at_once, seconds
        self._opened: deque[datetime] = deque()
        self._last: dict[int, float] = {}

    def take(self, shard: int) -> bool:
        """Count one IDENTIFY; False when it comes too soon after another of its bucket."""
        self._opened.append(self._clock())
        now, bucket = monotonic(), shard % self.at_once
        soon = now - self._last.get(bucket, -math.inf) < self._seconds
        self._last[bucket] = now
        return not soon

    @property
    def remaining(self) -> int:
        """Sessions that may still be opened; below 0 when more were."""
        day = timedelta(seconds=limits.SESSION_DAY)
        while self._opened and self._opened[0] <= self._clock() - day:
            self._opened.popleft()
        return self.total - len(self._opened)

    def as_json(self) -> Json:
        return {
            "total": self.total,
            "remaining": max(self.remaining, 0),
            "reset_after": self._reset_after(),
            "max_concurrency": self.at_once,
        }

    def _reset_after(self) -> int:
        """Milliseconds until the first session that still counts is a day old."""
        if not self._opened:
            return 0
        age = (self._clock() - self._opened[0]).total_seconds()
        return int(max(limits.SESSION_DAY - age, 0) * 1_000)


def shard_in(fields: Json) -> tuple[int, int] | None:
    """The shard that an IDENTIFY names, (0, 1) when it names none, or None for one that there cannot be."""
    shard = fields.get("shard", [0, 1])
    whole = isinstance(shard, list) and len(shard) == 2 and all(type(each) is int for each in shard)
    return (shard[0], shard[1]) if whole and 0 <= shard[0] < shard[1] else None


def fault_in(line: Line, text: str) -> int:
    """The close code that a client's payload earns, or 0."""
    now = monotonic()
    line.heard.append(now)
    while line.heard[0] <= now - 60:
        line.heard.popleft()
    if len(line.heard) > limits.GATEWAY_COMMANDS:
        return 4008
    if len(text.encode(errors="surrogatepass")) > limits.GATEWAY_PAYLOAD:
        return 4002
    try:
        payload = json.loads(text)
    except ValueError:
        return 4002
    return 0 if isinstance(payload, dict) and isinstance(payload.get("op"), int) else 4002


def hears(session: Session, name: str, payload: Json) -> bool:
    """Whether the session's intents and shard let it hear the event. Interactions are for everybody."""
    guild = int(payload.get("guild_id") or (payload["id"] if name in ("GUILD_CREATE", "GUILD_DELETE") else 0))
    if not on_shard(session, guild):
        return False
    if name == "INTERACTION_CREATE":
        return True
    kind = next((key for key in sorted(_INTENTS, key=len, reverse=True) if name.startswith(key)), None)
    needed = GUILDS if kind is None else _INTENTS[kind][0 if guild else 1]
    return bool(needed and session.intents & needed)


def on_shard(session: Session, guild_id: int) -> bool:
    return (guild_id >> 22) % session.shard[1] == session.shard[0]


async def write_out(line: Line) -> None:
    while True:
        item = await line.queue.get()
        if isinstance(item, int):
            await line.socket.close(code=item)
        elif line.squeeze is None:
            await line.socket.send_str(item)
        else:
            packed = line.squeeze.compress(item.encode()) + line.squeeze.flush(zlib.Z_SYNC_FLUSH)
            await line.socket.send_bytes(packed)

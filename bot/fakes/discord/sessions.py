"""What a gateway session is: its socket, its log of events, and which events its intents let it hear."""

import asyncio
import json
import zlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.clock import monotonic
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

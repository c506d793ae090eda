"""What several processes agree on, kept in memory: for platforms that stand in one test."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from bot.clock import monotonic


@dataclass
class MemorySharing:
    """See `bot.chat.port.Sharing`. asked: how often each scope's turn was asked for; closed: every closing."""

    asked: Counter[str] = field(default_factory=Counter)
    closed: list[tuple[str, float]] = field(default_factory=list)
    _free: dict[str, float] = field(default_factory=dict)
    _spent: dict[str, list[float]] = field(default_factory=dict)
    _held: set[str] = field(default_factory=set)

    async def turn(self, scope: str, every: float, count: int = 1) -> float:
        await asyncio.sleep(0)  # as a database would
        self.asked[scope] += 1
        now = monotonic()
        at = max(self._free.get(scope, now), now)
        self._free[scope] = at + every * count
        return at - now

    async def close(self, scope: str, seconds: float) -> None:
        self.closed.append((scope, seconds))
        self._free[scope] = max(self._free.get(scope, 0.0), monotonic() + seconds)

    async def spend(self, scope: str, most: int, within: float) -> float:
        now = monotonic()
        recent = [moment for moment in self._spent.get(scope, []) if moment > now - within]
        free = len(recent) < most
        self._spent[scope] = [*recent, now] if free else recent
        return 0.0 if free else recent[0] + within - now

    async def hold(self, role: str, seconds: float) -> bool:
        self._held.add(role)
        return True

    async def release(self, role: str) -> None:
        self._held.discard(role)

"""What several platforms in one test agree on, as if each were a process of its own."""

import asyncio
import random
from collections import defaultdict
from dataclasses import dataclass, field

from bot.clock import monotonic


@dataclass
class Record:
    """The shared memory. asked: how often somebody asked for turns; apart: the seconds between them, each time.
    closed: (scope, seconds) of every closing."""

    asked: int = 0
    apart: list[float] = field(default_factory=list)
    closed: list[tuple[str, float]] = field(default_factory=list)
    turns: dict[str, float] = field(default_factory=dict)
    spent: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    held: dict[str, tuple[object, float]] = field(default_factory=dict)

    def holders(self) -> dict[str, object]:
        now = monotonic()
        return {role: owner for role, (owner, until) in self.held.items() if until > now}


class MadeSharing:
    """One process's way to the record (a `bot.chat.port.Sharing`). slow: seconds that each question is on its way.
    uneven: up to so many more for each question and, of turns, for each answer, drawn from `chance`. `dead`: the
    process was killed, and nothing that it still does reaches the record. `stuck`: its questions are never answered."""

    def __init__(
        self, record: Record, slow: float = 0.0, uneven: float = 0.0, chance: random.Random | None = None
    ) -> None:
        self._record, self._slow, self._uneven = record, slow, uneven
        self._chance = chance or random.Random(0)
        self.dead = self.stuck = False

    async def turn(self, scope: str, every: float, count: int = 1) -> float:
        await self._way()
        self._record.asked += 1
        self._record.apart.append(every)
        now = monotonic()
        first = max(now, self._record.turns.get(scope, now))
        self._record.turns[scope] = first + every * count
        wait = first - now
        await asyncio.sleep(self._chance.uniform(0, self._uneven))
        return wait

    async def close(self, scope: str, seconds: float) -> None:
        await self._way()
        self._record.closed.append((scope, seconds))
        self._record.turns[scope] = max(monotonic() + seconds, self._record.turns.get(scope, 0.0))

    async def spend(self, scope: str, most: int, within: float) -> float:
        await self._way()
        now = monotonic()
        spent = self._record.spent[scope] = [each for each in self._record.spent[scope] if each > now - within]
        if len(spent) >= most:
            return spent[-most] + within - now
        spent.append(now)
        return 0.0

    async def hold(self, role: str, seconds: float) -> bool:
        await self._way()
        if self.dead or self._record.holders().get(role, self) is not self:
            return False
        self._record.held[role] = (self, monotonic() + seconds)
        return True

    async def release(self, role: str) -> None:
        await self._way()
        if not self.dead and self._record.holders().get(role) is self:
            del self._record.held[role]

    async def _way(self) -> None:
        if self.stuck:
            await asyncio.Event().wait()
        await asyncio.sleep(self._slow + self._chance.uniform(0, self._uneven))

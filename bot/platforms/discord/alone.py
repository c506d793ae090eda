"""What several processes would agree on, for one process that is alone."""

from collections import defaultdict, deque

from bot.clock import monotonic


class Alone:
    """A `bot.chat.port.Sharing` that shares with nobody and remembers nothing beyond this process."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}
        self._spent: defaultdict[str, deque[float]] = defaultdict(deque)

    async def turn(self, scope: str, every: float, count: int = 1) -> float:
        now = monotonic()
        first = max(now, self._next.get(scope, now))
        self._next[scope] = first + every * count
        return first - now

    async def close(self, scope: str, seconds: float) -> None:
        until = monotonic() + seconds
        self._next[scope] = max(until, self._next.get(scope, until))

    async def spend(self, scope: str, most: int, within: float) -> float:
        now, spent = monotonic(), self._spent[scope]
        while spent and spent[0] <= now - within:
            spent.popleft()
        if len(spent) >= most:
            return spent[-most] + within - now
        spent.append(now)
        return 0.0

    async def hold(self, role: str, seconds: float) -> bool:
        return True

    async def release(self, role: str) -> None:
        """Nobody waits for it."""

"""One process's own count of turns taken, things spent and roles held: what it goes by when it can ask nobody."""

from collections import defaultdict, deque

from bot.clock import monotonic

FORGET_ABOVE = 10_000
"""Scopes: a channel that has not been posted in for long needs no memory."""


class Counts:
    """In memory, by a clock that never steps back. All times are seconds."""

    def __init__(self) -> None:
        self.roles: set[str] = set()
        self._next: dict[str, float] = {}
        self._spent: defaultdict[str, deque[float]] = defaultdict(deque)

    def turn(self, scope: str, span: float) -> float:
        """Take turns that last `span` together: seconds until the first."""
        now = monotonic()
        wait = max(0.0, self._next.get(scope, now) - now)
        self._put(scope, now + wait + span)
        return wait

    def note_turn(self, scope: str, seconds: float) -> None:
        """Nobody's turn comes within `seconds`."""
        until = monotonic() + seconds
        self._put(scope, max(until, self._next.get(scope, until)))

    def spend(self, scope: str, most: int, within: float) -> float:
        """Spend one of `most` in `within`: 0.0; else seconds until one is free."""
        spent, now = self._recent(scope, within), monotonic()
        if len(spent) < most:
            spent.append(now)
            return 0.0
        return within if most <= 0 else spent[len(spent) - most] + within - now

    def note_spent(self, scope: str, within: float) -> None:
        """One more has been spent."""
        self._recent(scope, within).append(monotonic())

    def _recent(self, scope: str, within: float) -> deque[float]:
        spent, now = self._spent[scope], monotonic()
        while spent and spent[0] <= now - within:
            spent.popleft()
        return spent

    def _put(self, scope: str, until: float) -> None:
        self._next[scope] = until
        if len(self._next) > FORGET_ABOVE:
            now = monotonic()
            self._next = {each: moment for each, moment in self._next.items() if moment > now}

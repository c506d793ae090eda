"""Turns, remembered in this process."""

from bot.clock import monotonic


class Turns:
    """For each scope the moment from which on it is free. What is over is forgotten."""

    def __init__(self) -> None:
        self._free: dict[str, float] = {}

    def take(self, scope: str, every: float) -> float:
        """Take the next turn, `every` seconds before the one behind it: seconds until it has come."""
        now = self._forget()
        at = self._free.get(scope, now)
        self._free[scope] = at + every
        return at - now

    def close(self, scope: str, seconds: float) -> None:
        """No turn comes sooner."""
        self._free[scope] = max(self._forget() + seconds, self._free.get(scope, 0.0))

    def open(self, scope: str) -> None:
        """The next turn is now."""
        self._free.pop(scope, None)

    def ahead(self, scope: str) -> float:
        """Seconds until the next turn, which nobody takes by asking."""
        return max(self._free.get(scope, 0.0) - monotonic(), 0.0)

    def _forget(self) -> float:
        now = monotonic()
        self._free = {scope: at for scope, at in self._free.items() if at > now}
        return now

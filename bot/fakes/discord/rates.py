"""Rate limits: one bucket per route and major parameter, and one for the whole bot. Measured in real time, because a
rehearsal's clock jumps and a server's patience does not."""

import hashlib
from collections import defaultdict, deque
from dataclasses import dataclass
from math import ceil

from bot.clock import monotonic
from bot.fakes.discord.limits import Rates


@dataclass(frozen=True)
class Verdict:
    """Whether a call may pass. wait: seconds until it may, or 0; `overall`: the whole bot's limit says so."""

    wait: float
    overall: bool
    limit: int
    remaining: int
    reset_after: float
    bucket: str

    def headers(self, now: float) -> dict[str, str]:
        """The headers of every answer; `now` in seconds since 1970."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": f"{now + self.reset_after:.3f}",
            "X-RateLimit-Reset-After": f"{self.reset_after:.3f}",
            "X-RateLimit-Bucket": self.bucket,
        }


@dataclass
class _Window:
    ends: float = 0.0
    used: int = 0


class Meter:
    """Counts calls against the limits."""

    def __init__(self, rates: Rates) -> None:
        self.rates = rates
        self.busiest = 0  # calls that passed in the busiest second
        self._windows: dict[tuple[str, str], _Window] = defaultdict(_Window)
        self._recent: deque[float] = deque()

    def judge(self, route: str, major: str, counts_overall: bool) -> Verdict:
        """Count one call to the route; `major` is its channel, guild or webhook."""
        now = monotonic()
        limit, seconds = self.rates.routes.get(route, self.rates.ordinary)
        bucket = hashlib.sha256(route.encode()).hexdigest()[:32]
        window = self._windows[route, major]
        if now >= window.ends:
            window.ends, window.used = now + seconds, 0
        left = ceil((window.ends - now) * 1_000) / 1_000
        wait = self._overall_wait(now) if counts_overall else 0.0
        if wait:
            return Verdict(wait, True, limit, max(limit - window.used, 0), left, bucket)
        if window.used >= limit:
            return Verdict(left, False, limit, 0, left, bucket)
        window.used += 1
        if counts_overall:
            self._recent.append(now)
            self.busiest = max(self.busiest, len(self._recent))
        return Verdict(0.0, False, limit, limit - window.used, left, bucket)

    def _overall_wait(self, now: float) -> float:
        while self._recent and self._recent[0] <= now - 1.0:
            self._recent.popleft()
        return max(self._recent[0] + 1.0 - now, 0.001) if len(self._recent) >= self.rates.overall else 0.0

"""How often somebody may, and how many at once. Each process counts for itself, in memory: with n of them the bounds
are n times as high, which is still a bound.

Nobody is counted by an address that a header tells, because anybody may write one; nor by that of a proxy, because then
one visitor could shut out all the others: see `is_own_address`.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

TRIES = RateLimitItemPerMinute(10)
"""At one link, by whoever has it."""
STRANGE_TRIES = RateLimitItemPerMinute(30)
"""At links that let nobody in, from one address. Nobody guesses 32 random bytes; this keeps the record from being asked
for nothing."""
ACTS = RateLimitItemPerMinute(60)
"""Forms of one visit."""

AT_ONCE = 2
"""Heavy pages that are made at the same time: each takes a core."""
WAITING = 6
"""Heavy pages that one visit waits for; a page may show several pictures."""
PATIENCE = 10.0
"""Seconds that a heavy page waits for its turn."""

RETRY_AFTER = {"minute": 60, "moment": 5}
"""Seconds, as browsers are told."""


class Busy(Exception):
    """Too often, or too many at once. seconds: after which trying again may help."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} seconds")
        self.seconds = seconds


class Limits:
    """What is counted, in memory."""

    def __init__(self) -> None:
        self._counts = MovingWindowRateLimiter(MemoryStorage())
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting: Counter[str] = Counter()

    def try_link(self, link: str, peer: str | None) -> None:
        """Somebody tries a link, by its hash. Raises Busy."""
        if not self._counts.hit(TRIES, "link", link):
            raise Busy(RETRY_AFTER["minute"])
        if peer is not None and is_own_address(peer) and not self._counts.test(STRANGE_TRIES, "peer", peer):
            raise Busy(RETRY_AFTER["minute"])

    def note_strange(self, peer: str | None) -> None:
        """The link let nobody in."""
        if peer is not None and is_own_address(peer):
            self._counts.hit(STRANGE_TRIES, "peer", peer)

    def act(self, visit: str) -> None:
        """A form is sent during a visit, by its hash. Raises Busy."""
        if not self._counts.hit(ACTS, "visit", visit):
            raise Busy(RETRY_AFTER["minute"])

    @asynccontextmanager
    async def turn(self, visit: str) -> AsyncIterator[None]:
        """Make something heavy. Raises Busy when there is no turn within `PATIENCE`, or the visit waits for too much
        already."""
        if self._waiting[visit] >= WAITING:
            raise Busy(RETRY_AFTER["moment"])
        self._waiting[visit] += 1
        try:
            try:
                await asyncio.wait_for(self._turns.acquire(), PATIENCE)
            except TimeoutError:
                raise Busy(RETRY_AFTER["moment"]) from None
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._waiting[visit] -= 1
            if not self._waiting[visit]:
                del self._waiting[visit]


def is_own_address(peer: str) -> bool:
    """Whether an address on the other end of a connection may be a visitor's own. One of this machine or of a private
    network is most likely a proxy's, and stands for everybody behind it."""
    try:
        return ip_address(peer.partition("%")[0]).is_global
    except ValueError:
        return False

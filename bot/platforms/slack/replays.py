"""A signed request is done once: whoever caught one cannot have it done again while its signature is young.

Slack's own second try is another request, with a stamp and so a signature of its own, unless it comes within the same
second. So one that failed is forgotten at once, and one that is still being heard, here or by another process, is
answered with "not yet": Slack comes again.
"""

from typing import Protocol

from bot.clock import monotonic

YOUNG = 660.0
"""Seconds that a signature is remembered: it is taken five minutes before and after its stamp, and a minute besides."""


class Register(Protocol):
    """What several processes have heard between them."""

    async def enter(self, signature: str) -> bool:
        """Whether it is new there; then it stands there now. Forgets what is older than `YOUNG`."""
        ...

    async def strike(self, signature: str) -> None:
        """It has not been heard after all."""
        ...


class Replays:
    """What this process has heard, and, with a register, what others have."""

    def __init__(self, register: Register | None = None) -> None:
        self._register = register
        self._heard: dict[str, float] = {}
        self._now: set[str] = set()

    async def begin(self, signature: str) -> int | None:
        """None: it is new, and `end` has to be called for it. Else the status to answer with: 200 for what has been
        done here, 503 for what is being done or was done elsewhere."""
        self._forget()
        if signature in self._heard:
            return 200
        if signature in self._now:
            return 503
        self._now.add(signature)
        if self._register is None or await self._register.enter(signature):
            return None
        self._now.discard(signature)
        return 503

    async def end(self, signature: str, *, done: bool) -> None:
        """It has been done; or it failed, and may come again."""
        self._now.discard(signature)
        if done:
            self._heard[signature] = monotonic()
        elif self._register is not None:
            await self._register.strike(signature)

    def _forget(self) -> None:
        """In the order in which they came, so that only the old ones are looked at."""
        while self._heard and next(iter(self._heard.values())) < monotonic() - YOUNG:
            del self._heard[next(iter(self._heard))]

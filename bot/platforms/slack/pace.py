"""Slack takes about one chat.postMessage a second in one channel (rate limits of the Web API)."""

import asyncio

from bot.clock import monotonic


class Pace:
    """Lets calls through one by one in a channel, `seconds` apart; 0 lets all through at once."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._free: dict[str, float] = {}

    async def turn(self, channel: str) -> None:
        """Wait until this channel may be posted to."""
        if not self._seconds:
            return
        now = monotonic()
        self._free = {name: at for name, at in self._free.items() if at > now}
        at = self._free.get(channel, now)
        self._free[channel] = at + self._seconds
        await asyncio.sleep(at - now)

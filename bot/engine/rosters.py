"""The names of a cohort's members, for suggestions: what is not in memory is looked up in the background, so that the
next letter finds it."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence

from bot.chat.post import Choice
from bot.clock import monotonic
from bot.cohorts.cohorts import roster_names
from bot.engine.shop import Shop

FRESH = 60.0
"""Ours: seconds after which the names are looked up again; who joins meanwhile can be typed in full."""

MOST_CHANNELS = 200
MOST_NAMES = 5_000

log = logging.getLogger(__name__)


class Rosters:
    """By channel, on one platform. Holds only what may be lost."""

    def __init__(self, shop: Shop, platform: str) -> None:
        self._shop, self._platform = shop, platform
        self._known: OrderedDict[str, tuple[float, Sequence[tuple[str, str]]]] = OrderedDict()
        self._looking: dict[str, asyncio.Task[None]] = {}

    def choices(self, channel: str | None, typed: str, most: int) -> tuple[Choice, ...]:
        """Members of the channel's cohort whose name, or a word of it, begins like this; without waiting. What is
        chosen is their reference, which names nobody else."""
        if channel is None:
            return ()
        at, names = self._known.get(channel, (float("-inf"), ()))
        if monotonic() - at > FRESH:
            self._look_soon(channel)
        sought = typed.strip().lstrip("@").casefold()
        fitting = [(name, ref) for name, ref in names if _begins(name.casefold(), sought)]
        return tuple(Choice(name[:100] or ref[:100], ref) for name, ref in fitting[:most])

    async def settle(self) -> None:
        """Wait until nothing is being looked up."""
        while self._looking:
            await asyncio.gather(*self._looking.values(), return_exceptions=True)

    async def close(self) -> None:
        """Look nothing up any more."""
        for task in self._looking.values():
            task.cancel()
        await self.settle()

    def _look_soon(self, channel: str) -> None:
        if channel not in self._looking:
            task = self._looking[channel] = asyncio.get_running_loop().create_task(self._look(channel))
            task.add_done_callback(lambda _: self._looking.pop(channel, None))

    async def _look(self, channel: str) -> None:
        try:
            names = await self._shop.database.run(roster_names, self._platform, channel, MOST_NAMES)
        except Exception as error:
            log.error("suggestions outcome=not-looked-up error=%s", type(error).__name__)
            return
        self._known[channel] = (monotonic(), names)
        self._known.move_to_end(channel)
        while len(self._known) > MOST_CHANNELS:
            self._known.popitem(last=False)


def _begins(name: str, sought: str) -> bool:
    return name.startswith(sought) or any(word.startswith(sought) for word in name.split())

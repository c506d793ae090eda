"""The engine of a single process: every tick is rung here, and what is due is sent here."""

import asyncio
from collections.abc import Mapping

from bot.engine.bells import Bells
from bot.engine.collecting import Collector
from bot.engine.shop import Shop
from bot.engine.ticks import POST, TICKS, Role, start

POST_EVERY = 5.0
COLLECT_EVERY = 30.0


class EmbeddedEngine:
    """Runs every tick in this process. It rings in real time, also when the shop's clock is shifted."""

    def __init__(
        self,
        shop: Shop,
        collectors: Mapping[str, Collector],
        post_every: float = POST_EVERY,
        collect_every: float = COLLECT_EVERY,
        *,
        alone: bool,
    ) -> None:
        """Periods in seconds. alone: no other process can be on this record."""
        self._shop, self._alone = shop, alone
        ticks = [POST, *(tick for tick in TICKS if Role.ALL in tick.roles)]
        self._bells = Bells(shop, collectors, ticks, {"post": post_every, "collect": collect_every})

    @property
    def periods(self) -> Mapping[str, float]:
        return self._bells.periods

    async def run(self) -> None:
        """Ring until cancelled."""
        await start(self._shop, alone=self._alone)
        self._bells.start()
        try:
            self.wake()
            await asyncio.Event().wait()
        finally:
            await self._bells.stop()

    def wake(self) -> None:
        """Post and collect now instead of at the next full period: a platform became ready."""
        self._bells.wake("post", "collect")

    async def ring(self, name: str = "post") -> None:
        """Ring one bell now, and wait until the tick that follows is over."""
        await self._bells.ring(name)

    async def post(self) -> None:
        """One post tick; a second one at the same time waits for it."""
        await self._bells.once("post")

    async def collect(self) -> None:
        """One collect tick; a second one at the same time waits for it."""
        await self._bells.once("collect")

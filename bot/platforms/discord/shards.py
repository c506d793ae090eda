"""Which shards are this process's: a lease on each, so that one that dies is replaced within the lease and two never
hear the same shard for long. Several processes share them by taking turns: the more one has, the longer it waits before
it takes another."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from bot.chat.port import Sharing
from bot.clock import monotonic

log = logging.getLogger(__name__)

_MARGIN = 0.1
"""Part of a lease that is left for closing a shard that could not be renewed."""
_LOOKED_AT = 16
_RELEASE_WITHIN = 2.0


class Shards:
    """serve(shard) is run for each shard that is held and cancelled when it is lost; one that raises ends the run.
    idle() is called when every shard is somebody else's at the start. lease: seconds. pause: seconds for each shard
    held before another is taken."""

    def __init__(
        self,
        sharing: Sharing,
        count: int,
        serve: Callable[[int], Awaitable[None]],
        idle: Callable[[], None],
        lease: float,
        pause: float,
    ) -> None:
        self._sharing, self._count, self._serve, self._idle = sharing, count, serve, idle
        self._lease, self._pause = lease, pause
        self._shards = deque(range(count))
        self._held: set[int] = set()

    async def run(self) -> None:
        """Until cancelled; then what was held is free for others at once."""
        try:
            async with asyncio.TaskGroup() as group:
                await self._take(group)
                if not self._held:
                    log.info("shards=none_free count=%s", self._count)
                    self._idle()
                while True:
                    await asyncio.sleep(self._lease / 3)
                    await self._take(group)
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def _take(self, group: asyncio.TaskGroup) -> None:
        """Take what is free, one after the other; of very many shards a few are looked at each time."""
        wanted = [shard for shard in self._shards if shard not in self._held][:_LOOKED_AT]
        self._shards.rotate(-_LOOKED_AT if len(wanted) == _LOOKED_AT else 0)
        for shard in wanted:
            asked = monotonic()
            if not await self._sharing.hold(self._role(shard), self._lease):
                continue
            if monotonic() > asked + self._lease * (1 - _MARGIN):
                continue  # the answer took so long that the lease is nearly over
            self._held.add(shard)
            log.info("shard=taken number=%s count=%s held=%s", shard, self._count, len(self._held))
            group.create_task(self._keep(shard, asked + self._lease))
            await asyncio.sleep(min(len(self._held) * self._pause, self._lease / 3))

    async def _keep(self, shard: int, ends: float) -> None:
        """Serve a shard for as long as it is ours. ends: when the lease does, unless it is renewed."""
        serving = asyncio.ensure_future(self._serve(shard))
        try:
            await self._renew(shard, ends, serving)
            log.warning("shard=lost number=%s count=%s", shard, self._count)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            self._held.discard(shard)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._sharing.release(self._role(shard)), _RELEASE_WITHIN)

    async def _renew(self, shard: int, ends: float, serving: "asyncio.Future[None]") -> None:
        """Returns when the lease is lost, in time to close the shard before it ends."""
        while True:
            await asyncio.wait({serving}, timeout=max(ends - monotonic(), 0.0) / 3)
            if serving.done():
                serving.result()
            asked = monotonic()
            try:
                left = ends - self._lease * _MARGIN - asked
                held = await asyncio.wait_for(self._sharing.hold(self._role(shard), self._lease), left)
            except TimeoutError:
                held = False
            if not held:
                return
            ends = asked + self._lease

    def _role(self, shard: int) -> str:
        return f"discord/shard/{self._count}/{shard}"

"""Who watches a room: each page that is open has a queue of what changed."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bot.platforms.simulator.terms import Change

_LIMIT = 1_000  # changes that a page may be behind


class Watchers:
    """Tells every watcher of every change. A watcher that is too far behind is told to reload instead."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Change]] = set()

    @contextmanager
    def watching(self) -> Iterator[asyncio.Queue[Change]]:
        """A queue of all that changes from now on."""
        queue: asyncio.Queue[Change] = asyncio.Queue(_LIMIT)
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)

    def tell(self, change: Change) -> None:
        for queue in self._queues:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(Change("reload"))
            queue.put_nowait(change)

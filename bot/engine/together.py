"""What comes at the same time is written in one transaction: whatever comes while one is under way waits for its end,
and goes into the next one together. Who comes alone waits for nobody."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from bot.cohorts.letters import lies_in_event
from bot.store.database import Database, lost_a_race

T = TypeVar("T")
R = TypeVar("R")

MOST_TOGETHER = 200
"""In one transaction: more bring nothing more, and hold up everybody else who writes."""


class Together(Generic[T, R]):
    """Writes what it is given, in the order in which it came. Holds only what nobody has been told is written."""

    def __init__(
        self,
        database: Database,
        write_all: Callable[[Session, Sequence[T]], Sequence[R]],
        write_one: Callable[[Session, T], R],
    ) -> None:
        """write_all: answers with one result for each; when it raises, each is written again by `write_one`, alone."""
        self._database, self._write_all, self._write_one = database, write_all, write_one
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._writing: asyncio.Task[None] | None = None

    async def write(self, each: T) -> R:
        """Returns when it is committed. Raises when it is not written, for a reason of its own or the record's."""
        written: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((each, written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._empty())
        return await written

    async def settle(self, at_most: float | None = None) -> None:
        """Wait until all that has come is written, or is not; or so many seconds."""
        if self._writing is not None:
            await asyncio.wait({self._writing}, timeout=at_most)

    async def _empty(self) -> None:
        try:
            while self._waiting:
                number = min(len(self._waiting), MOST_TOGETHER)
                await self._write([self._waiting.popleft() for _ in range(number)])
        finally:
            self._writing = None

    async def _write(self, together: list[tuple[T, "asyncio.Future[R]"]]) -> None:
        try:
            results = await self._database.run(self._write_all, [each for each, _ in together])
        except Exception as error:
            await self._write_each(together, error)
            return
        for (_, waiting), result in zip(together, results, strict=True):
            _settle(waiting, result)

    async def _write_each(self, together: list[tuple[T, "asyncio.Future[R]"]], error: Exception) -> None:
        """One of them may have brought along what the record cannot take, or what others are in the middle of: the rest
        is written without it. When the record cannot be reached, asking it for each would only take longer."""
        for each, waiting in together:
            if len(together) == 1 or not (lies_in_event(error) or lost_a_race(error)):
                _fail(waiting, error)
                continue
            try:
                _settle(waiting, await self._database.run(self._write_one, each))
            except Exception as its_own:
                _fail(waiting, its_own)


def _settle(waiting: "asyncio.Future[R]", result: R) -> None:
    if not waiting.done():  # who was cancelled waits no more
        waiting.set_result(result)


def _fail(waiting: "asyncio.Future[R]", error: Exception) -> None:
    if not waiting.done():
        waiting.set_exception(error)

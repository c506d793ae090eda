"""The limit over all routes, kept together with every other process that has the same token.

Turns are taken ahead, in batches: as many as there are callers, at most a third of a second's worth, and the next
batch while this one is in use. So one caller costs one question to the record and a burst of hundreds three a second.
What leaves here in one second may arrive there in less, by as much as two calls differ on their way: the 3 calls
between our 47 a second and Discord's 50 allow for 63 ms. We use up to 30 of them: a turn that was not used in time is
lost, and turns from a slow record are used sparingly. Whose way is less even than that is told so by a 429, once, and
is content with 45 for a while, which allow for 111 ms.
"""

import asyncio
import math
from collections import deque

from bot.chat.port import Sharing
from bot.clock import monotonic
from bot.platforms.discord.limits import CALLS_PER_SECOND, CAREFUL_CALLS_PER_SECOND, CAREFUL_FOR

CALLS = "discord/calls"

_BATCH = CALLS_PER_SECOND // 3
_LEAD = 0.25
"""Seconds before the last turn at hand at which the next ones are asked for."""
_SPREAD = 0.03
"""Seconds for which a turn may be used once it has come, less what is not known of when it came."""


class Gate:
    """Callers enter in the order in which they came. Belongs to one event loop; `stop` ends it."""

    def __init__(self, sharing: Sharing) -> None:
        self._sharing = sharing
        self._callers: deque[asyncio.Future[None]] = deque()
        self._turns: deque[float] = deque()
        self._closed_until = self._careful_until = -math.inf
        self._took = self._rest = 0.0
        self._asking: asyncio.Task[None] | None = None
        self._letting: asyncio.Task[None] | None = None
        self._telling: set[asyncio.Task[None]] = set()

    @property
    def closed_for(self) -> float:
        """Seconds for which surely nobody enters."""
        return max(self._closed_until - monotonic(), 0.0)

    async def enter(self) -> None:
        """Returns when a call may leave."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._callers.append(turn)
        self._ask_ahead()
        if self._letting is None or self._letting.done():
            self._letting = asyncio.create_task(self._let_in())
        await turn

    def close_for(self, seconds: float) -> None:
        """Discord's limit over all routes was met: nobody enters for a while, in no process."""
        self._closed_until = max(self._closed_until, monotonic() + seconds)
        self._careful_until = monotonic() + CAREFUL_FOR
        self._turns.clear()
        task = asyncio.create_task(self._sharing.close(CALLS, seconds))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    def stop(self) -> None:
        for task in (self._asking, self._letting, *self._telling):
            if task is not None:
                task.cancel()

    async def _let_in(self) -> None:
        while self._anybody():
            self._ask_ahead()
            if not self._turns:
                await self._answer()
            elif (wait := self._turns[0] - monotonic()) > 0:
                await asyncio.sleep(wait)
            elif self._turns.popleft() >= max(monotonic() - self._good_for, self._closed_until):
                self._callers.popleft().set_result(None)

    @property
    def _every(self) -> float:
        """Seconds between two turns."""
        return 1 / (CAREFUL_CALLS_PER_SECOND if monotonic() < self._careful_until else CALLS_PER_SECOND)

    @property
    def _good_for(self) -> float:
        return max(_SPREAD - self._took, _SPREAD / 2)

    def _anybody(self) -> bool:
        """Whether somebody waits; those who left are forgotten."""
        while self._callers and self._callers[0].done():
            self._callers.popleft()
        return bool(self._callers)

    def _ask_ahead(self) -> None:
        if self._asking is None or self._asking.done():
            left = self._turns[-1] - monotonic() if self._turns else 0.0
            if len(self._callers) > len(self._turns) and left < max(_LEAD, 2 * self._took):
                self._asking = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        await asyncio.sleep(self.closed_for)
        lacking = max(len(self._callers) - len(self._turns), 1)
        most = min(max(_BATCH, int(2 * self._took * CALLS_PER_SECOND)), CALLS_PER_SECOND)
        count, every, asked = min(lacking, most), self._every, monotonic()
        wait = await self._sharing.turn(CALLS, every, count)
        now = monotonic()
        self._took = now - asked
        first = max(now + wait, self._turns[-1] + every if self._turns else -math.inf)
        self._turns.extend(first + number * every for number in range(self._worth(count)))

    async def _answer(self) -> None:
        if self._asking is not None:
            await asyncio.wait({self._asking})

    def _worth(self, count: int) -> int:
        """How many of the turns to use. When they began is known to within the time that the answer took, so that calls
        of several processes may meet: used in full, 47 a second could become 47 * (1 + took) in one. What is left of a
        turn is kept for the next answer."""
        if self._took <= _SPREAD:
            return count
        worth = self._rest + count / (1 + self._took)
        self._rest = worth % 1
        return max(int(worth), 1)

"""Events and interactions on their way to the bot: again when they are not acknowledged, and noted either way."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from bot.fakes.slack.events import is_heard, to_callback
from bot.fakes.slack.http_events import HttpTarget
from bot.fakes.slack.socket import Ack, SocketHub, Trial
from bot.fakes.slack.timing import Timing
from bot.fakes.slack.world import Json, World


class Delivery:
    """`target`: HTTP instead of the sockets. `deaf`: nothing reaches the bot while it is set."""

    def __init__(self, world: World, hub: SocketHub, timing: Timing) -> None:
        self.world = world
        self.hub = hub
        self.timing = timing
        self.target: HttpTarget | None = None
        self.deaf = False
        self.sent: list[Json] = []
        self.acknowledged: list[Ack] = []
        self.trials: list[Trial] = []
        self.lost: list[Json] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    def tell(self, event: Json) -> None:
        """Send an event of the workspace, when the bot may hear it."""
        if is_heard(event, self.world):
            self.send_callback(to_callback(event, self.world))

    def send_callback(self, callback: Json) -> None:
        self.sent.append(callback)
        if self.deaf or self._closed:
            self.lost.append(callback)
        else:
            self._start(self._deliver(callback))

    async def ask(self, kind: str, payload: Json) -> Ack | None:
        """One interaction, which Slack never sends twice; None when it was not acknowledged."""
        if self.deaf:
            return None
        ack = await self._attempt(kind, payload, None)
        if ack is None:
            self.world.refused.append(f"{kind}: not acknowledged within {self.timing.acknowledge:g} s")
        return ack

    async def settle(self, seconds: float) -> None:
        """Wait until everything sent so far is acknowledged or given up. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while self._tasks:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def close(self) -> None:
        self._closed = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, callback: Json) -> None:
        if await self._attempt("events_api", callback, None):
            return
        for number, wait in enumerate(self.timing.retries, start=1):
            await asyncio.sleep(wait)
            if await self._attempt("events_api", callback, (number, "timeout" if not self.target else "http_timeout")):
                return
        self.lost.append(callback)

    async def _attempt(self, kind: str, payload: Json, retry: tuple[int, str] | None) -> Ack | None:
        trial = Trial(str(payload.get("event_id", "")), kind, retry[0] if retry else 0)
        self.trials.append(trial)
        ack = await (self.target or self.hub).attempt(kind, payload, retry, trial)
        if ack:
            self.acknowledged.append(ack)
        trial.acknowledged = ack is not None
        return ack

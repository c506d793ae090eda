"""The real program in this process, on a ground, rung by hand: for faults that need no killing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from crash_ground import Ground
from database_kinds import open_again
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.app import App, build_app, run_app
from bot.clock import monotonic
from bot.cohorts.deliveries import LEASE, retry_stuck
from bot.store.tables import Cohort, Delivery

POSTING = {"discord": "POST /channels/*/messages", "slack": "chat.postMessage"}
HISTORY = {"discord": "GET /channels/*/messages", "slack": "conversations.history"}
"""The platform's calls as a fault plan names them."""


@dataclass(frozen=True)
class Bot:
    app: App
    ground: Ground
    running: "asyncio.Task[None]"

    async def ring(self) -> None:
        """One post tick, now."""
        await asyncio.wait_for(self.app.engine.ring(), 20)

    async def ring_when_due(self) -> None:
        """Go to the moment of the next lesson or try, and ring."""
        self.ground.clock.advance_to(self.ground.next_due() + timedelta(seconds=1))
        await self.ring()

    async def ring_until_done(self, rounds: int = 12) -> None:
        """Ring at each next try, and when a lease has run out, until nothing is left to be sent."""
        for _ in range(rounds):
            if self._is_done():
                return
            await self.ring_when_due()
            if self.ground.next_due() <= self.ground.clock():
                self.ground.clock.advance_to(self.ground.clock() + LEASE + timedelta(seconds=1))

    def _is_done(self) -> bool:
        """Something was posted, nothing is left of it, and the next lesson is still to come: another ring would wait
        out what the platform has asked for, in real time."""
        states = self.ground.states()
        return bool(states) and not states["planned"] and self.ground.next_due() > self.ground.clock()

    async def try_again(self) -> None:
        """What a person does when the cause is cured."""
        await self.app.shop.database.run(_retry_all, self.ground)
        await self.ring()

    def deliveries(self) -> list[Delivery]:
        with Session(self.ground.record) as session:
            return list(session.scalars(select(Delivery).order_by(Delivery.id)))

    def delivery_in(self, channel: str) -> Delivery:
        """The one delivery of the channel's cohort."""
        with Session(self.ground.record) as session:
            return session.scalars(
                select(Delivery).join(Cohort, Cohort.id == Delivery.cohort_id).where(Cohort.channel == channel)
            ).one()


@asynccontextmanager
async def open_bot(ground: Ground, engine: Engine | None = None) -> AsyncIterator[Bot]:
    """The program, connected; it rings only when told."""
    engine = engine or open_again(ground.url)
    app = build_app(engine, ground.shelf, [ground.bot()], ground.clock, post_every=3600, collect_every=3600)
    running = asyncio.create_task(run_app(app))
    try:
        await until(lambda: running.done() or bool(app.shop.ready))
        yield Bot(app, ground, running)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await until(lambda: engine.pool.checkedout() == 0)  # type: ignore[attr-defined] # a thread ends its transaction
        engine.dispose()


async def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something that is about to happen; raises TimeoutError. What takes long to ask is asked less often."""
    async with asyncio.timeout(seconds):
        asked = monotonic()
        while not true():
            await asyncio.sleep(max(0.01, 3 * (monotonic() - asked)))
            asked = monotonic()


def _retry_all(session: Session, ground: Ground) -> None:
    for cohort in session.scalars(select(Cohort.id)):
        retry_stuck(session, cohort, ground.clock())

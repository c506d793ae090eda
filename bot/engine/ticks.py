"""What a tick does, whoever rings the bell, and the table of all ticks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.exc import SQLAlchemyError

from bot.cohorts.deliveries import next_wake, release_leases
from bot.engine.collecting import Collector
from bot.engine.commenting import COMMENT_EVERY
from bot.engine.delivering import deliver_due
from bot.engine.digesting import DIGEST_EVERY, digest_tick
from bot.engine.examining import EXAMINE_EVERY, examine_tick
from bot.engine.metrics import ticking
from bot.engine.noticing import NOTICE_EVERY, notice_tick
from bot.engine.planning import plan
from bot.engine.shop import Shop
from bot.engine.tending import TEND_EVERY, tend_tick
from bot.engine.upkeep import ALERT_EVERY, AUDIT_EVERY, PROBE_EVERY, alert_tick, audit_tick, probe_tick
from bot.talk.asking import reached_everywhere

log = logging.getLogger(__name__)


class Role(StrEnum):
    """What a process does; `homeroom run --role`."""

    ALL = "all"
    GATEWAY = "gateway"  # listens
    WORKER = "worker"  # posts, reads back, looks after what is out
    WEB = "web"  # serves pages, and hears what comes over HTTP


LISTENING = frozenset({Role.ALL, Role.GATEWAY, Role.WEB})
WORKING = frozenset({Role.ALL, Role.WORKER})
EVERYONE = frozenset(Role)


@dataclass(frozen=True)
class Tick:
    """Something done again and again.

    every: seconds. roles: who does it. own: it is about a process's own memory, so each process does it for itself;
    else it is about the record, and one process does it for all. plans: it puts lessons into the ledger or posts them,
    which waits while the clock cannot be trusted.
    """

    name: str
    every: float
    do: Callable[[Shop, Mapping[str, Collector]], Awaitable[None]]
    roles: frozenset[Role]
    own: bool = False
    plans: bool = False

    async def ring(self, shop: Shop, collectors: Mapping[str, Collector]) -> None:
        """Do it once. Never raises: a record that cannot be reached is one log line, and so is what nobody foresaw; the
        next ring finds everything where it was."""
        if self.plans and not shop.may_act():
            return
        try:
            with ticking(shop, self.name):
                await self.do(shop, collectors)
        except SQLAlchemyError as error:
            log.error("tick name=%s outcome=no-database error=%s", self.name, type(error).__name__)
        except Exception as error:
            log.error("tick name=%s outcome=unforeseen error=%s", self.name, type(error).__name__)


async def start(shop: Shop, *, alone: bool) -> None:
    """Once, before the first tick. alone: no other process can be on this record, so nobody holds a lease; else a
    lease that a crash left behind runs out by itself."""
    for platform in shop.platforms.values() if alone else ():
        left = await shop.database.run(release_leases, platform.name, platform.settles_in, shop.clock())
        if left:
            log.info("start platform=%s leases_released=%d", platform.name, left)
    await look_where_they_stand(shop)


async def post(shop: Shop, _: Mapping[str, Collector]) -> None:
    """Take a new course when there is one, put what is due into the ledger and send it."""
    await asyncio.to_thread(shop.shelf.refresh)
    await plan(shop)
    await deliver_due(shop)


async def refresh_course(shop: Shop, _: Mapping[str, Collector]) -> None:
    """Take a new course when there is one."""
    await asyncio.to_thread(shop.shelf.refresh)


async def collect(shop: Shop, collectors: Mapping[str, Collector]) -> None:
    """Read the threads that may hold what was not heard; what stops one platform's reading stops no other's."""
    ready = [collector for name, collector in collectors.items() if name in shop.ready]
    for outcome in await asyncio.gather(*(each.catch_up() for each in ready), return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


async def comment(shop: Shop, collectors: Mapping[str, Collector]) -> None:
    """Put feedback before the writers of answers."""
    for name, collector in collectors.items():
        if name in shop.ready:
            await collector.comment()


async def note_gaps(shop: Shop, collectors: Mapping[str, Collector]) -> None:
    """Write down that events may have been lost, for whoever reads threads. Not before what comes is heard again."""
    for name, collector in collectors.items():
        if name in shop.ready:
            await collector.note_gap()


async def look_where_they_stand(shop: Shop, _: Mapping[str, Collector] | None = None) -> None:
    """What suggestions are made from: another process may have posted a lesson, or opened a cohort."""
    found = await shop.database.run(reached_everywhere)
    for place in shop.reached.keys() - found.keys():
        del shop.reached[place]
    shop.reached.update(found)


async def next_moment(shop: Shop) -> datetime | None:
    """When there will be something to do next: what a rehearsal moves its clock to."""
    return await shop.database.run(next_wake)


def _with_shop(tick: Callable[[Shop], Awaitable[None]]) -> Callable[[Shop, Mapping[str, Collector]], Awaitable[None]]:
    async def do(shop: Shop, _: Mapping[str, Collector]) -> None:
        await tick(shop)

    return do


POST = Tick("post", 5.0, post, WORKING, plans=True)
"""What the embedded engine posts with; the scaled one has a tick of its own instead, which makes jobs."""

TICKS = (
    Tick("collect", 30.0, collect, WORKING),
    Tick("feedback", COMMENT_EVERY, comment, WORKING),
    Tick("audit", AUDIT_EVERY, _with_shop(audit_tick), WORKING),
    Tick("alert", ALERT_EVERY, _with_shop(alert_tick), WORKING, plans=True),
    Tick("probe", PROBE_EVERY, _with_shop(probe_tick), WORKING),
    Tick("examine", EXAMINE_EVERY, _with_shop(examine_tick), WORKING),
    Tick("tend", TEND_EVERY, _with_shop(tend_tick), WORKING),
    Tick("digest", DIGEST_EVERY, _with_shop(digest_tick), WORKING, plans=True),
    Tick("notice", NOTICE_EVERY, _with_shop(notice_tick), WORKING),
    Tick("gap", 10.0, note_gaps, LISTENING, own=True),
    Tick("reached", 60.0, look_where_they_stand, LISTENING, own=True),
    Tick("course", 5.0, refresh_course, EVERYONE, own=True),
)
"""Every other tick, for both engines. A new one is one line here."""

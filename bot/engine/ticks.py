"""What a tick does, whoever rings the bell: plan, deliver, catch up, keep house."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from bot.cohorts.deliveries import next_wake, plan_due, release_leases
from bot.engine.collecting import Collector
from bot.engine.delivering import deliver_due
from bot.engine.shop import Shop
from bot.talk.asking import reached_everywhere

log = logging.getLogger(__name__)

PLANNED_AT_ONCE = 200


async def start(shop: Shop, *, alone: bool) -> None:
    """Once, before the first tick. alone: no other process can be on this record, so nobody holds a lease; else a
    lease that a crash left behind runs out by itself."""
    for platform in shop.platforms.values() if alone else ():
        left = await shop.database.run(release_leases, platform.name, platform.settles_in, shop.clock())
        if left:
            log.info("start platform=%s leases_released=%d", platform.name, left)
    shop.reached.update(await shop.database.run(reached_everywhere))


async def post_tick(shop: Shop) -> None:
    """Put what is due into the ledger and send it. A record that cannot be reached is one log line; the next tick
    finds everything where it was."""
    try:
        await asyncio.to_thread(shop.shelf.refresh)
        while await shop.database.run(plan_due, shop.shelf.day_after, shop.clock(), PLANNED_AT_ONCE):
            pass
        await deliver_due(shop)
    except SQLAlchemyError as error:
        log.error("tick name=post outcome=no-database error=%s", type(error).__name__)


async def collect_tick(shop: Shop, collectors: Mapping[str, Collector]) -> None:
    """Read the threads that may hold what was not heard."""
    for name, collector in collectors.items():
        if name not in shop.ready:
            continue
        try:
            await collector.catch_up()
        except SQLAlchemyError as error:
            log.error("tick name=collect outcome=no-database error=%s", type(error).__name__)


async def next_moment(shop: Shop) -> datetime | None:
    """When there will be something to do next: what a rehearsal moves its clock to."""
    return await shop.database.run(next_wake)

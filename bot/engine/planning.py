"""What is due goes into the ledger, whichever tick sees to it."""

from bot.cohorts.deliveries import plan_due
from bot.engine.shop import Shop

PLANNED_AT_ONCE = 200


async def plan(shop: Shop) -> None:
    """Put what is due into the ledger. Raises SQLAlchemyError when the record cannot be reached."""
    while await shop.database.run(plan_due, shop.shelf.day_after, shop.clock(), PLANNED_AT_ONCE):
        pass

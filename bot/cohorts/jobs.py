"""Which deliveries a job is to be made for, where several processes share the work.

A job is a hint and nothing more: who takes it has to claim the delivery like everybody else. One that is lost is made
again, one that is made twice finds nothing to claim.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_
from sqlalchemy.orm import Session

from bot.cohorts.deliveries import LEASE, claimable
from bot.store.tables import Delivery


def take_due(session: Session, platforms: Sequence[str], now: datetime, limit: int) -> Mapping[int, str]:
    """The deliveries that can be claimed and have no job, at most `limit`: id → platform, in the order in which they
    are due. They count as having one from here on, for LEASE or until their next try."""
    jobless = or_(
        Delivery.enqueued_at.is_(None),
        Delivery.enqueued_at < now - LEASE,
        Delivery.enqueued_at < Delivery.next_try_at,
    )
    in_order = claimable().where(jobless).order_by(Delivery.next_try_at, Delivery.id).limit(limit)
    taken = in_order.with_for_update(of=Delivery, skip_locked=True)
    rows = session.execute(taken, {"platforms": platforms, "now": now}).all()
    for delivery, _ in rows:
        delivery.enqueued_at = now
    return {delivery.id: on.platform for delivery, on in rows}

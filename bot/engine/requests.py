"""Which signed requests have been heard, for processes that serve them behind one address."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock, monotonic
from bot.store.database import Database
from bot.store.tables import HeardRequest

SWEEP_EVERY = 60.0  # seconds between two sweeps by one process


class HeardRequests:
    """Never raises: when the record cannot be reached, each process goes by what it has heard itself."""

    def __init__(self, database: Database, clock: Clock, kept: timedelta, now: Callable[[], float] = monotonic) -> None:
        """kept: how long a request could be sent again."""
        self._database, self._clock, self._kept, self._now = database, clock, kept, now
        self._swept_at = float("-inf")

    async def enter(self, signature: str) -> bool:
        """Whether it is new; then it stands there now."""
        sweep = self._now() - self._swept_at > SWEEP_EVERY
        try:
            if sweep:
                self._swept_at = self._now()
                await self._database.run(forget_requests, self._clock() - self._kept)
            return await self._database.run(note_request, signature, self._clock())
        except SQLAlchemyError:
            return True

    async def strike(self, signature: str) -> None:
        """It has not been heard after all."""
        try:
            await self._database.run(strike_request, signature)
        except SQLAlchemyError:
            return  # whoever sends it again does so with another stamp


def note_request(session: Session, signature: str, now: datetime) -> bool:
    """Write it down; False when it stands there already."""
    try:
        with session.begin_nested():
            session.add(HeardRequest(signature=signature, at=now))
    except IntegrityError:
        return False
    return True


def strike_request(session: Session, signature: str) -> None:
    session.execute(delete(HeardRequest).where(HeardRequest.signature == signature))


def forget_requests(session: Session, before: datetime) -> None:
    session.execute(delete(HeardRequest).where(HeardRequest.at < before))

"""What processes with one token agree on: whose turn it is, what has been spent, who holds a role.

The record is the meeting place. When it cannot be reached, each process goes on by its own count, which it keeps all
the while; the platform's own refusals are then what keeps several of them in bounds.
"""

import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import CursorResult, delete, or_, select, text, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock, monotonic
from bot.engine.counting import Counts
from bot.store.database import Database, wait_for_turn
from bot.store.tables import Holding, Spending, Turn

log = logging.getLogger(__name__)

LONGEST = timedelta(hours=1)
"""Nothing is closed or held for longer. A moment that lies further ahead was written before the clock was set back."""

LOOK_AGAIN = 5.0
"""Seconds without a further try when the record could not be reached: each try may take as long as a connection."""

P = ParamSpec("P")
R = TypeVar("R")


class DatabaseSharing:
    """See `bot.chat.port.Sharing`. Never raises.

    alone: no other process can be on this record. Then turns and roles need nobody's agreement and stay in memory; what
    is spent is written down all the same, because it has to outlive a crash.
    """

    def __init__(self, database: Database, clock: Clock, *, alone: bool) -> None:
        self._database, self._clock, self._alone = database, clock, alone
        self._owner = secrets.token_hex(16)
        self._counts = Counts()
        self._out_since: float | None = None

    async def turn(self, scope: str, every: float, count: int = 1) -> float:
        if not self._alone:
            wait = await self._ask(take_turn, scope, every, count, self._clock())
            if wait is not None:
                self._counts.note_turn(scope, wait + every * count)
                return wait
        return self._counts.turn(scope, every * count)

    async def close(self, scope: str, seconds: float) -> None:
        seconds = min(seconds, LONGEST.total_seconds())
        self._counts.note_turn(scope, seconds)
        if not self._alone:
            await self._ask(close_until, scope, seconds, self._clock())

    async def spend(self, scope: str, most: int, within: float) -> float:
        wait = await self._ask(spend_one, scope, most, within, self._clock())
        if wait is None:
            return self._counts.spend(scope, most, within)
        if wait == 0.0:
            self._counts.note_spent(scope, within)
        return wait

    async def hold(self, role: str, seconds: float) -> bool:
        if self._alone:
            return True
        seconds = min(seconds, LONGEST.total_seconds())
        ours = await self._ask(take_role, role, self._owner, seconds, self._clock())
        if ours is None:  # nobody can be asked: who has it goes on, who has it not does not begin
            return role in self._counts.roles
        (self._counts.roles.add if ours else self._counts.roles.discard)(role)
        return ours

    async def release(self, role: str) -> None:
        self._counts.roles.discard(role)
        if not self._alone:
            await self._ask(leave_role, role, self._owner)

    async def _ask(self, function: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R | None:
        """The record's answer; None when it cannot be reached, which is told once an outage."""
        if self._out_since is not None and monotonic() - self._out_since < LOOK_AGAIN:
            return None
        try:
            answer = await self._database.run(function, *args, **kwargs)
        except SQLAlchemyError as error:
            if self._out_since is None:
                log.error("sharing outcome=own-count error=%s", type(error).__name__)
            self._out_since = monotonic()
            return None
        if self._out_since is not None:
            log.info("sharing outcome=shared-again")
            self._out_since = None
        return answer


def take_turn(session: Session, scope: str, every: float, count: int, now: datetime) -> float:
    """Take `count` turns, `every` seconds apart; seconds until the first. Nobody waits for the disk: a turn that a
    crash of the server makes it forget is over before the server is back."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL synchronous_commit TO off"))
    row = _turn(session, scope, now)
    first = _not_before(row.next_at, now)
    row.next_at = first + timedelta(seconds=every * count)
    return (first - now).total_seconds()


def close_until(session: Session, scope: str, seconds: float, now: datetime) -> bool:
    """Nobody's turn comes within `seconds`."""
    row = _turn(session, scope, now)
    row.next_at = max(_not_before(row.next_at, now), now + timedelta(seconds=seconds))
    return True


def spend_one(session: Session, scope: str, most: int, within: float, now: datetime) -> float:
    """Spend one of `most` in `within` seconds: 0.0; else the seconds until one is free. What is older is forgotten."""
    wait_for_turn(session, "spend", scope)
    session.execute(delete(Spending).where(Spending.scope == scope, Spending.at <= now - timedelta(seconds=within)))
    spent = session.scalars(select(Spending.at).where(Spending.scope == scope).order_by(Spending.at)).all()
    if len(spent) < most:
        session.add(Spending(scope=scope, at=now))
        return 0.0
    if most <= 0:
        return within
    return (spent[len(spent) - most] - now).total_seconds() + within


def take_role(session: Session, role: str, owner: str, seconds: float, now: datetime) -> bool:
    """Take the role, or renew it, for `seconds`; False while somebody else has it."""
    until = now + timedelta(seconds=seconds)
    free = or_(Holding.owner == owner, Holding.lease_until < now, Holding.lease_until > now + LONGEST)
    taken = session.execute(
        update(Holding).where(Holding.role == role, free).values(owner=owner, lease_until=until),
        execution_options={"synchronize_session": False},
    )
    if isinstance(taken, CursorResult) and taken.rowcount == 1:
        return True
    try:
        with session.begin_nested():
            session.add(Holding(role=role, owner=owner, lease_until=until))
    except IntegrityError:
        return False
    return True


def leave_role(session: Session, role: str, owner: str) -> bool:
    """Let the role go, if it is `owner`'s."""
    session.execute(delete(Holding).where(Holding.role == role, Holding.owner == owner))
    return True


def _turn(session: Session, scope: str, now: datetime) -> Turn:
    """The scope's row, locked; made when it is not there."""
    row = session.get(Turn, scope, with_for_update=True)
    if row is not None:
        return row
    try:
        with session.begin_nested():
            row = Turn(scope=scope, next_at=now)
            session.add(row)
        return row
    except IntegrityError:
        return session.get_one(Turn, scope, with_for_update=True, populate_existing=True)


def _not_before(next_at: datetime, now: datetime) -> datetime:
    return next_at if now < next_at <= now + LONGEST else now

"""What all processes with one token have to agree on."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.columns import Id, Reference
from bot.store.tables.declaring import Table


class Turn(Table):
    """What processes with one token take turns at: calls over all routes, posts in one channel, identifies.
    next_at: the first moment that nobody has taken."""

    __tablename__ = "turns"

    scope: Mapped[str] = mapped_column(Reference(128), primary_key=True)
    next_at: Mapped[datetime]


class Spending(Table):
    """One use of something that a platform allows only so often in a day."""

    __tablename__ = "spendings"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    scope: Mapped[str] = mapped_column(Reference(128))
    at: Mapped[datetime]

    __table_args__ = (Index("ix_spendings_scope", "scope", "at"),)


class Holding(Table):
    """A role that one process has at a time (a shard of the gateway), for as long as it renews the lease."""

    __tablename__ = "holdings"

    role: Mapped[str] = mapped_column(Reference(128), primary_key=True)
    owner: Mapped[str] = mapped_column(Reference(64))
    lease_until: Mapped[datetime]

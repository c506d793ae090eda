"""The ledger: what was put before a cohort, message by message."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, literal_column
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.columns import Id, PeoplesText, Reference
from bot.store.tables.declaring import Table

_OPEN = sql("state = 'planned'")
_BLOCKED = sql("state = 'blocked'")
_DEAD = sql("state = 'dead'")
_UNALERTED = sql("alerted_at IS NULL AND state IN ('planned', 'blocked', 'dead')")


class Delivery(Table):
    """One lesson put before one channel, once: the ledger.

    planned: to be posted, or being posted while `lease_until` is ahead. done: every message and thread stands.
    blocked: only a person can cure `reason`; looked at again, without posting, at `next_try_at` (`probes`: how often
    that was in vain). dead: given up, `reason` says why. skipped: never to be posted.
    attempt: counts the claims; it is the fence that keeps an old holder of the lease from writing.
    closes_at: answers are on time until then. posted_at: when the first message was out. enqueued_at: when a job was
    made for it; only a hint. alerted_at: when somebody was told that it is late.
    """

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10), default="lesson")
    local_date: Mapped[date]
    lesson: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="planned")
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    lease_until: Mapped[datetime | None]
    next_try_at: Mapped[datetime]
    posted_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Reference(200))
    probes: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    enqueued_at: Mapped[datetime | None]
    alerted_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("cohort_id", "kind", "local_date"),
        Index(
            "uq_deliveries_lesson_once",
            "cohort_id",
            "kind",
            "lesson",
            unique=True,
            sqlite_where=sql("state <> 'skipped'"),
            postgresql_where=sql("state <> 'skipped'"),
        ),
        CheckConstraint("state IN ('planned', 'done', 'blocked', 'dead', 'skipped')", name="state"),
        Index("ix_deliveries_open", "next_try_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_deliveries_blocked", "next_try_at", sqlite_where=_BLOCKED, postgresql_where=_BLOCKED),
        Index("ix_deliveries_dead", "id", sqlite_where=_DEAD, postgresql_where=_DEAD),
        Index("ix_deliveries_unalerted", "due_at", sqlite_where=_UNALERTED, postgresql_where=_UNALERTED),
    )


_TO_SWEEP = sql("sweep_at IS NOT NULL")
_TO_AUDIT = sql("audit_at IS NOT NULL")
_UNKEPT = "pin IN ('wanted', 'unwanted')"
_TO_EDIT = sql("new_body IS NOT NULL")


class Message(Table):
    """One message of a delivery: a page of the lesson, or a writing prompt with its thread.

    body: the rendered JSON, kept when the first attempt begins, so that every attempt sends the same bytes.
    tried_at: committed before the call that may post it; from then on nobody posts it without looking first.
    unread: the thread may hold what we have not heard; it is to be read. sweep_at: when it is read whole in any case;
    None when it has been for the last time. audit_at: when the channel is next searched for a second copy of the
    message; audits: how often it has been. new_body: what it is to become, until the platform has taken it.
    pin: "wanted", "pinned", or "unwanted" until it is taken down.
    """

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    prompt: Mapped[str | None] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(Reference(25), unique=True)
    body: Mapped[str] = mapped_column(PeoplesText)
    tried_at: Mapped[datetime | None]
    platform: Mapped[str] = mapped_column(String(20))
    ref: Mapped[str | None] = mapped_column(Reference(128))
    thread: Mapped[str | None] = mapped_column(Reference(128))
    unread: Mapped[bool] = mapped_column(default=False)
    sweep_at: Mapped[datetime | None]
    audit_at: Mapped[datetime | None]
    audits: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    new_body: Mapped[str | None] = mapped_column(PeoplesText)
    pin: Mapped[str | None] = mapped_column(String(8))

    __table_args__ = (
        UniqueConstraint("delivery_id", "number"),
        UniqueConstraint("platform", "ref"),
        UniqueConstraint("platform", "thread"),
        Index(
            "ix_messages_unread",
            "id",
            sqlite_where=sql("unread"),
            postgresql_where=sql("unread"),
        ),
        Index("ix_messages_sweep", "sweep_at", sqlite_where=_TO_SWEEP, postgresql_where=_TO_SWEEP),
        CheckConstraint("pin IN ('wanted', 'pinned', 'unwanted')", name="pin"),
        Index("ix_messages_audit", "audit_at", sqlite_where=_TO_AUDIT, postgresql_where=_TO_AUDIT),
        Index("ix_messages_pin", "id", sqlite_where=sql(_UNKEPT), postgresql_where=sql(_UNKEPT)),
        Index("ix_messages_edit", "id", sqlite_where=_TO_EDIT, postgresql_where=_TO_EDIT),
    )


# See `cohorts`: the conditions of partial indexes, to the letter.
PLANNED = Delivery.state == literal_column("'planned'")
BLOCKED = Delivery.state == literal_column("'blocked'")
UNALERTED = Delivery.alerted_at.is_(None) & Delivery.state.in_(
    [literal_column(word) for word in ("'planned'", "'blocked'", "'dead'")]
)
UNREAD = sql("messages.unread")
UNKEPT = Message.pin.in_([literal_column(word) for word in ("'wanted'", "'unwanted'")])

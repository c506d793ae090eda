"""Every table. Uniqueness and range are rules of the schema; what a row means is told where it is written (`cohorts`).

Times are aware UTC in Python (`UtcDateTime`), dates are the cohort's own calendar dates. Texts that came from people
are stored in `PeoplesText`, references in `Reference`: both take whatever a platform may send.
"""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Time,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bot.store.columns import Id, PeoplesText, Reference, UtcDateTime


class Table(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime(), date: Date(), time: Time()}  # noqa: RUF012 - SQLAlchemy's own form


class Cohort(Table):
    """A group that takes the course together in one channel.

    key: random, never shown; the markers of its posts are made from it. weekdays: bit 0 is Monday. next_*: the lesson
    that the planner puts into the ledger next; None when nothing comes any more (or while paused). catch_up: what
    becomes of lessons whose time has passed unposted. alerts: the channel where its facilitators are told of trouble;
    without one they are told privately.
    """

    __tablename__ = "cohorts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    platform: Mapped[str] = mapped_column(String(20))
    workspace: Mapped[str] = mapped_column(Reference(64))
    channel: Mapped[str] = mapped_column(Reference(64))
    name: Mapped[str] = mapped_column(PeoplesText)
    course: Mapped[str] = mapped_column(String(40))
    zone: Mapped[str] = mapped_column(String(64))
    post_time: Mapped[time]
    weekdays: Mapped[int] = mapped_column(Integer)
    start_date: Mapped[date]
    next_lesson: Mapped[int | None] = mapped_column(Integer)
    next_date: Mapped[date | None]
    next_due_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(10), default="active")
    catch_up: Mapped[str] = mapped_column(String(8), default="all", server_default="all")
    alerts: Mapped[str | None] = mapped_column(Reference(64))
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("platform", "workspace", "name"),
        CheckConstraint("state IN ('active', 'paused', 'finished')", name="state"),
        CheckConstraint("catch_up IN ('all', 'shift', 'latest')", name="catch_up"),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        Index(
            "uq_cohorts_one_per_channel",
            "platform",
            "channel",
            unique=True,
            sqlite_where=sql("state <> 'finished'"),
            postgresql_where=sql("state <> 'finished'"),
        ),
        Index(
            "ix_cohorts_due",
            "next_due_at",
            sqlite_where=sql("state = 'active'"),
            postgresql_where=sql("state = 'active'"),
        ),
    )


class DayOff(Table):
    """Dates on which a cohort has no lesson, first and last included."""

    __tablename__ = "days_off"

    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"), primary_key=True)
    first_date: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    last_date: Mapped[date]
    note: Mapped[str] = mapped_column(PeoplesText, default="")

    __table_args__ = (
        CheckConstraint("kind IN ('holiday', 'break')", name="kind"),
        CheckConstraint("first_date <= last_date", name="order"),
    )


class Member(Table):
    """A person as one platform knows them in one workspace."""

    __tablename__ = "members"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform: Mapped[str] = mapped_column(String(20))
    workspace: Mapped[str] = mapped_column(Reference(64))
    ref: Mapped[str] = mapped_column(Reference(64))
    name: Mapped[str] = mapped_column(PeoplesText)

    __table_args__ = (UniqueConstraint("platform", "workspace", "ref"),)


class Enrollment(Table):
    """A member in a cohort. joined_on: the cohort's own date. Who leaves keeps the row and what they wrote."""

    __tablename__ = "enrollments"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(12))
    joined_on: Mapped[date]
    left_on: Mapped[date | None]

    __table_args__ = (
        UniqueConstraint("cohort_id", "member_id"),
        CheckConstraint("role IN ('learner', 'facilitator', 'observer')", name="role"),
    )


class Absence(Table):
    """Dates on which a member is excused, first and last included."""

    __tablename__ = "absences"

    enrollment_id: Mapped[int] = mapped_column(ForeignKey("enrollments.id", ondelete="CASCADE"), primary_key=True)
    first_date: Mapped[date] = mapped_column(primary_key=True)
    last_date: Mapped[date]

    __table_args__ = (CheckConstraint("first_date <= last_date", name="order"),)


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


class Message(Table):
    """One message of a delivery: a page of the lesson, or a writing prompt with its thread.

    body: the rendered JSON, kept when the first attempt begins, so that every attempt sends the same bytes.
    tried_at: committed before the call that may post it; from then on nobody posts it without looking first.
    unread: the thread may hold what we have not heard; it is to be read. sweep_at: when it is read whole in any case;
    None when it has been for the last time. audit_at: when the channel is next searched for a second copy of the
    message; audits: how often it has been.
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
        Index("ix_messages_audit", "audit_at", sqlite_where=_TO_AUDIT, postgresql_where=_TO_AUDIT),
    )


class Submission(Table):
    """A reply kept as (part of) a member's answer to one prompt.

    ref: the message that holds it; "form:…" for a form. text and revision: as they are now; every version is a
    Revision. withdrawn_at: the member deleted it. receipted: the member has been told that it is kept.
    """

    __tablename__ = "submissions"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    platform: Mapped[str] = mapped_column(String(20))
    ref: Mapped[str] = mapped_column(Reference(128))
    text: Mapped[str] = mapped_column(PeoplesText)
    revision: Mapped[int] = mapped_column(BigInteger)
    sent_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    receipted: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        UniqueConstraint("platform", "ref"),
        Index("ix_submissions_answer", "message_id", "member_id"),
        Index(
            "ix_submissions_unreceipted",
            "id",
            sqlite_where=sql("NOT receipted"),
            postgresql_where=sql("NOT receipted"),
        ),
    )


class Revision(Table):
    """One version of a submission. revision: 0 as first written, else the edit's moment in microseconds since 1970."""

    __tablename__ = "revisions"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    text: Mapped[str] = mapped_column(PeoplesText)


class Tombstone(Table):
    """A message that was deleted before we knew it: whatever arrives of it later stays deleted."""

    __tablename__ = "tombstones"

    platform: Mapped[str] = mapped_column(String(20), primary_key=True)
    ref: Mapped[str] = mapped_column(Reference(128), primary_key=True)
    at: Mapped[datetime]


class DeadLetter(Table):
    """An event that could not be kept for a reason that lies in itself: its words wait here until somebody looks."""

    __tablename__ = "dead_letters"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    ref: Mapped[str] = mapped_column(Reference(128))
    body: Mapped[str] = mapped_column(PeoplesText)
    reason: Mapped[str] = mapped_column(Reference(200))
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("platform", "kind", "ref"),)


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


# A partial index serves a question only when its condition stands in it to the letter: SQLite takes neither a word
# that is a parameter nor `= 1` for it.
ACTIVE = Cohort.state == literal_column("'active'")
PLANNED = Delivery.state == literal_column("'planned'")
BLOCKED = Delivery.state == literal_column("'blocked'")
UNALERTED = Delivery.alerted_at.is_(None) & Delivery.state.in_(
    [literal_column(word) for word in ("'planned'", "'blocked'", "'dead'")]
)
UNREAD = sql("messages.unread")
UNRECEIPTED = sql("NOT submissions.receipted")


def columns(row: Table) -> dict[str, Any]:
    """A row's columns by name: for tests and exports."""
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}

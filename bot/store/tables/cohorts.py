"""Who takes the course together, and when."""

from datetime import date, datetime, time

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    false,
    literal_column,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.columns import Id, PeoplesText, Reference
from bot.store.tables.declaring import Table

_DIGESTED = sql("next_digest_at IS NOT NULL")
_UNEXAMINED = sql("examined_at IS NULL")


class Cohort(Table):
    """A group that takes the course together in one channel.

    key: random, never shown; the markers of its posts are made from it. weekdays: bit 0 is Monday. next_*: the lesson
    that the planner puts into the ledger next; None when nothing comes any more (or while paused). catch_up: what
    becomes of lessons whose time has passed unposted. alerts: the channel where its facilitators are told of trouble;
    without one they are told privately. ping: the role or group that each lesson mentions. pins: how many of its
    lessons stay pinned. examined_at: when it was looked at whether everything is allowed there, before its first one.
    country: whose public holidays are days off ("CH", "CH-ZH"). silent_after: lessons missed in a row after which
    facilitators hear of somebody. digest_*: the weekday (0 is Monday) and time of the weekly digest, and its next
    instant; None where nobody wants one. calendar_key: what the address of its calendar feed ends with; a new one
    closes the old. archived_at: since then it is out of every list; it is finished, and everything stays kept.
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
    ping: Mapped[str | None] = mapped_column(Reference(64))
    pins: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    examined_at: Mapped[datetime | None]
    country: Mapped[str | None] = mapped_column(String(10))
    silent_after: Mapped[int] = mapped_column(Integer, default=2, server_default="2")
    digest_day: Mapped[int | None] = mapped_column(Integer)
    digest_time: Mapped[time | None]
    next_digest_at: Mapped[datetime | None]
    calendar_key: Mapped[str | None] = mapped_column(Reference(64), unique=True)
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("platform", "workspace", "name"),
        CheckConstraint("state IN ('active', 'paused', 'finished')", name="state"),
        CheckConstraint("catch_up IN ('all', 'shift', 'latest')", name="catch_up"),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        CheckConstraint("pins BETWEEN 0 AND 20", name="pins"),
        CheckConstraint("silent_after BETWEEN 1 AND 60", name="silent_after"),
        CheckConstraint("digest_day BETWEEN 0 AND 6", name="digest_day"),
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
        Index("ix_cohorts_unexamined", "next_due_at", sqlite_where=_UNEXAMINED, postgresql_where=_UNEXAMINED),
        Index("ix_cohorts_digest", "next_digest_at", sqlite_where=_DIGESTED, postgresql_where=_DIGESTED),
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


class SkippedLesson(Table):
    """A lesson that a cohort leaves out: the next one takes its date."""

    __tablename__ = "skipped_lessons"

    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"), primary_key=True)
    lesson: Mapped[int] = mapped_column(Integer, primary_key=True)


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
    """A member in a cohort. joined_on: the cohort's own date. Who leaves keeps the row and what they wrote. quiet: they
    want no notes about what is kept, our reaction is enough."""

    __tablename__ = "enrollments"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(12))
    joined_on: Mapped[date]
    left_on: Mapped[date | None]
    quiet: Mapped[bool] = mapped_column(default=False, server_default=false())
    changes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")

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


class Tally(Table):
    """What one enrollment has answered, added up, so that a report need not read every submission. It is only what can
    be read there again: one whose `changes` are not the enrollment's own is stale. answers: see `cohorts.tallies`."""

    __tablename__ = "tallies"

    enrollment_id: Mapped[int] = mapped_column(ForeignKey("enrollments.id", ondelete="CASCADE"), primary_key=True)
    changes: Mapped[int] = mapped_column(BigInteger)
    answers: Mapped[bytes]


# A partial index serves a question only when its condition stands in it to the letter: SQLite takes neither a word
# that is a parameter nor `= 1` for it.
DIGESTED = Cohort.next_digest_at.is_not(None)
ACTIVE = Cohort.state == literal_column("'active'")
UNEXAMINED = Cohort.examined_at.is_(None) & (Cohort.state + "" == "active")
"""The state is asked in a way that no index serves: SQLite would sometimes take that of what is due instead."""

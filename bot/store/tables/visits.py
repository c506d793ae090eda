"""Who comes in by the web, and what facilitators did."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.columns import Id, PeoplesText, Reference
from bot.store.tables.declaring import Table


class SignInLink(Table):
    """A link that lets one member in once. hash: of its secret, which stands nowhere. manages: the platform let them
    administer the cohort's place when they asked for it."""

    __tablename__ = "sign_in_links"

    hash: Mapped[str] = mapped_column(Reference(64), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"), index=True)
    manages: Mapped[bool]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class Visit(Table):
    """A member who is signed in on one browser. hash: of the secret that its cookie holds. cohort and manages: the
    link's. seen_at: when it was last used, to the minute."""

    __tablename__ = "visits"

    hash: Mapped[str] = mapped_column(Reference(64), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"), index=True)
    manages: Mapped[bool]
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class AuditEntry(Table):
    """Something that somebody did in a cohort beyond reading its numbers: a setting, an excuse, feedback, a member's
    whole path opened, an export. about: the member whom it concerns. says: what changed, from what to what; never a
    member's words."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"), index=True)
    about_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"), index=True)
    action: Mapped[str] = mapped_column(String(30))
    says: Mapped[str] = mapped_column(PeoplesText)
    at: Mapped[datetime]

    __table_args__ = (Index("ix_audit_entries_cohort", "cohort_id", "id"),)


_UNSAID = sql("told_at IS NULL")


class Notice(Table):
    """Something said once in a cohort's channel that is no lesson: an invitation to join, or ("shared") what somebody
    was told and showed to all, which is told as soon as it is kept. tried_at: committed before the call that may post
    it; what is unclear after it is looked for by its key, and never posted twice. ping: the role or group that it
    mentions."""

    __tablename__ = "notices"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"), index=True)
    platform: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(10))
    ping: Mapped[str | None] = mapped_column(Reference(64))
    key: Mapped[str] = mapped_column(Reference(25), unique=True)
    at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_notices_unsaid", "id", sqlite_where=_UNSAID, postgresql_where=_UNSAID),)


# See `cohorts`: the conditions of partial indexes, to the letter.
UNSAID = Notice.told_at.is_(None)

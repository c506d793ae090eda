"""What members wrote, every version of it, and what was said about it."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.columns import Id, PeoplesText, Reference
from bot.store.tables.declaring import Table


class Submission(Table):
    """A reply kept as (part of) a member's answer to one prompt.

    ref: the message that holds it. Before it "filed:" when its writer said to which prompt it belongs and it stands
    elsewhere than in that prompt's thread, "guessed:" when it stands in a thread that several prompts share and nobody
    has said to which; a form has no message and is "form:MESSAGE:MEMBER", by the rows' ids. text and revision: as
    they are now; every version is a Revision. withdrawn_at: the member deleted it. receipted: the member has been told
    that it is kept.
    """

    __tablename__ = "submissions"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), active_history=True)
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), index=True, active_history=True
    )  # with their history: who moves is counted where they were, too (`changes`)
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


class LooseReply(Table):
    """Something that a member wrote outside every thread of ours and means, or may mean, as an answer: kept until they
    say to which prompt. Once they have, it is a Submission and this row is gone.

    ref: the message that holds it. place: the channel or thread where it was written; None in a direct message.
    """

    __tablename__ = "loose_replies"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    platform: Mapped[str] = mapped_column(String(20))
    workspace: Mapped[str] = mapped_column(Reference(64))
    ref: Mapped[str] = mapped_column(Reference(128))
    place: Mapped[str | None] = mapped_column(Reference(128))
    author: Mapped[str] = mapped_column(Reference(64))
    name: Mapped[str] = mapped_column(PeoplesText)
    text: Mapped[str] = mapped_column(PeoplesText)
    revision: Mapped[int] = mapped_column(BigInteger)
    sent_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("platform", "ref"), Index("ix_loose_replies_author", "platform", "author"))


_UNTOLD = sql("told_at IS NULL")


class Feedback(Table):
    """What a facilitator has to say about a submission. shared: for all who read the thread, else for its writer alone.
    told_at: when it was put before them. platform: the submission's own. kind: a note in words, or praise, which is a
    reaction of ours where they wrote and has no words."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    platform: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(Reference(25), unique=True)
    text: Mapped[str] = mapped_column(PeoplesText)
    shared: Mapped[bool]
    kind: Mapped[str] = mapped_column(String(8), default="note", server_default="note")
    at: Mapped[datetime]
    told_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("kind IN ('note', 'praise')", name="kind"),
        Index("ix_feedback_untold", "id", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),
    )


class Reaction(Table):
    """An emoji that somebody, not its writer and no bot, has put under a submission. person: as the platform knows
    them; emoji: its name or itself, as the platform gives it."""

    __tablename__ = "reactions"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"), primary_key=True)
    person: Mapped[str] = mapped_column(Reference(64), primary_key=True)
    emoji: Mapped[str] = mapped_column(Reference(100), primary_key=True)
    at: Mapped[datetime]


class Nudge(Table):
    """A private word from a facilitator to a member, about no answer in particular. told_at: when it was put before
    them. platform: the cohort's own."""

    __tablename__ = "nudges"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    platform: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(Reference(25), unique=True)
    text: Mapped[str] = mapped_column(PeoplesText)
    at: Mapped[datetime]
    told_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_nudges_untold", "id", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),)


# See `cohorts`: the conditions of partial indexes, to the letter.
UNRECEIPTED = sql("NOT submissions.receipted")
UNTOLD = Feedback.told_at.is_(None)
UNNUDGED = Nudge.told_at.is_(None)

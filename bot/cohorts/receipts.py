"""What a member may be told about something of theirs that is kept, and who has not been told yet."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.cohorts.cohorts import find_enrollment
from bot.cohorts.prompts import find_asked
from bot.store.tables import UNRECEIPTED, Member, Message, Submission

FORM, FILED, GUESSED = "form:", "filed:", "guessed:"
"""What a submission's reference begins with when it is not just its message's: it came by form; or its writer said to
which prompt it belongs, and it stands somewhere else than in that prompt's thread; or it stands in a thread that
several prompts share, and nobody has said to which of them it belongs (`guesses`)."""


@dataclass(frozen=True)
class Receipt:
    """What a member may be told once something of theirs is kept.

    submission: its reference in the record. ref: the message to react to (None for a form). first: nothing of theirs
    stood under this prompt before. text: for a form their whole answer as it stands, else this one reply: who writes
    ten thousand of them is not to have them all read for each. open_prompts: the lesson's prompts that they have not
    answered yet.
    enrolled: they are in the cohort, so that it counts. quiet: they want no notes about what is kept.
    """

    submission: str
    ref: str | None
    workspace: str
    person: Person
    thread: str | None
    lesson: int
    prompt: str
    text: str
    open_prompts: tuple[str, ...]
    first: bool
    enrolled: bool
    quiet: bool = False


def message_of(ref: str) -> str:
    """The message that a submission with this reference stands in; a form's is no message."""
    return ref.removeprefix(FILED).removeprefix(GUESSED)


def refs_of(message: str) -> tuple[str, ...]:
    """The references that a message's submission may have."""
    return message, FILED + message, GUESSED + message


def receipt_of(session: Session, submission: Submission, member: Member) -> Receipt:
    """What may be said of this submission now."""
    found = find_asked(session, Message.id == submission.message_id)
    assert found is not None, "a submission goes when its prompt goes"
    asked, cohort = found
    enrollment = find_enrollment(session, cohort, member)
    is_form = submission.ref.startswith(FORM)
    return Receipt(
        submission=submission.ref,
        ref=None if is_form else message_of(submission.ref),
        workspace=cohort.workspace,
        person=Person(member.ref, member.name),
        thread=asked.thread,
        lesson=asked.lesson,
        prompt=asked.prompt,
        text=_whole_answer(session, submission) if is_form else submission.text,
        open_prompts=_open_prompts(session, submission.message_id, member.id),
        first=submission.revision == 0 and not _stands_with_others(session, submission),
        enrolled=enrollment is not None and enrollment.left_on is None,
        quiet=enrollment is not None and enrollment.left_on is None and enrollment.quiet,
    )


def unreceipted(
    session: Session, platform: str, limit: int = 50, without: Collection[str] = (), before: datetime | None = None
) -> list[Receipt]:
    """What is kept and whose writer has not been told yet: a crash between the two is made good. Oldest first, save
    these submissions, and only what was written `before` then.

    The platform is disguised as an expression: else SQLite takes its unique index and reads every submission."""
    rows = session.execute(
        select(Submission, Member)
        .join(Member, Member.id == Submission.member_id)
        .where(UNRECEIPTED, Submission.platform.concat("") == platform, Submission.withdrawn_at.is_(None))
        .where(Submission.ref.not_in(without), true() if before is None else Submission.sent_at < before)
        .order_by(Submission.id)
        .limit(limit)
    ).all()
    return [receipt_of(session, each, member) for each, member in rows]


def mark_receipted(session: Session, platform: str, refs: Collection[str]) -> None:
    """The member has been told."""
    for submission in session.scalars(
        select(Submission).where(Submission.platform == platform, Submission.ref.in_(refs))
    ):
        submission.receipted = True


def standing_answer(session: Session, message: int, member: int) -> Sequence[Submission]:
    """What one member has standing under one prompt, in the order it was written."""
    return session.scalars(
        select(Submission)
        .where(Submission.message_id == message, Submission.member_id == member, Submission.withdrawn_at.is_(None))
        .order_by(Submission.sent_at, Submission.id)
    ).all()


def _whole_answer(session: Session, submission: Submission) -> str:
    return "\n\n".join(each.text for each in standing_answer(session, submission.message_id, submission.member_id))


def _stands_with_others(session: Session, submission: Submission) -> bool:
    others = select(Submission.id).where(
        Submission.message_id == submission.message_id,
        Submission.member_id == submission.member_id,
        Submission.withdrawn_at.is_(None),
        Submission.id != submission.id,
    )
    return session.scalar(others.limit(1)) is not None


def _open_prompts(session: Session, message: int, member: int) -> tuple[str, ...]:
    delivery = select(Message.delivery_id).where(Message.id == message).scalar_subquery()
    answered = (
        select(Submission.id)
        .where(Submission.message_id == Message.id, Submission.member_id == member, Submission.withdrawn_at.is_(None))
        .exists()
    )
    rows = session.scalars(
        select(Message.prompt)
        .where(Message.delivery_id == delivery, Message.prompt.is_not(None), ~answered)
        .order_by(Message.number)
    )
    return tuple(prompt for prompt in rows if prompt is not None)

"""What a facilitator has to say about a member's answer: kept first, then put before its writer. Who has not been told
is found from the record, so that a crash between the two loses nothing."""

import secrets
from base64 import b32encode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.cohorts.audit import Action, write_down
from bot.cohorts.cohorts import is_facilitator, known_member
from bot.cohorts.prompts import Asked, find_asked
from bot.cohorts.receipts import FORM, message_of
from bot.cohorts.submissions import find_submission
from bot.cohorts.writing import NOTE, PRAISE
from bot.store.database import wait_for_turn
from bot.store.tables import UNTOLD, Cohort, Feedback, Member, Message, Submission


@dataclass(frozen=True)
class Judged:
    """An answer that feedback may be given on, and where it belongs."""

    submission: Submission
    writer: Member
    asked: Asked
    cohort: Cohort


class Praise(Enum):
    """What became of a facilitator's praise."""

    GIVEN = "given"
    TAKEN_BACK = "taken back"
    TOLD = "told"  # its writer has seen it already, and so it stays


@dataclass(frozen=True)
class Remark:
    """Feedback as it is told. key: its name, 24 characters of a-z2-7. shared: for all who read the thread. praise: it
    has no words, and goes as a reaction of ours under `message`, where the answer stands; None for a form's, and for
    one that its writer has deleted."""

    id: int
    key: str
    workspace: str
    writer: Person
    by: str
    text: str
    shared: bool
    thread: str | None
    lesson: int
    prompt: str
    praise: bool = False
    message: str | None = None


def find_judged(session: Session, platform: str, message: str) -> Judged | None:
    """The answer that a message is kept as, if it stands."""
    return _judged(session, find_submission(session, platform, message))


def find_judged_by_id(session: Session, platform: str, submission: int) -> Judged | None:
    """The same by the submission's number."""
    found = session.get(Submission, submission) if 0 < submission < 2**63 else None
    return _judged(session, found if found is not None and found.platform == platform else None)


def may_judge(session: Session, cohort: Cohort, workspace: str, channel: str | None, person: Person) -> bool:
    """Whether they may give feedback in a cohort: its facilitators, and who administers its very channel."""
    if workspace not in ("", cohort.workspace):
        return False
    here = person.manages and channel == cohort.channel
    return is_facilitator(session, cohort, Person(person.ref, person.name, manages=here))


def give(session: Session, judged: Judged, by: Person, text: str, key: str, now: datetime, *, shared: bool) -> Feedback:
    """Keep it, and write down that there is some. The same words from the same person about the same answer are the
    same feedback, however often they are sent."""
    submission = judged.submission
    wait_for_turn(session, submission.platform, f"feedback:{submission.id}")
    author = known_member(session, submission.platform, judged.cohort.workspace, by)
    there = session.scalars(
        select(Feedback).where(Feedback.submission_id == submission.id, Feedback.by_id == author.id)
    )
    for each in there:
        if (each.kind, each.text, each.shared) == (NOTE, text, shared):
            return each
    feedback = Feedback(
        submission_id=submission.id,
        by_id=author.id,
        platform=submission.platform,
        key=key,
        text=text,
        shared=shared,
        at=now,
    )
    session.add(feedback)
    _write_down(session, judged, author, f"a note {'for all who read the thread' if shared else 'in private'}", now)
    return feedback


def praise(session: Session, judged: Judged, by: Person, now: datetime) -> Praise:
    """One facilitator's praise of an answer, once; the second time it is taken back, as long as its writer has not been
    told. At most one stands, which the submission's turn sees to."""
    submission = judged.submission
    wait_for_turn(session, submission.platform, f"feedback:{submission.id}")
    author = known_member(session, submission.platform, judged.cohort.workspace, by)
    there = session.scalar(
        select(Feedback).where(
            Feedback.submission_id == submission.id, Feedback.by_id == author.id, Feedback.kind == PRAISE
        )
    )
    if there is not None and there.told_at is not None:
        return Praise.TOLD
    if there is not None:
        session.delete(there)
        _write_down(session, judged, author, "praise taken back", now)
        return Praise.TAKEN_BACK
    given = Feedback(
        submission_id=submission.id,
        by_id=author.id,
        platform=submission.platform,
        key=b32encode(secrets.token_bytes(15)).decode().lower(),
        text="",
        shared=False,
        kind=PRAISE,
        at=now,
    )
    session.add(given)
    _write_down(session, judged, author, "praise", now)
    return Praise.GIVEN


def untold(session: Session, platform: str, limit: int = 50, without: Collection[int] = ()) -> list[Remark]:
    """What has not been put before its writer, oldest first, save these. What was said about an answer that its writer
    has deleted since is for them alone."""
    rows = session.execute(
        select(Feedback, Submission, Member)
        .join(Submission, Submission.id == Feedback.submission_id)
        .join(Member, Member.id == Feedback.by_id)
        .where(UNTOLD, Feedback.platform == platform, Feedback.id.not_in(without))
        .order_by(Feedback.id)
        .limit(limit)
    ).all()
    return [_remark(session, feedback, submission, by) for feedback, submission, by in rows]


def mark_told(session: Session, feedback: int, now: datetime) -> None:
    """It was put before its writer."""
    row = session.get(Feedback, feedback)
    if row is not None and row.told_at is None:
        row.told_at = now


def find_remark(
    session: Session, platform: str, workspace: str, channel: str | None, person: Person, key: str
) -> Remark | None:
    """Feedback by its key, for its writer's answer or for who may give some; None for everybody else."""
    row = session.scalar(select(Feedback).where(Feedback.key == key, Feedback.platform == platform))
    if row is None:
        return None
    submission = session.get_one(Submission, row.submission_id)
    writer = session.get_one(Member, submission.member_id)
    is_writer = writer.ref == person.ref and workspace in ("", writer.workspace)
    _, cohort = _where(session, submission)
    if not is_writer and not may_judge(session, cohort, workspace, channel, person):
        return None
    return _remark(session, row, submission, session.get_one(Member, row.by_id))


def _judged(session: Session, submission: Submission | None) -> Judged | None:
    if submission is None or submission.withdrawn_at is not None:
        return None
    return Judged(submission, session.get_one(Member, submission.member_id), *_where(session, submission))


def _where(session: Session, submission: Submission) -> tuple[Asked, Cohort]:
    found = find_asked(session, Message.id == submission.message_id)
    assert found is not None, "a submission goes when its prompt goes"
    return found


def _remark(session: Session, feedback: Feedback, submission: Submission, by: Member) -> Remark:
    writer = session.get_one(Member, submission.member_id)
    asked, cohort = _where(session, submission)
    is_form = submission.ref.startswith(FORM)
    return Remark(
        id=feedback.id,
        key=feedback.key,
        workspace=cohort.workspace,
        writer=Person(writer.ref, writer.name),
        by=by.name,
        text=feedback.text,
        shared=feedback.shared and submission.withdrawn_at is None,
        thread=asked.thread,
        lesson=asked.lesson,
        prompt=asked.prompt,
        praise=feedback.kind == PRAISE,
        message=None if is_form or submission.withdrawn_at is not None else message_of(submission.ref),
    )


def _write_down(session: Session, judged: Judged, by: Member, what: str, now: datetime) -> None:
    """Never the words."""
    says = f"day {judged.asked.lesson}, prompt {judged.asked.prompt}: {what}"
    write_down(session, judged.cohort, by, Action.FEEDBACK, says, now, about=judged.writer)

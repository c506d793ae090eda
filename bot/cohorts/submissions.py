"""What members write: kept once, every version of it, and never lost to the order in which it arrives.

An answer is all that one member has kept under one prompt, in the order it was written. Events may come in any order,
twice, or a delete before its create: the record ends the same. What is heard of one message at the same time waits for
its turn: no unique row could make a create and a delete see each other.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bot.chat.inbound import FormAnswer, Reply, ReplyDeleted
from bot.cohorts.cohorts import known_member
from bot.cohorts.prompts import Asked, find_by_thread, find_prompt, may_be_ours
from bot.cohorts.receipts import Receipt, receipt_of
from bot.store.database import wait_for_turn
from bot.store.tables import Member, Revision, Submission, Tombstone

REFS_AT_ONCE = 500


def record(session: Session, reply: Reply) -> Receipt | None:
    """Keep a reply, or its newest version. None when its thread is not one of ours, when it is gone already, or when
    this version or a newer one is kept and its member has been told."""
    wait_for_turn(session, reply.platform, reply.message)
    asked = find_by_thread(session, reply.platform, reply.thread)
    if asked is None or session.get(Tombstone, (reply.platform, reply.message)) is not None:
        return None
    member = known_member(session, reply.platform, asked[1].workspace, reply.author)
    return _keep(session, asked[0], member, reply)


def record_form(session: Session, form: FormAnswer, prompt_key: str, text: str, now: datetime) -> Receipt | None:
    """Keep what a form brought: one submission a member and prompt, each sending a new revision. None when the prompt
    is not one of ours, or was put before another workspace."""
    found = find_prompt(session, form.platform, prompt_key)
    if found is None or form.workspace not in ("", found[1].workspace):
        return None
    asked, cohort = found
    member = known_member(session, form.platform, cohort.workspace, form.person)
    ref = f"form:{asked.message}:{member.id}"
    wait_for_turn(session, form.platform, ref)
    standing = session.scalar(select(Submission).where(Submission.platform == form.platform, Submission.ref == ref))
    moment = int(now.timestamp() * 1_000_000)
    revision = 0 if standing is None else max(moment, standing.revision + 1)
    reply = Reply(form.platform, cohort.workspace, None, ref, form.person, text, now, revision)
    if standing is not None:
        standing.withdrawn_at, standing.receipted = None, False
        session.flush()
    return _keep(session, asked, member, reply)


def withdraw(session: Session, gone: ReplyDeleted) -> None:
    """A message was deleted: its submission is withdrawn, and stays so whatever arrives of it later. What goes from a
    thread that is not one of ours, and cannot turn out to be, is not written down."""
    wait_for_turn(session, gone.platform, gone.message)
    if gone.thread is not None and not may_be_ours(session, gone.platform, gone.thread):
        return
    if session.get(Tombstone, (gone.platform, gone.message)) is None:
        session.add(Tombstone(platform=gone.platform, ref=gone.message, at=gone.at))
    submission = _find_submission(session, gone.platform, gone.message)
    if submission is not None and submission.withdrawn_at is None:
        submission.withdrawn_at = gone.at


def known_replies(session: Session, message: int) -> Mapping[str, int]:
    """The replies that stand in the record under a prompt, each with its revision."""
    rows = session.execute(
        select(Submission.ref, Submission.revision).where(
            Submission.message_id == message, Submission.withdrawn_at.is_(None), Submission.ref.not_like("form:%")
        )
    )
    return {ref: revision for ref, revision in rows}  # noqa: C416 - a row is not a pair to mypy


def settle_reading(
    session: Session, message: int, known: Collection[str], standing: Collection[str], settled: datetime, now: datetime
) -> tuple[int, bool]:
    """A thread was read completely: `standing` are the replies in it, `known` those that stood in the record before.
    What is gone has been deleted. Of what was written after `settled` that is not certain, because the platform may
    not show it yet: it is withdrawn in doubt, without a tombstone, and stands again when another reading finds it.
    How many were withdrawn, and whether any is in doubt."""
    there, withdrawn, doubtful = frozenset(standing), 0, False
    for each in [*_in_doubt(session, message), *_by_ref(session, message, sorted(frozenset(known) - there))]:
        withdrawn += each.withdrawn_at is None
        if each.ref in there:
            each.withdrawn_at = None
        elif each.sent_at <= settled:
            withdraw(session, ReplyDeleted(each.platform, "", None, each.ref, now))
        else:
            each.withdrawn_at, doubtful = each.withdrawn_at or now, True
    return withdrawn, doubtful


def form_text(session: Session, asked: Asked, member: Member | None) -> str:
    """What the member's form holds so far, to write on."""
    if member is None:
        return ""
    kept = session.scalar(
        select(Submission).where(
            Submission.platform == member.platform, Submission.ref == f"form:{asked.message}:{member.id}"
        )
    )
    return kept.text if kept is not None and kept.withdrawn_at is None else ""


def _keep(session: Session, asked: Asked, member: Member, reply: Reply) -> Receipt | None:
    submission = _find_submission(session, reply.platform, reply.message)
    if submission is None:
        submission = Submission(
            message_id=asked.message,
            member_id=member.id,
            platform=reply.platform,
            ref=reply.message,
            text=reply.text,
            revision=reply.revision,
            sent_at=reply.sent_at,
            receipted=False,
        )
        session.add(submission)
        session.flush()
    if submission.message_id != asked.message or submission.member_id != member.id:
        return None
    _add_revision(session, submission, reply)
    if submission.receipted or submission.withdrawn_at is not None:
        return None
    return receipt_of(session, submission, member)


def _add_revision(session: Session, submission: Submission, reply: Reply) -> None:
    if session.get(Revision, (submission.id, reply.revision)) is not None:
        return
    session.add(Revision(submission_id=submission.id, revision=reply.revision, text=reply.text))
    if reply.revision > submission.revision:
        submission.text, submission.revision = reply.text, reply.revision


def _in_doubt(session: Session, message: int) -> Sequence[Submission]:
    """What was found gone once, too early to be sure: a deletion that was told leaves a tombstone."""
    tombstone = (
        select(Tombstone.ref).where(Tombstone.platform == Submission.platform, Tombstone.ref == Submission.ref).exists()
    )
    put_aside = select(Submission).where(Submission.message_id == message, Submission.withdrawn_at.is_not(None))
    return session.scalars(put_aside.where(~tombstone).order_by(Submission.id)).all()


def _by_ref(session: Session, message: int, refs: Sequence[str]) -> Iterator[Submission]:
    """Those that stand, a page at a time: a thread may hold more than a statement takes."""
    for first in range(0, len(refs), REFS_AT_ONCE):
        page = Submission.ref.in_(refs[first : first + REFS_AT_ONCE])
        yield from session.scalars(
            select(Submission)
            .where(Submission.message_id == message, Submission.withdrawn_at.is_(None), page)
            .order_by(Submission.id)
        )


def _find_submission(session: Session, platform: str, ref: str) -> Submission | None:
    return session.scalar(_submission_query(platform, ref))


def _submission_query(platform: str, ref: str) -> Select[Submission]:
    return select(Submission).where(Submission.platform == platform, Submission.ref == ref)

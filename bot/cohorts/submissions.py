"""What members write: kept once, every version of it, and never lost to the order in which it arrives.

An answer is all that one member has kept under one prompt, in the order it was written. Events may come in any order,
twice, or a delete before its create: the record ends the same. What is heard of one message at the same time waits for
its turn: no unique row could make a create and a delete see each other.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, literal, or_, select
from sqlalchemy.orm import Session

from bot.chat.inbound import FormAnswer, Reply, ReplyDeleted
from bot.cohorts.cohorts import known_member
from bot.cohorts.guesses import prompts_of, settle_guesses, shared_delivery
from bot.cohorts.ours import may_be_ours
from bot.cohorts.prompts import Asked, find_asked, find_by_thread, find_prompt, find_shared
from bot.cohorts.receipts import FILED, FORM, GUESSED, Receipt, message_of, receipt_of, refs_of
from bot.store.database import wait_for_turn
from bot.store.tables import LooseReply, Member, Message, Revision, Submission, Tombstone

REFS_AT_ONCE = 500


def record(session: Session, reply: Reply) -> Receipt | None:
    """Keep a reply, or its newest version: where it is kept already, else under the prompt whose thread it stands in,
    or where several share that thread under the one that it probably belongs to. None when it is not kept and its
    thread is not one of ours, when it is gone already, or when this version or a newer one is kept and its member has
    been told."""
    wait_for_turn(session, reply.platform, reply.message)
    if session.get(Tombstone, (reply.platform, reply.message)) is not None:
        return None
    asked = find_by_thread(session, reply.platform, reply.thread)
    standing = find_submission(session, reply.platform, reply.message)
    if standing is not None:
        return _keep_version(session, standing, asked and asked[0], reply)
    if asked is None:
        return _keep_guessed(session, reply)
    member = known_member(session, reply.platform, asked[1].workspace, reply.author)
    return keep_under(session, asked[0], member, reply)


def keep_under(session: Session, asked: Asked, member: Member, reply: Reply) -> Receipt | None:
    """Keep a reply, or its newest version, under this very prompt. Its turn has been waited for."""
    submission = find_submission(session, reply.platform, reply.message)
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
    add_version(session, submission, reply.revision, reply.text)
    settle_guesses(session, asked.message, member.id)
    if submission.receipted or submission.withdrawn_at is not None:
        return None
    return receipt_of(session, submission, member)


def add_version(session: Session, submission: Submission, revision: int, text: str) -> None:
    """The highest version is the one that stands; one that is known is known."""
    if session.get(Revision, (submission.id, revision)) is not None:
        return
    session.add(Revision(submission_id=submission.id, revision=revision, text=text))
    if revision > submission.revision:
        submission.text, submission.revision = text, revision


def record_form(session: Session, form: FormAnswer, prompt_key: str, text: str, now: datetime) -> Receipt | None:
    """Keep what a form brought: one submission a member and prompt, each sending a new revision. None when the prompt
    is not one of ours, or was put before another workspace."""
    found = find_prompt(session, form.platform, prompt_key)
    if found is None or form.workspace not in ("", found[1].workspace):
        return None
    asked, cohort = found
    member = known_member(session, form.platform, cohort.workspace, form.person)
    ref = f"{FORM}{asked.message}:{member.id}"
    wait_for_turn(session, form.platform, ref)
    standing = session.scalar(select(Submission).where(Submission.platform == form.platform, Submission.ref == ref))
    moment = int(now.timestamp() * 1_000_000)
    revision = 0 if standing is None else max(moment, standing.revision + 1)
    reply = Reply(form.platform, cohort.workspace, None, ref, form.person, text, now, revision)
    if standing is not None:
        standing.withdrawn_at, standing.receipted = None, False
        session.flush()
    return keep_under(session, asked, member, reply)


def withdraw(session: Session, gone: ReplyDeleted) -> None:
    """A message was deleted: its submission is withdrawn, and stays so whatever arrives of it later; a loose reply goes
    with its words. What is none of ours and cannot turn out to be (`ours`) is not written down."""
    submission = _withdraw(session, gone)
    if submission is not None:
        settle_guesses(session, submission.message_id, submission.member_id)


def _withdraw(session: Session, gone: ReplyDeleted) -> Submission | None:
    """The submission that was, if there was one."""
    wait_for_turn(session, gone.platform, gone.message)
    if not may_be_ours(session, gone):
        return None
    submission = find_submission(session, gone.platform, gone.message)
    loose = find_loose(session, gone.platform, gone.message)
    if session.get(Tombstone, (gone.platform, gone.message)) is None:
        session.add(Tombstone(platform=gone.platform, ref=gone.message, at=gone.at))
    if submission is not None and submission.withdrawn_at is None:
        submission.withdrawn_at = gone.at
    if loose is not None:
        session.delete(loose)
    return submission


def find_submission(session: Session, platform: str, message: str) -> Submission | None:
    """The submission that a message is kept as, wherever it was written."""
    ours = Submission.platform == platform
    return session.scalar(select(Submission).where(ours, Submission.ref.in_(refs_of(message))))


def find_loose(session: Session, platform: str, message: str) -> LooseReply | None:
    """The loose reply that a message is kept as."""
    return session.scalar(select(LooseReply).where(LooseReply.platform == platform, LooseReply.ref == message))


def known_replies(session: Session, message: int) -> Mapping[str, int]:
    """The replies that stand in the record and in the thread of this message, each with its revision: under a prompt,
    or under all of a lesson's that share the thread."""
    rows = session.execute(
        select(Submission.ref, Submission.revision).where(
            _in_thread(session, message), Submission.withdrawn_at.is_(None)
        )
    )
    return {message_of(ref): revision for ref, revision in rows}


def settle_reading(
    session: Session, message: int, known: Collection[str], standing: Collection[str], settled: datetime, now: datetime
) -> tuple[int, bool]:
    """A thread was read completely: `standing` are the replies in it, `known` those that stood in the record before.
    What is gone has been deleted. Of what was written after `settled` that is not certain, because the platform may
    not show it yet: it is withdrawn in doubt, without a tombstone, and stands again when another reading finds it.
    How many were withdrawn, and whether any is in doubt."""
    there, withdrawn, doubtful = frozenset(standing), 0, False
    moved: set[tuple[int, int]] = set()
    within = _in_thread(session, message)
    for each in [*_in_doubt(session, within), *_by_ref(session, within, sorted(frozenset(known) - there))]:
        withdrawn += each.withdrawn_at is None
        moved.add((each.member_id, each.message_id))
        if message_of(each.ref) in there:
            each.withdrawn_at = None
        elif each.sent_at <= settled:
            _withdraw(session, ReplyDeleted(each.platform, "", None, message_of(each.ref), now))
        else:
            each.withdrawn_at, doubtful = each.withdrawn_at or now, True
    for member, prompt in sorted(moved):  # behind all turns of messages: who records one waits for these last as well
        settle_guesses(session, prompt, member)
    return withdrawn, doubtful


def form_text(session: Session, asked: Asked, member: Member | None) -> str:
    """What the member's form holds so far, to write on."""
    if member is None:
        return ""
    kept = session.scalar(
        select(Submission).where(
            Submission.platform == member.platform, Submission.ref == f"{FORM}{asked.message}:{member.id}"
        )
    )
    return kept.text if kept is not None and kept.withdrawn_at is None else ""


def _keep_version(session: Session, standing: Submission, asked: Asked | None, reply: Reply) -> Receipt | None:
    """Of a message that is kept already. asked: the prompt in whose thread it stands."""
    writer = session.get_one(Member, standing.member_id)
    member = known_member(session, reply.platform, writer.workspace, reply.author)
    if member.id != writer.id:
        return None
    if asked is not None and standing.ref.startswith(GUESSED):
        standing.message_id = asked.message
    if asked is not None and asked.message == standing.message_id:
        standing.ref = reply.message  # moved away and back again: it is looked for in its thread once more
    add_version(session, standing, reply.revision, reply.text)
    settle_guesses(session, standing.message_id, standing.member_id)
    if standing.receipted or standing.withdrawn_at is not None:
        return None
    return receipt_of(session, standing, member)


def _keep_guessed(session: Session, reply: Reply) -> Receipt | None:
    """What names no prompt and stands in the thread of a whole lesson."""
    shared = find_shared(session, reply.platform, reply.thread)
    prompts = prompts_of(session, shared[0]) if shared is not None else []
    asked = find_asked(session, Message.id == prompts[0]) if prompts else None
    if asked is None:
        return None
    member = known_member(session, reply.platform, asked[1].workspace, reply.author)
    return keep_under(session, asked[0], member, replace(reply, message=GUESSED + reply.message))


def _in_thread(session: Session, message: int) -> ColumnElement[bool]:
    """That a submission stands in the thread of this message."""
    elsewhere = Submission.ref.like(f"{FORM}%") | Submission.ref.like(f"{FILED}%")
    shared = shared_delivery(session, message)
    prompts = [message] if shared is None else [message, *prompts_of(session, shared)]
    return Submission.message_id.in_(prompts) & ~elsewhere


def _in_doubt(session: Session, within: ColumnElement[bool]) -> Sequence[Submission]:
    """What was found gone once, too early to be sure: a deletion that was told leaves a tombstone."""
    named = or_(Tombstone.ref == Submission.ref, literal(GUESSED).concat(Tombstone.ref) == Submission.ref)
    tombstone = select(Tombstone.ref).where(Tombstone.platform == Submission.platform, named).exists()
    put_aside = select(Submission).where(within, Submission.withdrawn_at.is_not(None))
    return session.scalars(put_aside.where(~tombstone).order_by(Submission.id)).all()


def _by_ref(session: Session, within: ColumnElement[bool], refs: Sequence[str]) -> Iterator[Submission]:
    """Those that stand, a page at a time: a thread may hold more than a statement takes."""
    for first in range(0, len(refs), REFS_AT_ONCE):
        page = refs[first : first + REFS_AT_ONCE]
        named = Submission.ref.in_([*page, *(GUESSED + ref for ref in page)])
        yield from session.scalars(
            select(Submission).where(within, Submission.withdrawn_at.is_(None), named).order_by(Submission.id)
        )

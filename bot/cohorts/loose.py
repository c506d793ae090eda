"""Answers that were written somewhere else than in their prompt's thread: in a direct message, or in a message that its
writer counts as one. Such a reply is kept loose until its writer says which prompt it answers; then it is a submission
like any other, written when it was written. Whatever happens to the message afterwards reaches it by its reference.

Only its writer may file a reply, and only under a prompt of a cohort that they are in.
"""

import hashlib
from base64 import b32encode
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from bot.chat.inbound import Heard, Reply, ReplyDeleted, ReplyEdited
from bot.cohorts.cohorts import known_member
from bot.cohorts.guesses import settle_guesses, share_thread
from bot.cohorts.ours import may_be_ours
from bot.cohorts.prompts import Asked, find_prompt
from bot.cohorts.receipts import FILED, FORM, GUESSED, Receipt, mark_receipted, message_of, receipt_of
from bot.cohorts.submissions import add_version, find_loose, find_submission, keep_under, record, withdraw
from bot.cohorts.writers import Writer, is_in_a_cohort, is_writer, may_answer
from bot.store.database import wait_for_turn
from bot.store.tables import Cohort, LooseReply, Member, Message, Submission, Tombstone

MOST_FILED = 100
"""Messages that are filed in one go."""


@dataclass(frozen=True)
class Loose:
    """Something that a member wrote and that belongs to no prompt yet. slip: its short name, for buttons. asks: its
    writer has not been asked about this message. kept: it is in the record; what somebody wrote who is in no cohort is
    not."""

    writer: Writer
    message: str
    place: str | None
    text: str
    sent_at: datetime
    asks: bool = False
    kept: bool = True

    @property
    def slip(self) -> str:
        return slip_of(self.message)


class Unfiled(StrEnum):
    """Why nothing was filed."""

    GONE = "gone"  # no message of theirs has this slip: deleted, forgotten, or never theirs
    NO_PROMPT = "no_prompt"  # not a prompt that they may answer with it


def slip_of(message: str) -> str:
    """A short name for a message: 12 characters of a-z2-7. A reference is too long for a button, and a row's number
    may be given to another one when the row is gone."""
    return b32encode(hashlib.sha256(message.encode("utf-8", "surrogatepass")).digest()).decode().lower()[:12]


def keep_heard(session: Session, heard: Heard) -> Receipt | Loose | None:
    """Keep what was heard, wherever it was written: what its writer may be told or asked about it."""
    match heard:
        case ReplyDeleted():
            withdraw(session, heard)
            return None
        case ReplyEdited(reply):
            return _keep_reply(session, reply, again=True)
        case Reply():
            return _keep_reply(session, heard, again=False)


def keep_loose(session: Session, reply: Reply, place: str | None = None, *, again: bool = False) -> Loose | None:
    """Keep a reply without its prompt: the newest of its versions. None when it was deleted, is another's, has no
    words, or is kept under a prompt. place: the channel or thread it stands in. again: it is an edit, of a message that
    is probably known."""
    wait_for_turn(session, reply.platform, reply.message)
    if session.get(Tombstone, (reply.platform, reply.message)) is not None:
        return None
    writer = Writer(reply.platform, reply.workspace, reply.author)
    standing = find_loose(session, reply.platform, reply.message)
    if standing is not None:
        if standing.author != reply.author.ref:
            return None
        if reply.revision > standing.revision:
            standing.text, standing.revision = reply.text, reply.revision
        return _to_loose(standing, writer, asks=not again)
    if not reply.text.strip() or find_submission(session, reply.platform, reply.message) is not None:
        return None
    if not is_in_a_cohort(session, writer):
        return Loose(writer, reply.message, place, reply.text, reply.sent_at, asks=not again, kept=False)
    row = LooseReply(
        platform=reply.platform,
        workspace=reply.workspace,
        ref=reply.message,
        place=place,
        author=reply.author.ref,
        name=reply.author.name[:200],
        text=reply.text,
        revision=reply.revision,
        sent_at=reply.sent_at,
    )
    session.add(row)
    session.flush()
    return _to_loose(row, writer, asks=True)


def loose_of(session: Session, writer: Writer) -> list[Loose]:
    """What a person has written that belongs to no prompt yet, newest first."""
    rows = session.scalars(select(LooseReply).where(*_wrote(writer))).all()
    newest_first = sorted(rows, key=lambda each: (each.sent_at, each.id), reverse=True)
    return [_to_loose(each, writer) for each in newest_first]


def find_kept(session: Session, writer: Writer, slip: str) -> Loose | Asked | None:
    """What a message of theirs is kept as: still loose, or under a prompt."""
    for message in _messages(session, writer, slip):
        submission = find_submission(session, writer.platform, message)
        if submission is None:
            loose = find_loose(session, writer.platform, message)
            return None if loose is None else _to_loose(loose, writer)
        if submission.withdrawn_at is None:
            found = find_prompt(session, writer.platform, session.get_one(Message, submission.message_id).key)
            return found and found[0]
    return None


def file_loose(session: Session, writer: Writer, slips: str, prompt_key: str) -> Receipt | Unfiled:
    """Keep messages of the writer's as (part of) their answer to a prompt, or move them there. slips: one, or "A-B" for
    every direct message of theirs from A to B that is still loose. The receipt is of the last of them, with the words
    of all, and counts as given."""
    found = find_prompt(session, writer.platform, prompt_key)
    messages = _messages(session, writer, slips)
    for message in sorted(messages):
        wait_for_turn(session, writer.platform, message)
    if found is None or not may_answer(session, writer, found[1]):
        return Unfiled.NO_PROMPT
    filed = [_file(session, writer, message, *found) for message in messages]
    kept = [each for each in filed if isinstance(each, Submission)]
    if not kept:
        return Unfiled.NO_PROMPT if Unfiled.NO_PROMPT in filed else Unfiled.GONE
    session.flush()
    mark_receipted(session, writer.platform, [each.ref for each in kept])
    receipt = receipt_of(session, kept[-1], session.get_one(Member, kept[-1].member_id))
    return receipt if len(kept) == 1 else replace(receipt, text="\n\n".join(each.text for each in kept))


def forget_loose(session: Session, writer: Writer, slips: str) -> bool:
    """Messages of theirs are no answer: their words are dropped. False when none of them is kept loose."""
    forgotten = False
    for message in sorted(_messages(session, writer, slips)):
        wait_for_turn(session, writer.platform, message)
        loose = find_loose(session, writer.platform, message)
        if loose is not None:
            session.delete(loose)
            forgotten = True
    return forgotten


def _keep_reply(session: Session, reply: Reply, *, again: bool) -> Receipt | Loose | None:
    wait_for_turn(session, reply.platform, reply.message)
    if not may_be_ours(session, reply):
        return None
    receipt = record(session, reply)
    loose = find_loose(session, reply.platform, reply.message)
    if receipt is None and loose is None and reply.thread is not None:
        return None
    submission = find_submission(session, reply.platform, reply.message)
    if submission is None:
        return keep_loose(session, reply, again=again)
    if loose is not None:  # it was counted before its thread was known to be one of ours
        add_version(session, submission, loose.revision, loose.text)
        session.delete(loose)
    return receipt


def _file(session: Session, writer: Writer, message: str, asked: Asked, cohort: Cohort) -> Submission | Unfiled:
    """One message, whose turn it is."""
    member = known_member(session, writer.platform, cohort.workspace, writer.person)
    submission = find_submission(session, writer.platform, message)
    if submission is not None:
        return _move(session, submission, member, asked)
    loose = find_loose(session, writer.platform, message)
    if loose is None:
        return Unfiled.GONE
    if loose.workspace not in ("", cohort.workspace):
        return Unfiled.NO_PROMPT
    ref, written = FILED + message, (loose.text, loose.sent_at, loose.revision)
    keep_under(session, asked, member, Reply(loose.platform, cohort.workspace, None, ref, writer.person, *written))
    session.delete(loose)
    return find_submission(session, writer.platform, message) or Unfiled.GONE


def _move(session: Session, submission: Submission, member: Member, asked: Asked) -> Submission | Unfiled:
    """Under another prompt of the same workspace. There it is not looked for in the thread, unless it stands in one
    that both share. What was guessed is now said, be it the same."""
    if submission.withdrawn_at is not None:
        return Unfiled.GONE
    if submission.member_id != member.id:
        return Unfiled.NO_PROMPT
    before, message = submission.message_id, message_of(submission.ref)
    if before != asked.message or submission.ref.startswith(GUESSED):
        submission.message_id = asked.message
        stands_there = not submission.ref.startswith(FILED) and share_thread(session, before, asked.message)
        submission.ref = message if stands_there else FILED + message
        for prompt in (before, asked.message):
            settle_guesses(session, prompt, member.id)
    return submission


def _messages(session: Session, writer: Writer, slips: str) -> list[str]:
    """The writer's own messages that the slips name, in the order they were written."""
    first, _, last = slips.partition("-")
    in_order = select(LooseReply.ref, LooseReply.place).order_by(LooseReply.sent_at, LooseReply.id)
    loose = session.execute(in_order.where(*_wrote(writer))).all()
    if last:
        ordered = [ref for ref, place in loose if place is None]
        places = {slip_of(ref): number for number, ref in enumerate(ordered)}
        if first in places and last in places:
            return ordered[places[first] : places[last] + 1][-MOST_FILED:]
    wanted = last or first
    theirs = select(Submission.ref).join(Member, Member.id == Submission.member_id).where(*is_writer(writer))
    own = [ref for ref, _ in loose] + [message_of(ref) for ref in session.scalars(theirs) if not ref.startswith(FORM)]
    return [ref for ref in own if slip_of(ref) == wanted][:1]


def _wrote(writer: Writer) -> tuple[ColumnElement[bool], ...]:
    """That a loose reply is the writer's."""
    here = LooseReply.workspace.in_(("", writer.workspace)) if writer.workspace else true()
    return (LooseReply.platform == writer.platform, LooseReply.author == writer.person.ref, here)


def _to_loose(row: LooseReply, writer: Writer, *, asks: bool = False) -> Loose:
    return Loose(writer, row.ref, row.place, row.text, row.sent_at, asks=asks)

"""The emoji that people put under answers: who is read by others, and by how many. Kept only under what is kept as an
answer; nobody's words hang on it."""

from sqlalchemy import delete, func, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.chat.inbound import Reacted
from bot.cohorts.submissions import find_submission
from bot.store.tables import Member, Reaction, Submission

EMOJI_LIMIT = 100
"""Characters of an emoji's name that are kept, which is what its column holds. Discord's own names have 32 at most, and
Slack's 100 (`limits`)."""

PERSON_LIMIT = 64
MOST_UNDER_ONE = 500
"""Ours: emoji kept under one answer, so that nobody fills the record with them."""


def keep_reaction(session: Session, reacted: Reacted) -> bool:
    """Keep that somebody put an emoji under an answer, or that it is gone. False for what changes nothing: it stands
    under no answer, or under one of another workspace, it is the writer's own, or known already."""
    emoji, person = reacted.emoji[:EMOJI_LIMIT].strip(), reacted.person.ref
    submission = _find_answer(session, reacted)
    if submission is None or len(person) > PERSON_LIMIT:
        return False
    if not person:
        return not reacted.there and _clear(session, submission, emoji)
    if not emoji:
        return False
    known = session.get(Reaction, (submission.id, person, emoji))
    if reacted.there:
        return known is None and _add(
            session, Reaction(submission_id=submission.id, person=person, emoji=emoji, at=reacted.at)
        )
    if known is not None:
        session.delete(known)
    return known is not None


def _clear(session: Session, submission: Submission, emoji: str) -> bool:
    """Everybody's, of one emoji or of all."""
    which = true() if not emoji else Reaction.emoji == emoji
    gone = session.scalars(
        delete(Reaction).where(Reaction.submission_id == submission.id, which).returning(Reaction.person)
    )
    return bool(gone.all())


def _find_answer(session: Session, reacted: Reacted) -> Submission | None:
    """What the emoji stands under, if somebody else wrote it, in this workspace."""
    submission = find_submission(session, reacted.platform, reacted.message)
    if submission is None:
        return None
    writer = session.get_one(Member, submission.member_id)
    theirs = writer.ref == reacted.person.ref
    return None if theirs or reacted.workspace not in ("", writer.workspace) else submission


def _add(session: Session, reaction: Reaction) -> bool:
    there = select(func.count()).where(Reaction.submission_id == reaction.submission_id)
    if (session.scalar(there) or 0) >= MOST_UNDER_ONE:
        return False
    try:
        with session.begin_nested():
            session.add(reaction)
    except IntegrityError:  # told twice at once
        return False
    return True

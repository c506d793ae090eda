"""Dead letters: what was heard and could not be kept for a reason that lies in itself. Its words wait here until
somebody looks, so that it blocks nobody and is not lost either."""

import hashlib
import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.orm import Session

from bot.chat.inbound import FormAnswer, Heard, Person, Reply, ReplyDeleted, ReplyEdited
from bot.cohorts.loose import keep_heard
from bot.cohorts.receipts import refs_of
from bot.cohorts.submissions import find_loose, record_form
from bot.store.database import wait_for_turn
from bot.store.tables import DeadLetter, Revision, Submission, Tombstone

Event = Heard | FormAnswer

_REF = 128
_LIMITS = "54"
"""SQLSTATE's class of what is too large or too complicated, which psycopg counts among the server's own troubles."""


class Unreadable(Exception):
    """A letter does not hold an event that this version understands."""


def lies_in_event(error: Exception) -> bool:
    """Whether keeping failed for a reason that the event brought along. Everything that says of the record that it
    cannot be reached or is not what we expect (a lost connection, a lock, a full disk, a table that is not there) does
    not: then the same event can be kept later."""
    if isinstance(error, DBAPIError):
        state = str(getattr(error.orig, "sqlstate", None) or "")
        if isinstance(error, DataError | IntegrityError) or state.startswith(_LIMITS):
            return True
        return not state and isinstance(error, ProgrammingError)  # the driver itself cannot say such a value
    if isinstance(error, StatementError):  # a column's own type refused the value
        return not isinstance(error.orig, OSError | MemoryError)
    return not isinstance(error, SQLAlchemyError | OSError | MemoryError)


def keep_letter(session: Session, event: Event, error: Exception, now: datetime) -> int | None:
    """Put an event aside with all its words. The letter's id; None when the same event has one already."""
    kind, ref = _name(event, now)
    platform = _platform(event)[:20]
    wait_for_turn(session, platform, kind, ref)
    where = (DeadLetter.platform == platform, DeadLetter.kind == kind, DeadLetter.ref == ref)
    if session.scalar(select(DeadLetter.id).where(*where)) is not None:
        return None
    letter = DeadLetter(platform=platform, kind=kind, ref=ref, body=to_body(event), reason=_reason(error)[:200], at=now)
    session.add(letter)
    session.flush()
    return letter.id


def all_letters(session: Session) -> list[DeadLetter]:
    """Every letter, oldest first."""
    return list(session.scalars(select(DeadLetter).order_by(DeadLetter.id)))


def count_letters(session: Session) -> int:
    """How many wait."""
    return session.scalar(select(func.count()).select_from(DeadLetter)) or 0


def find_letter(session: Session, letter: int) -> DeadLetter | None:
    """One of them."""
    return session.get(DeadLetter, letter)


def retry_letter(session: Session, letter: DeadLetter) -> bool:
    """Keep its event after all, and throw the letter away. False, and it stays, when there is nothing that it belongs
    to. Raises Unreadable, and whatever keeping the event raises."""
    event = to_event(letter.kind, letter.body)
    match event:
        case Reply() | ReplyEdited() | ReplyDeleted():
            keep_heard(session, event)
        case FormAnswer():
            key = event.action.removeprefix("write:")
            if record_form(session, event, key, event.values.get("answer", ""), letter.at) is None:
                return False
    session.flush()
    if not isinstance(event, FormAnswer) and not _is_known(session, event):
        return False
    session.delete(session.get_one(DeadLetter, letter.id))
    return True


def drop_letter(session: Session, letter: int) -> bool:
    """Throw a letter away with its words. False when there is none."""
    there = session.get(DeadLetter, letter)
    if there is None:
        return False
    session.delete(there)
    return True


def to_body(event: Event) -> str:
    """An event as JSON in plain ASCII, so that whatever stands in it comes out again to the letter."""
    return json.dumps(asdict(event), default=_written)


def to_event(kind: str, body: str) -> Event:
    """What `to_body` wrote. Raises Unreadable."""
    try:
        fields: dict[str, Any] = json.loads(body)
        if kind == "form":
            return FormAnswer(**{**fields, "person": Person(**fields["person"])})
        if kind == "deleted":
            return ReplyDeleted(**{**fields, "at": datetime.fromisoformat(fields["at"])})
        reply = fields.get("reply", fields)
        person, sent_at = Person(**reply["author"]), datetime.fromisoformat(reply["sent_at"])
        return Reply(**{**reply, "author": person, "sent_at": sent_at})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Unreadable(f"it holds no {kind} that this version can read ({type(error).__name__})") from None


def _name(event: Event, now: datetime) -> tuple[str, str]:
    """Kind and reference: each version of a message and each sending of a form is a letter of its own."""
    match event:
        case FormAnswer():
            return "form", _short(f"{event.action}:{event.person.ref}@{now.isoformat()}")
        case ReplyDeleted():
            return "deleted", _short(event.message)
        case ReplyEdited(reply) | (Reply() as reply):
            return "reply", _short(f"{reply.message}@{reply.revision}")


def _platform(event: Event) -> str:
    return event.reply.platform if isinstance(event, ReplyEdited) else event.platform


def _short(ref: str) -> str:
    """A reference that is too long, which may be why it is here, keeps its beginning and stays its own."""
    if len(ref) <= _REF:
        return ref
    return f"{ref[: _REF - 33]}~{hashlib.sha256(ref.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _reason(error: Exception) -> str:
    """The kinds of the errors; not their messages, which hold members' words."""
    cause = error.orig if isinstance(error, StatementError) else None
    return type(error).__name__ if cause is None else f"{type(error).__name__}: {type(cause).__name__}"


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _is_known(session: Session, event: Heard) -> bool:
    """Whether the record holds these very words, or knows that the message was deleted."""
    message = event.reply if isinstance(event, ReplyEdited) else event
    if session.get(Tombstone, (message.platform, message.message)) is not None:
        return True
    if isinstance(message, ReplyDeleted):
        return False
    kept = select(Revision.revision).join(Submission, Submission.id == Revision.submission_id)
    kept = kept.where(Submission.platform == message.platform, Submission.ref.in_(refs_of(message.message)))
    kept = kept.where(Revision.revision == message.revision, Revision.text == message.text)
    loose = find_loose(session, message.platform, message.message)
    if loose is not None and (loose.revision, loose.text) == (message.revision, message.text):
        return True
    return session.scalar(kept) is not None

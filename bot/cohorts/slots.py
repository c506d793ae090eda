"""Where answers stand, and what is read of many at once: their beginnings, what was said about them, who reacted."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from bot.chat.lengths import READ_AT_MOST, count
from bot.curriculum.model import Course, Prompt
from bot.store.tables import Delivery, Feedback, Message, Reaction, Submission

Slot = tuple[int, int]
"""A prompt's message and a member: where an answer stands."""

_REPLIES = 20  # of one answer that are read
_MANY = 20  # slots of one prompt that are looked up one by one
_AT_ONCE = 500
_BARE = 24  # characters of a post's own key; see `bot.chat.port.part_key`


@dataclass(frozen=True)
class Posed:
    """A prompt as it was put before the cohort. words: how many were asked for at most, where it asks in words."""

    lesson: int
    prompt: str
    key: str
    words: int | None


@dataclass(frozen=True)
class Kept:
    """An answer as it stands: its first submission, and how long all of it is."""

    submission: int
    words: int


def read_kept(session: Session, slots: Iterable[Slot]) -> dict[Slot, Kept]:
    """What stands there now; of each answer the first replies, and of each its beginning, so that nobody who floods a
    thread makes this long."""
    found: dict[Slot, Kept] = {}
    turn = func.row_number().over(
        partition_by=(Submission.message_id, Submission.member_id), order_by=(Submission.sent_at, Submission.id)
    )
    for here in _in(slots):
        standing = select(Submission.id, turn.label("turn")).where(here, Submission.withdrawn_at.is_(None)).subquery()
        rows = session.execute(
            select(
                Submission.message_id,
                Submission.member_id,
                Submission.id,
                func.substr(Submission.text, 1, READ_AT_MOST),
            )
            .join(standing, standing.c.id == Submission.id)
            .where(standing.c.turn <= _REPLIES)
            .order_by(Submission.message_id, Submission.member_id, standing.c.turn)
        )
        for message, member, submission, text in rows:
            slot, words = (message, member), count(text, "words")
            before = found.get(slot)
            found[slot] = Kept(submission, words) if before is None else Kept(before.submission, before.words + words)
    return found


def judged(session: Session, where: Iterable[ColumnElement[bool]]) -> set[Slot]:
    """Where somebody has given feedback, on whichever of the submissions."""
    found: set[Slot] = set()
    for here in where:
        rows = session.execute(
            select(Submission.message_id, Submission.member_id)
            .join(Feedback, Feedback.submission_id == Submission.id)
            .where(here)
            .distinct()
        )
        found.update((message, member) for message, member in rows)
    return found


def reactors(session: Session, where: Iterable[ColumnElement[bool]], slots: Collection[Slot]) -> dict[Slot, set[str]]:
    """Who has put an emoji there, on whichever of the submissions that stand."""
    found: dict[Slot, set[str]] = defaultdict(set)
    for here in where:
        for message, member, person in session.execute(
            select(Submission.message_id, Submission.member_id, Reaction.person)
            .join(Reaction, Reaction.submission_id == Submission.id)
            .where(here, Submission.withdrawn_at.is_(None))
            .distinct()
        ):
            found[message, member].add(person)
    return {slot: people for slot, people in found.items() if slot in slots}


def posed(session: Session, course: Course, slots: Iterable[Slot]) -> dict[int, Posed]:
    messages = sorted({message for message, _ in slots})
    rows = session.execute(
        select(Message.id, Message.key, Message.prompt, Delivery.lesson)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(Message.id.in_(messages))
    )
    found = {}
    for message, key, prompt, lesson in rows:
        taught = _prompt_of(course, lesson, prompt or "")
        words = taught.length.max if taught is not None and taught.length.unit == "words" else None
        found[message] = Posed(lesson, prompt or "", key[:_BARE], words)
    return found


def _prompt_of(course: Course, lesson: int, prompt: str) -> Prompt | None:
    """A prompt of the course; None when the course does not hold it any more."""
    taught = course.lessons.get(lesson)
    return next((each for each in taught.prompts if each.id == prompt), None) if taught else None


def around(slots: Collection[Slot]) -> Iterator[ColumnElement[bool]]:
    """Conditions under which a submission stands in one of these slots, or beside: a prompt with many of them is read
    whole, of the others each is looked up."""
    slots_of = Counter(message for message, _ in slots)
    whole = sorted(message for message, number in slots_of.items() if number > _MANY)
    if whole:
        yield Submission.message_id.in_(whole)
    yield from _in(slot for slot in slots if slots_of[slot[0]] <= _MANY)


def _in(slots: Iterable[Slot]) -> Iterator[ColumnElement[bool]]:
    """The same, without what stands beside. Prompt by prompt: so either database takes its index for each."""
    left = iter(sorted(slots))
    while chunk := list(islice(left, _AT_ONCE)):
        yield or_(
            *(
                and_(Submission.message_id == message, Submission.member_id.in_([member for _, member in theirs]))
                for message, theirs in groupby(chunk, key=itemgetter(0))
            )
        )

"""What members have written, read together: each answer with its versions, what was said about it, and how many have
put an emoji under it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session, aliased

from bot.cohorts.receipts import FILED, FORM, message_of
from bot.cohorts.submissions import REFS_AT_ONCE
from bot.store.tables import Delivery, Enrollment, Feedback, Member, Message, Reaction, Revision, Submission

NOTE, PRAISE = "note", "praise"
"""What feedback is: in words, or a reaction of ours where the member wrote."""

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class Said:
    """What one facilitator has said about an answer. by: their row; kind: NOTE, or PRAISE, which has no words. shared:
    for all who read the thread. told_at: when it was put before the writer."""

    by: int
    name: str
    kind: str
    text: str
    shared: bool
    at: datetime
    told_at: datetime | None


@dataclass(frozen=True)
class Written:
    """One member's answer to one prompt, as it stands. submission: the first that stands of it; submissions: all, in
    the order they were written, as texts. message, prompt, key: the prompt's row, its id in the lesson, and what
    buttons call it. ref: where the first stands, None for a form; in_thread: there in the prompt's own thread. at: when
    the first was written, last_at the last. revisions: how often something of it was changed, revised_at last. said:
    oldest first. reactions: how many people have put an emoji under it. left_on: when its writer left the cohort; None
    too for somebody who was never in it."""

    submission: int
    submissions: tuple[int, ...]
    member: int
    name: str
    lesson: int
    message: int
    prompt: str
    key: str
    ref: str | None
    in_thread: bool
    texts: tuple[str, ...]
    at: datetime
    last_at: datetime
    revisions: int
    revised_at: datetime | None
    said: tuple[Said, ...]
    reactions: int
    left_on: date | None

    @property
    def text(self) -> str:
        """All of it."""
        return "\n\n".join(self.texts)

    @property
    def notes(self) -> tuple[Said, ...]:
        return tuple(each for each in self.said if each.kind == NOTE)

    @property
    def praised_by(self) -> tuple[Said, ...]:
        return tuple(each for each in self.said if each.kind == PRAISE)

    @property
    def revised_since(self) -> bool:
        """Whether something of it was changed after the first note on it; praise asks for no change."""
        notes = self.notes
        return bool(notes) and self.revised_at is not None and self.revised_at > notes[0].at


def answers_to(session: Session, message: int, members: Collection[int]) -> tuple[Written, ...]:
    """The answers of these members to one prompt (a message's row), by name."""
    return tuple(_written(session, Submission.message_id == message, Submission.member_id.in_(members)))


def answers_of(session: Session, cohort: int, member: int) -> tuple[Written, ...]:
    """All answers of one member in a cohort, prompt by prompt as they were put before it."""
    found = _written(session, Submission.member_id == member, Delivery.cohort_id == cohort)
    return tuple(sorted(found, key=lambda each: (each.lesson, each.message)))


def writers(session: Session, message: int) -> Sequence[int]:
    """Who has a standing answer to one prompt, by name: members' rows, whether they have left or not."""
    return session.scalars(
        select(Member.id)
        .join(Submission, Submission.member_id == Member.id)
        .where(Submission.message_id == message, Submission.withdrawn_at.is_(None))
        .group_by(Member.id, Member.name)
        .order_by(func.lower(Member.name), Member.id)
    ).all()


def _written(session: Session, *where: ColumnElement[bool]) -> Iterable[Written]:
    rows = session.execute(
        select(Submission, Message.id, Message.prompt, Message.key, Delivery.lesson, Member.name, Enrollment.left_on)
        .join(Message, Message.id == Submission.message_id)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .join(Member, Member.id == Submission.member_id)
        .outerjoin(
            Enrollment,
            (Enrollment.member_id == Submission.member_id) & (Enrollment.cohort_id == Delivery.cohort_id),
        )
        .where(*where, Submission.withdrawn_at.is_(None))
        .order_by(func.lower(Member.name), Member.id, Message.id, Submission.sent_at, Submission.id)
    ).all()
    ids = [row[0].id for row in rows]
    changes, said, people = _changes(session, ids), _said(session, ids), _reactions(session, ids)
    for _, answer in groupby(rows, key=lambda row: (row[0].member_id, row[1])):
        yield _put_together(tuple(answer), changes, said, people)


def _put_together(
    rows: Sequence[Row[Submission, int, str | None, str, int, str, date | None]],
    changes: Mapping[int, Sequence[int]],
    said: Mapping[int, Sequence[Said]],
    people: Mapping[int, frozenset[str]],
) -> Written:
    first, message, prompt, key, lesson, name, left_on = rows[0]
    parts = [row[0] for row in rows]
    changed = [revision for each in parts for revision in changes.get(each.id, ())]
    return Written(
        submission=first.id,
        submissions=tuple(each.id for each in parts),
        member=first.member_id,
        name=name,
        lesson=lesson,
        message=message,
        prompt=prompt or "",
        key=key,
        ref=None if first.ref.startswith(FORM) else message_of(first.ref),
        in_thread=not first.ref.startswith((FORM, FILED)),
        texts=tuple(each.text for each in parts),
        at=first.sent_at,
        last_at=parts[-1].sent_at,
        revisions=len(changed),
        revised_at=_EPOCH + timedelta(microseconds=max(changed)) if changed else None,
        said=tuple(sorted((one for each in parts for one in said.get(each.id, ())), key=lambda one: one.at)),
        reactions=len(frozenset[str]().union(*(people.get(each.id, frozenset()) for each in parts))),
        left_on=left_on,
    )


def _changes(session: Session, submissions: Sequence[int]) -> Mapping[int, Sequence[int]]:
    """Submission → its revisions but the first, which is what it was written as."""
    found: dict[int, list[int]] = defaultdict(list)
    for page in _pages(submissions):
        asked = select(Revision.submission_id, Revision.revision)
        for submission, revision in session.execute(
            asked.where(Revision.submission_id.in_(page), Revision.revision > 0)
        ):
            found[submission].append(revision)
    return found


def _said(session: Session, submissions: Sequence[int]) -> Mapping[int, Sequence[Said]]:
    found: dict[int, list[Said]] = defaultdict(list)
    giver = aliased(Member)
    for page in _pages(submissions):
        for feedback, name in session.execute(
            select(Feedback, giver.name)
            .join(giver, giver.id == Feedback.by_id)
            .where(Feedback.submission_id.in_(page))
            .order_by(Feedback.id)
        ):
            said = Said(
                feedback.by_id, name, feedback.kind, feedback.text, feedback.shared, feedback.at, feedback.told_at
            )
            found[feedback.submission_id].append(said)
    return found


def _reactions(session: Session, submissions: Sequence[int]) -> Mapping[int, frozenset[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for page in _pages(submissions):
        asked = select(Reaction.submission_id, Reaction.person).where(Reaction.submission_id.in_(page)).distinct()
        for submission, person in session.execute(asked):
            found[submission].add(person)
    return {submission: frozenset(people) for submission, people in found.items()}


def _pages(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    """As many as a statement takes at once."""
    return (ids[first : first + REFS_AT_ONCE] for first in range(0, len(ids), REFS_AT_ONCE))

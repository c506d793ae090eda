"""What was answered to a lesson, as a page shows it: by prompt, by writer, with every version and all that was said.

However much there is, a page shows a bounded part of it: so many writers of a prompt, so much of a text, so many of its
versions.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.cohorts.writing import Written, answers_to, writers
from bot.curriculum.model import Course, Prompt
from bot.store.tables import Cohort, Delivery, Message, Revision, Submission
from bot.talk.lengths import count

TOGETHER = 6_000
"""Characters of a text that are shown where several people's stand together."""

ALONE = 100_000
"""The same where one member's stand alone."""

VERSIONS = 6
"""Of one reply, the newest ones that do not stand any more."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Version:
    """How a reply once was."""

    at: datetime
    text: str


@dataclass(frozen=True)
class Shared:
    """One member's answer on a page. length: "112 words", in what the prompt counts. texts: each reply as far as it is
    shown; cut: there is more of one. versions: earlier ones, newest first."""

    answer: Written
    texts: tuple[str, ...]
    cut: bool
    length: str
    versions: tuple[Version, ...]


@dataclass(frozen=True)
class Put:
    """A prompt that is before a cohort, and a page of those who have answered it, by name. prompt: None where the
    course has it no more. ref: where it stands in the chat. answered: how many have, in all."""

    message: int
    id: str
    ref: str
    prompt: Prompt | None
    answered: int
    shared: tuple[Shared, ...]


def prompts_put(
    session: Session, course: Course, cohort: Cohort, lesson: int, most: int, first: int = 0, member: int | None = None
) -> tuple[Put, ...]:
    """Every prompt of a lesson that is out, in its order, each with at most `most` writers from `first` on; or with
    one member's answer alone."""
    return tuple(_put(session, course, each, lesson, most, first, member) for each in _asked(session, cohort, lesson))


def shared(session: Session, course: Course, answers: Sequence[Written], most: int) -> list[Shared]:
    """The answers as they are shown, at most so many characters of each reply."""
    changed = [one for each in answers if each.revisions for one in each.submissions]
    versions = _versions(session, changed, most)
    return [
        Shared(
            answer=each,
            texts=tuple(text[:most] for text in each.texts),
            cut=any(len(text) > most for text in each.texts),
            length=_length(each.text, find_prompt(course, each.lesson, each.prompt)),
            versions=tuple(version for one in each.submissions for version in versions.get(one, ())),
        )
        for each in answers
    ]


def find_prompt(course: Course, lesson: int, prompt: str) -> Prompt | None:
    """What the course asks; None where it has that no more."""
    taught = course.lessons.get(lesson)
    return next((each for each in taught.prompts if each.id == prompt), None) if taught else None


def _asked(session: Session, cohort: Cohort, lesson: int) -> Sequence[Message]:
    return session.scalars(
        select(Message)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(Delivery.cohort_id == cohort.id, Delivery.kind == "lesson", Delivery.lesson == lesson)
        .where(Delivery.state != "skipped", Message.prompt.is_not(None), Message.ref.is_not(None))
        .order_by(Message.number)
    ).all()


def _put(
    session: Session, course: Course, message: Message, lesson: int, most: int, first: int, member: int | None
) -> Put:
    everybody = writers(session, message.id)
    page = everybody[first : first + most] if member is None else [each for each in everybody if each == member]
    answers = answers_to(session, message.id, page)
    return Put(
        message=message.id,
        id=message.prompt or "",
        ref=message.ref or "",
        prompt=find_prompt(course, lesson, message.prompt or ""),
        answered=len(everybody),
        shared=tuple(shared(session, course, answers, TOGETHER if member is None else ALONE)),
    )


def _versions(session: Session, changed: Collection[int], most: int) -> Mapping[int, list[Version]]:
    """Submission → its newest versions but the one that stands, newest first."""
    place = func.row_number().over(partition_by=Revision.submission_id, order_by=Revision.revision.desc())
    ranked = (
        select(Revision.submission_id, Revision.revision, place.label("place"))
        .where(Revision.submission_id.in_(changed))
        .subquery()
    )
    same = (Revision.submission_id == ranked.c.submission_id) & (Revision.revision == ranked.c.revision)
    rows = session.execute(
        select(Submission.id, Submission.sent_at, Revision.revision, func.substr(Revision.text, 1, most))
        .join(ranked, ranked.c.submission_id == Submission.id)
        .join(Revision, same)
        .where(ranked.c.place.between(2, VERSIONS + 1))
        .order_by(Submission.id, ranked.c.place)
    )
    versions: dict[int, list[Version]] = {}
    for submission, sent_at, revision, text in rows:
        at = _EPOCH + timedelta(microseconds=revision) if revision else sent_at
        versions.setdefault(submission, []).append(Version(at, text))
    return versions


def _length(text: str, prompt: Prompt | None) -> str:
    unit = prompt.length.unit if prompt else "words"
    number = count(text, unit)
    return f"{number} {unit if number != 1 else unit.removesuffix('s')}"

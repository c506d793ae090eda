"""What needs a facilitator, worked out from the record: no ranking, no score, only who waits for whom."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cohorts.cohorts import local_date
from bot.cohorts.lately import LATELY, RESPONSE_WITHIN, THIS_WEEK, Answer, aloud, read_lately, to_answers, waiting
from bot.cohorts.masks import to_microseconds, to_moment
from bot.cohorts.progress import Progress
from bot.cohorts.skips import skipped_lessons
from bot.curriculum.model import Course
from bot.store.tables import Cohort, Delivery, Message

__all__ = ["FEW", "RESPONSE_WITHIN", "Answer", "Brief", "Returned", "Silent", "Standing", "Thin", "brief", "is_silent"]

FEW = 0.5
"""A closed prompt that a smaller share of those it was asked of have answered is thin."""


@dataclass(frozen=True)
class Silent:
    """A learner who has missed lessons in a row; excused ones do not count. last: when they last wrote."""

    member: int
    name: str
    missed: int
    last: datetime | None


@dataclass(frozen=True)
class Returned:
    """A learner who was silent and has answered since, within the last week."""

    member: int
    name: str
    missed: int
    at: datetime


@dataclass(frozen=True)
class Thin:
    """A prompt that few of those it was asked of have answered."""

    lesson: int
    prompt: str
    key: str
    answered: int
    asked: int


@dataclass(frozen=True)
class Standing:
    """Where the cohort is. lesson: the last one that is out, on local_date; 0 and None before the first. left: lessons
    still to come. stuck: lessons that could not be posted, with the reason."""

    learners: int
    lesson: int
    local_date: date | None
    left: int
    stuck: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Brief:
    """Everything by name or by date, nothing by merit. waiting, aloud: oldest first, at most as many as were asked for;
    waiting_in_all says how many there are."""

    standing: Standing
    silent: tuple[Silent, ...]
    returned: tuple[Returned, ...]
    waiting: tuple[Answer, ...]
    waiting_in_all: int
    thin: tuple[Thin, ...]
    aloud: tuple[Answer, ...]

    @property
    def asks_for_something(self) -> bool:
        """Whether there is anything to do: without it nobody is written to."""
        return bool(self.standing.stuck or self.silent or self.waiting or self.thin)


def brief(
    session: Session, course: Course, cohort: Cohort, everybody: Sequence[Progress], now: datetime, at_most: int = 5
) -> Brief:
    """The brief of a cohort. everybody: its learners as `cohort_progress` tells them at the same `now`; at_most:
    answers that are named of those that wait, and of those to be read aloud."""
    lately = read_lately(session, everybody, now)
    waits, waiting_in_all = waiting(session, cohort, lately, now, at_most)
    to_read = aloud(session, course, lately, now)[:at_most]
    names = {each.member: each.name for each in everybody}
    return Brief(
        standing=_standing(session, course, cohort, len(everybody)),
        silent=_silent(cohort, everybody, now),
        returned=_returned(cohort, everybody, now),
        waiting=to_answers(session, course, lately, waits, names),
        waiting_in_all=waiting_in_all,
        thin=_thin(session, everybody, now),
        aloud=to_answers(session, course, lately, to_read, names),
    )


def is_silent(cohort: Cohort, progress: Progress, now: datetime) -> bool:
    """Whether a learner has missed as many lessons in a row as the cohort cares about. Who is excused today is away,
    not silent."""
    if progress.missed_in_a_row < cohort.silent_after:
        return False
    today = local_date(cohort, now)
    return not any(today in absence for absence in progress.membership.absences)


def _standing(session: Session, course: Course, cohort: Cohort, learners: int) -> Standing:
    rows = session.execute(
        select(Delivery.lesson, Delivery.local_date, Delivery.posted_at, Delivery.state, Delivery.reason)
        .where(Delivery.cohort_id == cohort.id, Delivery.kind == "lesson", Delivery.state != "skipped")
        .order_by(Delivery.local_date)
    ).all()
    out = [(lesson, day) for lesson, day, posted_at, _, _ in rows if posted_at is not None]
    on_hand = sum(posted_at is None and state in ("planned", "blocked") for _, _, posted_at, state, _ in rows)
    lesson, day = out[-1] if out else (0, None)
    return Standing(
        learners=learners,
        lesson=lesson,
        local_date=day,
        left=on_hand + _to_be_planned(session, course, cohort),
        stuck=tuple((lesson, reason or "") for lesson, _, _, state, reason in rows if state in ("blocked", "dead")),
    )


def _to_be_planned(session: Session, course: Course, cohort: Cohort) -> int:
    """Lessons of the course that are not in the cohort's ledger yet."""
    if cohort.next_lesson is None:
        return 0
    skipped = skipped_lessons(session, cohort)
    return sum(day >= cohort.next_lesson and day not in skipped for day in course.lessons)


def _silent(cohort: Cohort, everybody: Sequence[Progress], now: datetime) -> tuple[Silent, ...]:
    return tuple(
        Silent(each.member, each.name, each.missed_in_a_row, each.last_answer)
        for each in everybody
        if is_silent(cohort, each, now)
    )


def _returned(cohort: Cohort, everybody: Sequence[Progress], now: datetime) -> tuple[Returned, ...]:
    """Who has answered within a week after a silence, the latest such answer; and is not silent again."""
    if not everybody:
        return ()
    since, ledger = to_microseconds(now - THIS_WEEK), everybody[0].ledger
    ends = sorted((to_microseconds(each.ends_at), number) for number, each in enumerate(ledger.lessons))
    found = []
    for each in everybody:
        if each.answers.last is None or each.answers.last < since or is_silent(cohort, each, now):
            continue
        at, missed = _latest_return(each, ends, cohort.silent_after, since)
        if missed:
            found.append(Returned(each.member, each.name, missed, to_moment(at)))
    return tuple(found)


def _latest_return(each: Progress, ends: Sequence[tuple[int, ...]], silent_after: int, since: int) -> tuple[int, int]:
    """The last answer since then before which as many lessons in a row had come to their end unanswered, after the
    answer before it; and how many they were. 0 and 0 when there is none."""
    behind, written = each.masks.late | each.masks.missed, [0, *sorted(each.answers.first)]
    for number in range(len(written) - 1, bisect_left(written, since) - 1, -1):
        start, end = bisect_left(ends, (written[number - 1],)), bisect_left(ends, (written[number],))
        if end - start >= silent_after:
            missed = sum(behind >> lesson & 1 for _, lesson in ends[start:end])
            if missed >= silent_after:
                return written[number], missed
    return 0, 0


def _thin(session: Session, everybody: Sequence[Progress], now: datetime) -> tuple[Thin, ...]:
    """Prompts of the lessons that have come to their end in the last two weeks."""
    ledger = everybody[0].ledger if everybody else None
    counted: dict[int, tuple[int, int]] = {}
    for number, lesson in enumerate(ledger.lessons if ledger else ()):
        if not now - LATELY <= lesson.ends_at < now:
            continue
        theirs = [each.masks.answered_prompts for each in everybody if each.masks.expected >> number & 1]
        for prompt in lesson.prompts:
            bit = ledger.slots[prompt] if ledger else 0
            answered = sum(1 for each in theirs if each & bit)
            if answered < FEW * len(theirs):
                counted[prompt] = answered, len(theirs)
    rows = session.execute(
        select(Message.id, Message.prompt, Message.key, Delivery.lesson)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(Message.id.in_(list(counted)))
        .order_by(Delivery.local_date, Message.number)
    )
    return tuple(Thin(lesson, prompt or "", key[:24], *counted[message]) for message, prompt, key, lesson in rows)

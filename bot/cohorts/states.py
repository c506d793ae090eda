"""How far a member is, told plainly: one pure function from the record to a state per lesson.

Only what was released to a member and expected of them counts: not what came before they joined, while they were
excused, or after they left. An answer counts for its prompt whenever it comes; it is on time until the lesson closes,
and a lesson that went out late stays open for a day at least.

This is the definition. `masks` works out the same for a thousand members at once, and is tested against it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.cohorts.calendar import Span

LEAST_TIME = timedelta(hours=24)
"""A lesson can be answered on time for at least this long after it really went out."""


class State(StrEnum):
    DONE = "done"
    LATE = "late"
    OPEN = "open"
    EXCUSED = "excused"
    NOT_YET = "not yet open"
    MISSED = "missed"


@dataclass(frozen=True)
class Released:
    """A lesson as it was put before the cohort. released_at: None while it is not out. prompts: the ids of the messages
    that are out and ask something."""

    lesson: int
    local_date: date
    released_at: datetime | None
    closes_at: datetime
    prompts: tuple[int, ...]

    @property
    def ends_at(self) -> datetime:
        """Until when an answer is on time."""
        if self.released_at is None:
            return self.closes_at
        return max(self.closes_at, self.released_at + LEAST_TIME)


@dataclass(frozen=True)
class Membership:
    joined_on: date
    left_on: date | None = None
    absences: tuple[Span, ...] = ()


@dataclass(frozen=True)
class LessonState:
    """One lesson for one member: answered of asked prompts, and until when it is on time."""

    lesson: int
    state: State
    answered: int
    asked: int
    closes_at: datetime


def lesson_states(
    released: Sequence[Released], membership: Membership, answers: Mapping[int, datetime], now: datetime
) -> tuple[LessonState, ...]:
    """The states of the lessons that concern a member. answers: prompt message id → when its answer was written."""
    states = (_state(each, membership, answers, now) for each in sorted(released, key=lambda each: each.local_date))
    return tuple(state for state in states if state is not None)


def streak(lessons: Sequence[LessonState]) -> int:
    """Lessons answered in a row up to now. Excused and still open ones are passed over, a missed one ends the row;
    answering it late mends it."""
    length = 0
    for each in reversed(lessons):
        if each.state in (State.DONE, State.LATE):
            length += 1
        elif each.state is State.MISSED:
            break
    return length


def missed_in_a_row(lessons: Sequence[LessonState]) -> int:
    """Missed in a row up to now. Excused, open and coming ones are passed over; an answered one ends the row."""
    missed = 0
    for each in reversed(lessons):
        if each.state is State.MISSED:
            missed += 1
        elif each.state in (State.DONE, State.LATE):
            break
    return missed


def _state(
    released: Released, membership: Membership, answers: Mapping[int, datetime], now: datetime
) -> LessonState | None:
    """None when the lesson does not concern the member: it came before they joined, after they left, asks nothing."""
    written = [answers[prompt] for prompt in released.prompts if prompt in answers]
    closes_at = released.ends_at

    def as_state(state: State) -> LessonState:
        return LessonState(released.lesson, state, len(written), len(released.prompts), closes_at)

    if released.prompts and len(written) == len(released.prompts):
        return as_state(State.DONE if max(written) <= closes_at else State.LATE)
    if released.local_date < membership.joined_on:
        return None
    if membership.left_on is not None and released.local_date >= membership.left_on:
        return None
    if any(released.local_date in absence for absence in membership.absences):
        return as_state(State.EXCUSED)
    if released.released_at is None:
        return as_state(State.NOT_YET)
    if not released.prompts:
        return None
    return as_state(State.OPEN if now <= closes_at else State.MISSED)

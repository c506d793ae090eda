"""What needs a facilitator, worked out from the record: no ranking, no score, only who waits for whom."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

RESPONSE_WITHIN = timedelta(hours=24)
"""An answer that nobody has said anything about for so long is waiting."""

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
class Answer:
    """One member's answer to one prompt. submission: its first standing one; prompt: its id in the lesson; key: the
    prompt's, as buttons carry it. words: how long it is in words; asked: how many were asked for at most, where the
    prompt says. reactions: how many people have put an emoji under it."""

    submission: int
    member: int
    name: str
    lesson: int
    prompt: str
    key: str
    at: datetime
    words: int
    asked: int | None
    reactions: int


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

"""What passes between the steps of the send protocol: a claim, the messages of its delivery, and the keys by which
they are found again wherever they stand."""

import hashlib
from base64 import b32encode
from dataclasses import dataclass
from datetime import date, datetime, timedelta

ON_TIME = timedelta(minutes=1)
"""A lesson that is begun later than this after its time is late: something has kept it."""

GIVE_UP_AFTER = 120
"""Attempts in a round: with waits of seven and a half minutes on average once they are capped, more than twelve hours
of trying. A person who says "try again" begins a new round, and the numbers go on: a fence is never used twice."""


@dataclass(frozen=True)
class Claim:
    """A delivery that is ours to send until the lease runs out. `fence` proves it. ping: the group that the lesson
    mentions."""

    delivery: int
    fence: int
    cohort: int
    platform: str
    channel: str
    course: str
    lesson: int
    key: str
    due_at: datetime
    zone: str
    taken_at: datetime
    waited_until: datetime
    ping: str | None

    @property
    def is_late(self) -> bool:
        """Whether it is claimed noticeably after its time."""
        return self.taken_at - self.due_at > ON_TIME

    def may_be_out(self, began: datetime) -> bool:
        """Whether another life than ours may have posted it, of which this record, restored from a backup, knows
        nothing: it is late, and either came late into the record or was due before our process `began`. What only
        waits for its turn in a rush is not."""
        return self.is_late and (self.due_at < began or self.waited_until - self.due_at > ON_TIME)

    @property
    def tries(self) -> int:
        """Attempts in this round, this one included: what a backoff grows with."""
        return (self.fence - 1) % GIVE_UP_AFTER + 1


@dataclass(frozen=True)
class Outgoing:
    """One message of a claimed delivery and how far it has come."""

    id: int
    number: int
    key: str
    body: str
    prompt: str | None
    tried_at: datetime | None
    ref: str | None
    thread: str | None


@dataclass(frozen=True)
class Draft:
    """One rendered message before it is kept: its key, its body as JSON, the prompt that it asks (or None)."""

    key: str
    body: str
    prompt: str | None


class Fenced(Exception):
    """Somebody else has claimed the delivery since: stop, and write nothing."""


def delivery_key(cohort_key: str, kind: str, day: date) -> str:
    """What a delivery's markers are made from: the same for the same date of a cohort for ever, so that a database
    restored from a backup finds what was posted since."""
    return f"{cohort_key}|{kind}|{day.isoformat()}"


def message_key(key: str, part: str) -> str:
    """The marker of one message of a delivery (`key`: its `delivery_key`): 24 characters of a-z2-7."""
    digest = hashlib.sha256(f"{key}|{part}".encode()).digest()
    return b32encode(digest[:15]).decode().lower()

"""Who may read a cohort's calendar feed: whoever has its address, which ends with a key that nobody can guess."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.cohorts.audit import Action
from bot.cohorts.foreseeing import Entry, Foreseen, Off, foresee
from bot.cohorts.planning import DayAfter
from bot.store.tables import AuditEntry, Cohort

LATE = timedelta(hours=1)
"""A lesson that came later than this after its time stands in the calendar when it came."""

_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
"""32 random bytes in URL-safe base64."""


def open_feed(cohort: Cohort, *, renew: bool) -> str:
    """The key of the cohort's feed, made when there is none. renew: a new one in any case; the old one is closed."""
    if cohort.calendar_key is None or renew:
        cohort.calendar_key = secrets.token_urlsafe(32)
    return cohort.calendar_key


def close_feed(cohort: Cohort) -> bool:
    """False when none was open."""
    was_open = cohort.calendar_key is not None
    cohort.calendar_key = None
    return was_open


def find_fed(session: Session, key: str) -> Cohort | None:
    """The cohort whose feed has this key. It is found by an index: how long that takes tells nothing that helps with
    guessing 256 bits."""
    if not _KEY.fullmatch(key):
        return None
    return session.scalar(select(Cohort).where(Cohort.calendar_key == key))


@dataclass(frozen=True)
class FedLesson:
    """A lesson of the feed: when it came or comes (aware UTC), and whether it is out."""

    lesson: int
    at: datetime
    is_out: bool


@dataclass(frozen=True)
class Feed:
    """All that a calendar is told of a cohort. token: what the ids of its events are made from; the same for ever,
    whatever the address is. revision: it grows with every change of the calendar, changed_at: when that was."""

    name: str
    token: str
    lessons: tuple[FedLesson, ...]
    days_off: tuple[Off, ...]
    revision: int
    changed_at: datetime


class Closed(Enum):
    """Why there is no feed."""

    UNKNOWN = "unknown"
    ARCHIVED = "archived"


def read_feed(session: Session, key: str, day_after: DayAfter, now: datetime) -> Feed | Closed:
    """The feed of this key. While a cohort is paused nothing is to come; where its zone is gone from the zone database
    neither."""
    cohort = find_fed(session, key)
    if cohort is None:
        return Closed.UNKNOWN
    if cohort.archived_at is not None:
        return Closed.ARCHIVED
    token = hashlib.sha256(f"{cohort.key}|feed".encode()).hexdigest()[:24]
    try:
        seen = foresee(session, day_after, cohort, now)
    except LookupError:
        return Feed(cohort.name, token, (), (), 0, cohort.created_at)
    shown = [each for each in seen.ledger if each.state != "skipped"]
    out = [FedLesson(each.lesson, _at(each), each.posted_at is not None) for each in shown]
    coming = [FedLesson(each.lesson, each.due_at, False) for each in seen.coming if seen.state != "paused"]
    off = tuple(each for each in seen.days_off if seen.end is None or cohort.start_date <= each.last <= seen.end)
    return Feed(cohort.name, token, (*out, *coming), off, *_revision(session, cohort, seen))


def _at(entry: Entry) -> datetime:
    """When it came; a few seconds are no reason to move an event."""
    if entry.posted_at is not None and entry.posted_at - entry.due_at > LATE:
        return entry.posted_at
    return entry.due_at


def _revision(session: Session, cohort: Cohort, seen: Foreseen) -> tuple[int, datetime]:
    """Entries of the audit and rows of the ledger only ever become more."""
    changes, last = session.execute(
        select(func.count(), func.max(AuditEntry.at)).where(
            AuditEntry.cohort_id == cohort.id, AuditEntry.action == Action.CALENDAR
        )
    ).one()
    posted = [each.posted_at for each in seen.ledger if each.posted_at is not None]
    return changes + len(seen.ledger), max([cohort.created_at, *([last] if last else []), *posted])

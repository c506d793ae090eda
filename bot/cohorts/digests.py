"""When facilitators get the weekly digest. Each of its weeks has one instant; taking it moves the cohort on to the
next, in one conditional update before anybody is told: what a crash cuts off after it is not told twice, and the next
week comes. After downtime there is one, not one for each week that has passed.

    take_digests   the cohorts whose instant has come
    move_on        this one is ours: False when somebody else has it
    put_off        it could not be told to anybody: it is tried again, for a day
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from bot.cohorts.calendar import to_instant
from bot.cohorts.places import close, closed_among
from bot.store.database import wait_for_turn
from bot.store.tables import DIGESTED, Cohort, Delivery

AGAIN = timedelta(minutes=10)
"""Until a digest whose taking failed or was cut off is taken again: one that fails each time hides no others."""

TRY_AGAIN, TRIED_FOR = timedelta(hours=1), timedelta(hours=24)
ONCE_MORE = timedelta(days=7)
"""After the last lesson; each such week holds one digest."""

MOST_LOOKED_THROUGH = 500


@dataclass(frozen=True)
class Due:
    """A cohort whose digest has come. at: the instant that the record had for it."""

    cohort: int
    at: datetime


def choose_digest(cohort: Cohort, day: int, at: time, now: datetime) -> None:
    """From now on at this time of every such weekday (0 is Monday), in the cohort's own zone."""
    cohort.digest_day, cohort.digest_time = day, at
    cohort.next_digest_at = next_instant(day, at, cohort.zone, now)


def choose_no_digest(cohort: Cohort) -> None:
    cohort.digest_day = cohort.digest_time = cohort.next_digest_at = None


def follow_zone(cohort: Cohort, now: datetime) -> None:
    """After the cohort's zone was changed: the digest keeps its weekday and its time of day."""
    if cohort.digest_day is not None and cohort.digest_time is not None:
        choose_digest(cohort, cohort.digest_day, cohort.digest_time, now)


def next_instant(day: int, at: time, zone: str, after: datetime) -> datetime:
    """The first instant later than `after` at which clocks in `zone` show the time on that weekday. A repeated hour
    counts once and a skipped one when it is over, so that every week has exactly one. Raises ZoneInfoNotFoundError."""
    today = after.astimezone(ZoneInfo(zone)).date()
    first = today + timedelta(days=(day - today.weekday()) % 7 - 7)
    instants = (to_instant(first + timedelta(days=7 * week), at, zone) for week in range(4))
    return next(instant for instant in instants if instant > after)


def take_digests(session: Session, platforms: Sequence[str], now: datetime, limit: int = 20) -> Sequence[Due]:
    """The cohorts on these platforms whose digest has come, and that nobody is at."""
    wait_for_turn(session, "digests")
    found = session.execute(
        select(Cohort.id, Cohort.next_digest_at)
        .where(DIGESTED, Cohort.next_digest_at <= now, (Cohort.platform + "").in_(platforms))
        .order_by(Cohort.next_digest_at)
        .limit(MOST_LOOKED_THROUGH)
    ).all()
    taken = closed_among(session, {_scope(cohort) for cohort, _ in found}, now)
    free = [Due(cohort, at) for cohort, at in found if at is not None and _scope(cohort) not in taken][:limit]
    close(session, {_scope(each.cohort) for each in free}, now + AGAIN)
    return free


def move_on(session: Session, due: Due, now: datetime) -> bool:
    """On to the next week. False, and nothing is to be told, when it has been moved on by somebody else, or the
    facilitators have chosen another time since."""
    cohort = session.get_one(Cohort, due.cohort)
    if cohort.digest_day is None or cohort.digest_time is None:
        return False
    following = next_instant(cohort.digest_day, cohort.digest_time, cohort.zone, now)
    return _moved(session, due.cohort, due.at, following)


def put_off(session: Session, due: Due, now: datetime) -> bool:
    """Nobody could be told: in an hour, unless it has been a day since its time. Only for what was taken, and surely
    not told."""
    cohort = session.get_one(Cohort, due.cohort)
    day, at, following = cohort.digest_day, cohort.digest_time, cohort.next_digest_at
    if day is None or at is None or following is None:
        return False
    its_date = following.astimezone(ZoneInfo(cohort.zone)).date() - timedelta(days=7)
    if now + TRY_AGAIN > to_instant(its_date, at, cohort.zone) + TRIED_FOR:
        return False
    return _moved(session, due.cohort, following, now + TRY_AGAIN)


def is_wanted(session: Session, cohort: Cohort, now: datetime) -> bool:
    """Whether anybody is told of it: a cohort that stands still asks nothing of anybody. One that has finished is told
    of once more: what is written to its last lessons waits for a word as well."""
    if cohort.archived_at is not None or cohort.state == "paused":
        return False
    return cohort.state == "active" or _last_came(session, cohort) > now - ONCE_MORE


def _last_came(session: Session, cohort: Cohort) -> datetime:
    """When its last lesson went out."""
    came = session.scalar(select(func.max(Delivery.posted_at)).where(Delivery.cohort_id == cohort.id))
    return came or cohort.created_at


def _moved(session: Session, cohort: int, since: datetime, to: datetime) -> bool:
    moved = session.execute(
        update(Cohort).where(Cohort.id == cohort, Cohort.next_digest_at == since).values(next_digest_at=to)
    )
    assert isinstance(moved, CursorResult)
    return moved.rowcount == 1


def _scope(cohort: int) -> str:
    return f"digest|{cohort}"

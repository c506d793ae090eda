"""Something said once in a cohort's channel that is no lesson: an invitation, or what somebody was told and shows all.

ask_for      somebody wants it said; nothing is called yet
due          what is to be said now, or looked for
mark_trying  from here on it may be out; False when somebody else is at it
mark_told    it stands
drop         it cannot be said, or need not be any more

`tried_at` is lease and fence in one: who has written it may call until LEASE is over, and whoever comes later looks
for the message before saying it again.
"""

import secrets
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from sqlalchemy import CursorResult, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.cohorts.audit import Action, write_down
from bot.store.database import wait_for_turn
from bot.store.tables import UNSAID, Cohort, Member, Notice

INVITATION, SHARED = "invite", "shared"

PAUSE = timedelta(minutes=10)
"""Who asks twice within it has one thing said."""

LEASE = timedelta(seconds=120)
"""Between two tries, and longer than a platform takes to show what became of the first."""

PROMPTLY = timedelta(minutes=1)
"""What was asked for longer ago, and not said, may have been said by a life of which a restored record knows
nothing."""

GIVE_UP_AFTER = timedelta(hours=24)
"""An invitation later than that surprises everybody."""


@dataclass(frozen=True)
class Call:
    """A notice whose time has come. cohort: as it is now; ping: the group that it mentions."""

    id: int
    key: str
    at: datetime
    tried_at: datetime | None
    cohort: Cohort
    ping: str | None = None

    def may_be_out(self, now: datetime) -> bool:
        """Whether it has to be looked for first."""
        return self.tried_at is not None or now - self.at > PROMPTLY


def ask_for(session: Session, cohort: Cohort, by: Member, now: datetime, ping: str | None = None) -> Notice | None:
    """Have an invitation posted; None when one was asked for within PAUSE. Two who ask at once ask once. ping: the
    group that it mentions."""
    wait_for_turn(session, "notice", str(cohort.id))
    lately = select(Notice.id).where(
        Notice.cohort_id == cohort.id, Notice.kind == INVITATION, Notice.at > now - PAUSE, Notice.at <= now
    )
    if session.scalar(lately.limit(1)) is not None:
        return None
    key, platform = _new_key(), cohort.platform
    notice = Notice(cohort_id=cohort.id, by_id=by.id, platform=platform, kind=INVITATION, ping=ping, key=key, at=now)
    session.add(notice)
    write_down(session, cohort, by, Action.INVITED, "an invitation in the channel", now)
    return notice


def share_once(session: Session, cohort: Cohort, what: str, by: Member | None, now: datetime) -> bool:
    """Whether this is the first time that it is shown to all in this cohort; whose turn it is the key's uniqueness
    decides. what: any words that name it. It goes out as the answer to a press, when this is committed and never again:
    a crash between the two loses it, which who pressed sees."""
    key = b32encode(blake2b(f"{SHARED}|{cohort.id}|{what}".encode(), digest_size=15).digest()).decode().lower()
    by_id = by.id if by is not None else None
    said = Notice(cohort_id=cohort.id, by_id=by_id, platform=cohort.platform, kind=SHARED, key=key, at=now, told_at=now)
    try:
        with session.begin_nested():
            session.add(said)
    except IntegrityError:
        return False
    return True


def due(session: Session, platforms: Sequence[str], now: datetime, limit: int = 20) -> Sequence[Call]:
    """What is to be said on these platforms and nobody is saying, what was never tried first: one that fails again and
    again keeps no other one waiting."""
    free = or_(Notice.tried_at.is_(None), Notice.tried_at <= now - LEASE)
    rows = session.execute(
        select(Notice, Cohort)
        .join(Cohort, Cohort.id == Notice.cohort_id)
        .where(UNSAID, free, (Notice.platform + "").in_(platforms))
        .order_by(Notice.tried_at.is_not(None), Notice.tried_at, Notice.id)
        .limit(limit)
    )
    return [Call(notice.id, notice.key, notice.at, notice.tried_at, cohort, notice.ping) for notice, cohort in rows]


def mark_trying(session: Session, call: Call, now: datetime) -> bool:
    """Commit this before the network is asked to say it. False: somebody else has come first."""
    seen = Notice.tried_at.is_(None) if call.tried_at is None else Notice.tried_at == call.tried_at
    tried = update(Notice).where(Notice.id == call.id, Notice.told_at.is_(None), seen).values(tried_at=now)
    return _count(session.execute(tried)) == 1


def mark_told(session: Session, call: Call, now: datetime) -> None:
    """It stands. Not fenced: that is true whoever writes it."""
    session.execute(update(Notice).where(Notice.id == call.id, Notice.told_at.is_(None)).values(told_at=now))


def drop(session: Session, call: Call) -> bool:
    """It is not tried again. False when that was known, or it stands after all."""
    return _count(session.execute(delete(Notice).where(Notice.id == call.id, Notice.told_at.is_(None)))) == 1


def _new_key() -> str:
    return b32encode(secrets.token_bytes(15)).decode().lower()


def _count(result: object) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0

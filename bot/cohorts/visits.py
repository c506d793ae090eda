"""Who comes in by the web: a link that the bot hands out privately lets one member in once, and begins a visit.

Both are secrets of 32 random bytes, of which the record keeps only a hash: who reads the record, or a copy of it, can
come in with nothing that stands there.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from bot.cohorts.rights import rights_of
from bot.store.tables import Cohort, Member, SignInLink, Visit

LINK_LASTS = timedelta(minutes=10)
MOST_LINKS = 5
"""Open links of one member: somebody may press twice, or on two machines. An older one closes."""

VISIT_LASTS = timedelta(hours=12)
"""A working day with its evening."""
MANAGER_LASTS = timedelta(hours=2)
"""What the platform lets somebody administer is not asked again during a visit, so that such a visit is short."""
IDLE = timedelta(hours=2)
"""A visit that is not used for so long is over: somebody went away from a machine."""
TO_THE_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Entered:
    """secret: what the browser's cookie holds from now on. lasts: how long at most. cohort: the link's."""

    secret: str
    lasts: timedelta
    cohort: int


def open_link(session: Session, cohort: Cohort, member: Member, manages: bool, now: datetime) -> str:
    """The secret of a new link, which stands nowhere else. manages: the platform lets them administer the cohort's
    place, and they do not facilitate it by a role of ours anyway."""
    session.execute(select(Member.id).where(Member.id == member.id).with_for_update())  # two at once count one another
    _sweep(session, now)
    secret = secrets.token_urlsafe(32)
    link = SignInLink(
        hash=hash_of(secret),
        member_id=member.id,
        cohort_id=cohort.id,
        manages=manages,
        expires_at=now + LINK_LASTS,
        used_at=None,
    )
    session.add(link)
    session.flush()
    open_ = select(SignInLink.hash).where(SignInLink.member_id == member.id, SignInLink.used_at.is_(None))
    older = session.scalars(open_.order_by(SignInLink.expires_at.desc(), SignInLink.hash).offset(MOST_LINKS)).all()
    session.execute(delete(SignInLink).where(SignInLink.hash.in_(older)))
    return secret


def find_link(session: Session, secret: str, now: datetime) -> tuple[Member, Cohort] | None:
    """Whom an open link lets in, and where; None for one that is used, too old, or none of ours. Spends nothing."""
    found = session.execute(
        select(Member, Cohort)
        .join(SignInLink, SignInLink.member_id == Member.id)
        .join(Cohort, Cohort.id == SignInLink.cohort_id)
        .where(SignInLink.hash == hash_of(secret), SignInLink.used_at.is_(None), SignInLink.expires_at > now)
    ).first()
    return (found[0], found[1]) if found is not None else None


def enter(session: Session, secret: str, earlier: str | None, now: datetime) -> Entered | None:
    """Spend a link and begin a visit; None for a link that is used, too old, or none of ours, and for whom nothing is
    open any more. earlier: the secret of the visit that the browser is on, which ends."""
    spent = session.execute(
        update(SignInLink)
        .where(SignInLink.hash == hash_of(secret), SignInLink.used_at.is_(None), SignInLink.expires_at > now)
        .values(used_at=now)
    )
    assert isinstance(spent, CursorResult)
    if spent.rowcount != 1:  # of several at once, in however many processes, the record lets one through
        return None
    link = session.get_one(SignInLink, hash_of(secret))
    fresh, lasts = secrets.token_urlsafe(32), MANAGER_LASTS if link.manages else VISIT_LASTS
    visit = Visit(
        hash=hash_of(fresh),
        member_id=link.member_id,
        cohort_id=link.cohort_id,
        manages=link.manages,
        began_at=now,
        seen_at=now,
        expires_at=now + lasts,
    )
    if not rights_of(session, visit):
        return None
    _sweep(session, now)
    if earlier is not None:
        session.execute(delete(Visit).where(Visit.hash == hash_of(earlier)))
    session.add(visit)
    return Entered(fresh, lasts, link.cohort_id)


def find_visit(session: Session, secret: str, now: datetime) -> Visit | None:
    """The visit that a browser's secret stands for, and note that it is used; None when it is over or none of ours."""
    visit = session.get(Visit, hash_of(secret))
    if visit is None or visit.expires_at <= now or visit.seen_at + IDLE <= now:
        return None
    if visit.seen_at + TO_THE_MINUTE <= now:  # by a statement of its own: the visit may end at this very moment
        seen = update(Visit).where(Visit.hash == visit.hash).values(seen_at=now)
        session.execute(seen.execution_options(synchronize_session=False))
    return visit


def visits_of(session: Session, member: Member, now: datetime) -> Sequence[Visit]:
    """The member's visits that go on, the latest used first."""
    query = select(Visit).where(Visit.member_id == member.id, Visit.expires_at > now, Visit.seen_at > now - IDLE)
    return session.scalars(query.order_by(Visit.seen_at.desc(), Visit.hash)).all()


def end_visit(session: Session, visit: Visit) -> None:
    session.execute(delete(Visit).where(Visit.hash == visit.hash))


def end_all(session: Session, member: Member) -> int:
    """Every visit of the member ends, and every link closes that has not been used; how many visits it were."""
    session.execute(delete(SignInLink).where(SignInLink.member_id == member.id))
    ended = session.execute(delete(Visit).where(Visit.member_id == member.id))
    assert isinstance(ended, CursorResult)
    return ended.rowcount


def hash_of(secret: str) -> str:
    """64 characters. A secret of 32 random bytes needs no salt and no slow hash: nobody can try them all."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _sweep(session: Session, now: datetime) -> None:
    """What is over, used or not, is of no use to anybody. Rows that another process sweeps at this moment are its."""
    for table in (SignInLink, Visit):
        over = select(table.hash).where(table.expires_at <= now).with_for_update(skip_locked=True)
        session.execute(delete(table).where(table.hash.in_(session.scalars(over).all())))

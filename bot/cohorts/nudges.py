"""A private word from a facilitator to a member: kept first, then carried to them. What has not been told is found from
the record, so that a crash between the two loses nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from bot.chat.inbound import Person
from bot.cohorts.audit import Action, write_down
from bot.cohorts.cohorts import find_enrollment, known_member
from bot.store.database import wait_for_turn
from bot.store.tables import UNNUDGED, Cohort, Member, Nudge

SAME_WITHIN = timedelta(hours=1)
"""The same words from the same person to the same member are the same note for so long: a form that is sent twice, by
a double press or by a platform that tries again, reaches them once. Who means it writes it again later."""

LATELY = timedelta(days=7)
"""For so long a note counts as one that somebody has been written already."""


@dataclass(frozen=True)
class Note:
    """A nudge as it is carried. by: the facilitator who wrote it, as they are reached."""

    id: int
    cohort: str
    workspace: str
    to: Person
    by: Person
    text: str
    at: datetime


def find_nudgeable(session: Session, platform: str, cohort: int, member: int) -> tuple[Cohort, Member] | None:
    """A cohort and one who is in it now, by their ids; None for whatever else somebody may send."""
    found, person = session.get(Cohort, cohort), session.get(Member, member)
    if found is None or person is None or found.platform != platform:
        return None
    enrollment = find_enrollment(session, found, person)
    return (found, person) if enrollment is not None and enrollment.left_on is None else None


def nudge(session: Session, cohort: Cohort, member: Member, by: Person, text: str, key: str, now: datetime) -> bool:
    """Keep it, with its entry in the audit. key: its name, 24 characters of a-z2-7. False, and nothing is kept, when
    the same person has sent the same words within SAME_WITHIN."""
    wait_for_turn(session, "nudge", str(cohort.id), str(member.id))
    author = known_member(session, cohort.platform, cohort.workspace, by)
    lately = select(Nudge.text).where(
        Nudge.member_id == member.id,
        Nudge.cohort_id == cohort.id,
        Nudge.by_id == author.id,
        Nudge.at > now - SAME_WITHIN,
    )
    if text in session.scalars(lately).all():
        return False
    ids = {"cohort_id": cohort.id, "member_id": member.id, "by_id": author.id}
    session.add(Nudge(**ids, platform=cohort.platform, key=key, text=text, at=now))
    write_down(session, cohort, author, Action.NUDGED, "a private note", now, about=member)
    return True


def unnudged(session: Session, platform: str, limit: int = 50, without: Collection[int] = ()) -> list[Note]:
    """What has not been put before the member it is for, oldest first, save these."""
    author = aliased(Member)
    rows = session.execute(
        select(Nudge, Cohort, Member, author)
        .join(Cohort, Cohort.id == Nudge.cohort_id)
        .join(Member, Member.id == Nudge.member_id)
        .join(author, author.id == Nudge.by_id)
        .where(UNNUDGED, Nudge.platform == platform, Nudge.id.not_in(without))
        .order_by(Nudge.id)
        .limit(limit)
    )
    return [
        Note(
            nudge.id,
            cohort.name,
            cohort.workspace,
            Person(member.ref, member.name),
            Person(by.ref, by.name),
            nudge.text,
            nudge.at,
        )
        for nudge, cohort, member, by in rows
    ]


def mark_nudged(session: Session, nudge: int, now: datetime) -> None:
    """It was put before the member."""
    row = session.get(Nudge, nudge)
    if row is not None and row.told_at is None:
        row.told_at = now


def mark_undelivered(session: Session, nudge: int, now: datetime) -> None:
    """It cannot be put before them: it is not tried again, and the audit says so."""
    row = session.get(Nudge, nudge)
    if row is None or row.told_at is not None:
        return
    row.told_at = now
    cohort, by = session.get_one(Cohort, row.cohort_id), session.get(Member, row.by_id)
    about = session.get(Member, row.member_id)
    write_down(session, cohort, by, Action.NUDGED, "the note could not be delivered", now, about=about)


def nudged_lately(session: Session, cohort: Cohort, now: datetime) -> Mapping[int, datetime]:
    """Member → when somebody last wrote to them, of those who were written to LATELY."""
    rows = session.execute(
        select(Nudge.member_id, func.max(Nudge.at))
        .where(Nudge.cohort_id == cohort.id, Nudge.at > now - LATELY)
        .group_by(Nudge.member_id)
    )
    return dict(rows.all())

"""Cohorts and who is in them: open, find, pause, resume; join and leave."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.cohorts.calendar import Schedule, Span, first_slot_from
from bot.cohorts.excuses import excuse_from
from bot.store.tables import Cohort, DayOff, Enrollment, Member

LEARNER, FACILITATOR, OBSERVER = "learner", "facilitator", "observer"


@dataclass(frozen=True)
class NewCohort:
    """What a cohort is opened with. `first` is the day of the lesson that it begins with."""

    platform: str
    workspace: str
    channel: str
    name: str
    course: str
    zone: str
    post_time: time
    weekdays: int
    start: date
    first: int


class Taken(Exception):
    """The channel has a cohort, or the workspace one of that name. `what` is "channel" or "name"."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is taken")
        self.what = what


def open_cohort(session: Session, new: NewCohort, now: datetime) -> Cohort:
    """Open a cohort; its first lesson is due at the first slot whose time has not passed. Raises Taken."""
    schedule = Schedule(new.zone, new.post_time, new.weekdays, new.start)
    slot = first_slot_from(schedule, now)
    cohort = Cohort(
        key=secrets.token_hex(16),
        platform=new.platform,
        workspace=new.workspace,
        channel=new.channel,
        name=new.name,
        course=new.course,
        zone=new.zone,
        post_time=new.post_time,
        weekdays=new.weekdays,
        start_date=new.start,
        next_lesson=new.first,
        next_date=slot.local_date if slot else None,
        next_due_at=slot.due_at if slot else None,
        state="active",
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(cohort)
    except IntegrityError:
        here = find_cohort(session, new.platform, new.channel)
        raise Taken("channel" if here is not None and here.state != "finished" else "name") from None
    return cohort


def find_cohort(session: Session, platform: str, channel: str | None) -> Cohort | None:
    """The cohort that runs in a channel: the unfinished one, else the last that finished there, else the last that was
    archived."""
    return session.scalar(
        select(Cohort)
        .where(Cohort.platform == platform, Cohort.channel == channel)
        .order_by(Cohort.state == "finished", Cohort.archived_at.is_not(None), Cohort.id.desc())
        .limit(1)
    )


def find_by_name(session: Session, name: str) -> Sequence[Cohort]:
    """The cohorts of that name or id, whatever their platform."""
    wanted = name.casefold()  # SQLite lowers ASCII only, so that the names are compared here
    names = session.execute(select(Cohort.id, Cohort.name))
    found = [id_ for id_, each in names if each.casefold() == wanted or str(id_) == name]
    return session.scalars(select(Cohort).where(Cohort.id.in_(found)).order_by(Cohort.id)).all()


def all_cohorts(session: Session, *, archived: bool = False) -> Sequence[Cohort]:
    """Every cohort, oldest first; archived: those that were put away among them."""
    there = select(Cohort) if archived else select(Cohort).where(Cohort.archived_at.is_(None))
    return session.scalars(there.order_by(Cohort.id)).all()


def cohorts_of(session: Session, platform: str, ref: str) -> Sequence[Cohort]:
    """The unfinished cohorts that a person is in now, in whatever workspace of the platform."""
    return session.scalars(
        select(Cohort)
        .join(Enrollment, Enrollment.cohort_id == Cohort.id)
        .join(Member, Member.id == Enrollment.member_id)
        .where(Cohort.state != "finished", Enrollment.left_on.is_(None))
        .where(Member.platform == platform, Member.ref == ref)
        .order_by(Cohort.id)
    ).all()


def schedule_of(session: Session, cohort: Cohort) -> Schedule:
    """When the cohort meets, its days off included."""
    days_off = session.scalars(select(DayOff).where(DayOff.cohort_id == cohort.id).order_by(DayOff.first_date))
    spans = tuple(Span(each.first_date, each.last_date) for each in days_off)
    return Schedule(cohort.zone, cohort.post_time, cohort.weekdays, cohort.start_date, spans)


def pause(cohort: Cohort) -> bool:
    """Nothing is planned until `resume`. False when the cohort is not active."""
    if cohort.state != "active":
        return False
    cohort.state = "paused"
    return True


def resume(session: Session, cohort: Cohort, now: datetime) -> bool:
    """Go on with the next lesson at the next slot to come: what a pause skipped is not posted in a heap."""
    if cohort.state != "paused":
        return False
    cohort.state = "active"
    slot = first_slot_from(schedule_of(session, cohort), now, cohort.next_date)
    cohort.next_date = slot.local_date if slot else None
    cohort.next_due_at = slot.due_at if slot else None
    return True


def local_date(cohort: Cohort, now: datetime) -> date:
    """The date on the cohort's own calendar; by UTC where its zone is gone from the zone database."""
    try:
        zone: tzinfo = ZoneInfo(cohort.zone)
    except (LookupError, ValueError):
        zone = UTC
    return now.astimezone(zone).date()


def known_member(session: Session, platform: str, workspace: str, person: Person) -> Member:
    """The member's row, made at first sight; the name is kept up to date."""
    member = find_member(session, platform, workspace, person.ref)
    if member is None:
        member = Member(platform=platform, workspace=workspace, ref=person.ref, name=person.name[:200])
        try:
            with session.begin_nested():
                session.add(member)
        except IntegrityError:  # somebody else saw them first
            member = session.scalars(_member_query(platform, workspace, person.ref)).one()
    keep_name(member, person)
    return member


def keep_name(member: Member, person: Person) -> None:
    """The name that somebody goes by now; an edit may come without one."""
    if person.name and member.name != person.name[:200]:
        member.name = person.name[:200]


def find_member(session: Session, platform: str, workspace: str, ref: str) -> Member | None:
    return session.scalar(_member_query(platform, workspace, ref))


def find_enrollment(session: Session, cohort: Cohort, member: Member) -> Enrollment | None:
    """The member's place in the cohort, whether they left or not."""
    return session.scalar(
        select(Enrollment).where(Enrollment.cohort_id == cohort.id, Enrollment.member_id == member.id)
    )


def roster_names(session: Session, platform: str, channel: str, limit: int) -> Sequence[tuple[str, str]]:
    """Name and reference of who is in a channel's cohort now, by name."""
    cohort = find_cohort(session, platform, channel)
    if cohort is None:
        return ()
    rows = session.execute(
        select(Member.name, Member.ref)
        .join(Enrollment, Enrollment.member_id == Member.id)
        .where(Enrollment.cohort_id == cohort.id, Enrollment.left_on.is_(None))
        .order_by(func.lower(Member.name), Member.id)
        .limit(limit)
    )
    return [(name, ref) for name, ref in rows]


def join(session: Session, cohort: Cohort, member: Member, role: str, now: datetime) -> bool:
    """Enroll a member, or take back one who left, with their answers. False when they are in already."""
    today = local_date(cohort, now)
    enrollment = find_enrollment(session, cohort, member)
    if enrollment is None:
        enrollment = Enrollment(cohort_id=cohort.id, member_id=member.id, role=role, joined_on=today, left_on=None)
        try:
            with session.begin_nested():
                session.add(enrollment)
        except IntegrityError:
            if find_enrollment(session, cohort, member) is None:
                raise
            return False
        return True
    if enrollment.left_on is None:
        return False
    away = Span(enrollment.left_on, today)
    excuse_from(session, enrollment, away)  # nobody is asked for what came meanwhile
    enrollment.left_on = None
    return True


def leave(session: Session, cohort: Cohort, member: Member, now: datetime) -> bool:
    """Take a member off the roster; what they wrote stays. False when they are not in the cohort."""
    enrollment = find_enrollment(session, cohort, member)
    if enrollment is None or enrollment.left_on is not None:
        return False
    enrollment.left_on = local_date(cohort, now)
    return True


def is_facilitator(session: Session, cohort: Cohort, person: Person) -> bool:
    """Whether they facilitate the cohort, or administer the place it lives in."""
    if person.manages:
        return True
    member = find_member(session, cohort.platform, cohort.workspace, person.ref)
    enrollment = member and find_enrollment(session, cohort, member)
    return bool(enrollment and enrollment.left_on is None and enrollment.role == FACILITATOR)


def _member_query(platform: str, workspace: str, ref: str) -> Select[Member]:
    return select(Member).where(Member.platform == platform, Member.workspace == workspace, Member.ref == ref)

"""Where facilitators are told of trouble, and where they have been told lately."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.cohorts.cohorts import FACILITATOR
from bot.store.tables import Cohort, Enrollment, Member, Turn

QUIET_FOR = timedelta(hours=6)
"""Between two messages about one cohort for the same reason; nothing is closed for longer."""


@dataclass(frozen=True)
class Place:
    """A channel, or a person."""

    platform: str
    workspace: str
    channel: str | None
    person: Person | None = None

    @property
    def scope(self) -> str:
        """The same place has the same one, whatever the person is called and wherever we know them from."""
        kind, ref = ("channel", self.channel) if self.person is None else ("person", self.person.ref)
        return f"alert|{self.platform}|{kind}|{ref}"


@dataclass(frozen=True)
class Roster:
    """Who is told about a cohort: its alerts channel, or else its facilitators."""

    channel: Place | None
    people: tuple[Place, ...]

    @property
    def first(self) -> tuple[Place, ...]:
        return self.people if self.channel is None else (self.channel,)


def find_rosters(session: Session, cohorts: Collection[int]) -> Mapping[int, Roster]:
    """Who is told about each of the cohorts."""
    people: dict[int, list[Place]] = {cohort: [] for cohort in cohorts}
    for cohort, member in session.execute(
        select(Enrollment.cohort_id, Member)
        .join(Member, Member.id == Enrollment.member_id)
        .where(Enrollment.cohort_id.in_(cohorts), Enrollment.role == FACILITATOR, Enrollment.left_on.is_(None))
        .order_by(Enrollment.id)
    ):
        people[cohort].append(Place(member.platform, member.workspace, None, Person(member.ref, member.name)))
    return {
        each.id: Roster(
            Place(each.platform, each.workspace, each.alerts) if each.alerts else None, tuple(people[each.id])
        )
        for each in session.scalars(select(Cohort).where(Cohort.id.in_(cohorts)))
    }


def closed_places(session: Session, rosters: Collection[Roster], now: datetime) -> set[str]:
    """The places that are not told anything now: they have been lately, or share a cohort with one that has, so that
    all who are told about a cohort are told at the same time."""
    told = [{place.scope for place in roster.first} for roster in rosters]
    closed = closed_among(session, set().union(*told), now)
    while spread := set().union(*(scopes for scopes in told if scopes & closed)) - closed:
        closed |= spread
    return closed


def is_closed(roster: Roster, closed: Collection[str]) -> bool:
    return any(place.scope in closed for place in roster.first)


def closed_among(session: Session, scopes: Collection[str], now: datetime) -> set[str]:
    """Those whose time has not come. What lies further ahead than we ever set it comes from a clock that was wrong."""
    found = select(Turn.scope).where(Turn.scope.in_(scopes), Turn.next_at > now, Turn.next_at <= now + QUIET_FOR)
    return set(session.scalars(found)) if scopes else set()


def close(session: Session, scopes: Collection[str], until: datetime) -> None:
    """Under the turn that the caller has: nobody else writes these."""
    there = {turn.scope: turn for turn in session.scalars(select(Turn).where(Turn.scope.in_(scopes)))} if scopes else {}
    for scope in scopes:
        if scope in there:
            there[scope].next_at = until
        else:
            session.add(Turn(scope=scope, next_at=until))

"""Who is told that a lesson is late, and that it is out after all; each of it once.

    take_alarms   what is to be said to whom now; it counts as said from here on
    take_back     it could not be said to anybody: it is tried again later, a few times at most

A lesson is late five minutes after its time. Who runs a hundred cohorts on a platform that is down must not get a
hundred messages: what one person is to hear is put together, and they hear from us every ten minutes at most.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from bot.chat.port import Reason
from bot.cohorts.deliveries import BY_TOKEN
from bot.cohorts.places import QUIET_FOR, Place, Roster, close, closed_among, closed_places, find_rosters, is_closed
from bot.store.database import wait_for_turn
from bot.store.tables import ACTIVE, BLOCKED, UNALERTED, Cohort, Delivery, Message, Spending, Turn

LATE_AFTER = timedelta(minutes=5)

PLACE_EVERY = timedelta(minutes=10)
"""Between two messages to the same channel or person, whatever they are about."""

SAY_AGAIN = timedelta(minutes=30)
MOST_TRIES, TRIED_WITHIN = 5, timedelta(hours=24)
"""How often a place is tried again when the telling itself fails."""

UNPLANNED = "unplanned"


@dataclass(frozen=True)
class Late:
    """A lesson that is not wholly out. delivery: None when it could not even be put into the ledger. state: its
    delivery's. reason: like "missing_permission: 50013"; "" when nothing has been tried yet."""

    cohort: int
    name: str
    zone: str
    lesson: int
    delivery: int | None
    due_at: datetime
    state: str
    reason: str

    @property
    def kind(self) -> str:
        """The reason's first word, which decides the cure."""
        return self.reason.partition(":")[0][:40]

    @property
    def quiet(self) -> str:
        """What is quiet for a while after it was told."""
        return f"alert|cohort|{self.cohort}|{self.kind}"


@dataclass(frozen=True)
class Relieved:
    """A lesson that was told to be late, and is out."""

    delivery: int
    cohort: int
    name: str
    lesson: int


@dataclass
class Telling:
    """What one place is told. instead: who is told when a channel cannot be."""

    place: Place
    instead: set[Place] = field(default_factory=set)
    late: list[Late] = field(default_factory=list)
    relieved: list[Relieved] = field(default_factory=list)


@dataclass(frozen=True)
class Alarms:
    """late: every lesson that has been found late now, whether anybody is told or not."""

    late: tuple[Late, ...]
    tellings: tuple[Telling, ...]


def take_alarms(session: Session, platforms: Sequence[str], now: datetime, limit: int = 2_000) -> Alarms:
    """What has become late on these platforms and what is out after all, by whom it is to be told. What concerns a
    place that has heard from us lately is left for later."""
    wait_for_turn(session, "alerts")
    late = [*_late(session, platforms, now, limit), *_unplanned(session, platforms, now, limit)]
    relieved = _relieved(session, platforms)
    rosters = find_rosters(session, {each.cohort for each in late} | {each.cohort for each in relieved})
    closed = closed_places(session, rosters.values(), now)
    late = [each for each in late if not is_closed(rosters[each.cohort], closed)]
    relieved = [each for each in relieved if not is_closed(rosters[each.cohort], closed)]
    quiet = closed_among(session, {each.quiet for each in late}, now)
    late = [each for each in late if each.delivery is not None or each.quiet not in quiet]
    _mark(session, late, relieved, now)
    tellings = _tellings([each for each in late if each.quiet not in quiet], relieved, rosters)
    close(session, {each.quiet for each in late} - quiet, now + QUIET_FOR)
    close(session, tellings.keys(), now + PLACE_EVERY)
    return Alarms(tuple(late), tuple(tellings.values()))


def take_back(session: Session, place: Place, late: Collection[Late], now: datetime) -> bool:
    """Nobody could be told of these: they count as untold, and nothing is tried for SAY_AGAIN. False, and they stay as
    they are, when it has been tried often enough."""
    wait_for_turn(session, "alerts")
    tried = select(func.count()).where(Spending.scope == place.scope, Spending.at > now - TRIED_WITHIN)
    if session.scalars(tried).one() >= MOST_TRIES:
        return False
    session.add(Spending(scope=place.scope, at=now))
    untold = [each.delivery for each in late if each.delivery is not None]
    session.execute(update(Delivery).where(Delivery.id.in_(untold), Delivery.state != "done").values(alerted_at=None))
    session.execute(delete(Turn).where(Turn.scope.in_({each.quiet for each in late})))
    close(session, {place.scope}, now + SAY_AGAIN)
    return True


def _late(session: Session, platforms: Sequence[str], now: datetime, limit: int) -> list[Late]:
    rows = session.execute(
        select(Delivery, Cohort)
        .join(Cohort, Cohort.id == Delivery.cohort_id)
        .where(UNALERTED, Delivery.due_at < now - LATE_AFTER, Cohort.state != "paused")
        .where(or_(Delivery.attempt > 0, Delivery.next_try_at < now - LATE_AFTER))  # else it is meant to come later
        .where((Cohort.platform + "").in_(platforms))  # `+ ""`: not by way of all cohorts
        .order_by(Delivery.due_at, Delivery.id)
        .limit(limit)
    ).all()
    held = _held(session, {cohort.id for _, cohort in rows}) if rows else {}
    refused = set(session.scalars(_refused_platforms())) if rows else set()
    return [_to_late(delivery, cohort, held, refused) for delivery, cohort in rows]


def _to_late(delivery: Delivery, cohort: Cohort, held: Mapping[int, str], refused: Collection[str]) -> Late:
    """What waits behind something blocked is late for that one's reason."""
    reason = delivery.reason or ""
    if delivery.state == "planned" and cohort.id in held:
        reason = held[cohort.id]
    elif delivery.state == "planned" and cohort.platform in refused:
        reason = f"{Reason.TOKEN_REVOKED}: refused in another cohort"
    id_, due_at = delivery.id, delivery.due_at
    return Late(cohort.id, cohort.name, cohort.zone, delivery.lesson, id_, due_at, delivery.state, reason)


def _held(session: Session, cohorts: Collection[int]) -> dict[int, str]:
    """Cohort → why its first blocked lesson is blocked."""
    rows = session.execute(
        select(Delivery.cohort_id, Delivery.reason)
        .where(BLOCKED, Delivery.cohort_id.in_(cohorts))
        .order_by(Delivery.local_date.desc())
    )
    return {cohort: reason or "" for cohort, reason in rows}


def _refused_platforms() -> Select[str]:
    return (
        select(Cohort.platform)
        .join(Delivery, Delivery.cohort_id == Cohort.id)
        .where(BLOCKED, BY_TOKEN, Cohort.state != "paused")
        .distinct()
    )


def _unplanned(session: Session, platforms: Sequence[str], now: datetime, limit: int) -> list[Late]:
    rows = session.scalars(
        select(Cohort)
        .where(ACTIVE, Cohort.next_due_at < now - LATE_AFTER, (Cohort.platform + "").in_(platforms))
        .order_by(Cohort.next_due_at)
        .limit(limit)
    )
    return [
        Late(each.id, each.name, each.zone, each.next_lesson or 0, None, each.next_due_at or now, "", UNPLANNED)
        for each in rows
    ]


def _relieved(session: Session, platforms: Sequence[str]) -> list[Relieved]:
    """A message is looked up again for two hours after it was posted, so that these are found among those."""
    lately = select(Message.delivery_id).where(Message.audit_at.is_not(None), (Message.platform + "").in_(platforms))
    rows = session.execute(
        select(Delivery, Cohort)
        .join(Cohort, Cohort.id == Delivery.cohort_id)
        .where(Delivery.id.in_(lately), Delivery.state == "done", Delivery.alerted_at.is_not(None))
        .order_by(Delivery.due_at, Delivery.id)
    ).all()
    return [Relieved(delivery.id, cohort.id, cohort.name, delivery.lesson) for delivery, cohort in rows]


def _mark(session: Session, late: Sequence[Late], relieved: Sequence[Relieved], now: datetime) -> None:
    for deliveries, alerted_at in (([e.delivery for e in late], now), ([e.delivery for e in relieved], None)):
        session.execute(update(Delivery).where(Delivery.id.in_(deliveries)).values(alerted_at=alerted_at))


def _tellings(late: Sequence[Late], relieved: Sequence[Relieved], rosters: Mapping[int, Roster]) -> dict[str, Telling]:
    tellings: dict[str, Telling] = {}
    said: list[Late | Relieved] = [*late, *relieved]
    for each in said:
        roster = rosters[each.cohort]
        for place in roster.first:
            telling = tellings.setdefault(place.scope, Telling(place))
            telling.instead.update(roster.people if roster.channel is not None else ())
            if isinstance(each, Late):
                telling.late.append(each)
            else:
                telling.relieved.append(each)
    return tellings

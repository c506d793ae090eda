"""What is blocked is looked at again, quietly, until it is cured: one look a cohort, or one for all of a platform whose
token is refused. Nothing is posted for it.

    take_probes          whose turn has come; the next turn is set before the look, so that a crash costs one look
    mark_cured           it can be posted there: the deliveries are planned, and their next attempt shows whether it can
    mark_still_blocked   the newest reason
    hasten_probes        a platform has just taken our token: no need to wait for the turn
    hasten_returned      we have been let in again somewhere

Who is blocked again after a look that found nothing wrong goes on waiting longer and longer; a person who says "try
again" begins anew (`retry_stuck`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, CursorResult, Update, func, select, update
from sqlalchemy.orm import Session

from bot.chat.port import Reason
from bot.cohorts.deliveries import BY_TOKEN, next_round
from bot.cohorts.waits import probe_wait
from bot.store.database import wait_for_turn
from bot.store.tables import BLOCKED, Cohort, Delivery


@dataclass(frozen=True)
class Probe:
    """A place to look at. `for_all`: it stands for every cohort of the platform, because the token was refused."""

    cohort: int
    platform: str
    channel: str
    for_all: bool


def take_probes(session: Session, platforms: Sequence[str], now: datetime, limit: int = 20) -> list[Probe]:
    """Up to `limit` places on these platforms whose turn has come. Theirs until the next turn."""
    wait_for_turn(session, "probes")
    due = session.execute(
        select(Delivery.cohort_id, Cohort.platform, Cohort.channel, BY_TOKEN)
        .join(Cohort, Cohort.id == Delivery.cohort_id)
        .where(BLOCKED, Delivery.next_try_at <= now, Cohort.state != "paused")
        .where((Cohort.platform + "").in_(platforms))  # `+ ""`: not by way of all cohorts
        .order_by(Delivery.next_try_at, Delivery.id)
        .limit(limit)
    ).all()
    probes: dict[object, Probe] = {}
    for cohort, platform, channel, by_token in due:
        probes.setdefault(platform if by_token else cohort, Probe(cohort, platform, channel, bool(by_token)))
    for probe in probes.values():
        _put_off(session, probe, now)
    return list(probes.values())


def mark_cured(session: Session, probe: Probe, now: datetime) -> int:
    """It can be posted there: what was blocked is to be posted, in a new round of attempts. How many deliveries."""
    planned = _of(probe).values(state="planned", next_try_at=now, attempt=next_round())
    return _count(session.execute(planned))


def mark_still_blocked(session: Session, probe: Probe, reason: str) -> None:
    """The reason as it is now."""
    session.execute(_of(probe).values(reason=reason[:200]))


def hasten_probes(session: Session, platform: str, now: datetime) -> int:
    """The platform has just taken our token: what an earlier one blocked is looked at now. How many deliveries."""
    return _count(session.execute(_blocked(BY_TOKEN, _on(platform)).values(next_try_at=now)))


def hasten_returned(session: Session, platform: str, now: datetime) -> int:
    """We have been let in somewhere on the platform: where we had been removed is looked at now. How many
    deliveries."""
    removed = Delivery.reason.startswith(f"{Reason.BOT_REMOVED}:")
    return _count(session.execute(_blocked(removed, _on(platform)).values(next_try_at=now)))


def _put_off(session: Session, probe: Probe, now: datetime) -> None:
    vain = session.scalar(select(func.max(Delivery.probes)).where(*_where(probe))) or 0
    session.execute(_of(probe).values(probes=vain + 1, next_try_at=now + probe_wait(vain + 1)))


def _of(probe: Probe) -> Update:
    return _blocked(*_where(probe))


def _where(probe: Probe) -> tuple[ColumnElement[bool], ...]:
    return (BLOCKED, BY_TOKEN, _on(probe.platform)) if probe.for_all else (BLOCKED, Delivery.cohort_id == probe.cohort)


def _on(platform: str) -> ColumnElement[bool]:
    return Delivery.cohort_id.in_(select(Cohort.id).where(Cohort.platform == platform))


def _blocked(*where: ColumnElement[bool]) -> Update:
    return update(Delivery).where(BLOCKED, *where).execution_options(synchronize_session=False)


def _count(result: object) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0

"""What facilitators choose for a running cohort beside its calendar: read as one value, and changed with a line in the
audit for each choice that becomes another."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cohorts.audit import Action, write_down
from bot.cohorts.calendar import WEEKDAYS
from bot.cohorts.catchup import Policy
from bot.cohorts.digests import choose_digest, choose_no_digest
from bot.cohorts.pins import choose_pins
from bot.store.tables import Cohort, Member


@dataclass(frozen=True)
class Settings:
    """As the columns of `Cohort` that have the same names. digest: weekday (0 is Monday) and time; None for none."""

    catch_up: Policy
    alerts: str | None
    ping: str | None
    pins: int
    silent_after: int
    digest: tuple[int, time] | None


def settings_of(cohort: Cohort) -> Settings:
    digest = None
    if cohort.digest_day is not None and cohort.digest_time is not None:
        digest = (cohort.digest_day, cohort.digest_time)
    return Settings(
        Policy(cohort.catch_up), cohort.alerts, cohort.ping, cohort.pins, cohort.silent_after, digest=digest
    )


def change_settings(
    session: Session, cohort: Cohort, chosen: Settings, by: Member | None, now: datetime
) -> tuple[str, ...]:
    """Make the cohort's settings these. What has become another, each in words as the audit has it; none when all was
    so already. Who calls holds the cohort's row, and has looked at what people typed. by: None for an operator."""
    before = settings_of(cohort)
    cohort.catch_up, cohort.alerts, cohort.ping = chosen.catch_up, chosen.alerts, chosen.ping
    cohort.silent_after = chosen.silent_after
    if chosen.pins != before.pins:
        cohort.pins = chosen.pins
        session.flush()
        choose_pins(session, cohort.id)
    if chosen.digest is None:
        choose_no_digest(cohort)
    elif chosen.digest != before.digest:
        choose_digest(cohort, *chosen.digest, now)
    changes = tuple(_changes(before, chosen))
    for says in changes:
        write_down(session, cohort, by, Action.SETTING, says, now)
    return changes


def belongs_elsewhere(session: Session, cohort: Cohort, channel: str) -> bool:
    """Whether a cohort of another workspace is known to live in this channel."""
    others = select(Cohort.id).where(
        Cohort.platform == cohort.platform, Cohort.workspace != cohort.workspace, Cohort.channel == channel
    )
    return session.scalar(others.limit(1)) is not None


def _changes(before: Settings, after: Settings) -> Iterator[str]:
    for name, old, new in (
        ("catch-up", str(before.catch_up), str(after.catch_up)),
        ("alerts", before.alerts or "privately", after.alerts or "privately"),
        ("ping", before.ping or "nobody", after.ping or "nobody"),
        ("pins", str(before.pins), str(after.pins)),
        ("silent after", _missed(before), _missed(after)),
        ("weekly digest", _digest_words(before), _digest_words(after)),
    ):
        if old != new:
            yield f"{name}: {old} → {new}"


def _missed(settings: Settings) -> str:
    return f"{settings.silent_after} missed lesson{'s' * (settings.silent_after != 1)}"


def _digest_words(settings: Settings) -> str:
    if settings.digest is None:
        return "off"
    day, at = settings.digest
    return f"{WEEKDAYS[day].capitalize()} at {at:%H:%M}"

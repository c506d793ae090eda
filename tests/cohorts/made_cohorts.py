"""Cohorts for tests, made and moved through the program's own functions."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.chat.inbound import Person, Reply
from bot.cohorts.calendar import MONDAY_TO_FRIDAY
from bot.cohorts.claims import Claim, Draft, message_key
from bot.cohorts.cohorts import LEARNER, NewCohort, join, known_member, open_cohort
from bot.cohorts.deliveries import claim_due, keep_messages, mark_done, mark_sent, mark_thread, mark_trying, plan_due
from bot.store.database import Database
from bot.store.tables import Cohort, Delivery, Member, Message

ZONE = "Europe/Zurich"
MONDAY = date(2026, 9, 7)
PROMPTS = ("claim", "doubt")
LAST_DAY = 60
_numbers = itertools.count(1)


def at(day: int, hour: int = 9, minute: int = 0, second: float = 0) -> datetime:
    """A moment in Zurich (UTC+2), `day` days after the first Monday."""
    return datetime(2026, 9, 7, 0, tzinfo=UTC) + timedelta(days=day, hours=hour - 2, minutes=minute, seconds=second)


def new_cohort(**changes: Any) -> NewCohort:
    """Monday to Friday at nine in Zurich, from the first Monday on, in a channel of its own."""
    number = next(_numbers)
    plain = NewCohort(
        "discord", "W", f"C{number}", f"Cohort {number}", "course", ZONE, time(9), MONDAY_TO_FRIDAY, MONDAY, first=1
    )
    return replace(plain, **changes)


def opened(database: Database, now: datetime | None = None, **changes: Any) -> Cohort:
    """An open cohort; `now` is the Sunday evening before it starts."""
    return database.run_now(open_cohort, new_cohort(**changes), now or at(-1, 20))


def day_after(course: str, day: int) -> int | None:
    """A course without gaps."""
    return day + 1 if day < LAST_DAY else None


def planned(database: Database, now: datetime) -> int:
    return database.run_now(plan_due, day_after, now)


def claimed(database: Database, now: datetime, platform: str = "discord", limit: int = 10) -> list[Claim]:
    return database.run_now(claim_due, [platform], now, limit)


def drafts(claim: Claim, prompts: tuple[str, ...] = PROMPTS) -> list[Draft]:
    """One page and a message for each prompt."""
    page = Draft(message_key(claim.key, "lesson"), '{"content": "page"}', None)
    asked = [Draft(message_key(claim.key, f"prompt:{each}"), f'{{"content": "{each}"}}', each) for each in prompts]
    return [page, *asked]


def send(database: Database, claim: Claim, now: datetime, prompts: tuple[str, ...] = PROMPTS) -> None:
    """Carry a claim through the whole protocol; message n of delivery d gets the reference "d/n"."""
    for message in database.run_now(keep_messages, claim, drafts(claim, prompts)):
        database.run_now(mark_trying, claim, message, now)
        ref = f"{claim.delivery}/{message.number}"
        database.run_now(mark_sent, claim, message, ref, now, found=False)
        if message.prompt:
            database.run_now(mark_thread, message, f"thread {ref}", now)
    database.run_now(mark_done, claim)


def release(database: Database, now: datetime, prompts: tuple[str, ...] = PROMPTS) -> list[Claim]:
    """Plan and send everything that is due at `now`."""
    planned(database, now)
    sent: list[Claim] = []
    while claims := claimed(database, now):
        for claim in claims:
            send(database, claim, now, prompts)
        sent += claims
    return sent


def learner(database: Database, cohort: Cohort, ref: str, now: datetime, role: str = LEARNER) -> Member:
    def enroll(session: Session) -> Member:
        member = known_member(session, cohort.platform, cohort.workspace, Person(ref, ref.title()))
        join(session, session.get_one(Cohort, cohort.id), member, role, now)
        return member

    return database.run_now(enroll)


def prompt_messages(database: Database, cohort: Cohort, lesson: int) -> dict[str, Message]:
    """Prompt → its message, of one lesson."""
    query = (
        select(Message)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(Delivery.cohort_id == cohort.id, Delivery.lesson == lesson, Message.prompt.is_not(None))
    )
    return {message.prompt or "": message for message in database.run_now(lambda s: s.scalars(query).all())}


def deliveries(database: Database, cohort: Cohort) -> list[Delivery]:
    query = select(Delivery).where(Delivery.cohort_id == cohort.id).order_by(Delivery.local_date)
    return database.run_now(lambda session: list(session.scalars(query)))


def reread(database: Database, cohort: Cohort) -> Cohort:
    return database.run_now(lambda session: session.get_one(Cohort, cohort.id))


def change(database: Database, row: Any, **values: Any) -> None:
    """Write columns of a row as an operator would, past every function."""

    def write(session: Session) -> None:
        there = session.get_one(type(row), row.id)
        for name, value in values.items():
            setattr(there, name, value)

    database.run_now(write)


def reply(thread: str | None, author: str, message: str, text: str, sent_at: datetime, revision: int = 0) -> Reply:
    return Reply("discord", "W", thread, message, Person(author, author.title()), text, sent_at, revision)


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Every call in a thread of its own; their results. Raises what one of them raised."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [done.result(timeout=30) for done in [pool.submit(call) for call in calls]]

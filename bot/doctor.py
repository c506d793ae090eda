"""Look at everything that has to be right, and say how to cure what is not."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.app import build_platforms, sqlite_file
from bot.chat.port import BadToken, Finding, Platform, PlatformError, Seat
from bot.cohorts.examinations import to_seat
from bot.cohorts.letters import count_letters
from bot.config import Settings, platform_problem
from bot.curriculum.lint import lint_course
from bot.curriculum.load import load_with_places
from bot.curriculum.problems import CourseErrors
from bot.store import schema
from bot.store.database import open_engine
from bot.store.tables import Cohort, Delivery
from bot.talk.dashboard import DESK
from bot.talk.lessons import course_labels

PATIENCE = 30.0
"""Seconds that one platform may take to be examined."""

_NETWORK = "look at the network and the URL settings"


async def examine(settings: Settings, now: datetime) -> list[Finding]:
    """Course, database, platforms with the channels of their cohorts, and the next three posts."""
    course, labels = _course(settings)
    findings = [course]
    database, seats = _database(settings, now)
    findings += database
    findings.append(_pages(settings))
    problem = platform_problem(settings)
    if problem:
        findings.append(Finding("Platforms", False, "none is set", problem))
    engine = open_engine(settings.database_url)
    kept_in = engine if seats is not None else None
    try:
        for platform in build_platforms(settings, engine=kept_in):
            there = [replace(seat, labels=labels) for seat in (seats or {}).get(platform.name, ())]
            findings += await _platform(platform, there)
    finally:
        engine.dispose()
    return findings


def _course(settings: Settings) -> tuple[Finding, tuple[str, ...]]:
    """What is said of the course, and the labels of its lessons."""
    folder = settings.curriculum_dir
    try:
        loaded = load_with_places(folder)
    except CourseErrors as errors:
        says = f"{len(errors.problems)} errors in {folder}"
        return Finding("Course", False, says, "run `homeroom check` and mend what it lists"), ()
    problems = lint_course(loaded)
    if problems:
        says = f"{len(problems)} inconsistencies in {folder}"
        return Finding("Course", False, says, "run `homeroom check` and mend what it lists"), ()
    course = loaded.course
    holds = f"{len(course.lessons)} lessons, {len(course.papers)} papers, {len(course.concepts)} concepts"
    return Finding("Course", True, f"{course.about.title}: {holds}"), course_labels(course)


def _pages(settings: Settings) -> Finding:
    """Whether browsers can reach our pages, and whether nobody on the way reads what they are shown."""
    url = settings.public_url
    if url is None:
        says = "PUBLIC_URL is not set, so nobody can sign in to the web pages (`/dashboard`); all the rest works"
        return Finding("Web pages", True, says)
    address = urlsplit(url)
    if address.scheme != "https" and address.hostname not in ("127.0.0.1", "localhost", "::1"):
        cure = "put a proxy with a certificate before WEB_PORT, and set PUBLIC_URL to its https:// address"
        return Finding("Web pages", False, f"{url} is not https: whoever is on the way can read along", cure)
    return Finding("Web pages", True, f"`/dashboard` lets people in at {url.rstrip('/')}{DESK}")


def _database(settings: Settings, now: datetime) -> tuple[list[Finding], dict[str, list[Seat]] | None]:
    engine = open_engine(settings.database_url)
    file = sqlite_file(engine)
    if file is not None and not file.exists():
        return [Finding("Database", True, f"{file} is not there yet: `homeroom run` makes it")], None
    shown = engine.url.render_as_string(hide_password=True)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        if not schema.is_current(engine):
            cure = "run `homeroom migrate` (`homeroom run` does it by itself on SQLite)"
            return [Finding("Database", False, f"{shown} answers, but its tables are not up to date", cure)], None
        with Session(engine) as session:
            well = Finding("Database", True, f"{shown} answers, tables are up to date")
            return [well, *_ledger(session, now), *_letters(session)], _seats(session)
    except SQLAlchemyError as error:
        cure = "start it, or set DATABASE_URL to one that can be reached"
        return [Finding("Database", False, f"{shown} cannot be reached ({type(error).__name__})", cure)], None
    finally:
        engine.dispose()


def _seats(session: Session) -> dict[str, list[Seat]]:
    seats: dict[str, list[Seat]] = {}
    for cohort in session.scalars(select(Cohort).where(Cohort.state != "finished").order_by(Cohort.id)):
        seats.setdefault(cohort.platform, []).append(to_seat(cohort))
    return seats


def _ledger(session: Session, now: datetime) -> Sequence[Finding]:
    coming = session.scalars(
        select(Cohort)
        .where(Cohort.state == "active", Cohort.next_due_at.is_not(None))
        .order_by(Cohort.next_due_at)
        .limit(3)
    ).all()
    findings = [
        Finding("Next posts", True, f"{each.name}: day {each.next_lesson} at {each.next_due_at:%Y-%m-%d %H:%M} UTC")
        for each in coming
    ]
    stuck = session.execute(
        select(Delivery, Cohort)
        .join(Cohort, Cohort.id == Delivery.cohort_id)
        .where(Delivery.state.in_(("blocked", "dead")))
    ).all()
    findings += [
        Finding(
            "Posts",
            False,
            f"{cohort.name}: day {delivery.lesson} is {delivery.state} ({delivery.reason})",
            f'cure the reason, then run `homeroom cohort retry "{cohort.name}"`',
        )
        for delivery, cohort in stuck
    ]
    return findings or [Finding("Next posts", True, "none: no cohort is active")]


def _letters(session: Session) -> Sequence[Finding]:
    waiting = count_letters(session)
    if not waiting:
        return ()
    says = f"{waiting} heard and not kept: what is in them could not be stored"
    cure = "look at them with `homeroom letters`; after an update `homeroom letters retry` may keep them"
    return (Finding("Letters", False, says, cure),)


async def _platform(platform: Platform, seats: Sequence[Seat]) -> list[Finding]:
    name = platform.name.capitalize()
    try:
        return list(await asyncio.wait_for(platform.examine(seats), PATIENCE))
    except BadToken as error:
        return [Finding(name, False, "the token is not accepted", str(error))]
    except PlatformError as error:
        return [
            Finding(name, False, f"it does not answer ({error.reason})", "look at the network and the URL settings")
        ]
    except TimeoutError:
        return [Finding(name, False, f"no answer within {PATIENCE:.0f} s", _NETWORK)]

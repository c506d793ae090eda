"""What every tick asks is answered by an index, on both databases: an idle tick must not read 100,000 rows."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from database_kinds import Databases
from sqlalchemy import Connection, Engine, event, insert, select
from sqlalchemy.orm import Session
from whole_course import whole_course

from bot.chat.inbound import Person, Reacted, Reply, ReplyDeleted
from bot.cohorts.alerts import take_alarms
from bot.cohorts.audits import take_audits
from bot.cohorts.brief import brief
from bot.cohorts.deliveries import claim_due, plan_due
from bot.cohorts.digests import take_digests
from bot.cohorts.edits import take_edits
from bot.cohorts.examinations import take_examinations
from bot.cohorts.feedback import untold
from bot.cohorts.feeds import find_fed
from bot.cohorts.jobs import take_due
from bot.cohorts.notices import due
from bot.cohorts.nudges import unnudged
from bot.cohorts.ours import may_be_ours
from bot.cohorts.pins import take_pins
from bot.cohorts.probes import take_probes
from bot.cohorts.progress import cohort_progress
from bot.cohorts.reactions import keep_reaction
from bot.cohorts.receipts import unreceipted
from bot.cohorts.rights import rights_of
from bot.cohorts.skips import skipped_lessons
from bot.cohorts.sweeps import take_threads
from bot.cohorts.visits import enter, find_visit, hash_of, open_link
from bot.cohorts.writing import answers_of, answers_to, writers
from bot.store.database import Database, open_engine
from bot.store.tables import (
    Cohort,
    Delivery,
    Enrollment,
    Feedback,
    Member,
    Message,
    Notice,
    Nudge,
    Reaction,
    SignInLink,
    Submission,
    Visit,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ADA, EVE = Person("ada", "Ada"), Person("eve", "Eve")
QUESTIONS: dict[str, Callable[[Session], object]] = {
    "feed": lambda session: find_fed(session, "x" * 43),
    "left out": lambda session: skipped_lessons(session, Cohort(id=7)),
    "plan": lambda session: plan_due(session, lambda _course, day: day, NOW),
    "claim": lambda session: claim_due(session, ["discord", "slack"], NOW),
    "threads": lambda session: take_threads(session, "discord", NOW),
    "audits": lambda session: take_audits(session, ["discord", "slack"], NOW),
    "alarms": lambda session: take_alarms(session, ["discord", "slack"], NOW),
    "probes": lambda session: take_probes(session, ["discord", "slack"], NOW),
    "examinations": lambda session: take_examinations(session, ["discord", "slack"], NOW),
    "jobs": lambda session: take_due(session, ["discord", "slack"], NOW, 500),
    "pins": lambda session: take_pins(session, ["discord", "slack"]),
    "edits": lambda session: take_edits(session, ["discord", "slack"]),
    "untold": lambda session: untold(session, "discord", without=[1, 2]),
    "unnudged": lambda session: unnudged(session, "discord", without=[1, 2]),
    "digests": lambda session: take_digests(session, ["discord", "slack"], NOW),
    "edited elsewhere": lambda session: may_be_ours(session, Reply("discord", "W", "C", "C/0", ADA, "x", NOW, 5)),
    "deleted elsewhere": lambda session: may_be_ours(session, ReplyDeleted("discord", "W", "C", "C/0", NOW, True)),
    "reacted to": lambda session: keep_reaction(session, Reacted("discord", "W", "7/0", EVE, "x", True, NOW)),
    "all answers to a prompt": lambda session: answers_to(session, 7, writers(session, 7)[:10]),
    "all answers of a member": lambda session: answers_of(session, 7, 2),
    "unreceipted": lambda session: unreceipted(session, "discord"),
    "notices": lambda session: due(session, ["discord", "slack"], NOW),
}


def reported(session: Session) -> None:
    """A report, first without tallies, then from them."""
    cohort = session.get_one(Cohort, 7)
    for _ in range(2):
        everybody = cohort_progress(session, cohort, NOW)
        assert brief(session, whole_course(), cohort, everybody, NOW).aloud


def asked_for_a_link(session: Session) -> object:
    """A member's second one; what is over is looked for, and there is nothing."""
    return open_link(session, session.get_one(Cohort, 7), session.get_one(Member, 2), False, NOW)


def came_in(session: Session) -> object:
    return enter(session, asked_for_a_link(session), "visit8", NOW)


def asked_for_a_page(session: Session) -> object:
    visit = find_visit(session, "visit7", NOW)
    assert visit is not None
    return rights_of(session, visit)


MANY = 2_000


@pytest.fixture(scope="module")
def crowded(databases: Databases, migrated_template: str) -> Iterator[Database]:
    """Many cohorts with a posted lesson each, none of them due, and an answer to each, with feedback that was told.
    All tests share it: what is asked is undone."""
    url = databases.make(migrated_template)
    database = Database(open_engine(url))
    with database.engine.begin() as connection:
        connection.execute(insert(Cohort), [_cohort(number) for number in range(1, MANY + 1)])
        connection.execute(insert(Delivery), [_delivery(number) for number in range(1, MANY + 1)])
        connection.execute(insert(Message), [_message(number) for number in range(1, MANY + 1)])
        connection.execute(insert(Member), [_member()])
        connection.execute(insert(Submission), [_submission(number) for number in range(1, MANY + 1)])
        connection.execute(insert(Feedback), [_feedback(number) for number in range(1, MANY + 1)])
        connection.execute(insert(Notice), [_notice(number) for number in range(1, MANY + 1)])
        connection.execute(insert(Nudge), [_nudge(number) for number in range(1, MANY + 1)])
        connection.execute(insert(Enrollment), [_enrollment(number) for number in range(1, MANY + 1)])
        others = range(2, 3)  # learn in one of the cohorts
        connection.execute(insert(Member), [_member(number, f"u{number}") for number in others])
        connection.execute(insert(Enrollment), [_enrollment(7) | {"member_id": n, "role": "learner"} for n in others])
        connection.execute(
            insert(Submission), [_submission(MANY + n) | {"message_id": 7, "member_id": n} for n in others]
        )
        connection.execute(insert(Reaction), [_reaction(number) for number in range(1, MANY + 1)])
        connection.execute(insert(SignInLink), [_link(number) for number in range(1, MANY + 1)])
        connection.execute(insert(Visit), [_visit(number) for number in range(1, MANY + 1)])
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    yield database
    database.close()
    databases.drop(url)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_tick_reads_no_whole_table(crowded: Database, name: str) -> None:
    assert readings(crowded, QUESTIONS[name]) == []


@pytest.mark.parametrize("ask", [asked_for_a_link, came_in, asked_for_a_page])
def test_who_is_on_the_web_reads_no_whole_table(crowded: Database, ask: Callable[[Session], object]) -> None:
    assert readings(crowded, ask) == []


def test_a_report_reads_its_own_cohort_and_no_other(crowded: Database) -> None:
    assert readings(crowded, reported) == []


def test_a_question_without_an_index_is_seen(crowded: Database) -> None:
    """The control: the test above can fail."""
    asked = select(Cohort.id).where(Cohort.created_at < NOW - timedelta(days=1))
    assert readings(crowded, lambda session: session.scalars(asked).all()) != []


def test_a_word_that_is_a_parameter_misleads_sqlite(crowded: Database) -> None:
    """Why `PLANNED` and its kin spell their words out."""
    asked = (
        select(Delivery, Cohort)
        .join(Cohort, Cohort.id == Delivery.cohort_id)
        .where(Delivery.state == "planned", Delivery.next_try_at <= NOW, Cohort.platform.in_(["discord", "slack"]))
    )
    seen = readings(crowded, lambda session: session.execute(asked).all())
    assert bool(seen) == (crowded.engine.dialect.name == "sqlite")


def readings(database: Database, ask: Callable[[Session], object]) -> list[str]:
    """What was asked that reads much more than it finds."""
    explained = _steps_counted if database.engine.dialect.name == "sqlite" else _plans_looked_at
    with explained(database.engine) as much, Session(database.engine) as session:
        ask(session)
        session.flush()
    return much


@contextmanager
def _steps_counted(engine: Engine) -> Iterator[list[str]]:
    """SQLite calls back after so many steps of its machine: a row that is looked at takes about ten."""
    much: list[str] = []
    asked: list[str] = []

    def begin(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.set_progress_handler(lambda: much.append(statement), MANY)

    event.listen(engine, "before_cursor_execute", begin)
    try:
        yield much
    finally:
        event.remove(engine, "before_cursor_execute", begin)
    assert asked, "nothing was asked"


@contextmanager
def _plans_looked_at(engine: Engine) -> Iterator[list[str]]:
    """PostgreSQL tells how many rows each part of a plan brought or threw away: every SELECT is explained first."""
    much: list[str] = []
    plans: list[str] = []
    explaining = False

    def explain(connection: Connection, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        nonlocal explaining
        if explaining or not statement.lstrip().startswith("SELECT"):
            return
        explaining = True
        try:
            rows = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, TIMING OFF) {statement}", parameters)
            plans.extend(str(row[0]) for row in rows)
        finally:
            explaining = False

    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield much
    finally:
        event.remove(engine, "before_cursor_execute", explain)
    assert plans, "nothing was asked"
    for line in plans:
        counts = re.findall(r"Rows Removed by Filter: (\d+)|actual rows=(\d+)", line)
        if any(int(thrown or brought) >= MANY // 2 for thrown, brought in counts):
            much.append(line)


def _cohort(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "key": str(number),
        "platform": "discord",
        "workspace": "w",
        "channel": str(number),
        "name": str(number),
        "course": "course",
        "zone": "UTC",
        "post_time": time(9),
        "weekdays": 31,
        "start_date": date(2026, 1, 5),
        "next_lesson": 2,
        "next_date": date(2026, 3, 3),
        "next_due_at": NOW + timedelta(hours=21),
        "examined_at": NOW,
        "next_digest_at": NOW + timedelta(days=1),
        "state": "active",
        "created_at": NOW - timedelta(hours=1),
    }


def _delivery(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "cohort_id": number,
        "kind": "lesson",
        "local_date": date(2026, 3, 2),
        "lesson": 1,
        "due_at": NOW - timedelta(hours=3),
        "closes_at": NOW + timedelta(days=1),
        "state": "done",
        "attempt": 1,
        "next_try_at": NOW - timedelta(hours=3),
        "posted_at": NOW - timedelta(hours=3),
    }


def _message(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "delivery_id": number,
        "number": 0,
        "prompt": "claim",
        "key": str(number),
        "body": "{}",
        "platform": "discord",
        "ref": f"m{number}",
        "thread": f"t{number}",
        "unread": False,
    }


def _member(number: int = 1, ref: str = "ada") -> dict[str, Any]:
    return {"id": number, "platform": "discord", "workspace": "w", "ref": ref, "name": ref.title()}


def _submission(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "message_id": number,
        "member_id": 1,
        "platform": "discord",
        "ref": f"s{number}",
        "text": "words",
        "revision": 0,
        "sent_at": NOW,
        "receipted": True,
    }


def _enrollment(number: int) -> dict[str, Any]:
    role = "observer" if number == 7 else "learner"
    return {"cohort_id": number, "member_id": 1, "role": role, "joined_on": date(2026, 1, 5)}


def _notice(number: int) -> dict[str, Any]:
    told = {"tried_at": NOW, "told_at": NOW}
    return {"cohort_id": number, "platform": "discord", "kind": "invite", "key": f"k{number}", "at": NOW} | told


def _reaction(number: int) -> dict[str, Any]:
    return {"submission_id": number, "person": "ben", "emoji": "+1", "at": NOW}


def _feedback(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "submission_id": number,
        "by_id": 1,
        "platform": "discord",
        "key": f"f{number}",
        "text": "words",
        "shared": False,
        "at": NOW,
        "told_at": NOW,
    }


def _link(number: int) -> dict[str, Any]:
    until = NOW + timedelta(minutes=5)
    return {"hash": f"link{number}", "member_id": 1, "cohort_id": number, "manages": False, "expires_at": until}


def _visit(number: int) -> dict[str, Any]:
    times = {"began_at": NOW, "seen_at": NOW - timedelta(minutes=2), "expires_at": NOW + timedelta(hours=5)}
    return {"hash": hash_of(f"visit{number}"), "member_id": 2, "cohort_id": number, "manages": False} | times


def _nudge(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "cohort_id": number,
        "member_id": 1,
        "by_id": 1,
        "platform": "discord",
        "key": f"n{number}",
        "text": "words",
        "at": NOW,
        "told_at": NOW,
    }

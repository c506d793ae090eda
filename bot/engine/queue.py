"""The queue that several processes take jobs from: Procrastinate, in a schema of its own beside the record.

Nothing in it is needed: its rows may be lost at any time, and so its tables are made anew when they are another
version's.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.jobs import Status
from procrastinate.schema import SchemaManager
from procrastinate.types import JSONDict
from psycopg import sql
from sqlalchemy import Connection, Engine, func, make_url, select, text
from sqlalchemy.orm import Session

from bot.store.database import wait_for_turn

SCHEMA = "procrastinate"
DELIVER = "deliver"
"""The name of the job that sends one delivery. Its queue has the platform's name."""

CONNECTIONS = 4
"""Of one process to the queue, besides one that listens for each worker."""

PATIENCE = 10.0
"""Seconds to wait for a connection."""

for _name in ("procrastinate", "psycopg.pool"):  # what matters of it is told in lines of our own
    logging.getLogger(_name).propagate = False
    logging.getLogger(_name).addHandler(logging.NullHandler())

_WAITING = text(
    "SELECT (args->>'delivery')::bigint FROM procrastinate_jobs WHERE task_name = :name AND status = 'todo'"
)

_writing = App(connector=SyncPsycopgConnector())  # never opened: it writes through our own transactions


def install(engine: Engine) -> None:
    """Make the queue's tables; again, and empty, when they are another version's. PostgreSQL only."""
    with engine.begin() as connection:
        wait_for_turn(connection, "migrate")
        if _version(connection) == _wanted():
            return
        connection.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
        connection.execute(text(f"SET LOCAL search_path TO {SCHEMA}"))
        raw = _raw(connection)
        raw.execute(SchemaManager.get_schema())
        raw.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(SCHEMA), sql.Literal(_wanted())))


def remove(engine: Engine) -> None:
    """Drop the queue's tables."""
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))


def is_installed(engine: Engine) -> bool:
    """Whether the queue's tables are there, in the version that this program needs."""
    with engine.connect() as connection:
        return _version(connection) == _wanted()


def open_queue(engine: Engine) -> App:
    """The queue as workers see it, on the record's server; not connected yet."""
    url = make_url(engine.url).set(drivername="postgresql")
    options = f"{url.query.get('options', '')} -c search_path={SCHEMA}".strip()
    return App(
        connector=PsycopgConnector(
            conninfo=url.render_as_string(hide_password=False),
            kwargs={"options": options, "connect_timeout": 5},
            min_size=1,
            max_size=CONNECTIONS,
            timeout=PATIENCE,
        )
    )


def enqueue(session: Session, deliveries: Mapping[int, str]) -> int:
    """One job for each delivery (id → platform) that has none waiting, in the caller's transaction. How many."""
    if not deliveries:
        return 0
    _find_our_tables(session)
    waiting = set(session.scalars(_WAITING, {"name": DELIVER}))
    raw = _raw(session.connection())
    jobs: defaultdict[str, list[JSONDict]] = defaultdict(list)
    for delivery, platform in deliveries.items():
        if delivery not in waiting:
            jobs[platform].append({"delivery": delivery})
    for platform, its in jobs.items():
        _writing.configure_task(DELIVER, queue=platform, connection=raw).batch_defer(*its)
    return sum(map(len, jobs.values()))


async def finish_stalled(queue: App, silent_for: float) -> int:
    """Jobs whose worker has said nothing for so many seconds are finished and not tried again: what they were to do is
    still in the record, and a tick finds it there. How many."""
    stalled = list(await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_for))
    for job in stalled:
        if job.id is not None:
            await queue.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
    await queue.job_manager.prune_stalled_workers(silent_for)
    return len(stalled)


def _find_our_tables(session: Session) -> None:
    """To the end of the transaction the queue's tables and functions are found as well."""
    path = func.current_setting("search_path") + f", {SCHEMA}"
    session.execute(select(func.set_config("search_path", path, True)))


def _raw(connection: Connection) -> "psycopg.Connection[Any]":
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection), "PostgreSQL is spoken to with psycopg"
    return raw


def _version(connection: Connection) -> object:
    return connection.scalar(
        text("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = :name"), {"name": SCHEMA}
    )


def _wanted() -> str:
    return hashlib.sha256(SchemaManager.get_schema().encode()).hexdigest()

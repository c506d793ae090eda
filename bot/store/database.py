"""The record's door: one call is one transaction, run in a thread, on SQLite or PostgreSQL alike."""

import asyncio
import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import ARRAY, BigInteger, Connection, Engine, create_engine, event, func, literal, make_url, select
from sqlalchemy.exc import InternalError, OperationalError
from sqlalchemy.orm import Session

P = ParamSpec("P")
R = TypeVar("R")

PATIENCE = 20.0
"""Seconds that closing waits for transactions under way: longer than SQLite waits for its turn."""

_READS = "reads_only"

_AGAIN = {"40001", "40P01"}  # PostgreSQL: serialization failure, deadlock. The loser may simply try again.


def open_engine(url: str) -> Engine:
    """An engine on `url` ("sqlite:///file.db", "postgresql://…"). Raises ValueError for any other database."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, connect_args={"timeout": 15})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "commit", _check_sqlite_reading)
        return engine
    if parsed.get_backend_name() == "postgresql":
        psycopg = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(psycopg, pool_pre_ping=True, connect_args={"connect_timeout": 5})
        engine.dialect.use_insertmanyvalues_wo_returning = True  # many rows in a statement, not a statement for each
        return engine
    raise ValueError(f"{parsed.get_backend_name()} is not supported: use sqlite:///homeroom.db or postgresql://…")


class Database:
    """`await database.run(function, *args)` calls `function(session, *args)` in one transaction and commits it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reading = engine.execution_options(**{_READS: True, "postgresql_readonly": True})
        self._under_way = 0
        self._ended = threading.Condition()

    async def run(self, function: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `run_now`, in a thread. When the awaiting task is cancelled, the transaction still ends by itself."""
        return await asyncio.to_thread(partial(self.run_now, function, *args, **kwargs))

    def run_now(self, function: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run it here and now. What it raises rolls everything back."""
        for _ in range(3):
            try:
                return self._once(self.engine, function, *args, **kwargs)
            except OperationalError as error:
                if not lost_a_race(error):
                    raise
        return self._once(self.engine, function, *args, **kwargs)

    async def read(self, function: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `read_now`, in a thread."""
        return await asyncio.to_thread(partial(self.read_now, function, *args, **kwargs))

    def read_now(self, function: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `run_now`, for what only reads: on SQLite it waits for no writer, and none for it. Whoever writes here all
        the same is refused by the database: sqlalchemy.exc.DBAPIError."""
        return self._once(self._reading, function, *args, **kwargs)

    def _once(
        self, engine: Engine, function: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        with self._using(), Session(engine, expire_on_commit=False) as session, session.begin():
            return function(session, *args, **kwargs)

    async def run_beside(self, function: Callable[Concatenate[Engine, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """`function(engine, …)` in a thread, for what needs no transaction of the record or one of its own kind."""

        def use() -> R:
            with self._using():
                return function(self.engine, *args, **kwargs)

        return await asyncio.to_thread(use)

    def close(self) -> None:
        """Let every connection go, once the transactions under way have ended: one whose task was cancelled goes on in
        its thread, and its connection would come back to a pool that nobody closes any more."""
        with self._ended:
            self._ended.wait_for(lambda: not self._under_way, PATIENCE)
        self.engine.dispose()

    @contextmanager
    def _using(self) -> Iterator[None]:
        with self._ended:
            self._under_way += 1
        try:
            yield
        finally:
            with self._ended:
                self._under_way -= 1
                self._ended.notify_all()


def lost_a_race(error: Exception) -> bool:
    """Whether a transaction was broken off in favour of others, and may simply be tried again."""
    return isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", None) in _AGAIN


def wait_for_turn(on: Session | Connection, *name: str) -> None:
    """Wait until nobody else has the turn of this name, and keep it to the end of the transaction. For what uniqueness
    cannot decide. To be called before anything is read. On SQLite every transaction has to wait for its turn anyway."""
    wait_for_turns(on, [name])


def wait_for_turns(on: Session | Connection, names: Iterable[Sequence[str]]) -> None:
    """As `wait_for_turn` for each name, in an order that is everybody's, so that two who want some of the same do not
    wait for each other."""
    connection = on if isinstance(on, Connection) else on.connection()
    if connection.dialect.name == "postgresql":
        turns = literal(sorted({*map(_turn, names)}), ARRAY(BigInteger))
        connection.execute(select(func.pg_advisory_xact_lock(func.unnest(turns))))


def _turn(name: Sequence[str]) -> int:
    digest = hashlib.blake2b("|".join(name).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # sqlite3's own late BEGIN breaks savepoints
    for pragma in ("busy_timeout=15000", "foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    for tries_left in reversed(range(300)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as error:  # on a new file that somebody writes to this does not wait by itself
            if "locked" not in str(error) or not tries_left:
                raise
            time.sleep(0.05)


def _begin_sqlite(connection: Connection) -> None:
    """Who may write waits for its turn before it reads anything; who only reads waits for none."""
    if connection.get_execution_options().get(_READS):
        driver = _sqlite_of(connection)
        driver.execute("BEGIN")  # past SQLAlchemy: it cannot fail, and costs a twentieth
        connection.info[_READS] = driver.total_changes
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _check_sqlite_reading(connection: Connection) -> None:
    """What PostgreSQL does by itself. `PRAGMA query_only` would have SQLite prepare every statement anew."""
    reads = connection.get_execution_options().get(_READS)
    if reads and _sqlite_of(connection).total_changes != connection.info[_READS]:
        raise InternalError("COMMIT", None, sqlite3.OperationalError("written in a transaction that only reads"))


def _sqlite_of(connection: Connection) -> sqlite3.Connection:
    driver: Any = connection.connection.driver_connection
    return driver  # type: ignore[no-any-return]

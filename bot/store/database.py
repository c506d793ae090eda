"""The record's door: one call is one transaction, run in a thread, on SQLite or PostgreSQL alike."""

import asyncio
import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

P = ParamSpec("P")
R = TypeVar("R")

PATIENCE = 20.0
"""Seconds that closing waits for transactions under way: longer than SQLite waits for its turn."""

_AGAIN = {"40001", "40P01"}  # PostgreSQL: serialization failure, deadlock. The loser may simply try again.


def open_engine(url: str) -> Engine:
    """An engine on `url` ("sqlite:///file.db", "postgresql://…"). Raises ValueError for any other database."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, connect_args={"timeout": 15})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
        return engine
    if parsed.get_backend_name() == "postgresql":
        psycopg = parsed.set(drivername="postgresql+psycopg")
        return create_engine(psycopg, pool_pre_ping=True, connect_args={"connect_timeout": 5})
    raise ValueError(f"{parsed.get_backend_name()} is not supported: use sqlite:///homeroom.db or postgresql://…")


class Database:
    """`await database.run(function, *args)` calls `function(session, *args)` in one transaction and commits it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._under_way = 0
        self._ended = threading.Condition()

    async def run(self, function: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `run_now`, in a thread. When the awaiting task is cancelled, the transaction still ends by itself."""
        return await asyncio.to_thread(partial(self.run_now, function, *args, **kwargs))

    def run_now(self, function: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run it here and now. What it raises rolls everything back."""
        for _ in range(3):
            try:
                return self._once(function, *args, **kwargs)
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) not in _AGAIN:
                    raise
        return self._once(function, *args, **kwargs)

    def _once(self, function: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        with self._using(), Session(self.engine, expire_on_commit=False) as session, session.begin():
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


def wait_for_turn(on: Session | Connection, *name: str) -> None:
    """Wait until nobody else has the turn of this name, and keep it to the end of the transaction. For what uniqueness
    cannot decide. To be called before anything is read. On SQLite every transaction has to wait for its turn anyway."""
    connection = on if isinstance(on, Connection) else on.connection()
    if connection.dialect.name == "postgresql":
        digest = hashlib.blake2b("|".join(name).encode("utf-8", "replace"), digest_size=8).digest()
        connection.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest, signed=True))))


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


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")

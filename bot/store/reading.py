"""Looking at the record from beside it: for probes and scrapes, which must neither disturb the loops nor wait long."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from sqlalchemy import Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import monotonic

R = TypeVar("R")

log = logging.getLogger(__name__)

_STEPS = 10_000  # of SQLite's machine between two looks at the clock; well under a millisecond


class Question(Generic[R]):
    """One question to the record. However many ask, it is put at most once in `keep` seconds and never twice at a time,
    so that nobody who may ask can load the record."""

    def __init__(self, engine: Engine, function: Callable[[Session], R], within: float, keep: float = 1.0) -> None:
        """`function` only reads. `within`: seconds until the database gives it up."""
        self._engine, self._function = open_reader(engine), function
        self._within, self._keep = within, keep
        self._asked_at = 0.0
        self._asking: asyncio.Future[R | None] | None = None

    async def answer(self) -> R | None:
        """The answer, at most `keep` seconds old; None when the record gives none in time."""
        if self._asking is None or (self._asking.done() and monotonic() - self._asked_at > self._keep):
            self._asked_at = monotonic()
            self._asking = asyncio.ensure_future(asyncio.to_thread(self._ask))
        try:
            return await asyncio.wait_for(asyncio.shield(self._asking), self._within)
        except TimeoutError:
            return None

    def _ask(self) -> R | None:
        try:
            with reading(self._engine, self._within) as session:
                return self._function(session)
        except SQLAlchemyError as error:
            log.warning("record outcome=no-answer error=%s", type(error).__name__)
            return None


def open_reader(engine: Engine) -> Engine:
    """An engine on the same record that holds no connection while nobody asks, and cannot write.

    On SQLite it takes no lock that a writer would have to wait for, and waits for none.
    """
    if engine.dialect.name == "sqlite":
        reader = create_engine(engine.url, poolclass=NullPool)
        event.listen(reader, "connect", _only_read)
        return reader
    return create_engine(
        engine.url,
        poolclass=NullPool,
        connect_args={"connect_timeout": 5},
        execution_options={"postgresql_readonly": True},
    )


@contextmanager
def reading(reader: Engine, within: float) -> Iterator[Session]:
    """A session that only reads; a statement that takes longer than `within` seconds raises OperationalError."""
    with Session(reader) as session:
        connection = session.connection()
        if connection.dialect.name == "sqlite":
            deadline = monotonic() + within
            own: Any = connection.connection.driver_connection
            own.set_progress_handler(lambda: monotonic() > deadline, _STEPS)
        else:
            session.execute(text(f"SET LOCAL statement_timeout = {int(within * 1000)}"))
        yield session


def _only_read(connection: Any, _: object) -> None:
    connection.execute("PRAGMA query_only=ON")

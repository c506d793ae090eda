"""Closing the record waits for what is under way: a thread outlives the task that asked for it."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from bot.store.database import Database, open_engine


@pytest.mark.parametrize("beside", [False, True])
async def test_no_connection_is_left_open_by_a_transaction_whose_task_was_cancelled(
    database_url: str, beside: bool
) -> None:
    database, begun, may_end = Database(open_engine(database_url)), threading.Event(), threading.Event()
    opened, closed = _counted(database.engine, "connect"), _counted(database.engine, "close")

    def in_session(session: Session) -> None:
        session.execute(text("SELECT 1"))
        begun.set()
        may_end.wait(20)

    def on_engine(engine: Engine) -> None:
        with Session(engine) as session:
            in_session(session)

    asking = asyncio.create_task(database.run_beside(on_engine) if beside else database.run(in_session))
    await asyncio.to_thread(begun.wait, 20)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    closing = threading.Thread(target=database.close)
    closing.start()
    assert closing.is_alive()  # it waits
    may_end.set()
    await asyncio.to_thread(closing.join, 20)
    assert not closing.is_alive()
    assert opened() == closed() == 1


def _counted(engine: Engine, name: str) -> Callable[[], int]:
    seen: list[object] = []
    event.listen(engine, name, lambda *all: seen.append(all))
    return lambda: len(seen)

"""The database goes while something is being sent, and comes back: nothing was posted without its row, and the program
goes on without a restart."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from crash_ground import Ground, open_ground
from fault_databases import Databases, Server, open_server
from running_bot import POSTING, Bot, open_bot, until
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from bot.cohorts.deliveries import LEASE
from bot.engine.shelf import Shelf
from bot.fakes.faults import Fault, Kind
from bot.store.database import open_engine
from bot.store.tables import Message


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL that may be struck down: nobody else's."""
    with open_server() as own:
        yield own


async def test_sqlite_locked_while_a_post_is_under_way(
    shelf: Shelf, databases: Databases, platform: str, caplog: pytest.LogCaptureFixture
) -> None:
    url = databases.new("sqlite")
    async with open_ground(platform, url, shelf) as ground, open_bot(ground, _impatient(url)) as bot:
        with _locked(url):
            await _ring_while_posting(ground, bot)
        assert "outcome=no-database" in caplog.text
        await _recovers(ground, bot)


async def test_sqlite_locked_before_the_tick(
    shelf: Shelf, databases: Databases, platform: str, caplog: pytest.LogCaptureFixture
) -> None:
    url = databases.new("sqlite")
    async with open_ground(platform, url, shelf) as ground, open_bot(ground, _impatient(url)) as bot:
        with _locked(url):
            await bot.ring_when_due()
            assert _posted(ground) == 0
        assert "tick name=post outcome=no-database" in caplog.text
        await _recovers(ground, bot)


async def test_a_table_that_is_gone_posts_nothing(
    shelf: Shelf, databases: Databases, kind: str, platform: str, caplog: pytest.LogCaptureFixture
) -> None:
    url = databases.new(kind)
    async with open_ground(platform, url, shelf) as ground, open_bot(ground) as bot:
        _say(url, "ALTER TABLE messages RENAME TO messages_away")
        await bot.ring_when_due()
        assert _posted(ground) == 0
        assert "outcome=no-database" in caplog.text
        _say(url, "ALTER TABLE messages_away RENAME TO messages")
        await _recovers(ground, bot)


async def test_postgresql_struck_down_while_a_post_is_under_way(
    shelf: Shelf, server: Server, platform: str, tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    url = Databases(tmp_path, server.url).new("postgresql")
    async with open_ground(platform, url, shelf) as ground, open_bot(ground) as bot:
        ringing = asyncio.create_task(_ring_while_posting(ground, bot))
        await until(lambda: _posted(ground) > 0)
        await asyncio.to_thread(server.strike)
        await ringing
        await bot.ring()
        assert "outcome=no-database" in caplog.text
        posted = _posted(ground)
        await asyncio.to_thread(server.start)
        ground.record.dispose()
        assert _tried(ground) >= posted, "what stands was promised in the ledger before it was sent"
        await _recovers(ground, bot)


async def test_an_answer_that_the_database_could_not_take_is_read_back(
    shelf: Shelf, databases: Databases, platform: str, caplog: pytest.LogCaptureFixture
) -> None:
    url = databases.new("sqlite")
    async with open_ground(platform, url, shelf, cohorts=1) as ground, open_bot(ground, _impatient(url)) as bot:
        await bot.ring_when_due()
        with _locked(url):
            await ground.act()
            while any(ground.acts.values()):
                await ground.act()
            await until(lambda: caplog.text.count("outcome=not-kept") >= 3)
        async with asyncio.timeout(10):
            while not ground.is_at_rest():
                await bot.app.engine.collect()
        assert ground.tally(1).clean, ground.tally(1)
        assert ground.tally(1).written > 0


async def _ring_while_posting(ground: Ground, bot: Bot) -> None:
    """Every post is answered late: there is time to break something behind its acceptance."""
    ground.fake.plan.next_calls(POSTING[ground.platform], Fault(Kind.SLOW, 0.4), times=3)
    await bot.ring_when_due()


async def _recovers(ground: Ground, bot: Bot) -> None:
    ground.clock.advance_to(ground.clock() + LEASE + timedelta(seconds=1))
    await bot.ring_until_done()
    assert ground.tally(1).clean, ground.tally(1)


def _posted(ground: Ground) -> int:
    return sum(len(ground.fake.posts(channel)) for channel in ground.channels)


def _tried(ground: Ground) -> int:
    with Session(ground.record) as session:
        return session.query(Message).filter(Message.tried_at.is_not(None)).count()


def _impatient(url: str) -> Engine:
    """The program's own engine, save that it waits a fifth of a second for a lock instead of fifteen."""
    engine = open_engine(url)
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=200"))
    return engine


@contextmanager
def _locked(url: str) -> Iterator[None]:
    """Somebody else writes, and does not end."""
    engine = open_engine(url)
    with engine.begin():
        yield
    engine.dispose()


def _say(url: str, statement: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()

"""What comes at the same time is written together, in its order, and nobody's fault is another's."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.engine.together import MOST_TOGETHER, Together
from bot.store.database import Database, open_engine


class Ledger:
    """Writes numbers into a table of its own, and counts how. A number below zero is one that it cannot take."""

    def __init__(self, database: Database) -> None:
        self.database, self.sizes, self.alone = database, [], 0
        self.together = Together(database, self.write_all, self.write_one)

    def write_all(self, session: Session, numbers: Sequence[int]) -> list[str]:
        self.sizes.append(len(numbers))
        return [self._write(session, each) for each in numbers]

    def write_one(self, session: Session, number: int) -> str:
        self.alone += 1
        return self._write(session, number)

    def _write(self, session: Session, number: int) -> str:
        if number < 0:
            raise ValueError(number)
        session.execute(text("INSERT INTO ledger VALUES (:number)"), {"number": number})
        return f"wrote {number}"

    def written(self) -> list[int]:
        return self.database.run_now(lambda session: list(session.scalars(text("SELECT number FROM ledger"))))


@pytest.fixture
def ledger(database: Database) -> Ledger:
    database.run_now(lambda session: session.execute(text("CREATE TABLE ledger (number INTEGER)")) and None)
    yield Ledger(database)
    database.run_now(lambda session: session.execute(text("DROP TABLE ledger")) and None)


async def test_who_comes_alone_is_written_at_once(ledger: Ledger):
    assert await ledger.together.write(7) == "wrote 7"
    assert (ledger.written(), ledger.sizes) == ([7], [1])


async def test_what_comes_together_is_written_together_in_its_order(ledger: Ledger):
    number = 2 * MOST_TOGETHER + 5
    said = await asyncio.gather(*(ledger.together.write(each) for each in range(number)))
    assert said == [f"wrote {each}" for each in range(number)]
    assert ledger.written() == list(range(number))
    assert sum(ledger.sizes) == number
    assert len(ledger.sizes) <= 4
    assert max(ledger.sizes) == MOST_TOGETHER


async def test_what_cannot_be_written_fails_alone(ledger: Ledger):
    said = await asyncio.gather(*(ledger.together.write(each) for each in (1, 2, -3, 4)), return_exceptions=True)
    assert [type(each) for each in said] == [str, str, ValueError, str]
    assert sorted(ledger.written()) == [1, 2, 4]


async def test_a_record_that_cannot_be_reached_is_not_asked_for_each(tmp_path):
    nowhere = Database(open_engine(f"sqlite:///{tmp_path}/no-such-folder/record.db"))
    lost = Ledger(nowhere)
    said = await asyncio.gather(*(lost.together.write(each) for each in range(20)), return_exceptions=True)
    assert {type(each) for each in said} == {OperationalError}
    assert lost.alone == 0
    nowhere.close()


async def test_who_is_cancelled_meanwhile_keeps_nobody_waiting(ledger: Ledger):
    tasks = [asyncio.create_task(ledger.together.write(each)) for each in range(5)]
    await asyncio.sleep(0)
    tasks[2].cancel()
    said = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in said] == [str, str, asyncio.CancelledError, str, str]
    await ledger.together.settle()
    assert await ledger.together.write(9) == "wrote 9"


async def test_settle_waits_for_all_that_has_come(ledger: Ledger):
    tasks = [asyncio.create_task(ledger.together.write(each)) for each in range(300)]
    await asyncio.sleep(0)
    await ledger.together.settle()
    assert len(ledger.written()) == 300
    await asyncio.gather(*tasks)

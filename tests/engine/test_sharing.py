"""What processes with one token agree on, over the record of each kind; a process is a `DatabaseSharing` of its own."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from bot.clock import ShiftedClock
from bot.engine import sharing as sharing_module
from bot.engine.sharing import LONGEST, DatabaseSharing
from bot.store.database import Database
from bot.store.tables import Holding, Spending, Turn

START = datetime(2026, 9, 7, 9, tzinfo=UTC)


class Frozen:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment

    def move(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Frozen:
    return Frozen()


def processes(database: Database, clock: Frozen, number: int) -> list[DatabaseSharing]:
    return [DatabaseSharing(database, clock, alone=False) for _ in range(number)]


def rows(database: Database, table: type) -> int:
    with Session(database.engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def hide(database: Database, *tables: str) -> None:
    with database.engine.begin() as connection:
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} RENAME TO {table}_away"))


def show(database: Database, *tables: str) -> None:
    with database.engine.begin() as connection:
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table}_away RENAME TO {table}"))


# turns


async def test_no_two_processes_get_the_same_turn(database: Database, clock: Frozen):
    several = processes(database, clock, 4)
    waits = await asyncio.gather(*(each.turn("calls", 0.02) for each in several for _ in range(25)))
    assert sorted(round(wait / 0.02) for wait in waits) == list(range(100))
    assert rows(database, Turn) == 1


async def test_several_turns_are_taken_together(database: Database, clock: Frozen):
    one, two = processes(database, clock, 2)
    assert await one.turn("c", 1.0, count=3) == 0.0
    assert await two.turn("c", 1.0) == pytest.approx(3.0)


async def test_turns_that_nobody_took_are_not_saved_up(database: Database, clock: Frozen):
    one, two = processes(database, clock, 2)
    await one.turn("c", 1.0)
    clock.move(60)
    assert await two.turn("c", 1.0) == 0.0
    assert await one.turn("c", 1.0) == pytest.approx(1.0)


async def test_scopes_do_not_wait_for_each_other(database: Database, clock: Frozen):
    one, two = processes(database, clock, 2)
    await one.turn("a", 60.0)
    assert await two.turn("b", 60.0) == 0.0


async def test_what_is_closed_is_closed_for_everybody_and_never_opened_sooner(database: Database, clock: Frozen):
    one, two = processes(database, clock, 2)
    await one.close("c", 30.0)
    await two.close("c", 5.0)
    assert await two.turn("c", 1.0) == pytest.approx(30.0)


async def test_a_clock_that_was_set_back_closes_nothing_for_a_day(database: Database, clock: Frozen):
    one, two = processes(database, clock, 2)
    await one.close("c", 10.0**9)
    assert await two.turn("c", 1.0) <= LONGEST.total_seconds()
    await one.turn("d", 1.0)
    clock.move(-86_400)
    assert await two.turn("d", 1.0) == 0.0


# spendings


async def test_what_may_be_spent_is_shared_and_comes_free_again(database: Database, clock: Frozen):
    one, two = processes(database, clock, 2)
    assert await one.spend("identify", 2, 100.0) == 0.0
    clock.move(10)
    assert await two.spend("identify", 2, 100.0) == 0.0
    assert await one.spend("identify", 2, 100.0) == pytest.approx(90.0)
    assert rows(database, Spending) == 2, "what was refused is not counted"
    clock.move(90)
    assert await one.spend("identify", 2, 100.0) == 0.0
    assert rows(database, Spending) == 2, "what is older is forgotten"


async def test_processes_at_once_spend_no_more_than_there_is(database: Database, clock: Frozen):
    several = processes(database, clock, 8)
    answers = await asyncio.gather(*(each.spend("identify", 5, 100.0) for each in several for _ in range(3)))
    assert answers.count(0.0) == 5
    assert rows(database, Spending) == 5


async def test_a_budget_outlives_a_crash_also_of_the_only_process(database: Database, clock: Frozen):
    for _ in range(3):  # each a new life
        assert await DatabaseSharing(database, clock, alone=True).spend("identify", 3, 86_400.0) == 0.0
    assert await DatabaseSharing(database, clock, alone=True).spend("identify", 3, 86_400.0) == pytest.approx(86_400.0)


async def test_nothing_may_be_spent_of_nothing(database: Database, clock: Frozen):
    (one,) = processes(database, clock, 1)
    assert await one.spend("identify", 0, 100.0) == 100.0


# roles


async def test_a_role_has_one_holder_at_a_time(database: Database, clock: Frozen):
    several = processes(database, clock, 8)
    assert (await asyncio.gather(*(each.hold("shard 0", 60.0) for each in several))).count(True) == 1
    assert rows(database, Holding) == 1


async def test_a_role_that_is_renewed_stays_and_one_that_is_not_goes_on(database: Database, clock: Frozen):
    one, two = processes(database, clock, 2)
    assert await one.hold("shard 0", 60.0)
    clock.move(50)
    assert await one.hold("shard 0", 60.0)
    clock.move(50)
    assert not await two.hold("shard 0", 60.0)
    clock.move(11)
    assert await two.hold("shard 0", 60.0)
    assert not await one.hold("shard 0", 60.0), "the first holder learns that it is one no more"


async def test_only_the_holder_lets_a_role_go(database: Database, clock: Frozen):
    one, two = processes(database, clock, 2)
    await one.hold("shard 0", 60.0)
    await two.release("shard 0")
    assert not await two.hold("shard 0", 60.0)
    await one.release("shard 0")
    assert await two.hold("shard 0", 60.0)


async def test_a_clock_that_was_set_back_leaves_no_role_with_the_dead(database: Database, clock: Frozen):
    one, two = processes(database, clock, 2)
    await one.hold("shard 0", 60.0)
    clock.move(-86_400)
    assert await two.hold("shard 0", 60.0)


# without the record


async def test_without_the_record_each_goes_on_by_its_own_count(
    database: Database, clock: Frozen, caplog: pytest.LogCaptureFixture
):
    one, two = processes(database, clock, 2)
    await one.turn("c", 100.0)
    await one.spend("s", 2, 1000.0)
    assert await one.hold("r", 60.0)
    hide(database, "turns", "spendings", "holdings")
    assert await one.turn("c", 100.0) == pytest.approx(100.0, abs=5), "what it took before still counts"
    assert await two.turn("c", 100.0) == 0.0, "what others took is not known"
    assert await one.spend("s", 2, 1000.0) == 0.0
    assert await one.spend("s", 2, 1000.0) > 0.0
    assert await one.hold("r", 60.0), "who had it goes on"
    assert not await two.hold("r", 60.0), "who had it not does not begin"
    await one.close("c", 500.0)
    assert await one.turn("c", 1.0) > 400.0
    await one.release("r")
    assert not await one.hold("r", 60.0)
    assert caplog.text.count("outcome=own-count") == 2, "once an outage and process"


async def test_it_asks_again_after_a_while_and_then_shares_again(
    database: Database, clock: Frozen, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    caplog.set_level(logging.INFO)
    one, two = processes(database, clock, 2)
    hide(database, "turns")
    await one.turn("c", 1.0)
    show(database, "turns")
    await one.turn("c", 1.0)
    assert rows(database, Turn) == 0, "for a few seconds it is not asked"
    monkeypatch.setattr(sharing_module, "LOOK_AGAIN", 0.0)
    await one.turn("c", 100.0)
    assert await two.turn("c", 1.0) == pytest.approx(100.0)
    assert caplog.text.count("outcome=own-count") == caplog.text.count("outcome=shared-again") == 1


async def test_alone_turns_and_roles_need_no_record(database: Database, clock: Frozen):
    hide(database, "turns", "holdings")
    alone = DatabaseSharing(database, clock, alone=True)
    assert await alone.turn("c", 100.0) == 0.0
    assert await alone.turn("c", 100.0) == pytest.approx(100.0, abs=5)
    await alone.close("d", 50.0)
    assert await alone.turn("d", 1.0) == pytest.approx(50.0, abs=5)
    assert await alone.hold("shard 0", 60.0)
    await alone.release("shard 0")
    assert await alone.hold("shard 0", 60.0)


@pytest.mark.parametrize("scope", ["x" * 100, "\x00", "\ud800", "'; DROP TABLE turns; --", ""])
async def test_any_word_may_be_a_scope(database: Database, clock: Frozen, scope: str):
    one, two = processes(database, clock, 2)
    await one.turn(scope, 10.0)
    assert await two.turn(scope, 10.0) == pytest.approx(10.0)
    assert await one.spend(scope, 1, 10.0) == 0.0
    assert await two.spend(scope, 1, 10.0) == pytest.approx(10.0)
    assert await one.hold(scope, 10.0)
    assert not await two.hold(scope, 10.0)


async def test_it_goes_by_a_clock_that_leaps(database: Database):
    clock = ShiftedClock(START)
    one = DatabaseSharing(database, clock, alone=False)
    await one.turn("c", 600.0)
    clock.advance_to(START + timedelta(minutes=11))
    assert await one.turn("c", 600.0) == 0.0

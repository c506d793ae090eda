"""A machine's clock that is set by an hour or by a day, with lessons going out and posts whose outcome is unclear: no
lesson stands twice, and none is missing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from crash_ground import START, Ground, open_ground
from fault_databases import Databases
from running_bot import POSTING, Bot, open_bot

import bot.engine.delivering
from bot.engine.guard import ClockGuard
from bot.engine.shelf import Shelf
from bot.fakes.faults import Fault, Kind

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEPS = {"an hour ahead": HOUR, "an hour back": -HOUR, "a day ahead": DAY, "a day back": -DAY}


@dataclass
class Machine:
    """A clock that goes by the true time and can be set wrong: the bot's. The platform goes by the true time."""

    ground: Ground
    wrong: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return self.ground.clock() + self.wrong


@asynccontextmanager
async def machine(ground: Ground) -> AsyncIterator[tuple[Machine, Bot]]:
    """The program on a machine of its own."""
    clock = Machine(ground)
    async with open_bot(ground) as bot:
        object.__setattr__(bot.app.shop, "clock", clock)
        yield clock, bot


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
@pytest.mark.parametrize("back", [True, False], ids=["set right again", "left so"])
async def test_lessons_stand_once_and_none_is_missing_however_the_clock_is_set(
    shelf: Shelf, databases: Databases, kind: str, platform: str, step: timedelta, back: bool
) -> None:
    """Stepped after Monday's lesson, with Tuesday's and Wednesday's still to come."""
    async with (
        open_ground(platform, databases.new(kind), shelf, cohorts=2, nonce_seconds=0.0) as ground,
        machine(ground) as (clock, bot),
    ):
        await _ring_at(ground, bot, START + timedelta(minutes=2))
        assert ground.tally(1).clean
        clock.wrong = step
        await _ring_at(ground, bot, START + timedelta(minutes=3))
        await _ring_at(ground, bot, START + timedelta(minutes=30))
        if back:
            clock.wrong = timedelta()
        for minutes in range(40, 3 * 24 * 60, 240):
            await _ring_at(ground, bot, START + timedelta(minutes=minutes))
        ahead = 1 if step == DAY and not back else -1 if step == -DAY and not back else 0
        assert ground.tally(3 + ahead).clean, ground.tally(3 + ahead)


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
async def test_a_post_whose_outcome_is_unclear_is_found_though_the_clock_is_wrong(
    shelf: Shelf, databases: Databases, kind: str, platform: str, step: timedelta
) -> None:
    """Discord forgets its nonces before anybody tries again."""
    assert await _doubled_by(step, shelf, databases.new(kind), platform) == 0


@pytest.mark.parametrize("step", [HOUR, DAY])
async def test_without_doubt_in_the_clock_a_post_that_was_tried_by_a_fast_one_is_doubled(
    shelf: Shelf, databases: Databases, platform: str, step: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.engine.delivering, "DOUBT", timedelta())
    assert await _doubled_by(step, shelf, databases.new("sqlite"), platform) > 0


async def test_the_guard_keeps_tomorrows_lesson_back_when_the_clock_leaps_by_a_day_and_returns(
    shelf: Shelf, databases: Databases, platform: str
) -> None:
    async with (
        open_ground(platform, databases.new("sqlite"), shelf, cohorts=1) as ground,
        machine(ground) as (clock, bot),
    ):
        guard, began = ClockGuard(), ground.clock()
        for minutes in range(0, 60, 2):
            clock.wrong = DAY if 10 <= minutes < 16 else timedelta()
            ground.clock.advance_to(START + timedelta(minutes=minutes))
            if guard.may_act(clock(), (ground.clock() - began).total_seconds()):
                await bot.ring()
        assert ground.tally(1).clean


async def _doubled_by(step: timedelta, shelf: Shelf, url: str, platform: str) -> int:
    async with (
        open_ground(platform, url, shelf, cohorts=2, nonce_seconds=60.0) as ground,
        machine(ground) as (clock, bot),
    ):
        clock.wrong = step
        ground.fake.plan.next_calls(POSTING[platform], Fault(Kind.ACCEPT_THEN_DROP), times=8)
        due = START + timedelta(minutes=2) - step if step < timedelta() else START + timedelta(minutes=2)
        await _ring_at(ground, bot, due)
        for minutes in (2, 4, 8, 20, 40, 60, 80, 100):
            await _ring_at(ground, bot, due + timedelta(minutes=minutes))
        assert ground.states()["planned"] == 0
        tally = ground.tally(5)
        assert tally.strays == 0
        return tally.doubled


async def _ring_at(ground: Ground, bot: Bot, moment: datetime) -> None:
    ground.clock.advance_to(moment)
    await bot.ring()

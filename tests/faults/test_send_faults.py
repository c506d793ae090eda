"""What a network and a busy platform do to a send, without any crash: nothing is doubled, and nothing is missing once
it is over."""

import asyncio
from datetime import timedelta

import pytest
from crash_ground import Ground, open_ground
from fault_databases import Databases
from running_bot import HISTORY, POSTING, Bot, open_bot

from bot.engine.shelf import Shelf
from bot.fakes.faults import Fault, Kind

FAULTS = {
    Kind.DROP: Fault(Kind.DROP),
    Kind.BUSY: Fault(Kind.BUSY, 2.0),
    Kind.ERROR: Fault(Kind.ERROR),
    Kind.ACCEPT_THEN_DROP: Fault(Kind.ACCEPT_THEN_DROP),
    Kind.ACCEPT_THEN_ERROR: Fault(Kind.ACCEPT_THEN_ERROR),
    Kind.LATE: Fault(Kind.LATE, 0.04),
}
RETRIES = {"discord": 4, "slack": 0}
"""How often the platform's client tries by itself, with the same nonce, before a call counts as unclear."""

LATER = 0.06
"""Real seconds after which what is late has come. The clock leaps over the time that a platform takes to settle, and so
nothing may be late for longer than a leap."""


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_a_post_that_goes_wrong_stands_once(
    shelf: Shelf, databases: Databases, kind: str, platform: str, fault: Fault
) -> None:
    async with open_ground(platform, databases.new(kind), shelf, nonce_seconds=5.0) as ground, open_bot(ground) as bot:
        ground.fake.plan.next_calls(POSTING[platform], fault, times=len(ground.channels))
        await bot.ring_when_due()
        await asyncio.sleep(LATER)
        await bot.ring_until_done()
        assert ground.fake.plan.injected[fault.kind] == len(ground.channels)
        assert ground.tally(1).clean, ground.tally(1)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_a_thread_that_goes_wrong_is_opened_once(
    shelf: Shelf, databases: Databases, kind: str, fault: Fault
) -> None:
    async with open_ground("discord", databases.new(kind), shelf) as ground, open_bot(ground) as bot:
        ground.fake.plan.next_calls("POST /channels/*/messages/*/threads", fault, times=len(ground.channels))
        await bot.ring_when_due()
        await asyncio.sleep(LATER)
        await bot.ring_until_done()
        assert ground.tally(1).clean, ground.tally(1)


async def test_a_storm_of_every_fault_leaves_each_message_once(
    shelf: Shelf, databases: Databases, kind: str, platform: str
) -> None:
    async with open_ground(platform, databases.new(kind), shelf, nonce_seconds=5.0) as ground, open_bot(ground) as bot:
        for fault in FAULTS.values():
            ground.fake.plan.often(POSTING[platform], fault, 0.08)
            ground.fake.plan.often(HISTORY[platform], fault, 0.05)
        await _ring_through_days(ground, bot, 3)
        ground.fake.plan.heal()
        await bot.ring_until_done()
        assert ground.fake.plan.injected.total() > 5
        assert ground.tally(3).clean, ground.tally(3)


@pytest.mark.parametrize("kind_of_fault", [Kind.DROP, Kind.ACCEPT_THEN_DROP, Kind.ERROR, Kind.ACCEPT_THEN_ERROR])
async def test_after_an_unclear_call_nothing_is_tried_before_the_history_can_show_it(
    shelf: Shelf, databases: Databases, platform: str, kind_of_fault: Kind
) -> None:
    async with open_ground(platform, databases.new("sqlite"), shelf, cohorts=1) as ground, open_bot(ground) as bot:
        settles_in = timedelta(seconds=ground.bot().settles_in)
        ground.fake.plan.next_calls(POSTING[platform], FAULTS[kind_of_fault], times=6)
        await bot.ring_when_due()
        assert bot.deliveries()[0].next_try_at >= ground.clock() + settles_in - timedelta(seconds=5)
        posted = len(ground.fake.posts(ground.channels[0]))
        ground.clock.advance_to(ground.clock() + settles_in - timedelta(seconds=6))
        await bot.ring()
        assert len(ground.fake.posts(ground.channels[0])) == posted


async def test_a_busy_platform_is_asked_again_when_it_said(shelf: Shelf, databases: Databases, platform: str) -> None:
    async with open_ground(platform, databases.new("sqlite"), shelf, cohorts=1) as ground, open_bot(ground) as bot:
        ground.fake.plan.next_calls(POSTING[platform], Fault(Kind.BUSY, 90.0))
        await bot.ring_when_due()
        wait = bot.deliveries()[0].next_try_at - ground.clock()
        assert timedelta(seconds=80) < wait <= timedelta(seconds=90)


async def test_an_unreadable_history_keeps_a_doubtful_message_from_being_posted_again(
    shelf: Shelf, databases: Databases, kind: str, platform: str
) -> None:
    async with open_ground(platform, databases.new(kind), shelf, 1) as ground, open_bot(ground) as bot:
        ground.fake.plan.next_calls(POSTING[platform], FAULTS[Kind.ACCEPT_THEN_DROP], times=1 + RETRIES[platform])
        await bot.ring_when_due()
        ground.fake.plan.often(HISTORY[platform], FAULTS[Kind.ERROR], 1.0)
        await bot.ring_when_due()
        await bot.ring_when_due()
        assert len(ground.fake.posts(ground.channels[0])) == 1
        ground.fake.plan.heal()
        await bot.ring_until_done()
        assert ground.tally(1).clean, ground.tally(1)


async def _ring_through_days(ground: Ground, bot: Bot, days: int) -> None:
    """Until so many lessons of every cohort are planned, and a few tries more."""
    for _ in range(40):
        await bot.ring_when_due()
        await asyncio.sleep(LATER)
        if ground.states().total() >= days * len(ground.channels):
            break

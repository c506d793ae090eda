"""A process is stopped for longer than its lease, another takes over, and the first goes on: nothing is doubled."""

import asyncio
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from crash_campaign import Life, Nursery, ended, to_order
from crash_ground import Ground, open_ground
from fault_databases import Databases
from running_bot import until
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.engine.shelf import Shelf
from bot.store.tables import Message

LEASE = 1.0
"""Seconds, instead of 120: a stopped process notices by a clock that no test can move."""

STOPPED = int(signal.SIGSTOP)


@pytest.mark.parametrize(
    "step",
    [
        "after_claim",
        "after_keep_messages",
        "after_mark_trying",
        "after_post_accepted",
        "after_open_thread_before_mark",
        "before_mark_done",
    ],
)
async def test_who_was_stopped_past_its_lease_posts_nothing_again(
    shelf: Shelf, databases: Databases, nursery: Nursery, other_nursery: Nursery, platform: str, step: str
) -> None:
    url = databases.new("postgresql")
    async with open_ground(platform, url, shelf, cohorts=1, nonce_seconds=0.0) as ground:
        ground.clock.advance_to(ground.next_due())
        stopped = await nursery.begin(to_order(ground, step, number=STOPPED, lease=LEASE))
        async with ended(stopped):
            await until(lambda: _is_stopped(stopped))
            await _take_over(ground, other_nursery, stopped, LEASE)
        assert ground.tally(1).clean, f"{ground.tally(1)}; logs: {nursery.log} {other_nursery.log}"


async def test_who_was_stopped_while_waiting_for_its_turn_to_post_does_not_post_any_more(
    shelf: Shelf, databases: Databases, nursery: Nursery, other_nursery: Nursery
) -> None:
    lease = 4.0
    async with open_ground("slack", databases.new("postgresql"), shelf, cohorts=1) as ground:
        ground.clock.advance_to(ground.next_due())
        stopped = await nursery.begin(to_order(ground, None, lease=lease, pace=1.5))
        async with ended(stopped):
            await until(lambda: _waits_with_second_message(ground))
            stopped.strike(STOPPED)
            await _take_over(ground, other_nursery, stopped, lease)
        assert ground.tally(1).clean, f"{ground.tally(1)}; logs: {nursery.log} {other_nursery.log}"


async def _take_over(ground: Ground, nursery: Nursery, stopped: Life, lease: float) -> None:
    """Another process does the work; then the stopped one goes on, when it must know that it is late."""
    late = asyncio.create_task(asyncio.sleep(lease * 0.6))
    ground.clock.advance_to(ground.clock() + timedelta(seconds=61 + lease))
    other = await nursery.begin(to_order(ground, None, lease=lease))
    async with ended(other):
        await until(lambda: ground.states()["done"] == 1)
        await late
        stopped.strike(signal.SIGCONT)
        await asyncio.sleep(0.3)


def _waits_with_second_message(ground: Ground) -> bool:
    with Session(ground.record) as session:
        second = session.scalar(select(Message.tried_at).where(Message.number == 1))
    return second is not None and len(ground.fake.posts(ground.channels[0])) == 1


def _is_stopped(life: Life) -> bool:
    return Path(f"/proc/{life.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

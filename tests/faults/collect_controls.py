"""Controls of what keeps answers: see `controls`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from bench import Bench
from collect_campaigns import break_connection
from crash_ground import Ground
from outcomes import Control
from running_bot import Bot, open_bot, until
from sqlalchemy import text, update
from test_reading_back import PAGE, away, fill, poison
from written_class import open_class

import bot.engine.collecting
from bot.cohorts import submissions
from bot.engine.collecting import Collector
from bot.store.database import open_engine
from bot.store.tables import Message


async def sweep(bench: Bench) -> Control:
    """Events are lost without a sign, and no thread is read by the clock."""
    async with control_bot(bench, "control sweep", "sqlite", "slack") as running:
        ground = running.ground
        await running.ring_when_due()
        await asyncio.wait_for(running.app.engine.ring("collect"), 20)
        for _ in range(10):
            await break_connection(ground, "lost without a sign")
        write(ground, update(Message).values(sweep_at=None))
        ground.clock.advance_to(ground.clock() + timedelta(hours=3))
        for _ in range(3):
            await asyncio.wait_for(running.app.engine.ring("collect"), 20)
        tally = ground.tally(1)
        return control(
            bench, "sweep", "embedded sqlite slack, lost without a sign", tally.written - tally.kept, "unkept"
        )


async def whole_listing(bench: Bench) -> Control:
    """The first page of a listing is taken for all of it."""
    async with open_class(bench.shelf, bench.databases, "sqlite", "discord") as room:
        await fill(room)
        platform = room.bot.app.shop.platforms["discord"]
        read_thread = platform.read_thread

        async def believed(thread: str) -> object:
            whole = await read_thread(thread)
            return type(whole)(whole.replies[: PAGE["discord"]], complete=True)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(platform, "read_thread", believed)
            room.later(timedelta(hours=1))
            await room.collector.catch_up()
        tally = room.ground.tally(1)
        return control(
            bench, "only whole listings delete", "embedded sqlite discord", tally.written - tally.kept, "unkept"
        )


async def acknowledged_before_commit(bench: Bench) -> Control:
    """An event is acknowledged although the record could not take it, and the gap forgotten."""
    hear = Collector.hear

    async def careless(self: Collector, heard: Any) -> None:
        try:
            await hear(self, heard)
        except Exception:
            self._behind.clear()

    async with open_class(bench.shelf, bench.databases, "sqlite", "slack") as room:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Collector, "hear", careless)
            with away(room, "submissions"):
                await room.say("meanwhile")
                await room.ground.fake.settle()
            await room.collector.catch_up()
        tally = room.ground.tally(1)
        return control(bench, "acknowledge after commit", "embedded sqlite slack", tally.written - tally.kept, "unkept")


async def dead_letters(bench: Bench) -> Control:
    """An event that can never be kept is refused again and again until the platform gives it up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bot.engine.collecting, "lies_in_event", lambda error: False)
        async with open_class(bench.shelf, bench.databases, "postgresql", "slack") as room:
            await poison(room)
            await room.ground.fake.settle(10)
            return control(
                bench, "dead letters", "embedded postgresql slack", len(room.ground.fake.lost), "events lost"
            )


async def unique_answers(bench: Bench) -> Control:
    """Two processes that keep the same reply, both of which saw none: the schema is what decides."""
    async with control_bot(bench, "control answers", "postgresql", "discord") as running:
        ground, fake = running.ground, running.ground.fake
        say(ground, "ALTER TABLE submissions DROP CONSTRAINT uq_submissions_platform_ref")
        await running.ring_when_due()
        await asyncio.wait_for(running.app.engine.ring("collect"), 20)
        thread = next(post.thread for post in fake.posts(ground.channels[0]) if post.thread)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(submissions, "find_submission", lambda *_: None)
            reply = await fake.reply(ground.people[0], thread, "once")
            fake.inject("MESSAGE_CREATE", fake.event_of(reply))
            await _or_not(until(lambda: ground.tally(1).twice > 0))
        return control(
            bench, "unique key of answers", "embedded postgresql discord", ground.tally(1).twice, "kept twice"
        )


@asynccontextmanager
async def control_bot(bench: Bench, name: str, kind: str, platform: str) -> AsyncIterator[Bot]:
    async with (
        bench.ground(bench.name(name), kind, platform, 1, nonce_seconds=0.0) as ground,
        open_bot(ground) as running,
    ):
        yield running


def control(bench: Bench, protection: str, where: str, damage: int, what: str) -> Control:
    bench.told(f"control {protection}")
    return Control(protection, where, f"{bench.seed}", damage > 0, f"{damage} {what}")


def say(ground: Ground, *statements: str) -> None:
    engine = open_engine(ground.url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def write(ground: Ground, statement: Any) -> None:
    engine = open_engine(ground.url)
    with engine.begin() as connection:
        connection.execute(statement)
    engine.dispose()


async def _or_not(awaited: Any) -> None:
    """What does not happen is for the control to say."""
    try:
        await awaited
    except TimeoutError:
        return

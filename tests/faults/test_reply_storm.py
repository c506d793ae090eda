"""A storm of replies in one thread is kept and told of whole, in bounded memory; and what is no member's reply is not
kept, whoever tells of it."""

import asyncio
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest
from fault_databases import Databases
from long_runs import so_many
from running_bot import until
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from written_class import Class, open_class

from bot.engine.shelf import Shelf
from bot.engine.telling import MOST_AT_ONCE
from bot.fakes.slack.events import message_event
from bot.fakes.slack.world import Message
from bot.store.tables import Revision, Submission, Tombstone

log = logging.getLogger(__name__)

MANY = int(os.environ.get("STORM", so_many(700, long=1500)))
"""Several pages of either platform. STORM=10000 for the whole of it, which takes minutes."""

AT_ONCE = so_many(MOST_AT_ONCE // 4, long=MOST_AT_ONCE)
"""How many are told at once: fewer where fewer write, so that a storm without this bound is seen to have none."""


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("kind", "platform"), [("sqlite", "discord"), ("postgresql", "slack")])
async def test_a_storm_that_nobody_heard_is_read_back_whole_and_told(
    shelf: Shelf, databases: Databases, kind: str, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No event told of them; one reading finds them all, and ticks tell whoever could not be told at once."""
    monkeypatch.setattr("bot.engine.telling.MOST_AT_ONCE", AT_ONCE)
    async with open_class(shelf, databases, kind, platform) as room:
        await unheard(room, MANY)
        assert len(room.written()) == MANY
        most = [0]
        watching = asyncio.create_task(watch(most))
        room.collector.missed()
        begun = time.perf_counter()
        await room.collector.catch_up()
        read = time.perf_counter() - begun
        assert room.kept() == room.written()
        await tell_everybody(room)
        watching.cancel()
        log.warning("storm %s %s: read in %.1f s, told after %.1f s", kind, platform, read, time.perf_counter() - begun)
        assert most[0] < 3 * AT_ONCE  # of which each may be two: the telling, and its call
        assert [ref for ref in room.written() if not room.ground.fake.reactions(ref)] == []


async def test_a_storm_that_is_heard_live_is_kept_and_told(room: Class) -> None:
    many = so_many(100, long=200)
    for number in range(many):
        await room.say(str(number), number % 3)
    await until(lambda: len(room.kept()) == many, 60)
    assert room.kept() == room.written()
    await tell_everybody(room)
    assert [ref for ref in room.written() if not room.ground.fake.reactions(ref)] == []
    assert (room.count(Submission), room.count(Revision)) == (many, many)


@pytest.mark.parametrize("unheard", [False, True])
async def test_what_is_no_members_reply_is_not_kept(room: Class, unheard: bool) -> None:
    """Other bots, our own posts, the message that the thread hangs under: neither as events nor in a listing."""
    fake, collector = room.ground.fake, room.collector
    with deaf(room) if unheard else nullcontext():
        if room.ground.platform == "discord":
            fake.post_as_other_bot(room.thread, "from a bot")
            await room.bot.app.shop.platforms["discord"].post(room.thread, {"content": "our own"})
        else:
            fake.post_as_other_bot(room.ground.channels[0], "from a bot", room.thread)
            channel, _, ts = room.thread.partition("/")
            await room.bot.app.shop.platforms["slack"].post(channel, {"text": "our own", "thread_ts": ts})
        await room.say("a member's")
    collector.missed()
    await collector.catch_up()
    await until(lambda: bool(room.kept()))
    assert room.kept() == {room.said["a member's"]: "a member's, as written"}
    assert room.count(Tombstone) == 0


@pytest.mark.parametrize("unheard", [False, True])
async def test_a_reply_that_is_also_sent_to_the_channel_is_kept_once(
    shelf: Shelf, databases: Databases, kind: str, unheard: bool
) -> None:
    async with open_class(shelf, databases, kind, "slack") as room:
        fake = room.ground.fake
        channel, _, root = room.thread.partition("/")
        with deaf(room) if unheard else nullcontext():
            message = Message(channel, fake.world.new_ts(), room.ground.people[0], "to all", typed="to all")
            message.thread_ts, message.subtype = root, "thread_broadcast"
            fake.world.channels[channel].messages[message.ts] = message
            fake.world.tell(message_event(message, fake.world))
        room.collector.missed()
        await room.collector.catch_up()
        await until(lambda: room.kept() == {message.ref: "to all"})
        assert room.count(Submission) == 1


@contextmanager
def deaf(room: Class) -> Iterator[None]:
    """No event reaches the bot."""
    fake = room.ground.fake
    if room.ground.platform == "discord":
        fake.gateway.hold()
        yield
        fake.gateway._held = []
        fake.gateway.release(backwards=False)
    else:
        fake.deafen()
        yield
        fake.deafen(False)


async def unheard(room: Class, number: int) -> None:
    """Replies that stand in the thread and of which no event tells."""
    with deaf(room):
        for each in range(number):
            await room.ground.fake.reply(room.ground.people[each % 3], room.thread, f"reply {each}")


async def tell_everybody(room: Class) -> None:
    """Tick until nobody waits; each tick tells some."""
    await room.collector.settle()
    left = untold_in(room)
    while left:
        await room.collector.catch_up()
        before, left = left, untold_in(room)
        assert left < before


def untold_in(room: Class) -> int:
    with Session(room.ground.record) as session:
        return session.scalar(select(func.count()).select_from(Submission).where(~Submission.receipted)) or 0


async def watch(most: list[int]) -> None:
    """The largest number of tasks at any time."""
    while True:
        most[0] = max(most[0], len(asyncio.all_tasks()))
        await asyncio.sleep(0.01)

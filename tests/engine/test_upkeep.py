"""The three ticks over the rehearsal room: they ask the port and never which platform it is."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import pytest_asyncio
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.clock import ShiftedClock
from bot.cohorts.cohorts import FACILITATOR, NewCohort, join, known_member, open_cohort
from bot.config import HOME
from bot.engine.delivering import deliver_due
from bot.engine.shelf import Shelf
from bot.engine.shop import Shop
from bot.engine.upkeep import alert_tick, audit_tick, look_again, probe_tick
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room
from bot.store.database import Database
from bot.store.tables import Delivery, Message

START = datetime(2026, 9, 7, 7, tzinfo=UTC)
"""09:00 in Zurich on a Monday: the first lesson is due."""


@dataclass(frozen=True)
class Scene:
    """A cohort that is due, with Fay as its facilitator."""

    shop: Shop
    room: Room
    clock: ShiftedClock
    channel: str
    fay: str

    def later(self, minutes: int) -> None:
        self.clock.advance_to(self.clock() + timedelta(minutes=minutes))

    def messages(self) -> list[Message]:
        query = select(Message).order_by(Message.number)
        return self.shop.database.run_now(lambda session: list(session.scalars(query)))

    async def release(self) -> None:
        await alert_tick(self.shop)  # puts the lesson into the ledger
        assert await deliver_due(self.shop) == 1


@pytest_asyncio.fixture
async def scene(database: Database) -> AsyncIterator[Scene]:
    clock = ShiftedClock(START)
    room = Room(clock)
    shelf = Shelf(HOME / "tests" / "week_7")
    platform = SimulatorPlatform(room)
    shop = Shop(database, shelf, {"simulator": platform}, clock, ready={"simulator"})
    made = Scene(shop, room, clock, room.add_channel("cohort"), room.add_person("Fay"))
    database.run_now(_open, made)
    yield made
    room.close()


async def test_a_lesson_that_does_not_go_out_is_told_and_that_it_is_out_too(scene: Scene) -> None:
    scene.shop.ready.clear()
    await alert_tick(scene.shop)
    scene.later(minutes=6)
    await asyncio.gather(*(alert_tick(scene.shop) for _ in range(4)))
    assert [("Day 31" in note, "Spring" in note) for note in scene.room.notes(scene.fay)] == [(True, True)]
    scene.shop.ready.add("simulator")
    await deliver_due(scene.shop)
    scene.later(minutes=11)
    await asyncio.gather(*(alert_tick(scene.shop) for _ in range(4)))
    assert ["Out now" in note for note in scene.room.notes(scene.fay)] == [False, True]


async def test_each_message_is_looked_up_three_times_when_all_is_well(scene: Scene) -> None:
    await scene.release()
    for minutes in (3, 13, 105, 300):
        scene.later(minutes)
        await audit_tick(scene.shop)
    assert {(each.audit_at, each.audits) for each in scene.messages()} == {(None, 3)}
    assert scene.room.notes(scene.fay) == ()


async def test_the_answered_copy_stays_and_the_record_moves_to_it(scene: Scene) -> None:
    await scene.release()
    prompt, platform = scene.messages()[-1], scene.shop.platforms["simulator"]
    other = await platform.post(scene.channel, json.loads(prompt.body))
    thread = await platform.open_thread(other, "again")
    await scene.room.reply(scene.room.add_person("Ada"), thread, "an answer")
    scene.later(minutes=3)
    await audit_tick(scene.shop)
    moved = scene.messages()[-1]
    assert (moved.ref, moved.thread, moved.unread) == (other, thread, True)
    standing = [post.message for post in scene.room.posts(scene.channel)]
    assert other in standing
    assert prompt.ref not in standing


async def test_what_a_look_finds_well_goes_out(scene: Scene) -> None:
    await alert_tick(scene.shop)
    blocked = update(Delivery).values(state="blocked", reason="token_revoked: 401", next_try_at=START + timedelta(1))
    scene.shop.database.run_now(lambda session: session.execute(blocked))
    await probe_tick(scene.shop)
    assert await deliver_due(scene.shop) == 0
    await look_again(scene.shop, "simulator")
    await probe_tick(scene.shop)
    assert await deliver_due(scene.shop) == 1


def _open(session: Session, scene: Scene) -> None:
    course = scene.shop.shelf.course.about.id
    place = ("simulator", scene.room.workspace, scene.channel)
    new = NewCohort(*place, "Spring", course, "Europe/Zurich", time(9), 0b11111, START.date(), 31)
    cohort = open_cohort(session, new, START - timedelta(hours=1))
    member = known_member(session, "simulator", scene.room.workspace, Person(scene.fay, "Fay"))
    join(session, cohort, member, FACILITATOR, START)

"""Pins and edits over the rehearsal room: carried out, once, and given up where nothing can help."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.chat.inbound import Command, Person
from bot.clock import ShiftedClock
from bot.cohorts.cohorts import FACILITATOR, NewCohort, join, known_member, open_cohort
from bot.cohorts.edits import mark_edited, take_edits
from bot.cohorts.pins import mark_pin, stop_pins, take_pins
from bot.config import HOME
from bot.engine.delivering import deliver_due
from bot.engine.planning import plan
from bot.engine.shelf import Shelf
from bot.engine.shop import Shop
from bot.engine.tending import tend_tick
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room
from bot.store.database import Database
from bot.store.tables import Cohort, Message
from bot.talk.commands import answer

START = datetime(2026, 9, 7, 7, tzinfo=UTC)
"""09:00 in Zurich on a Monday: the first lesson is due."""


@dataclass(frozen=True)
class Scene:
    """A cohort that keeps two lessons pinned, with Fay as its facilitator."""

    shop: Shop
    room: Room
    clock: ShiftedClock
    channel: str
    fay: str

    async def release(self, days: int = 1) -> None:
        for _ in range(days):
            await plan(self.shop)
            assert await deliver_due(self.shop) == 1
            self.clock.advance_to(self.clock() + timedelta(days=1))

    def first_messages(self) -> list[Message]:
        query = select(Message).where(Message.number == 0).order_by(Message.id)
        return self.shop.database.run_now(lambda session: list(session.scalars(query)))

    def messages(self) -> list[Message]:
        return self.shop.database.run_now(lambda session: list(session.scalars(select(Message).order_by(Message.id))))

    def pins(self) -> list[str | None]:
        """As the record has them, oldest lesson first."""
        return [message.pin for message in self.first_messages()]

    def pinned(self) -> list[str]:
        """What is pinned in the room, oldest first."""
        return [message.ref for message in self.room.pins(self.channel)]

    def ask(self, name: str, **options: str) -> str:
        """Fay's command, as the engine would have it answered."""
        taught = self.shop.shelf.taught
        command = Command("simulator", "room", self.channel, Person(self.fay, "Fay"), name, options)
        platform = self.shop.platforms["simulator"]
        said = self.shop.database.run_now(answer, taught.course, taught.lookup, command, self.clock(), platform)
        return str(said.blocks[0])

    def change(self, number: int, body: dict[str, object]) -> None:
        """A message is to become something else."""

        def write(session: Session) -> None:
            session.get_one(Message, number).new_body = json.dumps(body)

        self.shop.database.run_now(write)


@pytest_asyncio.fixture
async def scene(database: Database) -> AsyncIterator[Scene]:
    clock = ShiftedClock(START)
    room = Room(clock)
    platform = SimulatorPlatform(room)
    shop = Shop(database, Shelf(HOME / "tests" / "week_7"), {"simulator": platform}, clock, ready={"simulator"})
    made = Scene(shop, room, clock, room.add_channel("cohort"), room.add_person("Fay"))
    database.run_now(_open, made)
    yield made
    room.close()


def _open(session: Session, scene: Scene) -> None:
    new = NewCohort(
        platform="simulator",
        workspace="room",
        channel=scene.channel,
        name="Spring",
        course="course",
        zone="Europe/Zurich",
        post_time=time(9),
        weekdays=127,
        start=START.date(),
        first=31,
    )
    cohort = open_cohort(session, new, START)
    cohort.pins = 2
    fay = known_member(session, "simulator", "room", Person(scene.fay, "Fay"))
    join(session, cohort, fay, FACILITATOR, START)


async def test_the_last_lessons_stay_pinned_and_older_ones_are_taken_down(scene: Scene) -> None:
    await scene.release()
    assert scene.pins() == ["wanted"]
    await tend_tick(scene.shop)
    assert scene.pins() == ["pinned"]
    await scene.release(2)
    assert scene.pins() == ["unwanted", "wanted", "wanted"]
    await tend_tick(scene.shop)
    assert scene.pins() == [None, "pinned", "pinned"]
    assert scene.pinned() == [message.ref for message in scene.first_messages()[1:]]
    assert scene.room.refusals() == ()


async def test_the_number_of_pins_can_be_changed_afterwards(scene: Scene) -> None:
    await scene.release(3)
    await tend_tick(scene.shop)
    for count, pinned in (("1", 1), ("3", 3), ("0", 0), ("20", 3), ("off", 0)):
        assert "follows within a minute" in scene.ask("cohort pins", count=count)
        await tend_tick(scene.shop)
        assert len(scene.pinned()) == pinned
        assert [pin for pin in scene.pins() if pin] == ["pinned"] * pinned


async def test_a_cohort_without_pins_asks_for_none(scene: Scene) -> None:
    scene.ask("cohort pins", count="0")
    await scene.release(2)
    assert scene.pins() == [None, None]


async def test_a_crash_between_the_call_and_the_record_is_made_good(scene: Scene) -> None:
    await scene.release(3)
    run = scene.shop.database.run_now
    platform = scene.shop.platforms["simulator"]
    for pin in run(take_pins, ["simulator"]):
        await (platform.pin(pin.ref) if pin.wanted == "wanted" else platform.unpin(pin.ref))
    await tend_tick(scene.shop)
    assert scene.pins() == [None, "pinned", "pinned"]
    assert len(scene.pinned()) == 2
    assert scene.room.refusals() == ()


async def test_what_is_wanted_otherwise_meanwhile_is_done_next(scene: Scene) -> None:
    """Between the call and the record somebody has chosen anew."""
    await scene.release()
    run = scene.shop.database.run_now
    (pin,) = run(take_pins, ["simulator"])
    await scene.shop.platforms["simulator"].pin(pin.ref)
    scene.ask("cohort pins", count="0")
    run(mark_pin, pin)
    assert scene.pins() == ["unwanted"]
    await tend_tick(scene.shop)
    assert scene.pinned() == []
    assert scene.pins() == [None]


async def test_a_message_that_is_gone_is_not_asked_for_again(scene: Scene) -> None:
    await scene.release()
    scene.room.remove(scene.first_messages()[0].ref)
    for _ in range(3):
        await tend_tick(scene.shop)
    assert scene.pins() == [None]
    assert scene.room.refusals() == ("pin: unknown_message",)


async def test_where_pinning_is_not_allowed_it_stops_once(scene: Scene) -> None:
    await scene.release(2)
    run = scene.shop.database.run_now
    pins = run(take_pins, ["simulator"])
    assert [run(stop_pins, pin) for pin in pins] == [True, False]
    assert run(take_pins, ["simulator"]) == []
    assert run(lambda session: session.scalars(select(Cohort.pins)).one()) == 0
    await scene.release()
    assert scene.pins() == [None, None, None]


async def test_a_message_says_what_it_is_to_say(scene: Scene) -> None:
    await scene.release()
    message = scene.messages()[0]
    new = json.loads(message.body) | {"title": "Something else"}
    scene.change(message.id, new)
    await asyncio.gather(*(tend_tick(scene.shop) for _ in range(3)))
    changed = scene.messages()[0]
    assert changed.new_body is None
    assert json.loads(changed.body) == new
    found = scene.room.find_message(message.ref)
    assert found is not None
    assert found.body == new
    assert scene.room.refusals() == ()


async def test_an_edit_that_is_refused_is_given_up_and_the_record_keeps_what_stands(scene: Scene) -> None:
    await scene.release()
    message = scene.messages()[0]
    scene.change(message.id, json.loads(message.body))
    scene.room.remove(message.ref)
    await tend_tick(scene.shop)
    await tend_tick(scene.shop)
    assert (scene.messages()[0].new_body, scene.messages()[0].body) == (None, message.body)
    assert scene.room.refusals() == ("pin: unknown_message", "edit: unknown_message")


async def test_an_edit_of_an_edit_is_not_lost(scene: Scene) -> None:
    """The course changed again while the first change was under way."""
    await scene.release()
    message = scene.messages()[0]
    first, second = (json.loads(message.body) | {"title": title} for title in ("First", "Second"))
    scene.change(message.id, first)
    (edit,) = scene.shop.database.run_now(take_edits, ["simulator"])
    await scene.shop.platforms["simulator"].edit(edit.ref, json.loads(edit.body))
    scene.change(message.id, second)
    scene.shop.database.run_now(mark_edited, edit)
    await tend_tick(scene.shop)
    assert json.loads(scene.messages()[0].body) == second
    assert scene.messages()[0].new_body is None


async def test_nothing_is_done_on_a_platform_that_is_not_ready(scene: Scene) -> None:
    await scene.release()
    scene.shop.ready.clear()
    await tend_tick(scene.shop)
    assert scene.pins() == ["wanted"]


@pytest.mark.parametrize("count", ["21", "-1", "x", "²", "9" * 2**16, "1.5", "\x00"])
async def test_a_number_of_pins_that_is_none_changes_nothing(scene: Scene, count: str) -> None:
    assert "Write a number from 0 to 20" in scene.ask("cohort pins", count=count)
    assert scene.shop.database.run_now(lambda session: session.scalars(select(Cohort.pins)).one()) == 2

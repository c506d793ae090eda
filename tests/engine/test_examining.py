"""A day before its first lesson a cohort's channel is looked at, and its facilitators hear what is found: once."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.clock import ShiftedClock
from bot.cohorts.cohorts import FACILITATOR, NewCohort, join, known_member, open_cohort
from bot.cohorts.examinations import take_examinations
from bot.config import HOME
from bot.engine.examining import examine_tick
from bot.engine.shelf import Shelf
from bot.engine.shop import Shop
from bot.fakes.discord.fake import FakeDiscord
from bot.platforms.discord.client import DiscordPlatform
from bot.store.database import Database
from bot.store.tables import Cohort

START = datetime(2026, 9, 7, 7, tzinfo=UTC)
"""09:00 in Zurich on a Monday: the first lesson is due."""


@dataclass(frozen=True)
class Scene:
    """A cohort that starts in three days, with Fay as its facilitator."""

    shop: Shop
    fake: FakeDiscord
    clock: ShiftedClock
    channel: str
    fay: str

    async def ring(self, hours_before: float) -> list[str]:
        """The tick, so long before the first lesson; all that Fay has been told by then."""
        self.clock.advance_to(START - timedelta(hours=hours_before))
        await examine_tick(self.shop)
        return list(self.fake.notes(self.fay))


@pytest_asyncio.fixture
async def scene(database: Database) -> AsyncIterator[Scene]:
    clock = ShiftedClock(START - timedelta(days=3))
    async with FakeDiscord(clock) as fake:
        platform = DiscordPlatform(fake.token, fake.api_url, fake.gateway_url, clock=clock)
        shop = Shop(database, Shelf(HOME / "tests" / "week_7"), {"discord": platform}, clock)
        made = Scene(shop, fake, clock, fake.add_channel("cohort"), fake.add_person("Fay"))
        database.run_now(_open, made)
        ready = asyncio.Event()
        speaking = asyncio.create_task(platform.speak(ready.set))
        await asyncio.wait_for(ready.wait(), 20)
        shop.ready.add("discord")
        try:
            yield made
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)


async def test_what_is_missing_is_told_a_day_before_with_its_cure_and_once(scene: Scene) -> None:
    scene.fake.take_permission(scene.channel, "create_public_threads")
    scene.fake.message_content_intent = False
    assert await scene.ring(hours_before=30) == []
    (told,) = await scene.ring(hours_before=23)
    for part in ("Spring", "Create Public Threads", "Edit Channel", "Message Content", "2 things"):
        assert part in told, told
    assert "View Channel" not in told
    assert f"https://discord.com/channels/{scene.fake.workspace}/{scene.channel}" in told  # to be followed, not escaped
    assert await scene.ring(hours_before=22) == [told]


async def test_that_all_is_well_is_told_as_well(scene: Scene) -> None:
    (told,) = await scene.ring(hours_before=23)
    assert "everything is there" in told
    assert len(await scene.ring(hours_before=1)) == 1


async def test_who_takes_no_direct_messages_has_not_been_told(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    scene.fake.close_dms(scene.fay)
    assert await scene.ring(hours_before=23) == []
    assert "outcome=untold reason=no-direct-messages" in caplog.text
    assert "outcome=well told=False" in caplog.text


async def test_a_look_that_is_cut_off_is_taken_again_and_two_processes_take_one(scene: Scene) -> None:
    scene.clock.advance_to(START - timedelta(hours=20))
    taken = await asyncio.gather(
        *(scene.shop.database.run(take_examinations, ["discord"], scene.clock()) for _ in range(4))
    )
    assert sorted(map(len, taken)) == [0, 0, 0, 1]  # and whoever took it is killed here
    assert await scene.ring(hours_before=19.95) == []
    assert len(await scene.ring(hours_before=19.5)) == 1


async def test_who_starts_at_once_is_looked_at_at_once_and_a_finished_cohort_never(scene: Scene) -> None:
    assert len(await scene.ring(hours_before=0.1)) == 1
    scene.shop.database.run_now(_finish_and_forget)
    assert len(await scene.ring(hours_before=0.05)) == 1


def _open(session: Session, scene: Scene) -> None:
    course = scene.shop.shelf.course.about.id
    place = ("discord", scene.fake.workspace, scene.channel)
    new = NewCohort(*place, "Spring", course, "Europe/Zurich", time(9), 0b11111, START.date(), 31)
    cohort = open_cohort(session, new, START - timedelta(days=3))
    member = known_member(session, "discord", scene.fake.workspace, Person(scene.fay, "Fay"))
    join(session, cohort, member, FACILITATOR, START - timedelta(days=3))


def _finish_and_forget(session: Session) -> None:
    cohort = session.scalars(select(Cohort)).one()
    cohort.state, cohort.examined_at = "finished", None

"""The alarm clock of one process, and the ears of one platform, over a real record and the rehearsal room."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from database_kinds import fresh_sqlite, open_again
from sqlalchemy import Engine, text

from bot.app import App, build_app
from bot.chat.inbound import Command, FormAnswer, Partial, Person, Reply
from bot.chat.post import Form, Post, Rejected
from bot.clock import ShiftedClock, since_boot, system_clock
from bot.config import HOME
from bot.curriculum.lookup import Lookup
from bot.engine import delivering, shop
from bot.engine.bells import trigger
from bot.engine.shelf import Shelf
from bot.engine.ticks import POST, TICKS, Tick
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room

START = datetime(2026, 9, 7, 6, 59, tzinfo=UTC)
MAY, ADA = Person("may", "May", manages=True), Person("ada", "Ada")
SHELF = Shelf(HOME / "tests" / "week_7")


class Ground:
    """A program whose alarm clock rings only when told, with one cohort in `channel`."""

    def __init__(self, folder: Path) -> None:
        self.clock = ShiftedClock(START)
        self.engine: Engine = open_again(fresh_sqlite(folder / "engine.db"))
        self.room = Room(self.clock)
        self.app: App = build_app(self.engine, SHELF, [SimulatorPlatform(self.room)], self.clock, 3600, 3600)
        self.app.shop.ready.add("simulator")
        self.collector = self.app.collectors["simulator"]
        self.channel = self.room.add_channel("cohort")

    async def ask(self, person: Person, command: str, **options: str) -> Post | Form:
        return await self.collector.answer(Command("simulator", "rehearsal", self.channel, person, command, options))

    async def open(self) -> None:
        await self.ask(MAY, "cohort create", name="Spring", zone="Europe/Zurich", time="09:00", first="31")

    def suggest(self, command: str, option: str, typed: str, channel: str | None = "") -> list[str]:
        where = self.channel if channel == "" else channel
        asked = Partial("simulator", "rehearsal", where, command, option, typed)
        return [choice.value for choice in self.collector.suggest(asked)]


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    ground = Ground(tmp_path)
    running = asyncio.create_task(ground.app.engine.run())
    await asyncio.wait_for(ground.app.engine.ring(), 5)
    yield ground
    await ground.app.settle()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    ground.room.close()
    ground.engine.dispose()


# EmbeddedEngine


@pytest.mark.parametrize("tick", [tick for tick in (POST, *TICKS) if tick.plans], ids=lambda tick: tick.name)
def test_what_posts_rings_on_the_minute_at_which_lessons_are_due(tick: Tick):
    now = datetime(2026, 9, 7, 6, 59, 47, 123_456, tzinfo=UTC)
    rings = trigger(tick, tick.every)
    moments = [now]
    while moments[-1] < now + timedelta(minutes=2):
        moments.append(rings.get_next_fire_time(moments[-1], moments[-1]))
    minutes = {datetime(2026, 9, 7, 7, minute, tzinfo=UTC) for minute in (0, 1)}
    assert minutes <= set(moments)
    assert {later - earlier for earlier, later in itertools.pairwise(moments[1:])} == {timedelta(seconds=tick.every)}


async def test_a_lesson_that_takes_long_keeps_no_other_waiting(ground: Ground, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(delivering, "AT_ONCE", 2)
    platform, slow, last = ground.app.shop.platforms["simulator"], ground.channel, asyncio.Event()
    channels = [slow, *(ground.room.add_channel(f"cohort-{number}") for number in range(3))]
    for ground.channel in channels:
        await ground.ask(MAY, "cohort create", name=ground.channel, zone="Europe/Zurich", time="09:00", first="31")
    post = platform.post

    async def post_in_turn(channel: str, *rest: Any) -> str:
        if channel == slow:
            await last.wait()
        elif channel == channels[-1]:
            last.set()
        return await post(channel, *rest)

    monkeypatch.setattr(platform, "post", post_in_turn)
    ground.clock.advance_to(START + timedelta(minutes=1))
    await asyncio.wait_for(ground.app.engine.ring(), 10)
    assert [len(ground.room.posts(channel)) for channel in channels] == [3] * 4


async def test_a_ring_returns_once_the_tick_that_follows_it_is_over(ground: Ground):
    await ground.open()
    await ground.app.engine.ring()
    assert ground.room.posts(ground.channel) == ()
    ground.clock.advance_to(START + timedelta(minutes=1))
    await ground.app.engine.ring()
    assert len(ground.room.posts(ground.channel)) == 3


async def test_many_rings_at_once_post_once(ground: Ground):
    await ground.open()
    ground.clock.advance_to(START + timedelta(minutes=1))
    await asyncio.wait_for(asyncio.gather(*(ground.app.engine.ring() for _ in range(20))), 10)
    assert len(ground.room.posts(ground.channel)) == 3


async def test_a_ring_returns_also_when_the_record_is_gone(ground: Ground, caplog: pytest.LogCaptureFixture):
    with ground.engine.begin() as connection:
        connection.execute(text("ALTER TABLE cohorts RENAME TO hidden"))
    await asyncio.wait_for(ground.app.engine.ring(), 5)
    assert "tick name=post outcome=no-database" in caplog.text


async def test_a_ring_returns_also_when_the_tick_breaks(ground: Ground, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.CRITICAL, "apscheduler")
    await ground.open()
    ground.clock.advance_to(START + timedelta(minutes=1))
    ground.app.shop.platforms.clear()  # what is due names a platform that this process does not have
    await asyncio.wait_for(ground.app.engine.ring(), 5)


async def test_nothing_is_posted_before_the_platform_is_ready(ground: Ground):
    await ground.open()
    ground.app.shop.ready.clear()
    ground.clock.advance_to(START + timedelta(minutes=1))
    await ground.app.engine.ring()
    assert ground.room.posts(ground.channel) == ()
    ground.app.shop.ready.add("simulator")
    await ground.app.engine.ring()
    assert len(ground.room.posts(ground.channel)) == 3


async def test_while_the_machines_clock_cannot_be_trusted_nothing_is_posted(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    await ground.open()
    await ground.app.engine.ring()
    ground.clock.advance_to(START + timedelta(minutes=1))
    monkeypatch.setattr(shop, "system_clock", lambda: system_clock() + timedelta(hours=1))
    for name in ("post", "alert"):
        await asyncio.wait_for(ground.app.engine.ring(name), 5)
    assert ground.room.posts(ground.channel) == ()
    assert caplog.text.count("clock outcome=leapt") == 1
    assert not ground.app.shop.guard.is_trusted()
    monkeypatch.setattr(shop, "since_boot", lambda: since_boot() + 601)
    monkeypatch.setattr(shop, "system_clock", lambda: system_clock() + timedelta(hours=1, seconds=601))
    await ground.app.engine.ring()
    assert len(ground.room.posts(ground.channel)) == 3


async def test_what_another_process_has_posted_is_suggested_within_a_tick(ground: Ground):
    await ground.open()
    ground.clock.advance_to(START + timedelta(minutes=1))
    await ground.app.engine.ring()
    ground.app.shop.reached.clear()
    ground.app.shop.reached["simulator", "gone"] = 35
    await ground.app.engine.ring("reached")
    assert ground.app.shop.reached == {("simulator", ground.channel): 31}


async def test_every_tick_of_the_table_rings_and_none_breaks(ground: Ground, caplog: pytest.LogCaptureFixture):
    for name in ground.app.engine.periods:
        await asyncio.wait_for(ground.app.engine.ring(name), 5)
    assert {tick.name for tick in TICKS} | {"post"} == set(ground.app.engine.periods)
    assert "outcome=unforeseen" not in caplog.text


# Collector.suggest


async def test_before_the_first_lesson_nothing_is_suggested(ground: Ground):
    await ground.open()
    for command, option in (("concept", "name"), ("paper", "name"), ("lesson", "day")):
        assert ground.suggest(command, option, "") == ground.suggest(command, option, "a") == []


async def test_suggestions_grow_with_the_cohort_and_never_run_ahead(ground: Ground):
    await ground.open()
    course, seen = SHELF.course, 0
    for day in range(31, 36):
        ground.clock.advance_to(START + timedelta(days=day - 31, minutes=1))
        await ground.app.engine.ring()
        assert sorted(map(int, ground.suggest("lesson", "day", ""))) == list(range(31, day + 1))
        for typed in ("", "a", "back", "prov", "sleep", "delib"):
            offered = ground.suggest("concept", "name", typed)
            assert len(offered) <= 25
            assert all(course.concepts[each].day <= day for each in offered)
            assert all(
                min(course.papers[int(each)].days, default=0) <= day for each in ground.suggest("paper", "name", typed)
            )
        seen = max(seen, len(ground.suggest("concept", "name", "")))
    assert seen == 25


async def test_a_second_cohort_in_a_channel_begins_anew(ground: Ground):
    await ground.open()
    for day in range(5):
        ground.clock.advance_to(START + timedelta(days=day, minutes=1))
        await ground.app.engine.ring()
    assert len(ground.suggest("lesson", "day", "")) == 5
    await ground.ask(MAY, "cohort create", name="Spring")
    assert len(ground.suggest("lesson", "day", "")) == 5, "the name was taken"
    await ground.ask(MAY, "cohort create", name="Autumn")
    assert ground.suggest("lesson", "day", "") == []


async def test_a_direct_message_an_unknown_channel_or_option_gets_no_suggestion(ground: Ground):
    ground.app.shop.reached["simulator", ground.channel] = 35
    assert ground.suggest("concept", "name", "", channel=None) == []
    assert ground.suggest("concept", "name", "", channel="elsewhere") == []
    assert ground.suggest("concept", "nothing", "") == ground.suggest("nothing", "name", "") == []
    assert ground.suggest("cohort create", "name", "") == []


async def test_zones_and_first_lessons_are_suggested_to_whoever_opens_a_cohort(ground: Ground):
    assert ground.suggest("cohort create", "zone", "Europe/Zuri")[0] == "Europe/Zurich"
    assert ground.suggest("cohort create", "zone", "zuri")[0] == "Europe/Zurich"
    assert ground.suggest("cohort create", "zone", "new york")[0] == "America/New_York"
    assert len(ground.suggest("cohort create", "zone", "")) == 25
    assert ground.suggest("cohort create", "first", "") == ["31", "32", "33", "34", "35"]


@pytest.mark.parametrize("typed", ["x" * 2**20, "\x00", "\ud800", "%s'; --", " "])
async def test_hostile_typing_is_answered_within_the_limits(ground: Ground, typed: str):
    ground.app.shop.reached["simulator", ground.channel] = 35
    for command, option in (("concept", "name"), ("paper", "name"), ("lesson", "day"), ("cohort create", "zone")):
        asked = Partial("simulator", "rehearsal", ground.channel, command, option, typed)
        choices = ground.collector.suggest(asked)
        assert len(choices) <= 25
        assert all(1 <= len(choice.name) <= 100 and 1 <= len(choice.value) <= 100 for choice in choices)


async def test_a_long_title_is_shortened_for_a_choice(ground: Ground):
    ground.app.shop.reached["simulator", ground.channel] = 60
    asked = Partial("simulator", "rehearsal", ground.channel, "paper", "name", "")
    assert isinstance(SHELF.lookup, Lookup)
    assert all(len(choice.name) <= 100 for choice in ground.collector.suggest(asked))


# Collector: what fails gives the words back


async def test_a_draft_is_its_writers_alone_and_goes_once_it_is_kept(ground: Ground):
    await ground.open()
    ground.clock.advance_to(START + timedelta(minutes=1))
    await ground.app.engine.ring()
    with ground.engine.connect() as connection:
        first = text("SELECT key FROM messages WHERE prompt IS NOT NULL ORDER BY id LIMIT 1")
        key = connection.execute(first).scalar_one()
    form = FormAnswer("simulator", "rehearsal", ground.channel, ADA, f"write:{key}", {"answer": "Words."})
    with ground.engine.begin() as connection:
        connection.execute(text("ALTER TABLE submissions RENAME TO hidden"))
    refused = await ground.collector.take(form)
    assert isinstance(refused, Rejected)
    with ground.engine.begin() as connection:
        connection.execute(text("ALTER TABLE hidden RENAME TO submissions"))
    mine, other = await ground.ask(ADA, "write", key=key), await ground.ask(MAY, "write", key=key)
    assert isinstance(mine, Form)
    assert isinstance(other, Form)
    assert (mine.fields[0].value, other.fields[0].value) == ("Words.", "")
    assert isinstance(await ground.collector.take(form), Post)
    emptied = FormAnswer("simulator", "rehearsal", ground.channel, ADA, f"write:{key}", {"answer": "Other words."})
    await ground.collector.take(emptied)
    again = await ground.ask(ADA, "write", key=key)
    assert isinstance(again, Form)
    assert again.fields[0].value == "Other words."


async def test_a_form_for_nothing_we_know_gives_the_words_back(ground: Ground):
    for action in ("write:unknown", "something", "write:", ""):
        form = FormAnswer("simulator", "rehearsal", ground.channel, ADA, action, {"answer": "Words."})
        said = await ground.collector.take(form)
        assert isinstance(said, Post)
        assert "Words." in repr(said)
    blank = FormAnswer("simulator", "rehearsal", ground.channel, ADA, "write:x", {"answer": " \n"})
    assert isinstance(await ground.collector.take(blank), Rejected)


async def test_what_is_written_in_no_thread_of_ours_is_nobodys_answer(ground: Ground):
    for thread in (None, "t99", "x" * 2**20):
        await ground.collector.hear(Reply("simulator", "rehearsal", thread, "m1", ADA, "Words.", START))
    with ground.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM submissions")).scalar_one() == 0

"""The whole program on a stage: a platform's fake, the record, a shifted clock, and people who act."""

import asyncio
import contextlib
import functools
import importlib.util
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from database_kinds import fresh_sqlite, open_again
from sqlalchemy import Engine, select, text

from bot.app import App, build_app, run_app
from bot.chat.port import Platform
from bot.clock import ShiftedClock
from bot.config import HOME
from bot.engine.shelf import Shelf
from bot.engine.ticks import next_moment
from bot.fakes.discord import FakeDiscord, Rates
from bot.fakes.slack import FakeSlack, Timing
from bot.platforms.discord.client import DiscordPlatform
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room
from bot.platforms.slack.client import SlackPlatform
from bot.store.tables import Member, Message, Revision, Submission

PLATFORMS = ("simulator", "discord", "slack")
COURSE = HOME / "tests" / "week_7"
START = datetime(2026, 9, 7, 6, 59, tzinfo=UTC)
"""A Monday, one minute before 09:00 in Zurich."""

TAGS = ("Part A", "Part B", "Paper", "Lab")
"""Of the forum that some cohorts have on Discord."""

OPTIONS = {"name": "Spring", "zone": "Europe/Zurich", "time": "09:00", "first": "31"}
BRISK = Timing(acknowledge=2.0, retries=(0.0, 0.2, 0.4), settle=0.05, offline=5.0, grace=0.2)


CHECKER = HOME.parent / "shared" / "checks" / "discord_payload.py"
"""Checks a body against Discord's own OpenAPI description, where that is at hand."""


@dataclass(frozen=True)
class Kept:
    """One row of the record: who wrote what where, and how often it was written anew."""

    person: str
    thread: str
    text: str
    ref: str
    withdrawn: bool
    revisions: int


@dataclass
class Scene:
    """`ada` and `ben` learn, `fay` facilitates, `eve` is in no cohort. The cohort is open, its first lesson is due in
    a minute. desk: where commands are used, when not in the channel itself."""

    platform: str
    stage: Any
    clock: ShiftedClock
    engine: Engine
    shelf: Shelf
    new_bot: Callable[[], Platform]
    channel: str = ""
    elsewhere: str = ""
    desk: str = ""
    fay: str = ""
    ada: str = ""
    ben: str = ""
    eve: str = ""
    app: App = field(init=False)
    _running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Run the program until it can post."""
        self.app = build_app(self.engine, self.shelf, [self.new_bot()], self.clock, 3600, 3600)
        self._running = asyncio.create_task(run_app(self.app))
        await until(lambda: self._running.done() or bool(self.app.shop.ready))
        if self._running.done():
            self._running.result()
        await self.app.engine.ring()
        await self.app.engine.collect()

    async def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def next_lesson(self) -> None:
        """Go to the due moment, and let the alarm ring."""
        self.clock.advance_to(await next_moment(self.app.shop) or self.clock())
        await self.app.engine.ring()

    async def next_lesson_by_the_clock(self) -> None:
        """The same where the record cannot be asked when that is: on Monday at nine."""
        self.clock.advance_to(START + timedelta(minutes=1))
        await self.app.engine.ring()

    def days_later(self, days: int) -> datetime:
        """A minute after the post time, this many days after the first lesson."""
        return START + timedelta(days=days, minutes=2)

    def prompts(self) -> list[Any]:
        """The posts of the channel under which a thread for answers stands, oldest first."""
        return [each for each in self.stage.posts(self.channel) if "Write my answer" in each.raw]

    async def say(self, person: str, thread: str, words: str) -> str:
        """Somebody writes in a thread, a second later."""
        self.clock.advance_to(self.clock() + timedelta(seconds=1))
        return await self.stage.reply(person, thread, words)

    async def ask(self, person: str, command: str, **options: str) -> Any:
        return await self.stage.command(person, self.desk or self.channel, command, options)

    def kept(self) -> list[Kept]:
        """What the record holds, in the order it was written."""
        return self.app.shop.database.run_now(_kept)

    def standing(self) -> dict[tuple[str, str], list[str]]:
        """(person, thread) → the texts that stand, in order."""
        texts: dict[tuple[str, str], list[str]] = {}
        for each in self.kept():
            if not each.withdrawn:
                texts.setdefault((each.person, each.thread), []).append(each.text)
        return texts

    async def chat(self, person: str, words: str) -> str:
        """Somebody writes in the cohort's channel, outside every thread."""
        if self.platform == "discord":
            return await self.stage.reply(person, self.desk or self.channel, words)
        said = self.stage.say(person, self.channel, words)
        return said if isinstance(said, str) else await said

    async def unheard(self, acts: Awaitable[None]) -> None:
        """What is done now reaches no bot: nobody runs one, and Slack gives up telling."""
        if self.platform == "slack":
            self.stage.deafen()
        await acts
        if self.platform == "slack":
            await asyncio.sleep(0.05)
            self.stage.deafen(False)

    @contextlib.contextmanager
    def broken_record(self, table: str = "members") -> Any:
        """The record cannot be used inside: a table is not where it was."""
        with self.engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {table} RENAME TO hidden"))
        try:
            yield
        finally:
            with self.engine.begin() as connection:
                connection.execute(text(f"ALTER TABLE hidden RENAME TO {table}"))


@contextlib.asynccontextmanager
async def open_scene(platform: str, folder: Path, course: Path = COURSE) -> AsyncIterator[Scene]:
    """A running program with an open cohort; at the end nothing may have been refused and nobody pinged. platform:
    "forum" is Discord, where the cohort's channel is a forum."""
    forum = platform == "forum"
    platform = "discord" if forum else platform
    clock = ShiftedClock(START)
    engine = open_again(fresh_sqlite(folder / "homeroom.db"))
    async with _stage(platform, clock) as (stage, new_bot):
        scene = Scene(platform, stage, clock, engine, Shelf(course), new_bot)
        scene.channel, scene.elsewhere = stage.add_channel("cohort"), stage.add_channel("elsewhere")
        scene.fay = stage.add_person("Fay", manages=True)
        scene.ada, scene.ben, scene.eve = (stage.add_person(name) for name in ("Ada", "Ben", "Eve"))
        if forum:
            scene.channel, scene.desk = _open_forum(stage, scene.fay)
        try:
            await scene.start()
            await scene.ask(scene.fay, "cohort create", **OPTIONS)
            await scene.ask(scene.ada, "join")
            await scene.ask(scene.ben, "join")
            yield scene
            await scene.app.settle()
            assert stage.refusals() == (), stage.refusals()
            pinged = getattr(stage, "pinged", tuple)()
            assert pinged == (), pinged
            assert platform != "discord" or misfits(stage.calls()) == []
        finally:
            await scene.stop()
            engine.dispose()


def _open_forum(stage: Any, fay: str) -> tuple[str, str]:
    """A forum, and a post in it in which commands can be used."""
    forum = stage.add_forum("course", TAGS)
    return forum, stage.open_forum_post(fay, forum, "Commands", "Use them here.")


async def until(true: Callable[[], object], seconds: float = 8.0) -> None:
    """Wait for something that is about to happen; an AssertionError when it does not."""
    for _ in range(int(seconds / 0.01)):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen in time")


@contextlib.asynccontextmanager
async def _stage(platform: str, clock: ShiftedClock) -> AsyncIterator[tuple[Any, Callable[[], Platform]]]:
    if platform == "simulator":
        room = Room(clock)
        yield room, lambda: SimulatorPlatform(room)
        room.close()
    elif platform == "discord":
        rates = Rates(overall=1_000_000, ordinary=(1_000_000, 1.0))
        async with FakeDiscord(clock, rates=rates) as discord:
            yield (
                discord,
                lambda: DiscordPlatform(
                    discord.token, discord.api_url, discord.gateway_url, clock=clock, identify_pause=0.05
                ),
            )
    else:
        async with FakeSlack(clock, rate=None, timing=BRISK) as slack:
            yield (
                slack,
                lambda: SlackPlatform(slack.bot_token, slack.app_token, api_url=slack.api_url, clock=clock, pace=0.0),
            )


def _kept(session: Any) -> list[Kept]:
    rows = session.execute(
        select(Submission, Member.ref, Message.thread)
        .join(Member, Member.id == Submission.member_id)
        .join(Message, Message.id == Submission.message_id)
        .order_by(Submission.sent_at, Submission.id)
    ).all()
    written: dict[int, int] = {}
    for revision in session.scalars(select(Revision)):
        written[revision.submission_id] = written.get(revision.submission_id, 0) + 1
    return [
        Kept(person, thread, each.text, each.ref, each.withdrawn_at is not None, written.get(each.id, 0))
        for each, person, thread in rows
    ]


def misfits(calls: Any) -> list[str]:
    """What in the bodies that went to Discord does not fit its OpenAPI description; nothing where that is not here."""
    if not CHECKER.exists():
        return []
    found = []
    for each in calls:
        method, path = each.call.split(" ", 1)
        if each.body is not None and 200 <= each.status < 300:
            found += [f"{each.call}: {problem}" for problem in _checker().errors(method, path, each.body)]
    return found


@functools.cache
def _checker() -> Any:
    spec = importlib.util.spec_from_file_location("discord_payload", CHECKER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

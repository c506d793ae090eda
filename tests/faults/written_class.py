"""A cohort with its first lesson, whose members write in a thread while events go astray."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from crash_ground import Ground, open_ground
from fault_databases import Databases
from running_bot import Bot, open_bot, until
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.engine.collecting import Collector
from bot.engine.shelf import Shelf
from bot.store.tables import Submission


@dataclass
class Class:
    """A running bot whose cohort has its first lesson. thread: that of its first prompt."""

    ground: Ground
    bot: Bot
    thread: str
    said: dict[str, str] = field(default_factory=dict)

    @property
    def collector(self) -> Collector:
        return self.bot.app.collectors[self.ground.platform]

    def other_thread(self) -> str:
        """That of the second prompt."""
        posts = self.ground.fake.posts(self.ground.channels[0])
        return next(post.thread for post in posts if "Write my answer" in post.raw and post.thread != self.thread)

    def written(self) -> dict[str, str]:
        """What stands in the thread, by the fake."""
        return dict(self.ground.fake.replies(self.thread))

    def kept(self) -> dict[str, str]:
        """What stands in the record."""
        with Session(self.ground.record) as session:
            rows = session.execute(select(Submission.ref, Submission.text).where(Submission.withdrawn_at.is_(None)))
            return {ref: words for ref, words in rows}  # noqa: C416 - a row is no pair

    def count(self, table: type) -> int:
        with Session(self.ground.record) as session:
            return len(session.scalars(select(table)).all())

    async def say(self, name: str, person: int = 0) -> None:
        self.said[name] = await self.ground.fake.reply(self.ground.people[person], self.thread, f"{name}, as written")

    async def prepare(self) -> None:
        """Three replies, kept and told."""
        for number, name in enumerate(("stays", "is edited", "is deleted")):
            await self.say(name, number)
        await until(lambda: self.kept() == self.written())
        await until(lambda: all(self.ground.fake.reactions(ref) for ref in self.said.values()))

    async def act(self) -> None:
        """One of each kind: a create, an edit, a delete, and a create that is edited."""
        fake, people = self.ground.fake, self.ground.people
        await self.say("is new", 1)
        await fake.edit(people[1], self.said["is edited"], "edited in the gap")
        await fake.delete(people[2], self.said["is deleted"])
        await self.say("is new and edited", 2)
        await fake.edit(people[2], self.said["is new and edited"], "edited at once")

    async def lose_session(self) -> None:
        """The connection goes, members act, and no resume tells of it."""
        fake = self.ground.fake
        if self.ground.platform == "discord":
            sessions = fake.identifies()
            fake.gateway_drop(resumable=False)
            await self.act()
            await until(lambda: fake.identifies() > sessions and fake.gateway.connected > 0)
        else:
            fake.deafen()
            fake.cut_sockets()
            await self.act()
            await until(lambda: fake.sockets > 0)
            fake.deafen(False)
        await until(lambda: bool(self.collector._behind))

    async def lose_silently(self) -> None:
        """Events are lost, and nothing tells that they are."""
        fake = self.ground.fake
        if self.ground.platform == "discord":
            fake.gateway.hold()
            await self.act()
            fake.gateway._held = []
            fake.gateway.release(backwards=False)
        else:
            fake.deafen()
            await self.act()
            fake.deafen(False)

    def later(self, moment: timedelta) -> None:
        self.ground.clock.advance_to(self.ground.clock() + moment)


@asynccontextmanager
async def open_class(shelf: Shelf, databases: Databases, kind: str, platform: str) -> AsyncIterator[Class]:
    async with (
        open_ground(platform, databases.new(kind), shelf, cohorts=1) as ground,
        open_bot(ground) as bot,
    ):
        await bot.ring_when_due()
        thread = next(post.thread for post in ground.fake.posts(ground.channels[0]) if "Write my answer" in post.raw)
        made = Class(ground, bot, thread)
        await made.collector.catch_up()
        yield made

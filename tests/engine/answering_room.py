"""A collector over the rehearsal room, a lesson that is out, and a platform that fails when it is told to."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select

from bot.chat.inbound import Command, FormAnswer, Person, Reply
from bot.chat.port import PlatformError
from bot.chat.post import Post
from bot.clock import ShiftedClock
from bot.cohorts.calendar import MONDAY_TO_FRIDAY
from bot.cohorts.cohorts import FACILITATOR, LEARNER, NewCohort, join, known_member, open_cohort
from bot.cohorts.loose import loose_of
from bot.cohorts.writers import Writer
from bot.config import HOME
from bot.engine.collecting import Collector
from bot.engine.delivering import deliver_due
from bot.engine.planning import plan
from bot.engine.shelf import Shelf
from bot.engine.shop import Shop
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room
from bot.store.database import Database
from bot.store.tables import Feedback, Message, Submission

START = datetime(2026, 9, 7, 7, tzinfo=UTC)


class MoodyPlatform(SimulatorPlatform):
    """Raises what stands in `moods` first, one call after the other; says nothing then."""

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.moods: list[PlatformError] = []
        self.notes: list[tuple[str, str | None, Post]] = []
        self.said: list[tuple[str, str, Post]] = []
        self.deaf: set[str] = set()  # people who take no direct messages

    async def note(self, workspace: str, person: Person, thread: str | None, post: Post) -> bool:
        self._be_moody()
        if person.ref in self.deaf:
            return False
        self.notes.append((person.ref, thread, post))
        return True

    async def say(self, thread: str, post: Post, once: str) -> None:
        self._be_moody()
        self.said.append((thread, once, post))
        await super().say(thread, post, once)

    def _be_moody(self) -> None:
        if self.moods:
            raise self.moods.pop(0)


@dataclass
class AnsweringRoom:
    """`ada` and `ben` learn, `fay` facilitates, `eve` is in no cohort; day 31 is out."""

    database: Database
    room: Room = field(init=False)
    clock: ShiftedClock = field(default_factory=lambda: ShiftedClock(START))
    numbers: int = 0

    def __post_init__(self) -> None:
        self.room = Room(self.clock)
        self.channel = self.room.add_channel("cohort")
        self.ada, self.ben, self.fay, self.eve = (self.room.add_person(name) for name in ("Ada", "Ben", "Fay", "Eve"))
        self.platform = MoodyPlatform(self.room)
        shelf = Shelf(HOME / "tests" / "week_7")
        self.shop = Shop(self.database, shelf, {"simulator": self.platform}, self.clock, ready={"simulator"})
        self.ears = self.collector()

    def collector(self) -> Collector:
        """As after a restart."""
        return Collector(self.shop, self.platform)

    async def open(self) -> None:
        self.database.run_now(_open, self)
        await plan(self.shop)
        await deliver_due(self.shop)

    def later(self, **by: float) -> None:
        self.clock.advance_to(self.clock() + timedelta(**by))

    def person(self, ref: str) -> Person:
        return self.room.roster.people()[ref]

    def prompts(self) -> list[Message]:
        query = select(Message).where(Message.prompt.is_not(None)).order_by(Message.number)
        return self.database.run_now(lambda session: list(session.scalars(query)))

    def written(self, person: str, text: str, thread: str | None = None, message: str = "") -> Reply:
        self.numbers += 1
        ref = message or f"m{self.numbers}"
        return Reply("simulator", "room", thread, ref, self.person(person), text, self.clock())

    async def press(self, person: str, action: str) -> Post:
        name, _, argument = action.partition(":")
        option = {"file": "where", "forget": "loose", "note": "id", "feedback": ""}[name]
        command = Command("simulator", "room", self.channel, self.person(person), name, {option: argument})
        return await self.ears.answer(command)

    async def about(self, person: str, name: str, about: Reply):
        return await self.ears.answer(
            Command("simulator", "room", self.channel, self.person(person), name, about=about)
        )

    async def send(self, person: str, action: str, **values: str):
        return await self.ears.take(FormAnswer("simulator", "room", self.channel, self.person(person), action, values))

    def loose(self, person: str) -> list[str]:
        found = self.database.run_now(loose_of, Writer("simulator", "room", self.person(person)))
        return [each.text for each in found]

    def submissions(self) -> list[str]:
        query = select(Submission.text).where(Submission.withdrawn_at.is_(None)).order_by(Submission.id)
        return self.database.run_now(lambda session: list(session.scalars(query)))

    def feedback(self) -> list[Feedback]:
        return self.database.run_now(lambda session: list(session.scalars(select(Feedback).order_by(Feedback.id))))


def _open(session, made: AnsweringRoom) -> None:
    zone = "Europe/Zurich"
    new = NewCohort(
        "simulator", "room", made.channel, "Spring", made.shop.shelf.course.about.id, zone, time(9), MONDAY_TO_FRIDAY,
        START.date(), first=31,
    )  # fmt: skip
    cohort = open_cohort(session, new, START)
    for ref, role in ((made.ada, LEARNER), (made.ben, LEARNER), (made.fay, FACILITATOR)):
        join(session, cohort, known_member(session, "simulator", "room", made.person(ref)), role, START)

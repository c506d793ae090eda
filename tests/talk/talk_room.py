"""A cohort on a real record, its lessons released through the ledger, and a reader of what the bot says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.chat.commands import LOOK_UPS
from bot.chat.inbound import Command, FormAnswer, Person, Reply
from bot.chat.markdown import plain, to_pieces
from bot.chat.post import (
    Block,
    Buttons,
    Callout,
    Divider,
    Finder,
    Form,
    Heading,
    Moment,
    Picture,
    Post,
    Small,
    Table,
    Text,
    Words,
)
from bot.cohorts import deliveries
from bot.cohorts.claims import Claim
from bot.cohorts.prompts import find_by_thread
from bot.cohorts.submissions import record, record_form
from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.lookup import Lookup
from bot.curriculum.model import Course
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room
from bot.store import schema
from bot.store.database import Database, open_engine
from bot.talk.commands import answer
from bot.talk.drafts import lesson_drafts
from bot.talk.questions import meant

COURSE = load_course(HOME / "tests" / "week_7")
LOOKUP = Lookup(COURSE)
MONDAY = datetime(2026, 9, 7, 6, 0, tzinfo=UTC)
"""An hour before 09:00 in Zurich."""

ADA, BEN, EVE = Person("ada", "Ada"), Person("ben", "Ben"), Person("eve", "Eve")
FAY, MAY = Person("fay", "Fay"), Person("may", "May", manages=True)
"""Fay facilitates by her role once she has opened the cohort, May because she manages the channel."""


HOSTILE = (
    "**bold** _it_ `code` # h",
    "[here](http://evil.example) ![x](http://evil.example/x.png)",
    "<b>x</b> <script>alert(1)</script> <http://evil.example>",
    "@everyone <@&1> <!channel> <@U1>",
    "a&amp;b &lt; ~~~ ||s|| > q",
    "'; DROP TABLE members; --",
    "\u202egnp.exe",
)
"""What people may write or be called: markup, links, mentions, SQL, a turned writing direction."""


def empty_record(folder: Path) -> Path:
    """A SQLite file with the current schema and nothing in it, to be copied."""
    engine = open_engine(f"sqlite:///{folder / 'empty.db'}")
    schema.migrate(engine)
    engine.dispose()
    return folder / "empty.db"


@dataclass
class TalkRoom:
    """Answers commands from `now`, which only moves when a test moves it."""

    database: Database
    course: Course = COURSE
    lookup: Lookup = LOOKUP
    now: datetime = MONDAY
    platform: SimulatorPlatform = field(default_factory=lambda: SimulatorPlatform(Room()))

    def ask(
        self, person: Person, command: str, channel: str | None = "room", workspace: str = "school", **options: str
    ) -> Post | Form:
        asked = meant(Command("chat", workspace, channel, person, command, options))
        transact = self.database.read_now if asked.name in LOOK_UPS else self.database.run_now  # as the collector does
        return transact(answer, self.course, self.lookup, asked, self.now, self.platform)

    def read(self, person: Person, command: str, channel: str | None = "room", **options: str) -> str:
        return read(self.ask(person, command, channel, **options))

    def open(self, channel: str = "room", name: str = "Spring", **options: str) -> None:
        options = {"zone": "Europe/Zurich", "time": "09:00", "first": "31"} | options
        opened = self.ask(MAY, "cohort create", channel, name=name, **options)
        assert "is open" in read(opened), read(opened)

    def release(self, number: int = 1) -> None:
        """Let lessons come due and go out, one lesson day after the other."""
        for _ in range(number):
            due = self.database.run_now(deliveries.next_wake)
            assert due is not None, "there is no further lesson"
            self.now = max(self.now, due)
            self.database.run_now(deliveries.plan_due, lambda _, day: self.course.day_after(day), self.now)
            for claim in self.database.run_now(deliveries.claim_due, ["chat"], self.now):
                self._send(claim)

    def _send(self, claim: Claim) -> None:
        run = self.database.run_now
        drafts = lesson_drafts(self.course, self.platform, claim.lesson, claim.key, ping=claim.ping)
        for message in run(deliveries.keep_messages, claim, drafts):
            run(deliveries.mark_trying, claim, message, self.now)
            run(deliveries.mark_sent, claim, message, f"{claim.channel}/{message.id}", self.now, found=False)
            if message.prompt is not None:
                run(deliveries.mark_thread, message, f"t{message.id}", self.now)
        run(deliveries.mark_done, claim)

    def keys(self) -> list[str]:
        """The keys of the prompts that are out, oldest first."""
        return [message.key for message in self._prompts()]

    def write(self, person: Person, prompt: int, text: str, message: str | None = None):
        """A reply in the thread of a prompt, by its place among those that are out; the receipt."""
        self.now += timedelta(seconds=1)
        thread = self._prompts()[prompt].thread
        ref = message or f"m{self.now.timestamp()}"
        return self.database.run_now(record, Reply("chat", "school", thread, ref, person, text, self.now))

    def fill(self, person: Person, prompt: int, text: str, workspace: str = "school"):
        """The same by form."""
        key = self.keys()[prompt]
        form = FormAnswer("chat", workspace, "room", person, f"write:{key}", {"answer": text})
        return self.database.run_now(record_form, form, key, text, self.now)

    def asked(self, prompt: int):
        return self.database.run_now(find_by_thread, "chat", self._prompts()[prompt].thread)

    def _prompts(self):
        def standing(session):
            found = session.query(deliveries.Message).filter(deliveries.Message.prompt.is_not(None))
            return found.order_by(deliveries.Message.id).all()

        return self.database.run_now(standing)


def read(said: Post | Form) -> str:
    """All that a reader sees, one thing to a line."""
    if isinstance(said, Form):
        fields = [f"{each.label} ({each.hint}): {each.value}" for each in said.fields]
        return "\n".join([said.title, plain(to_pieces(said.intro)), *fields])
    return "\n".join(line for block in said.blocks for line in _lines(block))


def links(said: Post) -> set[str]:
    """Every address that a reader could follow."""
    texts = [getattr(block, "markdown", "") for block in said.blocks]
    runs = [run for text in texts for piece in to_pieces(text) for run in _runs(piece)]
    return {run.link for run in runs if run.link}


def buttons(said: Post | Form) -> dict[str, str]:
    """Label → action."""
    rows = [block.buttons for block in getattr(said, "blocks", ()) if isinstance(block, Buttons)]
    return {button.label: button.action for row in rows for button in row}


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Heading(text) | Small(text):
            yield text
        case Text(markdown):
            yield plain(to_pieces(markdown))
        case Callout(label, markdown):
            yield f"{label}: {plain(to_pieces(markdown))}"
        case Words(text, by):
            yield f"{by or 'you'}: {text}"
        case Moment(label, at, zone):
            yield f"{label} {at:%Y-%m-%d %H:%M} UTC ({zone})"
        case Table(caption, header, rows):
            yield caption
            yield from (" | ".join(row) for row in (header, *rows))
        case Buttons(row):
            yield " ".join(f"[{button.label}]" for button in row)
        case Finder(label, command):
            yield f"{label}: {command}"
        case Picture(_, alt):
            yield alt
        case Divider():
            yield "---"


def _runs(piece):
    if hasattr(piece, "rows"):
        return [run for row in (piece.header, *piece.rows) for cell in row for run in cell]
    return getattr(piece, "runs", ())

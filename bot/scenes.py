"""Moments of a course as every platform would show them: a small class in a record that is thrown away, and the real
program's answers to it, rendered into the bodies that go out.

For those who make the course (`homeroom looks`, the rehearsal room): nothing is sent, and nothing is kept.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from bot.chat.inbound import Command, Person, Reply
from bot.chat.port import Body
from bot.chat.post import Form, Post
from bot.cohorts import deliveries
from bot.cohorts.claims import Claim
from bot.cohorts.receipts import Receipt
from bot.cohorts.submissions import record
from bot.curriculum.lookup import Lookup
from bot.curriculum.model import Course
from bot.platforms.discord.forms import modal
from bot.platforms.discord.render import render as discord_render
from bot.platforms.simulator.render import to_bodies, to_form
from bot.platforms.slack.memory import Memory
from bot.platforms.slack.render import render as slack_render
from bot.platforms.slack.views import form_view, home_view
from bot.store import schema
from bot.store.database import Database, open_engine
from bot.store.tables import Message
from bot.talk.commands import answer
from bot.talk.drafts import lesson_drafts
from bot.talk.receipts import receipt_mark, receipt_note
from bot.web.looks.scene import Exhibit, Kind, Scene

ZONE = ZoneInfo("Europe/Zurich")
MORNING = datetime(2026, 9, 7, 6, 0, tzinfo=UTC)
"""A Monday, an hour before the class's lesson."""

_PLATFORM, _WORKSPACE, _CHANNEL = "looks", "school", "room"
_ADA, _BEN, _FAY = Person("ada", "Ada"), Person("ben", "Ben"), Person("fay", "Fay", manages=True)
_WORDS = "I would count it as one condition more: it changes what the evaluation can show."


@dataclass(frozen=True)
class Dress:
    """How one platform is written to. quiet: a private note stands where its reader writes. home: the page of
    somebody's own, None where there is none."""

    name: str
    render: Callable[[Post, str | None], tuple[Body, ...]]
    form: Callable[[Form], Body]
    quiet: bool
    home: Callable[[Post], tuple[Body, ...]] | None


DRESSES = (
    Dress("discord", discord_render, modal, quiet=False, home=None),
    Dress(
        "slack",
        slack_render,
        lambda form: form_view(form, Memory()),
        quiet=True,
        home=lambda post: (home_view(post, Memory()),),
    ),
    Dress("simulator", to_bodies, to_form, quiet=True, home=lambda post: to_bodies(post, None)),
)


def day_scenes(course: Course, day: int) -> tuple[Scene, ...]:
    """A lesson's day from its post to the report on it. Takes a second or so; blocks. The day has a lesson."""
    with _opened_class(course, day) as played:
        return tuple(_scenes(played))


@dataclass
class _Class:
    """Two who learn and one who facilitates, on the given day."""

    course: Course
    day: int
    database: Database
    now: datetime = MORNING
    lookup: Lookup = field(init=False)

    def __post_init__(self) -> None:
        self.lookup = Lookup(self.course)

    def ask(self, person: Person, command: str, /, **options: str) -> Post | Form:
        channel = None if command == "home" else _CHANNEL
        asked = Command(_PLATFORM, _WORKSPACE, channel, person, command, options)
        return self.database.run_now(answer, self.course, self.lookup, asked, self.now)

    def post_next(self) -> None:
        """Let the next lesson come due, and put it into the record as posted."""
        self.now = self.database.run_now(deliveries.next_wake) or self.now
        self.database.run_now(deliveries.plan_due, lambda _, day: self.course.day_after(day), self.now)
        for claim in self.database.run_now(deliveries.claim_due, [_PLATFORM], self.now):
            self._send(claim)

    def _send(self, claim: Claim) -> None:
        run = self.database.run_now
        for message in run(
            deliveries.keep_messages, claim, lesson_drafts(self.course, DRESSES[-1], claim.lesson, claim.key)
        ):
            run(deliveries.mark_trying, claim, message, self.now)
            run(deliveries.mark_sent, claim, message, f"m{message.id}", self.now, found=False)
            if message.prompt is not None:
                run(deliveries.mark_thread, message, f"t{message.id}", self.now)
        run(deliveries.mark_done, claim)

    def prompts(self) -> list[Message]:
        """The day's prompts as they are out, in order."""
        asked = [prompt.id for prompt in self.course.lessons[self.day].prompts]
        query = lambda session: session.query(Message).filter(Message.prompt.in_(asked)).order_by(Message.id).all()  # noqa: E731
        return self.database.run_now(query)

    def reply(self, person: Person, thread: str) -> Receipt | None:
        self.now += timedelta(hours=1)
        said = Reply(_PLATFORM, _WORKSPACE, thread, f"m{person.ref}", person, _WORDS, self.now)
        return self.database.run_now(record, said)


@contextmanager
def _opened_class(course: Course, day: int) -> Iterator[_Class]:
    """A class that began the lesson before, so that its report has something to tell."""
    with TemporaryDirectory(prefix="homeroom-looks-") as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'looks.db'}")
        schema.migrate(engine)
        played = _Class(course, day, Database(engine))
        try:
            before = max((each for each in course.lessons if each < day), default=day)
            played.ask(_FAY, "cohort create", name="Autumn class", zone=str(ZONE), time="09:00", first=str(before))
            for person in (_ADA, _BEN):
                played.ask(person, "join")
            for _ in {before, day}:
                played.post_next()
            yield played
        finally:
            played.database.close()


def _scenes(played: _Class) -> Iterator[Scene]:
    course, day = played.course, played.day
    lesson = course.lessons[day]
    yield Scene("channel", "The lesson in its channel", "Every message, in order, as it is posted.", _channel(played))
    prompts = played.prompts()
    if prompts:
        thread = _thread(played, prompts[0])
        yield Scene("thread", "A prompt with its thread", "Ada has answered; she hears that it is kept.", thread)
        form = _looks(played.ask(_BEN, "write", key=prompts[0].key), "form")
        yield Scene("form", "Write my answer", "The form behind the button.", form)
    yield _asked(played, "lesson", "Read the whole lesson", f"/lesson {day}", _ADA, day=str(day))
    yield _asked(played, "concepts", "Concepts of the day", f"/concepts {day}", _ADA, day=str(day))
    for concept in (*lesson.introduces, *lesson.uses)[:1]:
        named = course.concepts[concept].name
        yield _asked(played, "concept", "A concept", f"/concept {named}", _FAY, name=concept)
    for paper in _papers(course, day)[:1]:
        yield _asked(played, "paper", "A paper", f"/paper {paper}", _FAY, name=str(paper))
    yield _asked(played, "progress", "Her progress", "/progress", _ADA)
    yield _asked(played, "report", "The facilitator's report", "/report", _FAY)
    home = played.ask(_ADA, "home")
    yield Scene("home", "A page of her own", "Where a platform has one.", _looks(home, "home"))


def _channel(played: _Class) -> dict[str, tuple[Exhibit, ...]]:
    return {dress.name: tuple(_posted(played, dress)) for dress in DRESSES}


def _posted(played: _Class, dress: Dress, replies: int = 0) -> Iterator[Exhibit]:
    lesson = played.course.lessons[played.day]
    titles = {prompt.id: f"Day {lesson.day} · Prompt {at}" for at, prompt in enumerate(lesson.prompts, 1)}
    for draft in lesson_drafts(played.course, dress, played.day, f"looks|lesson|{played.day}"):
        thread = {"title": titles[draft.prompt], "replies": replies} if draft.prompt else None
        yield Exhibit("message", json.loads(draft.body), thread)


def _thread(played: _Class, prompt: Message) -> dict[str, tuple[Exhibit, ...]]:
    """The first prompt's message, an answer under it with its mark, and what its writer alone is told."""
    receipt = played.reply(_ADA, prompt.thread or "")
    said = {"name": "Ada", "text": _WORDS, "mark": receipt_mark(receipt).value if receipt else ""}
    looks = {}
    for dress in DRESSES:
        shown = next(each for each in _posted(played, dress, 1) if each.thread)
        note = receipt_note(played.course, receipt, quiet=dress.quiet) if receipt else None
        kind: Kind = "note" if dress.quiet else "direct"
        told = [Exhibit(kind, body, within=dress.quiet) for body in (dress.render(note, None) if note else ())]
        looks[dress.name] = (shown, Exhibit("said", said, within=True), *told)
    return looks


def _asked(played: _Class, id: str, title: str, line: str, person: Person, /, **options: str) -> Scene:
    looks = _looks(played.ask(person, id, **options), "note")
    return Scene(id, title, f"What {person.name} alone is shown after {line}", looks)


def _looks(told: Post | Form, kind: Kind) -> dict[str, tuple[Exhibit, ...]]:
    """What somebody is told, on every platform that has a place for it."""
    return {
        dress.name: tuple(Exhibit(_kind(told, kind), body) for body in _bodies(dress, told, kind)) for dress in DRESSES
    }


def _kind(told: Post | Form, kind: Kind) -> Kind:
    return "note" if kind == "form" and isinstance(told, Post) else kind


def _bodies(dress: Dress, told: Post | Form, kind: Kind) -> tuple[Body, ...]:
    if isinstance(told, Form):
        return (dress.form(told),)
    if kind == "home":
        return dress.home(told) if dress.home else ()
    return dress.render(told, None)


def _papers(course: Course, day: int) -> Sequence[int]:
    """The day's own papers first, then those before it, newest first."""
    near = [paper for paper in course.papers.values() if paper.days and min(paper.days) <= day]
    return [paper.number for paper in sorted(near, key=lambda each: (day not in each.days, -max(each.days)))]

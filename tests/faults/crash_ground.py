"""A fake platform that outlives every bot, cohorts in its channels, members who write, and the count at the end."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Any

from database_kinds import open_again
from fault_databases import reader
from leaping import LeapingClock
from sqlalchemy import Engine, func, or_, select
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.chat.port import part_key
from bot.clock import ShiftedClock
from bot.cohorts.calendar import slots
from bot.cohorts.claims import delivery_key, message_key
from bot.cohorts.cohorts import LEARNER, NewCohort, join, known_member, open_cohort, schedule_of
from bot.cohorts.receipts import message_of
from bot.curriculum.model import Course
from bot.engine.shelf import Shelf
from bot.fakes.discord import FakeDiscord, Rates
from bot.fakes.slack import FakeSlack, Timing
from bot.platforms.discord.client import DiscordPlatform
from bot.platforms.slack.client import SlackPlatform
from bot.store.tables import Cohort, Delivery, Message, Submission
from bot.talk.drafts import lesson_drafts

START = datetime(2026, 9, 7, 6, 59, tzinfo=UTC)
"""A Monday, one minute before the first lesson at 09:00 in Zurich."""

ACTS = ("say 0", "edit 0", "say 1", "say 2", "delete 1")
"""What the members do under each prompt, one after the other: "say 2" is member 2's first message there."""

MARK = "quagga"
"""A word that members write and nobody else: it must stand in no log."""

EXPECTED_REFUSAL = "reactions.add: message_not_found"
"""Slack's answer when a member deletes a message before its receipt comes: nobody broke a rule."""

QUICK = Timing(acknowledge=1.0, retries=(0.0, 0.05, 0.05), answer=1.0, settle=0.05, offline=1.0, grace=0.5)


@dataclass(frozen=True)
class Tally:
    """What stands in the end. expected and posted are messages. strays: posts that nobody expected there. threadless:
    prompts without their thread, or with another one than the ledger says. written: replies that stand on the
    platform; kept: those that the record holds to the letter; ghosts: what it holds though it stands nowhere; twice:
    what it holds more than once. untold: replies without a receipt. refusals: calls that broke a rule."""

    expected: int
    posted: int
    doubled: int
    missing: int
    strays: int
    threadless: int
    written: int
    kept: int
    ghosts: int
    untold: int
    twice: int
    refusals: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Everything stands once, and everything written is kept and told."""
        amiss = self.doubled or self.missing or self.strays or self.threadless
        amiss = amiss or self.ghosts or self.untold or self.twice
        return not amiss and self.posted == self.expected and self.kept == self.written

    @property
    def clean(self) -> bool:
        """Whole, and without a call that broke a rule."""
        return self.whole and not self.refusals


@dataclass
class Ground:
    """One run's world. elsewhere: a channel without a cohort. over: the address by which its own bots call, when not
    the fake's. wanted: channel → lesson by lesson, its messages' keys and whether each is a prompt's."""

    platform: str
    url: str
    fake: Any
    clock: ShiftedClock | LeapingClock
    shelf: Shelf
    record: Engine
    people: list[str]
    channels: list[str]
    dice: random.Random
    nonce_seconds: float
    elsewhere: str
    over: str | None = None
    wanted: dict[str, list[dict[str, bool]]] = field(default_factory=dict)
    acts: dict[str, list[str]] = field(default_factory=dict)
    said: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def urls(self) -> tuple[str, ...]:
        return (self.fake.api_url, self.fake.gateway_url) if self.platform == "discord" else (self.fake.api_url,)

    @property
    def tokens(self) -> tuple[str, ...]:
        return (self.fake.token,) if self.platform == "discord" else (self.fake.bot_token, self.fake.app_token)

    def bot(self) -> Any:
        """The bot's own client to the fake."""
        if self.platform == "discord":
            urls = (self.over or self.fake.api_url, self.fake.gateway_url)
            return DiscordPlatform(self.tokens[0], *urls, clock=self.clock, identify_pause=0.05)
        url = self.over or self.fake.api_url
        return SlackPlatform(self.tokens[0], self.tokens[1], api_url=url, clock=self.clock, pace=0.0)

    def keys(self, channel: str, lessons: int) -> dict[str, bool]:
        """Part key → whether it is a prompt's, of a channel's first lessons."""
        return {key: prompt for lesson in self.wanted[channel][:lessons] for key, prompt in lesson.items()}

    def key_of(self, channel: str, raw: str) -> str | None:
        """The key that a post in the channel carries, of any lesson of its cohort."""
        carried = [key for lesson in self.wanted[channel] for key in lesson if key in raw]
        return max(carried, key=len, default=None)

    def next_due(self) -> datetime:
        """When the next lesson is due, or the next try."""
        with Session(self.record) as session:
            planned = session.scalars(select(Cohort.next_due_at).where(Cohort.next_due_at.is_not(None))).all()
            tries = session.scalars(select(Delivery.next_try_at).where(Delivery.state == "planned")).all()
        return min([*planned, *tries])

    def states(self) -> Counter[str]:
        """How many deliveries are in which state."""
        with Session(self.record) as session:
            return Counter(session.scalars(select(Delivery.state)))

    def undecided(self, lessons: int) -> int:
        """How many of the cohorts' first lessons have no row that says what became of them."""
        final = ("done", "skipped", "blocked", "dead")
        with Session(self.record) as session:
            rows = session.execute(
                select(Cohort.channel, func.count(Delivery.id))
                .join(Delivery, Delivery.cohort_id == Cohort.id)
                .where(Delivery.state.in_(final))
                .group_by(Cohort.channel)
            ).all()
        decided: dict[str, int] = {channel: number for channel, number in rows}  # noqa: C416 - a row is no pair
        return sum(max(lessons - decided.get(channel, 0), 0) for channel in self.channels)

    def posted_elsewhere(self) -> int:
        """Posts in a channel that has no cohort."""
        return len(self.fake.posts(self.elsewhere))

    def progress(self) -> tuple[object, ...]:
        """Changes whenever something has moved on."""
        with Session(self.record) as session:
            attempts, tried, stand, kept = session.execute(
                select(
                    select(func.sum(Delivery.attempt)).scalar_subquery(),
                    select(func.count(Message.tried_at)).scalar_subquery(),
                    select(func.count(Message.ref) + func.count(Message.thread)).scalar_subquery(),
                    select(func.count(Submission.id) + func.sum(Submission.revision)).scalar_subquery(),
                )
            ).one()
        return (attempts, tried, stand, kept, self.states(), sum(map(len, self.acts.values())))

    def is_at_rest(self) -> bool:
        """Nothing is due, every member has done all there is to do, and what they wrote is kept and told."""
        now = self.clock()
        with Session(self.record) as session:
            due = session.scalar(
                select(Cohort.id).where(Cohort.state == "active", Cohort.next_due_at <= now).limit(1)
            ) or session.scalar(
                select(Delivery.id)
                .where(Delivery.state == "planned")
                .where(or_(Delivery.next_try_at <= now, Delivery.lease_until >= now))
                .limit(1)
            )
            if due:
                return False
            known = session.scalars(select(Message.thread).where(Message.thread.is_not(None))).all()
            standing = _standing(session)
        if any(self.acts.get(thread, ["say 0"]) for thread in known):
            return False
        written = {ref: visible(text) for thread in known for ref, text in self.fake.replies(thread).items()}
        return standing == written and not self._untold(written)

    async def act(self) -> None:
        """Members notice new threads, and in about every second of them one does the next thing."""
        for thread in self._open_threads():
            self.acts.setdefault(thread, list(ACTS))
        for thread, acts in self.acts.items():
            if acts and self.dice.random() < 0.5:
                await self._do(thread, acts.pop(0))

    def tally(self, lessons: int) -> Tally:
        """Count, for the cohorts' first lessons. What is expected comes from the calendar and the course."""
        posted = {channel: self.fake.posts(channel) for channel in self.channels}
        seen = Counter((c, self.key_of(c, post.raw)) for c, posts in posted.items() for post in posts)
        wanted = {(c, key) for c in self.channels for key in self.keys(c, lessons)}
        threads = [thread for c in self.channels for thread in self._threads(c, lessons)]
        replies = [self.fake.replies(thread) for thread in threads if thread]
        written = {ref: visible(text) for each in replies for ref, text in each.items()}
        with Session(self.record) as session:
            standing = _standing(session)
            refs = session.scalars(select(Submission.ref)).all()
            twice = len(refs) - len(set(refs))
            known = set(session.scalars(select(Message.thread).where(Message.thread.is_not(None))))
        return Tally(
            expected=len(wanted),
            posted=sum(seen.values()),
            doubled=sum(number - 1 for at, number in seen.items() if at in wanted),
            missing=len(wanted - seen.keys()),
            strays=sum(number for at, number in seen.items() if at not in wanted),
            threadless=sum(thread not in known for thread in threads),
            written=len(written),
            kept=sum(standing.get(ref) == text for ref, text in written.items()),
            ghosts=len(standing.keys() - written.keys()),
            untold=len(self._untold(written)),
            twice=twice,
            refusals=tuple(each for each in self.fake.refusals() if each != EXPECTED_REFUSAL),
        )

    def _untold(self, written: dict[str, str]) -> list[str]:
        return [ref for ref in written if not self.fake.reactions(ref)]

    def _open_threads(self) -> Iterator[str]:
        for channel in self.channels:
            for post in self.fake.posts(channel):
                key = self.key_of(channel, post.raw)
                prompt = key and self.keys(channel, len(self.wanted[channel]))[key]
                if post.thread and (prompt or _is_whole(post.thread)):
                    yield post.thread

    def _threads(self, channel: str, lessons: int) -> list[str | None]:
        """The thread of each of the prompts of the first lessons, and in a forum of each lesson."""
        found = {self.key_of(channel, post.raw): post.thread for post in self.fake.posts(channel)}
        keys = self.keys(channel, lessons).items()
        return [found.get(key) for key, prompt in keys if prompt or _is_whole(found.get(key))]

    async def _do(self, thread: str, act: str) -> None:
        verb, number = act.split()
        person, at = self.people[int(number)], (thread, number)
        if verb == "say":
            text = f"{MARK} {number} in {thread}: {self.dice.getrandbits(64):x} <@everyone> & *so* on"
            self.said[at] = await self.fake.reply(person, thread, text)
        elif verb == "edit":
            await self.fake.edit(person, self.said[at], f"edited {MARK} {self.dice.getrandbits(64):x}")
        else:
            await self.fake.delete(person, self.said[at])


def _is_whole(thread: str | None) -> bool:
    """Whether a thread on Discord is that of a whole lesson in a forum: those of prompts there name the message too."""
    return thread is not None and thread.isdecimal()


def visible(text: str) -> str:
    """As the record promises to keep it: a NUL, which PostgreSQL refuses, as its picture; all else to the letter."""
    return text.replace("\x00", "\u2400")


@asynccontextmanager
async def open_ground(
    platform: str,
    url: str,
    shelf: Shelf,
    cohorts: int = 3,
    seed: object = 0,
    nonce_seconds: float = 180.0,
    clock: ShiftedClock | LeapingClock | None = None,
    forum: bool = False,
    **fake: Any,
) -> AsyncIterator[Ground]:
    """A fake with cohorts that are due in a minute. clock: shows START; nonce_seconds, `fake`: how the fake is. forum:
    the cohorts' channels are Discord's forums."""
    clock = clock or ShiftedClock(START)
    async with _fake(platform, clock, nonce_seconds, fake) as standing:
        people = [standing.add_person(f"Member {number}") for number in range(3)]
        add = standing.add_forum if forum else standing.add_channel
        channels = [add(f"cohort-{number}") for number in range(cohorts)]
        world = (reader(url), people, channels, random.Random(str(seed)), nonce_seconds)
        ground = Ground(platform, url, standing, clock, shelf, *world, standing.add_channel("elsewhere"))
        try:
            _open_cohorts(ground)
            yield ground
        finally:
            ground.record.dispose()


def _fake(platform: str, clock: ShiftedClock | LeapingClock, nonce_seconds: float, more: dict[str, Any]) -> Any:
    if platform == "discord":
        rates = Rates(overall=1_000_000, ordinary=(1_000_000, 1.0))
        return FakeDiscord(clock, rates=rates, nonce_seconds=nonce_seconds, **more)
    return FakeSlack(clock, rate=None, timing=QUICK, **more)


def _open_cohorts(ground: Ground) -> None:
    engine = open_again(ground.url)
    with Session(engine) as session, session.begin():
        for number, channel in enumerate(ground.channels):
            cohort = open_cohort(session, _new_cohort(ground, number, channel), ground.clock())
            for person in ground.people:
                member = known_member(session, ground.platform, ground.fake.workspace, Person(person, person))
                join(session, cohort, member, LEARNER, ground.clock())
            ground.wanted[channel] = list(_wanted(session, ground, cohort))
    engine.dispose()


def _new_cohort(ground: Ground, number: int, channel: str) -> NewCohort:
    first = min(ground.shelf.course.lessons)
    return NewCohort(
        ground.platform,
        ground.fake.workspace,
        channel,
        f"Cohort {number}",
        ground.shelf.course.about.id,
        "Europe/Zurich",
        time(9),
        0b11111,
        date(2026, 9, 7),
        first,
    )


def _wanted(session: Session, ground: Ground, cohort: Cohort) -> Iterator[dict[str, bool]]:
    """Each lesson's keys from the calendar, the course and the cohort's own key: the ledger is not asked."""
    lessons = ground.shelf.course.lessons
    for slot, day in zip(islice(slots(schedule_of(session, cohort)), len(lessons)), lessons, strict=True):
        key = delivery_key(cohort.key, "lesson", slot.local_date)
        yield {part_key(message_key(key, part), number): prompt for part, number, prompt in _parts(ground, day)}


def _parts(ground: Ground, day: int) -> Sequence[tuple[str, int, bool]]:
    """A lesson's messages on the platform: of which part, which of its messages, and whether it is a prompt's. They are
    the same for every cohort, and are drawn once."""
    course = ground.shelf.course
    known = ground.platform, id(course), day
    if known not in _drawn:
        parts = ["lesson", *(f"prompt:{prompt.id}" for prompt in course.lessons[day].prompts)]
        names = {part_key(message_key("", part), number): (part, number) for part in parts for number in range(26)}
        drafts = lesson_drafts(course, ground.bot(), day, "")
        _drawn[known] = course, [(*names[draft.key], draft.prompt is not None) for draft in drafts]
    return _drawn[known][1]


_drawn: dict[tuple[str, int, int], tuple[Course, Sequence[tuple[str, int, bool]]]] = {}
"""With the course, so that no other one has its id."""


def _standing(session: Session) -> dict[str, str]:
    """What the record holds: message → text."""
    rows = session.execute(select(Submission.ref, Submission.text).where(Submission.withdrawn_at.is_(None)))
    return {message_of(ref): text for ref, text in rows}

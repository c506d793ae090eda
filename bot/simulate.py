"""A whole course on a shifted clock: the real program, scripted members, and an oracle that counts.

What goes in and comes out passes the same sockets, client libraries, ledger and engine as in production. The members
follow a seed; what must have been posted is computed from the course, what must have been kept from what they wrote.
"""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.app import App, build_app, run_app
from bot.chat.port import Platform
from bot.clock import Clock, ShiftedClock, monotonic
from bot.cohorts.calendar import slots
from bot.cohorts.claims import delivery_key
from bot.cohorts.cohorts import schedule_of
from bot.engine.shelf import Shelf
from bot.engine.ticks import next_moment
from bot.fakes.discord import FakeDiscord, Rates
from bot.fakes.slack import FakeSlack
from bot.fakes.stage import Posted, Stage
from bot.platforms.discord.client import DiscordPlatform
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room
from bot.platforms.slack.client import SlackPlatform
from bot.store import schema
from bot.store.database import open_engine
from bot.store.tables import Cohort, Delivery, Member, Message, Submission
from bot.talk.drafts import lesson_drafts

PLATFORMS = ("simulator", "discord", "slack")
START = datetime(2026, 9, 7, 6, 59, tzinfo=UTC)
"""A Monday, one minute before the first lesson at 09:00 in Zurich; the autumn clock change lies within a course."""

PATIENCE = 30.0
"""Real seconds to wait for something that must happen."""


class TooLong(ValueError):
    """More days were asked for than the course holds."""


@dataclass(frozen=True)
class Outcome:
    """What a simulated course came to. posts are messages; answers are members' answers to prompts, and one is kept
    when the record holds it to the letter as it stands on the platform."""

    expected_posts: int
    posted: int
    doubled: int
    missing: int
    answers_written: int
    answers_kept: int
    wall_s: float


@dataclass
class _Script:
    """What the members did: (person, prompt thread) → message → text, and what went in by form."""

    replies: dict[tuple[str, str], dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    forms: dict[tuple[str, str], str] = field(default_factory=dict)


async def simulate(
    folder: Path,
    days: int,
    members: int,
    platform: str,
    seed: int,
    day_done: Callable[[int], None] = lambda _: None,
    database_url: str | None = None,
) -> Outcome:
    """Run `days` lesson days with `members` members. Raises TooLong, CourseErrors."""
    shelf = Shelf(folder)
    if days > len(shelf.course.lessons):
        raise TooLong(
            f"the course in {folder} holds {len(shelf.course.lessons)} lessons: ask for at most that many days"
        )
    started, clock, dice = monotonic(), ShiftedClock(START), random.Random(seed)
    with TemporaryDirectory(prefix="homeroom-simulate-") as place:
        engine = open_engine(database_url or f"sqlite:///{place}/simulated.db")
        schema.migrate(engine)
        async with _stage(platform, clock) as (stage, bot):
            app = build_app(engine, shelf, [bot], clock, post_every=3600, collect_every=3600)
            channel = stage.add_channel("cohort")
            people = [stage.add_person(f"Member {number}") for number in range(1, members + 1)]
            async with _running(app):
                await _open(stage, channel, people, shelf)
                script = _Script()
                for day in range(days):
                    await _one_day(app, clock, stage, people, script, dice)
                    day_done(day + 1)
                await _until(lambda: _all_kept(app, script))
                outcome = await _count(app, stage.posts(channel), script, days, bot, monotonic() - started)
        engine.dispose()
    return outcome


@asynccontextmanager
async def _stage(platform: str, clock: Clock) -> AsyncIterator[tuple[Stage, Platform]]:
    """The place where the members act, and the bot's own client to it."""
    if platform == "simulator":
        room = Room(clock)
        yield room, SimulatorPlatform(room)  # type: ignore[misc] # the room's shapes are the stage's, by another name
        room.close()
    elif platform == "discord":
        async with FakeDiscord(clock, rates=Rates(overall=1_000_000, ordinary=(1_000_000, 1.0))) as discord:
            yield discord, DiscordPlatform(discord.token, discord.api_url, discord.gateway_url, clock=clock)
    else:
        async with FakeSlack(clock, rate=None) as slack:
            yield slack, SlackPlatform(slack.bot_token, slack.app_token, api_url=slack.api_url, clock=clock, pace=0.0)


@asynccontextmanager
async def _running(app: App) -> AsyncIterator[None]:
    running = asyncio.create_task(run_app(app))
    try:

        async def up() -> bool:
            return running.done() or len(app.shop.ready) == len(app.shop.platforms)

        await _until(up)
        if running.done():
            running.result()
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _open(stage: Stage, channel: str, people: list[str], shelf: Shelf) -> None:
    """A facilitator opens the cohort and everybody joins, by command."""
    facilitator = stage.add_person("Facilitator", manages=True)
    options = {"name": "Simulated", "zone": "Europe/Zurich", "time": "09:00", "first": str(min(shelf.course.lessons))}
    await stage.command(facilitator, channel, "cohort create", options)
    for person in people:
        await stage.command(person, channel, "join")


async def _one_day(
    app: App,
    clock: ShiftedClock,
    stage: Stage,
    people: list[str],
    script: _Script,
    dice: random.Random,
) -> None:
    """Go to the next due moment, let the alarm ring, then let every member do something about each prompt."""
    done = await app.shop.database.run(_done)
    deadline = monotonic() + PATIENCE
    while await app.shop.database.run(_done) == done and monotonic() < deadline:
        clock.advance_to(await next_moment(app.shop) or clock())
        await app.engine.ring()
    for prompt, thread in await app.shop.database.run(_newest_threads):
        for person in people:
            clock.advance_to(clock() + timedelta(seconds=dice.uniform(1, 90)))
            await _act(stage, person, prompt, thread, script, dice)


async def _act(stage: Stage, person: str, prompt: str, thread: str, script: _Script, dice: random.Random) -> None:
    """Answer in the thread (perhaps in two messages, perhaps edited or deleted), by form, or not at all."""
    doing, at = dice.random(), (person, thread)
    text = f"Answer of {person}: {dice.getrandbits(64):x} <@everyone> *not bold* & so on."
    if doing < 0.15:
        return
    if doing < 0.35:
        form = (await stage.press(person, prompt, "Write my answer")).form
        assert form is not None, "the button opens a form"
        await stage.submit(person, form, {next(iter(form.fields)): text})
        script.forms[at] = text
        return
    for part in range(2 if doing > 0.85 else 1):
        message = await stage.reply(person, thread, f"{text} ({part})")
        script.replies[at][message] = f"{text} ({part})"
    if doing < 0.5:
        await stage.edit(person, message, f"{text} edited")
        script.replies[at][message] = f"{text} edited"
    elif doing < 0.55:
        await stage.delete(person, message)
        del script.replies[at][message]


async def _count(
    app: App, posts: tuple[Posted, ...], script: _Script, days: int, bot: Platform, wall_s: float
) -> Outcome:
    wanted = await app.shop.database.run(_wanted_keys, app, bot, days)
    seen: Counter[str] = Counter()
    for post in posts:
        carried = [key for key in wanted if key in post.raw]
        seen[max(carried, key=len) if carried else "unknown"] += 1
    kept, written = await app.shop.database.run(_answers, script)
    return Outcome(
        expected_posts=len(wanted),
        posted=sum(seen.values()),
        doubled=sum(number - 1 for number in seen.values()) + seen["unknown"],
        missing=sum(key not in seen for key in wanted),
        answers_written=written,
        answers_kept=kept,
        wall_s=round(wall_s, 2),
    )


def _wanted_keys(session: Session, app: App, bot: Platform, days: int) -> list[str]:
    """The key of every message that must stand there: from the calendar and the course, not from the ledger."""
    cohort = session.scalars(select(Cohort)).one()
    keys: list[str] = []
    for slot, day in zip(
        islice(slots(schedule_of(session, cohort)), days), app.shop.shelf.course.lessons, strict=False
    ):
        key = delivery_key(cohort.key, "lesson", slot.local_date)
        keys += [draft.key for draft in lesson_drafts(app.shop.shelf.course, bot, day, key)]
    return keys


def _answers(session: Session, script: _Script) -> tuple[int, int]:
    """(answers kept to the letter, answers that stand on the platform)."""
    standing: dict[tuple[str, str], list[str]] = defaultdict(list)
    for ref, thread, text in session.execute(
        select(Member.ref, Message.thread, Submission.text)
        .join(Member, Member.id == Submission.member_id)
        .join(Message, Message.id == Submission.message_id)
        .where(Submission.withdrawn_at.is_(None))
    ):
        standing[ref, thread or ""].append(text)
    written: dict[tuple[str, str], list[str]] = defaultdict(list)
    for at, replies in script.replies.items():
        written[at] += replies.values()
    for at, text in script.forms.items():
        written[at].append(text)
    answers = {at: sorted(texts) for at, texts in written.items() if texts}
    kept = sum(sorted(standing.get(at, [])) == texts for at, texts in answers.items())
    return kept, len(answers)


async def _all_kept(app: App, script: _Script) -> bool:
    kept, written = await app.shop.database.run(_answers, script)
    return kept == written


def _done(session: Session) -> int:
    return len(session.scalars(select(Delivery.id).where(Delivery.state == "done")).all())


def _newest_threads(session: Session) -> list[tuple[str, str]]:
    """(message, thread) of the prompts of the last lesson."""
    last = select(Delivery.id).order_by(Delivery.local_date.desc()).limit(1).scalar_subquery()
    rows = session.execute(
        select(Message.ref, Message.thread)
        .where(Message.delivery_id == last, Message.thread.is_not(None))
        .order_by(Message.number)
    )
    return [(ref, thread) for ref, thread in rows if ref and thread]


async def _until(happened: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it has happened, or until patience ends: then the count shows what is missing."""
    deadline = monotonic() + PATIENCE
    while not await happened() and monotonic() < deadline:  # noqa: ASYNC110 - others make it happen, unasked
        await asyncio.sleep(0.02)

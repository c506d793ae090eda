"""What members write while connections go, listings fail and payloads are poison; and a course that is hostile."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from bench import Bench, Cell
from crash_ground import Ground
from fault_databases import KINDS
from network_campaigns import finish
from outcomes import Outcome
from running_bot import Bot, open_bot, until
from scaled_campaign import PLATFORMS
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_reading_back import fill, forbid, on_listing, permit, poison
from written_class import Class, open_class

from bot.clock import monotonic
from bot.engine.shelf import Shelf, Taught
from bot.fakes.faults import Fault, Kind
from bot.store.tables import DeadLetter

CUTS = {
    "discord": ("op 7", "op 9", "cut", "session forgotten", "cut and refused"),
    "slack": ("refresh_requested", "warning", "too_many_websockets", "cut", "lost without a sign"),
}
HOSTILE = {
    "everyone": "@everyone @here <@&1> <!channel> <!here> <@U1> quagga",
    "formula": '=HYPERLINK("http://x","quagga")\t+1-1@SUM(A1)',
    "markup": "**quagga** `` ``` [a](javascript:alert(1)) <b>&amp;</b> |||| ~~",
    "right to left": "\u202equagga\u202c \u2066a\u2069 \u200f\u200d",
    "NUL": "qua\x00gga\x07\x1b[31m",
    "zalgo": "q" + "\u0301" * 400 + "uagga 👩‍👩‍👧‍👦",
    "SQL": "quagga'); DROP TABLE submissions; -- % _ \\ {x} %s",
    "log line": "quagga\n2026-09-07 07:00:00,000 INFO bot outcome=done\r\nx",
    "1 MB": "quagga " * 150_000,
}
"""What members write. "quagga" must stand in no log."""

COURSE_WORDS = "@everyone <!channel> <@U1> =1+1 \u202eabc\u202c `` ``` [a](http://x) <b>& |||| * _ ~ \\ # 👩‍👩‍👧‍👦"


def connections(bench: Bench) -> Iterator[Cell]:
    """Sockets and sessions that end, with answers, edits and deletions meanwhile."""
    for kind, platform in itertools.product(("sqlite",) if bench.quick else KINDS, PLATFORMS):
        for cut in CUTS[platform]:
            yield partial(_cuts, bench, cut, kind, platform)


def listings(bench: Bench) -> Iterator[Cell]:
    """Listings that fail on their second page, or of which a permission is lost between two pages."""
    for kind, platform in itertools.product(KINDS, PLATFORMS):
        for how in ("dropped", "5xx", "forbidden"):
            yield partial(_listing, bench, how, kind, platform)


def hostile(bench: Bench) -> Iterator[Cell]:
    """Hostile answers, events that can never be kept, and a hostile course."""
    for kind, platform in itertools.product(KINDS, PLATFORMS):
        yield partial(_answers, bench, kind, platform)
    for platform in PLATFORMS:
        yield partial(_poison, bench, platform)
        yield partial(_course, bench, platform)


async def _cuts(bench: Bench, cut: str, kind: str, platform: str) -> Outcome:
    run, times = bench.name(cut, kind, platform), 2 if bench.quick else 6
    async with bench.ground(run, kind, platform) as ground, open_bot(ground) as bot:
        began = monotonic()
        await bot.ring_when_due()
        for number in range(times):
            await break_connection(ground, cut)
            for _ in range(3):
                await ground.act()
                await asyncio.sleep(ground.dice.uniform(0.0, 0.1))
            await until(lambda: _connected(ground), 30)
            if number == times // 2:
                await bot.ring_when_due()
        ground.fake.plan.heal()
        if platform == "slack":
            ground.fake.deafen(False)
        healed = monotonic()
        if cut == "lost without a sign":  # nothing tells of it: the hourly sweep finds it
            ground.clock.advance_to(ground.clock() + timedelta(hours=1))
        await finish(bot)
        lessons = ground.states().total() // len(ground.channels)
        where = f"embedded {kind} {platform}"
        return bench.outcome(f"connection: {cut}", where, ground, lessons, {cut: times}, healed, began)


async def break_connection(ground: Ground, cut: str) -> None:
    """What the words of CUTS say."""
    fake = ground.fake
    if cut in ("op 7", "op 9"):
        fake.gateway_drop(resumable=cut == "op 7")
    elif cut == "session forgotten":
        fake.forget_session()
        fake.gateway_cut()
    elif cut == "cut and refused":
        fake.plan.next_calls("CONNECT /gateway", Fault(Kind.DROP))
        fake.gateway_cut()
    elif cut == "cut":
        fake.gateway_cut() if ground.platform == "discord" else fake.cut_sockets()
    elif cut == "lost without a sign":
        fake.deafen()
        await ground.act()
        fake.deafen(False)
    else:
        await fake.disconnect_sockets(cut)


def _connected(ground: Ground) -> bool:
    return bool(ground.fake.connected_shards() if ground.platform == "discord" else ground.fake.sockets)


async def _listing(bench: Bench, how: str, kind: str, platform: str) -> Outcome:
    began = monotonic()
    async with open_class(bench.shelf, bench.databases, kind, platform) as room:
        await fill(room)
        room.later(timedelta(hours=1))
        with pytest.MonkeyPatch.context() as patch:
            faults = {"dropped": Fault(Kind.DROP), "5xx": Fault(Kind.ERROR), "forbidden": None}
            once = iter([True])

            def at(number: int) -> Fault | None:
                if how == "forbidden" and number == 2 and next(once, False):
                    forbid(room)
                return faults[how] if number > 1 else None

            pages = on_listing(room, patch, at)
            await room.ground.fake.delete(room.ground.people[0], room.said["0"])
            await room.collector.catch_up()
            assert pages() > 1, "there was no second page"
            await until(lambda: room.kept() == room.written())  # a listing that is not whole has deleted nothing
        if how == "forbidden":
            permit(room)
        healed = monotonic()
        for _ in range(3):
            room.collector.missed()
            room.later(timedelta(hours=1))
            await room.collector.catch_up()
        await finish(room.bot)
        where = f"embedded {kind} {platform} {how}"
        outcome = bench.outcome("listing fails on page 2", where, room.ground, 1, {how: 1}, healed, began)
        return _but_for_rules(outcome) if how == "forbidden" else outcome


async def _answers(bench: Bench, kind: str, platform: str) -> Outcome:
    """Members write every kind of nonsense, edit one into the next, and delete some of it."""
    began, injected = monotonic(), Counter[str]()
    async with open_class(bench.shelf, bench.databases, kind, platform) as room:
        fake, people = room.ground.fake, room.ground.people
        words = [*HOSTILE.items()]
        for number, (name, text) in enumerate(words):
            message = await fake.reply(people[number % 3], room.thread, text)
            await fake.edit(people[number % 3], message, words[number - 1][1])
            await fake.reply(people[number % 3], room.thread, text)
            if name == "SQL":
                await fake.delete(people[number % 3], message)
            injected[f"answer: {name}"] += 2
        healed = monotonic()
        await finish(room.bot)
        where = f"embedded {kind} {platform}"
        return bench.outcome("hostile answers", where, room.ground, _days(room.bot), injected, healed, began)


async def _poison(bench: Bench, platform: str) -> Outcome:
    """An event that PostgreSQL can never keep stands in the dead letters and blocks nobody."""
    began = monotonic()
    async with open_class(bench.shelf, bench.databases, "postgresql", platform) as room:
        await poison(room)
        healed = monotonic()
        await until(lambda: _letters(room) == 1)
        await finish(room.bot)
        injected, where = {"poison event": 1}, f"embedded postgresql {platform}"
        return _but_for_rules(bench.outcome("poison", where, room.ground, 1, injected, healed, began))


async def _course(bench: Bench, platform: str) -> Outcome:
    """Every text of every lesson holds what mentions, formulas and markup are made of."""
    shelf, began = hostile_shelf(bench.shelf), monotonic()
    run = bench.name("course", platform)
    own = replace(bench, shelf=shelf)
    async with own.ground(run, "sqlite", platform) as ground, open_bot(ground) as bot:
        await bot.ring_when_due()
        healed = monotonic()
        await finish(bot)
        assert not ground.fake.pinged(), f"somebody was called: {ground.fake.pinged()[:3]}"
        injected = {"hostile lesson": len(ground.channels)}
        where = f"embedded sqlite {platform}"
        return bench.outcome("hostile course", where, ground, _days(bot), injected, healed, began)


def _but_for_rules(outcome: Outcome) -> Outcome:
    """Where the fault itself is what makes a call break a rule."""
    return replace(outcome, broken=tuple(each for each in outcome.broken if each != "rules"))


def hostile_shelf(shelf: Shelf) -> Shelf:
    """A shelf whose lessons hold hostile words, wherever a course may hold any."""
    course = shelf.course
    lessons = {
        day: replace(
            lesson,
            title=f"{lesson.title} {COURSE_WORDS[:60]}",
            question=f"{lesson.question} {COURSE_WORDS}",
            thesis=f"{lesson.thesis} {COURSE_WORDS}",
        )
        for day, lesson in course.lessons.items()
    }
    made = Shelf(shelf._folder)
    made.taught = Taught(replace(course, lessons=lessons), shelf.lookup)
    return made


def _days(bot: Bot) -> int:
    return bot.ground.states().total() // len(bot.ground.channels)


def _letters(room: Class) -> int:
    with Session(room.ground.record) as session:
        return len(session.scalars(select(DeadLetter.id)).all())

"""The network and a busy platform: every kind of bad answer to a post, a reading or a thread, while members write."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from bench import Bench, Cell
from between import Wire
from crash_ground import Ground
from fault_databases import KINDS
from outcomes import Outcome
from running_bot import HISTORY, POSTING, Bot, open_bot, until
from scaled_campaign import PLATFORMS

from bot.clock import monotonic
from bot.engine.upkeep import audit_tick
from bot.fakes.faults import Fault, Kind

NONCE = 180.0
LATER = 0.06
"""Real seconds after which what is late has come (see test_send_faults)."""

THREADS = {"discord": "POST /channels/*/messages/*/threads", "slack": "conversations.replies"}
READING = {"discord": "GET /channels/*/messages", "slack": "conversations.*"}
LINE = {"discord": r"POST /api/v10/channels/\d+/messages ", "slack": r"POST /api/chat.postMessage "}


@dataclass(frozen=True)
class Weather:
    """What comes down, on which platforms, at which calls, how often (1.0: the next three calls only)."""

    name: str
    fault: Fault
    calls: dict[str, str]
    probability: float
    platforms: tuple[str, ...] = PLATFORMS
    sets: tuple[tuple[str, object], ...] = ()


WEATHERS = (
    Weather("429 float", Fault(Kind.BUSY, 0.35), POSTING, 0.4),
    Weather("429 everywhere", Fault(Kind.BUSY, 0.2), POSTING, 0.4, ("discord",), (("busy_everywhere", True),)),
    Weather("429 without Retry-After", Fault(Kind.BUSY, 0.2), POSTING, 0.3, ("discord",), (("busy_with_via", False),)),
    Weather("429 while reading", Fault(Kind.BUSY, 0.3), READING, 0.3),
    Weather("dropped", Fault(Kind.DROP), POSTING, 0.3),
    Weather("accepted, then dropped", Fault(Kind.ACCEPT_THEN_DROP), POSTING, 0.3),
    Weather("accepted, then 5xx", Fault(Kind.ACCEPT_THEN_ERROR), POSTING, 0.3),
    Weather("HTML 502", Fault(Kind.ACCEPT_THEN_ERROR), POSTING, 0.3, ("discord",), (("error_status", 502),)),
    Weather("5xx", Fault(Kind.ERROR), POSTING, 0.3),
    Weather("late acceptance", Fault(Kind.LATE, LATER - 0.02), POSTING, 0.3),
    Weather("latency", Fault(Kind.SLOW, 0.1), POSTING, 0.5),
    Weather("thread accepted, then dropped", Fault(Kind.ACCEPT_THEN_DROP), THREADS, 0.3, ("discord",)),
    Weather("history dropped", Fault(Kind.DROP), HISTORY, 0.3),
)
WIRES = ("truncated", "garbled", "dribbled", "slow", "half-open")


def network(bench: Bench) -> Iterator[Cell]:
    """Each weather on both databases and its platforms; a storm of all of them; spoilt answers; a huge Retry-After."""
    kinds = ("sqlite",) if bench.quick else KINDS
    for weather, kind in itertools.product(WEATHERS, kinds):
        for platform in weather.platforms:
            yield partial(_weather, bench, weather.name, (weather,), kind, platform)
    for kind, platform in itertools.product(kinds, PLATFORMS):
        yield partial(_weather, bench, "storm of all", WEATHERS, kind, platform)
    for how, platform in itertools.product(WIRES[:-1] if bench.quick else WIRES, PLATFORMS):
        yield partial(_wire, bench, how, platform)
    for platform in PLATFORMS:
        yield partial(_huge, bench, platform)
    yield partial(_lag, bench)
    yield partial(_minute_late, bench)


async def _weather(bench: Bench, name: str, weathers: tuple[Weather, ...], kind: str, platform: str) -> Outcome:
    days, run = (1 if bench.quick else 2), bench.name(name, kind, platform)
    async with bench.ground(run, kind, platform, nonce_seconds=NONCE) as ground, open_bot(ground) as bot:
        began, plan = monotonic(), ground.fake.plan
        plan._random = bench.dice(run, "plan")
        share = 1.0 if len(weathers) == 1 else 0.15
        for weather in weathers:
            if platform in weather.platforms:
                plan.often(weather.calls[platform], weather.fault, weather.probability * share)
                if len(weathers) == 1:
                    plan.next_calls(weather.calls[platform], weather.fault, times=2)
                for setting, value in weather.sets if len(weathers) == 1 else ():
                    setattr(ground.fake.rest, setting, value)
        if name.startswith("history"):  # is looked at only after a call whose outcome is unclear
            plan.next_calls(POSTING[platform], Fault(Kind.ACCEPT_THEN_DROP), times=6)
        for round_ in range(60):
            await _ring(bot)
            await ground.act()
            await asyncio.wait_for(bot.app.engine.ring("collect"), 60)
            if round_ >= 2 and ground.states().total() >= days * len(ground.channels):
                break
        plan.heal()
        healed = monotonic()
        await finish(bot)
        return _judged(bench, name, f"embedded {kind} {platform}", bot, healed, began)


async def _wire(bench: Bench, how: str, platform: str) -> Outcome:
    run = bench.name(how, platform)
    async with bench.ground(run, "sqlite", platform, nonce_seconds=NONCE) as ground, Wire(ground.urls[0]) as wire:
        with _by_way_of(ground, wire):
            async with open_bot(ground) as bot:
                began = monotonic()
                wire.spoil(how, LINE[platform], 1 if how == "half-open" else 4)
                await _ring(bot)
                wire.heal()
                healed = monotonic()
                await finish(bot)
                return _judged(bench, how, f"embedded sqlite {platform}", bot, healed, began, wire.spoiled)


async def _huge(bench: Bench, platform: str) -> Outcome:
    """A Retry-After of a day: nobody waits that long inside of a tick, nobody hammers; a restart finds the work."""
    run, name = bench.name("huge", platform), "429 of a day"
    async with bench.ground(run, "sqlite", platform, nonce_seconds=NONCE) as ground:
        async with open_bot(ground) as bot:
            began = monotonic()
            ground.fake.plan.often(POSTING[platform], Fault(Kind.BUSY, 86_400.0), 1.0)
            for _ in range(3):
                await _ring(bot)
            hammered = ground.fake.plan.injected.total() > 4 * len(ground.channels)
            ground.fake.plan.heal()
        if platform == "slack":
            ground.fake._api._told.clear()
        async with open_bot(ground) as bot:
            healed = monotonic()
            await finish(bot)
            outcome = _judged(bench, name, f"embedded sqlite {platform}", bot, healed, began)
    assert not hammered, f"{platform} was called again and again"
    return outcome


async def _lag(bench: Bench) -> Outcome:
    """Discord's history shows a message only later, and the nonce is remembered."""
    async with (
        bench.ground(bench.name("lag"), "sqlite", "discord", nonce_seconds=NONCE) as ground,
        open_bot(ground) as bot,
    ):
        began = monotonic()
        ground.fake.late_history(LATER)
        ground.fake.plan.often(POSTING["discord"], Fault(Kind.ACCEPT_THEN_ERROR), 0.5)
        for _ in range(3):
            await _ring(bot)
            await asyncio.sleep(LATER)
        ground.fake.plan.heal()
        ground.fake.late_history(0.0)
        healed = monotonic()
        await finish(bot)
        return _judged(bench, "history lags", "embedded sqlite discord", bot, healed, began)


async def _minute_late(bench: Bench) -> Outcome:
    """Slack carries a call out more than a minute after the connection broke: it stands twice, until the audit."""
    async with bench.ground(bench.name("minute late"), "sqlite", "slack", 1) as ground, open_bot(ground) as bot:
        began = monotonic()
        await double_by_late_call(ground, bot)
        healed = monotonic()
        for _ in range(3):
            ground.clock.advance_to(ground.clock() + timedelta(minutes=121))
            await audit_tick(bot.app.shop)
        await finish(bot)
        return _judged(bench, "accepted a minute late", "embedded sqlite slack", bot, healed, began)


async def double_by_late_call(ground: Ground, bot: Bot) -> None:
    """One message stands twice."""
    ground.fake.plan.next_calls(POSTING["slack"], Fault(Kind.LATE, 1.0))
    await _ring(bot)
    await bot.ring_when_due()  # looks for it, and finds nothing yet
    await until(lambda: ground.tally(1).doubled > 0)


async def finish(bot: Bot, seconds: float = 60.0) -> None:
    """What the alarm clock would do, until everything stands and every answer is kept and told, or time is up."""
    ground, deadline = bot.ground, monotonic() + seconds
    while monotonic() < deadline:
        try:
            await bot.ring_until_done()
        except TimeoutError:
            continue
        if ground.is_at_rest():
            return
        await ground.act()
        await asyncio.wait_for(bot.app.engine.ring("collect"), 20)
        await bot.app.settle()
        ground.clock.advance_to(ground.clock() + timedelta(seconds=5))


async def _ring(bot: Bot) -> None:
    """When the next lesson or try is due. A tick may wait out what the platform has asked for."""
    bot.ground.clock.advance_to(bot.ground.next_due() + timedelta(seconds=1))
    await asyncio.wait_for(bot.app.engine.ring(), 60)
    await asyncio.sleep(LATER)


def _judged(
    bench: Bench, name: str, where: str, bot: Bot, healed: float, began: float, more: Counter[str] | None = None
) -> Outcome:
    ground = bot.ground
    lessons = max(ground.states().total() // len(ground.channels), 1)
    injected = ground.fake.plan.injected + (more or Counter())
    return bench.outcome(name, where, ground, lessons, injected, healed, began)


@contextmanager
def _by_way_of(ground: Ground, wire: Wire) -> Iterator[None]:
    """The bot's calls go over the wire; a gateway's socket does not."""
    ground.over = wire.url
    try:
        yield
    finally:
        ground.over = None

"""The machine fails: processes stopped past their lease, PostgreSQL struck down, disks full, clocks set wrong."""

import asyncio
import itertools
import signal
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from bench import Bench, Cell
from crash_campaign import Life, ended, to_order
from crash_ground import START, Ground
from fault_databases import KINDS, Databases, Server, open_server
from network_campaigns import NONCE, finish
from outcomes import Outcome
from running_bot import POSTING, open_bot, until
from scaled_campaign import LEAP, PLATFORMS, Company, Stillness, is_done, open_shared_ground
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from test_clock_steps import STEPS as CLOCK_STEPS
from test_clock_steps import machine
from test_stopped_process import _is_stopped as is_stopped

from bot.clock import monotonic
from bot.cohorts.deliveries import LEASE
from bot.fakes.faults import Fault, Kind
from bot.store.tables import Message

SHORT_LEASE = 1.0
"""Seconds, instead of 120: a stopped process notices by a clock that nobody can move."""

STOPS = (
    "after_claim",
    "after_keep_messages",
    "after_mark_trying",
    "after_post_accepted",
    "after_mark_sent",
    "after_open_thread_before_mark",
    "before_mark_done",
)


def stops(bench: Bench) -> Iterator[Cell]:
    """SIGSTOP past the lease, SIGCONT when another has done the work; with both engines."""
    rounds = 1 if bench.quick else 3
    for step, platform, role, number in itertools.product(STOPS, PLATFORMS, (None, "all"), range(rounds)):
        yield partial(_stop, bench, step, platform, role, number)


def strikes(bench: Bench) -> Iterator[Cell]:
    """PostgreSQL stopped `immediate` while posts are under way, and started again."""
    times = 1 if bench.quick else 4
    for platform in PLATFORMS:
        yield partial(_strike_embedded, bench, platform, times)
        yield partial(_strike_scaled, bench, platform, times)


def clocks(bench: Bench) -> Iterator[Cell]:
    """The machine's clock an hour or a day ahead or back, and right again, with posts whose outcome is unclear."""
    for (name, step), kind, platform in itertools.product(CLOCK_STEPS.items(), KINDS, PLATFORMS):
        yield partial(_clock, bench, name, step, kind, platform)


async def _stop(bench: Bench, step: str, platform: str, role: str | None, number: int) -> Outcome:
    name = bench.name("stop", step, platform, role, number)
    async with open_shared_ground(bench.folder, bench.databases, platform, bench.shelf, 1, name) as ground:
        began = monotonic()
        stopped = await stop_past_lease(bench, ground, step, role)
        where = f"{'scaled' if role else 'embedded'} postgresql {platform} {step}"
        return bench.outcome("SIGSTOP > lease", where, ground, 1, {"SIGSTOP": 1}, stopped, began)


async def stop_past_lease(
    bench: Bench, ground: Ground, step: str, role: str | None, without: tuple[str, ...] = ()
) -> float:
    """One process is stopped at the step, another does the work, the first goes on. When it did, by `monotonic`."""
    ground.clock.advance_to(ground.next_due())
    order = partial(to_order, ground, role=role, lease=SHORT_LEASE, without=without)
    first = await bench.nurseries[0].begin(order(step, number=int(signal.SIGSTOP)))
    async with ended(first):
        await until(lambda: is_stopped(first), 20)
        ground.clock.advance_to(ground.clock() + timedelta(seconds=61 + SHORT_LEASE))
        other = await bench.nurseries[1].begin(order(None))
        async with ended(other):
            stopped_since = monotonic()
            await _done(ground)
            await asyncio.sleep(max(SHORT_LEASE * 0.6 - (monotonic() - stopped_since), 0.0))
            first.strike(signal.SIGCONT)
            woken = monotonic()
            await _finish_acts(ground, other)
            await asyncio.sleep(0.3)  # what the first one may still do
    return woken


async def _done(ground: Ground) -> None:
    """The lesson is out; while nothing moves, the clock goes on."""
    still, deadline = Stillness(ground), monotonic() + 60
    while ground.states()["done"] < 1 and monotonic() < deadline:
        if still.lasts(2.0):
            ground.clock.advance_to(ground.clock() + timedelta(seconds=61))
        await asyncio.sleep(0.05)


async def _finish_acts(ground: Ground, life: Life) -> None:
    deadline = monotonic() + 30
    while not ground.is_at_rest() and not life.over.done() and monotonic() < deadline:
        await ground.act()
        await asyncio.sleep(0.05)


async def _strike_embedded(bench: Bench, platform: str, times: int) -> Outcome:
    name = bench.name("strike", platform)
    with open_server() as server:
        own = on_server(bench, server)
        async with own.ground(name, "postgresql", platform, nonce_seconds=NONCE) as ground, open_bot(ground) as bot:
            began = monotonic()
            for _ in range(times):
                ground.fake.plan.next_calls(POSTING[platform], Fault(Kind.SLOW, 0.4), times=3)
                standing = posted(ground)
                ringing = asyncio.create_task(bot.ring_when_due())
                await until(lambda now=standing: posted(ground) > now)  # type: ignore[misc]
                await asyncio.to_thread(server.strike)
                await ringing
                await asyncio.to_thread(server.start)
                ground.record.dispose()
                assert tried(ground) >= posted(ground), "something stands that the ledger did not promise"
                ground.clock.advance_to(ground.clock() + LEASE + timedelta(seconds=1))
                healed = monotonic()
                await finish(bot)
            lessons = ground.states().total() // len(ground.channels)
            injected = {"PostgreSQL stopped at once": times}
            return bench.outcome(
                "PostgreSQL struck", f"embedded postgresql {platform}", ground, lessons, injected, healed, began
            )


async def _strike_scaled(bench: Bench, platform: str, times: int) -> Outcome:
    name = bench.name("strike scaled", platform)
    with open_server() as server:
        databases = Databases(bench.folder, server.url)
        async with open_shared_ground(bench.folder, databases, platform, bench.shelf, 3, name, NONCE) as ground:
            company, began = Company(ground, bench.nurseries, None, 0), monotonic()
            try:
                for lessons in range(1, times + 1):
                    ground.fake.plan.next_calls(POSTING[platform], Fault(Kind.SLOW, 0.4), times=6)
                    standing = posted(ground)
                    ground.clock.advance_to(ground.next_due() + timedelta(seconds=1))
                    await company.attend()
                    await until(lambda now=standing: posted(ground) > now, 30)  # type: ignore[misc]
                    await asyncio.to_thread(server.strike)
                    await asyncio.sleep(ground.dice.uniform(0.2, 2.0))
                    await asyncio.to_thread(server.start)
                    ground.record.dispose()
                    healed = monotonic()
                    await _drain(company, lessons)
                drained_from = healed
            finally:
                await company.end()
            injected = {"PostgreSQL stopped at once": times}
            where = f"scaled postgresql {platform}"
            return bench.outcome("PostgreSQL struck", where, ground, times, injected, drained_from, began, 90.0)


async def _drain(company: Company, lessons: int, seconds: float = 90.0) -> None:
    ground, still, deadline = company.ground, Stillness(company.ground), monotonic() + seconds
    while not is_done(ground, lessons) and monotonic() < deadline:
        await company.attend()
        await ground.act()
        if still.lasts(1.5):
            await ground.clock.leap_to(ground.clock() + LEAP)  # type: ignore[union-attr]
        await asyncio.sleep(0.05)


async def _clock(bench: Bench, name: str, step: timedelta, kind: str, platform: str) -> Outcome:
    run = bench.name(name, kind, platform)
    async with (
        bench.ground(run, kind, platform, cohorts=2, nonce_seconds=0.0) as ground,
        machine(ground) as (clock, bot),
    ):
        began = monotonic()
        ground.clock.advance_to(START + timedelta(minutes=2))
        await bot.ring()
        clock.wrong = step
        for minutes in (3, 30, 60, 90):
            ground.clock.advance_to(START + timedelta(minutes=minutes))
            await bot.ring()
        clock.wrong, healed = timedelta(), monotonic()
        for minutes in range(100, 2 * 24 * 60, 240):
            ground.clock.advance_to(START + timedelta(minutes=minutes))
            await bot.ring()
        await finish(bot)
        lessons = ground.states().total() // len(ground.channels)
        injected, where = {f"clock set {name}": 1}, f"embedded {kind} {platform}"
        return bench.outcome("clock step", where, ground, lessons, injected, healed, began)


def tried(ground: Ground) -> int:
    """How many messages the ledger says may be out."""
    with Session(ground.record) as session:
        return session.scalar(select(func.count(Message.id)).where(Message.tried_at.is_not(None))) or 0


def posted(ground: Ground) -> int:
    return sum(len(ground.fake.posts(channel)) for channel in ground.channels)


def on_server(bench: Bench, server: Server) -> Bench:
    """The same bench, whose PostgreSQL is this one."""
    made = Bench(
        bench.folder,
        bench.shelf,
        Databases(bench.folder, server.url),
        bench.seed,
        bench.kills,
        bench.quick,
        bench.told,
        bench.watch,
    )
    made._nurseries = bench.nurseries
    return made

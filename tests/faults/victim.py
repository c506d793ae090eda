"""A bot that is started again and again, and stops itself with a signal where it is told to.

As a program it reads orders from its standard input, one JSON object a line. Each order is one life: a fork of this
process, whose imports are done, running the real program until it is killed or told to end. The life's pid and then its
exit status go to standard output, a line each.
"""

import asyncio
import contextlib
import functools
import json
import logging
import os
import random
import signal
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from leaping import LeapingClock
from sqlalchemy import Engine, update

from bot.app import App, build_app, build_scaled_app, run_app
from bot.clock import Clock, ShiftedClock, system_clock
from bot.cohorts import deliveries, jobs
from bot.engine import delivering, scaled
from bot.engine.collecting import Collector
from bot.engine.sharing import DatabaseSharing
from bot.engine.shelf import Shelf
from bot.engine.ticks import Role
from bot.logs import start_logging
from bot.platforms.discord.client import DiscordPlatform
from bot.platforms.slack.client import SlackPlatform
from bot.store.database import Database, open_engine
from bot.store.tables import Delivery

log = logging.getLogger("bot.victim")

LONGEST_LIFE = 120.0
TICK = 0.15
"""Seconds between two ticks: much less than in production, because a test's clock leaps."""

SHARED_TICKS = {"collect": 1.0, "gap": 0.2, "audit": 5.0}
"""The same for ticks that processes share, where a second is the shortest."""

SHARD_LEASE, SILENT_FOR = 2.0, 20.0
"""Seconds, instead of 30 and 60: these are over in real time."""

STEPS = {
    "after_plan_before_commit": ("inside", "plan_due"),
    "after_claim": ("behind", "claim_due"),
    "after_keep_messages": ("behind", "keep_messages"),
    "after_mark_trying": ("behind", "mark_trying"),
    "after_post_accepted": ("behind", "post"),
    "after_mark_sent": ("behind", "mark_sent"),
    "after_open_thread_before_mark": ("behind", "open_thread"),
    "after_mark_thread": ("behind", "mark_thread"),
    "before_mark_done": ("before", "mark_done"),
    "after_event_before_commit": ("inside", "keep_heard"),
    "after_commit_before_receipt": ("behind", "keep_heard"),
    "after_reading_before_commit": ("inside", "finish"),
}
"""Where a life may end: before a function, inside its transaction when it has done its work, or behind its commit."""

SHARED_STEPS = {
    **STEPS,
    "after_jobs_before_commit": ("inside", "_make_jobs"),
    "after_jobs": ("behind", "_make_jobs"),
}
"""The same where several processes share the work."""

STOPS = {**SHARED_STEPS, "before_post": ("before", "post")}
"""Where a life may be stopped as well: from the end of `mark_trying` to the socket it has promised to send."""

_CALLS = frozenset({"post", "open_thread"})
_ONLY_WITH_RESULT = frozenset(
    {
        ("inside", "plan_due"),
        ("behind", "claim_due"),
        ("behind", "keep_heard"),
        ("inside", "_make_jobs"),
        ("behind", "_make_jobs"),
    }
)
_SAME = {"claim_one": "claim_due", "keep_together": "keep_heard"}
"""What one engine calls otherwise than the other, and what is kept with others otherwise than alone."""


@dataclass(frozen=True)
class Order:
    """One life. offset: seconds that its clock is ahead of the system's. step: where it is struck by `number` (a
    signal) the `occurrence`-th time it comes there; None lets it live. without: names in PROTECTIONS. lease: seconds,
    when not the real one. pace: seconds between two of Slack's messages in a channel."""

    database_url: str
    platform: str
    urls: tuple[str, ...]
    tokens: tuple[str, ...]
    offset: float
    step: str | None = None
    occurrence: int = 1
    number: int = int(signal.SIGKILL)
    without: tuple[str, ...] = ()
    lease: float | None = None
    pace: float = 0.0
    seed: int = 0
    role: str | None = None
    clock: str | None = None


class _Fate:
    """Strikes at one step of one life."""

    def __init__(self, order: Order) -> None:
        self._order, self._seen = order, 0
        self._at = STOPS[order.step] if order.step else None

    def pass_by(self, when: str, name: str, result: object = True) -> None:
        name = _SAME.get(name, name)
        nothing = not any(result) if isinstance(result, list) else not result
        if (when, name) != self._at or ((when, name) in _ONLY_WITH_RESULT and nothing):
            return
        self._seen += 1
        if self._seen == self._order.occurrence:
            os.kill(os.getpid(), self._order.number)


async def live(order: Order, shelf: Shelf) -> None:
    """One life of the real program."""
    random.seed(order.seed)  # the fork has its parent's dice
    clock = LeapingClock(Path(order.clock)) if order.clock else _shifted(order)
    engine = open_engine(order.database_url)
    platform = _platform(order, clock, engine)
    app = _app(order, engine, shelf, platform, clock)
    for name in order.without:
        PROTECTIONS[name](platform)
    if order.lease is not None:
        deliveries.LEASE = delivering.LEASE = jobs.LEASE = timedelta(seconds=order.lease)
    if isinstance(clock, LeapingClock):
        _send_through_turnstile(clock)
    _arm(_Fate(order), platform)
    running = asyncio.ensure_future(run_app(app))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.wait_for(running, LONGEST_LIFE)


def _shifted(order: Order) -> ShiftedClock:
    return ShiftedClock(system_clock() + timedelta(seconds=order.offset))


def _platform(order: Order, clock: Clock, engine: Engine) -> Any:
    sharing = DatabaseSharing(Database(engine), clock, alone=False) if order.role else None
    if order.platform == "discord":
        quick = {"identify_pause": 0.05, "shard_lease": SHARD_LEASE}
        return DiscordPlatform(order.tokens[0], order.urls[0], order.urls[1], clock=clock, sharing=sharing, **quick)
    urls = {"api_url": order.urls[0], "pace": order.pace}
    return SlackPlatform(order.tokens[0], order.tokens[1], clock=clock, sharing=sharing, **urls)


def _app(order: Order, engine: Engine, shelf: Shelf, platform: Any, clock: Clock) -> App:
    """Its ticks ring often: a test's clock leaps."""
    if order.role is None:
        return build_app(engine, shelf, [platform], clock, post_every=TICK, collect_every=TICK)
    scaled.TICKS = tuple(replace(each, every=SHARED_TICKS.get(each.name, each.every)) for each in scaled.TICKS)
    scaled.SILENT_FOR = SILENT_FOR
    role = Role(order.role)
    app = build_scaled_app(engine, shelf, [platform], clock, role)
    return replace(app, engine=scaled.ScaledEngine(app.shop, app.collectors, role, plan_every=1.0))


def _send_through_turnstile(clock: LeapingClock) -> None:
    send = delivering._send

    async def through(*args: Any) -> str:
        with clock.turnstile():
            return await send(*args)

    delivering._send = through


def _arm(fate: _Fate, platform: Any) -> None:
    """Fate looks at every transaction by its function's name, and at the platform's calls."""
    run_now = Database.run_now

    def watched(self: Database, function: Any, *args: Any, **kwargs: Any) -> Any:
        name = function.__name__

        @functools.wraps(function)
        def inside(*inner: Any, **named: Any) -> Any:
            result = function(*inner, **named)
            fate.pass_by("inside", name, result)
            return result

        fate.pass_by("before", name)
        result = run_now(self, inside, *args, **kwargs)
        fate.pass_by("behind", name, result)
        return result

    Database.run_now = watched  # type: ignore[method-assign]
    for name in _CALLS:
        setattr(platform, name, _watched_call(fate, name, getattr(platform, name)))


def _watched_call(fate: _Fate, name: str, call: Any) -> Any:
    async def watched(*args: Any) -> Any:
        fate.pass_by("before", name)
        result = await call(*args)
        fate.pass_by("behind", name)
        return result

    return watched


def _look_for_nothing(platform: Any) -> None:
    async def nothing(*_: object) -> dict[str, str]:
        return {}

    platform.find_posted = nothing


def _promise_nothing(_: Any) -> None:
    """The lease is renewed, but that the message may be out is not written down."""

    def mark_trying(session: Any, claim: Any, message: Any, now: Any) -> Any:
        deliveries._hold(session, claim, now + deliveries.LEASE)
        return now

    delivering.mark_trying = mark_trying


def _fence_nobody(_: Any) -> None:
    """Who has lost a delivery to another goes on all the same, however long it was stopped."""

    def write(session: Any, claim: Any, **values: object) -> None:
        session.execute(update(Delivery).where(Delivery.id == claim.delivery).values(**values))

    deliveries._write = write
    delivering.monotonic = lambda: 0.0


def _let_no_lease_run_out(_: Any) -> None:
    """What a dead process has claimed stays its own."""
    deliveries.LEASE = delivering.LEASE = jobs.LEASE = timedelta(days=10_000)


def _read_nothing_back(_: Any) -> None:
    async def catch_up(self: Collector) -> None:
        return

    Collector.catch_up = catch_up  # type: ignore[method-assign]


PROTECTIONS = {
    "looking": _look_for_nothing,
    "promise": _promise_nothing,
    "reading_back": _read_nothing_back,
    "fence": _fence_nobody,
    "takeover": _let_no_lease_run_out,
}
"""What a control run does without, to show what it protects from."""


def main() -> None:
    """Serve orders until standard input ends. Argument: the course's folder."""
    shelf = Shelf(Path(sys.argv[1]))
    for line in iter(sys.stdin.readline, ""):
        order = Order(**json.loads(line))
        pid = os.fork()
        if pid == 0:
            os._exit(_one_life(order, shelf))
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _one_life(order: Order, shelf: Shelf) -> int:
    start_logging(secrets=order.tokens)
    log.info("life step=%s occurrence=%d", order.step, order.occurrence)
    try:
        asyncio.run(live(order, shelf))
    except BaseException:
        log.exception("life outcome=failed")
        return 1
    return 0


if __name__ == "__main__":
    main()

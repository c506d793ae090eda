"""What the engine counts, and how it is told to Prometheus.

A process has one engine, so that these are the process's own. Labels take only what the program itself names: a
platform, a reason, a tick. Never a cohort, a member or a channel: those are many, and nobody's business.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.clock import monotonic
from bot.cohorts.counts import Counts, count_all
from bot.engine.shop import Shop
from bot.store.reading import Question

REGISTRY = CollectorRegistry()

COUNTED_WITHIN = 5.0
"""Seconds that the record may take for a scrape's numbers; half of Prometheus's own default timeout."""

POSTED = Counter("homeroom_posted", "Messages posted.", ["platform"], registry=REGISTRY)
LATE = Histogram(
    "homeroom_late_seconds",
    "How long after its time a lesson stood whole.",
    buckets=(1, 5, 15, 60, 300, 900, 3600, 21600),
    registry=REGISTRY,
)
RETRIES = Counter(
    "homeroom_retries", "Deliveries put off to be tried again.", ["platform", "reason"], registry=REGISTRY
)
FOUND = Counter("homeroom_found", "Messages found standing instead of being posted again.", registry=REGISTRY)
DOUBLES_REMOVED = Counter("homeroom_doubles_removed", "Second copies that the audit took away.", registry=REGISTRY)
ALERTS = Counter("homeroom_alerts", "Times that a person was told of trouble.", registry=REGISTRY)
EVENTS = Counter("homeroom_events", "What was heard, by what became of it.", ["outcome"], registry=REGISTRY)
INBOX_LAG = Histogram(
    "homeroom_inbox_lag_seconds",
    "From the moment a member wrote to the moment it was kept.",
    buckets=(0.1, 0.5, 1, 5, 15, 60, 300, 3600, 86400),
    registry=REGISTRY,
)
TICK_SECONDS = Histogram(
    "homeroom_tick_seconds",
    "How long a tick took.",
    ["tick"],
    buckets=(0.01, 0.1, 1, 5, 15, 60, 300),
    registry=REGISTRY,
)
LAST_RING = Gauge("homeroom_tick_last_ring_timestamp_seconds", "When a tick last began.", ["tick"], registry=REGISTRY)

for _outcome in ("kept", "not_kept", "dead_letter"):  # a rate over a series that is not there yet is no zero
    EVENTS.labels(_outcome)


class Pulse:
    """When each tick last gave a sign of life, by the monotonic clock, and whether it is under way."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._under_way: dict[str, int] = {}

    def beat(self, tick: str) -> None:
        """The tick has come a step further."""
        self._last[tick] = monotonic()

    @contextmanager
    def beating(self, tick: str) -> Iterator[None]:
        self.beat(tick)
        self._under_way[tick] = self._under_way.get(tick, 0) + 1
        try:
            yield
        finally:
            self._under_way[tick] -= 1
            self.beat(tick)

    def silent(self, tick: str, since: float) -> float:
        """Seconds since its last sign of life, or since `since` (a monotonic moment) if that was later."""
        return monotonic() - max(self._last.get(tick, since), since)

    def is_under_way(self, tick: str) -> bool:
        return self._under_way.get(tick, 0) > 0


PULSE = Pulse()


@contextmanager
def ticking(shop: Shop, tick: str) -> Iterator[None]:
    """Around one run of a tick: when it rang and how long it took."""
    LAST_RING.labels(tick).set(shop.clock().timestamp())
    began = monotonic()
    try:
        with PULSE.beating(tick):
            yield
    finally:
        TICK_SECONDS.labels(tick).observe(monotonic() - began)


def open_metrics(shop: Shop) -> Callable[[], Awaitable[bytes]]:
    """What `/metrics` answers: Prometheus's text format. It never fails: when the record does not answer, its numbers
    are left out and `homeroom_record_up` is 0."""

    def ask(session: Session) -> tuple[Counts, int | None]:
        return count_all(session, shop.clock()), _queue_depth(session)

    question = Question(shop.database.engine, ask, COUNTED_WITHIN)

    async def told() -> bytes:
        once = CollectorRegistry()
        once.register(_Record(await question.answer()))
        return generate_latest(REGISTRY) + generate_latest(once)

    return told


class _Record(Collector):
    """The record's numbers as they were just asked for."""

    def __init__(self, answer: tuple[Counts, int | None] | None) -> None:
        self._answer = answer

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _gauge("record_up", "Whether the record gave its numbers.", int(self._answer is not None))
        if self._answer is None:
            return
        counts, queued = self._answer
        yield _gauge("lessons_due", "Lessons whose time has come and which are not out.", counts.lessons_due)
        yield _gauge("receipts_owed", "Kept answers whose writer has not been told.", counts.receipts_owed)
        yield _gauge("threads_open", "Threads that are still read regularly.", counts.threads_open)
        yield _gauge(
            "threads_unread", "Threads to be read, because something may have been missed.", counts.threads_unread
        )
        yield _gauge("dead_letters", "Events that could not be kept and wait for somebody.", counts.dead_letters)
        if queued is not None:
            yield _gauge("queue_depth", "Jobs that wait for a worker.", queued)
        stuck = GaugeMetricFamily(
            "homeroom_deliveries_stuck", "Deliveries that only a person can help.", labels=("state", "reason")
        )
        for (state, reason), number in sorted(counts.stuck.items()):
            stuck.add_metric((state, reason), number)
        yield stuck


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"homeroom_{name}", says, value=value)


def _queue_depth(session: Session) -> int | None:
    """Waiting jobs of the engine that shares work; None where it is not at home."""
    if session.get_bind().dialect.name != "postgresql":
        return None
    if session.scalar(text("SELECT to_regclass('procrastinate.procrastinate_jobs')")) is None:
        return None
    return int(session.scalar(text("SELECT count(*) FROM procrastinate.procrastinate_jobs WHERE status = 'todo'")) or 0)

"""What Prometheus is told, from a running program and its record; and when a process is called dead or unready."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from bot.app import App, build_app, run_app
from bot.chat.port import Reason
from bot.clock import ShiftedClock
from bot.cohorts.cohorts import NewCohort, open_cohort
from bot.cohorts.counts import OTHER, STUCK_STATES
from bot.config import HOME
from bot.engine.health import open_health
from bot.engine.metrics import PULSE, REGISTRY, Pulse, open_metrics, ticking
from bot.engine.shelf import Shelf
from bot.fakes.faults import Fault, Kind
from bot.fakes.slack import FakeSlack, Timing
from bot.health import Health
from bot.platforms.slack.client import SlackPlatform
from bot.store.database import Database, open_engine
from bot.store.reading import Question

START = datetime(2026, 9, 7, 6, 59, tzinfo=UTC)
SHELF = Shelf(HOME / "tests" / "week_7")
POST = "chat.postMessage"
LABELS = {
    "platform": {"slack", "discord", "simulator"},
    "reason": {*Reason, OTHER},
    "state": set(STUCK_STATES),
    "outcome": {"kept", "not_kept", "dead_letter"},
}
"""Every value that a label may have; ticks and buckets are the program's own as well."""


@dataclass(frozen=True)
class Stage:
    app: App
    fake: FakeSlack
    clock: ShiftedClock
    channel: str

    async def scrape(self) -> dict[str, float]:
        """`name{label="value"}` → value."""
        return samples(await open_metrics(self.app.shop)())

    async def later(self, **by: float) -> None:
        """Time passes, and the alarm rings."""
        self.clock.advance_to(self.clock() + timedelta(**by))
        await asyncio.wait_for(self.app.engine.ring(), 20)


@pytest.fixture
async def stage(database: Database) -> AsyncIterator[Stage]:
    async with open_stage(database) as opened:
        yield opened


@asynccontextmanager
async def open_stage(database: Database) -> AsyncIterator[Stage]:
    """A cohort on a fake Slack whose first lesson is due in a minute; the alarm rings only when told."""
    clock = ShiftedClock(START)
    async with FakeSlack(clock, rate=None, timing=Timing(settle=0.05)) as fake:
        channel = fake.add_channel("cohort")
        spring = NewCohort(
            "slack", fake.workspace, channel, "Spring", SHELF.course.about.id, "Europe/Zurich", time(9), 0b11111,
            date(2026, 9, 7), 31,
        )  # fmt: skip
        database.run_now(open_cohort, spring, clock())
        platform = SlackPlatform(fake.bot_token, fake.app_token, api_url=fake.api_url, clock=clock, pace=0.0)
        app = build_app(database.engine, SHELF, [platform], clock, post_every=3600, collect_every=3600)
        running = asyncio.create_task(run_app(app))
        try:
            await until(lambda: running.done() or bool(app.shop.ready))
            await app.engine.ring()
            yield Stage(app, fake, clock, channel)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def until(true: Any, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what happens is the fake's, and has no event
            await asyncio.sleep(0.01)


def samples(told: bytes) -> dict[str, float]:
    families = text_string_to_metric_families(told.decode())
    return {_named(each.name, each.labels): each.value for family in families for each in family.samples}


def _named(name: str, labels: Mapping[str, str]) -> str:
    return name + ("{" + ",".join(f"{key}={value}" for key, value in sorted(labels.items())) + "}" if labels else "")


async def test_a_lesson_is_counted_from_due_to_found_and_late(stage: Stage):
    before = await stage.scrape()
    assert before["homeroom_lessons_due"] == 0
    stage.clock.advance_to(START + timedelta(minutes=1, seconds=20))
    assert (await stage.scrape())["homeroom_lessons_due"] == 1
    stage.fake.plan.next_calls(POST, Fault(Kind.BUSY, 2.0))
    await stage.later(seconds=0)
    waiting = await stage.scrape()
    assert waiting["homeroom_lessons_due"] == 1  # in the ledger by now, and still not out
    assert gained(before, waiting, "homeroom_retries_total{platform=slack,reason=busy}") == 1
    stage.fake.plan.next_calls(POST, Fault(Kind.ACCEPT_THEN_DROP))
    await stage.later(seconds=10)
    await stage.later(minutes=5)
    after = await stage.scrape()
    assert after["homeroom_lessons_due"] == 0
    assert gained(before, after, "homeroom_retries_total{platform=slack,reason=unclear}") == 1
    assert gained(before, after, "homeroom_found_total") == 1
    assert gained(before, after, "homeroom_posted_total{platform=slack}") == len(stage.fake.posts(stage.channel)) - 1
    assert gained(before, after, "homeroom_late_seconds_count") == 1
    assert gained(before, after, "homeroom_late_seconds_bucket{le=300.0}") == 0
    assert gained(before, after, "homeroom_late_seconds_bucket{le=900.0}") == 1
    assert gained(before, after, "homeroom_tick_seconds_count{tick=post}") == 3
    assert after["homeroom_tick_last_ring_timestamp_seconds{tick=post}"] == pytest.approx(
        stage.clock().timestamp(), abs=5
    )
    assert after["homeroom_threads_open"] > 0


async def test_an_answer_is_counted_when_it_is_kept_and_when_it_is_not(stage: Stage):
    await stage.later(minutes=1)
    thread = next(each.thread for each in stage.fake.posts(stage.channel) if "Write my answer" in each.raw)
    person = stage.fake.add_person("Ada")
    before = await stage.scrape()
    message = await stage.fake.reply(person, thread, "my own words")
    await until(lambda: stage.fake.reactions(message))
    after = await stage.scrape()
    assert gained(before, after, "homeroom_events_total{outcome=kept}") == 1
    assert gained(before, after, "homeroom_inbox_lag_seconds_count") == 1
    assert gained(before, after, "homeroom_events_total{outcome=not_kept}") == 0
    with stage.app.shop.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE members RENAME TO hidden"))
    lost = {"outcome": "not_kept"}
    await stage.fake.reply(person, thread, "more of my own words")
    known = after["homeroom_events_total{outcome=not_kept}"]
    await until(lambda: (REGISTRY.get_sample_value("homeroom_events_total", lost) or 0) > known)
    with stage.app.shop.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE hidden RENAME TO members"))
    assert "words" not in (await open_metrics(stage.app.shop)()).decode()


async def test_what_is_stuck_is_told_by_state_and_class_of_reason(stage: Stage):
    clean = await stage.scrape()
    stuck = [name for name in clean if name.startswith("homeroom_deliveries_stuck")]
    assert len(stuck) == len(STUCK_STATES) * (len(Reason) + 1)  # a zero is told as well, or an alert could not end
    assert all(clean[name] == 0 for name in stuck)
    await stage.later(minutes=1)
    for state, reason, shown in (
        ("blocked", "missing_permission: not_in_channel", "missing_permission"),
        ("dead", "refused: invalid_blocks", "refused"),
        ("blocked", "lesson 31 is not in the course", OTHER),
    ):
        with stage.app.shop.database.engine.begin() as connection:
            connection.execute(text("UPDATE deliveries SET state = :s, reason = :r"), {"s": state, "r": reason})
        assert (await stage.scrape())[f"homeroom_deliveries_stuck{{reason={shown},state={state}}}"] == 1


async def test_labels_have_only_values_that_the_program_names(stage: Stage):
    stage.fake.plan.next_calls(POST, Fault(Kind.BUSY, 1.0))
    await stage.later(minutes=1)
    await stage.later(minutes=1)
    told = (await open_metrics(stage.app.shop)()).decode()
    found = {(name, value) for name, value in re.findall(r'(\w+)="([^"]*)"', told)}
    assert {name for name, _ in found} == {*LABELS, "tick", "le"}
    assert all(value in LABELS[name] for name, value in found if name in LABELS)
    assert all(value.isalpha() for name, value in found if name == "tick")
    assert stage.channel not in told
    assert len(told.splitlines()) < 400


async def test_a_record_that_is_gone_is_a_zero_and_fails_no_scrape(stage: Stage):
    assert (await stage.scrape())["homeroom_record_up"] == 1
    with stage.app.shop.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE dead_letters RENAME TO hidden"))
    broken = await stage.scrape()
    with stage.app.shop.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE hidden RENAME TO dead_letters"))
    assert broken["homeroom_record_up"] == 0
    assert "homeroom_lessons_due" not in broken  # rather no number than an old one
    assert "homeroom_found_total" in broken


async def test_the_queue_is_counted_where_there_is_one(stage: Stage):
    if stage.app.shop.database.engine.dialect.name != "postgresql":
        assert "homeroom_queue_depth" not in await stage.scrape()
        return
    made = (
        "CREATE SCHEMA IF NOT EXISTS procrastinate",
        "CREATE TABLE procrastinate.procrastinate_jobs (id bigserial PRIMARY KEY, status text)",
        "INSERT INTO procrastinate.procrastinate_jobs (status) VALUES ('todo'), ('todo'), ('succeeded')",
    )
    assert "homeroom_queue_depth" not in await stage.scrape()
    with stage.app.shop.database.engine.begin() as connection:
        for statement in made:
            connection.execute(text(statement))
    try:
        assert (await stage.scrape())["homeroom_queue_depth"] == 2
    finally:
        with stage.app.shop.database.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA procrastinate CASCADE"))


async def test_many_who_ask_are_one_question(database: Database):
    asked: list[int] = []
    question = Question(database.engine, lambda session: asked.append(1) or 7, within=5.0, keep=60.0)
    assert await asyncio.gather(*(question.answer() for _ in range(50))) == [7] * 50
    assert await question.answer() == 7
    assert len(asked) == 1
    fresh = Question(database.engine, lambda session: asked.append(1) or 8, within=5.0, keep=0.0)
    assert [await fresh.answer(), await fresh.answer()] == [8, 8]
    assert len(asked) == 3


async def test_a_question_that_takes_too_long_is_given_up_by_the_database_too(database: Database):
    endless = {
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
        "postgresql": "SELECT count(*) FROM generate_series(1, 10000000000)",
    }[database.engine.dialect.name]
    question = Question(database.engine, lambda session: session.scalar(text(endless)), within=0.2, keep=0.0)
    assert await question.answer() is None
    assert question._asking is not None
    assert await asyncio.wait_for(question._asking, 5) is None  # its thread is free again


async def test_asking_waits_for_no_writer_and_cannot_write(database: Database):
    with database.engine.begin() as writer:
        writer.execute(text("INSERT INTO turns (scope, next_at) VALUES ('x', '2026-09-07 07:00:00')"))
        question = Question(database.engine, lambda s: s.scalar(text("SELECT count(*) FROM turns")), within=2.0)
        assert await question.answer() == 0
    meddling = Question(database.engine, lambda s: s.execute(text("DELETE FROM turns")).rowcount, within=2.0)
    assert await meddling.answer() is None
    with database.engine.begin() as reader:
        assert reader.scalar(text("SELECT count(*) FROM turns")) == 1


async def health_of(stage: Stage, periods: Mapping[str, float], *, trusted: bool = True) -> Health:
    return await open_health(stage.app.shop, periods, lambda: trusted)()


async def test_a_running_program_is_well_and_ready(stage: Stage):
    assert await health_of(stage, {"post": 3600.0, "collect": 3600.0}) == Health()


async def test_what_a_process_lacks_is_named(stage: Stage):
    stage.app.shop.ready.clear()
    lacks = (await health_of(stage, {}, trusted=False)).lacks
    assert lacks == ("slack is not connected", "this machine's clock is not trusted")
    stage.app.shop.ready.add("slack")
    with stage.app.shop.database.engine.begin() as connection:
        current = connection.scalar(text("SELECT version_num FROM alembic_version"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert (await health_of(stage, {})).lacks == (f"the database's tables are at 0001 and not at {current}",)
    with stage.app.shop.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": current})
    assert (await health_of(stage, {})).lacks == ()


async def test_a_database_that_is_gone_is_told_at_once(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    gone = open_engine("postgresql://nobody@127.0.0.1:1/nowhere")
    monkeypatch.setattr(stage.app.shop.database, "engine", gone)
    asked = asyncio.get_running_loop().time()
    assert (await health_of(stage, {})).lacks == ("the database does not answer",)
    assert asyncio.get_running_loop().time() - asked < 3


async def test_a_tick_that_does_not_ring_any_more_is_named_and_one_under_way_is_not(stage: Stage):
    health = open_health(stage.app.shop, {"quick": 0.1, "other": 3600.0}, lambda: True)
    assert (await health()).stopped == ()  # it has not had the time to ring yet
    PULSE.beat("quick")
    await until(lambda: PULSE.silent("quick", 0.0) > 0.35)
    assert (await health()).stopped == ("quick",)
    with ticking(stage.app.shop, "quick"):
        assert (await health()).stopped == ()
        await until(lambda: PULSE.silent("quick", 0.0) > 0.35)
        assert (await health()).stopped == ()  # long, and alive
    assert (await health()).stopped == ()


def test_a_pulse_counts_from_the_later_of_birth_and_beat():
    pulse = Pulse()
    assert pulse.silent("post", since=-1e9) >= 1e9
    pulse.beat("post")
    assert pulse.silent("post", since=-1e9) < 60
    with pulse.beating("post"):
        assert pulse.is_under_way("post")
    assert not pulse.is_under_way("post")


def gained(before: Mapping[str, float], after: Mapping[str, float], name: str) -> float:
    return after[name] - before.get(name, 0.0)

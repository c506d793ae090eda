"""The suite can fail: with one protection switched off, the same faults do the damage that it is there for, and the
count sees it. Each zero in the report has its run here."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import crash_campaign
import pytest
from bench import Bench, Cell
from collect_controls import (
    acknowledged_before_commit,
    control,
    control_bot,
    dead_letters,
    say,
    sweep,
    unique_answers,
    whole_listing,
    write,
)
from crash_campaign import campaign
from machine_campaigns import stop_past_lease, tried
from migrate_campaign import go_back, open_migrator, rows_of
from network_campaigns import double_by_late_call, finish
from outcomes import Control, LogWatch
from running_bot import POSTING, open_bot
from scaled_campaign import open_shared_ground, scaled_campaign
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from test_clock_steps import DAY, _doubled_by

import bot.engine.collecting
import bot.engine.delivering
from bot.engine.delivering import DOUBT
from bot.fakes.faults import Fault, Kind
from bot.store import schema
from bot.store.database import open_engine
from bot.store.tables import Cohort, Delivery

LIVES = 6
SHORT_PATIENCE = 1.5


def controls(bench: Bench) -> Iterator[Cell]:
    """One for each protection."""
    for without, step, platform, sees in KILLED:
        yield partial(_killed, bench, without, step, platform, sees)
    for each in (
        _looking_scaled,
        _fence,
        _unique_dates,
        unique_answers,
        _audit,
        sweep,
        whole_listing,
        acknowledged_before_commit,
        dead_letters,
        _retry_after,
        _doubt,
        _promise_on_full_disk,
        _atomic_migration,
        _wordless_logs,
        _oracle_missing,
        _oracle_stray,
    ):
        yield partial(each, bench)


KILLED = (
    ("looking", "after_post_accepted", "discord", "doubled"),
    ("looking", "after_post_accepted", "slack", "doubled"),
    ("promise", "after_post_accepted", "discord", "doubled"),
    ("promise", "after_post_accepted", "slack", "doubled"),
    ("reading_back", "after_event_before_commit", "discord", "unkept"),
    ("takeover", "after_claim", "slack", "missing"),
)
"""Protection, step, platform, and what of the tally must show it."""


async def _killed(bench: Bench, without: str, step: str, platform: str, sees: str) -> Control:
    """A few kills; on Discord without its memory of nonces as well."""
    kind = "postgresql" if without == "takeover" else "sqlite"  # on SQLite a start releases every lease
    name = bench.name("control", without, platform)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crash_campaign, "PATIENCE", SHORT_PATIENCE)
        async with bench.ground(name, kind, platform, 2, nonce_seconds=0.0) as ground:
            result = await campaign(ground, bench.nurseries[0], step, 3, (without,), LIVES)
    tally = result.tally
    damage = tally.written - tally.kept + tally.ghosts if sees == "unkept" else getattr(tally, sees)
    return control(bench, without.replace("_", " "), f"embedded {kind} {platform} {step}", damage, sees)


async def _looking_scaled(bench: Bench) -> Control:
    name, step = bench.name("control looking scaled"), "after_post_accepted"
    async with open_shared_ground(bench.folder, bench.databases, "slack", bench.shelf, 2, name) as ground:
        result = await scaled_campaign(ground, bench.nurseries, step, 3, ("looking",))
    return control(bench, "looking", f"scaled postgresql slack {step}", result.tally.doubled, "doubled")


async def _fence(bench: Bench) -> Control:
    """Stopped between its promise and its call, for longer than its lease, and nobody asks whether it is still its."""
    name, step = bench.name("control fence"), "after_mark_trying"
    async with open_shared_ground(bench.folder, bench.databases, "slack", bench.shelf, 1, name) as ground:
        await stop_past_lease(bench, ground, step, None, ("fence",))
        damage = ground.tally(1).doubled
    return control(bench, "lease fence", f"embedded postgresql slack {step}", damage, "doubled")


async def _unique_dates(bench: Bench) -> Control:
    """A cohort is set back to a lesson that it has had: the schema is what keeps it from a second one."""
    kept = await _set_back(bench, ())
    assert kept == 0, "with its keys the schema lets it stand once"
    doubled = await _set_back(
        bench,
        (
            "ALTER TABLE deliveries DROP CONSTRAINT uq_deliveries_cohort_id_kind_local_date",
            "DROP INDEX uq_deliveries_lesson_once",
            "ALTER TABLE messages DROP CONSTRAINT uq_messages_key",
        ),
    )
    return control(bench, "unique keys of the ledger", "embedded postgresql slack", doubled, "doubled")


async def _set_back(bench: Bench, drops: tuple[str, ...]) -> int:
    async with control_bot(bench, f"control unique {len(drops)}", "postgresql", "slack") as running:
        ground = running.ground
        say(ground, *drops)
        await running.ring_when_due()
        with Session(ground.record) as session:
            first = session.scalars(select(Delivery).order_by(Delivery.id)).first()
        assert first is not None
        write(
            ground,
            update(Cohort).values(next_date=first.local_date, next_lesson=first.lesson, next_due_at=first.due_at),
        )
        await running.ring()
        return ground.tally(1).doubled


async def _audit(bench: Bench) -> Control:
    """A call that Slack carries out more than a minute late, and nobody looks again."""
    async with control_bot(bench, "control audit", "sqlite", "slack") as running:
        await double_by_late_call(running.ground, running)
        running.ground.clock.advance_to(running.ground.clock() + timedelta(minutes=121))
        await running.ring()
        return control(
            bench, "audit", "embedded sqlite slack, a minute late", running.ground.tally(1).doubled, "doubled"
        )


async def _retry_after(bench: Bench) -> Control:
    """Whatever a 429 says, the next call comes at once."""
    kept = await _hurried(bench, obeys=True)
    assert kept == 0, "with its waits the bot keeps to what a 429 says"
    return control(bench, "Retry-After", "embedded sqlite slack", await _hurried(bench, obeys=False), "calls too soon")


async def _hurried(bench: Bench, *, obeys: bool) -> int:
    async def nothing(*_: object) -> None:
        return

    async with control_bot(bench, f"control busy {obeys}", "sqlite", "slack") as running:
        with pytest.MonkeyPatch.context() as patch:
            if not obeys:
                patch.setattr("bot.platforms.slack.gate.Gate.enter", nothing)
            running.ground.fake.plan.next_calls(POSTING["slack"], Fault(Kind.BUSY, 2.0))
            for _ in range(3):
                await running.ring_when_due()
            return running.ground.fake.hurried.count(POSTING["slack"])


async def _doubt(bench: Bench) -> Control:
    """A message that was tried by a clock a day ahead is looked for from that day on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bot.engine.delivering, "DOUBT", timedelta())
        doubled = await _doubled_by(DAY, bench.shelf, bench.databases.new("sqlite"), "slack")
    assert timedelta() != DOUBT
    return control(bench, "doubt in the clock", "embedded sqlite slack", doubled, "doubled")


async def _promise_on_full_disk(bench: Bench) -> Control:
    """A promise that could not be written is no reason not to post."""

    def careless(session: Session, claim: Any, message: Any, now: Any) -> Any:
        return now

    async with control_bot(bench, "control full", "sqlite", "slack") as running:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bot.engine.delivering, "mark_trying", careless)
            await running.ring_when_due()
        standing = sum(len(running.ground.fake.posts(channel)) for channel in running.ground.channels)
        unpromised = standing - tried(running.ground)
    return control(bench, "no post without its row", "embedded sqlite slack", unpromised, "unpromised")


async def _atomic_migration(bench: Bench) -> Control:
    """Every statement of a migration for itself: killed in the middle it leaves half a schema."""
    broken, dice = 0, bench.dice("control migration")
    for number in range(3):
        async with bench.ground(bench.name("control migration", number), "postgresql", "slack", 1) as ground:
            engine = open_engine(ground.url)
            try:
                go_back(engine)
                before = rows_of(engine)
                with open_migrator(bench) as migrator:
                    statement = dice.randint(8, 16)
                    await asyncio.to_thread(migrator.migrate, ground.url, statement, None, atomic=False)
                    halfway = rows_of(engine).keys() != before.keys() and not schema.is_current(engine)
                    again = await asyncio.to_thread(migrator.migrate, ground.url)
                broken += halfway or again != 0
            finally:
                engine.dispose()
    return control(bench, "migrations all or nothing", "postgresql", broken, "half a schema")


async def _wordless_logs(bench: Bench) -> Control:
    """Logs as the libraries write them, at their most talkative."""
    folder = bench.folder.with_name(f"{bench.folder.name}-control")
    folder.mkdir(exist_ok=True)
    handler, root = logging.FileHandler(folder / "talkative.log"), logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        async with control_bot(bench, "control logs", "sqlite", "discord") as running:
            await running.ring_when_due()
            await finish(running)
            secrets = running.ground.tokens
    finally:
        root.removeHandler(handler)
        handler.close()
        root.setLevel(logging.INFO)
    leaks = LogWatch(folder).leaks(*secrets).total()
    return control(bench, "logs without words and secrets", "embedded sqlite discord, DEBUG", leaks, "leaks")


async def _oracle_missing(bench: Bench) -> Control:
    async with control_bot(bench, "control missing", "sqlite", "discord") as running:
        await running.ring_when_due()
        fake = running.ground.fake
        fake.remove(fake.posts(running.ground.channels[0])[0].message)
        return control(bench, "(the count itself) a post goes", "discord", running.ground.tally(1).missing, "missing")


async def _oracle_stray(bench: Bench) -> Control:
    async with bench.ground(bench.name("control stray"), "sqlite", "discord", 2) as ground, open_bot(ground) as running:
        await running.ring_when_due()
        here, there = ground.channels
        ground.wanted[here], ground.wanted[there] = ground.wanted[there], ground.wanted[here]
        return control(bench, "(the count itself) wrong channel", "discord", ground.tally(1).strays, "strays")

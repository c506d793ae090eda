"""The drill: an old backup comes back, and nothing that happened since is done twice or lost.

Control: without looking for a late lesson's messages before they are posted, each of the lessons posted since the
backup would stand twice.
"""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from crash_ground import Ground, open_ground
from fault_databases import Databases
from postgresql_programs import PROGRAMS
from running_bot import Bot, open_bot
from sqlalchemy import select
from sqlalchemy.orm import Session

import bot.cohorts.claims
from bot.chat.inbound import Person
from bot.cohorts.cohorts import LEARNER, join, known_member
from bot.engine.shelf import Shelf
from bot.store.backup import Content, back_up, restore
from bot.store.database import open_engine
from bot.store.tables import Cohort, Enrollment, Member, Submission

POSTED_SINCE = 2
A_RESTORE_TAKES = timedelta(minutes=10)


async def test_after_an_old_backup_nothing_is_posted_twice_and_answers_come_back(
    shelf: Shelf, databases: Databases, kind: str, platform: str, tmp_path: Path
) -> None:
    async with open_ground(platform, databases.new(kind), shelf, cohorts=1) as ground:
        late = await _live_until_disaster(ground, tmp_path / "old")
        assert ground.tally(3).clean
        written = ground.tally(3).written
        held = _restore(ground, tmp_path / "old")
        assert held.deliveries == 1
        assert ground.tally(3).kept < written  # the control of the count: what came since is gone from the record
        async with open_bot(ground) as bot:
            await _run_on(bot, lessons=3)
            assert ground.tally(3).clean
            assert ground.tally(3).kept == written
            await bot.ring_when_due()  # and the day after is as any other
            await _answer_all(bot)
            assert ground.tally(4).clean
        assert _enrolled(ground, late) == 0  # who joined since the backup has to join again
        assert _kept_of(ground, late) > 0  # though what they wrote is kept
        await _join(ground, late)
        assert _enrolled(ground, late) == 1


async def test_without_looking_first_the_lessons_since_the_backup_stand_twice(
    shelf: Shelf, databases: Databases, platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_ground(platform, databases.new("sqlite"), shelf, cohorts=1, nonce_seconds=0.0) as ground:
        await _live_until_disaster(ground, tmp_path / "old")
        _restore(ground, tmp_path / "old")
        monkeypatch.setattr(bot.cohorts.claims.Claim, "may_be_out", lambda _claim, _began: False)
        async with open_bot(ground) as running:
            await running.ring()
            assert ground.tally(3).doubled > 0


async def _live_until_disaster(ground: Ground, file: Path) -> str:
    """A day, the backup, two more days with answers; somebody who joined since."""
    late = ground.fake.add_person("Late")
    async with open_bot(ground) as running:
        await running.ring_when_due()
        await _answer_all(running)
        engine = open_engine(ground.url)
        assert (await asyncio.to_thread(back_up, engine, file, PROGRAMS, _unwatched)).deliveries > 0
        engine.dispose()
        await _join(ground, late)
        for _ in range(POSTED_SINCE):
            await running.ring_when_due()
            for thread in _threads(ground):
                ground.said[thread, "late"] = await ground.fake.reply(late, thread, f"late in {thread}")
            await _answer_all(running)
    return str(late)


def _restore(ground: Ground, file: Path) -> Content:
    ground.clock.advance_to(ground.clock() + A_RESTORE_TAKES)
    ground.record.dispose()
    engine = open_engine(ground.url)
    try:
        return restore(engine, file, PROGRAMS, _unwatched)
    finally:
        engine.dispose()


async def _run_on(running: Bot, lessons: int) -> None:
    """What the alarm clock would do, until everything stands and is told."""
    await running.ring()
    if running.ground.states()["planned"]:
        await running.ring_until_done()
    await _answer_all(running)
    assert running.ground.states()["done"] == lessons * len(running.ground.channels)


async def _answer_all(running: Bot) -> None:
    """Members do what there is to do in every thread, and it is kept and told."""
    while not running.ground.is_at_rest():
        await running.ground.act()
        await asyncio.wait_for(running.app.engine.collect(), 20)
        await running.app.settle()


def _threads(ground: Ground) -> list[str]:
    """The prompts' threads as the platform knows them."""
    return [post.thread for channel in ground.channels for post in ground.fake.posts(channel) if post.thread]


async def _join(ground: Ground, person: str) -> None:
    def enroll(session: Session) -> None:
        for cohort in session.scalars(select(Cohort).order_by(Cohort.id).limit(1)):
            member = known_member(session, ground.platform, ground.fake.workspace, Person(person, "Late"))
            join(session, cohort, member, LEARNER, ground.clock())

    engine = open_engine(ground.url)
    with Session(engine) as session, session.begin():
        enroll(session)
    engine.dispose()


def _enrolled(ground: Ground, person: str) -> int:
    with Session(ground.record) as session:
        return len(session.scalars(select(Enrollment.id).join(Member).where(Member.ref == person)).all())


def _kept_of(ground: Ground, person: str) -> int:
    with Session(ground.record) as session:
        return len(session.scalars(select(Submission.id).join(Member).where(Member.ref == person)).all())


def _unwatched(_: float) -> None:
    """Nobody watches the progress."""

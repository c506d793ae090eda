"""Down for an hour, for days, for a month; and a record put back from a backup. What comes then comes once, in order,
as the cohort's policy says."""

import asyncio
import json
import shutil
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import takewhile
from pathlib import Path

import pytest
from crash_ground import START, Ground, open_ground
from fault_databases import Databases
from running_bot import Bot, open_bot, until
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.cohorts.calendar import slots
from bot.cohorts.claims import Claim, delivery_key
from bot.cohorts.cohorts import schedule_of
from bot.engine.planning import plan
from bot.engine.shelf import Shelf
from bot.store.database import open_engine
from bot.store.tables import Cohort, Delivery
from bot.talk.drafts import lesson_drafts

DOWN = {"an hour": timedelta(hours=1), "three days": timedelta(days=3, hours=3), "thirty days": timedelta(days=30)}
POLICIES = ("all", "latest", "shift")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("down", DOWN)
async def test_after_a_downtime_the_channel_holds_what_the_policy_says_once_and_in_order(
    shelf: Shelf, databases: Databases, kind: str, platform: str, down: str, policy: str
) -> None:
    async with open_ground(platform, databases.new(kind), shelf, cohorts=2) as ground:
        _choose(ground, policy)
        ground.clock.advance_to(START + DOWN[down])
        dates = _dates_until(ground, ground.clock())
        async with open_bot(ground) as bot:
            took = await _until_caught_up(bot)
        expected = _expected(policy, dates, list(shelf.course.lessons))
        for channel in ground.channels:
            assert _posted(ground, channel, dates) == expected
            rows = _rows(ground, channel)
            assert {row.local_date: row.lesson for row in rows if row.state == "done"} == dict(expected)
            assert [bool(row.reason) for row in rows] == [row.state == "skipped" for row in rows]
            assert [row.local_date for row in rows] == dates[: len(rows)]
        assert timedelta(hours=1) * (policy == "all" and len(expected) > 2) <= took <= timedelta(hours=1, minutes=1)
        assert ground.fake.refusals() == ()


@pytest.mark.parametrize("policy", POLICIES)
async def test_a_platform_that_was_out_of_reach_for_days_is_treated_alike(
    shelf: Shelf, databases: Databases, kind: str, policy: str
) -> None:
    """The bot ran, and could not post: its permission was gone from Monday to Thursday."""
    async with open_ground("discord", databases.new(kind), shelf, cohorts=1) as ground, open_bot(ground) as bot:
        [channel] = ground.channels
        _choose(ground, policy)
        ground.fake.take_permission(channel, "send_messages")
        for day in range(4):
            ground.clock.advance_to(START + timedelta(days=day, minutes=2))
            await bot.ring()
        assert ground.fake.posts(channel) == ()
        ground.fake.give_permission(channel, "send_messages")
        await bot.try_again()
        await _until_caught_up(bot)
        dates = _dates_until(ground, START + timedelta(days=3, hours=1))
        assert _posted(ground, channel, dates) == _expected(policy, dates, list(shelf.course.lessons))


@pytest.mark.parametrize("policy", POLICIES)
async def test_a_record_put_back_from_a_backup_reposts_nothing_and_reads_every_thread(
    shelf: Shelf, databases: Databases, platform: str, policy: str
) -> None:
    """The backup is from before the first lesson; three lessons are out, with answers, when it is put back."""
    async with open_ground(platform, databases.new("sqlite"), shelf, cohorts=1, nonce_seconds=0.0) as ground:
        await _lose_three_days(ground, policy)
        async with open_bot(ground) as bot:
            await _until_caught_up(bot)
            await bot.app.engine.collect()
            await until(ground.is_at_rest)
            assert ground.tally(3).whole, ground.tally(3)
            assert ground.tally(3).written > 0


@pytest.mark.parametrize("platform", ["discord", "slack"])
async def test_without_looking_first_a_record_put_back_doubles_what_is_out(
    shelf: Shelf, databases: Databases, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Claim, "may_be_out", lambda claim, began: False)
    async with open_ground(platform, databases.new("sqlite"), shelf, cohorts=1, nonce_seconds=0.0) as ground:
        await _lose_three_days(ground, "all")
        async with open_bot(ground) as bot:
            await _until_caught_up(bot)
            assert ground.tally(3).doubled > 0


async def test_a_late_lesson_is_looked_for_once_and_not_once_a_message(
    shelf: Shelf, databases: Databases, kind: str
) -> None:
    async with open_ground("slack", databases.new(kind), shelf, cohorts=1) as ground:
        ground.clock.advance_to(START + timedelta(hours=3))
        async with open_bot(ground) as bot:
            await bot.ring()
            assert ground.tally(1).clean
            looks = [each for each in ground.fake.calls if "conversations.history" in str(each)]
            assert len(looks) == 1


async def test_in_a_rush_nothing_is_looked_for(shelf: Shelf, databases: Databases, kind: str) -> None:
    """Planned in time by a process that was there, and sent minutes later because others were sent first."""
    async with open_ground("slack", databases.new(kind), shelf, cohorts=1) as ground, open_bot(ground) as bot:
        ground.clock.advance_to(START + timedelta(minutes=1))
        await plan(bot.app.shop)
        ground.clock.advance_to(START + timedelta(minutes=8))
        await bot.ring()
        assert ground.tally(1).clean
        assert not [each for each in ground.fake.calls if "conversations.history" in str(each)]


async def test_a_platform_that_does_not_show_its_history_blocks_a_late_lesson_with_the_reason(
    shelf: Shelf, databases: Databases, kind: str, platform: str
) -> None:
    async with open_ground(platform, databases.new(kind), shelf, cohorts=1) as ground:
        ground.clock.advance_to(START + timedelta(hours=3))
        if platform == "discord":
            ground.fake.take_permission(ground.channels[0], "read_message_history")
        else:
            ground.fake.take_scope("channels:history")
        async with open_bot(ground) as bot:
            await bot.ring()
            blocked = bot.delivery_in(ground.channels[0])
            assert (blocked.state, (blocked.reason or "").split(":")[0]) == ("blocked", "missing_permission")
            assert ground.fake.posts(ground.channels[0]) == ()


@pytest.mark.parametrize(("late", "says"), [(59, False), (61, True)])
async def test_a_lesson_that_is_an_hour_late_says_so_in_its_first_line(
    shelf: Shelf, databases: Databases, kind: str, platform: str, late: int, says: bool
) -> None:
    async with open_ground(platform, databases.new(kind), shelf, cohorts=1) as ground:
        ground.clock.advance_to(START + timedelta(minutes=1 + late))
        async with open_bot(ground) as bot:
            await bot.ring()
        first, *others = ground.fake.posts(ground.channels[0])
        assert ("Due Monday 7 September, 09:00; posted late." in json.dumps(first.raw)) is says
        assert not any("posted late" in each.raw for each in others)


async def _lose_three_days(ground: Ground, policy: str) -> None:
    """Three lessons go out and are answered; then the record is as it was before."""
    _choose(ground, policy)
    file = Path(ground.url.removeprefix("sqlite:///"))
    shutil.copy(file, file.with_suffix(".backup"))
    async with open_bot(ground) as bot:
        for day in range(3):
            ground.clock.advance_to(START + timedelta(days=day, minutes=2))
            await bot.ring()
        async with asyncio.timeout(30):
            while not ground.is_at_rest():
                await ground.act()
                await asyncio.sleep(0.02)
    assert ground.tally(3).whole, ground.tally(3)
    ground.record.dispose()
    _put_back(file)
    ground.clock.advance_to(ground.clock() + timedelta(hours=1))


def _put_back(file: Path) -> None:
    for left in (f"{file}-wal", f"{file}-shm"):
        Path(left).unlink(missing_ok=True)
    shutil.copy(file.with_suffix(".backup"), file)


async def _until_caught_up(bot: Bot) -> timedelta:
    """Ring whenever a lesson may be tried, until none is left; how long that took by the clock."""
    began = bot.ground.clock()
    await bot.ring()
    for _ in range(200):
        with Session(bot.ground.record) as session:
            tries = session.scalars(select(Delivery.next_try_at).where(Delivery.state == "planned")).all()
        if not tries:
            return bot.ground.clock() - began
        bot.ground.clock.advance_to(min(tries) + timedelta(seconds=1))
        await bot.ring()
    raise AssertionError("it does not come to an end")


def _choose(ground: Ground, policy: str) -> None:
    engine = open_engine(ground.url)
    with Session(engine) as session, session.begin():
        session.execute(update(Cohort).values(catch_up=policy))
    engine.dispose()


def _rows(ground: Ground, channel: str) -> list[Delivery]:
    with Session(ground.record) as session:
        query = select(Delivery).join(Cohort, Cohort.id == Delivery.cohort_id).where(Cohort.channel == channel)
        return list(session.scalars(query.order_by(Delivery.local_date)))


def _dates_until(ground: Ground, now: datetime) -> list[date]:
    """The lesson dates that have come, from the calendar alone."""
    with Session(ground.record) as session:
        schedule = schedule_of(session, session.scalars(select(Cohort)).first())
    return [slot.local_date for slot in takewhile(lambda slot: slot.due_at <= now, slots(schedule))]


def _expected(policy: str, dates: list[date], lessons: list[int]) -> list[tuple[date, int]]:
    """(date, lesson) in the order in which they are to stand in the channel."""
    if policy == "shift":
        return [(dates[-1], lessons[0])]
    both = list(zip(dates, lessons, strict=False))
    return both if policy == "all" else both[-1:]


def _posted(ground: Ground, channel: str, dates: list[date]) -> list[tuple[date, int]]:
    """What stands in the channel, whole lessons in order; any double, stray or missing message fails."""
    with Session(ground.record) as session:
        key = session.scalars(select(Cohort.key).where(Cohort.channel == channel)).one()
    course, bot, found = ground.shelf.course, ground.bot(), []
    raws = [post.raw for post in ground.fake.posts(channel)]
    while raws:
        for day, lesson in ((day, lesson) for day in dates for lesson in course.lessons):
            keys = [draft.key for draft in lesson_drafts(course, bot, lesson, delivery_key(key, "lesson", day))]
            if all(each in raw for each, raw in zip(keys, raws, strict=False)) and len(raws) >= len(keys):
                title = course.lessons[lesson].title
                if title.split("*")[0][:20] in raws[0]:
                    found.append((day, lesson))
                    raws = raws[len(keys) :]
                    break
        else:
            raise AssertionError(f"what is this? {raws[0][:300]}")
    assert max(Counter(found).values(), default=1) == 1
    return found

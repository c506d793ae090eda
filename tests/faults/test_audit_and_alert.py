"""What goes wrong after a post or keeps it from going out is put right, or told to somebody, over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from crash_ground import Ground, open_ground
from fault_databases import Databases
from running_bot import HISTORY, POSTING, Bot, open_bot, until
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.cohorts.cohorts import FACILITATOR, join, known_member
from bot.engine.shelf import Shelf
from bot.engine.upkeep import alert_tick, audit_tick, look_again, probe_tick
from bot.fakes.faults import Fault, Kind
from bot.store.database import open_engine
from bot.store.tables import Cohort, Delivery, Message

LATE_BY = 1.0
"""Real seconds that a late call takes. The clock leaps over the time that a platform takes to settle before it comes,
so that it stands twice: what no client can prevent on a platform without an idempotency key."""

Act = Callable[[Ground, str], None]


@dataclass(frozen=True)
class Stuck:
    """Something that only a person can cure. names: what the alert says of it."""

    platform: str
    harm: Act
    cure: Act
    reason: str
    names: str


STUCK = {
    "discord-may-not-send": Stuck(
        "discord",
        lambda ground, channel: ground.fake.take_permission(channel, "send_messages"),
        lambda ground, channel: ground.fake.give_permission(channel, "send_messages"),
        "missing_permission",
        "I lack a permission in the channel",
    ),
    "discord-may-not-open-threads": Stuck(
        "discord",
        lambda ground, channel: ground.fake.take_permission(channel, "create_public_threads"),
        lambda ground, channel: ground.fake.give_permission(channel, "create_public_threads"),
        "missing_permission",
        "open threads",
    ),
    "discord-may-not-see": Stuck(
        "discord",
        lambda ground, channel: ground.fake.take_permission(channel, "view_channel"),
        lambda ground, channel: ground.fake.give_permission(channel, "view_channel"),
        "missing_permission",
        "see the channel",
    ),
    "discord-kicked": Stuck(
        "discord",
        lambda ground, channel: ground.fake.kick_bot(),
        lambda ground, channel: ground.fake.invite_bot(),
        "bot_removed",
        "Invite me again",
    ),
    "slack-not-in-channel": Stuck(
        "slack",
        lambda ground, channel: ground.fake.remove_bot(channel),
        lambda ground, channel: ground.fake.invite_bot(channel),
        "missing_permission",
        "add me to it",
    ),
    "slack-archived": Stuck(
        "slack",
        lambda ground, channel: ground.fake.archive_channel(channel),
        lambda ground, channel: setattr(ground.fake.world.channels[channel], "archived", False),
        "channel_gone",
        "Bring it back from the archive",
    ),
}


@pytest.mark.parametrize("answered", [None, 0, 1], ids=["unanswered", "first-answered", "second-answered"])
async def test_a_late_call_that_doubled_a_prompt_is_put_right(
    shelf: Shelf, databases: Databases, kind: str, answered: int | None
) -> None:
    """On Slack. The copy under which somebody has answered stays, the other one goes, and the answer is kept."""
    async with _ground("slack", databases.new(kind), shelf) as ground, open_bot(ground) as bot:
        key = await _double_a_prompt(ground, bot)
        copies = _copies(ground, key)
        if answered is not None:
            await ground.fake.reply(ground.people[0], copies[answered], "my answer")
        await _audit(ground, bot)
        kept = copies[answered] if answered is not None else _recorded(ground, key).ref
        assert _copies(ground, key) == [kept]
        assert (_recorded(ground, key).ref, _recorded(ground, key).thread) == (kept, kept)
        await bot.app.engine.collect()
        await bot.app.settle()
        assert ground.tally(1).clean, ground.tally(1)
        assert ground.tally(1).written == (answered is not None)


async def test_a_call_that_slack_carries_out_a_minute_late_is_put_right(
    shelf: Shelf, databases: Databases, kind: str
) -> None:
    async with _ground("slack", databases.new(kind), shelf) as ground, open_bot(ground) as bot:
        ground.fake.plan.next_calls(POSTING["slack"], Fault(Kind.LATE, LATE_BY))
        await bot.ring_when_due()
        await bot.ring_when_due()  # looks for it, and finds nothing yet
        await until(lambda: ground.tally(1).doubled == 1)
        await _audit(ground, bot)
        assert ground.tally(1).clean, ground.tally(1)


async def test_without_the_audit_the_double_stays(shelf: Shelf, databases: Databases, kind: str) -> None:
    """The control: the suite sees the damage."""
    async with _ground("slack", databases.new(kind), shelf) as ground, open_bot(ground) as bot:
        key = await _double_a_prompt(ground, bot)
        ground.clock.advance_to(ground.clock() + timedelta(minutes=121))
        await bot.ring()
        assert len(_copies(ground, key)) == 2
        assert ground.tally(1).doubled == 1


async def test_answers_under_both_copies_are_a_persons_to_judge(shelf: Shelf, databases: Databases, kind: str) -> None:
    async with _ground("slack", databases.new(kind), shelf) as ground, open_bot(ground) as bot:
        key = await _double_a_prompt(ground, bot)
        copies = _copies(ground, key)
        for person, copy in zip(ground.people, copies, strict=False):
            await ground.fake.reply(person, copy, "my answer")
        for _ in range(3):
            await _audit(ground, bot)
        assert _copies(ground, key) == copies
        assert len(_notes(ground, "stands twice")) == 1


async def test_looks_that_fail_put_nothing_right_and_the_last_one_is_repeated(
    shelf: Shelf, databases: Databases, kind: str
) -> None:
    async with _ground("slack", databases.new(kind), shelf) as ground, open_bot(ground) as bot:
        key = await _double_a_prompt(ground, bot)
        ground.fake.plan.often(HISTORY["slack"], Fault(Kind.DROP), 1.0)
        for _ in range(4):
            await _audit(ground, bot)
        assert len(_copies(ground, key)) == 2
        ground.fake.plan.heal()
        await _audit(ground, bot)
        assert len(_copies(ground, key)) == 1
        assert _notes(ground, "deleted") == []


async def test_two_processes_put_it_right_once(shelf: Shelf, databases: Databases, kind: str) -> None:
    async with (
        _ground("slack", databases.new(kind), shelf) as ground,
        open_bot(ground) as bot,
        open_bot(ground) as twin,
    ):
        key = await _double_a_prompt(ground, bot)
        ground.clock.advance_to(ground.clock() + timedelta(minutes=15))
        await asyncio.gather(audit_tick(bot.app.shop), audit_tick(twin.app.shop))
        assert len(_copies(ground, key)) == 1
        assert _calls(ground, "chat.delete") == 1


async def test_a_quiet_day_costs_a_reading_of_the_channel_at_each_look(
    shelf: Shelf, databases: Databases, platform: str
) -> None:
    async with _ground(platform, databases.new("sqlite"), shelf) as ground, open_bot(ground) as bot:
        await bot.ring_when_due()
        reading = HISTORY[platform].replace("*", ground.channels[0], 1)  # and not that of a thread
        before = _calls(ground, reading)
        for _ in range(300):
            ground.clock.advance_to(ground.clock() + timedelta(minutes=1))
            await audit_tick(bot.app.shop)
        assert _calls(ground, reading) - before == 3
        assert ground.tally(1).clean, ground.tally(1)


async def test_what_a_moderator_deleted_is_told_once_and_not_posted_again(
    shelf: Shelf, databases: Databases, kind: str
) -> None:
    async with _ground("discord", databases.new(kind), shelf) as ground, open_bot(ground) as bot:
        await bot.ring_when_due()
        gone = ground.fake.posts(ground.channels[0])[1]
        ground.fake.remove(gone.message)
        for _ in range(3):
            await _audit(ground, bot)
        assert len(_notes(ground, "deleted what I posted")) == 1
        await bot.ring()
        assert ground.tally(1).missing == 1


@pytest.mark.parametrize("case", STUCK.values(), ids=STUCK.keys())
async def test_what_is_stuck_is_told_with_its_cure_and_goes_out_by_itself_when_cured(
    shelf: Shelf, databases: Databases, kind: str, case: Stuck
) -> None:
    async with _ground(case.platform, databases.new(kind), shelf) as ground, open_bot(ground) as bot:
        channel = ground.channels[0]
        case.harm(ground, channel)
        await asyncio.sleep(0.05)
        await bot.ring_when_due()
        assert (bot.delivery_in(channel).reason or "").partition(":")[0] == case.reason
        await _late(ground, bot)
        if case.reason != "bot_removed":  # then nobody there can be told
            [said] = _notes(ground, " late")
            assert all(word in said for word in ("Day 31", "Cohort 0", case.names)), said
        calls = await _calls_in_twelve_hours(ground, bot)
        assert 5 <= bot.delivery_in(channel).probes <= 8
        assert calls <= 8 * 4, "a few looks, a few calls each"
        case.cure(ground, channel)
        await asyncio.sleep(0.05)
        await _until_looked_at(ground, bot)
        assert ground.tally(1).whole, ground.tally(1)
        await _late(ground, bot)
        if case.reason != "bot_removed":
            assert len(_notes(ground, "Out now")) == 1


async def test_a_refused_token_stops_the_platform_and_is_looked_at_once_for_all(
    shelf: Shelf, databases: Databases, kind: str
) -> None:
    async with _ground("slack", databases.new(kind), shelf, cohorts=12) as ground, open_bot(ground) as bot:
        ground.fake.revoke_token()
        await bot.ring_when_due()
        assert _calls(ground, POSTING["slack"]) <= 8
        calls = await _calls_in_twelve_hours(ground, bot)
        assert calls <= 8 * 4, "one look for twelve cohorts"
        await _late(ground, bot)
        ground.fake.restore_token()
        await _until_looked_at(ground, bot)
        assert ground.tally(1).whole, ground.tally(1)


async def test_a_platform_that_signs_in_anew_is_looked_at_at_once(
    shelf: Shelf, databases: Databases, kind: str
) -> None:
    async with _ground("slack", databases.new(kind), shelf, cohorts=2) as ground:
        async with open_bot(ground) as bot:
            ground.fake.revoke_token()
            await bot.ring_when_due()
        ground.fake.restore_token()
        async with open_bot(ground) as bot:
            await bot.ring()
            await probe_tick(bot.app.shop)
            assert ground.tally(1).posted == 0
            await look_again(bot.app.shop, "slack")
            await probe_tick(bot.app.shop)
            await bot.ring()
            assert ground.tally(1).whole, ground.tally(1)


async def test_a_late_lesson_is_told_once_over_restarts_and_two_processes(
    shelf: Shelf, databases: Databases, kind: str, platform: str
) -> None:
    async with _ground(platform, databases.new(kind), shelf, cohorts=3) as ground:
        async with open_bot(ground) as bot, open_bot(ground) as twin:
            ground.fake.plan.often(POSTING[platform], Fault(Kind.DROP), 1.0)
            await bot.ring_when_due()
            await alert_tick(bot.app.shop)
            assert _notes(ground, "late") == []
            ground.fake.plan.heal()
            ground.clock.advance_to(ground.clock() + timedelta(minutes=6))
            await asyncio.gather(alert_tick(bot.app.shop), alert_tick(twin.app.shop))
        async with open_bot(ground) as bot:
            for _ in range(3):
                ground.clock.advance_to(ground.clock() + timedelta(minutes=11))
                await alert_tick(bot.app.shop)
        [said] = _notes(ground, "late")
        assert all(f"Cohort {number}" in said for number in range(3)), said


async def test_a_channel_for_alerts_takes_them_and_people_when_it_does_not(
    shelf: Shelf, databases: Databases, platform: str
) -> None:
    async with _ground(platform, databases.new("sqlite"), shelf) as ground, open_bot(ground) as bot:
        staff = ground.fake.add_channel("staff")
        _write(ground, lambda session: session.execute(update(Cohort).values(alerts=staff)))
        bot.app.shop.ready.clear()  # nothing goes out
        await _late(ground, bot)  # is put into the ledger
        await _late(ground, bot)
        [said] = ground.fake.posts(staff)
        assert "Cohort 0" in said.text
        assert _notes(ground, "late") == []
        _write(ground, lambda session: session.execute(update(Cohort).values(alerts="C404404")))
        _write(ground, lambda session: session.execute(update(Delivery).values(alerted_at=None)))
        ground.clock.advance_to(ground.clock() + timedelta(hours=7))
        await alert_tick(bot.app.shop)
        assert len(_notes(ground, "late")) == 1


@asynccontextmanager
async def _ground(platform: str, url: str, shelf: Shelf, cohorts: int = 1) -> AsyncIterator[Ground]:
    """With `fay`, who facilitates every cohort: the last of the people."""
    async with open_ground(platform, url, shelf, cohorts, nonce_seconds=0.0) as ground:
        fay = ground.fake.add_person("Fay")
        _write(ground, lambda session: _enroll(session, ground, fay))
        ground.people.append(fay)
        yield ground


def _enroll(session: Session, ground: Ground, fay: str) -> None:
    for cohort in session.scalars(select(Cohort)).all():
        member = known_member(session, ground.platform, cohort.workspace, Person(fay, "Fay"))
        join(session, cohort, member, FACILITATOR, ground.clock())


async def _double_a_prompt(ground: Ground, bot: Bot) -> str:
    """Post the lesson, and have its last prompt stand twice: a call that was given up is carried out after all. Its
    key; the second copy is the one that nobody knows of."""
    await bot.ring_when_due()
    await until(lambda: ground.states()["done"] == 1)  # another process may have taken it
    channel = ground.channels[0]
    key = list(ground.keys(channel, 1))[-1]
    again = ground.bot()
    try:
        await again.post(channel, json.loads(_recorded(ground, key).body))
    finally:
        await again.close()
    assert len(_copies(ground, key)) == 2
    return key


def _copies(ground: Ground, key: str) -> list[str]:
    channel = ground.channels[0]
    return [post.message for post in ground.fake.posts(channel) if ground.key_of(channel, post.raw) == key]


def _recorded(ground: Ground, key: str) -> Message:
    with Session(ground.record) as session:
        return session.scalars(select(Message).where(Message.key == key)).one()


async def _audit(ground: Ground, bot: Bot) -> None:
    """The next look at everything."""
    with Session(ground.record) as session:
        due = session.scalars(select(Message.audit_at).where(Message.audit_at.is_not(None))).all()
    ground.clock.advance_to(max([*due, ground.clock()]))
    await audit_tick(bot.app.shop)


async def _late(ground: Ground, bot: Bot) -> None:
    """Later than anybody who was told lately has to wait."""
    ground.clock.advance_to(ground.clock() + timedelta(minutes=11))
    await alert_tick(bot.app.shop)


async def _calls_in_twelve_hours(ground: Ground, bot: Bot) -> int:
    """How many calls every tick makes, but for those that tell somebody."""
    before = _calls(ground)
    for _ in range(12 * 12):
        ground.clock.advance_to(ground.clock() + timedelta(minutes=5))
        await bot.ring()
        await probe_tick(bot.app.shop)
    return _calls(ground) - before


async def _until_looked_at(ground: Ground, bot: Bot) -> None:
    """Nobody does anything: the next look comes by itself."""
    with Session(ground.record) as session:
        looks = session.scalars(select(Delivery.next_try_at).where(Delivery.state == "blocked")).all()
    ground.clock.advance_to(max(looks) + timedelta(seconds=1))
    await probe_tick(bot.app.shop)
    await bot.ring()


def _notes(ground: Ground, about: str) -> list[str]:
    return [note for note in ground.fake.notes(ground.people[-1]) if about in note]


def _calls(ground: Ground, pattern: str = "*") -> int:
    if ground.platform == "discord":
        return len(ground.fake.calls(pattern))
    return len([call for call, _ in ground.fake.calls if pattern in ("*", call)])


def _write(ground: Ground, change: Callable[[Session], object]) -> None:
    engine = open_engine(ground.url)
    with Session(engine) as session, session.begin():
        change(session)
    engine.dispose()

"""What only a person can cure stops one delivery, says why, is not hammered, and keeps nobody else waiting."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from crash_ground import Ground, open_ground
from fault_databases import Databases
from running_bot import POSTING, Bot, open_bot
from sqlalchemy import Update, update
from sqlalchemy.orm import Session

from bot.chat.port import BadToken
from bot.cohorts.claims import GIVE_UP_AFTER
from bot.engine.shelf import Shelf
from bot.engine.upkeep import probe_tick
from bot.fakes.faults import Fault, Kind
from bot.store.database import open_engine
from bot.store.tables import Delivery, Message

Act = Callable[[Ground, str], None]

CURABLE: dict[str, tuple[str, Act, Act, str]] = {
    "may-not-send": (
        "discord",
        lambda ground, channel: ground.fake.take_permission(channel, "send_messages"),
        lambda ground, channel: ground.fake.give_permission(channel, "send_messages"),
        "missing_permission",
    ),
    "kicked": (
        "discord",
        lambda ground, channel: ground.fake.kick_bot(),
        lambda ground, channel: ground.fake.invite_bot(),
        "bot_removed",
    ),
    "removed-from-channel": (
        "slack",
        lambda ground, channel: ground.fake.remove_bot(channel),
        lambda ground, channel: ground.fake.invite_bot(channel),
        "missing_permission",
    ),
    "scope-taken": (
        "slack",
        lambda ground, channel: ground.fake.take_scope("chat:write"),
        lambda ground, channel: ground.fake.world.scopes.append("chat:write"),
        "missing_permission",
    ),
    "token-revoked": (
        "slack",
        lambda ground, channel: ground.fake.revoke_token(),
        lambda ground, channel: ground.fake.restore_token(),
        "token_revoked",
    ),
    "archived": (
        "slack",
        lambda ground, channel: ground.fake.archive_channel(channel),
        lambda ground, channel: setattr(ground.fake.world.channels[channel], "archived", False),
        "channel_gone",
    ),
}


@pytest.mark.parametrize(("platform", "harm", "cure", "reason"), CURABLE.values(), ids=CURABLE.keys())
async def test_a_blocked_delivery_says_why_and_goes_out_once_when_cured(
    shelf: Shelf, databases: Databases, kind: str, platform: str, harm: Act, cure: Act, reason: str
) -> None:
    async with open_ground(platform, databases.new(kind), shelf, cohorts=2) as ground, open_bot(ground) as bot:
        harm(ground, ground.channels[0])
        await asyncio.sleep(0.05)
        await bot.ring_when_due()
        blocked = bot.delivery_in(ground.channels[0])
        assert (blocked.state, (blocked.reason or "").split(":")[0]) == ("blocked", reason)
        assert await _calls_of(ground, bot) == 0
        cure(ground, ground.channels[0])
        await asyncio.sleep(0.05)
        await bot.try_again()
        await probe_tick(bot.app.shop)
        await bot.ring()
        assert ground.tally(1).whole, ground.tally(1)


async def test_a_deleted_channel_blocks_its_cohort_and_no_other(shelf: Shelf, databases: Databases, kind: str) -> None:
    async with open_ground("discord", databases.new(kind), shelf, cohorts=2) as ground, open_bot(ground) as bot:
        gone, other = ground.channels
        ground.fake.delete_channel(gone)
        await bot.ring_when_due()
        assert (bot.delivery_in(gone).state, bot.delivery_in(other).state) == ("blocked", "done")
        assert await _calls_of(ground, bot) == 0


async def test_a_revoked_discord_token_ends_the_run_and_a_new_one_goes_on_where_it_was(
    shelf: Shelf, databases: Databases, kind: str
) -> None:
    async with open_ground("discord", databases.new(kind), shelf) as ground:
        async with open_bot(ground) as bot:
            ground.fake.revoke_token()
            with pytest.raises(BadToken):
                await asyncio.wait_for(bot.running, 10)
        ground.fake.restore_token()
        async with open_bot(ground) as bot:
            await bot.ring_until_done()
            assert ground.tally(1).clean


async def test_a_refused_message_is_dead_and_others_go_out(
    shelf: Shelf, databases: Databases, kind: str, platform: str
) -> None:
    async with open_ground(platform, databases.new(kind), shelf, cohorts=2) as ground, open_bot(ground) as bot:
        bad, good = ground.channels
        await _spoil_first_message(ground, bot, bad, '{"content": "", "blocks": [{"type": "nonsense"}], "text": ""}')
        await bot.ring_until_done()
        dead = bot.delivery_in(bad)
        assert (dead.state, (dead.reason or "").split(":")[0]) == ("dead", "refused")
        assert bot.delivery_in(good).state == "done"
        assert len(ground.fake.posts(good)) == len(ground.keys(good, 1))
        assert await _calls_of(ground, bot) == 0


async def test_a_poison_delivery_keeps_nobody_waiting_and_is_not_tried_for_ever(
    shelf: Shelf, databases: Databases, kind: str
) -> None:
    async with open_ground("discord", databases.new(kind), shelf, cohorts=10) as ground, open_bot(ground) as bot:
        bad, *good = ground.channels
        await _spoil_first_message(ground, bot, bad, "{ this is no JSON")
        await bot.ring_until_done(rounds=3)
        assert [bot.delivery_in(channel).state for channel in good] == ["done"] * len(good)
        _change(ground, update(Delivery).where(Delivery.state == "planned").values(attempt=GIVE_UP_AFTER - 2))
        await bot.ring_until_done(rounds=4)
        assert bot.delivery_in(bad).state == "dead"


async def test_without_its_history_a_doubtful_message_is_not_posted_again(
    shelf: Shelf, databases: Databases, kind: str, platform: str
) -> None:
    async with (
        open_ground(platform, databases.new(kind), shelf, 1, nonce_seconds=5.0) as ground,
        open_bot(ground) as bot,
    ):
        channel = ground.channels[0]
        ground.fake.plan.often(POSTING[platform], Fault(Kind.ACCEPT_THEN_DROP), 1.0)
        await bot.ring_when_due()
        ground.fake.plan.heal()
        _allow_history(ground, channel, allowed=False)
        await bot.ring_when_due()
        assert len(ground.fake.posts(channel)) == 1
        assert (bot.delivery_in(channel).reason or "").startswith("missing_permission")
        _allow_history(ground, channel, allowed=True)
        await bot.try_again()
        assert ground.tally(1).whole, ground.tally(1)


async def test_a_post_that_a_moderator_deleted_before_it_was_recorded_is_not_posted_again_at_once(
    shelf: Shelf, databases: Databases
) -> None:
    async with open_ground("discord", databases.new("sqlite"), shelf, cohorts=1) as ground, open_bot(ground) as bot:
        channel = ground.channels[0]
        ground.fake.plan.often(POSTING["discord"], Fault(Kind.ACCEPT_THEN_DROP), 1.0)
        await bot.ring_when_due()
        ground.fake.plan.heal()
        ground.fake.remove(ground.fake.posts(channel)[0].message)
        await bot.ring_when_due()
        assert ground.fake.posts(channel) == ()
        assert bot.delivery_in(channel).state == "dead"


def _allow_history(ground: Ground, channel: str, *, allowed: bool) -> None:
    if ground.platform == "discord":
        change = ground.fake.give_permission if allowed else ground.fake.take_permission
        change(channel, "read_message_history")
    elif allowed:
        ground.fake.world.scopes.append("channels:history")
    else:
        ground.fake.take_scope("channels:history")


async def _spoil_first_message(ground: Ground, bot: Bot, channel: str, body: str) -> None:
    """Let the first try of every cohort meet broken connections, and change what one of them will send."""
    ground.fake.plan.often(POSTING[ground.platform], Fault(Kind.DROP), 1.0)
    await bot.ring_when_due()
    ground.fake.plan.heal()
    delivery = bot.delivery_in(channel)
    _change(ground, update(Message).where(Message.delivery_id == delivery.id, Message.number == 0).values(body=body))


def _change(ground: Ground, statement: Update) -> None:
    engine = open_engine(ground.url)
    with Session(engine) as session, session.begin():
        session.execute(statement)
    engine.dispose()


async def _calls_of(ground: Ground, bot: Bot) -> int:
    """How many calls further ticks make, an hour of them."""
    before = _number_of_calls(ground)
    for _ in range(3):
        ground.clock.advance_to(ground.clock() + timedelta(minutes=20))
        await bot.ring()
    return _number_of_calls(ground) - before


def _number_of_calls(ground: Ground) -> int:
    calls = ground.fake.calls() if ground.platform == "discord" else ground.fake.calls
    return len(calls)

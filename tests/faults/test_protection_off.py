"""The suite can fail: with one protection taken away, the same kills do the damage that it is there for, and the count
sees it."""

from collections.abc import Callable

import pytest
from crash_campaign import Nursery, Result, campaign
from crash_ground import Ground, open_ground
from fault_databases import Databases
from running_bot import open_bot

from bot.engine.shelf import Shelf


async def test_without_looking_for_it_a_killed_post_is_doubled(
    shelf: Shelf, databases: Databases, nursery: Nursery, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crash_campaign.PATIENCE", 3.0)  # what is doubled is never at rest
    result = await _kill_without(shelf, databases, nursery, platform, "after_post_accepted", "looking")
    assert result.tally.doubled > 0
    assert not result.tally.clean


async def test_without_the_promise_nobody_looks_and_a_killed_post_is_doubled(
    shelf: Shelf, databases: Databases, nursery: Nursery, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crash_campaign.PATIENCE", 3.0)  # what is doubled is never at rest
    result = await _kill_without(shelf, databases, nursery, platform, "after_post_accepted", "promise")
    assert result.tally.doubled > 0


async def test_without_reading_threads_back_answers_are_lost(
    shelf: Shelf, databases: Databases, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crash_campaign.PATIENCE", 1.0)
    result = await _kill_without(shelf, databases, nursery, "discord", "after_event_before_commit", "reading_back")
    assert result.tally.kept < result.tally.written
    assert not result.tally.clean


def _spoil_missing(ground: Ground) -> None:
    ground.fake.remove(ground.fake.posts(ground.channels[0])[0].message)


def _spoil_stray(ground: Ground) -> None:
    here, there = ground.channels
    ground.wanted[here], ground.wanted[there] = ground.wanted[there], ground.wanted[here]


@pytest.mark.parametrize(("spoil", "seen"), [(_spoil_missing, "missing"), (_spoil_stray, "strays")])
async def test_the_count_sees_what_is_missing_or_in_the_wrong_channel(
    shelf: Shelf, databases: Databases, spoil: Callable[[Ground], None], seen: str
) -> None:
    async with open_ground("discord", databases.new("sqlite"), shelf, cohorts=2) as ground, open_bot(ground) as bot:
        await bot.ring_until_done()
        assert ground.tally(1).clean
        spoil(ground)
        assert getattr(ground.tally(1), seen) > 0


async def _kill_without(
    shelf: Shelf, databases: Databases, nursery: Nursery, platform: str, step: str, protection: str
) -> Result:
    """A few kills with the protection off; on Discord without its memory of nonces as well."""
    async with open_ground(platform, databases.new("sqlite"), shelf, 2, "control", nonce_seconds=0.0) as ground:
        without, doubled = (protection,), lambda tally: tally.doubled > 0
        return await campaign(ground, nursery, step, kills=3, without=without, lives=6, seen=doubled)

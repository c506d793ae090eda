"""kill -9 where a cohort's channel is a forum: Discord knows no nonce for a forum's posts, so that looking alone
decides what became of one."""

import pytest
from crash_campaign import Nursery, campaign
from crash_ground import open_ground
from fault_databases import Databases

from bot.engine.shelf import Shelf

STEPS = (
    "after_mark_trying",
    "after_post_accepted",
    "after_mark_sent",
    "after_open_thread_before_mark",
    "after_mark_thread",
    "before_mark_done",
    "after_event_before_commit",
    "after_commit_before_receipt",
    "after_reading_before_commit",
)


@pytest.mark.parametrize("step", STEPS)
async def test_a_kill_in_a_forum_loses_nothing_and_doubles_nothing(
    shelf: Shelf, databases: Databases, nursery: Nursery, kind: str, step: str
) -> None:
    seed = f"forum {kind} {step}"
    async with open_ground("discord", databases.new(kind), shelf, 2, seed, nonce_seconds=0.0, forum=True) as ground:
        result = await campaign(ground, nursery, step, kills=1)
        assert result.kills == 1
        assert result.tally.clean, f"{result}; the victims' log: {nursery.log}"


async def test_without_looking_for_it_a_killed_post_in_a_forum_is_doubled(
    shelf: Shelf, databases: Databases, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crash_campaign.PATIENCE", 3.0)  # what is doubled is never at rest
    async with open_ground("discord", databases.new("sqlite"), shelf, 2, "control", 0.0, forum=True) as ground:
        without = ("looking",)
        step, seen = "after_post_accepted", lambda tally: tally.doubled > 0
        result = await campaign(ground, nursery, step, kills=3, without=without, lives=6, seen=seen)
        assert result.tally.doubled > 0

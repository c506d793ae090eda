"""kill -9 at each step of the send protocol and of collecting, on both databases and platforms. `make faults` kills
many more times and prints a table."""

import pytest
from crash_campaign import Nursery, act_until_rest, campaign, ended, steps, to_order
from crash_ground import open_ground
from fault_databases import Databases

from bot.engine.shelf import Shelf


@pytest.mark.parametrize("step", steps())
async def test_a_kill_loses_nothing_and_doubles_nothing(
    shelf: Shelf, databases: Databases, nursery: Nursery, kind: str, platform: str, step: str
) -> None:
    seed = f"{kind} {platform} {step}"
    nonce_seconds = 0.0 if step == "after_post_accepted" else 180.0  # there the history alone has to tell
    async with open_ground(platform, databases.new(kind), shelf, 2, seed, nonce_seconds=nonce_seconds) as ground:
        result = await campaign(ground, nursery, step, kills=1)
        assert result.kills == 1
        assert result.tally.clean, f"{result}; the victims' log: {nursery.log}"


async def test_two_processes_share_one_ledger(
    shelf: Shelf, databases: Databases, nursery: Nursery, other_nursery: Nursery, platform: str
) -> None:
    async with open_ground(platform, databases.new("postgresql"), shelf, cohorts=4) as ground:
        ground.clock.advance_to(ground.next_due())
        one = await nursery.begin(to_order(ground, None))
        other = await other_nursery.begin(to_order(ground, None))
        async with ended(one, other):
            await act_until_rest(ground, one)
        assert ground.tally(1).clean, ground.tally(1)

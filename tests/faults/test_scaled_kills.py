"""kill -9 of processes that share the work on PostgreSQL, at random moments and at what only they do. `make faults`
kills at every step."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from crash_campaign import Nursery
from fault_databases import Databases
from scaled_campaign import ROLES, open_shared_ground, scaled_campaign

from bot.engine.shelf import Shelf


@pytest.fixture(scope="module")
def nurseries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Nursery]]:
    """One for each place of a company."""
    folder = tmp_path_factory.mktemp("company")
    made = [Nursery(folder / f"{number}.log") for number in range(len(ROLES))]
    yield made
    for each in made:
        each.close()


@pytest.mark.parametrize("step", [None, "after_jobs", "after_post_accepted"], ids=["random", "jobs", "post"])
async def test_killed_processes_lose_nothing_and_double_nothing(
    shelf: Shelf, databases: Databases, nurseries: list[Nursery], tmp_path: Path, platform: str, step: str | None
) -> None:
    name = f"{platform} {step}"
    async with open_shared_ground(tmp_path, databases, platform, shelf, 2, name) as ground:
        result = await scaled_campaign(ground, nurseries, step, kills=2)
        assert result.kills >= 2
        assert result.tally.clean, f"{result}; the victims' logs: {nurseries[0].log.parent}"


async def test_without_looking_for_it_a_killed_post_is_doubled(
    shelf: Shelf, databases: Databases, nurseries: list[Nursery], tmp_path: Path
) -> None:
    async with open_shared_ground(tmp_path, databases, "slack", shelf, 1, "control") as ground:
        result = await scaled_campaign(ground, nurseries, "after_post_accepted", 2, ("looking",))
        assert result.tally.doubled > 0

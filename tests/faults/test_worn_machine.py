"""Some runs of `make faults`, judged by the same six invariants: spoilt answers, full disks, hostile words, a migration
that is killed, a process of a company that is stopped past its lease."""

from collections.abc import Iterator

import pytest
from bench import Bench, Cell, open_bench
from fault_report import CAMPAIGNS
from outcomes import Control, Outcome

RUNS = (
    ("network", "_wire truncated discord"),
    ("network", "_wire garbled slack"),
    ("network", "_huge slack"),
    ("disk", "_full_sqlite discord"),
    ("hostile", "_answers sqlite discord"),
    ("hostile", "_answers postgresql slack"),
    ("hostile", "_course slack"),
    ("migrate", "_migrations sqlite"),
    ("migrate", "_migrations postgresql"),
    ("stop", "_stop after_mark_trying slack all 0"),
)
CONTROLS = ("_fence", "_unique_dates", "unique_answers", "_retry_after", "_atomic_migration", "_wordless_logs")


@pytest.fixture(scope="module")
def bench(postgresql_url: str) -> Iterator[Bench]:
    with open_bench(seed=1, kills=1, quick=True, told=lambda _: None, server=postgresql_url) as made:
        yield made


def find(bench: Bench, campaign: str, name: str) -> Cell:
    """A run of a campaign by its name and what it is given."""
    named = {" ".join(map(str, (each.func.__name__, *each.args[1:]))): each for each in CAMPAIGNS[campaign](bench)}
    return named[name]


@pytest.mark.parametrize(("campaign", "name"), RUNS, ids=[" ".join(run) for run in RUNS])
async def test_every_invariant_holds(bench: Bench, campaign: str, name: str) -> None:
    outcome = await find(bench, campaign, name)()
    assert isinstance(outcome, Outcome)
    assert outcome.broken == (), f"{outcome}; logs: {bench.folder}"
    assert sum(outcome.injected.values()) > 0


@pytest.mark.parametrize("name", CONTROLS)
async def test_without_its_protection_the_damage_is_seen(bench: Bench, name: str) -> None:
    control = await find(bench, "controls", name)()
    assert isinstance(control, Control)
    assert control.seen, control

"""The long fault suite: campaigns of every fault against the fake platforms, one table of what stands, and a control run
for each protection.

    python tests/faults/fault_report.py --seed 1 [--kills 1000] [--quick] [--only NAME …] [--json FILE]

Ends with 1 when an invariant is broken, when fewer kills were done than asked for, or when a control's damage is not
seen.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench import Bench, open_bench
from kill_campaigns import embedded_kills, shared_kills_campaign
from outcomes import INVARIANTS, Control, Outcome, to_controls, to_kinds, to_table
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.clock import monotonic

CAMPAIGNS: Mapping[str, Callable[[Bench], AsyncIterator[Outcome]]] = {
    "kill": embedded_kills,
    "kill-scaled": shared_kills_campaign,
}


async def run(bench: Bench, names: list[str]) -> tuple[list[Outcome], list[Control]]:
    """The campaigns of these names, one after the other."""
    outcomes: list[Outcome] = []
    controls: list[Control] = []
    for name in names:
        if name in CAMPAIGNS:
            outcomes += [each async for each in CAMPAIGNS[name](bench)]
    return outcomes, controls


def main() -> int:
    """Run the report; the exit code."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    asked.add_argument("--seed", type=int, default=1, help="when faults come, and what members do, follows from it")
    asked.add_argument("--kills", type=int, default=1000, help="how many processes are killed in all")
    asked.add_argument("--quick", action="store_true", help="a kill in each cell and each fault once")
    asked.add_argument("--only", nargs="+", choices=CAMPAIGNS, help="these campaigns alone")
    asked.add_argument("--json", type=Path, help="write every figure to this file as well")
    given = asked.parse_args()
    names = given.only or list(CAMPAIGNS)
    kills = 1 if given.quick else given.kills
    began = monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("faults", total=kills if set(names) & {"kill", "kill-scaled"} else None)

        def told(what: str, more: int) -> None:
            progress.update(bar, advance=more, description=what)

        with open_bench(given.seed, kills, given.quick, told) as bench:
            outcomes, controls = asyncio.run(run(bench, names))
    return _say(outcomes, controls, bench.folder, given.json, round(monotonic() - began, 1))


def _say(outcomes: list[Outcome], controls: list[Control], logs: Path, file: Path | None, seconds: float) -> int:
    console = Console(width=230)
    if outcomes:
        console.print(to_table(outcomes))
        console.print(to_kinds(outcomes))
    if controls:
        console.print(to_controls(controls))
    amiss = [each for each in outcomes if each.broken]
    for each in amiss:
        for name in each.broken:
            console.print(f"BROKEN {name} ({INVARIANTS[name]}): {each.campaign} {each.where} seed {each.seed}")
        console.print(f"  {each.tally}")
    unseen = [each for each in controls if not each.seen]
    console.print(f"{seconds} s; logs in {logs}")
    if file is not None:
        file.write_text(
            json.dumps({"outcomes": [*map(asdict, outcomes)], "controls": [*map(asdict, controls)], "seconds": seconds})
        )
    return 1 if amiss or unseen else 0


if __name__ == "__main__":
    sys.exit(main())

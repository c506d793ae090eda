"""The long fault suite: campaigns of every fault against the fake platforms, one table of what stands, and a control
run for each protection.

    python tests/faults/fault_report.py --seed 1 [--kills 1000] [--quick] [--only NAME …] [--json FILE]

Ends with 1 when an invariant is broken, when fewer kills were done than asked for, or when a control's damage is not
seen.
"""

import argparse
import asyncio
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from math import ceil
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from bench import Bench, Cell, open_bench
from collect_campaigns import connections, hostile, listings
from controls import controls
from disk_campaigns import full_disks
from kill_campaigns import embedded_kills, scaled_kills
from machine_campaigns import clocks, stops, strikes
from migrate_campaign import migrations
from network_campaigns import network
from outcomes import INVARIANTS, Control, Outcome, to_controls, to_kinds, to_table
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.clock import monotonic

LONGEST = 900.0
"""Seconds that one run may take."""

CAMPAIGNS: Mapping[str, Callable[[Bench], Iterator[Cell]]] = {
    "kill": embedded_kills,
    "kill-scaled": scaled_kills,
    "stop": stops,
    "strike": strikes,
    "disk": full_disks,
    "clock": clocks,
    "migrate": migrations,
    "network": network,
    "connection": connections,
    "listing": listings,
    "hostile": hostile,
    "controls": controls,
}


@dataclass
class Report:
    """failed: runs that ended with an exception, each with it."""

    outcomes: list[Outcome] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def add(self, came: Outcome | Control) -> None:
        if isinstance(came, Outcome):
            self.outcomes.append(came)
        else:
            self.controls.append(came)


async def run(bench: Bench, names: list[str], begun: Callable[[int], None], over: Callable[[Report], None]) -> Report:
    """The campaigns of these names, one run after the other. begun(total), over(report so far): how far it is."""
    report = Report()
    cells = [(name, cell) for name in names for cell in CAMPAIGNS[name](bench)]
    begun(len(cells))
    for name, cell in cells:
        try:
            came = await asyncio.wait_for(cell(), LONGEST)
        except Exception:
            report.failed.append(f"{name} {cell.func.__name__} {cell.args[1:]}\n{traceback.format_exc()}")
        else:
            report.add(came)
        over(report)
    return report


SPARE = 1.2
"""How many more kills are ordered than asked for: a cell whose course is over before the last one does fewer."""


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
    kills = 1 if given.quick else ceil(given.kills * SPARE)
    began = monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("faults", total=None)

        def told(what: str) -> None:
            progress.update(bar, description=what)

        def begun(total: int) -> None:
            progress.update(bar, total=total)

        def over(so_far: Report) -> None:
            progress.advance(bar)
            _keep(so_far, given.json, monotonic() - began)

        with open_bench(given.seed, kills, given.quick, told) as bench:
            report = asyncio.run(run(bench, names, begun, over))
    wanted = given.kills if {"kill", "kill-scaled"} <= set(names) and not given.quick else 0
    return _say(report, wanted, bench.folder, given.json, round(monotonic() - began, 1))


def _say(report: Report, kills: int, logs: Path, file: Path | None, seconds: float) -> int:
    console = Console(width=230)
    if report.outcomes:
        console.print(to_table(report.outcomes))
        console.print(to_kinds(report.outcomes))
    if report.controls:
        console.print(to_controls(report.controls))
    amiss = [each for each in report.outcomes if each.broken]
    for each in amiss:
        broken = ", ".join(f"{name} ({INVARIANTS[name]})" for name in each.broken)
        print(f"BROKEN {broken}: {each.campaign} {each.where} seed {each.seed}\n  {each.tally}")
    for told in report.failed:
        print(f"FAILED {told}")
    if os.geteuid() != 0:
        print("not run, because it needs root: PostgreSQL on a full disk")
    print(f"{seconds} s; logs in {logs}")
    _keep(report, file, seconds)
    killed = sum(each.injected.get("kill -9", 0) for each in report.outcomes)
    if killed < kills:
        print(f"only {killed} of {kills} kills were done")
    return 1 if amiss or report.failed or killed < kills or not all(each.seen for each in report.controls) else 0


def _keep(report: Report, file: Path | None, seconds: float) -> None:
    if file is not None:
        file.write_text(json.dumps(asdict(report) | {"seconds": round(seconds, 1)}, indent=1))


if __name__ == "__main__":
    sys.exit(main())

"""The long crash suite: kill -9 at every step, on both databases and both platforms, with a table of what stands.

    python tests/faults/kill_report.py --kills 120 --seed 1

Ends with 1 when anything is missing, doubled or lost, or when fewer kills were done than asked for.
"""

import argparse
import asyncio
import itertools
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from crash_campaign import ROOT, Nursery, Result, campaign, dice_of, steps
from crash_ground import open_ground
from fault_databases import KINDS, Databases, open_databases
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bot.engine.shelf import Shelf

PLATFORMS = ("discord", "slack")
COLUMNS = ("kills", "lives", "expected", "posted", "doubled", "missing", "written", "kept", "seconds")


@dataclass(frozen=True)
class Cell:
    """One step on one database and platform, and what came of the kills there."""

    step: str
    database: str
    platform: str
    result: Result

    @property
    def figures(self) -> tuple[float, ...]:
        """In the order of COLUMNS. What stands where nobody expected it counts as doubled; a record of what stands
        nowhere as not kept."""
        r, t = self.result, self.result.tally
        doubled, kept = t.doubled + t.strays, t.kept - t.ghosts
        return (r.kills, r.lives, t.expected, t.posted, doubled, t.missing, t.written, kept, r.wall_s)


async def report(kills: int, seed: int, log: Path, console: Console) -> list[Cell]:
    """Spread the kills evenly over every cell."""
    places = list(itertools.product(steps(), KINDS, PLATFORMS))
    shelf, cells = Shelf(ROOT / "tests" / "week_7"), []
    with open_databases() as databases, Progress(console=console, transient=True) as progress:
        bar, nursery = progress.add_task("kills", total=kills), Nursery(log)
        try:
            for number, (step, kind, platform) in enumerate(places):
                share = kills // len(places) + (number < kills % len(places))
                cells.append(await _one_cell(shelf, databases, nursery, step, kind, platform, share, seed))
                progress.update(bar, advance=share, description=f"{step} {kind} {platform}")
        finally:
            nursery.close()
    return cells


async def _one_cell(
    shelf: Shelf, databases: Databases, nursery: Nursery, step: str, kind: str, platform: str, kills: int, seed: int
) -> Cell:
    """On Discord the nonce is forgotten at once in every second cell, so that the history alone has to tell."""
    name = f"{seed} {step} {kind} {platform}"
    nonce_seconds = dice_of(name, "nonce").choice((0.0, 180.0))
    async with open_ground(platform, databases.new(kind), shelf, 3, name, nonce_seconds=nonce_seconds) as ground:
        return Cell(step, kind, platform, await campaign(ground, nursery, step, kills))


def to_table(cells: list[Cell]) -> Table:
    """A line a cell, and the sums."""
    table = Table("step", "database", "platform", *COLUMNS)
    for column in table.columns[3:]:
        column.justify = "right"
    for cell in cells:
        style = None if cell.result.tally.clean else "bold red"
        table.add_row(cell.step, cell.database, cell.platform, *(f"{each:g}" for each in cell.figures), style=style)
    table.add_section()
    sums = [sum(column) for column in zip(*(cell.figures for cell in cells), strict=True)]
    table.add_row("all", "", "", *(f"{each:g}" for each in sums))
    return table


def main() -> int:
    """Run the report; the exit code."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--kills", type=int, default=120, help="how many in all")
    asked.add_argument("--seed", type=int, default=1, help="when they come, and what the members do, follows from it")
    asked.add_argument("--json", action="store_true", help="print the cells as JSON instead of the table")
    given, console = asked.parse_args(), Console(width=140)
    log = Path(tempfile.mkdtemp(prefix="homeroom-kills-")) / "victims.log"
    cells = asyncio.run(report(given.kills, given.seed, log, Console(stderr=True)))
    if given.json:
        print(json.dumps([asdict(cell) for cell in cells]))
    else:
        console.print(to_table(cells))
    killed = sum(cell.result.kills for cell in cells)
    amiss = [cell for cell in cells if not cell.result.tally.clean]
    for cell in amiss:
        print(f"AMISS {cell.step} {cell.database} {cell.platform}: {cell.result.tally}; see {log}", file=sys.stderr)
    return 0 if killed >= given.kills and not amiss else 1


if __name__ == "__main__":
    sys.exit(main())

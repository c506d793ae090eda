"""What every benchmark says: how much, how far it spreads, beside which baseline of the same run, and whether an aim is
met. One table on the terminal, the same as JSON in `benchmarks/results/`."""

import argparse
import json
import os
import platform
import shutil
import sqlite3
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
MET = {None: "", True: "yes", False: "NO"}
WIDTH = max(shutil.get_terminal_size().columns, 150)
"""Letters in a line of a table: a figure that is broken in two is read wrong."""

T = TypeVar("T")


@dataclass(frozen=True)
class Spread:
    """Repeated measurements of one thing: the middle, the best and the worst of `runs`."""

    median: float
    least: float
    most: float
    runs: int


@dataclass(frozen=True)
class Row:
    """One line of the table. what: the thing and its size. unit: of both figures. ratio: ours ÷ baseline, taken run by
    run where that could be done, and then its median. aim: in words, with its figure; met: None where there is none."""

    what: str
    unit: str
    ours: Spread
    beside: str = ""
    baseline: Spread | None = None
    ratio: float | None = None
    aim: str = ""
    met: bool | None = None


def spread(values: Sequence[float]) -> Spread:
    """Raises StatisticsError where nothing was measured."""
    return Spread(*(_rounded(each) for each in (statistics.median(values), min(values), max(values))), len(values))


def row(
    what: str,
    unit: str,
    ours: Sequence[float],
    beside: str = "",
    baseline: Sequence[float] = (),
    at_most: float | None = None,
    at_least: float | None = None,
    ratio_at_most: float | None = None,
    ratio_at_least: float | None = None,
) -> Row:
    """A line from the measurements of each run; the aims are for the median, or for the ratio to the baseline. Runs of
    one number are compared with each other, so that what disturbs the machine disturbs both."""
    ratio = None
    if baseline:
        pairs = list(zip(ours, baseline, strict=True)) if len(ours) == len(baseline) else []
        each = [mine / other for mine, other in pairs] or [statistics.median(ours) / statistics.median(baseline)]
        ratio = _rounded(statistics.median(each))
    middle = statistics.median(ours)
    aims = [
        (f"≤ {at_most} {unit}", at_most is not None and middle <= at_most, at_most),
        (f"≥ {at_least} {unit}", at_least is not None and middle >= at_least, at_least),
        (f"≤ {ratio_at_most} ×", _holds(ratio, ratio_at_most, lambda mine, aim: mine <= aim), ratio_at_most),
        (f"≥ {ratio_at_least} ×", _holds(ratio, ratio_at_least, lambda mine, aim: mine >= aim), ratio_at_least),
    ]
    asked = [(words, met) for words, met, aim in aims if aim is not None]
    return Row(
        what,
        unit,
        spread(ours),
        beside,
        spread(baseline) if baseline else None,
        ratio,
        ", ".join(words for words, _ in asked),
        all(met for _, met in asked) if asked else None,
    )


def tell(name: str, title: str, rows: Sequence[Row], **more: Any) -> None:
    """The table on the terminal and `benchmarks/results/NAME.json`. more: what else belongs to the result, as JSON."""
    table = Table("what", "median", "least … most", "beside", "ratio", "aim", "met", title=title, title_justify="left")
    for each in rows:
        other = each.baseline
        table.add_row(
            each.what,
            f"{each.ours.median:g} {each.unit}",
            f"{each.ours.least:g} … {each.ours.most:g}",
            f"{each.beside}: {other.median:g}" if other is not None else "",
            "" if each.ratio is None else f"{each.ratio:g}",
            each.aim,
            MET[each.met],
        )
    Console(width=WIDTH).print(table)
    RESULTS.mkdir(exist_ok=True)
    found = {"title": title, "machine": machine(), "rows": [asdict(each) for each in rows], **more}
    (RESULTS / f"{name}.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def machine() -> dict[str, Any]:
    """What the figures depend on, and nothing that tells whose machine it is."""
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def repeated(what: str, runs: int, measure: Callable[[], T]) -> list[T]:
    """`measure()` again and again, with a bar. Let it measure ours and the baseline in turn."""
    with bar() as progress:
        return [measure() for _ in progress.track(range(runs), description=what)]


def bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def arguments(about: str | None, runs: int) -> argparse.ArgumentParser:
    """What every benchmark takes. --quick: the smallest sizes and one run, to see that it works at all."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=runs, help=f"repetitions of each measurement ({runs})")
    parser.add_argument("--quick", action="store_true", help="the smallest sizes and one run")
    return parser


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all (0..1) do not exceed."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))]


def _holds(ratio: float | None, aim: float | None, holds: Callable[[float, float], bool]) -> bool:
    return ratio is not None and aim is not None and holds(ratio, aim)


def _rounded(value: float) -> float:
    """Four figures say more than any of these machines can."""
    return float(f"{value:.4g}")

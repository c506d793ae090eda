"""Every benchmark, one after the other, each in a process of its own; at the end what was aimed at, and what was met.
All rows of all results, of this run and of earlier ones, are then in `benchmarks/results/table.md`.

python benchmarks/every.py [--quick] [NAME ...]
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from measuring import MET, RESULTS, WIDTH
from rich.console import Console
from rich.table import Table

NAMES = (
    "lookup_quality",
    "lookup_growth",
    "commands",
    "answers",
    "ticks",
    "burst",
    "facilitating",
    "exporting",
    "rendering",
    "starting",
    "scale_model",
)
"""The quick ones that members feel first; what takes minutes last."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which; all of them otherwise: {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="the smallest sizes and one run, to see that each works")
    asked = parser.parse_args()
    unknown = [each for each in asked.names if each not in NAMES]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}: choose from {', '.join(NAMES)}")
    names = asked.names or NAMES
    failed = [name for name in names if not _run(name, asked.quick)]
    _show_aims(names)
    (RESULTS / "table.md").write_text("\n".join(_markdown()), encoding="utf-8")
    for name in failed:
        print(f"benchmarks/{name}.py did not end well; what stands above of it is from an earlier run")
    return 1 if failed else 0


def _run(name: str, quick: bool) -> bool:
    command = [sys.executable, str(Path(__file__).with_name(f"{name}.py")), *(["--quick"] if quick else [])]
    Console().rule(name)
    return subprocess.run(command, check=False).returncode == 0


def _show_aims(names: Sequence[str]) -> None:
    table = Table("benchmark", "what", "measured", "aim", "met", title="Aims", title_justify="left")
    for name in names:
        for each in _result(name).get("rows", ()):
            if each["aim"]:
                ratio = f" ({each['ratio']:g} ×)" if each["ratio"] is not None else ""
                measured = f"{_number(each['ours']['median'])} {each['unit']}{ratio}"
                table.add_row(name, each["what"], measured, each["aim"], MET[each["met"]])
    Console(width=WIDTH).print(table)


def _markdown() -> Iterator[str]:
    """Every row of every result that there is."""
    yield "# What was measured\n\nWritten by `make bench`; what it means: [the benchmarks' README](../README.md)."
    for name in NAMES:
        result = _result(name)
        if not result:
            continue
        machine = ", ".join(f"{key} {value}" for key, value in result["machine"].items())
        yield f"\n## {result['title']}\n\n`benchmarks/{name}.py`; {machine}.\n"
        yield "| what | median | least … most (runs) | beside | its median | ours ÷ it | aim | met |"
        yield "|---|--:|--:|---|--:|--:|---|---|"
        for each in result["rows"]:
            ours, other = each["ours"], each["baseline"]
            spread = f"{_number(ours['least'])} … {_number(ours['most'])} ({ours['runs']})"
            beside = (each["beside"], _number(other["median"]), _number(each["ratio"])) if other else ("", "", "")
            cells = (
                each["what"],
                f"{_number(ours['median'])} {each['unit']}",
                spread,
                *beside,
                each["aim"],
                MET[each["met"]],
            )
            yield f"| {' | '.join(cells)} |"
    yield ""


def _result(name: str) -> dict[str, Any]:
    file = RESULTS / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:g}"


if __name__ == "__main__":
    sys.exit(main())

"""Every benchmark, one after the other, each in a process of its own; at the end what was aimed at, and what was met.

python benchmarks/every.py [--quick] [NAME ...]
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from measuring import RESULTS
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
    for name in failed:
        print(f"benchmarks/{name}.py did not end well; what stands above of it is from an earlier run")
    return 1 if failed else 0


def _run(name: str, quick: bool) -> bool:
    command = [sys.executable, str(Path(__file__).with_name(f"{name}.py")), *(["--quick"] if quick else [])]
    Console().rule(name)
    return subprocess.run(command, check=False).returncode == 0


def _show_aims(names: tuple[str, ...] | list[str]) -> None:
    table = Table("benchmark", "what", "measured", "aim", "met", title="Aims", title_justify="left")
    for name in names:
        file = RESULTS / f"{name}.json"
        for each in json.loads(file.read_text())["rows"] if file.exists() else ():
            if each["aim"]:
                ratio = f" ({each['ratio']:g} ×)" if each["ratio"] is not None else ""
                measured = f"{each['ours']['median']:g} {each['unit']}{ratio}"
                table.add_row(name, each["what"], measured, each["aim"], "yes" if each["met"] else "NO")
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())

"""The data files that lessons bring: `materials/day-04-cards.csv` and the like."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from bot.curriculum.problems import Problem

MAX_BYTES = 64 * 1024
"""A lab is worked through by hand: a sheet has dozens of rows, not thousands."""

_PATTERNS = ("*.csv", "*.txt", "*.md")


def load_materials(folder: Path) -> tuple[Mapping[str, str], list[Problem]]:
    """Every file in `folder`/materials by its name, and what is wrong with them."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for path in sorted(path for pattern in _PATTERNS for path in (folder / "materials").glob(pattern)):
        try:
            if path.stat().st_size > MAX_BYTES:
                problems.append(Problem(str(path), 1, 1, "", "is larger than 64 KiB: a lab is worked through by hand"))
                continue
            texts[path.name] = path.read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            problems.append(Problem(str(path), 1, 1, "", "cannot be read as UTF-8 text: save it as UTF-8"))
            continue
        if path.suffix == ".csv":
            problems += _uneven(path, texts[path.name])
    return texts, problems


def to_table(text: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """A CSV text as header and rows."""
    header, *rows = [tuple(cell.strip() for cell in row) for row in csv.reader(io.StringIO(text)) if row]
    return header, tuple(rows)


def _uneven(path: Path, text: str) -> list[Problem]:
    lines = [(reader_line, row) for reader_line, row in enumerate(csv.reader(io.StringIO(text)), 1) if row]
    if len(lines) < 2:
        return [Problem(str(path), 1, 1, "", "holds no table: write a header row and at least one row below it")]
    width = len(lines[0][1])
    return [
        Problem(str(path), line, 1, "", f"has {len(row)} cells where the header has {width}: quote cells with commas")
        for line, row in lines
        if len(row) != width
    ]

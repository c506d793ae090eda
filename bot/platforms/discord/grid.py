"""Tables on a platform that has none: a code block where the grid is narrow enough for a phone, else labelled lines."""

import unicodedata
from collections.abc import Iterator, Sequence

from bot.chat.markdown import Grid, Run, Runs, words
from bot.platforms.discord.inert import clean
from bot.platforms.discord.limits import PART_LIMIT, size

PHONE_WIDTH = 38
"""Columns of a code block on a narrow phone before Discord breaks its lines."""


def as_grid(grid: Grid) -> tuple[str, ...] | None:
    """The table as aligned lines, in blocks that each repeat the header; None where lines read better: it is too wide
    for a phone, or a cell has a link, code or more than one line."""
    rows = [[clean(words(cell)).strip() for cell in row] for row in (grid.header, *grid.rows)]
    marks = any(run.link or run.code or "\n" in run.text for row in (grid.header, *grid.rows) for c in row for run in c)
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)] if rows[0] else []
    if marks or not widths or not any(widths) or sum(widths) + 2 * (len(widths) - 1) > PHONE_WIDTH:
        return None
    header, *lines = ["  ".join(map(_padded, row, widths)).rstrip() for row in rows]
    rule = "  ".join("─" * width for width in widths)
    return tuple("\n".join((header, rule, *block)) for block in _blocks(lines))


def as_lines(grid: Grid) -> Iterator[Runs]:
    """Each row as one passage: every cell behind its column's name. Columns that are blank from top to bottom (a form
    to be filled in) are named once, at the end."""
    blank = [
        number for number, _ in enumerate(grid.header) if grid.rows and not any(_said(row[number]) for row in grid.rows)
    ]
    kept = [number for number, _ in enumerate(grid.header) if number not in blank]
    for row in (grid.rows if kept else ()) or (tuple(() for _ in grid.header),):
        shown = kept or range(len(grid.header))
        yield _row([grid.header[number] for number in shown], [row[number] for number in shown])
    if kept and blank:
        names = " · ".join(words(grid.header[number]).strip() for number in blank)
        yield (Run("Blank:", strong=True), Run(f" {names}"))


def _row(header: Sequence[Runs], row: Sequence[Runs]) -> Runs:
    runs: list[Run] = []
    for number, (name, cell) in enumerate(zip(header, row, strict=True)):
        label = words(name).strip()
        if number:
            runs.append(Run("\n"))
        if label:
            runs += [Run(label + ":", strong=True), Run(" ")]
        runs += cell
    return tuple(runs)


def _said(cell: Runs) -> str:
    return words(cell).strip()


def _blocks(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    """Rows by what fits beside a heading; a table without rows is its header alone."""
    start, room = 0, PART_LIMIT - 4 * PHONE_WIDTH
    for end, _ in enumerate(lines):
        if sum(size(line) + 1 for line in lines[start : end + 1]) > room:
            yield lines[start:end]
            start = end
    yield lines[start:]


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))


def _width(text: str) -> int:
    """Columns in a monospaced font: East Asian wide characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(mark) else 2 if unicodedata.east_asian_width(mark) in "WF" else 1 for mark in text
    )

"""Tables: a grid in a box where it is narrow enough for a phone, else labelled lines. Nothing is lost either way."""

from collections.abc import Iterator, Sequence

from bot.chat.markdown import Run, Runs, words
from bot.platforms.slack.limits import PASSAGE, weight

NARROW = 56
"""Ours: a wider box wraps in Slack's narrow column, and then columns cannot be told apart."""

Cells = Sequence[Runs]


def grid_atoms(header: Cells, rows: Sequence[Cells]) -> Iterator[str | Runs]:
    """A table's parts in order: str is a box of whole lines, Runs are one row in labelled lines."""
    if _fits([header, *rows]):
        yield from _boxes([words(cell) for cell in header], [[words(cell) for cell in row] for row in rows])
    elif not rows:
        yield _joined([(*cell, Run(" ")) for cell in header])
    else:
        for row in rows:
            yield _joined([_labelled(label, cell) for label, cell in zip(header, row, strict=True)])


def plain_cells(cells: Sequence[str]) -> list[Runs]:
    """Cells of plain text."""
    return [(Run(cell),) if cell else () for cell in cells]


def _fits(rows: Sequence[Cells]) -> bool:
    cells = [cell for row in rows for cell in row]
    if any("\n" in words(cell) or any(run.link for run in cell) for cell in cells):
        return False
    return sum(_widths([[words(cell) for cell in row] for row in rows])) + 2 * len(rows[0]) <= NARROW + 2


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]


def _boxes(header: list[str], rows: list[list[str]]) -> Iterator[str]:
    """Every box repeats the header, so that each can be read alone."""
    widths = _widths([header, *rows])
    top = f"{_line(header, widths)}\n{'─' * (sum(widths) + 2 * len(widths) - 2)}"
    lines: list[str] = []
    for row in rows:
        line = _line(row, widths)
        if lines and weight({"text": "\n".join([top, *lines, line])}) > PASSAGE - 200:
            yield "\n".join([top, *lines])
            lines = []
        lines.append(line)
    yield "\n".join([top, *lines])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _labelled(label: Runs, cell: Runs) -> Runs:
    return (Run(f"{words(label)}: ", strong=True), *cell) if words(label) else cell


def _joined(lines: Sequence[Runs]) -> Runs:
    return tuple(run for i, line in enumerate(lines) for run in ((Run("\n"), *line) if i else line))

"""Tables: a grid in a box where it is narrow enough for a phone, else labelled lines; or, where somebody may want it in
another order, a block of Slack's that sorts. Nothing is lost either way."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from bot.chat.markdown import Run, Runs, shown, words
from bot.chat.post import Table
from bot.platforms.slack.limits import CELLS, PASSAGE, TABLE_COLUMNS, TABLE_ROWS, Block, length, weight

NARROW = 56
"""Ours: a wider box wraps in Slack's narrow column, and then columns cannot be told apart."""

PAGE = 25
"""Ours: rows that a sorting table shows at once; Slack's own default is 5, and 100 the most."""

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?%?", re.ASCII)

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


def sorting_block(table: Table) -> Block | None:
    """A table that its reader can sort, by numbers where a column holds nothing else; None when it is too large."""
    rows = [[shown(cell).strip() or "–" for cell in row] for row in (table.header, *table.rows)]
    caption = shown(table.caption).strip() or "Table"
    if not 2 <= len(rows) <= TABLE_ROWS or not 1 <= len(rows[0]) <= TABLE_COLUMNS or length(caption) > PASSAGE // 4:
        return None
    if sum(length(cell) for row in rows for cell in row) > CELLS:
        return None
    numeric = [all(_NUMBER.fullmatch(cell) for cell in column) for column in zip(*rows[1:], strict=True)]
    header = [{"type": "raw_text", "text": cell} for cell in rows[0]]
    cells = [[_cell(cell, number) for cell, number in zip(row, numeric, strict=True)] for row in rows[1:]]
    return {"type": "data_table", "caption": caption, "rows": [header, *cells], "page_size": min(len(cells), PAGE)}


def cells_weight(block: Block) -> int:
    """What a sorting block counts for in a message: its text, which is how Slack measures it."""
    said = sum(length(str(cell["text"])) for row in block["rows"] for cell in row)
    return said + length(block["caption"]) + said // 8 + 100


def _cell(text: str, number: bool) -> dict[str, Any]:
    if not number:
        return {"type": "raw_text", "text": text}
    return {"type": "raw_number", "value": float(text.removesuffix("%")), "text": text}


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

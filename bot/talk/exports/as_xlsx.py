"""Workbooks. Every text is written as a text: a spreadsheet makes no formula and no link of it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from bot.talk.exports.cells import in_words, plain_text
from bot.talk.exports.sheets import Cell, Export, Row, Sheet

CELL = 32_767
"""Characters of a cell, in UTF-16. Microsoft: "Excel specifications and limits", as the next."""
ROWS = 1_048_576
"""Of a worksheet, the header included."""

CHUNK = 64 * 1024
PART = "part"
_WIDTHS = {"member": 24, "answer": 80, "feedback": 50, "prompt": 26}


def xlsx_file(export: Export) -> Iterator[bytes]:
    """The file in pieces of CHUNK bytes. It is put together on disk, in a folder of its own that is gone afterwards."""
    with TemporaryDirectory(prefix="homeroom-export-") as folder:
        file = Path(folder) / "export.xlsx"
        kept_as_written = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        with Workbook(str(file), {"constant_memory": True, "tmpdir": folder, **kept_as_written}) as book:
            formats = _Formats(book)
            for sheet in export.sheets:
                _write_sheet(book, sheet, formats)
        with file.open("rb") as made:
            while chunk := made.read(CHUNK):
                yield chunk


class _Formats:
    def __init__(self, book: Workbook) -> None:
        self.header = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
        self.text = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})  # after edits too
        self.plain = book.add_format({"valign": "top"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "valign": "top"})


def _write_sheet(book: Workbook, sheet: Sheet, formats: _Formats) -> None:
    """In as many worksheets as it takes. What is too long for a cell goes on in the next row, under the same key."""
    header = (*sheet.header, PART)
    page, number, line = _page(book, sheet.name, header, formats), 1, 1
    for row in sheet.rows:
        for part, cells in enumerate(_parts(row), 1):
            if line == ROWS:
                number += 1
                page, line = _page(book, f"{sheet.name} {number}", header, formats), 1
            for column, cell in enumerate((*cells, part)):
                _write(page, line, column, cell, formats)
            line += 1


def _page(book: Workbook, name: str, header: tuple[str, ...], formats: _Formats) -> Worksheet:
    page: Worksheet = book.add_worksheet(name)
    page.freeze_panes(1, 1)
    for column, word in enumerate(header):
        page.set_column(column, column, _WIDTHS.get(word, 19 if word.endswith("_at") else 13))
        page.write_string(0, column, word, formats.header)
    return page


def _parts(row: Row) -> Iterator[tuple[Cell, ...]]:
    """The row, and as many more as its longest cell takes. Short cells stand in each."""
    pieces = [_pieces(cell) for cell in row]
    for part in range(max(map(len, pieces))):
        yield tuple(each[0] if len(each) == 1 else each[part] if part < len(each) else None for each in pieces)


def _pieces(cell: Cell) -> list[Any]:
    if cell is None or isinstance(cell, int | date):
        return [cell]
    text = plain_text(in_words(cell))
    if len(text) <= CELL // 2:
        return [text]
    size = CELL if text.isascii() or max(text) <= "\uffff" else CELL // 2
    return [text[first : first + size] for first in range(0, len(text), size)]


def _write(page: Worksheet, line: int, column: int, cell: Any, formats: _Formats) -> None:
    if isinstance(cell, datetime):
        page.write_datetime(line, column, cell.astimezone(UTC).replace(tzinfo=None), formats.moment)
    elif isinstance(cell, date):
        page.write_datetime(line, column, cell, formats.day)
    elif isinstance(cell, int):
        page.write_number(line, column, cell, formats.plain)
    elif cell:
        page.write_string(line, column, cell, formats.text)

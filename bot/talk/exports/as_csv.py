"""CSV as RFC 4180 has it: commas, everything quoted, UTF-8. It begins with the mark by which Excel knows UTF-8; readers
call that "utf-8-sig". Whoever works in Excel is better served with a workbook, which knows texts from formulas."""

import codecs
import csv
from collections.abc import Iterator
from io import StringIO

from bot.talk.exports.cells import in_words, inert, plain_text
from bot.talk.exports.sheets import Row, Sheet

CHUNK = 64 * 1024


def csv_file(sheet: Sheet) -> Iterator[bytes]:
    """The file, a piece of about CHUNK characters at a time."""
    yield codecs.BOM_UTF8
    lines = StringIO(newline="")
    writer = csv.writer(lines, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(sheet.header)
    for row in sheet.rows:
        writer.writerow(_cells(row))
        if lines.tell() >= CHUNK:
            yield lines.getvalue().encode()
            lines.seek(0)
            lines.truncate()
    yield lines.getvalue().encode()


def _cells(row: Row) -> list[str]:
    return [inert(plain_text(in_words(cell))) for cell in row]

"""JSON, one object: what it is, and each sheet as a list of objects. Valid to its last bracket, however long."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from bot.talk.exports.cells import in_words
from bot.talk.exports.sheets import Cell, Export, Sheet

ROWS = 50


def json_file(export: Export) -> Iterator[bytes]:
    """The file, a few rows at a time; texts as they are in the record."""
    about = {"what": export.what, "cohort": export.cohort, "made_at": in_words(export.made_at)}
    yield _encoded(about)[:-1]
    for sheet in export.sheets:
        yield b",\n" + _encoded(sheet.name) + b": ["
        yield from _rows(sheet)
        yield b"\n]"
    yield b"}\n"


def _rows(sheet: Sheet) -> Iterator[bytes]:
    between, waiting = b"\n", bytearray()
    for number, row in enumerate(sheet.rows, 1):
        waiting += between + _encoded(dict(zip(sheet.header, map(_value, row), strict=True)))
        between = b",\n"
        if number % ROWS == 0:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)


def _value(cell: Cell) -> Any:
    return in_words(cell) if isinstance(cell, date) else cell


def _encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")

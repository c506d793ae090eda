"""The data files that a lesson brings, as its page shows them."""

import re
from dataclasses import dataclass

from bot.curriculum.materials import to_table

_NUMBER = re.compile(r"[-+−<>≈~]?\s*[\d.,\s]+\s*%?")
_MEDIA_TYPES = {"csv": "text/csv", "md": "text/markdown", "txt": "text/plain"}


@dataclass(frozen=True)
class Sheet:
    """A table. `numeric`: for each column, whether it holds numbers; an empty cell is one for the reader to fill in."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]


def to_sheet(text: str) -> Sheet:
    """A CSV text with a header row as a table, as wide as its widest row."""
    written = to_table(text)
    lines = (written[0], *written[1])
    width = max(map(len, lines))
    header, *rows = (line + ("",) * (width - len(line)) for line in lines)
    return Sheet(header, tuple(rows), tuple(_is_numeric([row[at] for row in rows]) for at in range(width)))


def media_type(name: str) -> str:
    """A file's type, by its ending; the model allows three."""
    return _MEDIA_TYPES[name.rpartition(".")[2]]


def file_size(text: str) -> str:
    """ "1.4 KB": what a download weighs."""
    number = len(text.encode("utf-8", "replace"))
    return f"{number} bytes" if number < 1_000 else f"{number / 1_000:.1f} KB"


def _is_numeric(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(_NUMBER.fullmatch(cell) for cell in filled)

"""What may stand in a cell, so that a spreadsheet shows it and does nothing else."""

import re
from datetime import datetime

from bot.talk.exports.sheets import Cell

_STARTS = "=+-@＝＋－＠﹢﹣﹦﹫−"
"""What a spreadsheet may take for the beginning of a formula: as OWASP's page on CSV injection lists them, their
full-width and small forms, and the minus sign."""

_FORMULA = re.compile(rf"'*(?:[\t\r\n]|[\s\u00ad\u200b-\u200f\u2060-\u2064\ufeff]*[{re.escape(_STARTS)}])")


def plain_text(text: str) -> str:
    """A text without what neither XML nor a spreadsheet can hold; every line end a newline."""
    lines = re.sub("\r\n?|[\u0085\u2028\u2029]", "\n", text)
    return re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "\ufffd", lines)


def inert(text: str) -> str:
    """A text for CSV, which cannot say that something is a text: what would begin a formula has an apostrophe before
    it. What begins with apostrophes and then so gets one more, so that the first can always be taken off again."""
    return f"'{text}" if _FORMULA.match(text) else text


def in_words(cell: Cell) -> str:
    """A cell as one text; moments are in UTC, to the second, as ISO 8601 has them."""
    if cell is None:
        return ""
    if isinstance(cell, tuple):
        return "\n\n".join(cell)
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%dT%H:%M:%SZ}"
    return str(cell)

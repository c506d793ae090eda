"""Numbers as they come along in addresses and forms."""

MOST_DIGITS = 18
"""Of an id: what fits every database's integers."""


def to_number(text: str | None) -> int:
    """A number above 0, in plain digits; 0, which no row has, for whatever else somebody may send."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else 0

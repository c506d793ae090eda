"""How close we go to Slack's numbers, which stand in `bot.chat.limits.slack`, and how text is measured against them.

The limit of a whole message is not documented, and what was seen of it differs by the kind of block. So the blocks are
measured as the JSON that is sent, and stay well below.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from bot.chat.limits import slack as stated

Block = Mapping[str, Any]

MESSAGE = stated.BLOCKS_CHARACTERS - 2_500
"""Characters of JSON over all blocks of a message. The text beside them is counted by itself."""
MESSAGE_BLOCKS = stated.MESSAGE_BLOCKS
VIEW_BLOCKS = stated.VIEW_BLOCKS
VIEW = 60_000  # ours: characters of JSON in a modal or a Home; what is longer has several pages
PASSAGE = stated.TEXT_OBJECT  # ours, in characters of JSON: a paragraph's elements have no limit of their own
HEADER = stated.HEADER
ALT = stated.ALT_TEXT
CONTEXT = 2_000  # ours: one quiet line; the element takes more
ROW_BUTTONS = 5  # ours: as many as on Discord; Slack takes 25
TITLE = stated.VIEW_TITLE
INPUT = stated.INPUT
LABEL = stated.LABEL  # of an input, and its hint
OPTION = stated.OPTION_TEXT
BUTTON = stated.BUTTON_TEXT
VALUE = stated.OPTION_VALUE
OPTIONS = stated.SELECT_OPTIONS
PRIVATE = stated.PRIVATE_METADATA
TABLE_ROWS = stated.DATA_TABLE_ROWS
TABLE_COLUMNS = stated.TABLE_COLUMNS
CELLS = 9_000  # ours: characters in the cells of one data table; all of a message may hold 10,000

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def escaped(text: str) -> str:
    """Text as mrkdwn shows it to the letter: no mention, no link, no date can begin."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(text: str) -> str:
    """What somebody typed, from what Slack sends."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def length(text: str) -> int:
    """Characters as the strictest reader counts them: UTF-16 units of the escaped text."""
    text = escaped(text)
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def shortened(line: str, most: int) -> str:
    """A label of at most so many characters; what is longer ends in "…". For labels only, never for content."""
    if length(line) <= most:
        return line
    kept = line[: most - 1]
    while length(kept) > most - 1:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def weight(block: Block) -> int:
    """Characters of a block as JSON."""
    return length(_ENCODER.encode(block)) + 1


def weights(blocks: Iterable[Block]) -> int:
    """Characters of all the blocks of a message."""
    return sum(weight(block) for block in blocks) + 1

"""Slack's limits, and how text is measured against them.

Sources: the Block Kit reference for single blocks and views; bolt-js#2509 and #2867 for the whole message, whose limit
is not documented: messages were refused (`msg_blocks_too_long`) from about 13,300 characters of one block, and with
11,341 characters of text in many rich_text blocks. So the blocks are measured as the JSON that is sent.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

Block = Mapping[str, Any]

MESSAGE = 10_500  # characters of JSON over all blocks of a message; with text and metadata it stays below 11,000
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
VIEW = 60_000  # ours: a modal longer than this is sent as messages instead
PASSAGE = 3_000  # characters of JSON in one paragraph; a section's text object takes 3,000
HEADER = 150
CONTEXT = 2_000
ROW_BUTTONS = 5
TITLE = 24  # of a modal
INPUT = 3_000  # of a plain_text_input
LABEL = 2_000  # of an input's label and hint
FALLBACK = 300  # ours: the notification's text


def escaped(text: str) -> str:
    """Text as mrkdwn shows it to the letter: no mention, no link, no date can begin."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(text: str) -> str:
    """What somebody typed, from what Slack sends."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def length(text: str) -> int:
    """Characters as the strictest reader counts them: UTF-16 units of the escaped text."""
    return len(escaped(text).encode("utf-16-le", "surrogatepass")) // 2


def weight(block: Block) -> int:
    """Characters of a block as JSON."""
    return length(json.dumps(block, ensure_ascii=False, separators=(",", ":"))) + 1


def weights(blocks: Iterable[Block]) -> int:
    """Characters of all the blocks of a message."""
    return sum(weight(block) for block in blocks) + 1

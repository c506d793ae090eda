"""What a reader sees in a rendered body: its text and its buttons."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def text_of(blocks: Sequence[Mapping[str, Any]]) -> str:
    """All text that a reader sees, in order, one line to a block; a button's label in square brackets."""
    return "\n".join(line for block in blocks for line in _lines(block))


def buttons_of(blocks: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """(label, action) of every button, in order."""
    rows = [block["buttons"] for block in blocks if block["type"] == "buttons"]
    return tuple((button["label"], button["action"]) for row in rows for button in row)


def finders_of(blocks: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The command of every finder, in order."""
    return tuple(block["command"] for block in blocks if block["type"] == "finder")


def _lines(block: Mapping[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "paragraph" | "quote" | "title":
            yield _bare(block["runs"])
        case "item":
            yield f"{block['marker']} {_bare(block['runs'])}".strip()
        case "callout":
            yield from [block["label"]] if block["label"] and not block["continued"] else []
            yield from (line for inner in block["blocks"] for line in _lines(inner))
        case "words":
            yield from [block["by"]] if block["by"] and not block["continued"] else []
            yield block["text"]
        case "moment":
            yield f"{block['label']} {block['when']}"
        case "table":
            yield from [" | ".join(map(_bare, block["header"]))] if not block["continued"] else []
            yield from (" | ".join(map(_bare, row)) for row in block["rows"])
        case "buttons":
            yield " ".join(f"[{button['label']}]" for button in block["buttons"])
        case "finder":
            yield block["label"]
        case "picture":
            yield block["alt"]
        case "ping":
            yield f"@{block['ref']}"
        case "divider":
            return
        case _:
            yield block["text"]


def _bare(runs: Sequence[Mapping[str, Any]]) -> str:
    return "".join(run["text"] for run in runs)

"""Block Kit as Slack accepts it: every kind of block, what it may hold and how much of it. Source: docs.slack.dev."""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.fakes.slack.limits import BLOCKS_CHARACTERS, MARKDOWN, MESSAGE_BLOCKS, TABLE_CHARACTERS, VIEW_BLOCKS
from bot.fakes.slack.rules import (
    Rule,
    Shape,
    anything,
    at,
    boolean,
    error,
    items,
    number,
    one_of,
    string,
    text_length,
    typed,
)

MESSAGE_ONLY = frozenset({"markdown", "table", "data_table", "file"})
_RADIO = 10
_ID = string(255)


def plain(most: int) -> Rule:
    """A plain_text object of at most `most` characters."""
    return Shape({"type": one_of("plain_text"), "text": string(most)}, {"emoji": boolean})


def either(most: int) -> Rule:
    """A plain_text or mrkdwn object."""
    return Shape(
        {"type": one_of("plain_text", "mrkdwn"), "text": string(most)}, {"emoji": boolean, "verbatim": boolean}
    )


CONFIRM = Shape(
    {"title": plain(100), "text": either(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
OPTION = Shape({"text": either(75), "value": string(150)}, {"description": either(75), "url": string(3_000)})
OPTIONS = items(OPTION, 100)
GROUPS = items(Shape({"label": plain(75), "options": OPTIONS}), 100)
_ACTION: dict[str, Rule] = {"action_id": _ID, "confirm": CONFIRM, "focus_on_load": boolean}
_PICK: dict[str, Rule] = {**_ACTION, "placeholder": plain(150)}

ELEMENTS: dict[str, Shape] = {
    "button": Shape(
        {"text": plain(75)},
        {
            **_ACTION,
            "url": string(3_000),
            "value": string(2_000),
            "style": one_of("primary", "danger"),
            "accessibility_label": string(75),
        },
    ),
    "static_select": Shape({}, {**_PICK, "options": OPTIONS, "option_groups": GROUPS, "initial_option": OPTION}),
    "external_select": Shape({}, {**_PICK, "min_query_length": number(0, 1_000), "initial_option": OPTION}),
    "users_select": Shape({}, {**_PICK, "initial_user": string(30)}),
    "conversations_select": Shape({}, {**_PICK, "initial_conversation": string(30)}),
    "channels_select": Shape({}, {**_PICK, "initial_channel": string(30)}),
    "overflow": Shape({"options": items(OPTION, 5)}, _ACTION),
    "datepicker": Shape({}, {**_PICK, "initial_date": string(10)}),
    "timepicker": Shape({}, {**_PICK, "initial_time": string(5), "timezone": string(64)}),
    "radio_buttons": Shape({"options": items(OPTION, _RADIO)}, {**_ACTION, "initial_option": OPTION}),
    "checkboxes": Shape({"options": items(OPTION, _RADIO)}, {**_ACTION, "initial_options": items(OPTION, _RADIO)}),
    "image": Shape({"alt_text": string(2_000)}, {"image_url": string(3_000), "slack_file": anything}),
    "plain_text_input": Shape(
        {},
        {
            "action_id": _ID,
            "initial_value": string(3_000, least=0),
            "multiline": boolean,
            "min_length": number(0, 3_000),
            "max_length": number(1, 3_000),
            "dispatch_action_config": anything,
            "focus_on_load": boolean,
            "placeholder": plain(150),
        },
    ),
}
_PICKED = tuple(kind for kind in ELEMENTS if kind not in ("image", "plain_text_input"))


def _section_has_words(block: Any, pointer: str) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield error("must have text or fields", pointer)


def _button_ids_differ(block: Any, pointer: str) -> Iterator[str]:
    seen: set[str] = set()
    for position, element in enumerate(block.get("elements") or ()):
        action = element.get("action_id") if isinstance(element, dict) else None
        if action in seen:
            yield error(f"`action_id` {action!r} already exists in this block", at(pointer, "elements", position))
        seen.add(action) if isinstance(action, str) else None


def _table_is_square(block: Any, pointer: str) -> Iterator[str]:
    rows = [row for row in block.get("rows") or () if isinstance(row, list)]
    if len({len(row) for row in rows}) > 1:
        yield error("every row must have the same number of cells", at(pointer, "rows"))
    if text_length(rows) > TABLE_CHARACTERS:
        yield error(f"all cells together must be less than {TABLE_CHARACTERS + 1} characters", at(pointer, "rows"))


def _header_row_is_raw(block: Any, pointer: str) -> Iterator[str]:
    yield from _table_is_square(block, pointer)
    for cell in (block.get("rows") or [[]])[0]:
        if isinstance(cell, dict) and cell.get("type") == "rich_text":
            yield error("a header cell cannot be rich_text", at(pointer, "rows", 0))


CELLS: dict[str, Shape] = {
    "raw_text": Shape({"text": string(TABLE_CHARACTERS)}),
    "raw_number": Shape({"value": anything}, {"text": string(255)}),
    "rich_text": Shape({"elements": items(anything, 1_000)}, {"block_id": _ID}),
}
_ROW = items(typed(CELLS, "raw_text", "rich_text"), 20)
_DATA_ROW = items(typed(CELLS, "raw_text", "raw_number", "rich_text"), 20)
_CONTEXT = {"image": ELEMENTS["image"], "plain_text": Shape({"text": string(3_000)}, {"emoji": boolean})}
_CONTEXT["mrkdwn"] = Shape({"text": string(3_000)}, {"verbatim": boolean})

BLOCKS: dict[str, Shape] = {
    "section": Shape(
        {},
        {
            "text": either(3_000),
            "fields": items(either(2_000), 10),
            "accessory": typed(ELEMENTS, *_PICKED, "image"),
            "expand": boolean,
        },
        _section_has_words,
    ),
    "header": Shape({"text": plain(150)}),
    "context": Shape({"elements": items(typed(_CONTEXT, *_CONTEXT), 10)}),
    "divider": Shape({}),
    "actions": Shape({"elements": items(typed(ELEMENTS, *_PICKED), 25)}, {}, _button_ids_differ),
    "input": Shape(
        {"label": plain(2_000), "element": typed(ELEMENTS, *_PICKED, "plain_text_input")},
        {"hint": plain(2_000), "optional": boolean, "dispatch_action": boolean},
    ),
    "image": Shape(
        {"alt_text": string(2_000)},
        {"image_url": string(3_000), "slack_file": anything, "title": plain(2_000)},
    ),
    "markdown": Shape({"text": string(MARKDOWN)}),
    "rich_text": Shape({"elements": items(anything, 1_000)}),
    "table": Shape({"rows": items(_ROW, 100)}, {"column_settings": items(anything, 20)}, _table_is_square),
    "data_table": Shape(
        {"rows": items(_DATA_ROW, 201, least=2), "caption": string(2_000)},
        {"page_size": number(1, 100), "row_header_column_index": number(0, 19)},
        _header_row_is_raw,
    ),
}
for _shape in BLOCKS.values():
    _shape.optional["block_id"] = _ID

VIEW = Shape(
    {"type": one_of("modal", "home"), "blocks": items(typed(BLOCKS, *BLOCKS), VIEW_BLOCKS)},
    {
        "title": plain(24),
        "submit": plain(24),
        "close": plain(24),
        "private_metadata": string(3_000, least=0),
        "callback_id": string(255),
        "external_id": string(255, least=0),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)


COLOURED = Shape({"blocks": items(anything, MESSAGE_BLOCKS)}, {"color": string(7), "fallback": string(3_000)})
"""An attachment of today: a coloured bar beside blocks. The legacy fields are not for new apps."""


def block_errors(blocks: Sequence[Any], pointer: str = "/blocks") -> list[str]:
    """Everything wrong with the blocks of one message, in Slack's own manner of saying so."""
    found = list(items(typed(BLOCKS, *BLOCKS), MESSAGE_BLOCKS)(blocks, pointer))
    return found + list(_ids_differ(blocks, pointer))


def view_errors(view: Any) -> list[str]:
    """Everything wrong with a modal or a home tab."""
    found = list(VIEW(view, "/view"))
    if found:
        return found
    return [*_ids_differ(view["blocks"], "/view/blocks"), *_modal_is_whole(view)]


def size_error(blocks: Sequence[Any]) -> str | None:
    """Slack's code for legal blocks that are too much together, or None."""
    markdown = [block for block in blocks if block.get("type") == "markdown"]
    too_long = text_length(blocks) > BLOCKS_CHARACTERS or text_length(markdown) > MARKDOWN
    return "msg_blocks_too_long" if too_long else None


def _ids_differ(blocks: Sequence[Any], pointer: str) -> Iterator[str]:
    named = [block.get("block_id") for block in blocks if isinstance(block, dict) and block.get("block_id")]
    for twice in sorted({name for name in named if isinstance(name, str) and named.count(name) > 1}):
        yield error(f"`block_id` {twice!r} already exists", pointer)


def _modal_is_whole(view: Any) -> Iterator[str]:
    kinds = {block["type"] for block in view["blocks"]}
    if kinds & MESSAGE_ONLY:
        yield error(f"unsupported type in a view: {', '.join(sorted(kinds & MESSAGE_ONLY))}", "/view/blocks")
    if view["type"] == "modal" and "title" not in view:
        yield error("missing required field: title", "/view")
    if view["type"] == "modal" and "input" in kinds and "submit" not in view:
        yield error("missing required field: submit, which a view with input blocks needs", "/view")

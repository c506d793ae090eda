"""Block Kit as Slack accepts it: every kind of block, what it may hold and how much of it. Source: docs.slack.dev."""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.fakes.slack import limits
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
_ID = string(limits.ACTION_ID)


def plain(most: int) -> Rule:
    """A plain_text object of at most `most` characters."""
    return Shape({"type": one_of("plain_text"), "text": string(most)}, {"emoji": boolean})


def either(most: int) -> Rule:
    """A plain_text or mrkdwn object."""
    return Shape(
        {"type": one_of("plain_text", "mrkdwn"), "text": string(most)}, {"emoji": boolean, "verbatim": boolean}
    )


CONFIRM = Shape(
    {
        "title": plain(limits.CONFIRM_TITLE),
        "text": either(limits.CONFIRM_TEXT),
        "confirm": plain(limits.CONFIRM_BUTTON),
        "deny": plain(limits.CONFIRM_BUTTON),
    },
    {"style": one_of("primary", "danger")},
)
OPTION = Shape(
    {"text": either(limits.OPTION_TEXT), "value": string(limits.OPTION_VALUE)},
    {"description": either(limits.OPTION_TEXT), "url": string(limits.OPTION_URL)},
)
OPTIONS = items(OPTION, limits.SELECT_OPTIONS)
GROUPS = items(Shape({"label": plain(limits.GROUP_LABEL), "options": OPTIONS}), limits.SELECT_OPTIONS)
_ACTION: dict[str, Rule] = {"action_id": _ID, "confirm": CONFIRM, "focus_on_load": boolean}
_PICK: dict[str, Rule] = {**_ACTION, "placeholder": plain(limits.PLACEHOLDER)}

ELEMENTS: dict[str, Shape] = {
    "button": Shape(
        {"text": plain(limits.BUTTON_TEXT)},
        {
            **_ACTION,
            "url": string(limits.BUTTON_URL),
            "value": string(limits.BUTTON_VALUE),
            "style": one_of("primary", "danger"),
            "accessibility_label": string(limits.ACCESSIBILITY_LABEL),
        },
    ),
    "static_select": Shape({}, {**_PICK, "options": OPTIONS, "option_groups": GROUPS, "initial_option": OPTION}),
    "external_select": Shape(
        {}, {**_PICK, "min_query_length": number(0, limits.QUERY_LENGTH), "initial_option": OPTION}
    ),
    "users_select": Shape({}, {**_PICK, "initial_user": string(30)}),
    "conversations_select": Shape({}, {**_PICK, "initial_conversation": string(30)}),
    "channels_select": Shape({}, {**_PICK, "initial_channel": string(30)}),
    "overflow": Shape({"options": items(OPTION, limits.OVERFLOW_OPTIONS)}, _ACTION),
    "datepicker": Shape({}, {**_PICK, "initial_date": string(10)}),
    "timepicker": Shape({}, {**_PICK, "initial_time": string(5), "timezone": string(64)}),
    "radio_buttons": Shape({"options": items(OPTION, limits.RADIO_OPTIONS)}, {**_ACTION, "initial_option": OPTION}),
    "checkboxes": Shape(
        {"options": items(OPTION, limits.RADIO_OPTIONS)},
        {**_ACTION, "initial_options": items(OPTION, limits.RADIO_OPTIONS)},
    ),
    "image": Shape(
        {"alt_text": string(limits.ALT_TEXT)}, {"image_url": string(limits.IMAGE_URL), "slack_file": anything}
    ),
    "plain_text_input": Shape(
        {},
        {
            "action_id": _ID,
            "initial_value": string(limits.INPUT, least=0),
            "multiline": boolean,
            "min_length": number(0, limits.INPUT),
            "max_length": number(1, limits.INPUT),
            "dispatch_action_config": anything,
            "focus_on_load": boolean,
            "placeholder": plain(limits.PLACEHOLDER),
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
    if text_length(rows) > limits.TABLE_CHARACTERS:
        says = f"all cells together must be less than {limits.TABLE_CHARACTERS + 1} characters"
        yield error(says, at(pointer, "rows"))


def _header_row_is_raw(block: Any, pointer: str) -> Iterator[str]:
    yield from _table_is_square(block, pointer)
    for cell in (block.get("rows") or [[]])[0]:
        if isinstance(cell, dict) and cell.get("type") == "rich_text":
            yield error("a header cell cannot be rich_text", at(pointer, "rows", 0))


CELLS: dict[str, Shape] = {
    "raw_text": Shape({"text": string(limits.TABLE_CHARACTERS)}),
    "raw_number": Shape({"value": anything}, {"text": string(255)}),
    "rich_text": Shape({"elements": items(anything, 1_000)}, {"block_id": _ID}),
}
_ROW = items(typed(CELLS, "raw_text", "rich_text"), limits.TABLE_COLUMNS)
_DATA_ROW = items(typed(CELLS, "raw_text", "raw_number", "rich_text"), limits.TABLE_COLUMNS)
_CONTEXT = {"image": ELEMENTS["image"], "plain_text": Shape({"text": string(limits.CONTEXT)}, {"emoji": boolean})}
_CONTEXT["mrkdwn"] = Shape({"text": string(limits.CONTEXT)}, {"verbatim": boolean})

BLOCKS: dict[str, Shape] = {
    "section": Shape(
        {},
        {
            "text": either(limits.SECTION),
            "fields": items(either(limits.SECTION_FIELD), limits.SECTION_FIELDS),
            "accessory": typed(ELEMENTS, *_PICKED, "image"),
            "expand": boolean,
        },
        _section_has_words,
    ),
    "header": Shape({"text": plain(limits.HEADER)}),
    "context": Shape({"elements": items(typed(_CONTEXT, *_CONTEXT), limits.CONTEXT_ELEMENTS)}),
    "divider": Shape({}),
    "actions": Shape({"elements": items(typed(ELEMENTS, *_PICKED), limits.ACTIONS)}, {}, _button_ids_differ),
    "input": Shape(
        {"label": plain(limits.LABEL), "element": typed(ELEMENTS, *_PICKED, "plain_text_input")},
        {"hint": plain(limits.LABEL), "optional": boolean, "dispatch_action": boolean},
    ),
    "image": Shape(
        {"alt_text": string(limits.ALT_TEXT)},
        {"image_url": string(limits.IMAGE_URL), "slack_file": anything, "title": plain(limits.IMAGE_TITLE)},
    ),
    "markdown": Shape({"text": string(limits.MARKDOWN)}),
    "rich_text": Shape({"elements": items(anything, 1_000)}),
    "table": Shape(
        {"rows": items(_ROW, limits.TABLE_ROWS)},
        {"column_settings": items(anything, limits.TABLE_COLUMNS)},
        _table_is_square,
    ),
    "data_table": Shape(
        {
            "rows": items(_DATA_ROW, limits.DATA_TABLE_ROWS, limits.DATA_TABLE_LEAST),
            "caption": string(limits.TEXT_OBJECT),
        },
        {
            "page_size": number(1, limits.DATA_TABLE_PAGE),
            "row_header_column_index": number(0, limits.TABLE_COLUMNS - 1),
        },
        _header_row_is_raw,
    ),
}
for _shape in BLOCKS.values():
    _shape.optional["block_id"] = _ID

VIEW = Shape(
    {"type": one_of("modal", "home"), "blocks": items(typed(BLOCKS, *BLOCKS), limits.VIEW_BLOCKS)},
    {
        "title": plain(limits.VIEW_TITLE),
        "submit": plain(limits.VIEW_TITLE),
        "close": plain(limits.VIEW_TITLE),
        "private_metadata": string(limits.PRIVATE_METADATA, least=0),
        "callback_id": string(limits.CALLBACK_ID),
        "external_id": string(limits.EXTERNAL_ID, least=0),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)


COLOURED = Shape(
    {"blocks": items(anything, limits.MESSAGE_BLOCKS)}, {"color": string(7), "fallback": string(limits.TEXT_OBJECT)}
)
"""An attachment of today: a coloured bar beside blocks. The legacy fields are not for new apps."""


def block_errors(blocks: Sequence[Any], pointer: str = "/blocks") -> list[str]:
    """Everything wrong with the blocks of one message, in Slack's own manner of saying so."""
    found = list(items(typed(BLOCKS, *BLOCKS), limits.MESSAGE_BLOCKS)(blocks, pointer))
    return [*found, *_ids_differ(blocks, pointer), *_tables_fit(blocks, pointer)]


def view_errors(view: Any) -> list[str]:
    """Everything wrong with a modal or a home tab."""
    found = list(VIEW(view, "/view"))
    if found:
        return found
    return [*_ids_differ(view["blocks"], "/view/blocks"), *_modal_is_whole(view)]


def size_error(blocks: Sequence[Any]) -> str | None:
    """Slack's code for legal blocks that are too much together, or None."""
    markdown = [block for block in blocks if block.get("type") == "markdown"]
    too_long = text_length(blocks) > limits.BLOCKS_CHARACTERS or text_length(markdown) > limits.MARKDOWN
    return "msg_blocks_too_long" if too_long else None


def _ids_differ(blocks: Sequence[Any], pointer: str) -> Iterator[str]:
    named = [block.get("block_id") for block in blocks if isinstance(block, dict) and block.get("block_id")]
    for twice in sorted({name for name in named if isinstance(name, str) and named.count(name) > 1}):
        yield error(f"`block_id` {twice!r} already exists", pointer)


def _tables_fit(blocks: Sequence[Any], pointer: str) -> Iterator[str]:
    tables = [block.get("rows") for block in blocks if isinstance(block, dict) and "rows" in block]
    if len(tables) > 1 and text_length(tables) > limits.TABLE_CHARACTERS:
        yield error(f"all tables together must be less than {limits.TABLE_CHARACTERS + 1} characters", pointer)


def _modal_is_whole(view: Any) -> Iterator[str]:
    kinds = {block["type"] for block in view["blocks"]}
    if kinds & MESSAGE_ONLY:
        yield error(f"unsupported type in a view: {', '.join(sorted(kinds & MESSAGE_ONLY))}", "/view/blocks")
    if view["type"] == "modal" and "title" not in view:
        yield error("missing required field: title", "/view")
    if view["type"] == "modal" and "input" in kinds and "submit" not in view:
        yield error("missing required field: submit, which a view with input blocks needs", "/view")

"""Forms as modals, and posts shown inside one. Pure: dicts for views.open, views.update and response_action."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.chat.markdown import part_text, shown
from bot.chat.port import Body
from bot.chat.post import Callout, Field, Form, Post, Rejected, Text, Words
from bot.platforms.slack.actions import PREFIX
from bot.platforms.slack.limits import INPUT, LABEL, TITLE, VIEW, VIEW_BLOCKS, Block, length, weights
from bot.platforms.slack.render import to_atoms, to_blocks
from bot.platforms.slack.rich import plain_text


def form_view(form: Form, private: str) -> Body:
    """A form as a modal. `private` comes back with the answer."""
    blocks = [*to_blocks(to_atoms(Post(form.title, tuple(_above(form))))), *[_input(field) for field in form.fields]]
    view = _view(form.title, blocks, private)
    return {
        **view,
        "callback_id": f"{PREFIX}{form.action}",
        "submit": plain_text("Send"),
        "close": plain_text("Cancel"),
    }


def post_view(post: Post, private: str) -> Body | None:
    """A private post as a modal, or None when it is too long for one."""
    blocks = to_blocks(to_atoms(post))
    if len(blocks) > VIEW_BLOCKS or weights(blocks) > VIEW:
        return None
    return {**_view(post.title, blocks, private), "close": plain_text("Close")}


def reopened_view(view: Mapping[str, Any], says: str) -> Body:
    """A form that was sent, open again: a sentence above it, and in every field what was typed."""
    written = to_values(view)
    blocks = [block for block in view["blocks"] if block.get("block_id") != "hr-says"]
    filled = [_filled(block, written) if block["type"] == "input" else block for block in blocks]
    above = {"type": "context", "block_id": "hr-says", "elements": [plain_text(says)]}
    kept = {
        name: view[name] for name in ("title", "submit", "close", "callback_id", "private_metadata") if view.get(name)
    }
    return {"type": "modal", **kept, "blocks": [above, *filled][:VIEW_BLOCKS]}


def to_values(view: Mapping[str, Any]) -> dict[str, str]:
    """What stands in a sent form: field id → text."""
    values = view.get("state", {}).get("values", {})
    return {
        name.partition("~")[0]: element.get("value") or ""
        for elements in values.values()
        for name, element in elements.items()
    }


def to_errors(view: Mapping[str, Any], rejected: Rejected) -> dict[str, str]:
    """Sentences by the block they stand under; one about an unknown field stands under the first."""
    inputs = [block["block_id"] for block in view.get("blocks", []) if block["type"] == "input"]
    known = {name.partition("~")[0]: name for name in inputs}
    return {known.get(field, inputs[0]): shown(says) for field, says in rejected.errors} if inputs else {}


def private_note(channel: str | None, workspace: str) -> str:
    """What a modal remembers of where it was opened (private_metadata)."""
    return json.dumps({"channel": channel, "workspace": workspace})


def to_channel(view: Mapping[str, Any]) -> str | None:
    """The channel that a modal was opened from."""
    try:
        channel = json.loads(view.get("private_metadata") or "{}").get("channel")
    except (ValueError, AttributeError):
        return None
    return channel if isinstance(channel, str) else None


def _above(form: Form) -> Iterator[Text | Callout | Words]:
    if form.intro:
        yield Text(form.intro)
    for field in form.fields:
        if not _holds(field):
            yield Callout(f"{field.label}: this is longer than the field takes, so it stands here", "")
            yield Words(field.value)


def _holds(field: Field) -> bool:
    return len(shown(field.value)) <= min(field.max_length, INPUT)


def _input(field: Field) -> Block:
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": field.id,
        "multiline": field.long,
        "max_length": min(field.max_length, INPUT),
    }
    if field.value and _holds(field):
        element["initial_value"] = shown(field.value)
    label = part_text(shown(field.label) or " ", LABEL)[0]
    block = {"type": "input", "block_id": field.id, "label": plain_text(label), "element": element}
    hint = {"hint": plain_text(part_text(shown(field.hint), LABEL)[0])} if field.hint else {}
    return {**block, **hint, "optional": not field.required}


def _filled(block: Mapping[str, Any], written: Mapping[str, str]) -> Block:
    """A new block_id makes Slack show the new initial value instead of what it remembers."""
    name = block["block_id"].partition("~")[0]
    element = {key: value for key, value in block["element"].items() if key != "initial_value"}
    value = {"initial_value": written[name]} if written.get(name) else {}
    return {**block, "block_id": f"{block['block_id']}~", "element": {**element, **value}}


def _view(title: str, blocks: list[Block], private: str) -> dict[str, Any]:
    named = title if 0 < length(title) <= TITLE else "Homeroom"
    return {"type": "modal", "title": plain_text(named), "blocks": blocks, "private_metadata": private}

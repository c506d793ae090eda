"""Forms as modals, and posts shown inside one or as somebody's Home. Pure: dicts for the views.* methods and for a
response_action."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.chat.markdown import part_text, shown
from bot.chat.port import Body
from bot.chat.post import Button, Callout, Field, Form, Post, Rejected, Text, Words
from bot.platforms.slack.actions import PREFIX, button_atoms
from bot.platforms.slack.commands import READ_ONLY
from bot.platforms.slack.limits import INPUT, LABEL, TITLE, VIEW, VIEW_BLOCKS, Block, length, weights
from bot.platforms.slack.memory import Memory
from bot.platforms.slack.render import parted, to_atoms, to_blocks
from bot.platforms.slack.rich import Atom, plain_text
from bot.platforms.slack.selecting import choice_element, initial_option

TURN = "page"
"""The action that shows another page of a view: "page:2"."""


def form_view(form: Form, memory: Memory) -> Body:
    """A form as a modal. `memory` comes back with the answer."""
    blocks = [*to_blocks(to_atoms(Post(form.title, tuple(_above(form))))), *[_input(field) for field in form.fields]]
    view = _modal(form.title, blocks, replace(memory, name="", options={}))
    return {
        **view,
        "callback_id": f"{PREFIX}{form.action}",
        "submit": plain_text("Send"),
        "close": plain_text("Cancel"),
    }


def post_view(post: Post, memory: Memory, page: int = 1, files: Sequence[str] = ()) -> Body | None:
    """A private post as a modal, or None when it has several pages and they cannot be asked for again by what `memory`
    holds. files: as of `render.render`."""
    blocks = _page(post, page, files, turns=memory.name in READ_ONLY and memory.is_whole)
    return {**_modal(post.title, blocks, memory), "close": plain_text("Close")} if blocks else None


def home_view(post: Post, memory: Memory, page: int = 1) -> Body:
    """A post as the Home tab."""
    blocks = _page(post, page, (), turns=True)
    return {"type": "home", "callback_id": f"{PREFIX}home", "blocks": blocks, "private_metadata": memory.note()}


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
    """What stands in a sent form: field id → text, or the value that was chosen."""
    values = view.get("state", {}).get("values", {})
    return {
        name.partition("~")[0]: _typed_or_chosen(element)
        for elements in values.values()
        for name, element in elements.items()
    }


def to_errors(view: Mapping[str, Any], rejected: Rejected) -> dict[str, str]:
    """Sentences by the block they stand under; one about an unknown field stands under the first."""
    inputs = [block["block_id"] for block in view.get("blocks", []) if block["type"] == "input"]
    known = {name.partition("~")[0]: name for name in inputs}
    return {known.get(field, inputs[0]): shown(says) for field, says in rejected.errors} if inputs else {}


def _page(post: Post, page: int, files: Sequence[str], turns: bool) -> list[Block]:
    """The blocks of one page, the last one at most; [] where there are several and nobody can turn them."""
    atoms = to_atoms(post, files=files) or [
        Atom({"type": "context", "elements": [plain_text(_short(post.title))]}, post.title)
    ]
    whole = to_blocks(atoms)
    if len(whole) <= VIEW_BLOCKS and weights(whole) <= VIEW:
        return whole
    if not turns:
        return []
    pages = parted(atoms, VIEW, VIEW_BLOCKS - 2)
    number = min(max(page, 1), len(pages))
    return to_blocks([*pages[number - 1], *_turns(number, len(pages))])


def _turns(number: int, of: int) -> Iterator[Atom]:
    says = f"Page {number} of {of}"
    yield Atom({"type": "context", "elements": [plain_text(says)]}, says)
    before = [Button(f"← Page {number - 1}", f"{TURN}:{number - 1}")] if number > 1 else []
    behind = [Button(f"Page {number + 1} →", f"{TURN}:{number + 1}", "primary")] if number < of else []
    yield from button_atoms([*before, *behind])


def _above(form: Form) -> Iterator[Text | Callout | Words]:
    if form.intro:
        yield Text(form.intro)
    for field in form.fields:
        if not _holds(field):
            yield Callout(f"{field.label}: this is longer than the field takes, so it stands here", "")
            yield Words(field.value)


def _holds(field: Field) -> bool:
    return bool(field.choices) or len(shown(field.value)) <= min(field.max_length, INPUT)


def _input(field: Field) -> Block:
    label = part_text(shown(field.label) or " ", LABEL)[0]
    element = choice_element(field) if field.choices else _text_element(field)
    block = {"type": "input", "block_id": field.id, "label": plain_text(label), "element": element}
    hint = {"hint": plain_text(part_text(shown(field.hint), LABEL)[0])} if field.hint else {}
    return {**block, **hint, "optional": not field.required}


def _text_element(field: Field) -> Block:
    element = {
        "type": "plain_text_input",
        "action_id": field.id,
        "multiline": field.long,
        "max_length": min(field.max_length, INPUT),
    }
    return {**element, "initial_value": shown(field.value)} if field.value and _holds(field) else element


def _filled(block: Mapping[str, Any], written: Mapping[str, str]) -> Block:
    """A new block_id makes Slack show the new initial value instead of what it remembers."""
    name = block["block_id"].partition("~")[0]
    element = {key: value for key, value in block["element"].items() if key not in ("initial_value", "initial_option")}
    return {**block, "block_id": f"{block['block_id']}~", "element": {**element, **_initial(element, written[name])}}


def _initial(element: Block, value: str) -> Block:
    if "options" in element:
        return initial_option(element["options"], value)
    return {"initial_value": value} if value else {}


def _typed_or_chosen(element: Mapping[str, Any]) -> str:
    chosen = element.get("selected_option") or {}
    return str(chosen.get("value") or element.get("value") or "")


def _modal(title: str, blocks: Sequence[Block], memory: Memory) -> dict[str, Any]:
    return {
        "type": "modal",
        "title": plain_text(_short(title)),
        "blocks": list(blocks),
        "private_metadata": memory.note(),
    }


def _short(title: str) -> str:
    return title if 0 < length(title) <= TITLE else "Homeroom"

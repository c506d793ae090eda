"""Buttons: a command that is ready to press, as an actions block."""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.chat.markdown import shown
from bot.chat.post import Button
from bot.platforms.slack.limits import BUTTON, ROW_BUTTONS, Block, shortened
from bot.platforms.slack.rich import Atom, plain_text

PREFIX = "hr:"
"""What our action_ids begin with; the action follows, and stands bare in the button's value."""


def button_atoms(buttons: Sequence[Button]) -> Iterator[Atom]:
    """Rows of at most five."""
    for at in range(0, len(buttons), ROW_BUTTONS):
        row = buttons[at : at + ROW_BUTTONS]
        yield Atom({"type": "actions", "elements": [_button(button) for button in row]}, "")


def told_apart(blocks: Sequence[Block]) -> list[Block]:
    """Blocks in which each action_id stands once: a second button or field with the same action carries a number."""
    seen: dict[str, int] = {}

    def once(element: dict[str, Any]) -> dict[str, Any]:
        name = element["action_id"]
        seen[name] = seen.get(name, 0) + 1
        return element if seen[name] == 1 else {**element, "action_id": f"{name}#{seen[name]}"}

    def apart(block: Block) -> Block:
        if block["type"] == "actions":
            return {**block, "elements": [once(element) for element in block["elements"]]}
        return {**block, "accessory": once(block["accessory"])} if "accessory" in block else block

    return [apart(block) for block in blocks]


def _button(button: Button) -> dict[str, Any]:
    element = {
        "type": "button",
        "text": plain_text(shortened(" ".join(shown(button.label).split()), BUTTON) or "…"),
        "action_id": f"{PREFIX}{button.action}",
        "value": button.action,
    }
    return element if button.style == "secondary" else {**element, "style": button.style}

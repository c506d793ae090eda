"""What we write into a component's custom_id, and read back: `hr:` + the button's action, and behind a "|" the part
key that finds the message again (or a number, where one message has the same action twice)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.platforms.discord.limits import CUSTOM_ID_LIMIT

PREFIX = "hr:"
MARKER_ACTION = "part"
"""The action of the disabled button that carries the key of a message without buttons."""

WRITE = "write:"
"""How the action of the button begins behind which a prompt's answer is written."""

_CUSTOM_ID = re.compile(r"hr:(.*?)(?:\|([a-z2-7]{24}[a-z]?|\d+))?", re.DOTALL)


def to_custom_id(action: str, tag: str | None = None) -> str:
    """Raises ValueError when Discord would refuse it: an action is at most 60 characters (see `bot.chat.post`)."""
    if not tag and to_action(PREFIX + action) != action:
        tag = "0"  # the action's own end reads like a tag
    custom_id = PREFIX + action + (f"|{tag}" if tag else "")
    if len(custom_id) > CUSTOM_ID_LIMIT:
        raise ValueError(f"the action of a button is too long for Discord: {len(action)} characters")
    return custom_id


def to_action(custom_id: str) -> str | None:
    """The action of a custom_id of ours; None for anybody else's."""
    match = _CUSTOM_ID.fullmatch(custom_id)
    return match[1] if match else None


def is_prompt(components: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a message asks for an answer under its own key: another one may hold the same button, and its key is
    another."""
    for component in components:
        match = _CUSTOM_ID.fullmatch(str(component.get("custom_id") or ""))
        if match and match[2] and match[1] == f"{WRITE}{match[2][:24]}":
            return True
        if is_prompt(component.get("components") or ()):
            return True
    return False


def part_keys(components: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The part keys that a message's components carry, as Discord's API lists them."""
    for component in components:
        match = _CUSTOM_ID.fullmatch(str(component.get("custom_id") or ""))
        if match and match[2] and not match[2].isdigit():
            yield match[2]
        yield from part_keys(component.get("components") or ())

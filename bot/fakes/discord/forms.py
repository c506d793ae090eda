"""A modal as one person sees it, and as their submit brings it back."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.fakes.discord.world import Json, Message, every_component
from bot.fakes.stage import OpenForm


@dataclass(frozen=True)
class Filling:
    """A modal in front of somebody."""

    channel_id: int
    modal: Json
    source: Message | None


def open_form(channel_id: int, modal: Json, source: Message | None) -> OpenForm:
    """The form in front of the person; `source`: the message whose button opened it."""
    parts = every_component(modal["components"])
    told = [part.get(key) for part in parts for key in ("content", "label", "description")]
    fields = {part["custom_id"]: part.get("value") or "" for part in parts if part["type"] == 4}
    handle = Filling(channel_id, modal, source)
    return OpenForm(modal["title"], "\n".join(each for each in told if each), fields, handle)


def filled_part(part: Json, values: Mapping[str, str]) -> Json:
    """One part of a modal as the submit brings it."""
    if part["type"] == 4:
        text = values[part["custom_id"]]
        _check_length(part, text)
        return {"type": 4, "id": part.get("id") or 1, "custom_id": part["custom_id"], "value": text}
    filled: Json = {"type": part["type"], "id": part.get("id") or 1}
    if "components" in part:
        filled["components"] = [filled_part(each, values) for each in part["components"]]
    if "component" in part:
        filled["component"] = filled_part(part["component"], values)
    return filled


def _check_length(field: Json, text: str) -> None:
    most, least = field.get("max_length") or 4_000, field.get("min_length") or 0
    if len(text) > most:
        raise ValueError(f"{field['custom_id']}: {len(text)} characters, Discord lets {most} be typed")
    if (field.get("required", True) and not text) or 0 < len(text) < least:
        raise ValueError(f"{field['custom_id']} must be filled in, with {max(least, 1)} characters or more")

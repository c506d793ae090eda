"""A modal as one person sees it, and as their submit brings it back."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.fakes.discord import limits
from bot.fakes.discord.world import Json, Message, every_component
from bot.fakes.stage import OpenForm

SELECT, TEXT_INPUT = 3, 4


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
    told += [option["label"] for part in parts for option in part.get("options", ())]
    fields = {part["custom_id"]: _standing(part) for part in parts if part["type"] in (TEXT_INPUT, SELECT)}
    handle = Filling(channel_id, modal, source)
    return OpenForm(modal["title"], "\n".join(each for each in told if each), fields, handle)


def filled_part(part: Json, values: Mapping[str, str]) -> Json:
    """One part of a modal as the submit brings it."""
    if part["type"] == TEXT_INPUT:
        text = values[part["custom_id"]]
        _check_length(part, text)
        return {"type": TEXT_INPUT, "id": part.get("id") or 1, "custom_id": part["custom_id"], "value": text}
    if part["type"] == SELECT:
        chosen = _chosen(part, values[part["custom_id"]])
        return {"type": SELECT, "id": part.get("id") or 1, "custom_id": part["custom_id"], "values": chosen}
    filled: Json = {"type": part["type"], "id": part.get("id") or 1}
    if "components" in part:
        filled["components"] = [filled_part(each, values) for each in part["components"]]
    if "component" in part:
        filled["component"] = filled_part(part["component"], values)
    return filled


def _standing(part: Json) -> str:
    """What stands in a field when the form opens."""
    if part["type"] == TEXT_INPUT:
        return part.get("value") or ""
    return next((option["value"] for option in part["options"] if option.get("default")), "")


def _chosen(select: Json, value: str) -> list[str]:
    """At most one of a select's options is chosen by whoever fills in a form here."""
    if value and value not in [option["value"] for option in select["options"]]:
        raise ValueError(f"{select['custom_id']} has no option {value!r} to choose")
    if not value and select.get("required", True):
        raise ValueError(f"{select['custom_id']} must be chosen")
    return [value] if value else []


def _check_length(field: Json, text: str) -> None:
    most, least = field.get("max_length") or limits.TEXT_INPUT, field.get("min_length") or 0
    if len(text) > most:
        raise ValueError(f"{field['custom_id']}: {len(text)} characters, Discord lets {most} be typed")
    if (field.get("required", True) and not text) or 0 < len(text) < least:
        raise ValueError(f"{field['custom_id']} must be filled in, with {max(least, 1)} characters or more")

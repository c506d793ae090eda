"""Form → a Discord modal, and the values that come back from one."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.chat.post import Choice, Field, Form
from bot.platforms.discord.inert import clean, defused
from bot.platforms.discord.limits import (
    CHOICE_LIMIT,
    CHOICE_NAME_LIMIT,
    FIELD_HINT_LIMIT,
    FIELD_LABEL_LIMIT,
    FIELD_LIMIT,
    MODAL_COMPONENT_LIMIT,
    MODAL_TITLE_LIMIT,
    TEXT_LIMIT,
    shortened,
    size,
)
from bot.platforms.discord.marks import to_custom_id
from bot.platforms.discord.units import markdown_units

_SELECT, _TEXT_INPUT = 3, 4


def modal(form: Form) -> dict[str, Any]:
    """The `data` of an interaction's answer of type 9. The intro stands above the fields, as far as it fits whole
    paragraphs into a modal; the whole of it stands in the channel."""
    components = [_label(field) for field in form.fields[:MODAL_COMPONENT_LIMIT]]
    intro = _intro(form)
    if intro and len(components) < MODAL_COMPONENT_LIMIT:
        components.insert(0, {"type": 10, "content": intro})
    title = shortened(defused(clean(form.title)), MODAL_TITLE_LIMIT) or "…"
    return {"custom_id": to_custom_id(form.action), "title": title, "components": components}


def to_values(components: object) -> Iterator[tuple[str, str]]:
    """(field id, what was written or chosen) of a modal as it comes back, whichever way its fields are wrapped. "" is a
    field that was left empty."""
    for kind, name, value in _filled(components):
        if kind in (_TEXT_INPUT, _SELECT):
            yield name, value


def to_written(components: object) -> Iterator[str]:
    """Only what somebody wrote, without what they chose."""
    for kind, _, value in _filled(components):
        if kind == _TEXT_INPUT and value.strip():
            yield value


def _filled(components: object) -> Iterator[tuple[object, str, str]]:
    for component in components if isinstance(components, list) else ():
        if not isinstance(component, Mapping):
            continue
        chosen = component.get("values")
        value = chosen[0] if isinstance(chosen, list) and chosen else component.get("value")
        yield component.get("type"), str(component.get("custom_id", "")), str(value or "")
        yield from _filled(component.get("components"))
        yield from _filled([component.get("component")])


def _intro(form: Form) -> str:
    text = ""
    for unit in markdown_units(form.intro):
        longer = f"{text}\n{unit.text}" if text else unit.text
        if size(longer) > TEXT_LIMIT:
            return f"{text}\n…"
        text = longer
    return text


def _label(field: Field) -> dict[str, Any]:
    label: dict[str, Any] = {"type": 18, "label": shortened(clean(field.label), FIELD_LABEL_LIMIT) or "…"}
    if field.hint.strip():
        label["description"] = shortened(clean(field.hint), FIELD_HINT_LIMIT)
    return label | {"component": _select(field) if field.choices else _text_input(field)}


def _select(field: Field) -> dict[str, Any]:
    """A field that may stay empty has to say so twice."""
    choices = list({choice.value: choice for choice in field.choices}.values())[:CHOICE_LIMIT]
    select: dict[str, Any] = {"type": _SELECT, "custom_id": field.id, "required": field.required}
    if not field.required:
        select["min_values"] = 0
    return select | {"options": [_select_option(choice, field.value) for choice in choices]}


def _select_option(choice: Choice, chosen: str) -> dict[str, Any]:
    name = shortened(clean(choice.name), CHOICE_NAME_LIMIT) or choice.value
    default = {"default": True} if choice.value == chosen else {}
    return {"label": name, "value": choice.value, **default}


def _text_input(field: Field) -> dict[str, Any]:
    """What stands in it is kept to the letter; a draft may be longer than what may be sent, up to Discord's own
    limit."""
    value = _sendable(field.value)
    text_input: dict[str, Any] = {
        "type": _TEXT_INPUT,
        "custom_id": field.id,
        "style": 2 if field.long else 1,
        "required": field.required,
        "max_length": min(max(field.max_length, len(value), 1), FIELD_LIMIT),
    }
    return text_input | {"value": value[:FIELD_LIMIT]} if value else text_input


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")

"""Checks of message components and modals against Discord's component reference."""

import re
from collections.abc import Iterable
from typing import Any

from bot.fakes.discord import limits
from bot.fakes.discord.errors import FormErrors
from bot.fakes.discord.world import Json, every_component

ROW, BUTTON, STRING_SELECT, TEXT_INPUT, SECTION, TEXT_DISPLAY, THUMBNAIL = 1, 2, 3, 4, 9, 10, 11
GALLERY, FILE, SEPARATOR, CONTAINER, LABEL, FILE_UPLOAD = 12, 13, 14, 17, 18, 19
SELECTS = (3, 5, 6, 7, 8)
IN_CONTAINER = (ROW, SECTION, TEXT_DISPLAY, GALLERY, FILE, SEPARATOR)
IN_LABEL = (TEXT_INPUT, *SELECTS, FILE_UPLOAD, 21, 22, 23)
LINK, PREMIUM = 5, 6


def check_components(errors: FormErrors, components: Any, modern: bool) -> list[Json]:
    """Check a message's components; `modern`: the message carries the Components V2 flag. They come back with the ids
    that Discord gives to components that bring none."""
    most = limits.COMPONENTS if modern else limits.ROWS
    top = errors.items("components", components, most)
    allowed = (*IN_CONTAINER, CONTAINER) if modern else (ROW,)
    for index, component in enumerate(top):
        _component(errors, f"components.{index}", component, allowed)
    if errors.tree:
        return []
    found = every_component(top)
    if modern:
        _check_totals(errors, found)
    _check_unique(errors, found)
    return numbered(top)


def check_modal(errors: FormErrors, modal: Any) -> None:
    """Check the content of a modal."""
    body = errors.record("data", modal)
    errors.text("data.title", body.get("title"), limits.MODAL_TITLE, 1, required=True)
    errors.text("data.custom_id", body.get("custom_id"), limits.CUSTOM_ID, 1, required=True)
    parts = errors.items("data.components", body.get("components", []), limits.MODAL_COMPONENTS, 1)
    for index, part in enumerate(parts):
        _component(errors, f"data.components.{index}", part, (ROW, TEXT_DISPLAY, LABEL), modal=True)
    for part in every_component([part for part in parts if isinstance(part, dict)]):
        _check_in_modal(errors, part)
    if not errors.tree:
        _check_unique(errors, every_component(parts))


def _check_in_modal(errors: FormErrors, part: Json) -> None:
    """Component reference, "String Select": what holds for one in a modal only."""
    if part.get("type") not in SELECTS:
        return
    path = f"data.{part.get('custom_id')}"
    if part.get("required", True) and part.get("min_values", 1) == 0:
        errors.add(f"{path}.min_values", "SELECT_REQUIRED_MIN_VALUES", "A required select needs one value or more.")
    if part.get("disabled"):
        errors.add(f"{path}.disabled", "COMPONENT_DISABLED_IN_MODAL", "Nothing in a modal can be disabled.")


def numbered(components: list[Json]) -> list[Json]:
    """The components with an id each, as Discord returns them."""
    taken = {each["id"] for each in every_component(components) if each.get("id")}
    free = (number for number in range(1, 10_000) if number not in taken)
    return [_numbered(component, free) for component in components]


def _numbered(component: Json, free: Iterable[int]) -> Json:
    numbers = iter(free)
    result = component | {"id": component.get("id") or next(numbers)}
    if "components" in component:
        result["components"] = [_numbered(each, numbers) for each in component["components"]]
    if "accessory" in component:
        result["accessory"] = _numbered(component["accessory"], numbers)
    return result


def _component(errors: FormErrors, path: str, value: Any, allowed: tuple[int, ...], modal: bool = False) -> None:
    component = errors.record(path, value)
    kind = component.get("type")
    if isinstance(kind, bool) or kind not in allowed:
        if component:
            choices = ", ".join(map(str, allowed))
            errors.add(f"{path}.type", "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({choices}).')
        return
    errors.whole(f"{path}.id", component.get("id"), 0, 2**31 - 1)
    if kind == ROW:
        _row(errors, path, component, modal)
    elif kind == CONTAINER:
        _container(errors, path, component)
    elif kind == SECTION:
        _section(errors, path, component)
    elif kind == LABEL:
        _label(errors, path, component)
    else:
        _leaf(errors, path, component)


def _row(errors: FormErrors, path: str, row: Json, modal: bool) -> None:
    inside = errors.items(f"{path}.components", row.get("components"), limits.ROW_BUTTONS, 1)
    allowed = (TEXT_INPUT,) if modal else (BUTTON, *SELECTS)
    for index, component in enumerate(inside):
        _component(errors, f"{path}.components.{index}", component, allowed)
    alone = [each for each in inside if isinstance(each, dict) and each.get("type") != BUTTON]
    if alone and len(inside) > 1:
        errors.add(
            path, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width of the row"
        )
    if modal and not any(isinstance(each, dict) and each.get("label") for each in inside):
        errors.add(f"{path}.components.0.label", "BASE_TYPE_REQUIRED", "This field is required")


def _container(errors: FormErrors, path: str, container: Json) -> None:
    errors.whole(f"{path}.accent_color", container.get("accent_color"), 0, limits.COLOUR)
    inside = errors.items(f"{path}.components", container.get("components"), limits.COMPONENTS, 1)
    for index, component in enumerate(inside):
        _component(errors, f"{path}.components.{index}", component, IN_CONTAINER)


def _section(errors: FormErrors, path: str, section: Json) -> None:
    inside = errors.items(f"{path}.components", section.get("components"), limits.SECTION_TEXTS, 1)
    for index, component in enumerate(inside):
        _component(errors, f"{path}.components.{index}", component, (TEXT_DISPLAY,))
    _component(errors, f"{path}.accessory", section.get("accessory"), (BUTTON, THUMBNAIL))


def _label(errors: FormErrors, path: str, label: Json) -> None:
    errors.text(f"{path}.label", label.get("label"), limits.LABEL, 1, required=True)
    errors.text(f"{path}.description", label.get("description"), limits.LABEL_DESCRIPTION)
    inside = label.get("component")
    _component(errors, f"{path}.component", inside, IN_LABEL)
    if isinstance(inside, dict) and inside.get("label"):
        errors.add(
            f"{path}.component.label", "COMPONENT_LABEL_IN_LABEL", "A component inside a Label cannot have a label"
        )


def _leaf(errors: FormErrors, path: str, component: Json) -> None:
    kind = component["type"]
    if kind == TEXT_DISPLAY:
        errors.text(f"{path}.content", component.get("content"), limits.COMPONENT_TEXT, 1, required=True)
    elif kind == BUTTON:
        _button(errors, path, component)
    elif kind in SELECTS:
        _select(errors, path, component)
    elif kind == TEXT_INPUT:
        _text_input(errors, path, component)
    elif kind == SEPARATOR:
        if component.get("spacing") is not None:
            errors.choice(f"{path}.spacing", component["spacing"], (1, 2))
    elif kind in (FILE_UPLOAD, 21, 22, 23):
        _custom_id(errors, path, component)
    else:
        _media(errors, path, component)


def _button(errors: FormErrors, path: str, button: Json) -> None:
    style = button.get("style")
    errors.choice(f"{path}.style", style, (1, 2, 3, 4, LINK, PREMIUM))
    errors.text(f"{path}.label", button.get("label"), limits.BUTTON_LABEL)
    if style == LINK:
        url = errors.text(f"{path}.url", button.get("url"), limits.BUTTON_URL, 1, required=True)
        _check_url(errors, f"{path}.url", url, r"(https?|discord)://\S+")
        if button.get("custom_id"):
            errors.add(path, "BUTTON_COMPONENT_CUSTOM_ID_URL", "A custom id and url cannot both be specified")
    elif style != PREMIUM:
        _custom_id(errors, path, button)
    if not button.get("label") and not button.get("emoji") and style != PREMIUM:
        errors.add(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI", "A button must have a label or an emoji")


def _select(errors: FormErrors, path: str, select: Json) -> None:
    _custom_id(errors, path, select)
    errors.text(f"{path}.placeholder", select.get("placeholder"), limits.PLACEHOLDER)
    errors.whole(f"{path}.min_values", select.get("min_values"), 0, limits.SELECT_OPTIONS)
    errors.whole(f"{path}.max_values", select.get("max_values"), 1, limits.SELECT_OPTIONS)
    if select["type"] != STRING_SELECT:
        return
    values = set()
    for index, raw in enumerate(errors.items(f"{path}.options", select.get("options"), limits.SELECT_OPTIONS, 1)):
        option = errors.record(f"{path}.options.{index}", raw)
        errors.text(f"{path}.options.{index}.label", option.get("label"), limits.SELECT_TEXT, 1, required=True)
        value = errors.text(f"{path}.options.{index}.value", option.get("value"), limits.SELECT_TEXT, 1, required=True)
        errors.text(f"{path}.options.{index}.description", option.get("description"), limits.SELECT_TEXT)
        if value in values:
            errors.add(
                f"{path}.options.{index}.value",
                "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                "The specified option value is already used",
            )
        values.add(value)
    chosen = sum(bool(isinstance(each, dict) and each.get("default")) for each in select.get("options") or ())
    if chosen > (select.get("max_values") or 1):
        errors.add(f"{path}.options", "SELECT_TOO_MANY_DEFAULTS", "More options are chosen than may be.")


def _text_input(errors: FormErrors, path: str, field: Json) -> None:
    _custom_id(errors, path, field)
    errors.choice(f"{path}.style", field.get("style"), (1, 2))
    errors.text(f"{path}.label", field.get("label"), limits.LABEL)
    errors.text(f"{path}.placeholder", field.get("placeholder"), limits.TEXT_INPUT_PLACEHOLDER)
    errors.whole(f"{path}.min_length", field.get("min_length"), 0, limits.TEXT_INPUT)
    errors.whole(f"{path}.max_length", field.get("max_length"), 1, limits.TEXT_INPUT)
    longest = field.get("max_length")
    longest = longest if isinstance(longest, int) and longest <= limits.TEXT_INPUT else limits.TEXT_INPUT
    errors.text(f"{path}.value", field.get("value"), longest)


def _media(errors: FormErrors, path: str, component: Json) -> None:
    if component["type"] == GALLERY:
        for index, raw in enumerate(errors.items(f"{path}.items", component.get("items"), limits.GALLERY, 1)):
            _media_item(errors, f"{path}.items.{index}", errors.record(f"{path}.items.{index}", raw), "media")
    else:
        _media_item(errors, path, component, "file" if component["type"] == FILE else "media")


def _media_item(errors: FormErrors, path: str, item: Json, key: str) -> None:
    errors.text(f"{path}.description", item.get("description"), limits.MEDIA_DESCRIPTION)
    media = errors.record(f"{path}.{key}", item.get(key))
    url = errors.text(f"{path}.{key}.url", media.get("url"), limits.MEDIA_URL, 1, required=True)
    _check_url(errors, f"{path}.{key}.url", url, r"attachment://\S+" if key == "file" else r"(https?|attachment)://\S+")


def _custom_id(errors: FormErrors, path: str, component: Json) -> None:
    errors.text(f"{path}.custom_id", component.get("custom_id"), limits.CUSTOM_ID, 1, required=True)


def _check_url(errors: FormErrors, path: str, url: str, pattern: str) -> None:
    if url and not re.fullmatch(pattern, url):
        errors.add(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")


def _check_totals(errors: FormErrors, found: list[Json]) -> None:
    if len(found) > limits.COMPONENTS:
        errors.add(
            "components",
            "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
            f"The total number of components in a message cannot exceed {limits.COMPONENTS}",
        )
    text = sum(len(each["content"]) for each in found if each["type"] == TEXT_DISPLAY)
    if text > limits.COMPONENT_TEXT:
        errors.add(
            "components",
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            f"Total displayable text size {text} exceeds maximum size of {limits.COMPONENT_TEXT}",
        )


def _check_unique(errors: FormErrors, found: list[Json]) -> None:
    for key, code in (("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED"), ("id", "COMPONENT_ID_DUPLICATED")):
        seen = set()
        for component in found:
            if component.get(key) and component[key] in seen:
                errors.add("components", code, f"Component {key} cannot be duplicated")
            seen.add(component.get(key))

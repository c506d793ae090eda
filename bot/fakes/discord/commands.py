"""Checks of application commands against Discord's documentation, "Application Commands"."""

import re
from typing import Any

from bot.fakes.discord import limits
from bot.fakes.discord.errors import FormErrors
from bot.fakes.discord.world import Json

CHAT, USER, MESSAGE = 1, 2, 3
SUBCOMMAND, GROUP, STRING, INTEGER, NUMBER = 1, 2, 3, 4, 10
_COMPLETED = (STRING, INTEGER, NUMBER)


def check_commands(body: Any) -> list[Json]:
    """Check the list of a bulk overwrite; it comes back as it was. Raises Refused with every error."""
    errors = FormErrors()
    commands = errors.items("", body, limits.CHAT_COMMANDS + 2 * limits.CONTEXT_COMMANDS)
    for index, command in enumerate(commands):
        _command(errors, str(index), errors.record(str(index), command))
    errors.refuse()
    _check_counts(errors, commands)
    errors.refuse()
    return commands


def _command(errors: FormErrors, path: str, command: Json) -> None:
    kind = command.get("type", CHAT)
    errors.choice(f"{path}.type", kind, (CHAT, USER, MESSAGE))
    _doors(errors, path, command)
    if kind == CHAT:
        _name(errors, f"{path}.name", command.get("name"))
        _description(errors, f"{path}.description", command.get("description"))
        _options(errors, f"{path}.options", command.get("options"), 0)
        if not errors.tree and _text(command) > limits.COMMAND_TEXT:
            errors.add(path, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({limits.COMMAND_TEXT})")
        return
    errors.text(f"{path}.name", command.get("name"), limits.COMMAND_NAME, 1, required=True)
    for key in ("description", "options"):
        if command.get(key):
            errors.add(f"{path}.{key}", "APPLICATION_COMMAND_CONTEXT_MENU", f"Context menu commands cannot have {key}")


def _doors(errors: FormErrors, path: str, command: Json) -> None:
    """Who is shown a command and where ("Application Command Object"): permissions as a number or its digits; contexts
    and integration types, each named once."""
    permissions = command.get("default_member_permissions")
    if permissions is not None and (isinstance(permissions, bool) or not str(permissions).isdecimal()):
        errors.add(f"{path}.default_member_permissions", "NUMBER_TYPE_COERCE", "Value is not a bit set.")
    for key, known in (("contexts", (0, 1, 2)), ("integration_types", (0, 1))):
        chosen = errors.items(f"{path}.{key}", command.get(key), len(known), 0 if command.get(key) is None else 1)
        for index, each in enumerate(chosen):
            errors.choice(f"{path}.{key}.{index}", each, known)
        if len(set(map(str, chosen))) < len(chosen):
            errors.add(f"{path}.{key}", "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value")


def _name(errors: FormErrors, path: str, value: Any) -> None:
    name = errors.text(path, value, limits.COMMAND_NAME, 1, required=True)
    if name and len(name) <= limits.COMMAND_NAME and not (re.fullmatch(r"[-'\w]+", name) and name == name.lower()):
        errors.add(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _description(errors: FormErrors, path: str, value: Any) -> None:
    errors.text(path, value, limits.COMMAND_DESCRIPTION, 1, required=True)


def _options(errors: FormErrors, path: str, value: Any, depth: int) -> None:
    options = [
        errors.record(f"{path}.{index}", each)
        for index, each in enumerate(errors.items(path, value, limits.COMMAND_OPTIONS))
    ]
    nested = [each.get("type") in (SUBCOMMAND, GROUP) for each in options]
    if any(nested) and not all(nested):
        errors.add(
            path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-command and option types are mutually exclusive"
        )
    required = [bool(each.get("required")) for each in options]
    if required != sorted(required, reverse=True):
        errors.add(
            path,
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
            "Required options must be placed before non-required options",
        )
    names = [each.get("name") for each in options]
    for index, option in enumerate(options):
        if option.get("name") in names[:index]:
            errors.add(
                f"{path}.{index}.name", "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE", "Option names must be unique"
            )
        _option(errors, f"{path}.{index}", option, depth)


def _option(errors: FormErrors, path: str, option: Json, depth: int) -> None:
    _name(errors, f"{path}.name", option.get("name"))
    _description(errors, f"{path}.description", option.get("description"))
    kind = option.get("type")
    errors.choice(f"{path}.type", kind, tuple(range(1, 12)) if depth < 2 else tuple(range(3, 12)))
    if kind in (SUBCOMMAND, GROUP):
        _options(errors, f"{path}.options", option.get("options"), depth + (1 if kind == GROUP else 2))
        return
    choices = errors.items(f"{path}.choices", option.get("choices"), limits.CHOICES)
    check_choices(errors, f"{path}.choices", choices, kind)
    if choices and option.get("autocomplete"):
        errors.add(
            path,
            "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE_MUTUALLY_EXCLUSIVE",
            "Autocomplete and choices are mutually exclusive",
        )
    if option.get("autocomplete") and kind not in _COMPLETED:
        errors.add(
            path, "APPLICATION_COMMAND_AUTOCOMPLETE_INVALID_OPTION_TYPE", "This option type cannot have autocomplete"
        )


def check_choices(errors: FormErrors, path: str, choices: list[Any], kind: int | None) -> None:
    """Check a list of choices for an option of this kind (None: any)."""
    for index, raw in enumerate(choices):
        choice = errors.record(f"{path}.{index}", raw)
        errors.text(f"{path}.{index}.name", choice.get("name"), limits.CHOICE_NAME, 1, required=True)
        value = choice.get("value")
        if kind in (INTEGER, NUMBER):
            if isinstance(value, bool) or not isinstance(value, int | float):
                errors.add(f"{path}.{index}.value", "NUMBER_TYPE_COERCE", "Value is not a number.")
        elif kind == STRING or isinstance(value, str) or value is None:
            errors.text(f"{path}.{index}.value", value, limits.CHOICE_VALUE, 1, required=True)


def _text(part: Json) -> int:
    own = sum(len(str(part.get(key) or "")) for key in ("name", "description", "value"))
    return own + sum(_text(each) for key in ("options", "choices") for each in part.get(key) or ())


def _check_counts(errors: FormErrors, commands: list[Json]) -> None:
    kinds = [command.get("type", CHAT) for command in commands]
    for kind, most in (
        (CHAT, limits.CHAT_COMMANDS),
        (USER, limits.CONTEXT_COMMANDS),
        (MESSAGE, limits.CONTEXT_COMMANDS),
    ):
        if kinds.count(kind) > most:
            errors.add("", "MAX_APPLICATION_COMMANDS", f"Maximum number of commands of type {kind} reached ({most})")
    seen = set()
    for index, command in enumerate(commands):
        key = (command.get("type", CHAT), command["name"])
        if key in seen:
            errors.add(
                f"{index}.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique"
            )
        seen.add(key)

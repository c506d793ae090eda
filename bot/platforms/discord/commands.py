"""The table of commands as Discord's application commands, and what comes back when one is used."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.chat.commands import COMMANDS, CommandSpec, Option
from bot.chat.post import Choice
from bot.platforms.discord.limits import CHOICE_LIMIT, CHOICE_NAME_LIMIT, shortened

SUBCOMMAND, STRING, INTEGER = 1, 3, 4
_GROUPS = {"cohort": "Open and steer the cohort of this channel"}


def application_commands(specs: Iterable[CommandSpec] = COMMANDS) -> list[dict[str, Any]]:
    """What PUT /applications/{id}/commands takes: "cohort create" is a subcommand of "cohort"."""
    commands: dict[str, dict[str, Any]] = {}
    for spec in specs:
        name, _, sub = spec.name.partition(" ")
        options = [_option(option) for option in sorted(spec.options, key=lambda option: not option.required)]
        if not sub:
            commands[name] = {"type": 1, "name": name, "description": spec.description, "options": options}
            continue
        group = {"type": 1, "name": name, "description": _GROUPS.get(name, spec.description), "options": []}
        commands.setdefault(name, group)["options"].append(
            {"type": SUBCOMMAND, "name": sub, "description": spec.description, "options": options}
        )
    return list(commands.values())


def is_registered(listed: Sequence[Mapping[str, Any]], ours: Sequence[Mapping[str, Any]]) -> bool:
    """True when Discord lists exactly our commands, so that they need not be sent: syncs are limited per day."""
    return sorted(map(_bare, listed), key=repr) == sorted(map(_bare, ours), key=repr)


def to_command_name(named: Mapping[str, Any]) -> tuple[str, Sequence[Mapping[str, Any]]]:
    """An interaction's `data` → ("cohort create", the options below it)."""
    name, options = str(named.get("name", "")), named.get("options") or []
    for option in options:
        if option.get("type") == SUBCOMMAND:
            return f"{name} {option.get('name')}", option.get("options") or []
    return name, options


def to_options(options: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Option name → what was typed, stripped; an empty one is absent."""
    typed = {str(option.get("name")): _typed(option).strip() for option in options}
    return {name: value for name, value in typed.items() if value}


def to_focus(options: Sequence[Mapping[str, Any]]) -> tuple[str, str] | None:
    """The option that somebody is typing into, and what stands in it so far."""
    return next(((str(option.get("name")), _typed(option)) for option in options if option.get("focused")), None)


def is_number(command: str, option: str) -> bool:
    """Whether the option of the command takes a number."""
    spec = next((spec for spec in COMMANDS if spec.name == command), None)
    return any(known.name == option and known.kind == "number" for known in (spec.options if spec else ()))


def to_choices(choices: Sequence[Choice], number: bool) -> list[dict[str, Any]]:
    """Suggestions as Discord takes them; with `number` the values are integers, and what is none is left out."""
    fitting = [choice for choice in choices if not number or choice.value.strip().lstrip("-").isdecimal()]
    return [
        {
            "name": shortened(choice.name, CHOICE_NAME_LIMIT) or choice.value[:CHOICE_NAME_LIMIT],
            "value": int(choice.value) if number else choice.value[:CHOICE_NAME_LIMIT],
        }
        for choice in fitting[:CHOICE_LIMIT]
        if choice.value
    ]


def _option(option: Option) -> dict[str, Any]:
    return {
        "type": INTEGER if option.kind == "number" else STRING,
        "name": option.name,
        "description": option.description,
        "required": option.required,
        "autocomplete": option.suggests is not None,
    }


def _typed(option: Mapping[str, Any]) -> str:
    value = option.get("value")
    return "" if value is None else str(value)


def _bare(command: Mapping[str, Any]) -> tuple[Any, ...]:
    """What we say about a command or option, without what Discord adds; what it leaves out is its default."""
    return (
        command.get("type", 1),
        command.get("name"),
        command.get("description"),
        bool(command.get("required")),
        bool(command.get("autocomplete")),
        tuple(_bare(option) for option in command.get("options") or ()),
    )

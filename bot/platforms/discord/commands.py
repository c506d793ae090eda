"""The table of commands as Discord's application commands, and what comes back when one is used."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import discord

from bot.chat.commands import COMMANDS, MESSAGE_COMMANDS, CommandSpec, MessageCommand, Option
from bot.chat.post import Choice
from bot.platforms.discord.limits import CHOICE_LIMIT, CHOICE_NAME_LIMIT, shortened

CHAT, MESSAGE = 1, 3
SUBCOMMAND, STRING, INTEGER, ROLE = 1, 3, 4, 8
_TYPES = {"text": STRING, "number": INTEGER, "group": ROLE}
_GROUPS = {"cohort": "Open and steer the cohort of this channel"}
_ROLE_DESCRIPTION = "A role that members choose to be in; leave it out for nobody"
"""A role cannot be called "off", as a group may be where it is typed: for that the option is left out."""

_SERVER, _BOT_DM = 0, 1
_BY_SERVERS = [0]

FACILITATING = discord.Permissions(manage_messages=True).value
"""Who is shown a facilitators' command until a server's owners decide otherwise (Server Settings → Integrations). The
cohort's own roles decide who may use it, wherever it comes from; this is a second door before that one, and keeps those
commands out of the learners' lists. Manage Messages is the least that a server gives to whoever looks after people in
it: Manage Server would hide them from most facilitators, and no permission at all would show them to everybody."""


def application_commands(
    specs: Iterable[CommandSpec] = COMMANDS, about_messages: Iterable[MessageCommand] = MESSAGE_COMMANDS
) -> list[dict[str, Any]]:
    """What PUT /applications/{id}/commands takes: "cohort create" is a subcommand of "cohort", and what is asked about
    a message stands in that message's own menu."""
    commands: dict[str, dict[str, Any]] = {}
    for spec in specs:
        name, _, sub = spec.name.partition(" ")
        options = [_option(option) for option in sorted(spec.options, key=lambda option: not option.required)]
        if not sub:
            told = {"type": CHAT, "name": name, "description": spec.description, "options": options}
            commands[name] = told | _doors(spec.for_facilitators)
            continue
        group = {"type": CHAT, "name": name, "description": _GROUPS.get(name, spec.description), "options": []}
        commands.setdefault(name, group | _doors(spec.for_facilitators))["options"].append(
            {"type": SUBCOMMAND, "name": sub, "description": spec.description, "options": options}
        )
    return [*commands.values(), *map(_message_command, about_messages)]


def is_registered(listed: Sequence[Mapping[str, Any]], ours: Sequence[Mapping[str, Any]]) -> bool:
    """True when Discord lists exactly our commands, so that they need not be sent: syncs are limited per day."""
    return sorted(map(_bare, listed), key=repr) == sorted(map(_bare, ours), key=repr)


def to_message_command(named: Mapping[str, Any]) -> str | None:
    """An interaction's `data` → the name of the command that was picked from a message's menu; None when it was not
    picked there."""
    if named.get("type") != MESSAGE:
        return None
    label = str(named.get("name", ""))
    return next((each.name for each in MESSAGE_COMMANDS if each.label == label), label)


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


def _message_command(command: MessageCommand) -> dict[str, Any]:
    """Discord shows no description of one."""
    return {"type": MESSAGE, "name": command.label, **_doors(command.for_facilitators)}


def _doors(for_facilitators: bool) -> dict[str, Any]:
    """Who is shown a command, and where. A facilitators' one stands only in servers: in a direct message Discord asks
    for no permission."""
    return {
        "default_member_permissions": FACILITATING if for_facilitators else None,
        "contexts": [_SERVER] if for_facilitators else [_SERVER, _BOT_DM],
        "integration_types": _BY_SERVERS,
    }


def _option(option: Option) -> dict[str, Any]:
    return {
        "type": _TYPES[option.kind],
        "name": option.name,
        "description": _ROLE_DESCRIPTION if option.kind == "group" else option.description,
        "required": option.required,
        "autocomplete": option.suggests is not None,
    }


def _typed(option: Mapping[str, Any]) -> str:
    value = option.get("value")
    return "" if value is None else str(value)


def _bare(command: Mapping[str, Any]) -> tuple[Any, ...]:
    """What we say about a command or option, without what Discord adds; what it leaves out is its default. Permissions
    come back as text."""
    return (
        command.get("type", 1),
        command.get("name"),
        command.get("description") or "",
        str(command.get("default_member_permissions") or ""),
        tuple(sorted(command.get("contexts") or ())),
        tuple(sorted(command.get("integration_types") or ())),
        bool(command.get("required")),
        bool(command.get("autocomplete")),
        tuple(_bare(option) for option in command.get("options") or ()),
    )

"""What is chosen and not typed: fields with choices, and fields that complete a name. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.chat.commands import BY_NAME, Option, from_action
from bot.chat.inbound import Partial
from bot.chat.markdown import part_text, shown
from bot.chat.post import Choice, Field, Finder
from bot.platforms.slack.actions import PREFIX
from bot.platforms.slack.limits import OPTION, OPTIONS, VALUE, Block, length, shortened
from bot.platforms.slack.rich import Atom, plain_text

FIND = f"{PREFIX}find:"
"""What the action_id of a field that completes names begins with; its command follows."""

Payload = Mapping[str, Any]


def finder_atoms(finder: Finder) -> Iterator[Atom]:
    """A label with its field; nothing for a command that nothing completes."""
    if _completed(finder.command) is None:
        return
    label = part_text(shown(finder.label).strip() or finder.command, 2 * OPTION)[0]
    field = {
        "type": "external_select",
        "action_id": f"{FIND}{finder.command}",
        "placeholder": plain_text("Type its name"),
        "min_query_length": 1,
    }
    yield Atom({"type": "section", "text": plain_text(label), "accessory": field}, label)


def choice_element(field: Field) -> Block:
    """A form's field with choices; the one that is its value stands in it."""
    offered = [*to_options(field.choices)]
    return {"type": "static_select", "action_id": field.id, "options": offered, **initial_option(offered, field.value)}


def initial_option(offered: Iterable[Payload], value: str) -> Payload:
    """The part of an element that says what is chosen already; {} when nothing is."""
    chosen = next((each for each in offered if each["value"] == value), None)
    return {"initial_option": chosen} if chosen else {}


def to_options(choices: Iterable[Choice]) -> Iterator[dict[str, Any]]:
    """Choices as Slack takes them: a long name shows its beginning."""
    fitting = [choice for choice in choices if 0 < length(choice.value) <= VALUE]
    for choice in fitting[:OPTIONS]:
        yield {"text": plain_text(_name(choice)), "value": choice.value}


def to_command(action: Payload) -> tuple[str, dict[str, str]] | None:
    """What a pressed button or a chosen name asks for; None when nothing was chosen."""
    if action.get("type") != "external_select":
        return from_action(str(action.get("value") or ""))
    command = _command(action)
    option, chosen = _completed(command), (action.get("selected_option") or {}).get("value")
    return (command, {option.name: str(chosen)}) if option and chosen else None


def to_partial(body: Payload, workspace: str, channel: str | None) -> Partial | None:
    """What has been typed into a field that completes names; None for a field that is none of ours."""
    command = _command(body)
    option = _completed(command)
    if option is None:
        return None
    typed, person = str(body.get("value") or ""), str((body.get("user") or {}).get("id") or "")
    return Partial("slack", workspace, channel, command, option.name, typed, person or None)


def _command(action: Payload) -> str:
    """The command of an action_id, which may carry a number that tells it apart ("hr:find:concept#2")."""
    name = str(action.get("action_id") or "")
    return name.removeprefix(FIND).partition("#")[0] if name.startswith(FIND) else ""


def _completed(command: str) -> Option | None:
    """The option that a name is chosen for: the first of a command, where something completes it."""
    spec = BY_NAME.get(command)
    option = spec.options[0] if spec and spec.options else None
    return option if option and option.suggests else None


def _name(choice: Choice) -> str:
    return shortened(" ".join(shown(choice.name).split()) or choice.value, OPTION)

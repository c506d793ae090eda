"""What people do: write, edit, delete, ask, press, fill in. It all goes to the bot over the gateway."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.fakes.discord import interactions as kinds
from bot.fakes.discord.bodies import Words
from bot.fakes.discord.forms import Filling, filled_part, open_form
from bot.fakes.discord.interactions import Interaction, Interactions
from bot.fakes.discord.permissions import permissions_in, sees
from bot.fakes.discord.threads import open_post
from bot.fakes.discord.uploads import pictures_of
from bot.fakes.discord.wire import role_json
from bot.fakes.discord.wire_messages import message_json
from bot.fakes.discord.world import (
    EPHEMERAL,
    LOADING,
    THREAD_ONLY,
    Channel,
    Json,
    Message,
    World,
    every_component,
    text_of,
)
from bot.fakes.discord.writing import add_message, archive_if_quiet, change_message, remove_message, set_archived
from bot.fakes.stage import OpenForm, Shown

NO_ANSWER = "The application did not respond"
"""What Discord shows when the first answer is late."""

SETTLE = 0.03  # real seconds without a further message until an answer counts as whole
ROLE = 8  # an option's type

PATIENCE = 15.0  # real seconds that a person waits for what was deferred


@dataclass(frozen=True)
class Pressable:
    """A button in front of somebody."""

    message: Message
    custom_id: str
    number: int


def write(world: World, person: str, channel_id: str, text: str, notifies: bool = True) -> str:
    """A person writes; the message's reference. channel_id: or a message's reference, to answer it, which mentions its
    author unless they switch that off (`notifies`). Raises LookupError where they cannot write."""
    channel_id, _, answered = channel_id.partition("/")
    channel = _seen_channel(world, person, channel_id)
    if channel.locked:
        raise LookupError(f"thread {channel_id} is locked: nobody can write there")
    if channel.kind in THREAD_ONLY:
        raise LookupError(f"{channel_id} is a forum: people write in its posts")
    words, reference = _words(world, text), None
    if answered:
        target = find(world, f"{channel_id}/{answered}")
        reference = (channel.id, target.id)
        words = replace(words, mentions=(*words.mentions, target.author_id)) if notifies else words
    message = add_message(world, channel, int(person), words, reference=reference)
    channel.members.add(int(person))
    return f"{channel.id}/{message.id}"


def open_forum_post(world: World, person: str, forum_id: str, title: str, text: str) -> str:
    """A person opens a post in a forum; its thread."""
    forum = _seen_channel(world, person, forum_id)
    return str(open_post(world, forum, int(person), title, _words(world, text), [], 10_080).id)


def edit(world: World, person: str, reference: str, text: str) -> None:
    """A person edits their own message, opening its thread again when that was archived."""
    message = _own(world, person, reference)
    channel = _seen_channel(world, person, str(message.channel_id))
    if channel.archived:
        set_archived(world, channel, archived=False, locked=channel.locked)
    change_message(world, message, _words(world, text))


def delete(world: World, person: str, reference: str) -> None:
    remove_message(world, _own(world, person, reference))


async def use_command(
    world: World, interactions: Interactions, person: str, channel_id: str, name: str, options: Mapping[str, str]
) -> Shown:
    """A person runs a slash command. Raises LookupError when no such command is registered or shown to them."""
    channel = _seen_channel(world, person, channel_id)
    if channel.archived:
        raise LookupError(f"thread {channel_id} is archived: no command can be used there")
    if channel.kind in THREAD_ONLY:
        raise LookupError(f"{channel_id} is a forum: commands are used in its posts")
    body, listed = _command_body(world, person, channel, name)
    known = {option["name"]: option for option in listed}
    missing = [each for each, option in known.items() if option.get("required") and each not in options]
    if missing or options.keys() - known.keys():
        raise LookupError(f"/{name}: missing options {missing}, unknown {sorted(options.keys() - known.keys())}")
    given = [_option(known[each], value) for each, value in options.items()]
    asked = body(given) | _resolved(world, channel, given)
    return await shown(world, interactions, interactions.start(world, kinds.COMMAND, int(person), channel, asked))


async def use_message_command(
    world: World, interactions: Interactions, person: str, reference: str, name: str
) -> Shown:
    """A person picks an app command from a message's menu."""
    message = find(world, reference)
    channel = _seen_channel(world, person, str(message.channel_id))
    if channel.archived:
        raise LookupError(f"thread {channel.id} is archived: no command can be used there")
    command = _offered(world, person, channel, name, 3)
    resolved = {"messages": {str(message.id): message_json(world, message)}}
    body = {"id": command["id"], "name": name, "type": 3, "target_id": str(message.id), "resolved": resolved}
    return await shown(world, interactions, interactions.start(world, kinds.COMMAND, int(person), channel, body))


async def press(world: World, interactions: Interactions, person: str, where: str | Shown, label: str) -> Shown:
    """A person presses a button. Raises LookupError when there is none with this label, or it is disabled."""
    buttons = buttons_of(find(world, where)) if isinstance(where, str) else where.buttons
    pressed = buttons.get(label)
    if not isinstance(pressed, Pressable):
        raise LookupError(f"no button {label!r} to press, only {sorted(buttons)}")
    body = {"component_type": 2, "custom_id": pressed.custom_id, "id": pressed.number}
    channel = _seen_channel(world, person, str(pressed.message.channel_id))
    started = interactions.start(world, kinds.COMPONENT, int(person), channel, body, pressed.message)
    return await shown(world, interactions, started)


async def submit(
    world: World, interactions: Interactions, person: str, form: OpenForm, values: Mapping[str, str]
) -> Shown:
    """A person sends a form; fields without a value keep what stands in them. Raises ValueError when Discord would
    not let them send it."""
    filling: Filling = form.handle
    unknown = values.keys() - form.fields.keys()
    if unknown:
        raise LookupError(f"the form has no field {sorted(unknown)}, only {sorted(form.fields)}")
    filled = {**form.fields, **values}
    parts = [filled_part(part, filled) for part in filling.modal["components"]]
    body = {"custom_id": filling.modal["custom_id"], "components": parts}
    channel = world.channels[filling.channel_id]
    started = interactions.start(world, kinds.MODAL_SUBMIT, int(person), channel, body, filling.source)
    return await shown(world, interactions, started)


async def suggest(
    world: World, interactions: Interactions, person: str, channel_id: str, name: str, option: str, text: str
) -> tuple[tuple[str, str], ...]:
    """What is offered while `text` stands in the option; nothing when the option is not completed by the bot."""
    channel = _seen_channel(world, person, channel_id)
    body, listed = _command_body(world, person, channel, name)
    found = next((each for each in listed if each["name"] == option), None)
    if found is None or not found.get("autocomplete"):
        return ()
    typed = {"name": option, "type": found["type"], "value": text, "focused": True}
    started = interactions.start(world, kinds.AUTOCOMPLETE, int(person), channel, body([typed]))
    await _touched(started, interactions.deadline)
    return tuple((each["name"], str(each["value"])) for each in started.choices)


async def shown(world: World, interactions: Interactions, started: Interaction) -> Shown:
    """What the person sees once the bot has answered and no further message has come for a moment."""
    await _touched(started, interactions.deadline)
    if not started.answered:
        return Shown(text=NO_ANSWER)
    if started.modal is not None:
        return Shown(form=open_form(started.channel_id, started.modal, started.source))
    waiting = started.answered == kinds.DEFERRED_UPDATE or (started.original and started.original.flags & LOADING)
    if waiting and not started.answers:
        await _touched(started, PATIENCE)
    while await _touched(started, SETTLE):
        pass
    messages = started.answers
    buttons = {label: each for message in reversed(messages) for label, each in buttons_of(message).items()}
    private = all(message.flags & EPHEMERAL for message in messages)
    pictures = {alt: content for each in messages for alt, content in pictures_of(each, world).items()}
    text = "\n".join(text_of(each, labels=False) for each in messages)
    return Shown(text, buttons, private=private, pictures=pictures)


def buttons_of(message: Message) -> Mapping[str, Pressable]:
    """The buttons that can be pressed on a message, by label; of two with one label, the first."""
    found = [each for each in every_component(message.components) if each["type"] == 2 and not each.get("disabled")]
    pressable = [each for each in found if "custom_id" in each]
    return {each.get("label") or "": Pressable(message, each["custom_id"], each["id"]) for each in reversed(pressable)}


def find(world: World, reference: str) -> Message:
    """The message behind "channel/id". Raises LookupError when it does not stand any more."""
    channel, _, number = reference.partition("/")
    message = world.find_message(int(channel), int(number))
    if message is None:
        raise LookupError(f"no message {reference}")
    return message


async def _touched(interaction: Interaction, seconds: float) -> bool:
    """Wait for the bot to do something with the interaction; whether it did in time."""
    try:
        await asyncio.wait_for(interaction.touched.wait(), seconds)
    except TimeoutError:
        return False
    interaction.touched.clear()
    return True


def _words(world: World, text: str) -> Words:
    mentions = tuple(each for each in world.users if f"<@{each}>" in text)
    return Words(text, [], [], [], 0, mentions, (), False)


def _seen_channel(world: World, person: str, channel_id: str) -> Channel:
    channel = world.channels.get(int(channel_id))
    if channel is None or not sees(world, channel, int(person)):
        raise LookupError(f"{person} sees no channel {channel_id}")
    archive_if_quiet(world, channel)
    return channel


def _own(world: World, person: str, reference: str) -> Message:
    message = find(world, reference)
    if message.author_id != int(person):
        raise LookupError(f"{reference} is not a message of {person}")
    return message


def _registered(world: World, channel: Channel, name: str, kind: int) -> Json:
    listed = [*world.commands.get(channel.guild_id or -1, ()), *world.commands.get(0, ())]
    found: Json | None = next((each for each in listed if each["name"] == name and each["type"] == kind), None)
    if found is None:
        raise LookupError(f"no command {name!r} is registered, only {sorted(each['name'] for each in listed)}")
    return found


def _offered(world: World, person: str, channel: Channel, name: str, kind: int) -> Json:
    """A command that Discord shows this person in this place: in a guild by its permissions, elsewhere by its contexts
    only."""
    command = _registered(world, channel, name, kind)
    contexts = command.get("contexts")
    if contexts is not None and (0 if channel.guild_id else 1) not in contexts:
        raise LookupError(f"{name!r} is not shown in {channel.id}: it is for contexts {contexts}")
    needed = command.get("default_member_permissions") if channel.guild_id else None
    held = permissions_in(world, channel, int(person))
    if needed is not None and (int(needed) == 0 or int(needed) & ~held):
        raise LookupError(f"{name!r} is not shown to {person}: it needs permissions {needed}")
    return command


def _command_body(world: World, person: str, channel: Channel, name: str) -> tuple[Any, list[Json]]:
    """How the command's interaction is written for given options, and the options that it takes."""
    top, *rest = name.split(" ")
    command = _offered(world, person, channel, top, 1)
    listed: list[Json] = command["options"]
    path: list[Json] = []
    for step in rest:
        part = next((each for each in listed if each["name"] == step and each["type"] in (1, 2)), None)
        if part is None:
            raise LookupError(f"/{top} has no subcommand {step!r}")
        listed, path = part.get("options") or [], [*path, part]
    if any(each["type"] in (1, 2) for each in listed):
        raise LookupError(f"/{name} needs one of its subcommands")

    def body(options: list[Json]) -> Json:
        for part in reversed(path):
            options = [{"name": part["name"], "type": part["type"], "options": options}]
        scope = {"guild_id": command["guild_id"]} if "guild_id" in command else {}
        return {"id": command["id"], "name": top, "type": 1, "options": options, **scope}

    return body, listed


def _resolved(world: World, channel: Channel, given: list[Json]) -> Json:
    """The roles that the options name. Raises LookupError for one that is not offered to be picked."""
    named = [each["value"] for each in given if each["type"] == ROLE]
    roles = world.guilds[channel.guild_id].roles if channel.guild_id else {}
    unknown = [each for each in named if not each.isdecimal() or int(each) not in roles]
    if unknown:
        raise LookupError(f"no role {unknown} to pick, only {sorted(roles)}")
    found = {each: role_json(world.guilds[channel.guild_id or 0], roles[int(each)]) for each in named}
    return {"resolved": {"roles": found}} if found else {}


def _option(option: Json, text: str) -> Json:
    value: str | int | float | bool = text
    if option["type"] == 4:
        value = int(text)
    elif option["type"] == 10:
        value = float(text)
    elif option["type"] == 5:
        value = text.lower() == "true"
    if isinstance(value, int | float):
        low, high = option.get("min_value"), option.get("max_value")
        if (low is not None and value < low) or (high is not None and value > high):
            raise ValueError(f"{option['name']}: {value} is outside {low}–{high}, Discord does not let it be sent")
    return {"name": option["name"], "type": option["type"], "value": value}

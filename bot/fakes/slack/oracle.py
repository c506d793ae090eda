"""What really stands in the workspace, for tests to compare with what the bot believes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.fakes.slack.desk import Desk, Watch
from bot.fakes.slack.markup import shown, unescape
from bot.fakes.slack.stored import elements_of
from bot.fakes.slack.world import Json, Message, World, to_json, to_moment
from bot.fakes.stage import OpenForm, Posted, Shown

_AS_TYPED = frozenset({"plain_text", "raw_text", "markdown", "text"})


@dataclass(frozen=True)
class Pressable:
    """One button in front of somebody: on a message, or in a view."""

    element: Json
    block_id: str
    message: Message | None = None
    view_id: str | None = None


def posts(world: World, channel: str) -> tuple[Posted, ...]:
    standing = world.channels[channel].messages.values()
    return tuple(_posted(m, world) for m in standing if m.bot_id == world.bot_id and not m.is_reply)


def replies(world: World, thread: str) -> Mapping[str, str]:
    channel, _, root = thread.partition("/")
    standing = world.thread(world.channels[channel], root)
    return {m.ref: m.typed for m in standing if m.is_reply and m.user in world.people}


def notes(world: World, person: str) -> tuple[str, ...]:
    """Ephemeral and direct messages that answered nothing, oldest first."""
    private = [message for message in world.ephemerals if message.only_for == person]
    direct = [c for c in world.channels.values() if c.person == person]
    private += [m for c in direct for m in c.messages.values() if m.bot_id == world.bot_id]
    return tuple(reader_text(m) for m in sorted(private, key=lambda m: float(m.ts)) if not m.asked)


def reader_text(message: Message) -> str:
    """All text that a reader sees: the blocks, else the text (which blocks only replace in a notification)."""
    texts = [] if message.blocks else [shown(message.text)]
    return "\n".join(filter(None, [*texts, *_seen(message.all_blocks)]))


def pressables(blocks: list[Json], message: Message | None = None, view_id: str | None = None) -> dict[str, Pressable]:
    """label → button, or field that completes names; the first of two with the same label."""
    found: dict[str, Pressable] = {}
    for block in blocks:
        for element in elements_of(block):
            if label := _label(element, block):
                found.setdefault(unescape(label), Pressable(element, block["block_id"], message, view_id))
    return found


def _label(element: Json, block: Json) -> str | None:
    if element["type"] == "button":
        return str(element["text"]["text"])
    if element["type"] == "external_select" and block["type"] != "input":
        return str((block.get("text") or element.get("placeholder") or {}).get("text", ""))
    return None


def to_shown(watch: Watch, desk: Desk, world: World) -> Shown:
    """Everything that the person was shown, whichever way it came."""
    parts = [part for part in watch.parts if part.text or part.all_blocks]
    buttons = {label: button for part in parts for label, button in pressables(part.all_blocks, part).items()}
    texts = [reader_text(part) for part in parts]
    form = None
    if watch.view is not None and desk.views[watch.view["id"]].open:
        form = to_form(watch.view)
        buttons |= pressables(watch.view["blocks"], None, watch.view["id"])
        texts.append(form.text)
    elif watch.home is not None and not parts:
        home = home_shown(watch.home)
        buttons |= home.buttons
        texts.append(home.text)
    private = all(part.only_for for part in parts)
    has_fields = form if form is not None and (form.fields or not watch.parts) else None
    blocks = [block for part in parts for block in part.all_blocks] + (watch.view["blocks"] if watch.view else [])
    pictures = {
        block["alt_text"]: world.files[block["slack_file"]["id"]].content
        for block in blocks
        if block["type"] == "image" and "slack_file" in block
    }
    return Shown("\n".join(texts), buttons, has_fields, private, dict(watch.errors), pictures)


def home_shown(view: Json) -> Shown:
    """A Home as its person sees it."""
    return Shown("\n".join(_seen(view["blocks"])), pressables(view["blocks"], None, view["id"]))


def standing_value(element: Json) -> str:
    """What stands in a field before anybody touches it."""
    chosen = element.get("initial_option") or {}
    return str(chosen.get("value") or element.get("initial_value", ""))


def to_form(view: Json) -> OpenForm:
    """The modal as a person sees it; field ids are block ids."""
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    fields = {block["block_id"]: standing_value(block["element"]) for block in inputs}
    return OpenForm(view["title"]["text"], "\n".join(_seen(view["blocks"])), fields, view["id"])


def _posted(message: Message, world: World) -> Posted:
    raw = json.dumps(to_json(message, world, with_metadata=True))
    return Posted(message.ref, message.channel, message.ref, reader_text(message), raw, to_moment(message.ts))


def _seen(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from _seen(inner)
    elif isinstance(value, dict):
        text = value.get("text")
        if isinstance(text, str):
            yield unescape(text) if value.get("type") in _AS_TYPED else shown(text)
        elif value.get("type") == "raw_number":
            yield str(value["value"])
        if isinstance(value.get("caption"), str):
            yield value["caption"]
        hidden = ("confirm", "placeholder", "options", "initial_option")
        yield from _seen([inner for name, inner in value.items() if name not in hidden])

"""What people do: they write, type commands, press buttons and send forms, all of it sent as Slack sends it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.fakes.slack.blocks import OPTIONS
from bot.fakes.slack.calls import Call, Refusal
from bot.fakes.slack.delivery import Delivery
from bot.fakes.slack.desk import Desk, ResponseUrl, Watch
from bot.fakes.slack.events import mention_event, message_event
from bot.fakes.slack.limits import INPUT
from bot.fakes.slack.markup import escape
from bot.fakes.slack.methods import note_refusal
from bot.fakes.slack.oracle import Pressable, standing_value, to_form, to_shown
from bot.fakes.slack.payloads import block_action, block_suggestion, slash_command, view_submission
from bot.fakes.slack.response_urls import show_answer
from bot.fakes.slack.socket import Ack, accepts_payload
from bot.fakes.slack.views import checked_view, replace_view
from bot.fakes.slack.world import Json, Message, World
from bot.fakes.stage import OpenForm, Shown

TROUBLE = "We had some trouble connecting. Try again?"


@dataclass(frozen=True)
class Room:
    """What every act needs."""

    world: World
    desk: Desk
    delivery: Delivery


def write(
    room: Room, person: str, channel: str, text: str, thread: str | None = None, mention: bool = False
) -> Message:
    """A person's message; `mention` puts the bot's name in front. Raises ValueError in an archived channel."""
    world = room.world
    if world.channels[channel].archived:
        raise ValueError(f"{channel} is archived: nobody can write there")
    sent = named_groups(escape(text), world)
    sent = f"<@{world.bot_user}> {sent}" if mention else sent
    message = Message(channel, world.new_ts(), person, sent, typed=text, thread_ts=thread)
    world.channels[channel].messages[message.ts] = message
    world.tell(message_event(message, world))
    if mention and not world.channels[channel].person:
        world.tell(mention_event(message, world))
    return message


def named_groups(text: str, world: World) -> str:
    """A user group's `@name` as Slack sends it on, in messages and in commands that have should_escape."""
    for group, name in world.groups.items():
        text = text.replace(f"@{name}", f"<!subteam^{group}|@{name}>")
    return text


async def type_command(room: Room, person: str, channel: str, command: str, text: str) -> Shown:
    """A slash command, and what came of it."""
    watch = Watch(person, channel, public=room.world.channels[channel].person is not None)
    url = room.desk.new_response_url(watch, channel)
    sent = named_groups(escape(text), room.world)
    payload = slash_command(room.world, person, channel, command, sent, url, room.desk.new_trigger(watch))
    return await ask(room, watch, "slash_commands", payload, url)


async def press(room: Room, person: str, button: Pressable, option: Json | None = None) -> Shown:
    """Press a button, or choose an option of a field that completes names."""
    message = button.message
    if message is None:
        watch = Watch(person, None)
        url = ""
    else:
        watch = Watch(person, message.channel, frozenset({None, message.ts, message.thread_ts}))
        watch.public = room.world.channels[message.channel].person is not None
        url = room.desk.new_response_url(watch, message.channel, message)
    view = room.desk.views[button.view_id] if button.view_id else None
    trigger = room.desk.new_trigger(watch)
    payload = block_action(room.world, person, button, url, trigger, view.body if view else None, option)
    if view:
        view.watch = watch
    return await ask(room, watch, "interactive", payload, url)


async def complete(room: Room, person: str, field: Pressable, text: str) -> tuple[Json, ...]:
    """The options that the bot offers while `text` stands in a field; none below its min_query_length."""
    if len(text) < field.element.get("min_query_length", 3):
        return ()
    view = room.desk.views[field.view_id].body if field.view_id else None
    asked = block_suggestion(room.world, person, field, text, view)
    ack = await room.delivery.ask("interactive", asked)
    offered = (ack.payload or {}).get("options", []) if ack else []
    for wrong in OPTIONS(offered, "/options") if offered else ():
        room.world.refused.append(f"block_suggestion: {wrong}")
    return tuple(offered)


async def submit(room: Room, person: str, form: OpenForm, values: Mapping[str, str]) -> Shown:
    """Send a form. What the client itself would not send (a missing or too long answer) never reaches the bot."""
    view = room.desk.views[form.handle]
    if not view.open or view.person != person:
        raise LookupError(f"the form {form.title!r} is not in front of {person}")
    filled, errors = fill(view.body, values)
    typed = replace(form, fields={**form.fields, **filled})
    if errors:
        return Shown(form=typed, errors=errors)
    watch = view.watch = Watch(person, None)
    payload = view_submission(room.world, person, view.body, filled, room.desk.new_trigger(watch))
    shown = await ask(room, watch, "interactive", payload, "")
    return replace(shown, form=typed) if shown.errors else shown


def fill(view: Json, values: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """(block id → what stands in it, block id → what the client complains of). Values may name a block, an action or
    a label. Raises LookupError for a field that is not there."""
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    names = {name: block["block_id"] for block in inputs for name in _names(block)}
    unknown = set(values) - set(names)
    if unknown:
        raise LookupError(f"no such field: {sorted(unknown)}; there are {sorted(names)}")
    given = {names[name]: value for name, value in values.items()}
    filled = {b["block_id"]: given.get(b["block_id"], standing_value(b["element"])) for b in inputs}
    complaints = {block["block_id"]: _complaint(block, filled[block["block_id"]]) for block in inputs}
    return filled, {block: complaint for block, complaint in complaints.items() if complaint}


def _names(block: Json) -> tuple[str, str, str]:
    return block["block_id"], block["element"]["action_id"], block["label"]["text"]


def _complaint(block: Json, value: str) -> str:
    element = block["element"]
    if not value.strip() and not block.get("optional"):
        return "Please complete this required field."
    if value and "options" in element and all(value not in (o["value"], o["text"]["text"]) for o in element["options"]):
        raise LookupError(f"there is nothing to choose that is called {value!r}")
    if value and len(value) < element.get("min_length", 0):
        return f"Must be at least {element['min_length']} characters."
    if len(value) > element.get("max_length", INPUT):
        return f"Must be at most {element.get('max_length', INPUT)} characters."
    return ""


async def ask(room: Room, watch: Watch, kind: str, payload: Json, url: str) -> Shown:
    room.desk.watches.append(watch)
    try:
        ack = await room.delivery.ask(kind, payload)
        if ack is None:
            return _trouble(payload, room)
        _take_payload(room, watch, kind, payload, ack, url)
        if not watch.answered:
            await wait_for_answer(watch, room.desk)
        return to_shown(watch, room.desk, room.world)
    finally:
        room.desk.watches.remove(watch)


async def wait_for_answer(watch: Watch, desk: Desk) -> None:
    """Until something was shown and nothing more has come for a moment; at most the time that a person waits."""
    seconds = desk.timing.answer
    while True:
        watch.changed.clear()
        try:
            await asyncio.wait_for(watch.changed.wait(), seconds)
        except TimeoutError:
            return
        seconds = desk.timing.settle


def _trouble(payload: Json, room: Room) -> Shown:
    form = to_form(payload["view"]) if payload.get("type") == "view_submission" else None
    return Shown(text=TROUBLE, form=form, errors={"": TROUBLE} if form else {})


def _take_payload(room: Room, watch: Watch, kind: str, payload: Json, ack: Ack, url: str) -> None:
    """What an acknowledgement carries is shown too."""
    answer = ack.payload
    try:
        if payload.get("type") == "view_submission":
            _after_submission(room, watch, payload["view"]["id"], answer or {})
        elif answer and not accepts_payload(kind, payload):
            raise Refusal("payload_not_accepted")
        elif answer:
            body = {key: value for key, value in answer.items() if value not in (None, "", [])}
            if body.get("text") or body.get("blocks"):
                source = room.desk.response_urls[url.rpartition("/")[2]]
                show_answer(Call("ack", body, room.world, room.desk), ResponseUrl(watch, source.channel, None, 0.0))
    except Refusal as refusal:
        note_refusal(refusal, f"acknowledgement of {kind}", room.world)


def _after_submission(room: Room, watch: Watch, view_id: str, answer: Json) -> None:
    view = room.desk.views[view_id]
    action = answer.get("response_action")
    if action == "errors":
        inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
        if not answer.get("errors") or set(answer["errors"]) - inputs:
            raise Refusal("invalid_arguments", ["[ERROR] errors must name input blocks of the view"])
        watch.errors = dict(answer["errors"])
        watch.view = view.body
    elif action in ("update", "push"):
        replace_view(view, checked_view(answer.get("view"), "modal", room.world), room.world)
        watch.show_view(view.body)
    else:
        view.open = False

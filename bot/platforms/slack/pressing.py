"""Buttons, chosen names and shortcuts: commands that are ready to run, and where each is answered."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.chat.commands import MESSAGE_COMMANDS, SHORTCUTS
from bot.platforms.slack.actions import PREFIX
from bot.platforms.slack.answering import Answering
from bot.platforms.slack.commands import READ_ONLY
from bot.platforms.slack.events import to_about
from bot.platforms.slack.home import Home
from bot.platforms.slack.memory import Memory, to_memory
from bot.platforms.slack.saying import Place
from bot.platforms.slack.selecting import to_command
from bot.platforms.slack.views import TURN

Payload = Mapping[str, Any]

ON_MESSAGES = frozenset(command.name for command in MESSAGE_COMMANDS)


async def press(answering: Answering, home: Home, body: Payload) -> None:
    """A button or a chosen name. In a message it is answered there, in a modal in its place, in a Home in a modal."""
    asked = to_command(next(iter(body.get("actions") or []), {}))
    if asked is None:
        return
    name, options = asked
    view = body.get("view") or {}
    place, memory = _pressed_at(answering, body), to_memory(view)
    at_home = view.get("type") == "home"
    if name == TURN:
        await _turn(answering, home, place, options, view)
    elif at_home and name == "home":
        await answering.within(home.show(place.workspace, place.user, options.get("tab", ""), seen=view.get("hash")))
    elif memory.home is None or name in READ_ONLY:
        await answering.serve(place, name, options)
    else:
        seen = view.get("hash") if at_home else None
        await answering.within(_act(answering, home, place, name, options, memory.home, seen))


async def sent(answering: Answering, home: Home, body: Payload) -> Payload:
    """A form: the response_action. A Home that it was opened from is shown anew."""
    answer = await answering.submit(body)
    tab = to_memory(body["view"]).home
    if tab is not None and answer.get("response_action") != "errors":
        answering.soon(home.show(answering.team(body), body["user"]["id"], tab))
    return answer


async def shortcut(answering: Answering, body: Payload) -> None:
    """An entry of a message's menu, answered where the message stands, or of the menu that is everywhere, answered in a
    modal."""
    name = str(body.get("callback_id") or "").removeprefix(PREFIX)
    message = body.get("message")
    workspace, user, trigger = answering.team(body), str(body["user"]["id"]), body.get("trigger_id")
    if message is None:
        if name in SHORTCUTS:
            await answering.serve(Place(workspace, user, None, trigger=trigger, apart=True), name, {})
        return
    if name not in ON_MESSAGES:
        return
    channel = str((body.get("channel") or {}).get("id") or "")
    about = to_about(message, channel, workspace)
    thread = message.get("thread_ts")
    place = Place(workspace, user, channel, thread, body.get("response_url"), trigger, memory=Memory(channel))
    await answering.serve(place, name, {}, about)


async def _turn(answering: Answering, home: Home, place: Place, options: Mapping[str, str], view: Payload) -> None:
    """Another page of what the view shows, asked for anew."""
    memory = to_memory(view)
    number = next(iter(options.values()), "")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 1
    if view.get("type") == "home":
        await answering.within(
            home.show(place.workspace, place.user, memory.home or "", page=page, seen=view.get("hash"))
        )
    elif view and memory.name in READ_ONLY:
        await answering.serve(place, memory.name, memory.options, page=page)


async def _act(
    answering: Answering,
    home: Home,
    place: Place,
    name: str,
    options: Mapping[str, str],
    tab: str,
    seen: str | None,
) -> None:
    """Something that a Home shows has changed: first the answer, then the Home."""
    await answering.say(place, name, options)
    await home.show(place.workspace, place.user, tab, seen=seen)


def _pressed_at(answering: Answering, body: Payload) -> Place:
    view, container = body.get("view") or {}, body.get("container") or {}
    memory = to_memory(view)
    channel = (body.get("channel") or {}).get("id") or memory.channel
    thread = (body.get("message") or {}).get("thread_ts") or container.get("thread_ts")
    at_home = view.get("type") == "home"
    return Place(
        answering.team(body),
        body["user"]["id"],
        channel,
        thread,
        body.get("response_url"),
        body.get("trigger_id"),
        None if at_home else view.get("id"),
        apart=at_home,
        memory=replace(memory, channel=channel),
    )

"""Interactions as Slack words them."""

from collections.abc import Mapping

from bot.fakes.slack.oracle import Pressable
from bot.fakes.slack.world import Json, Message, World, to_json


def slash_command(world: World, person: str, channel: str, command: str, text: str, url: str, trigger: str) -> Json:
    return {
        "token": "legacy-token",
        "team_id": world.team,
        "team_domain": "homeroom-test",
        "channel_id": channel,
        "channel_name": world.channels[channel].name,
        "user_id": person,
        "user_name": world.people[person].name,
        "command": command,
        "text": text,
        "api_app_id": world.app_id,
        "is_enterprise_install": "true" if world.org_wide else "false",
        **({"enterprise_id": world.enterprise} if world.enterprise else {}),
        "response_url": url,
        "trigger_id": trigger,
    }


def block_action(
    world: World,
    person: str,
    button: Pressable,
    url: str,
    trigger: str,
    view: Json | None,
    option: Json | None = None,
) -> Json:
    """A pressed button; with `option`, what was chosen in a field."""
    element = button.element
    action: Json = {
        key: element[key] for key in ("action_id", "text", "value", "style", "type", "url") if key in element
    }
    action |= {"block_id": button.block_id, "action_ts": world.new_ts()}
    action |= {"selected_option": option} if option else {}
    body = _interaction(world, person, "block_actions") | {"trigger_id": trigger, "actions": [action]}
    if button.message is None:
        return body | {"container": {"type": "view", "view_id": button.view_id}, "view": view}
    return body | _in_message(button.message, world) | {"response_url": url, "state": {"values": {}}}


def view_submission(world: World, person: str, view: Json, filled: Mapping[str, str], trigger: str) -> Json:
    return _interaction(world, person, "view_submission") | {
        "trigger_id": trigger,
        "view": view | {"state": {"values": _state(view, filled)}},
        "response_urls": [],
    }


def view_closed(world: World, person: str, view: Json) -> Json:
    return _interaction(world, person, "view_closed") | {
        "view": view | {"state": {"values": {}}},
        "is_cleared": False,
    }


def shortcut(world: World, person: str, callback_id: str, trigger: str, message: Message | None, url: str) -> Json:
    """A global shortcut, or one on a message."""
    named = {"callback_id": callback_id, "trigger_id": trigger, "action_ts": world.new_ts()}
    if message is None:
        return _interaction(world, person, "shortcut") | named
    channel = world.channels[message.channel]
    return (
        _interaction(world, person, "message_action")
        | named
        | {
            "message_ts": message.ts,
            "message": to_json(message, world),
            "channel": {"id": channel.id, "name": channel.name},
            "response_url": url,
        }
    )


def block_suggestion(world: World, person: str, field: Pressable, value: str, view: Json | None) -> Json:
    body = _interaction(world, person, "block_suggestion") | {
        "block_id": field.block_id,
        "action_id": field.element["action_id"],
        "value": value,
    }
    if field.message is not None:
        return body | _in_message(field.message, world)
    return body | {"container": {"type": "view", "view_id": field.view_id}, "view": view}


def _interaction(world: World, person: str, kind: str) -> Json:
    name = world.people[person].name
    return {
        "type": kind,
        "token": "legacy-token",
        "api_app_id": world.app_id,
        "team": None if world.org_wide else {"id": world.team, "domain": "homeroom-test"},
        "user": {"id": person, "username": name, "name": name, "team_id": world.team},
        "enterprise": {"id": world.enterprise, "name": "Org"} if world.enterprise else None,
        "is_enterprise_install": world.org_wide,
    }


def _in_message(message: Message, world: World) -> Json:
    channel = world.channels[message.channel]
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.only_for is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    body: Json = {"container": container, "channel": {"id": channel.id, "name": channel.name}}
    # Slack leaves the message itself out when it was ephemeral.
    return body if message.only_for else body | {"message": to_json(message, world)}


def _state(view: Json, filled: Mapping[str, str]) -> Json:
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    return {b["block_id"]: {b["element"]["action_id"]: _value(b["element"], filled[b["block_id"]])} for b in inputs}


def _value(element: Json, value: str) -> Json:
    if "options" in element:
        chosen = [o for o in element["options"] if value in (o["value"], o["text"]["text"])]
        return {"type": element["type"], "selected_option": chosen[0] if chosen else None}
    return {"type": element["type"], "value": value or None}

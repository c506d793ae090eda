"""What Slack tells the bot about, and which scope lets it hear."""

import itertools
from collections.abc import Iterator

from bot.fakes.slack.world import Json, Message, World, to_json

_SCOPES = {
    ("message", "channel"): "channels:history",
    ("message", "group"): "groups:history",
    ("message", "im"): "im:history",
    ("app_mention", None): "app_mentions:read",
    ("reaction_added", None): "reactions:read",
    ("reaction_removed", None): "reactions:read",
    ("channel_archive", None): "channels:read",
    ("link_shared", None): "links:read",
}
_numbers = itertools.count(1)


def message_event(message: Message, world: World) -> Json:
    channel = world.channels[message.channel]
    where = {"channel": channel.id, "channel_type": channel.kind, "event_ts": message.ts}
    told = to_json(message, world)
    if message.user in world.people:
        told["client_msg_id"] = f"00000000-0000-4000-8000-{message.ts.replace('.', '')[-12:]}"
    return told | where


def changed_event(message: Message, before: Json, world: World) -> Json:
    return _hidden("message_changed", message, world) | {"message": to_json(message, world), "previous_message": before}


def deleted_event(message: Message, before: Json, world: World) -> Json:
    return _hidden("message_deleted", message, world) | {"deleted_ts": message.ts, "previous_message": before}


def mention_event(message: Message, world: World) -> Json:
    told = message_event(message, world)
    del told["channel_type"]
    return told | {"type": "app_mention"}


def reaction_event(message: Message, person: str, name: str, world: World, added: bool = True) -> Json:
    return {
        "type": "reaction_added" if added else "reaction_removed",
        "user": person,
        "reaction": name,
        "item_user": message.user,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "event_ts": world.new_ts(),
    }


def home_event(person: str, channel: str, world: World, tab: str = "home") -> Json:
    told: Json = {"type": "app_home_opened", "user": person, "channel": channel, "tab": tab}
    if person in world.homes and tab == "home":
        told["view"] = world.homes[person]
    return told | {"event_ts": world.new_ts()}


def to_callback(event: Json, world: World) -> Json:
    """The event in the envelope of the Events API, with an event_id of its own."""
    return {
        "token": "legacy-token",
        "team_id": world.team,
        "context_team_id": world.team,
        "context_enterprise_id": world.enterprise,
        **({"enterprise_id": world.enterprise} if world.enterprise else {}),
        "api_app_id": world.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{next(_numbers):09d}",
        "event_time": int(world.clock().timestamp()),
        "authorizations": [
            {
                "enterprise_id": world.enterprise,
                "team_id": None if world.org_wide else world.team,
                "user_id": world.bot_user,
                "is_bot": True,
                "is_enterprise_install": world.org_wide,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{next(_numbers)}",
    }


def is_heard(event: Json, world: World) -> bool:
    """Whether the bot has the scope for the event, its token, and a seat in the channel."""
    if event["type"] in ("app_uninstalled", "tokens_revoked"):
        return True
    scopes = [scope for (kind, place), scope in _SCOPES.items() if _is(event, kind, place)]
    channel = world.channels.get(next(_channels(event), ""))
    seated = channel is None or world.bot_user in channel.members or event["type"] == "channel_archive"
    return world.token_error is None and seated and all(scope in world.scopes for scope in scopes)


def _is(event: Json, kind: str, place: str | None) -> bool:
    return event["type"] == kind and place in (None, event.get("channel_type"))


def _channels(event: Json) -> Iterator[str]:
    for named in (event.get("channel"), event.get("item", {}).get("channel")):
        if isinstance(named, str):
            yield named


def _hidden(subtype: str, message: Message, world: World) -> Json:
    channel = world.channels[message.channel]
    ts = world.new_ts()
    return {
        "type": "message",
        "subtype": subtype,
        "hidden": True,
        "channel": channel.id,
        "channel_type": channel.kind,
        "ts": ts,
        "event_ts": ts,
    }

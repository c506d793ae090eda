"""Every Web API method that the fake knows, who may call it, and how a call is judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.fakes.slack import agent, chat, conversations, files, links, people, pins, views
from bot.fakes.slack.calls import Call, Method, Refusal
from bot.fakes.slack.desk import Desk
from bot.fakes.slack.world import Json, World


@dataclass(frozen=True)
class Known:
    method: Method
    scope: str | None = None


METHODS: Mapping[str, Known] = {
    "assistant.threads.setStatus": Known(agent.set_status, "chat:write"),
    "assistant.threads.setSuggestedPrompts": Known(agent.set_prompts, "assistant:write"),
    "auth.test": Known(people.auth_test),
    "users.info": Known(people.user, "users:read"),
    "bots.info": Known(people.bot, "users:read"),
    "team.info": Known(people.team, "team:read"),
    "chat.postMessage": Known(chat.post_message, "chat:write"),
    "chat.postEphemeral": Known(chat.post_ephemeral, "chat:write"),
    "chat.update": Known(chat.update_message, "chat:write"),
    "chat.delete": Known(chat.delete_message, "chat:write"),
    "chat.unfurl": Known(links.unfurl, "links:write"),
    "chat.getPermalink": Known(chat.permalink),
    "conversations.history": Known(conversations.history, ":history"),
    "conversations.replies": Known(conversations.replies, ":history"),
    "conversations.info": Known(conversations.conversation, ":read"),
    "conversations.list": Known(conversations.conversations, "channels:read"),
    "conversations.members": Known(conversations.members, ":read"),
    "conversations.open": Known(conversations.open_dm, "im:write"),
    "conversations.join": Known(conversations.join, "channels:join"),
    "files.getUploadURLExternal": Known(files.get_upload_url, "files:write"),
    "files.completeUploadExternal": Known(files.complete_upload, "files:write"),
    "reactions.add": Known(people.add_reaction, "reactions:write"),
    "reactions.remove": Known(people.remove_reaction, "reactions:write"),
    "reactions.get": Known(people.reactions, "reactions:read"),
    "pins.add": Known(pins.add_pin, "pins:write"),
    "pins.remove": Known(pins.remove_pin, "pins:write"),
    "views.open": Known(views.open_view),
    "views.update": Known(views.update_view),
    "views.publish": Known(views.publish_view),
}


READING = frozenset(
    {
        *("bots.info", "chat.getPermalink", "conversations.history", "conversations.info", "conversations.list"),
        *("conversations.members", "conversations.replies", "reactions.get", "team.info", "users.info"),
    }
)
"""Methods without application/json: Slack takes it by "most write methods" only (docs.slack.dev/apis/web-api)."""


def perform(method: str, arguments: Mapping[str, Any], token: str | None, world: World, desk: Desk) -> Json:
    """Carry one call out and answer as Slack does; a refusal is noted."""
    try:
        _check_token(method, token, world)
        known = METHODS.get(method)
        if known is None:
            raise Refusal("unknown_method", req_method=method)
        call = Call(method, arguments, world, desk)
        _check_scope(known.scope, call)
        return known.method(call)
    except Refusal as refusal:
        note_refusal(refusal, method, world)
        return refusal.body


def note_refusal(refusal: Refusal, method: str, world: World) -> None:
    if refusal.slip:
        says = "; ".join(refusal.body.get("response_metadata", {}).get("messages", ()))
        world.refused.append(f"{method}: {refusal.error}{' ' + says if says else ''}")


def _check_token(method: str, token: str | None, world: World) -> None:
    if not token:
        raise Refusal("not_authed")
    if token == world.app_token:
        raise Refusal("not_allowed_token_type")
    if token != world.bot_token:
        raise Refusal("invalid_auth")
    if world.token_error:
        raise Refusal(world.token_error)


def _check_scope(scope: str | None, call: Call) -> None:
    if scope is None:
        return
    if scope.startswith(":"):
        scope = _place(call) + scope
    if scope not in call.world.scopes:
        raise Refusal("missing_scope", needed=scope, provided=",".join(call.world.scopes))


def _place(call: Call) -> str:
    channel = call.world.channels.get(call.find("channel") or "")
    return {"im": "im", "group": "groups"}.get(channel.kind if channel else "", "channels")

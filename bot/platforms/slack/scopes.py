"""Which scope each method that we call and each event that we hear needs: the manifest asks for these and no other.

Source: the page of each method and event in Slack's reference (docs.slack.dev/reference/methods, …/reference/events).
A method for any conversation needs the scope of each kind of conversation that we are in.
"""

from collections.abc import Mapping

_HISTORY = ("channels:history", "groups:history", "im:history")
_READ = ("channels:read", "groups:read")  # never asked of a direct message

METHODS: Mapping[str, tuple[str, ...]] = {
    "apps.connections.open": (),  # connections:write, of the app-level token
    "assistant.threads.setStatus": ("chat:write",),
    "assistant.threads.setSuggestedPrompts": ("assistant:write",),
    "auth.test": (),
    "bots.info": ("users:read",),
    "chat.delete": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.unfurl": ("links:write",),
    "chat.update": ("chat:write",),
    "conversations.history": _HISTORY,
    "conversations.info": _READ,
    "conversations.open": ("im:write",),
    "conversations.replies": _HISTORY,
    "files.completeUploadExternal": ("files:write",),
    "files.getUploadURLExternal": ("files:write",),
    "oauth.v2.access": (),
    "pins.add": ("pins:write",),
    "pins.remove": ("pins:write",),
    "reactions.add": ("reactions:write",),
    "users.info": ("users:read",),
    "views.open": (),
    "views.publish": (),
    "views.update": (),
}
"""Method → what it needs of the bot token."""

EVENTS: Mapping[str, tuple[str, ...]] = {
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "app_uninstalled": (),
    "link_shared": ("links:read",),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
    "tokens_revoked": (),
}
"""Event, as the manifest names it → what it needs."""

FEATURES: Mapping[str, tuple[str, ...]] = {
    "shortcuts": ("commands",),
    "slash_commands": ("commands",),
}
"""Feature of the manifest → what it needs."""

SCOPES = tuple(sorted({scope for needed in (METHODS, EVENTS, FEATURES) for each in needed.values() for scope in each}))
"""The bot scopes of the app manifest."""

OPTIONAL: Mapping[str, str] = {
    "assistant:write": "the Messages tab suggests nothing to ask",
    "files:write": "a picture, like that of everybody day by day, comes in words",
    "links:read": "links to the reader get no card",
    "links:write": "links to the reader get no card",
    "pins:write": "no lesson can be pinned",
    "reactions:read": "emoji under answers are not counted",
}
"""Scope that an operator may leave out → what is lost without it."""

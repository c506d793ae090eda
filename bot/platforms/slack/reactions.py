"""Slack's reaction events as what we see. Pure."""

from collections.abc import Mapping
from typing import Any

from bot.chat.inbound import Person, Reacted
from bot.platforms.slack.events import Identity, to_moment

Payload = Mapping[str, Any]

_LONGEST = 100


def to_reacted(event: Payload, workspace: str, us: Identity) -> Reacted | None:
    """A `reaction_added` or `reaction_removed`; None for our own, and for what stands under no person's message: an
    app's has no `item_user`, or ours."""
    item, user, writer = event.get("item") or {}, str(event.get("user") or ""), event.get("item_user")
    channel, ts = item.get("channel"), item.get("ts")
    if item.get("type") != "message" or not isinstance(channel, str) or not isinstance(ts, str):
        return None
    if user in ("", us.user) or writer in (None, "", us.user):
        return None
    return Reacted(
        platform="slack",
        workspace=workspace,
        message=f"{channel}/{ts}",
        person=Person(user, user),
        emoji=str(event.get("reaction") or "")[:_LONGEST],
        there=event.get("type") == "reaction_added",
        at=to_moment(str(event.get("event_ts") or "")),
    )

"""Discord's raw reaction events → what we see. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.chat.inbound import Person, Reacted
from bot.platforms.discord.events import PLATFORM

Payload = Mapping[str, Any]

REACTION = "MESSAGE_REACTION_"
"""What the events' names begin with: ADD and REMOVE by one person, REMOVE_EMOJI and REMOVE_ALL by a moderator."""

_LONGEST = 100


def is_persons(payload: Payload, own_id: str) -> bool:
    """Whether a person did it, as far as Discord tells: of one that is taken away it does not."""
    user = (payload.get("member") or {}).get("user") or {}
    return str(payload.get("user_id") or "") != own_id and not user.get("bot")


def to_reacted(event: str, payload: Payload, now: datetime) -> Reacted:
    """An emoji that came or went. One of a server's own goes by its name; once it is deleted there, by its id."""
    emoji = payload.get("emoji") or {}
    person = str(payload.get("user_id") or "")
    return Reacted(
        platform=PLATFORM,
        workspace=str(payload.get("guild_id") or ""),
        message=f"{payload['channel_id']}/{payload['message_id']}",
        person=Person(person, person),
        emoji=str(emoji.get("name") or emoji.get("id") or "")[:_LONGEST],
        there=event == f"{REACTION}ADD",
        at=now,
    )

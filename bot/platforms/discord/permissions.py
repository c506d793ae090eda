"""What we may do in a channel, worked out from roles and overwrites as Discord documents it, and asked over REST: the
history of a channel that we may not read is an empty page, not an error."""

from collections.abc import Iterable, Mapping
from typing import Any

import discord

from bot.chat.port import PlatformError, Reason
from bot.platforms.discord.events import THREAD_ONLY, THREAD_TYPES
from bot.platforms.discord.rest import Rest

Payload = Mapping[str, Any]

NEEDED: Mapping[str, str] = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "create_public_threads": "Create Public Threads",
    "send_messages_in_threads": "Send Messages in Threads",
    "read_message_history": "Read Message History",
    "add_reactions": "Add Reactions",
}
"""Everything that Homeroom uses → what Discord's settings call it."""

WHERE_ASKED: Mapping[str, str] = {"pin_messages": "Pin Messages"}
"""What it uses besides in channels whose facilitators have asked for pinned lessons."""

_NOT_IN_FORUMS = frozenset({"create_public_threads"})
"""Whoever may send messages in a forum may open posts in it."""

_ADMINISTRATOR = 1 << 3
_READING = ("view_channel", "read_message_history")


def bits(names: Iterable[str]) -> int:
    return discord.Permissions(**dict.fromkeys(names, True)).value


def permissions_in(guild: Payload, member: Payload, channel: Payload) -> int:
    """The member's permissions in the guild's channel: roles, then the channel's overwrites for everybody, for roles,
    for the member. Without View Channel there are none."""
    own, mine = str((member.get("user") or {}).get("id", "")), {str(role) for role in member.get("roles") or ()}
    roles = {str(role["id"]): int(role["permissions"]) for role in guild.get("roles") or ()}
    everyone = str(guild["id"])
    allowed = roles.get(everyone, 0)
    for role in mine:
        allowed |= roles.get(role, 0)
    if allowed & _ADMINISTRATOR or own == str(guild.get("owner_id")):
        return discord.Permissions.all().value
    overwrites = list(channel.get("permission_overwrites") or ())
    for chosen in ({everyone}, mine, {own}):
        allowed = _overwritten(allowed, [each for each in overwrites if str(each["id"]) in chosen])
    return allowed if allowed & bits(["view_channel"]) else 0


def missing(permissions: int, names: Iterable[str] = NEEDED) -> tuple[str, ...]:
    """Those of the names that are not among the permissions."""
    return tuple(name for name in names if not permissions & bits([name]))


def needed_in(channel: Payload) -> tuple[str, ...]:
    """What of NEEDED a cohort's channel has to allow."""
    forum = channel.get("type") in THREAD_ONLY
    return tuple(name for name in NEEDED if not (forum and name in _NOT_IN_FORUMS))


async def load_channel(rest: Rest, channel: str) -> Payload:
    """A channel or thread as Discord describes it."""
    found: Payload = await rest.call("GET", "/channels/{channel_id}", channel_id=channel)
    return found


async def load_permissions(rest: Rest, channel: Payload) -> int:
    """Our permissions in a channel of a guild, as they are now; a thread has those of its channel. In a direct message
    everything that we use is allowed."""
    if not channel.get("guild_id"):
        return bits(NEEDED)
    if channel.get("type") in THREAD_TYPES:
        channel = await load_channel(rest, str(channel["parent_id"]))
    guild = await rest.call("GET", "/guilds/{guild_id}", guild_id=str(channel["guild_id"]))
    member = await rest.call(
        "GET", "/guilds/{guild_id}/members/{member}", guild_id=str(channel["guild_id"]), member=rest.own_id
    )
    return permissions_in(guild, member, channel)


async def require_history(rest: Rest, channel: Payload) -> None:
    """Raises PlatformError when the channel's history cannot be trusted, because we may not read it."""
    lacking = missing(await load_permissions(rest, channel), _READING)
    if lacking:
        names = ", ".join(NEEDED[name] for name in lacking)
        raise PlatformError(Reason.MISSING_PERMISSION, f"the history cannot be read without {names}")


def _overwritten(allowed: int, overwrites: Iterable[Payload]) -> int:
    """Among overwrites of one kind an allow beats a deny."""
    denied = granted = 0
    for overwrite in overwrites:
        denied |= int(overwrite.get("deny") or 0)
        granted |= int(overwrite.get("allow") or 0)
    return allowed & ~denied | granted

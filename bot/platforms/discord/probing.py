"""Whether a lesson could be posted in a channel now, found without writing anything there."""

from bot.chat.port import PlatformError, Reason
from bot.platforms.discord import forum
from bot.platforms.discord.errors import NO_ACCESS, UNKNOWN_GUILD, UNKNOWN_MEMBER, DiscordError
from bot.platforms.discord.events import FORUM, MEDIA, THREAD_TYPES
from bot.platforms.discord.permissions import NEEDED, Payload, load_channel, load_permissions, missing, needed_in
from bot.platforms.discord.rest import Rest, is_refusal

_FIT = frozenset({0, 5, FORUM})
"""Text and announcement channels, where a thread can be opened under a message, and forums, where posts are threads."""


async def probe(rest: Rest, channel: str) -> None:
    """Raises PlatformError: why not, and for MISSING_PERMISSION all that is missing, as Discord's settings name it."""
    place = await _place(rest, channel)
    if place.get("type") not in _FIT:
        raise PlatformError(Reason.CHANNEL_GONE, _unfit(place))
    try:
        permissions = await load_permissions(rest, place)
    except DiscordError as error:
        if is_refusal(error, NO_ACCESS, UNKNOWN_GUILD, UNKNOWN_MEMBER):
            raise PlatformError(Reason.BOT_REMOVED, error.detail) from None
        raise
    if lacking := missing(permissions, needed_in(place)):
        raise PlatformError(Reason.MISSING_PERMISSION, ", ".join(NEEDED[name] for name in lacking))
    if place.get("type") == FORUM and forum.demands_tag(place) and not forum.has_tags(place):
        raise PlatformError(Reason.MISSING_PERMISSION, "the forum demands a tag, and has none that I may set")


async def _place(rest: Rest, channel: str) -> Payload:
    """Discord says "no access" of a channel that is hidden from us and of one in a server that we are not in; who is in
    no server at all was removed."""
    try:
        return await load_channel(rest, channel)
    except DiscordError as error:
        if is_refusal(error, NO_ACCESS):
            if not await rest.call("GET", "/users/@me/guilds"):
                raise PlatformError(Reason.BOT_REMOVED, error.detail) from None
            raise DiscordError(error.reason, NEEDED["view_channel"], code=NO_ACCESS) from None
        raise


def _unfit(place: Payload) -> str:
    if place.get("type") == MEDIA:
        return forum.NO_MEDIA
    if place.get("type") not in THREAD_TYPES:
        return "not a text channel of a server"
    archived = (place.get("thread_metadata") or {}).get("archived")
    return "an archived thread, not a channel" if archived else "a thread, not a channel"

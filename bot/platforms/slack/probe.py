"""Whether a lesson could be posted to a channel now, found by reading only: for a delivery that waits for a person."""

from collections.abc import Collection, Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.port import PlatformError, Reason
from bot.platforms.slack.failures import attempt


async def probe(web: AsyncWebClient, scopes: Collection[str], channel: str) -> None:
    """The scope, the channel and our seat in it, and whether its history can be read: without that a post whose
    outcome is unclear could not be found again. scopes: what the token may do, empty when Slack has not said.

    Raises PlatformError with the reason. An administrator's rule about who may post in a channel
    (`restricted_action`) cannot be read and shows at the post.
    """
    if scopes and "chat:write" not in scopes:
        raise PlatformError(Reason.MISSING_PERMISSION, "missing_scope chat:write")
    place: Mapping[str, Any] = (await attempt(web.conversations_info(channel=channel)))["channel"]
    if place.get("is_archived"):
        raise PlatformError(Reason.CHANNEL_GONE, "is_archived")
    if not place.get("is_member") and not place.get("is_im"):
        raise PlatformError(Reason.MISSING_PERMISSION, "not_in_channel")
    await attempt(web.conversations_history(channel=channel, limit=1))

"""The app has been removed from a workspace, or its token has been revoked: what we hold of it goes.

Both events come, in any order, more than once, and perhaps only after somebody has installed the app again. So the
token that is held now decides: one that Slack refuses goes, and one that came after the event and works stays.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.request.internals import extract_enterprise_id, extract_team_id

from bot.chat.port import PlatformError, Reason
from bot.platforms.slack.installs import Installed, Installs

log = logging.getLogger(__name__)


class Leaving:
    """takes: whether Slack still takes a token; it raises PlatformError when that cannot be told."""

    def __init__(
        self, installs: Installs, takes: Callable[[str], Awaitable[bool]], forget: Callable[[str], None]
    ) -> None:
        self._installs, self._takes, self._forget = installs, takes, forget

    async def __call__(self, body: Mapping[str, Any]) -> None:
        """The event's body. Raises what the record raises, and PlatformError: then Slack has to say it again."""
        event = body["event"]
        if event["type"] == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
            return  # people's tokens, of which we hold none
        held = await self._installs.find_exactly(extract_enterprise_id(dict(body)), extract_team_id(dict(body)))
        if held is None:
            return
        if await self._takes(held.token) and _came_after(held, body):
            log.info("slack event=%s workspace=%s outcome=outdated", event["type"], held.workspace)
            return
        await self._installs.remove(held)
        self._forget(held.workspace)
        log.warning("slack event=%s workspace=%s outcome=forgotten", event["type"], held.workspace)


async def is_taken(signed_in: Awaitable[object]) -> bool:
    """Whether a call with a token shows that Slack takes it. Raises PlatformError when it does not show."""
    try:
        await signed_in
    except PlatformError as error:
        if error.reason is Reason.TOKEN_REVOKED:
            return False
        raise
    return True


def _came_after(held: Installed, body: Mapping[str, Any]) -> bool:
    at = body.get("event_time")
    return isinstance(at, int | float) and held.bot.installed_at > at

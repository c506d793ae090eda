"""The Home tab: a page of our own for each person. What it shows is the answer to the command "home"."""

import logging
from collections.abc import Mapping
from typing import Any

from bot.chat.port import PlatformError
from bot.chat.post import Post
from bot.platforms.slack.answering import SORRY, Answering
from bot.platforms.slack.failures import attempt
from bot.platforms.slack.memory import Memory, to_memory
from bot.platforms.slack.saying import Place
from bot.platforms.slack.views import home_view

log = logging.getLogger(__name__)

Payload = Mapping[str, Any]


class Home:
    """Publishes Homes. What Slack shows already is named by its hash, so that an older answer never covers a newer."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    async def opened(self, event: Payload, workspace: str) -> None:
        """Somebody looks at their Home: the tab that they left it in, as it is now."""
        seen = event.get("view") or {}
        await self._answering.within(
            self.show(workspace, str(event["user"]), to_memory(seen).home or "", seen=seen.get("hash"))
        )

    async def show(self, workspace: str, user: str, tab: str, page: int = 1, seen: str | None = None) -> None:
        """Publish. seen: the hash of the Home that this is to replace; when another has come between, ask again, and
        that is the newest."""
        options = {"tab": tab} if tab else {}
        memory = Memory(home=tab, name="home", options=options)
        for expected in (seen, None):
            said = await self._answering.ask(Place(workspace, user, None, memory=memory), "home", options)
            if not isinstance(said, Post) or (said is SORRY and seen):
                return  # what stands there is better
            if await self._published(user, home_view(said, memory, page), expected):
                return

    async def _published(self, user: str, view: Payload, expected: str | None) -> bool:
        """False when Slack shows another Home by now."""
        named = {"hash": expected} if expected else {}
        try:
            asked = {"user_id": user, "view": view, **named}
            await attempt(self._answering.mouth.web.api_call("views.publish", json=asked))
        except PlatformError as error:
            if expected and error.detail == "hash_conflict":
                return False
            log.warning("slack home=unpublished reason=%s", error.detail)
        return True

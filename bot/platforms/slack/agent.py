"""The Messages tab: what we offer there to ask, that we are busy with an answer, and the threads that Slack makes of a
conversation where the app has agent features.

Not every workspace has them (a paid plan), and an operator may leave them out of the manifest. They are used as long as
Slack takes them; what it refuses is not tried again, and everything else goes on without.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from bot.chat.inbound import Partial
from bot.chat.limits.slack import SUGGESTED_PROMPTS
from bot.chat.markdown import shown
from bot.chat.port import Ears, PlatformError, Reason
from bot.platforms.slack.events import Identity, is_direct, is_members
from bot.platforms.slack.failures import attempt
from bot.platforms.slack.saying import Mouth

log = logging.getLogger(__name__)

MOST = 5_000
"""Ours: direct messages whose thread is remembered."""

PATIENCE = 0.5  # seconds: an event must be acknowledged within three, and an answer may take two of them
BUSY = "is looking it up…"
ASKED = (("Today's lesson", "today"), ("My progress", "progress"))
"""What can always be asked: what is shown → what is written then."""

Payload = Mapping[str, Any]


class Conversations:
    """In which thread of a direct message each of its messages is answered. Forgets: then it is answered below."""

    def __init__(self) -> None:
        self._roots: OrderedDict[str, str] = OrderedDict()

    def keep(self, message: str, root: str) -> None:
        self._roots[message] = root
        self._roots.move_to_end(message)
        while len(self._roots) > MOST:
            self._roots.popitem(last=False)

    def root(self, message: str) -> str | None:
        """The ts of the thread that a message belongs to; None when it has none."""
        return self._roots.get(message)


class Agent:
    """Agent features of one app. `works`: Slack has taken our prompts, so conversations are threads."""

    def __init__(self, mouth: Mouth, ears: Ears, us: Identity, conversations: Conversations) -> None:
        self._mouth, self._ears, self._us, self._conversations = mouth, ears, us, conversations
        self._refused: set[str] = set()
        self.works = False

    async def opened(self, event: Payload, workspace: str) -> None:
        """Somebody opens the Messages tab: what they might ask."""
        offered = self._prompts(workspace, str(event.get("user") or ""))
        prompts = [{"title": title, "message": message} for title, message in offered]
        asked = {"channel_id": event.get("channel"), "prompts": prompts[:SUGGESTED_PROMPTS]}
        if await self._call("assistant.threads.setSuggestedPrompts", asked):
            self.works = True

    async def begun(self, event: Payload) -> str:
        """A direct message of a member's is about to be answered: remember where, and say that we are at it. The ts of
        its thread, or ""."""
        channel, ts = str(event.get("channel")), str(event.get("ts") or "")
        if not is_direct(channel) or not is_members(event, self._us):
            return ""
        root = str(event.get("thread_ts") or (ts if self.works else ""))
        if root:
            self._conversations.keep(f"{channel}/{ts}", root)
        if self.works:
            asked = {"channel_id": channel, "thread_ts": root, "status": BUSY}
            await self._call("assistant.threads.setStatus", asked)
        return root

    def _prompts(self, workspace: str, person: str) -> list[tuple[str, str]]:
        """Concepts of the latest lessons that the person has reached, and what can always be asked."""
        offered = self._ears.suggest(Partial("slack", workspace, None, "concept", "name", "", person or None))
        names = [shown(choice.name) for choice in offered[:2]]
        return [*((f"What is {name}?", f"What is {name}?") for name in names), *ASKED]

    async def _call(self, method: str, asked: Payload) -> bool:
        """Whether Slack took it. It is a convenience: no failure reaches anybody."""
        if method in self._refused:
            return False
        try:
            async with asyncio.timeout(PATIENCE):
                await attempt(self._mouth.web.api_call(method, json=dict(asked)))
        except TimeoutError:
            return False
        except PlatformError as error:
            if error.reason not in (Reason.BUSY, Reason.UNCLEAR):
                log.info("slack agent=unavailable method=%s reason=%s", method, error.detail)
                self._refused.add(method)
            return False
        return True

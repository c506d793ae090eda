"""What stands in Slack already: our own posts by their marker, and a thread as it is now."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.inbound import Reply
from bot.chat.port import Copy, ThreadReading
from bot.platforms.slack.commands import is_for_us_alone
from bot.platforms.slack.events import Identity, said_to_us, to_micros, to_reply, to_ts
from bot.platforms.slack.failures import attempt
from bot.platforms.slack.render import EVENT

PAGE = 200
EARLIER = timedelta(seconds=60)
"""How far our clock and Slack's may differ."""


async def find_posted(
    web: AsyncWebClient, us: Identity, channel: str, keys: Collection[str], since: datetime
) -> Mapping[str, tuple[Copy, ...]]:
    """Part key → our own messages since then that carry it, oldest first. Raises PlatformError."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    oldest = to_ts(since - EARLIER)
    async for message in _pages(
        web, "conversations.history", channel=channel, oldest=oldest, inclusive=True, include_all_metadata=True
    ):
        key = _key(message, us)
        if key is not None and key in keys:
            found.setdefault(key, []).append(message)
    return {key: _copies(channel, messages) for key, messages in found.items()}


async def find_said(web: AsyncWebClient, us: Identity, channel: str, ts: str, since: datetime) -> frozenset[str]:
    """The part keys of our own messages in a thread since then. Raises PlatformError when it cannot be read."""
    pages = _pages(
        web,
        "conversations.replies",
        channel=channel,
        ts=ts,
        oldest=to_ts(since - EARLIER),
        inclusive=True,
        include_all_metadata=True,
    )
    return frozenset([key async for message in pages if (key := _key(message, us)) is not None])


async def read_thread(web: AsyncWebClient, us: Identity, thread: str) -> ThreadReading:
    """Every member's reply, oldest first; what was asked of us there is none, as when it is heard. Raises PlatformError
    when a page cannot be read, so what is here is all."""
    channel, ts = to_place(thread)
    replies = [
        reply
        async for message in _pages(web, "conversations.replies", channel=channel, ts=ts)
        if message.get("ts") != ts and (reply := to_reply(message, channel, us.team, us)) and not _asked(reply, us)
    ]
    return ThreadReading(tuple(sorted(replies, key=lambda reply: reply.sent_at)), complete=True)


def to_place(ref: str) -> tuple[str, str]:
    """A message's or thread's reference as channel and timestamp."""
    channel, _, ts = ref.partition("/")
    return channel, ts


def _asked(reply: Reply, us: Identity) -> bool:
    line = said_to_us(reply.text, us)
    return line is not None and is_for_us_alone(line)


def _key(message: Mapping[str, Any], us: Identity) -> str | None:
    ours = message.get("user") == us.user or (us.bot and message.get("bot_id") == us.bot)
    metadata = message.get("metadata") or {}
    if not ours or metadata.get("event_type") != EVENT:
        return None
    key = (metadata.get("event_payload") or {}).get("key")
    return key if isinstance(key, str) else None


def _copies(channel: str, messages: Sequence[Mapping[str, Any]]) -> tuple[Copy, ...]:
    """A message that was written to meanwhile may stand on two pages: it is one copy."""
    replies = {str(message["ts"]): int(message.get("reply_count") or 0) for message in messages}
    return tuple(Copy(f"{channel}/{ts}", replies[ts]) for ts in sorted(replies, key=to_micros))


async def _pages(web: AsyncWebClient, method: str, **asked: Any) -> AsyncIterator[Mapping[str, Any]]:
    cursor = ""
    while True:
        turned = {"cursor": cursor} if cursor else {}
        answer = await attempt(web.api_call(method, http_verb="GET", params={**_flat(asked), **turned, "limit": PAGE}))
        for message in answer.get("messages") or []:
            yield message
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return


def _flat(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: int(value) if isinstance(value, bool) else value for name, value in asked.items()}

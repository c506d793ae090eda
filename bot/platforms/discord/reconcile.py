"""What stands on Discord: our own messages found again by their marker, and a thread read whole."""

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.chat.inbound import Reply
from bot.chat.port import Copy, PlatformError, Reason, ThreadReading
from bot.platforms.discord.events import is_hidden, is_written, to_reply
from bot.platforms.discord.limits import PAGE_SIZE
from bot.platforms.discord.marks import part_keys
from bot.platforms.discord.permissions import load_channel, require_history
from bot.platforms.discord.rest import Rest

Payload = Mapping[str, Any]

_EPOCH_MS = 1_420_070_400_000
CLOCK_SKEW = timedelta(seconds=60)
"""Our clock is not Discord's: so much earlier is looked."""


async def find_posted(rest: Rest, channel: str, keys: Collection[str], since: datetime) -> dict[str, tuple[Copy, ...]]:
    """Part key → our messages that carry it, oldest first, among those sent after `since` (less a minute: our clock is
    not Discord's). Raises PlatformError when the history cannot be read."""
    found: dict[str, tuple[Copy, ...]] = {}
    async for message in newest_first(rest, channel, snowflake(since - CLOCK_SKEW)):
        if str((message.get("author") or {}).get("id")) == rest.own_id:
            for key in set(part_keys(message.get("components") or ())) & set(keys):
                found[key] = (Copy(f"{channel}/{message['id']}", _replies(message)), *found.get(key, ()))
    return found


async def read_thread(rest: Rest, thread: str) -> ThreadReading:
    """Every reply that stands in the thread; of a prompt in a forum's post, in the whole post. Not complete when a
    message's words are kept from us, or when we lost the permission to read while reading. Raises PlatformError when it
    cannot be read, or not to its end."""
    thread = thread.partition("/")[0]
    place = await load_channel(rest, thread)
    replies: list[Reply] = []
    complete, after = True, 0
    while True:
        page = await _page(rest, thread, after=str(after))
        if not page:
            complete = await _is_at_end(rest, place, begun=after > 0) and complete
        for message in sorted(page, key=_id):
            if is_written(message, rest.own_id) and is_hidden(message):
                complete = False
            reply = to_reply(message, True, rest.own_id, str(place.get("guild_id") or ""))
            if reply is not None:
                replies.append(reply)
        if len(page) < PAGE_SIZE:
            return ThreadReading(tuple(replies), complete)
        after = max(map(_id, page))


async def newest_first(rest: Rest, channel: str, after: int) -> AsyncIterator[Payload]:
    """Messages behind a snowflake. It begins with the newest of all and not with `after`, because a page that holds
    anything shows that the history may be read, and most often one is enough."""
    before: dict[str, str] = {}
    while True:
        page = await _page(rest, channel, **before)
        if not page:
            await require_history(rest, await load_channel(rest, channel))
        newer = [message for message in page if _id(message) > after]
        for message in sorted(newer, key=_id, reverse=True):
            yield message
        if len(newer) < PAGE_SIZE:
            return
        before = {"before": str(min(map(_id, page)))}


async def _page(rest: Rest, channel: str, **bounds: str) -> list[Payload]:
    path, query = "/channels/{channel_id}/messages", {**bounds, "limit": PAGE_SIZE}
    page: list[Payload] = await rest.call("GET", path, channel_id=channel, query=query)
    return page


async def _is_at_end(rest: Rest, place: Payload, begun: bool) -> bool:
    """A page came back empty: because there is no more, or because we may not read (any more)? Raises PlatformError
    when we could not from the beginning. A page that holds something needs no such question: without the permission
    Discord gives none."""
    try:
        await require_history(rest, place)
    except PlatformError as error:
        if begun and error.reason is Reason.MISSING_PERMISSION:
            return False
        raise
    return True


def _id(message: Payload) -> int:
    return int(message["id"])


def snowflake(moment: datetime) -> int:
    """The smallest id that Discord could have given at that moment."""
    return max(int(moment.timestamp() * 1_000) - _EPOCH_MS, 0) << 22


def _replies(message: Payload) -> int:
    """What stands in the message's thread. `message_count` leaves out the message that the thread was opened under and
    what has been deleted; `total_message_sent` would still count that."""
    return int((message.get("thread") or {}).get("message_count") or 0)

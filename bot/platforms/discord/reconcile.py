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
_CLOCK_SKEW = timedelta(seconds=60)


async def find_posted(rest: Rest, channel: str, keys: Collection[str], since: datetime) -> dict[str, tuple[Copy, ...]]:
    """Part key → our messages that carry it, oldest first, among those sent after `since` (less a minute: our clock is
    not Discord's). Raises PlatformError when the history cannot be read."""
    await require_history(rest, await load_channel(rest, channel))
    found: dict[str, tuple[Copy, ...]] = {}
    async for message in read_history(rest, channel, snowflake(since - _CLOCK_SKEW)):
        if str((message.get("author") or {}).get("id")) == rest.own_id:
            for key in set(part_keys(message.get("components") or ())) & set(keys):
                found[key] = (*found.get(key, ()), Copy(f"{channel}/{message['id']}", _replies(message)))
    return found


async def read_thread(rest: Rest, thread: str) -> ThreadReading:
    """Every reply that stands in the thread. Not complete when a message's words are kept from us, or when we lost the
    permission to read while reading. Raises PlatformError when it cannot be read, or not to its end."""
    place = await load_channel(rest, thread)
    await require_history(rest, place)
    replies: list[Reply] = []
    complete = True
    async for message in read_history(rest, thread, 0):
        if is_written(message, rest.own_id) and is_hidden(message):
            complete = False
        reply = to_reply(message, True, rest.own_id, str(place.get("guild_id") or ""))
        if reply is not None:
            replies.append(reply)
    return ThreadReading(tuple(replies), complete and await _still_readable(rest, place))


async def read_history(rest: Rest, channel: str, after: int) -> AsyncIterator[Payload]:
    """Messages behind a snowflake, oldest first, page by page to the end. Discord's pages are newest first."""
    while True:
        page = await rest.call(
            "GET",
            "/channels/{channel_id}/messages",
            channel_id=channel,
            query={"after": str(after), "limit": PAGE_SIZE},
        )
        for message in sorted(page, key=lambda message: int(message["id"])):
            yield message
        if len(page) < PAGE_SIZE:
            return
        after = max(int(message["id"]) for message in page)


def snowflake(moment: datetime) -> int:
    """The smallest id that Discord could have given at that moment."""
    return max(int(moment.timestamp() * 1_000) - _EPOCH_MS, 0) << 22


def _replies(message: Payload) -> int:
    """What stands in the message's thread. `message_count` leaves out the message that the thread was opened under and
    what has been deleted; `total_message_sent` would still count that."""
    return int((message.get("thread") or {}).get("message_count") or 0)


async def _still_readable(rest: Rest, place: Payload) -> bool:
    try:
        await require_history(rest, place)
    except PlatformError as error:
        if error.reason is Reason.MISSING_PERMISSION:
            return False
        raise
    return True

"""What is done to messages that stand already: they are changed, pinned, unpinned, reacted to. In an archived thread
none of it can be done, so that one is opened again for it."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from bot.chat.port import Body, Reason
from bot.platforms.discord.errors import THREAD_ARCHIVED, UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, DiscordError
from bot.platforms.discord.permissions import load_channel
from bot.platforms.discord.rest import Rest, is_refusal

log = logging.getLogger(__name__)

_ONLY_WHEN_SENT = ("nonce", "enforce_nonce")
_NOBODY: dict[str, Any] = {"allowed_mentions": {"parse": []}}


async def edit(rest: Rest, message: str, body: Body) -> None:
    """Make a message of ours say something else; that it says it already makes no difference to Discord. Nobody is
    mentioned by an edit. Raises DiscordError(BUSY) where Discord has enough of edits to what is older than an hour: it
    says to try again later, and not how much later."""
    sent = {name: value for name, value in body.items() if name not in _ONLY_WHEN_SENT} | _NOBODY
    await _on(rest, "PATCH", "/channels/{channel_id}/messages/{message_id}", message, sent)


async def pin(rest: Rest, message: str) -> None:
    """Raises DiscordError(REFUSED) when the channel has as many pins as Discord allows."""
    await _on(rest, "PUT", "/channels/{channel_id}/messages/pins/{message_id}", message)


async def unpin(rest: Rest, message: str) -> None:
    """What is gone is no pin any more."""
    try:
        await _on(rest, "DELETE", "/channels/{channel_id}/messages/pins/{message_id}", message)
    except DiscordError as error:
        if not is_refusal(error, UNKNOWN_MESSAGE, UNKNOWN_CHANNEL):
            raise


async def react(rest: Rest, message: str, emojis: Iterable[str]) -> None:
    """Our reactions on anybody's message."""
    for emoji in emojis:
        path = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me"
        await _on(rest, "PUT", path, message, emoji=emoji)


async def in_open_thread(rest: Rest, thread: str, act: Callable[[], Awaitable[object]]) -> None:
    """Do it; where Discord says that the thread is archived, open it again and do it then. Raises DiscordError(REFUSED)
    when it is locked besides: only whoever manages threads may open that one."""
    try:
        await act()
    except DiscordError as error:
        if not is_refusal(error, THREAD_ARCHIVED):
            raise
        await _open_again(rest, thread)
        await act()


async def _on(rest: Rest, method: str, path: str, message: str, body: object = None, **parameters: Any) -> None:
    """One call on a message, which may be carried out twice."""
    channel, _, message_id = message.partition("/")

    async def act() -> None:
        await rest.call(method, path, body, repeats=True, channel_id=channel, message_id=message_id, **parameters)

    await in_open_thread(rest, channel, act)


async def _open_again(rest: Rest, thread: str) -> None:
    try:
        await rest.call("PATCH", "/channels/{channel_id}", {"archived": False}, repeats=True, channel_id=thread)
    except DiscordError as error:
        if error.reason is not Reason.MISSING_PERMISSION or not await _is_locked(rest, thread):
            raise
        log.info("thread=locked thread=%s", thread)
        raise DiscordError(Reason.REFUSED, "the thread is archived and locked", code=THREAD_ARCHIVED) from None
    log.info("thread=opened_again thread=%s", thread)


async def _is_locked(rest: Rest, thread: str) -> bool:
    place = await load_channel(rest, thread)
    return bool((place.get("thread_metadata") or {}).get("locked"))

"""Pictures in an answer that one person sees: uploaded as files that nobody but this app has been given, and shown by
their ids. A file's own address asks for a sign-in, so that nothing of a picture stands anywhere in public."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.port import PlatformError, Reason
from bot.chat.post import Picture, Post
from bot.platforms.slack.failures import attempt

log = logging.getLogger(__name__)

PAUSES = (0.0, 0.5, 1.5)
"""Ours: seconds before each try to show a picture. Slack looks at a new file for a moment before it can stand in a
block (files.getUploadURLExternal: "processed asynchronously"), and refuses the block until then."""


def pictures_of(post: object) -> tuple[Picture, ...]:
    """The pictures of an answer, in order."""
    return tuple(block for block in post.blocks if isinstance(block, Picture)) if isinstance(post, Post) else ()


async def upload(web: AsyncWebClient, session: aiohttp.ClientSession, proxy: str | None, post: Post) -> tuple[str, ...]:
    """The ids of a post's pictures, in order; none when one of them cannot be uploaded: the post has its words."""
    try:
        return tuple([await _upload(web, session, proxy, each.png) for each in pictures_of(post)])
    except PlatformError as error:
        log.warning("slack picture=unsent reason=%s", error)
        return ()


async def shown_soon(show: Callable[[], Awaitable[bool]]) -> bool:
    """Whether something with a new picture was shown, tried a few times."""
    for pause in PAUSES:
        await asyncio.sleep(pause)
        if await show():
            return True
    log.warning("slack picture=unshown")
    return False


async def _upload(web: AsyncWebClient, session: aiohttp.ClientSession, proxy: str | None, png: bytes) -> str:
    asked = {"filename": "picture.png", "length": len(png)}
    given = await attempt(web.api_call("files.getUploadURLExternal", data=asked))
    await _send(session, proxy, str(given["upload_url"]), png)
    file = str(given["file_id"])
    await attempt(web.api_call("files.completeUploadExternal", json={"files": [{"id": file}]}))
    return file


async def _send(session: aiohttp.ClientSession, proxy: str | None, url: str, png: bytes) -> None:
    try:
        async with session.post(url, data=png, proxy=proxy) as answer:
            if answer.status != 200:
                raise PlatformError(Reason.REFUSED, f"upload status {answer.status}")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise PlatformError(Reason.UNCLEAR, type(error).__name__) from error

"""How an answer reaches one person: by response URL, as an ephemeral message, as a direct message or in a modal."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.port import Body, PlatformError, Reason
from bot.chat.post import Form, Post, Text
from bot.platforms.slack.events import is_direct
from bot.platforms.slack.failures import attempt
from bot.platforms.slack.render import render
from bot.platforms.slack.views import form_view, post_view, private_note

log = logging.getLogger(__name__)

USES = 5
"""How often a response URL works, within 30 minutes (Slack's reference on interactivity)."""

LATE = Post("Please try again", (Text("That took too long, so the form could not be opened. Please try once more."),))


@dataclass(frozen=True)
class Place:
    """Where somebody asked, and so where they are answered. `view`: the modal in front of them."""

    workspace: str
    user: str
    channel: str | None
    thread: str | None = None  # its ts
    response_url: str | None = None
    trigger: str | None = None
    view: str | None = None

    @property
    def heard_in(self) -> str | None:
        """The channel of a command: None in a direct message."""
        return None if self.channel is None or is_direct(self.channel) else self.channel


@dataclass(frozen=True)
class Mouth:
    """What it takes to speak."""

    web: AsyncWebClient
    session: aiohttp.ClientSession
    proxy: str | None = None


async def say(mouth: Mouth, place: Place, said: Post | Form) -> None:
    """Answer. Raises PlatformError when no way is open."""
    if isinstance(said, Form):
        await _open(mouth, place, said)
    elif not (
        place.view and await _turn_view(mouth, place, post_view(said, private_note(place.channel, place.workspace)))
    ):
        await _say_pages(mouth, place, render(said, None))


async def turn_view(mouth: Mouth, place: Place, view: Body, otherwise: Post) -> None:
    """Show another view in the modal; somebody who has closed it is told `otherwise`."""
    if not await _turn_view(mouth, place, view):
        await _say_pages(mouth, place, render(otherwise, None))


async def tell(web: AsyncWebClient, place: Place, pages: Sequence[Body]) -> None:
    """Messages for one person alone: in place where they are, else as direct messages."""
    for number, page in enumerate(pages):
        if place.heard_in is None or not await _whispered(web, place, page):
            await _tell_directly(web, place, pages[number:])
            return


async def _open(mouth: Mouth, place: Place, form: Form) -> None:
    view = form_view(form, private_note(place.channel, place.workspace))
    if place.view and await _turn_view(mouth, place, view):
        return
    try:
        if place.trigger is None:
            raise PlatformError(Reason.REFUSED, "no trigger")
        await attempt(mouth.web.api_call("views.open", json={"trigger_id": place.trigger, "view": view}))
    except PlatformError as error:
        log.warning("slack form=unopened reason=%s", error.detail)
        await _say_pages(mouth, place, render(LATE, None))


async def _turn_view(mouth: Mouth, place: Place, view: Body | None) -> bool:
    if view is None:
        return False
    try:
        await attempt(mouth.web.api_call("views.update", json={"view_id": place.view, "view": view}))
    except PlatformError as error:
        log.info("slack view=closed reason=%s", error.detail)
        return False
    return True


async def _say_pages(mouth: Mouth, place: Place, pages: Sequence[Body]) -> None:
    for number, page in enumerate(pages):
        if place.response_url is None or number >= USES or not await _responded(mouth, place, place.response_url, page):
            await tell(mouth.web, place, pages[number:])
            return


async def _responded(mouth: Mouth, place: Place, url: str, page: Body) -> bool:
    try:
        async with mouth.session.post(url, json=private_page(page, place.thread), proxy=mouth.proxy) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False


def private_page(page: Body, thread: str | None = None) -> Mapping[str, Any]:
    """A rendered message as the answer to a slash command or a button, in the thread where that was pressed."""
    within = {"thread_ts": thread} if thread else {}
    return {**page, **within, "response_type": "ephemeral", "replace_original": False}


async def _whispered(web: AsyncWebClient, place: Place, page: Body) -> bool:
    """Whether an ephemeral message got through; a revoked token or a 429 is no reason to try a direct message."""
    thread = {"thread_ts": place.thread} if place.thread else {}
    try:
        ephemeral = {"channel": place.heard_in, "user": place.user, **thread, **page}
        await attempt(web.api_call("chat.postEphemeral", json=ephemeral))
    except PlatformError as error:
        if error.reason in (Reason.BUSY, Reason.TOKEN_REVOKED, Reason.UNCLEAR):
            raise
        return False
    return True


async def _tell_directly(web: AsyncWebClient, place: Place, pages: Sequence[Body]) -> None:
    channel = place.channel
    if channel is None or not is_direct(channel):
        opened = await attempt(web.api_call("conversations.open", json={"users": place.user}))
        channel = opened["channel"]["id"]
    for page in pages:
        await attempt(web.api_call("chat.postMessage", json={"channel": channel, **page}))

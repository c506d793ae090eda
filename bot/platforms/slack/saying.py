"""How an answer reaches one person: by response URL, as an ephemeral message, as a direct message or in a modal."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.limits.slack import RESPONSE_URL_USES
from bot.chat.port import Body, PlatformError, Reason
from bot.chat.post import Button, Buttons, Form, Post, Table, Text
from bot.platforms.slack.events import is_direct
from bot.platforms.slack.failures import attempt
from bot.platforms.slack.memory import Memory
from bot.platforms.slack.pictures import pictures_of, shown_soon, upload
from bot.platforms.slack.render import render
from bot.platforms.slack.views import form_view, post_view

log = logging.getLogger(__name__)

LATE = Post("Please try again", (Text("That took too long, so the form could not be opened. Please try once more."),))
NO_BLOCK = frozenset({"invalid_blocks", "msg_blocks_too_long"})
"""What Slack says of a block that it does not take."""


@dataclass(frozen=True)
class Place:
    """Where somebody asked, and so where they are answered.

    view: the modal in front of them. apart: they asked where no message can stand (a Home, a global shortcut), and are
    answered in a modal. memory: what a view that is opened or turned for them has to remember; page: of its pages.
    """

    workspace: str
    user: str
    channel: str | None
    thread: str | None = None  # its ts
    response_url: str | None = None
    trigger: str | None = None
    view: str | None = None
    apart: bool = False
    memory: Memory = field(default_factory=Memory)
    page: int = 1

    @property
    def heard_in(self) -> str | None:
        """The channel of a command: None in a direct message."""
        return None if self.channel is None or is_direct(self.channel) else self.channel


class Sorting:
    """Whether Slack takes tables that can be sorted: until it has refused one, and then no more in this process."""

    def __init__(self) -> None:
        self.welcome = True

    def suits(self, post: Post) -> bool:
        """Whether the post has such a table, and it is worth a try."""
        return self.welcome and any(isinstance(block, Table) and block.sortable for block in post.blocks)


@dataclass(frozen=True)
class Mouth:
    """What it takes to speak."""

    web: AsyncWebClient
    session: aiohttp.ClientSession
    proxy: str | None = None
    sorting: Sorting = field(default_factory=Sorting)


async def say(mouth: Mouth, place: Place, said: Post | Form) -> None:
    """Answer. Raises PlatformError when no way is open."""
    if isinstance(said, Post) and said.for_all and await _said_to_all(mouth, place, said):
        return
    if isinstance(said, Form) and place.trigger is None and place.view is None:
        await _say_pages(mouth, place, render(_asked(said), None))
    elif isinstance(said, Form):
        if not await _show(mouth, place, form_view(said, place.memory)):
            await _say_pages(mouth, place, render(LATE, None))
    elif not (pictures_of(said) and await _say_pictured(mouth, place, said)):
        await _say_plain(mouth, place, said)


async def turn_view(mouth: Mouth, place: Place, view: Body, otherwise: Post) -> None:
    """Show another view in the modal; somebody who has closed it is told `otherwise`."""
    if not await _turned(mouth, place, view):
        await _say_pages(mouth, place, render(otherwise, None))


async def tell(web: AsyncWebClient, place: Place, pages: Sequence[Body]) -> None:
    """Messages for one person alone: in place where they are, else as direct messages."""
    for number, page in enumerate(pages):
        if place.heard_in is None or not await _whispered(web, place, page):
            await _tell_directly(web, place, pages[number:])
            return


def _asked(form: Form) -> Post:
    """Where nothing was pressed no form can be opened (a mention, a direct message): a button that opens it."""
    button = Buttons((Button(form.title, form.action, "primary"),))
    return Post(form.title, (Text("Please press the button to go on."), button))


def private_page(page: Body, thread: str | None = None) -> Mapping[str, Any]:
    """A rendered message as the answer to a slash command or a button, in the thread where that was pressed."""
    within = {"thread_ts": thread} if thread else {}
    return {**page, **within, "response_type": "ephemeral", "replace_original": False}


async def _show(mouth: Mouth, place: Place, view: Body | None) -> bool:
    """Whether the view is in front of the person now: in the place of their modal, or as one."""
    if view is None:
        return False
    return (place.view is not None and await _turned(mouth, place, view)) or await _opened(mouth, place, view)


async def _turned(mouth: Mouth, place: Place, view: Body) -> bool:
    try:
        await attempt(mouth.web.api_call("views.update", json={"view_id": place.view, "view": view}))
    except PlatformError as error:
        log.info("slack view=closed reason=%s", error.detail)
        return False
    return True


async def _opened(mouth: Mouth, place: Place, view: Body) -> bool:
    try:
        if place.trigger is None:
            raise PlatformError(Reason.REFUSED, "no trigger")
        await attempt(mouth.web.api_call("views.open", json={"trigger_id": place.trigger, "view": view}))
    except PlatformError as error:
        log.warning("slack view=unopened reason=%s", error.detail)
        return False
    return True


async def _said_to_all(mouth: Mouth, place: Place, post: Post) -> bool:
    """Whether it stands where it was asked, for everybody there; False when Slack refuses the first message. Raises
    PlatformError when it may stand. Not by response URL: only of a call of our own Slack tells what became of it."""
    if place.heard_in is None or place.view or place.apart:
        return False
    within = {"thread_ts": place.thread} if place.thread else {}
    for number, page in enumerate(render(post, None)):
        try:
            await attempt(mouth.web.api_call("chat.postMessage", json={"channel": place.heard_in, **within, **page}))
        except PlatformError as error:
            if number or error.reason is Reason.UNCLEAR:
                raise
            log.warning("slack answer=not_for_all reason=%s", error.detail)
            return False
    return True


async def _say_plain(mouth: Mouth, place: Place, post: Post) -> None:
    view = post_view(post, place.memory, place.page) if place.view or place.apart else None
    if not await _show(mouth, place, view):
        await _say_post(mouth, place, post)


async def _say_pictured(mouth: Mouth, place: Place, post: Post) -> bool:
    """Whether the post was shown with its pictures: in a single message or modal, so that nothing of it is said twice
    when Slack does not take one."""
    files = await upload(mouth.web, mouth.session, mouth.proxy, post)
    if not files:
        return False
    if place.view or place.apart:
        view = post_view(post, place.memory, place.page, files)
        return view is not None and await shown_soon(lambda: _show(mouth, place, view))
    pages = render(post, None, files=files)
    return len(pages) == 1 and await shown_soon(lambda: _taken(mouth, place, pages))


async def _taken(mouth: Mouth, place: Place, pages: Sequence[Body]) -> bool:
    """False when Slack does not take a block (yet)."""
    try:
        await _say_pages(mouth, place, pages)
    except PlatformError as error:
        if error.detail not in NO_BLOCK:
            raise
        return False
    return True


async def _say_post(mouth: Mouth, place: Place, post: Post) -> None:
    """A table goes out as one that can be sorted, in a single message; where Slack does not take it, once more as it is
    elsewhere."""
    if mouth.sorting.suits(post) and len(pages := render(post, None, sorting=True)) == 1:
        try:
            await _say_pages(mouth, place, pages)
            return
        except PlatformError as error:
            if error.detail not in NO_BLOCK:
                raise
            log.warning("slack block=refused kind=data_table reason=%s", error.detail)
            mouth.sorting.welcome = False
    await _say_pages(mouth, place, render(post, None))


async def _say_pages(mouth: Mouth, place: Place, pages: Sequence[Body]) -> None:
    for number, page in enumerate(pages):
        url = place.response_url if number < RESPONSE_URL_USES else None
        if url is None or not await _responded(mouth, place, url, page):
            await tell(mouth.web, place, pages[number:])
            return


async def _responded(mouth: Mouth, place: Place, url: str, page: Body) -> bool:
    """Whether it was shown. Raises PlatformError when Slack does not take a block of it."""
    try:
        async with mouth.session.post(url, json=private_page(page, place.thread), proxy=mouth.proxy) as answer:
            says = "" if answer.status == 200 else (await answer.text())[:200]
            shown = answer.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False
    if refused := next((code for code in NO_BLOCK if code in says), None):
        raise PlatformError(Reason.REFUSED, refused)
    return shown


async def _whispered(web: AsyncWebClient, place: Place, page: Body) -> bool:
    """Whether an ephemeral message got through; a revoked token, a 429 or a block that Slack does not take is no reason
    to try a direct message."""
    thread = {"thread_ts": place.thread} if place.thread else {}
    try:
        ephemeral = {"channel": place.heard_in, "user": place.user, **thread, **page}
        await attempt(web.api_call("chat.postEphemeral", json=ephemeral))
    except PlatformError as error:
        if error.reason in (Reason.BUSY, Reason.TOKEN_REVOKED, Reason.UNCLEAR) or error.detail in NO_BLOCK:
            raise
        return False
    return True


async def _tell_directly(web: AsyncWebClient, place: Place, pages: Sequence[Body]) -> None:
    """In a direct message, and there in the conversation's thread where it has one."""
    channel, thread = place.channel, place.thread
    if channel is None or not is_direct(channel):
        opened = await attempt(web.api_call("conversations.open", json={"users": place.user}))
        channel, thread = opened["channel"]["id"], None
    within = {"thread_ts": thread} if thread else {}
    for page in pages:
        await attempt(web.api_call("chat.postMessage", json={"channel": channel, **within, **page}))

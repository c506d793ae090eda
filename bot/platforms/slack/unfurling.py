"""Links to our reader in somebody's message: a card in place of the bare address, where the core has one to show."""

import logging
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.chat.port import PlatformError
from bot.chat.post import Post
from bot.platforms.slack.answering import SORRY, Answering
from bot.platforms.slack.failures import attempt
from bot.platforms.slack.limits import Block
from bot.platforms.slack.render import is_plain_id, render
from bot.platforms.slack.saying import Place

log = logging.getLogger(__name__)

MOST = 5
"""Ours: links of one message that get a card."""

_PAGE = re.compile(r"[A-Za-z0-9-]{1,100}\.html", re.ASCII)

Payload = Mapping[str, Any]


async def unfurl(answering: Answering, reader: str, event: Payload, workspace: str) -> None:
    """Cards for the links of one `link_shared` event. reader: the address of the reader's root."""
    pages = {
        str(link.get("url") or ""): to_page(str(link.get("url") or ""), reader) for link in event.get("links") or ()
    }
    place = _shared_at(event, workspace)
    cards = {}
    for url, page in [(url, page) for url, page in pages.items() if page][:MOST]:
        if blocks := _card(await answering.ask(place, "card", {"page": page})):
            cards[url] = {"blocks": blocks}
    if not cards:
        return
    try:
        await attempt(answering.mouth.web.api_call("chat.unfurl", json={**_message(event), "unfurls": cards}))
    except PlatformError as error:
        log.info("slack unfurl=unsent reason=%s", error.detail)


def to_page(url: str, reader: str) -> str | None:
    """The name of the reader's page that an address leads to: "day-32.html"; None for any other address."""
    try:
        asked, root = urlsplit(url), urlsplit(reader)
        same = (asked.scheme, asked.hostname, asked.port) == (root.scheme, root.hostname, root.port)
    except ValueError:
        return None
    folder, _, name = asked.path.rpartition("/")
    ours = same and asked.username is None and folder == root.path.rstrip("/")
    return name if ours and _PAGE.fullmatch(name) else None


def _card(said: object) -> list[Block] | None:
    """The blocks of a card that has something to show and is short enough for one message."""
    if not isinstance(said, Post) or said is SORRY or not said.title:
        return None
    pages = render(said, None)
    return list(pages[0]["blocks"]) if len(pages) == 1 else None


def _shared_at(event: Payload, workspace: str) -> Place:
    """A link that is still being written stands in no channel ("COMPOSER")."""
    channel = str(event.get("channel") or "")
    written = event.get("source") != "composer" and is_plain_id(channel)
    return Place(workspace, str(event["user"]), channel if written else None)


def _message(event: Payload) -> Payload:
    if event.get("unfurl_id") and event.get("source"):
        return {"unfurl_id": event["unfurl_id"], "source": event["source"]}
    return {"channel": event.get("channel"), "ts": event.get("message_ts")}

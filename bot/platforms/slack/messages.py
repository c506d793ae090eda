"""What is done to one message: change it, pin it, take it away, react to it, say something under it."""

from datetime import datetime, timedelta

from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.port import Body, Mark, PlatformError
from bot.chat.post import Post
from bot.platforms.slack.events import Identity
from bot.platforms.slack.failures import attempt
from bot.platforms.slack.reconcile import find_said
from bot.platforms.slack.render import render

EMOJI = {Mark.KEPT: "white_check_mark", Mark.COMPLETE: "tada", Mark.PRAISED: "clap"}

SAID_SINCE = timedelta(days=1)
"""Ours: how far back a thread is looked through before something is said in it. What is said there is rare (a person
asks for it), so that one reading each time is cheap; a day is longer than a crash is out, and seldom a second page."""


async def edit(again: AsyncWebClient, channel: str, ts: str, body: Body) -> None:
    """Raises PlatformError: REFUSED for what is gone, not ours, or older than the workspace lets messages be edited
    (message_not_found, cant_update_message, edit_window_closed)."""
    await attempt(again.api_call("chat.update", json={**body, "channel": channel, "ts": ts}))


async def say(
    once: AsyncWebClient,
    again: AsyncWebClient,
    us: Identity,
    channel: str,
    ts: str,
    post: Post,
    key: str,
    now: datetime,
) -> None:
    """Say what does not stand in the thread yet. Slack has no key of its own against doubles, so each part carries ours
    and is looked for first: whoever calls may have said it before a crash, or without ever hearing of it."""
    bodies = render(post, key)
    said = await find_said(again, us, channel, ts, now - SAID_SINCE)
    for body in bodies:
        if body["metadata"]["event_payload"]["key"] not in said:
            await attempt(once.api_call("chat.postMessage", json={**body, "channel": channel, "thread_ts": ts}))


async def pin(again: AsyncWebClient, channel: str, ts: str) -> None:
    await _well(again, "pins.add", {"channel": channel, "timestamp": ts}, "already_pinned")


async def unpin(again: AsyncWebClient, channel: str, ts: str) -> None:
    gone = ("no_pin", "not_pinned", "message_not_found")
    await _well(again, "pins.remove", {"channel": channel, "timestamp": ts}, *gone)


async def remove(again: AsyncWebClient, channel: str, ts: str) -> None:
    await _well(again, "chat.delete", {"channel": channel, "ts": ts}, "message_not_found")


async def react(again: AsyncWebClient, channel: str, ts: str, mark: Mark) -> None:
    await _well(again, "reactions.add", {"channel": channel, "timestamp": ts, "name": EMOJI[mark]}, "already_reacted")


async def _well(again: AsyncWebClient, method: str, asked: dict[str, str], *well: str) -> None:
    """`well`: refusals which say that it is so already."""
    try:
        await attempt(again.api_call(method, json=asked))
    except PlatformError as error:
        if error.detail not in well:
            raise

"""The real SDK, pointed at the fake: what the tests of the fake Slack drive it with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.fakes.slack import FakeSlack

Json = dict[str, Any]


@asynccontextmanager
async def web_client(fake: FakeSlack, token: str | None = None) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(token or fake.bot_token, base_url=fake.api_url, session=session, retry_handlers=[])


@asynccontextmanager
async def socket_app(fake: FakeSlack, sockets: int = 1) -> AsyncIterator[AsyncApp]:
    """An app with so many connections to the fake."""
    async with web_client(fake) as client:
        app = AsyncApp(client=client, process_before_response=True)
        handlers = [AsyncSocketModeHandler(app, fake.app_token, ping_interval=0.2) for _ in range(sockets)]
        for handler in handlers:
            await handler.connect_async()
        await fake.connected(sockets)
        try:
            yield app
        finally:
            for handler in handlers:
                await handler.close_async()


@asynccontextmanager
async def http_app(fake: FakeSlack) -> AsyncIterator[AsyncApp]:
    """An app behind an address of its own, which the fake then sends to."""
    async with web_client(fake) as client:
        app = AsyncApp(client=client, signing_secret=fake.signing_secret, process_before_response=True)

        async def answer(request: web.Request) -> web.Response:
            return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

        server = web.Application()
        server.router.add_post("/slack/events", answer)
        runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        fake.http_target = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        try:
            yield app
        finally:
            await runner.cleanup()


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def marked(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "words") -> Json:
    return {"type": "section", "text": marked(text)}


def button(label: str, action: str = "go", **more: Any) -> Json:
    return {"type": "button", "action_id": action, "value": "v1", "text": plain(label)} | more


def row(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def field(block_id: str = "answer", **more: Any) -> Json:
    element = {"type": "plain_text_input", "action_id": "text", "multiline": True, "max_length": 3_000} | more
    return {"type": "input", "block_id": block_id, "label": plain("Answer"), "element": element}


def modal(*blocks: Json, **more: Any) -> Json:
    return {
        "type": "modal",
        "callback_id": "write:1",
        "title": plain("My answer"),
        "submit": plain("Send"),
        "blocks": list(blocks) or [field()],
    } | more

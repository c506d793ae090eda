"""HTTP mode: POST /slack/events takes events, commands and interactivity, when Slack has signed them."""

import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.clock import Clock

PATH = "/slack/events"
LARGEST = 1024**2  # bytes of a request's body
OLDEST = 300.0  # seconds; Slack's own advice against replays


async def answer_request(request: web.Request, app: AsyncApp | None, secret: str, clock: Clock) -> web.Response:
    """One request: 413 too large, 401 not Slack's or too old, 503 while we do not listen, else Bolt's answer."""
    body = await _read(request)
    if body is None:
        return web.Response(status=413, text="too large")
    stamp = request.headers.get("X-Slack-Request-Timestamp", "")
    if not is_signed(body, stamp, request.headers.get("X-Slack-Signature", ""), secret, clock().timestamp()):
        return web.Response(status=401, text="not signed by Slack, or too old")
    if app is None:
        return web.Response(status=503, text="not listening yet")
    text = body.decode("utf-8", "replace")
    bolt = AsyncBoltRequest(body=text, query=request.query_string, headers=dict(request.headers))
    return await to_aiohttp_response(await app.async_dispatch(bolt))


@asynccontextmanager
async def serving(routes: Sequence[web.RouteDef], host: str, port: int) -> AsyncIterator[None]:
    """An address of our own with these routes."""
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None)
    try:
        await runner.setup()
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()


def is_signed(body: bytes, stamp: str, signature: str, secret: str, now: float) -> bool:
    """Whether Slack signed this body with the app's secret at most five minutes before or after `now` (seconds)."""
    if not re.fullmatch(r"\d{1,12}", stamp, re.ASCII) or abs(now - int(stamp)) > OLDEST:
        return False
    expected = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={expected}".encode(), signature.encode("utf-8", "surrogateescape"))


async def _read(request: web.Request) -> bytes | None:
    """The body, or None as soon as it is larger than we take."""
    body = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > LARGEST:
            return None
    return bytes(body)

"""HTTP mode: POST /slack/events takes events, commands and interactivity, when Slack has signed them."""

import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.chat.limits.slack import EVENT_SECONDS
from bot.clock import Clock
from bot.platforms.slack.hearing import Hearing
from bot.platforms.slack.replays import Replays

PATH = "/slack/events"
LARGEST = 1024**2  # bytes of a request's body
OLDEST = EVENT_SECONDS  # of a request: what is older may be a replay


async def answer_request(
    request: web.Request, hearing: Hearing | None, secret: str, clock: Clock, replays: Replays
) -> web.Response:
    """One request: 413 too large, 401 not Slack's or too old, 503 while we do not listen or it is being heard already,
    200 and nothing else when it has been heard, else what hears it answers."""
    body = await _read(request)
    if body is None:
        return web.Response(status=413, text="too large")
    stamp = request.headers.get("X-Slack-Request-Timestamp", "")
    signature = request.headers.get("X-Slack-Signature", "")
    if not is_signed(body, stamp, signature, secret, clock().timestamp()):
        return web.Response(status=401, text="not signed by Slack, or too old")
    if hearing is None:
        return web.Response(status=503, text="not listening yet")
    text = body.decode("utf-8", "replace")
    bolt = AsyncBoltRequest(body=text, query=request.query_string, headers=dict(request.headers))
    if bolt.body.get("type") == "block_suggestion":  # changes nothing, and says the same when it is typed again
        return await to_aiohttp_response(await hearing.async_dispatch(bolt))
    heard = await replays.begin(signature)
    if heard is not None:
        return web.Response(status=heard)
    answer: BoltResponse | None = None
    try:
        answer = await hearing.async_dispatch(bolt)
    finally:
        await replays.end(signature, done=answer is not None and answer.status < 500)
    return await to_aiohttp_response(answer)


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

"""Socket Mode: one WebSocket after another, as long as we run.

Our own loop around Bolt's dispatch instead of slack_sdk's client, which tries one stale address for ever after a
refused connection, notices a lost one only at its next ping, and cannot say that events may have been missed.
"""

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.chat.port import PlatformError
from bot.platforms.slack.failures import told

log = logging.getLogger(__name__)

LARGEST = 16 * 1024**2  # bytes of one envelope
HEARTBEAT = 10.0  # seconds; a socket that answers no ping for half of it is lost
DRAIN = 3.0  # seconds in which Slack still takes an acknowledgement
LONGEST_WAIT = 30.0  # seconds between two tries


async def listen(
    app: AsyncApp,
    session: aiohttp.ClientSession,
    open_url: Callable[[], Awaitable[str]],
    greeted: Callable[[], None],
    proxy: str | None = None,
) -> None:
    """Hear and acknowledge until cancelled. `greeted` is called for each connection, the first included.

    Raises what `open_url` raises, save PlatformError and a network's failure, after which it is asked again.
    """
    tries = 0
    while True:
        try:
            url = await open_url()
            async with session.ws_connect(url, heartbeat=HEARTBEAT, max_msg_size=LARGEST, proxy=proxy) as ws:
                tries = 0
                await _converse(app, ws, greeted)
        except (PlatformError, aiohttp.ClientError, TimeoutError, OSError) as error:
            says = str(error) if isinstance(error, PlatformError) else type(error).__name__  # others hold the ticket
            log.warning("slack socket=lost error=%s", says)
            await asyncio.sleep(random.uniform(0.5, 1) * min(0.2 * 2**tries, LONGEST_WAIT))
            tries = min(tries + 1, 16)


async def _converse(app: AsyncApp, ws: aiohttp.ClientWebSocketResponse, greeted: Callable[[], None]) -> None:
    """One connection until either side ends it; what is being heard is still acknowledged then."""
    running: set[asyncio.Task[None]] = set()
    try:
        async for message in ws:
            envelope = _to_envelope(message)
            match envelope.get("type"):
                case "hello":
                    greeted()
                case "disconnect":
                    log.info("slack socket=refreshed reason=%s", envelope.get("reason"))
                    return
                case _ if envelope.get("envelope_id"):
                    task = asyncio.create_task(_hear(app, ws, envelope))
                    running.add(task)
                    task.add_done_callback(running.discard)
    finally:
        if running:
            await asyncio.wait(running, timeout=DRAIN)


def _to_envelope(message: aiohttp.WSMessage) -> Mapping[str, Any]:
    """What Slack sent, or {} for what nobody can read."""
    try:
        envelope = json.loads(message.data) if message.type is aiohttp.WSMsgType.TEXT else {}
    except ValueError:
        envelope = {}
    return envelope if isinstance(envelope, dict) else {}


async def _hear(app: AsyncApp, ws: aiohttp.ClientWebSocketResponse, envelope: Mapping[str, Any]) -> None:
    request = SocketModeRequest.from_dict(dict(envelope))
    if request is None:
        return
    try:
        response = await run_async_bolt_app(app, request)
    except Exception as error:
        log.error("slack event=unacknowledged error=%s", told(error))
        return
    if response.status != 200:
        return  # not acknowledged: Slack sends it again
    payload = json.loads(response.body) if response.body else None
    answer = SocketModeResponse(envelope_id=request.envelope_id, payload=payload)
    try:
        await ws.send_str(json.dumps(answer.to_dict()))
    except (aiohttp.ClientError, ConnectionError):
        log.info("slack acknowledgement=unsent")

"""Socket Mode: one WebSocket after another, as long as we run.

Our own loop around Bolt's dispatch instead of slack_sdk's client, which tries one stale address for ever after a
refused connection, notices a lost one only at its next ping, and cannot say that events may have been missed.
"""

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.chat.port import PlatformError
from bot.clock import monotonic
from bot.platforms.slack.failures import told
from bot.platforms.slack.hearing import Hearing

log = logging.getLogger(__name__)

LARGEST = 16 * 1024**2  # bytes of one envelope
HEARTBEAT = 10.0  # seconds; a socket that answers no ping for half of it is lost
DRAIN = 3.0  # seconds in which Slack still takes an acknowledgement
LINGER = 15.0  # seconds; Slack closes a socket about ten seconds after it has told it to go
SETTLED = 10.0  # seconds; a connection that held less long counts as a failed try
LONGEST_WAIT = 30.0  # seconds between two tries


@dataclass(eq=False)
class _Line:
    """One connection, as far as it has come. `leaving`: Slack has told it to go. wait: seconds before the next try."""

    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    greeted_at: float | None = None
    wait: float = 0.0

    @property
    def lasted(self) -> bool:
        return self.greeted_at is not None and monotonic() - self.greeted_at > SETTLED


async def listen(
    app: Hearing,
    session: aiohttp.ClientSession,
    open_url: Callable[[], Awaitable[str]],
    greeted: Callable[[bool], None],
    proxy: str | None = None,
) -> None:
    """Hear and acknowledge until cancelled.

    Slack renews a connection every few hours and says so first: the next one is opened at once, and the old one is
    heard until Slack closes it. `greeted` is called for each connection, the first included, with whether none of ours
    stood meanwhile, so that events may have been missed. Where ten stand already, which is Slack's limit for an app,
    this one is a spare: it asks again, ever less often, until a place is free.

    Raises what `open_url` raises, save PlatformError and a network's failure, after which it is asked again.
    """
    lines = _Lines(app, session, open_url, greeted, proxy)
    tries = 0
    try:
        while True:
            line = await lines.next()
            tries = 0 if line.lasted else tries + 1
            longest = min(0.1 * 2**tries, LONGEST_WAIT) if tries else 0.0
            await asyncio.sleep(max(line.wait, random.uniform(0.5, 1) * longest))
    finally:
        await lines.close()


class _Lines:
    """The connections that stand or are being opened: more than one only while an old one goes."""

    def __init__(
        self,
        app: Hearing,
        session: aiohttp.ClientSession,
        open_url: Callable[[], Awaitable[str]],
        greeted: Callable[[bool], None],
        proxy: str | None,
    ) -> None:
        self._app, self._session, self._proxy = app, session, proxy
        self._open_url, self._greeted = open_url, greeted
        self._tasks: set[asyncio.Task[None]] = set()
        self._standing: set[_Line] = set()

    async def next(self) -> _Line:
        """Open a connection; it is back when it has ended or is told to go. Raises as `listen`."""
        line = _Line()
        task = asyncio.create_task(self._hold(line))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        leaving = asyncio.create_task(line.leaving.wait())
        try:
            await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
        if task.done():
            task.result()
        return line

    async def close(self) -> None:
        ending = list(self._tasks)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def _hold(self, line: _Line) -> None:
        try:
            url = await self._open_url()
            async with self._session.ws_connect(
                url, heartbeat=HEARTBEAT, max_msg_size=LARGEST, proxy=self._proxy
            ) as ws:
                await _converse(self._app, ws, line, self._welcome)
        except (PlatformError, aiohttp.ClientError, TimeoutError, OSError) as error:
            says = str(error) if isinstance(error, PlatformError) else type(error).__name__  # others hold the ticket
            log.warning("slack socket=lost error=%s", says)
            line.wait = (error.retry_after if isinstance(error, PlatformError) else None) or 0.0
        finally:
            self._standing.discard(line)

    def _welcome(self, line: _Line) -> None:
        line.greeted_at = monotonic()
        gap = not self._standing
        self._standing.add(line)
        self._greeted(gap)


async def _converse(
    app: Hearing, ws: aiohttp.ClientWebSocketResponse, line: _Line, welcomed: Callable[[_Line], None]
) -> None:
    """One connection until either side ends it; what is being heard is still acknowledged then."""
    running: set[asyncio.Task[None]] = set()
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(None) as limit:
            async for message in ws:
                envelope = _to_envelope(message)
                match envelope.get("type"):
                    case "hello":
                        welcomed(line)
                    case "disconnect":
                        log.info("slack socket=leaving reason=%s", envelope.get("reason"))
                        line.leaving.set()
                        limit.reschedule(loop.time() + (LINGER if line.greeted_at is not None else 0.0))
                    case _ if envelope.get("envelope_id"):
                        task = asyncio.create_task(_hear(app, ws, envelope))
                        running.add(task)
                        task.add_done_callback(running.discard)
    except TimeoutError:
        if not line.leaving.is_set():
            raise
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


async def _hear(app: Hearing, ws: aiohttp.ClientWebSocketResponse, envelope: Mapping[str, Any]) -> None:
    request = SocketModeRequest.from_dict(dict(envelope))
    if request is None:
        return
    try:
        response = await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=request.payload))
    except Exception as error:
        log.error("slack event=unacknowledged error=%s", told(error))
        return
    if response.status != 200:
        return  # not acknowledged: Slack sends it again
    payload = f', "payload": {response.body}' if response.body else ""  # it is JSON already, and may be long
    try:
        await ws.send_str(f'{{"envelope_id": {json.dumps(request.envelope_id)}{payload}}}')
    except (aiohttp.ClientError, ConnectionError):
        log.info("slack acknowledgement=unsent")

"""Socket Mode: the bot's WebSockets, and one attempt at a time to have an envelope acknowledged."""

import asyncio
import contextlib
import itertools
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from bot.clock import monotonic
from bot.fakes.slack.limits import SOCKETS
from bot.fakes.slack.timing import Timing
from bot.fakes.slack.world import Json


@dataclass(frozen=True)
class Ack:
    """The bot's answer to one envelope or HTTP delivery."""

    envelope: str
    kind: str
    seconds: float
    payload: Json | None


@dataclass
class Trial:
    """One attempt to have an event or an interaction acknowledged. socket: which, from 1 on; 0: none, or HTTP."""

    event: str
    kind: str
    retry: int
    socket: int = 0
    acknowledged: bool = False


@dataclass
class Socket:
    """`leaving`: it was told to disconnect and is sent nothing more. number: from 1 on, each its own."""

    ws: web.WebSocketResponse
    request: web.Request
    number: int = 0
    leaving: bool = False
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict)


class SocketHub:
    def __init__(self, app_id: str, timing: Timing) -> None:
        self.app_id = app_id
        self.timing = timing
        self.sockets: list[Socket] = []
        self.tickets: set[str] = set()
        self.strangers: list[str] = []  # acknowledgements of envelopes that nobody waits for any more
        self._turn = 0
        self._numbers = itertools.count(1)
        self._last: dict[str, Socket] = {}  # event → the socket that has not acknowledged it
        self._ending: set[asyncio.Task[None]] = set()
        self._came = asyncio.Condition()

    def new_ticket(self) -> str:
        ticket = uuid.uuid4().hex
        self.tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One WebSocket from its hello to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            return web.Response(status=401, text="invalid ticket")
        self.tickets.discard(ticket)
        ws = web.WebSocketResponse(heartbeat=30)
        await ws.prepare(request)
        if len(self._usable()) >= SOCKETS:
            await self._refuse(ws)
            return ws
        socket = Socket(ws, request, next(self._numbers))
        await ws.send_str(json.dumps(self._hello()))
        self.sockets.append(socket)
        async with self._came:
            self._came.notify_all()
        try:
            await self._listen(socket)
        finally:
            self.sockets.remove(socket)
            socket.gone.set()
            self._abandon(socket)
        return ws

    async def attempt(
        self, kind: str, payload: Json, retry: tuple[int, str] | None = None, trial: Trial | None = None
    ) -> Ack | None:
        """Send an envelope to one socket and wait for its acknowledgement; None when there is none in time. What is
        sent again goes to another socket, if there is one."""
        event = str(payload.get("event_id", ""))
        patience = self.timing.offline if kind == "events_api" else self.timing.acknowledge
        socket = await self._choose(patience, self._last.pop(event, None))
        if socket is None:
            return None
        if trial is not None:
            trial.socket = socket.number
        envelope = str(uuid.uuid4())
        future = socket.waiting[envelope] = asyncio.get_running_loop().create_future()
        started = monotonic()
        try:
            await socket.ws.send_str(json.dumps(_envelope(envelope, kind, payload, retry)))
            answer = await asyncio.wait_for(future, self.timing.acknowledge)
        except (TimeoutError, ConnectionError):
            if event:
                self._last[event] = socket
            return None
        finally:
            socket.waiting.pop(envelope, None)
        return Ack(envelope, kind, monotonic() - started, answer)

    async def wait_for(self, sockets: int, seconds: float) -> None:
        """Until so many sockets are usable; raises TimeoutError."""
        async with asyncio.timeout(seconds), self._came:
            await self._came.wait_for(lambda: len(self._usable()) >= sockets)

    async def disconnect(self, reason: str, most: int | None = None) -> None:
        """Tell every socket, or the `most` oldest, to go, and end those that have not gone after a while. After a
        "warning" a socket is still used until then."""
        leaving = self._usable()[:most]
        for socket in leaving:
            socket.leaving = reason != "warning"
            await socket.ws.send_str(json.dumps(_disconnect(reason)))
            ending = asyncio.create_task(self._end(socket))
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
        if reason != "warning":
            await asyncio.gather(*self._ending)

    def cut(self, most: int | None = None) -> None:
        """End every socket, or the `most` oldest, without a word, as a lost network does."""
        for socket in self.sockets[:most]:
            if socket.request.transport is not None:
                socket.request.transport.abort()

    async def close(self) -> None:
        for ending in list(self._ending):
            ending.cancel()
        await asyncio.gather(*(socket.ws.close() for socket in list(self.sockets)))

    async def _listen(self, socket: Socket) -> None:
        async for message in socket.ws:
            if message.type is WSMsgType.TEXT:
                self._take(socket, message.data)

    def _take(self, socket: Socket, text: str) -> None:
        try:
            answer: Any = json.loads(text)
        except ValueError:
            answer = None
        envelope = answer.get("envelope_id") if isinstance(answer, dict) else None
        future = socket.waiting.get(envelope) if isinstance(envelope, str) else None
        if future is None:
            self.strangers.append(str(envelope))
        elif not future.done():
            future.set_result(answer.get("payload"))

    async def _choose(self, patience: float, but: Socket | None) -> Socket | None:
        """The sockets take turns; not `but` if there is another. Waits so many seconds for a first one."""
        try:
            await self.wait_for(1, patience)
        except TimeoutError:
            return None
        usable = [socket for socket in self._usable() if socket is not but] or self._usable()
        self._turn += 1
        return usable[self._turn % len(usable)]

    def _usable(self) -> list[Socket]:
        return [socket for socket in self.sockets if not socket.leaving and not socket.ws.closed]

    def _abandon(self, socket: Socket) -> None:
        for future in socket.waiting.values():
            if not future.done():
                future.set_exception(ConnectionResetError("the socket is gone"))

    async def _end(self, socket: Socket) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(socket.gone.wait(), self.timing.grace)
        if not socket.ws.closed:
            await socket.ws.close()

    async def _refuse(self, ws: web.WebSocketResponse) -> None:
        await ws.send_str(json.dumps(_disconnect("too_many_websockets")))
        await ws.close()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._usable()) + 1,
            "debug_info": {"host": "fake", "approximate_connection_time": 18_060},
            "connection_info": {"app_id": self.app_id},
        }


def _envelope(envelope: str, kind: str, payload: Json, retry: tuple[int, str] | None) -> Json:
    body: Json = {"envelope_id": envelope, "type": kind, "accepts_response_payload": accepts_payload(kind, payload)}
    if kind == "events_api":
        attempt, reason = retry or (0, "")
        body |= {"retry_attempt": attempt, "retry_reason": reason}
    return body | {"payload": payload}


def accepts_payload(kind: str, payload: Json) -> bool:
    """Commands, views and suggestions are answered in the acknowledgement itself; a pressed button is not."""
    return kind == "slash_commands" or payload.get("type") in ("view_submission", "block_suggestion")


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "fake"}}

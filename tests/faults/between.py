"""A wire between a bot and a fake that spoils what comes back: what no server does by itself."""

import asyncio
import re
from collections import Counter
from contextlib import suppress
from typing import Self

from yarl import URL


class Wire:
    """Listens on a port of its own and passes everything on. `spoil` says what happens to the next answers."""

    def __init__(self, target: str) -> None:
        self._target = URL(target)
        self._server: asyncio.Server | None = None
        self._call, self._how, self._left = re.compile(b"(?!)"), "", 0
        self._open: set[asyncio.Task[None]] = set()
        self.spoiled: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    @property
    def url(self) -> str:
        """The target's address, by way of this wire."""
        assert self._server is not None
        return str(self._target.with_port(self._server.sockets[0].getsockname()[1]))

    def spoil(self, how: str, call: str, times: int) -> None:
        """The next `times` answers to calls whose request line matches `call` are "truncated" (the connection ends in
        the middle of the body), "half-open" (nothing comes, and nothing ends), "garbled" (half of the JSON, as if it
        were all of it), "dribbled" (in small pieces) or "slow" (by 0.4 s)."""
        self._call, self._how, self._left = re.compile(call.encode()), how, times

    def heal(self) -> None:
        self._left = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        assert self._target.host is not None
        there, onward = await asyncio.open_connection(self._target.host, self._target.port)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                while request := await _message(reader):
                    onward.write(request)
                    answer = await _message(there)
                    if not await self._pass_back(request, answer, writer):
                        break
        finally:
            self._open.discard(task)
            for each in (writer, onward):
                each.close()

    async def _pass_back(self, request: bytes, answer: bytes, writer: asyncio.StreamWriter) -> bool:
        how = ""
        if self._left and self._call.search(request.split(b"\r\n", 1)[0]):
            how, self._left = self._how, self._left - 1
            self.spoiled[how] += 1
        head, _, body = answer.partition(b"\r\n\r\n")
        if how == "half-open":
            await asyncio.Event().wait()
        if how == "slow":
            await asyncio.sleep(0.4)
        if how == "garbled":
            body = body[: len(body) // 2]
            head = re.sub(rb"(?i)content-length: *\d+", b"Content-Length: %d" % len(body), head)
        if how == "truncated":
            writer.write(head + b"\r\n\r\n" + body[: len(body) // 2])
            await writer.drain()
            return False
        whole = head + b"\r\n\r\n" + body
        size = 100 if how == "dribbled" else len(whole)
        for start in range(0, len(whole), size):
            writer.write(whole[start : start + size])
            await writer.drain()
            await asyncio.sleep(0.002 if how == "dribbled" else 0)
        return bool(answer)


async def _message(reader: asyncio.StreamReader) -> bytes:
    """One HTTP request or answer, head and body; b"" at the end. The fakes and clients here say how long a body is."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    if length:
        return head + await reader.readexactly(int(length[1]))
    if re.search(rb"(?i)transfer-encoding: *chunked", head):
        body = b""
        while not body.endswith(b"0\r\n\r\n"):
            body += await reader.readline()
        return head + body
    return head

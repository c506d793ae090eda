"""Files that are too large to hold: written down first, sent afterwards."""

import asyncio
from contextlib import closing
from tempfile import SpooledTemporaryFile
from typing import IO

from aiohttp import hdrs, web
from sqlalchemy.orm import Session

from bot.web.desk.doors import Streamed
from bot.web.desk.responses import HEADERS, disposition

IN_MEMORY, CHUNK = 1024 * 1024, 64 * 1024
"""Bytes of a file: beyond the first it is put by on disk, and it is sent in pieces of the second."""


def put_by(session: Session, streamed: Streamed) -> IO[bytes]:
    """All of it, in a file that is gone when it is closed. Raises what making it raises: then nothing has been sent."""
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - who sends it closes it
    try:
        for piece in streamed.make(session):
            file.write(piece)
    except BaseException:
        file.close()
        raise
    return file


async def send_put_by(streamed: Streamed, file: IO[bytes] | None, request: web.Request) -> web.StreamResponse:
    """Send what was put by, with no transaction open and nobody's turn taken, however slow the browser is. file: None
    where only the headers were asked for."""
    names: dict[str, str] = {
        hdrs.CONTENT_TYPE: streamed.content_type,
        hdrs.CONTENT_DISPOSITION: disposition(streamed.name, attached=True),
    }
    response = web.StreamResponse(headers={**HEADERS, **names})
    if file is None:
        await response.prepare(request)
        return response
    with closing(file):
        response.content_length = file.tell()
        file.seek(0)
        await response.prepare(request)
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            await response.write(chunk)
    await response.write_eof()
    return response

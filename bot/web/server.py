"""The program's own web server: what probers and Prometheus ask, and whatever else is mounted beside it."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

from aiohttp import hdrs, web

from bot.config import Unusable
from bot.health import Health

log = logging.getLogger(__name__)

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


async def serve(
    host: str,
    port: int,
    health: Callable[[], Awaitable[Health]],
    metrics: Callable[[], Awaitable[bytes]],
    routes: Iterable[web.AbstractRouteDef] = (),
) -> None:
    """Answer on `/healthz`, `/readyz`, `/metrics` and `routes` until cancelled. Raises Unusable when it cannot listen
    there. What a route answers keeps the headers that it sets itself; the strict ones fill the gaps."""
    async with open_server(host, port, health, metrics, routes):
        await asyncio.Event().wait()


@asynccontextmanager
async def open_server(
    host: str,
    port: int,
    health: Callable[[], Awaitable[Health]],
    metrics: Callable[[], Awaitable[bytes]],
    routes: Iterable[web.AbstractRouteDef] = (),
) -> AsyncIterator[int]:
    """As `serve`, for as long as the block lasts; gives the port, which the system chooses when it is 0."""
    runner = web.AppRunner(_application(health, metrics, routes), access_log=None, handle_signals=False)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise Unusable(_cannot_listen(host, port, error)) from None
        listening = int(runner.addresses[0][1])
        log.info("web outcome=listening host=%s port=%d", host, listening)
        yield listening
    finally:
        await runner.cleanup()


def _application(
    health: Callable[[], Awaitable[Health]],
    metrics: Callable[[], Awaitable[bytes]],
    routes: Iterable[web.AbstractRouteDef],
) -> web.Application:
    async def healthz(_: web.Request) -> web.Response:
        stopped = (await health()).stopped
        return _told({"alive": not stopped, "stopped": stopped}, well=not stopped)

    async def readyz(_: web.Request) -> web.Response:
        found = await health()
        lacks = (*(f"{tick} does not ring" for tick in found.stopped), *found.lacks)
        return _told({"ready": not lacks, "lacks": lacks}, well=not lacks)

    async def scrape(_: web.Request) -> web.Response:
        return web.Response(body=await metrics(), headers={hdrs.CONTENT_TYPE: PROMETHEUS})

    app = web.Application(client_max_size=64 * 1024)
    app.on_response_prepare.append(_add_headers)
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", scrape), *routes])
    return app


def _told(answer: object, *, well: bool) -> web.Response:
    return web.Response(text=json.dumps(answer), status=200 if well else 503, content_type="application/json")


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """A signal handler. Which server in which version answers is nobody's business."""
    response.headers.popall(hdrs.SERVER, None)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)


def _cannot_listen(host: str, port: int, error: OSError) -> str:
    return (
        f"cannot listen on {host}:{port} ({error.strerror or type(error).__name__}): "
        "another program may have it; set WEB_PORT to a free port, or WEB_HOST to an address of this machine"
    )

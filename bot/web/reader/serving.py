"""The reader alone on a port of this machine: what `homeroom read` runs."""

import asyncio
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.curriculum.model import Course
from bot.web.reader.routes import reader_routes

LOOPBACK = "127.0.0.1"


async def serve_reader(
    course: Callable[[], Course], up_to_day: int | None, port: int, serving: Callable[[str], None]
) -> None:
    """Serve until cancelled; `serving(url)` is called once it listens. Port 0 takes a free one.

    It asks nobody who they are, so it listens on loopback, and answers only to loopback's names: a page elsewhere whose
    name is made to lead here is refused. Raises OSError when the port is taken.
    """
    app = web.Application(middlewares=[_only_loopback])
    app.add_routes(reader_routes(course, lambda _: up_to_day))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        serving(f"http://{LOOPBACK}:{runner.addresses[0][1]}/")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


@web.middleware
async def _only_loopback(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.url.host not in (LOOPBACK, "localhost"):
        raise web.HTTPMisdirectedRequest(text=f"The reader is reached at http://{LOOPBACK}.")
    return await handler(request)

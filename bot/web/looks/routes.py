"""The looks behind an address, for those who make the course: nobody is asked how far their cohort has come."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from aiohttp import web

from bot.web.looks.pages import STYLE, STYLE_SHEET, looks_page
from bot.web.looks.scene import Scene

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}
"""No script at all, no style but our own, nothing from elsewhere."""


@dataclass(frozen=True)
class Gallery:
    """Where the pages come from. days: every day with its lesson's title. scenes: what is drawn for one of them."""

    days: Callable[[], Sequence[tuple[int, str]]]
    scenes: Callable[[int], Awaitable[Sequence[Scene]]]
    zone: tzinfo


def looks_routes(gallery: Gallery, prefix: str) -> list[web.RouteDef]:
    """Routes for every day's page at "{prefix}/{day}", and its style sheet."""

    async def page(request: web.Request) -> web.Response:
        titles = dict(gallery.days())
        asked = request.match_info["day"]
        day = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 5 else 0
        if day not in titles:
            return web.Response(status=404, text="There is no lesson for this day.", headers=HEADERS)
        html = looks_page(day, titles[day], list(titles), await gallery.scenes(day), gallery.zone, str)
        return web.Response(
            body=html.encode("utf-8", "replace"), content_type="text/html", charset="utf-8", headers=HEADERS
        )

    async def style(_: web.Request) -> web.Response:
        return web.Response(text=STYLE_SHEET, content_type="text/css", charset="utf-8", headers=HEADERS)

    return [web.get(f"{prefix}/{STYLE}", style), web.get(f"{prefix}/{{day}}", page)]

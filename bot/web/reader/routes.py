"""The reader behind an address. What may be read is asked of the caller, once for each request."""

from collections.abc import Callable

from aiohttp import web

from bot.curriculum.model import Course
from bot.web.reader import addresses
from bot.web.reader.pages import Page, cut, missing_page, page_of

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}
"""No script at all, nothing from elsewhere. What one member may read is no proxy's to keep."""

Reached = Callable[[web.Request], int | None]


def reader_routes(course: Callable[[], Course], reached: Reached, prefix: str = "") -> list[web.RouteDef]:
    """Routes for every page of the reader, at `prefix` and below it; a prefix may hold parts of aiohttp's own, like
    "/cohort/{cohort}/read".

    course: the course as it is now. reached: the last lesson day that this request's reader may read, 0 before the
    first, None for authors. It may raise an HTTP error of its own (who is not signed in sees nothing); what needs the
    database is best asked in a middleware and left in the request for it.
    """
    reader = _Reader(course, reached)
    routes = [
        web.get(f"{prefix}/", reader.first),
        web.get(f"{prefix}/{addresses.FILES}{{file}}", reader.file),
        web.get(f"{prefix}/{{page}}", reader.page),
    ]
    return [web.get(prefix, _to_root), *routes] if prefix else routes


class _Reader:
    """The handlers, and the last course cut to the days that were asked for."""

    def __init__(self, course: Callable[[], Course], reached: Reached) -> None:
        self._course = course
        self._reached = reached
        self._whole: Course | None = None
        self._cuts: dict[int | None, Course] = {}

    async def first(self, request: web.Request) -> web.Response:
        return self._answer(request, addresses.INDEX)

    async def file(self, request: web.Request) -> web.Response:
        return self._answer(request, addresses.FILES + request.match_info["file"])

    async def page(self, request: web.Request) -> web.Response:
        return self._answer(request, request.match_info["page"])

    def _answer(self, request: web.Request, name: str) -> web.Response:
        day = self._reached(request)
        course = self._cut(day)
        page = page_of(course, name, authors=day is None)
        if page is not None:
            return _response(page)
        if name.startswith(addresses.FILES):  # the page's links are relative to the reader's root
            return web.Response(status=404, text="There is no such file, or it is not open yet.", headers=HEADERS)
        return _response(missing_page(course), 404)

    def _cut(self, day: int | None) -> Course:
        whole = self._course()
        if whole is not self._whole:
            self._whole, self._cuts = whole, {}
        if day is not None:
            day = max(0, min(day, whole.about.days))  # so that no more cuts are kept than there are days
        if day not in self._cuts:
            self._cuts[day] = cut(whole, day)
        return self._cuts[day]


async def _to_root(request: web.Request) -> web.Response:
    """Relative links need the slash."""
    raise web.HTTPFound(f"{request.rel_url.raw_parts[-1]}/")


def _response(page: Page, status: int = 200) -> web.Response:
    kept = {"Content-Disposition": f'attachment; filename="{page.download}"'} if page.download else {}
    return web.Response(
        status=status,
        body=page.text.encode("utf-8", "replace"),
        content_type=page.media_type,
        charset="utf-8",
        headers={**HEADERS, **kept},
    )

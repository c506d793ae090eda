"""The reader, for those who are signed in: as far as their cohort has come; whole for its facilitators."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from bot.curriculum.model import Course
from bot.talk.asking import reached
from bot.web.desk.checking import Asked, Place, Refused, find_call
from bot.web.desk.doors import Audience, Door, Missing
from bot.web.reader.routes import reader_routes

PATH = "/c/{cohort}/read"

READING = Door("GET", PATH, Audience.MEMBER, lambda _: Missing())
"""Who may read. What they are shown is the reader's to say."""

Reached = Callable[[web.Request], Awaitable[int | web.StreamResponse]]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_DAY = web.RequestKey("day", int)


def lent_routes(course: Callable[[], Course], day: Reached, prefix: str) -> list[web.RouteDef]:
    """The reader's routes, each behind `day`: the last lesson day that this visitor may read, or the page that refuses
    them."""
    routes = reader_routes(course, lambda request: request[_DAY], f"{prefix}{PATH}")
    return [web.route(each.method, each.path, _behind(day, each.handler)) for each in routes]


def find_day(session: Session, asked: Asked, place: Place, now: datetime) -> int | Refused:
    """The last lesson day that the visitor may read in the cohort; 0 before the first."""
    call = find_call(session, READING, asked, place, now)
    if isinstance(call, Refused):
        return call
    return call.course.about.days if call.audience is Audience.FACILITATOR else reached(session, call.at)


def _behind(day: Reached, handler: Handler) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        found = await day(request)
        if isinstance(found, web.StreamResponse):
            return found
        request[_DAY] = found
        return await handler(request)

    return handle

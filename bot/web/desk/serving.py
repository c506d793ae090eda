"""The desk behind an address: every door of the table, signing in, and our own files.

Row, then page: a transaction in a thread looks up who asks, whether they may, and what there is; when it is over the
page is written, in a thread as well.
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from sqlalchemy.exc import SQLAlchemyError
from yarl import URL

from bot.clock import Clock
from bot.cohorts.visits import hash_of
from bot.config import HOME
from bot.curriculum.model import Course
from bot.store.database import Database
from bot.talk.dashboard import DESK
from bot.web.desk.checking import Asked, Links, NotThere, Place, Refused, find_call, is_ours, open_door
from bot.web.desk.cookies import cookies_for
from bot.web.desk.doors import Answer, Audience, Call, Door, Missing, Moved, Sent, Shown, Streamed
from bot.web.desk.entering import Entrance
from bot.web.desk.forms import Filled, cleaned_all, read_form, wrote
from bot.web.desk.lending import PATH as READER
from bot.web.desk.lending import find_day, lent_routes
from bot.web.desk.limiting import Busy, Limits
from bot.web.desk.rendering import STATIC, Shell, rendered, static_file
from bot.web.desk.responses import HEADERS, file_response, page_response, refusal, static_response
from bot.web.desk.sealing import open_said, seal_said
from bot.web.desk.streaming import put_by, send_put_by
from bot.web.desk.table import DOORS

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

NOTHING = Door("GET", "/{rest}", Audience.MEMBER, lambda _: Missing())
"""What stands behind every address that is in no table."""


def desk_routes(
    database: Database,
    course: Callable[[], Course],
    clock: Clock,
    address: str,
    links: Links,
    prefix: str = DESK,
    doors: Iterable[Door] = DOORS,
) -> list[web.RouteDef]:
    """Routes for every door, at `prefix` and below it.

    course: the course as it is now. address: where browsers reach this program's pages, without a slash at the end; it
    may have a path of its own, which a proxy takes off. links: of the platforms that this process knows.
    """
    return _Desk(database, course, clock, address, links, prefix).routes(doors)


@dataclass(frozen=True)
class _Put:
    """A file that is put by. file: None where only its headers were asked for."""

    streamed: Streamed
    file: IO[bytes] | None


class _Desk:
    """The handlers, and what they share."""

    def __init__(
        self,
        database: Database,
        course: Callable[[], Course],
        clock: Clock,
        address: str,
        links: Links,
        prefix: str,
    ) -> None:
        self._database, self._course, self._clock = database, course, clock
        self._address, self._links, self._prefix = address, links, prefix
        self._root = f"{urlsplit(address).path.rstrip('/')}{prefix}"
        self._cookies = cookies_for(address, self._root)
        self._limits = Limits()

    def routes(self, doors: Iterable[Door]) -> list[web.RouteDef]:
        entrance = Entrance(self._database, self._clock, self._address, self._cookies, self._limits, self._root)
        own = [
            web.route("*", self._prefix, self._to_root),
            web.get(f"{self._prefix}/{STATIC}/{{name}}", self._static),
            *(web.route(verb, f"{self._prefix}{path}", self._safe(path, do)) for verb, path, do in entrance.routes()),
        ]
        reader = lent_routes(self._course, self._reached, self._prefix)
        lent = [web.route(each.method, each.path, self._safe(READER, each.handler)) for each in reader]
        table = [web.route(each.verb, f"{self._prefix}{each.path}", self._handler(each)) for each in doors]
        rest = web.route("*", f"{self._prefix}/{{rest:.*}}", self._handler(NOTHING))
        return [*own, *table, *lent, rest]

    def _handler(self, door: Door) -> Handler:
        return self._safe(door.path, partial(self._open, door))

    def _safe(self, path: str, handler: Handler) -> Handler:
        """Whatever happens, the browser is shown a page. The log names the place, and nobody's words."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except Busy as busy:
                return refusal("busy", 429, self._shell(), busy.seconds, wrote(request))
            except web.HTTPRequestEntityTooLarge:
                return refusal("large", 413, self._shell())
            except web.HTTPException:
                raise
            except SQLAlchemyError as error:
                log.error("desk door=%s outcome=no-database error=%s", path, type(error).__name__)
                return refusal("unreachable", 503, self._shell(), 30, wrote(request))
            except Exception as error:
                log.error(
                    "desk door=%s outcome=unforeseen error=%s at=%s", path, type(error).__name__, _place_of(error)
                )
                return refusal("broken", 500, self._shell(), wrote=wrote(request))

        return handle

    async def _open(self, door: Door, request: web.Request) -> web.StreamResponse:
        asked = Asked(self._cookies.secret(request), cleaned_all(request.match_info), cleaned_all(request.query))
        if door.verb == "GET" and not door.heavy:
            return await self._answer(door, asked, request)
        call = await self._database.run(find_call, door, asked, self._place(), self._clock())
        if isinstance(call, Refused):  # no stranger has a turn, and of what they send nothing is read but our own form
            if door.verb == "POST" and is_ours(request, self._address):
                await read_form(request, files=False)
            return self._refuse(call, request)
        if door.verb == "POST":
            form = await self._form_of(door, call, request)
            if isinstance(form, Refused):
                return self._refuse(form, request)
            asked = replace(asked, form=form)
        if not door.heavy:
            return await self._answer(door, asked, request)
        async with self._limits.turn(hash_of(asked.secret or "")):
            found = await self._find(door, asked, request)
        return await self._send(found, request)

    async def _form_of(self, door: Door, call: Call, request: web.Request) -> Filled | Refused:
        """What comes from another site's page is not counted: nobody's forms are used up by it."""
        assert call.visit is not None
        if is_ours(request, self._address) is False:
            return Refused("forged", 403, call.rights)
        form = await read_form(request, files=door.files)
        self._limits.act(call.visit.hash)
        return form or Refused("unreadable", 400, call.rights)

    async def _answer(self, door: Door, asked: Asked, request: web.Request) -> web.StreamResponse:
        return await self._send(await self._find(door, asked, request), request)

    async def _find(self, door: Door, asked: Asked, request: web.Request) -> web.Response | _Put:
        """What stands behind the door: all that takes work, and nothing that waits for a browser."""
        try:
            found = await self._database.run(open_door, door, asked, self._place(), self._clock())
        except NotThere as nothing:
            return self._refuse(Refused("missing", 404, nothing.rights), request)
        if isinstance(found, Refused):
            return self._refuse(found, request)
        call, answer = found
        return await self._told(call, answer, request, asked.secret or "")

    async def _send(self, found: web.Response | _Put, request: web.Request) -> web.StreamResponse:
        return await send_put_by(found.streamed, found.file, request) if isinstance(found, _Put) else found

    async def _told(self, call: Call, answer: Answer, request: web.Request, secret: str) -> web.Response | _Put:
        match answer:
            case Shown():
                return await self._shown(call, answer, request, secret)
            case Moved():
                return self._moved(answer, secret)
            case Sent():
                made = answer.content
                return file_response(answer, made if isinstance(made, bytes) else await asyncio.to_thread(made))
            case Streamed():
                asked_for = request.method != hdrs.METH_HEAD
                return _Put(answer, await self._database.run(put_by, answer) if asked_for else None)
            case Missing():
                raise AssertionError("it was undone")

    async def _shown(self, call: Call, shown: Shown, request: web.Request, secret: str) -> web.Response:
        sealed = request.cookies.get(self._cookies.said, "")
        says = open_said(secret, request.path, sealed) if sealed else ""
        shell = replace(self._shell(), says=says, rights=call.rights)
        html = await asyncio.to_thread(partial(rendered, shown.template, shell, call=call, **shown.values))
        response = page_response(html, shown.status)
        if says:
            self._cookies.drop(response, self._cookies.said)
        return response

    def _moved(self, moved: Moved, secret: str) -> web.Response:
        to = URL(f"{self._root}{moved.to}")
        response = web.Response(status=303, headers={**HEADERS, hdrs.LOCATION: str(to)})
        if moved.says:
            path = URL(f"{self._prefix}{moved.to}").path
            self._cookies.say(response, seal_said(secret, path, moved.says))
        return response

    async def _reached(self, request: web.Request) -> int | web.StreamResponse:
        """The last lesson day that a visitor may read in a cohort; else the page that refuses them."""
        asked = Asked(self._cookies.secret(request), cleaned_all(request.match_info), {})
        found = await self._database.run(find_day, asked, self._place(), self._clock())
        return self._refuse(found, request) if isinstance(found, Refused) else found

    async def _to_root(self, request: web.Request) -> web.Response:
        return web.Response(status=303, headers={**HEADERS, hdrs.LOCATION: f"{self._root}/"})

    async def _static(self, request: web.Request) -> web.Response:
        file = static_file(request.match_info["name"])
        return refusal("missing", 404, self._shell()) if file is None else static_response(file)

    def _refuse(self, refused: Refused, request: web.Request) -> web.Response:
        shell = replace(self._shell(), rights=refused.rights)
        response = refusal(refused.kind, refused.status, shell, wrote=wrote(request))
        if refused.kind == "stranger":
            self._cookies.drop(response, self._cookies.visit)
        return response

    def _shell(self) -> Shell:
        return Shell(self._root, course=self._course().about.title)

    def _place(self) -> Place:
        return Place(self._course(), self._address, self._links)


def _place_of(error: BaseException) -> str:
    """Where in our code it happened: "pages/lesson.py:31"."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if each.filename.startswith(str(HOME / "bot"))]
    return f"{'/'.join(Path(frames[-1].filename).parts[-2:])}:{frames[-1].lineno}" if frames else "?"

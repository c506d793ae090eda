"""The rehearsal room's page: the room as a chat that a person can use, on an aiohttp application of its own."""

import asyncio
import json
from collections.abc import Awaitable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

from aiohttp import web
from jinja2 import Environment, FileSystemLoader

from bot.chat.markdown import shown
from bot.chat.port import Capability
from bot.platforms.simulator import places, rules
from bot.platforms.simulator.acts import Acts
from bot.platforms.simulator.guard import (
    BODY_LIMIT,
    LOOPBACK_HOSTS,
    add_headers,
    doorkeeper,
    refusal_response,
    to_object,
)
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room
from bot.platforms.simulator.terms import Change, Unanswered
from bot.platforms.simulator.views import (
    View,
    clock_view,
    home_views,
    message_view,
    pin_views,
    place_view,
    room_view,
    whisper_view,
)

_HERE = Path(__file__).parent
_HEARTBEAT = 10.0  # seconds between two looks at the clock, which also keep a proxy from closing the stream

_stopping = web.AppKey("stopping", asyncio.Event)


class Controls(Protocol):
    """What the page may do to the rehearsal besides chatting."""

    def next_day(self) -> Awaitable[str]:
        """Go on to the next lesson day; one sentence that says what happened."""
        ...

    def now(self) -> datetime:
        """The rehearsal's time, aware and in the cohort's zone."""
        ...

    def status(self) -> str:
        """Where the cohort stands, in a few words."""
        ...


def room_app(
    room: Room,
    platform: SimulatorPlatform,
    controls: Controls,
    hosts: Collection[str] = LOOPBACK_HOSTS,
    links: Sequence[tuple[str, str]] = (),
) -> web.Application:
    """The page as an application, at "/" of wherever it is mounted; its addresses are relative.

    links: names and addresses of other pages, shown beside the channels. hosts: the names it may be asked for by,
    without a port. It shows everything to everybody who reaches it, which is what a rehearsal is for: serve it on
    loopback.
    """
    page, acts = _Page(room, platform, controls, links), Acts(room, controls.now)
    app = web.Application(middlewares=[doorkeeper(hosts)], client_max_size=BODY_LIMIT)
    app[_stopping] = asyncio.Event()
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(_stop)
    app.add_routes(
        [
            web.get("/", page.first),
            web.get("/api/state", page.state),
            web.get("/api/place", page.place),
            web.get("/api/suggest", page.suggest),
            web.get("/api/live", page.live),
            web.post("/api/next-day", page.next_day),
            *acts.routes(),
            web.static("/static", _HERE / "static"),
        ]
    )
    return app


class _Page:
    """The handlers, and what they share."""

    def __init__(
        self, room: Room, platform: SimulatorPlatform, controls: Controls, links: Sequence[tuple[str, str]]
    ) -> None:
        self._room, self._links = room, links
        self._suggests = Capability.SUGGESTIONS in platform.capabilities
        self._controls = controls
        self._moving = asyncio.Lock()
        templates = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True, trim_blocks=True)
        templates.filters["shown"] = shown
        self._template = templates.get_template("room.html")

    async def first(self, request: web.Request) -> web.Response:
        """The whole page with its timeline, readable without JavaScript."""
        html = self._template.render(state=await self._state(request.query), links=self._links)
        return web.Response(text=html, content_type="text/html")

    async def state(self, request: web.Request) -> web.Response:
        return web.json_response(await self._state(request.query))

    async def place(self, request: web.Request) -> web.Response:
        asked = request.query
        before = asked.get("before", "")
        self._room.channel_of(rules.may_enter(asked.get("as", ""), asked.get("place", "")))
        number = int(before) if before.isascii() and before.isdecimal() and len(before) < 16 else None
        return web.json_response(
            place_view(self._room, asked.get("as", ""), asked.get("place", ""), self._controls.now(), number)
        )

    async def suggest(self, request: web.Request) -> web.Response:
        asked = request.query
        words = (asked.get(name, "") for name in ("as", "place", "command", "option", "text"))
        choices = self._room.suggestions(*words)
        return web.json_response([{"name": shown(name), "value": value} for name, value in choices])

    async def live(self, request: web.Request) -> web.StreamResponse:
        """Server-Sent Events: "hello" first, then every change that this person may know of, and the clock."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        person = request.query.get("as", "")
        with self._room.watchers.watching() as changes, suppress(ConnectionResetError):
            await response.prepare(request)
            await response.write(_event("hello", self._clock()))
            while not request.app[_stopping].is_set():
                for kind, view in self._told(await _next(changes, request.app[_stopping]), person):
                    await response.write(_event(kind, view))
        return response

    async def next_day(self, request: web.Request) -> web.Response:
        await to_object(request)
        if self._moving.locked():
            return refusal_response(409, "The next day is on its way already. Wait for it.")
        async with self._moving:
            happened = await self._controls.next_day()
        self._room.watchers.tell(Change("clock"))
        return web.json_response({"happened": happened, "clock": self._clock()})

    async def _state(self, asked: Mapping[str, str]) -> View:
        """The room as `as` sees `channel`, which may be a place of their own; the first of either when it is not named
        or unknown."""
        people, channels = self._room.roster.people(), self._room.roster.channels()
        person = asked.get("as", "") if asked.get("as") in people else next(iter(people), "")
        channel = asked.get("channel", "")
        if channel[:1] in ("d", "h") and person:
            channel = places.direct(person) if places.is_direct(channel) else places.home(person)
        elif channel not in channels:
            channel = next(iter(channels), "")
        now, status = self._controls.now(), self._controls.status()
        view = room_view(self._room, person, channel, now, status, self._suggests)
        return {**view, **await self._home(person, channel, now)}

    async def _home(self, person: str, place: str, now: datetime) -> View:
        if place != places.home(person):
            return {"home_page": []}
        try:
            bodies = await self._room.open_home(person)
        except Unanswered as unanswered:
            return {"home_page": [], "trouble": str(unanswered)}
        return {"home_page": home_views(self._room, person, bodies, now)}

    def _clock(self) -> View:
        return clock_view(self._controls.now(), self._controls.status())

    def _told(self, change: Change | None, person: str) -> Iterator[tuple[str, View]]:
        """The change as events for one person; a change in a thread also tells the message above it."""
        if change is None or change.kind == "clock":
            yield "clock", self._clock()
        elif change.person in (None, person):
            zone = self._controls.now().tzinfo
            message = self._room.find_message(change.ref) if change.kind == "message" else None
            whispers = self._room.whispers(person) if change.kind == "whisper" else ()
            root = self._room.find_root(change.ref.rpartition("/")[0])
            if message:
                yield "message", message_view(self._room, message, zone)
            if root:
                yield "message", message_view(self._room, root, zone)
            yield from (("whisper", whisper_view(self._room, one, zone)) for one in whispers if one.ref == change.ref)
            if change.kind == "pins":
                yield "pins", {"place": change.ref, "pins": pin_views(self._room, change.ref, zone)}
            elif change.kind not in ("message", "whisper"):
                yield change.kind, {"ref": change.ref}


async def _stop(app: web.Application) -> None:
    app[_stopping].set()


async def _next(changes: asyncio.Queue[Change], stopping: asyncio.Event) -> Change | None:
    """The next change, or None when it is time to look at the clock, or to stop."""
    waits = {asyncio.ensure_future(changes.get()), asyncio.ensure_future(stopping.wait())}
    try:
        done, _ = await asyncio.wait(waits, timeout=_HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
    finally:  # whoever watches may leave while we wait
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    result = next((wait.result() for wait in done), None)
    return result if isinstance(result, Change) else None


def _event(kind: str, view: View) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(view)}\n\n".encode()

"""The REST front: finds the route, asks the fault plan, checks the token and the limits, and writes the answer."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from bot.fakes.discord.errors import Refused, invalid, not_found, refused, unauthorized
from bot.fakes.discord.interactions import Interactions
from bot.fakes.discord.rates import Meter, Verdict
from bot.fakes.discord.routes import Route, routes
from bot.fakes.discord.world import Answered, Call, Json, World
from bot.fakes.faults import Fault, FaultPlan, Kind

PREFIX = "/api/v10"


@dataclass(frozen=True)
class Asked:
    """One request as it came, before anything is believed."""

    method: str
    path: str
    query: Mapping[str, str]
    authorization: str
    content_type: str
    raw: bytes
    files: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]


class Rest:
    """Every REST route of the fake. `token` answers with the token that counts now, or None."""

    def __init__(
        self, world: World, interactions: Interactions, plan: FaultPlan, meter: Meter, token: Callable[[], str | None]
    ) -> None:
        self._world, self._plan, self._meter, self._token = world, plan, meter, token
        self._routes = routes(interactions)
        self._late: set[asyncio.Task[None]] = set()
        self.error_status = 503  # what Kind.ERROR answers with; 502 comes as a proxy's page of HTML
        self.busy_with_via = True  # False: a 429 as Cloudflare sends it, with no Via and no JSON
        self.refuses_with_via = False  # True: a refusal bears the header that tells Discord's own answers
        self.busy_everywhere = False  # True: a 429 of the limit over all routes
        self.gateway_url = ""
        self.gateway_bot: Callable[[], Json] = dict

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any request under /api/v10."""
        asked = await _read(request, self._world)
        fault = self._plan.meet(f"{asked.method} {asked.path}")
        if fault is None:
            return _to_response(self._perform(asked))
        return await self._meet(request, asked, fault)

    async def stop(self) -> None:
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)

    async def _meet(self, request: web.Request, asked: Asked, fault: Fault) -> web.StreamResponse:
        if fault.kind is Kind.SLOW:
            done = self._perform(asked)
            await asyncio.sleep(fault.seconds)
            return _to_response(done)
        if fault.kind is Kind.BUSY:
            return self._busy(fault.seconds)
        if fault.kind in (Kind.ACCEPT_THEN_DROP, Kind.ACCEPT_THEN_ERROR):
            self._perform(asked, seen=False)
        if fault.kind is Kind.LATE:
            task = asyncio.create_task(self._perform_late(asked, fault.seconds))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
        if fault.kind in (Kind.ERROR, Kind.ACCEPT_THEN_ERROR):
            return self._error()
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)  # nobody reads it: the connection is gone

    async def _perform_late(self, asked: Asked, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._perform(asked, seen=False)

    def _perform(self, asked: Asked, seen: bool = True) -> Answer:
        headers = {"Date": format_datetime(self._world.clock(), usegmt=True)}
        name, body = f"{asked.method} {asked.path}", None
        try:
            route, ids = self._find(asked)
            if route.needs_token and asked.authorization != f"Bot {self._token()}":
                raise unauthorized()
            verdict = self._meter.judge(route.name, _major(ids), route.needs_token)
            headers = verdict.headers(self._world.clock().timestamp())
            if verdict.wait:
                self._world.journal.throttled[name] += 1
                return self._throttle(verdict, headers)
            body = _parse(asked)
            if asked.files and not self._world.takes_files:
                raise refused(50013)
            found = route.handler(self._world, Call(asked.method, asked.path, asked.query, body, ids, asked.files))
            answer = Answer(204 if found is None else 200, found, headers)
            self._world.journal.calls.append(Answered(name, body, answer.status if seen else 0))
        except Refused as refusal:
            headers = headers | ({"Via": "1.1 google"} if self.refuses_with_via else {})
            answer = Answer(refusal.status, refusal.body(), headers)
            self._world.journal.calls.append(Answered(name, body, refusal.status if seen else 0, refusal.code))
            if refusal.breach:
                self._world.journal.refusals.append(f"{_without_token(name)}: {_told(refusal)}")
        return answer

    def _find(self, asked: Asked) -> tuple[Route, dict[str, str]]:
        for route in self._routes:
            match = route.pattern.fullmatch(asked.path)
            if match and route.method == asked.method:
                return route, match.groupdict()
        if asked.path in ("/gateway", "/gateway/bot") and asked.method == "GET":
            return self._gateway_route(asked.path), {}
        raise not_found()

    def _gateway_route(self, path: str) -> Route:
        answer: Json = {"url": self.gateway_url}
        if path.endswith("/bot"):
            answer |= self.gateway_bot()
        return Route("GET", path, lambda world, call: answer, re.compile(""))

    def _throttle(self, verdict: Verdict, headers: dict[str, str]) -> Answer:
        scope = "global" if verdict.overall else "user"
        told = {"Retry-After": f"{max(round(verdict.wait), 1)}", "X-RateLimit-Scope": scope, "Via": "1.1 google"}
        if verdict.overall:
            headers = {"X-RateLimit-Global": "true"}
        body = {"message": "You are being rate limited.", "retry_after": verdict.wait, "global": verdict.overall}
        return Answer(429, body, headers | told)

    def _busy(self, seconds: float) -> web.StreamResponse:
        if not self.busy_with_via:
            return web.Response(status=429, text="error code: 1015", content_type="text/plain")
        scope = {"X-RateLimit-Global": "true"} if self.busy_everywhere else {"X-RateLimit-Scope": "shared"}
        headers = {"Retry-After": f"{seconds:g}", "Via": "1.1 google", **scope}
        message = "The resource is being rate limited."
        body = {"message": message, "retry_after": seconds, "global": self.busy_everywhere}
        return _to_response(Answer(429, body, headers))

    def _error(self) -> web.StreamResponse:
        if self.error_status == 502:
            return web.Response(status=502, text="<html><h1>502 Bad Gateway</h1></html>", content_type="text/html")
        return _to_response(Answer(self.error_status, {"message": f"{self.error_status}: Unavailable", "code": 0}, {}))


async def _read(request: web.Request, world: World) -> Asked:
    path = request.rel_url.raw_path.removeprefix(PREFIX)
    authorization, content_type = request.headers.get("Authorization", ""), request.content_type
    if content_type != "multipart/form-data":
        return Asked(request.method, path, request.query, authorization, content_type, await request.read())
    form = await request.post()
    raw = form.get("payload_json", "{}")
    files = tuple(_file_json(name, each, world) for name, each in form.items() if not isinstance(each, str))
    return Asked(request.method, path, request.query, authorization, "application/json", str(raw).encode(), files)


def _file_json(field: str, file: Any, world: World) -> Json:
    """An upload, its bytes kept under its address. id: the number in the form field's name, "files[0]"; "" for a field
    that Discord would not look at."""
    content, name, place = file.file.read(), file.filename, world.snowflake()
    number = re.fullmatch(r"files\[(\d+)\]", field)
    url = f"https://cdn.invalid/{place}/{name}"
    world.uploads[url] = content
    return {
        "id": number[1] if number else "",
        "filename": name,
        "size": len(content),
        "content_type": file.content_type,
        "url": url,
        "proxy_url": f"https://media.invalid/{place}/{name}",
    }


def _parse(asked: Asked) -> Any:
    """The body as JSON. Not JSON, or text that is no Unicode (a lone surrogate), is refused."""
    if not asked.raw or asked.method in ("GET", "DELETE"):
        return None
    if asked.content_type != "application/json":
        message = "Expected \"Content-Type\" header to be one of {'application/json'}."
        raise invalid("_misc", "CONTENT_TYPE_INVALID", message)
    try:
        body = json.loads(asked.raw)
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise refused(50109) from None
    return body


def _to_response(answer: Answer) -> web.StreamResponse:
    if answer.body is None:
        return web.Response(status=answer.status, headers=answer.headers)
    text = json.dumps(answer.body).encode()
    return web.Response(body=text, status=answer.status, headers=answer.headers, content_type="application/json")


def _major(ids: Mapping[str, str]) -> str:
    """The parameter that a bucket is for: the channel, the guild, or the webhook with its token."""
    return next((ids[key] for key in ("channel", "guild", "token") if key in ids), "")


def _without_token(name: str) -> str:
    return re.sub(r"(/interactions/\d+|/webhooks/\d+)/[^/]+", r"\1/…", name)


def _told(refusal: Refused) -> str:
    errors = f" {json.dumps(refusal.errors)}" if refusal.errors else ""
    return f"{refusal.status} {refusal.code} {refusal.message}{errors[:600]}"

"""The fake's own address: Web API, response URLs and the WebSocket, with what the fault plan says in between."""

import asyncio
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from bot.clock import monotonic
from bot.fakes.faults import Fault, FaultPlan, Kind
from bot.fakes.slack.calls import Refusal
from bot.fakes.slack.delivery import Delivery
from bot.fakes.slack.desk import Desk
from bot.fakes.slack.files import take_upload
from bot.fakes.slack.grants import Grants
from bot.fakes.slack.methods import READING, perform
from bot.fakes.slack.response_urls import answer_response_url
from bot.fakes.slack.timing import PostRate
from bot.fakes.slack.world import Json, World

_LARGEST = 32 * 1024**2  # bytes of a request; far beyond Slack's own, so that its own errors are met


@dataclass
class Api:
    """All that a request may need. `broken_as`: what ERROR faults look like, in turn."""

    world: World
    desk: Desk
    delivery: Delivery
    plan: FaultPlan
    rate: PostRate | None
    broken_as: tuple[str, ...] = ("503", "fatal_error")
    calls: list[tuple[str, Json]] = field(default_factory=list)
    link_disabled: bool = False
    grants: Grants = field(default_factory=Grants)
    others: list[tuple[World, Desk]] = field(default_factory=list)
    _closed: dict[str, float] = field(default_factory=dict)
    _told: dict[str, float] = field(default_factory=dict)
    _broken: int = 0
    _posted: dict[str, list[float]] = field(default_factory=dict)

    def place(self, token: str, channel: str) -> tuple[World, Desk]:
        """Where a call with this token acts: in the first workspace, or in one that has granted it."""
        grant = self.grants.find(token)
        world = grant.world(channel) if grant else self.world
        return next((each for each in self.others if each[0] is world), (self.world, self.desk))

    def counted(self, method: str, token: str) -> str:
        """What Slack counts a call under: the method, and the workspace where there are several."""
        grant = self.grants.find(token)
        return f"{grant.worlds[0].team} {method}" if grant else method

    def next_broken(self) -> str:
        self._broken += 1
        return self.broken_as[(self._broken - 1) % len(self.broken_as)]

    def close_method(self, method: str, seconds: float) -> None:
        """The method answers 429 for so long."""
        self._closed[method] = monotonic() + seconds

    def closed_for(self, method: str) -> float:
        """Seconds for which the method goes on answering 429."""
        return max(self._closed.get(method, 0.0) - monotonic(), 0.0)

    def note_hurry(self, method: str) -> None:
        """Whoever calls before the Retry-After is over that was told has not listened."""
        if monotonic() < self._told.get(method, 0.0):
            self.world.hurried.append(method)

    def busy(self, method: str, seconds: float) -> web.Response:
        """A 429 with its Retry-After in whole seconds."""
        wait = max(0, math.ceil(seconds))
        self._told[method] = max(self._told.get(method, 0.0), monotonic() + wait)
        body = {"ok": False, "error": "ratelimited"}
        return web.json_response(body, status=429, headers={"Retry-After": str(wait)})

    def wait_for_room(self, channel: str) -> float:
        """Seconds until the channel may be posted to; 0 counts as a post."""
        if self.rate is None:
            return 0.0
        now, window = monotonic(), self.rate.burst / self.rate.per_second
        recent = [moment for moment in self._posted.get(channel, ()) if moment > now - window]
        self._posted[channel] = recent
        if len(recent) >= self.rate.burst:
            return recent[0] + window - now
        recent.append(now)
        return 0.0


def to_app(api: Api) -> web.Application:
    app = web.Application(client_max_size=_LARGEST)

    async def method(request: web.Request) -> web.StreamResponse:
        return await _method(request, api)

    async def response_url(request: web.Request) -> web.StreamResponse:
        try:
            body = await request.json()
        except ValueError:
            api.world.refused.append("response_url: invalid_payload")
            return web.Response(status=400, text="invalid_payload")
        return await _meet(request, "response_url", api, lambda: _response(request, body, api))

    async def allow(request: web.Request) -> web.StreamResponse:
        return _allow(request, api)

    async def upload(request: web.Request) -> web.StreamResponse:
        content = await request.read()
        return await _meet(request, "upload", api, lambda: _uploaded(request, content, api))

    app.router.add_route("*", "/api/{method}", method)
    app.router.add_post("/upload/{file}", upload)
    app.router.add_get("/oauth/v2/authorize", allow)
    app.router.add_post("/response/{token}", response_url)
    app.router.add_get("/link/", api.delivery.hub.serve)
    return app


async def _method(request: web.Request, api: Api) -> web.StreamResponse:
    name = request.match_info["method"]
    try:
        arguments = await _arguments(request, name not in READING)
    except ValueError:
        api.world.refused.append(f"{name}: invalid_json")
        return web.json_response({"ok": False, "error": "invalid_json"})
    authorization = request.headers.get("Authorization", "")
    bearer = authorization.removeprefix("Bearer ")
    token = bearer or str(arguments.pop("token", ""))
    if name in ("oauth.v2.access", "auth.revoke"):
        return await _meet(request, name, api, lambda: _granted(name, arguments, authorization, token, api))
    api.note_hurry(api.counted(name, token))
    return await _meet(request, name, api, lambda: _answer(name, arguments, token, api))


async def _arguments(request: web.Request, takes_json: bool) -> Json:
    """Methods that only read take no JSON: what stands in it is not seen."""
    found: Json = dict(request.query)
    if request.content_type == "application/json":
        text = await request.text()
        body = json.loads(text) if text.strip() else {}
        return found | body if takes_json and isinstance(body, dict) else found
    return found | dict(await request.post())


def _answer(name: str, arguments: Mapping[str, Any], token: str, api: Api) -> web.Response:
    counted = api.counted(name, token)
    if api.closed_for(counted):
        return api.busy(counted, api.closed_for(counted))
    api.calls.append((name, dict(arguments)))
    if name == "apps.connections.open":
        return web.json_response(_open_connection(token, api))
    wait = api.wait_for_room(str(arguments.get("channel"))) if name == "chat.postMessage" else 0.0
    if wait:
        api.world.throttled.append(str(arguments.get("channel")))
        return api.busy(name, wait)
    (world, desk), grant = api.place(token, str(arguments.get("channel"))), api.grants.find(token)
    if grant and (error := grant.problem()):
        return web.json_response({"ok": False, "error": error})
    body = perform(name, arguments, world.bot_token if grant else token, world, desk)
    headers = {"Date": format_datetime(world.clock(), usegmt=True)}
    headers |= {"X-OAuth-Scopes": ",".join(world.scopes)} if body["ok"] else {}
    return web.json_response(body, headers=headers)


def _granted(name: str, arguments: Mapping[str, Any], authorization: str, token: str, api: Api) -> web.Response:
    """The methods by which tokens come and go."""
    api.calls.append((name, {key: value for key, value in arguments.items() if key == "grant_type"}))
    try:
        got = api.grants.access(arguments, authorization) if name == "oauth.v2.access" else api.grants.revoke(token)
    except Refusal as refusal:
        return web.json_response(refusal.body)
    return web.json_response(got)


def _allow(request: web.Request, api: Api) -> web.Response:
    """Slack's own page on which somebody allows the app: they do so at once."""
    back = f"{request.query['redirect_uri']}?code={api.grants.approve()}&state={request.query['state']}"
    return web.Response(status=302, headers={"Location": back})


def _open_connection(token: str, api: Api) -> Json:
    error = None
    if token != api.world.app_token:
        error = "not_allowed_token_type" if token == api.world.bot_token else "invalid_auth"
        error = error if token else "not_authed"
    elif api.link_disabled:
        error = "link_disabled"
    if error:
        api.world.refused.append(f"apps.connections.open: {error}")
        return {"ok": False, "error": error}
    url = api.desk.url.replace("http://", "ws://")
    return {"ok": True, "url": f"{url}link/?ticket={api.delivery.hub.new_ticket()}&app_id={api.world.app_id}"}


def _response(request: web.Request, body: Json, api: Api) -> web.Response:
    token = request.match_info["token"]
    known = (each for each in api.others if token in each[1].response_urls)
    world, desk = next(known, (api.world, api.desk))
    status, text = answer_response_url(token, body, world, desk)
    return web.Response(status=status, text=text)


def _uploaded(request: web.Request, content: bytes, api: Api) -> web.Response:
    file = request.match_info["file"]
    world = next((each[0] for each in api.others if file in each[0].files), api.world)
    status = take_upload(world, file, content)
    return web.Response(status=status, text=f"OK - {len(content)}" if status == 200 else "")


async def _meet(request: web.Request, name: str, api: Api, act: Callable[[], web.Response]) -> web.Response:
    fault = api.plan.meet(name)
    return act() if fault is None else await _suffer(request, name, fault, api, act)


async def _suffer(
    request: web.Request, name: str, fault: Fault, api: Api, act: Callable[[], web.Response]
) -> web.Response:
    if fault.kind is Kind.BUSY:
        return api.busy(name, fault.seconds)
    if fault.kind is Kind.SLOW:
        await asyncio.sleep(fault.seconds)
        return act()
    if fault.kind is Kind.LATE:
        asyncio.get_running_loop().call_later(fault.seconds, act)
    if fault.kind in (Kind.ACCEPT_THEN_DROP, Kind.ACCEPT_THEN_ERROR):
        act()
    if fault.kind in (Kind.ERROR, Kind.ACCEPT_THEN_ERROR):
        return _broken(api.next_broken())
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _broken(look: str) -> web.Response:
    if look == "503":
        return web.Response(status=503, text="<html><body>Service Unavailable</body></html>", content_type="text/html")
    return web.json_response({"ok": False, "error": look})

"""What keeps the page to itself: who may ask (Host, same origin), how much, and what a browser may do with it."""

import json
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.platforms.simulator.terms import Refused, Unanswered

BODY_LIMIT = 2 * 1024 * 1024
"""Bytes of one request."""
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
"""The names under which a page on this machine is asked for. Any other name that leads here is DNS rebinding."""
ACTS = "/api/"
"""Where the room itself is acted on; other pages beside it ask for marks of their own."""
ASK_HEADER = "X-Rehearsal-Room"
"""A header that another site's page cannot send without asking first, and nobody answers that question."""

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """A signal handler: every answer carries the policy. What is mounted beside the room may have its own."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)


def doorkeeper(hosts: Collection[str]) -> Middleware:
    """A middleware: refuses foreign hosts and foreign pages, and turns the room's refusals into sentences."""

    @web.middleware
    async def keep_the_door(request: web.Request, handler: Handler) -> web.StreamResponse:
        acts = request.method == "POST" and request.path.startswith(ACTS)
        refusal = _host_refusal(request, hosts) or (_origin_refusal(request) if acts else None)
        if refusal:
            return refusal
        try:
            return await handler(request)
        except Refused as refused:
            return refusal_response(400, str(refused))
        except Unanswered as unanswered:
            return refusal_response(503, str(unanswered))
        except web.HTTPRequestEntityTooLarge:
            return refusal_response(413, f"Too much at once: a request takes {BODY_LIMIT // 2**20} MiB. Send less.")

    return keep_the_door


def refusal_response(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)


async def to_words(request: web.Request) -> Mapping[str, str]:
    """The JSON object of a POST, its texts by name; what is not text is left out. Raises Refused."""
    return {key: value for key, value in (await to_object(request)).items() if isinstance(value, str)}


async def to_object(request: web.Request) -> Mapping[str, object]:
    """The JSON object of a POST. Raises Refused when it is none."""
    raw = await request.read()
    try:
        asked = json.loads(raw)
    except (ValueError, RecursionError):  # a UnicodeDecodeError is a ValueError; a deep nest is no JSON of ours
        asked = None
    if not isinstance(asked, dict):
        raise Refused("bad_request", "The request holds no JSON object. Reload the page.")
    return asked


def _host_refusal(request: web.Request, hosts: Collection[str]) -> web.Response | None:
    if _host_name(request.host) in hosts:
        return None
    return refusal_response(421, f"This page is reached at http://127.0.0.1, not at {request.host[:100]!r}.")


def _origin_refusal(request: web.Request) -> web.Response | None:
    origin = request.headers.get("Origin")
    same_origin = origin is None or urlsplit(origin).netloc == request.host
    same_site = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    asked = request.headers.get(ASK_HEADER) == "1" and request.content_type == "application/json"
    if same_origin and same_site and asked:
        return None
    return refusal_response(403, "This can be asked from the rehearsal room's own page only. Reload it.")


def _host_name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None

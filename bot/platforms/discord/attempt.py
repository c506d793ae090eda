"""What happened to one call on its way, as the connection itself tells it: whether Discord may have carried it out."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import aiohttp


@dataclass
class Attempt:
    """What is known of one call. Each of discord.py's own tries passes `gate` first.

    once: there is to be one try, whatever becomes of it. left: it is on its way for the first time. answered: the body
    of a 2xx, as soon as it is read. doubtful: a try failed that may have been carried out. broken: the last try ended
    in a way that asks for another one (503, a lost connection, a 429 that is not Discord's own). refusals: answers that
    Discord counts against us.
    """

    gate: Callable[[], Awaitable[None]] | None = None
    once: bool = False
    left: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    answered: asyncio.Future[bytes] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    status: int = 0
    flying: bool = False
    doubtful: bool = False
    broken: bool = False
    retry_after: float | None = None
    everywhere: bool = False
    refusals: int = 0


class NotAgain(aiohttp.ClientError):
    """discord.py would try again, which could do twice what is to be done once."""


def attempt_trace() -> aiohttp.TraceConfig:
    """Fills in the `trace_request_ctx` of every request that has an Attempt there."""
    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(_on_start)
    trace.on_request_end.append(_on_end)
    trace.on_request_exception.append(_on_exception)
    trace.on_response_chunk_received.append(_on_body)
    return trace


async def _on_start(_: aiohttp.ClientSession, context: SimpleNamespace, __: aiohttp.TraceRequestStartParams) -> None:
    if attempt := _attempt(context):
        if attempt.once and attempt.left.done():
            raise NotAgain
        if attempt.gate is not None:
            await attempt.gate()
        attempt.flying, attempt.status, attempt.broken = True, 0, False
        if not attempt.left.done():
            attempt.left.set_result(None)


async def _on_end(_: aiohttp.ClientSession, context: SimpleNamespace, end: aiohttp.TraceRequestEndParams) -> None:
    if attempt := _attempt(context):
        status, headers = end.response.status, end.response.headers
        attempt.status, attempt.flying = status, status < 400
        attempt.doubtful |= status >= 500
        attempt.broken = status == 503
        if status in (401, 403, 429) and headers.get("X-RateLimit-Scope") != "shared":
            attempt.refusals += 1
        if status == 429:
            attempt.retry_after = _seconds(headers.get("Retry-After"))
            attempt.broken = "Via" not in headers  # Cloudflare's, which minds the address and not the route
            attempt.everywhere = attempt.broken or headers.get("X-RateLimit-Global", "").lower() == "true"


async def _on_exception(
    _: aiohttp.ClientSession, context: SimpleNamespace, __: aiohttp.TraceRequestExceptionParams
) -> None:
    if attempt := _attempt(context):
        attempt.flying, attempt.doubtful, attempt.broken = False, True, True


async def _on_body(
    _: aiohttp.ClientSession, context: SimpleNamespace, part: aiohttp.TraceResponseChunkReceivedParams
) -> None:
    attempt = _attempt(context)
    if attempt and 200 <= attempt.status < 300 and not attempt.answered.done():
        attempt.answered.set_result(part.chunk)


def _attempt(context: SimpleNamespace) -> Attempt | None:
    attempt = getattr(context, "trace_request_ctx", None)
    return attempt if isinstance(attempt, Attempt) else None


def _seconds(header: str | None) -> float | None:
    try:
        return float(header or "")
    except ValueError:
        return None

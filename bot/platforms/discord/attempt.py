"""What happened to one call on its way, as the connection itself tells it: whether Discord may have carried it out."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace

import aiohttp


@dataclass
class Attempt:
    """What is known of one call. answered: the body of a 2xx, as soon as it is read."""

    answered: asyncio.Future[bytes] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    status: int = 0
    flying: bool = False
    doubtful: bool = False
    retry_after: float | None = None
    everywhere: bool = False


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
        attempt.flying, attempt.status = True, 0


async def _on_end(_: aiohttp.ClientSession, context: SimpleNamespace, end: aiohttp.TraceRequestEndParams) -> None:
    if attempt := _attempt(context):
        attempt.status = end.response.status
        attempt.flying = end.response.status < 400
        attempt.doubtful |= end.response.status >= 500
        if end.response.status == 429:
            attempt.retry_after = _seconds(end.response.headers.get("Retry-After"))
            attempt.everywhere = end.response.headers.get("X-RateLimit-Global", "").lower() == "true"


async def _on_exception(
    _: aiohttp.ClientSession, context: SimpleNamespace, __: aiohttp.TraceRequestExceptionParams
) -> None:
    if attempt := _attempt(context):
        attempt.flying, attempt.doubtful = False, True


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

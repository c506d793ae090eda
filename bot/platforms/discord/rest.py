"""Calls to Discord's REST API through discord.py's own client, which keeps each route's rate limit, with what it lacks:
a limit over all routes, a deadline, and an answer to "was it carried out?" when a call fails."""

import asyncio
import contextlib
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import discord
from discord.http import HTTPClient, Ratelimit, Route

from bot.chat.port import PlatformError, Reason
from bot.clock import monotonic
from bot.platforms.discord.attempt import Attempt, attempt_trace
from bot.platforms.discord.errors import NETWORK_ERRORS, DiscordError, to_error
from bot.platforms.discord.limits import BURST, CALL_TIMEOUT, CALLS_PER_SECOND


class Gate:
    """At most BURST + CALLS_PER_SECOND calls in any second: evenly spaced, because what leaves here in one second may
    arrive there in less. Callers keep their order."""

    def __init__(
        self,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._slot = self._closed_until = -math.inf
        self._turn = asyncio.Lock()

    async def enter(self) -> None:
        async with self._turn:
            self._slot = max(self._slot + 1 / CALLS_PER_SECOND, self._clock() - BURST / CALLS_PER_SECOND)
            while (wait := max(self._slot, self._closed_until) - self._clock()) > 0:
                await self._sleep(wait)

    def close_for(self, seconds: float) -> None:
        """Discord's limit over all routes was met: nobody enters for a while."""
        self._closed_until = max(self._closed_until, self._clock() + seconds)


class Rest:
    """An open session of one bot. `own_id` is the bot's user id."""

    def __init__(self, http: HTTPClient, own_id: str, timeout: float = CALL_TIMEOUT) -> None:
        self.own_id = own_id
        self._http, self._timeout = http, timeout
        self._gate = Gate()
        self._resting: set[asyncio.Task[Any]] = set()

    async def call(self, method: str, path: str, body: object = None, gated: bool = True, **parameters: Any) -> Any:
        """One call; the answer's JSON (None when it is empty). Raises DiscordError, and never tries again by itself
        after a 429. Parameters fill the path's {names}; `query` is the query string. Interactions are not `gated`:
        Discord does not count them against the limit over all routes."""
        query = parameters.pop("query", None)
        sent: dict[str, Any] = {} if body is None else {"json": body}
        if gated:
            await self._enter()
        attempt = Attempt()
        route = Route(method, path, **parameters)
        task = asyncio.ensure_future(self._http.request(route, params=query, trace_request_ctx=attempt, **sent))
        try:
            await asyncio.wait({task, attempt.answered}, timeout=self._timeout, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            task.cancel()
            raise
        return self._outcome(task, attempt)

    async def close(self) -> None:
        for task in self._resting:
            task.cancel()
        await self._http.close()

    async def _enter(self) -> None:
        try:
            await asyncio.wait_for(self._gate.enter(), self._timeout)
        except TimeoutError:
            raise DiscordError(Reason.BUSY, "the limit over all routes is used up", self._timeout) from None

    def _outcome(self, task: "asyncio.Task[Any]", attempt: Attempt) -> Any:
        if attempt.answered.done():
            self._let_rest(task)
            return _parsed(attempt.answered.result())
        if not task.done():
            task.cancel()
            unclear = attempt.flying or attempt.doubtful
            raise DiscordError(Reason.UNCLEAR if unclear else Reason.BUSY, "no answer in time", attempt.retry_after)
        error = task.exception()
        if attempt.everywhere:
            self._gate.close_for(attempt.retry_after or 1.0)
        if isinstance(error, (discord.DiscordException, *NETWORK_ERRORS)):
            raise to_error(error, attempt.retry_after, attempt.doubtful) from None
        return task.result()

    def _let_rest(self, task: "asyncio.Task[Any]") -> None:
        """discord.py holds a call back after its answer while its route's limit is used up: it may, we need not."""
        self._resting.add(task)
        task.add_done_callback(self._rested)

    def _rested(self, task: "asyncio.Task[Any]") -> None:
        self._resting.discard(task)
        if not task.cancelled():
            task.exception()


@contextlib.asynccontextmanager
async def open_rest(token: str, timeout: float = CALL_TIMEOUT) -> AsyncIterator[Rest]:
    """Log in over REST. Raises discord.LoginFailure for a token that Discord does not know, else PlatformError."""
    http = _Http(asyncio.get_running_loop(), http_trace=attempt_trace())
    http.max_ratelimit_timeout = 0.001  # a 429 is told at once instead of slept through
    try:
        user = await asyncio.wait_for(http.static_login(token.strip()), timeout)
    except discord.LoginFailure:
        await http.close()
        raise
    except (discord.DiscordException, *NETWORK_ERRORS) as error:
        await http.close()
        raise to_error(error, None, doubtful=False) from None
    rest = Rest(http, str(user["id"]), timeout)
    try:
        yield rest
    finally:
        await rest.close()


class _Http(HTTPClient):
    """Each route's limit waits as long as it must: with a longest wait set, discord.py refuses calls on any route
    whose window is longer, even with calls left in it. Our own deadline ends the waiting."""

    def get_ratelimit(self, key: str) -> Ratelimit:
        if key not in self._buckets:
            self._buckets[key] = Ratelimit(None)
        return super().get_ratelimit(key)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        raise DiscordError(Reason.UNCLEAR, "an answer that is no JSON") from None


def is_refusal(error: PlatformError, *codes: int) -> bool:
    """Whether Discord refused with one of these JSON error codes."""
    return isinstance(error, DiscordError) and error.code in codes

"""Calls to Discord's REST API through discord.py's own client, which keeps each route's rate limit, with what it lacks:
a limit over all routes, a deadline, repetitions, and an answer to "was it carried out?" when a call fails."""

import asyncio
import contextlib
import io
import json
import math
from collections.abc import AsyncIterator, Mapping
from typing import Any

import discord
from discord.http import HTTPClient, Ratelimit, Route

from bot.chat.port import PlatformError, Reason, Sharing
from bot.clock import monotonic
from bot.platforms.discord.attempt import Attempt, attempt_trace
from bot.platforms.discord.errors import NETWORK_ERRORS, OLD_EDITS, DiscordError, doubted, to_error
from bot.platforms.discord.gate import Gate
from bot.platforms.discord.limits import CALL_TIMEOUT, QUEUE_TIMEOUT, REPEAT_PAUSES, REPEAT_WITHIN
from bot.platforms.discord.refusals import Refusals


class Rest:
    """An open session of one bot. own_id: the bot's user id. revoked: set once Discord has refused the token."""

    def __init__(
        self, http: HTTPClient, own_id: str, gate: Gate, refusals: Refusals, timeout: float = CALL_TIMEOUT
    ) -> None:
        self.own_id = own_id
        self.revoked = asyncio.Event()
        self._http, self._timeout = http, timeout
        self._gate, self._refusals = gate, refusals
        self._resting: set[asyncio.Task[Any]] = set()

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        gated: bool = True,
        repeats: bool = False,
        once: bool = False,
        files: Mapping[str, bytes] | None = None,
        **parameters: Any,
    ) -> Any:
        """One call; the answer's JSON (None when it is empty). Raises DiscordError. Parameters fill the path's {names};
        `query` is the query string. Interactions are not `gated`: Discord does not count them against the limit over
        all routes, and their own token may be refused while the bot's is good.

        repeats: carrying it out twice is the same as once (a message with an enforced nonce, a deletion), so it is sent
        again, unchanged and a few times, when the connection broke, Discord was away for a moment, or a 429 came that
        is not its own. Any other 429 is told at once. once: carrying it out twice would be twice, so that discord.py
        does not send it again either, as it does after a 5xx. files: name → PNG, uploaded beside the body.
        """
        query = parameters.pop("query", None)
        route, ends, doubtful = Route(method, path, **parameters), math.inf, False
        for pause in (*(REPEAT_PAUSES if repeats else ()), None):
            attempt = Attempt(self._gate.enter if gated else None, once)
            try:
                return await self._try(route, _sent(query, body, files or {}), attempt, ends)
            except DiscordError as error:
                doubtful |= error.reason is Reason.UNCLEAR
                ends = min(ends, monotonic() + REPEAT_WITHIN)
                wait = math.inf if pause is None else max(pause, self._gate.closed_for)
                if not attempt.broken or self.revoked.is_set() or monotonic() + wait > ends:
                    raise doubted(error) if doubtful else error from None
            await asyncio.sleep(wait)
        raise AssertionError("the last try either answers or raises")

    async def turn(self) -> None:
        """Returns when a call that discord.py makes by itself may leave: they count as well."""
        await self._gate.enter()

    async def close(self) -> None:
        self._gate.stop()
        for task in self._resting:
            task.cancel()
        await self._http.close()

    async def _try(self, route: Route, sent: dict[str, Any], attempt: Attempt, ends: float) -> Any:
        """One attempt. ends: the moment by which it must have left and, with the call's own deadline, be answered."""
        if attempt.gate is not None:
            self._check()
        task = asyncio.ensure_future(self._http.request(route, trace_request_ctx=attempt, **sent))
        try:
            await _first(task, attempt.left, min(QUEUE_TIMEOUT, ends - monotonic()))
            if attempt.left.done():
                await _first(task, attempt.answered, min(self._timeout, ends - monotonic()))
        except asyncio.CancelledError:
            task.cancel()
            raise
        if attempt.refusals and attempt.gate is not None:
            await self._refusals.count(attempt.refusals)
        return self._outcome(task, attempt)

    def _check(self) -> None:
        """Raises DiscordError for what need not be sent."""
        if self.revoked.is_set():
            raise DiscordError(Reason.TOKEN_REVOKED, "Discord does not accept the token")
        self._refusals.check()
        if (closed := self._gate.closed_for) > QUEUE_TIMEOUT:
            raise DiscordError(Reason.BUSY, "the limit over all routes was met", closed)

    def _outcome(self, task: "asyncio.Task[Any]", attempt: Attempt) -> Any:
        if attempt.answered.done():
            self._let_rest(task)
            return _parsed(attempt.answered.result())
        if not task.done():
            task.cancel()
            unclear = attempt.flying or attempt.doubtful
            detail = "no answer in time" if attempt.left.done() else "its turn did not come in time"
            raise DiscordError(Reason.UNCLEAR if unclear else Reason.BUSY, detail, attempt.retry_after)
        error = task.exception()
        if isinstance(error, discord.HTTPException) and error.code == OLD_EDITS:
            attempt.broken = attempt.everywhere = False
        if attempt.everywhere:
            self._gate.close_for(attempt.retry_after or 1.0)
        if attempt.status == 401 and attempt.gate is not None:
            self.revoked.set()
        if isinstance(error, KeyError) and attempt.status == 429:  # discord.py looks in vain for when it ends
            raise doubted(_endless()) if attempt.doubtful else _endless()
        if isinstance(error, (discord.DiscordException, *NETWORK_ERRORS)):
            attempt.broken |= isinstance(error, NETWORK_ERRORS)
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
async def open_rest(
    token: str, sharing: Sharing, refusals: Refusals | None = None, timeout: float = CALL_TIMEOUT
) -> AsyncIterator[Rest]:
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
    rest = Rest(http, str(user["id"]), Gate(sharing), refusals or Refusals(sharing), timeout)
    try:
        yield rest
    finally:
        await rest.close()


_FEW = 300
"""Routes that are not worth a look."""


class _Http(HTTPClient):
    """Each route's limit waits as long as it must: with a longest wait set, discord.py refuses calls on any route
    whose window is longer, even with calls left in it. Our own deadline ends the waiting.

    Each interaction is a route of its own, and from a few hundred on discord.py looks through all of them at each new
    one for those that are over. We look again when there are twice as many as were left the last time."""

    _look_again_at = _FEW

    def get_ratelimit(self, key: str) -> Ratelimit:
        if key not in self._buckets:
            self._buckets[key] = Ratelimit(None)
            if len(self._buckets) >= self._look_again_at:
                self._try_clear_expired_ratelimits()
                self._look_again_at = max(2 * len(self._buckets), _FEW)
        return super().get_ratelimit(key)


def _sent(query: object, body: object, files: Mapping[str, bytes]) -> dict[str, Any]:
    """What discord.py is given for one try: it reads the files, and begins anew only within a call of its own."""
    if not files:
        return {"params": query} if body is None else {"params": query, "json": body}
    uploads = [discord.File(io.BytesIO(content), name) for name, content in files.items()]
    form: list[dict[str, Any]] = [{"name": "payload_json", "value": json.dumps(body)}]
    form += [
        {"name": f"files[{place}]", "value": each.fp, "filename": each.filename, "content_type": "image/png"}
        for place, each in enumerate(uploads)
    ]
    return {"params": query, "form": form, "files": uploads}


async def _first(task: "asyncio.Task[Any]", sign: "asyncio.Future[Any]", seconds: float) -> None:
    await asyncio.wait({task, sign}, timeout=max(seconds, 0.0), return_when=asyncio.FIRST_COMPLETED)


def _endless() -> DiscordError:
    return DiscordError(Reason.BUSY, "HTTP 429, without an end")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        raise DiscordError(Reason.UNCLEAR, "an answer that is no JSON") from None


def is_refusal(error: PlatformError, *codes: int) -> bool:
    """Whether Discord refused with one of these JSON error codes."""
    return isinstance(error, DiscordError) and error.code in codes

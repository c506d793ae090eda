"""What Slack's errors mean for us."""

import math
import traceback
from collections.abc import Awaitable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.chat.port import PlatformError, Reason

REASONS = {
    **dict.fromkeys(
        ("fatal_error", "internal_error", "request_timeout", "service_unavailable", "timeout"), Reason.UNCLEAR
    ),  # the reference says of the first two that a part of the call may have been carried out
    **dict.fromkeys(("ratelimited", "rate_limited", "accesslimited"), Reason.BUSY),
    **dict.fromkeys(
        ("token_revoked", "invalid_auth", "account_inactive", "not_authed", "token_expired"), Reason.TOKEN_REVOKED
    ),
    **dict.fromkeys(("channel_not_found", "is_archived", "channel_is_archived"), Reason.CHANNEL_GONE),
    **dict.fromkeys(
        ("not_in_channel", "missing_scope", "restricted_action", "no_permission", "access_denied", "ekm_access_denied"),
        Reason.MISSING_PERMISSION,
    ),
}


LONGEST_RETRY = 3_600.0
"""Ours: seconds; a Retry-After beyond an hour is read as an hour."""


async def attempt(call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
    """One call of the Web API; raises PlatformError and nothing else."""
    try:
        return await call
    except SlackApiError as error:
        raise to_error(error) from error
    except aiohttp.ClientConnectorError as error:  # no connection: nothing was sent
        raise PlatformError(Reason.BUSY, type(error).__name__) from error
    except (aiohttp.ClientError, SlackClientError, TimeoutError, OSError, ValueError) as error:
        raise PlatformError(Reason.UNCLEAR, type(error).__name__) from error


def to_error(error: SlackApiError) -> PlatformError:
    """A refusal by Slack, told by what may be done next."""
    response = error.response
    if not isinstance(response, AsyncSlackResponse):  # an answer that could not be read
        return PlatformError(Reason.UNCLEAR, "unreadable answer")
    status, code = response.status_code, error_code(error)
    if status == 429 or REASONS.get(code) is Reason.BUSY:
        return PlatformError(Reason.BUSY, code or "429", _seconds(response.headers))
    if code in REASONS:
        return PlatformError(REASONS[code], code)
    if status >= 500:
        return PlatformError(Reason.UNCLEAR, f"status {status}")
    return PlatformError(Reason.REFUSED, code or f"status {status}")


def held_scopes(answer: AsyncSlackResponse) -> frozenset[str]:
    """What the token may do, as Slack tells it beside any answer (X-OAuth-Scopes); empty when it does not."""
    given = next((str(value) for name, value in answer.headers.items() if name.lower() == "x-oauth-scopes"), "")
    return frozenset(scope.strip() for scope in given.split(",") if scope.strip())


def told(error: BaseException) -> str:
    """An exception for the log: its kind and where it rose, and not its message, which may hold members' words."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}" if frames else type(error).__name__


def error_code(error: SlackApiError) -> str:
    """Slack's own word for the error, or ""."""
    answer = error.response.data if isinstance(error.response, AsyncSlackResponse) else None
    code = answer.get("error") if isinstance(answer, dict) else None
    return code if isinstance(code, str) else ""


def _seconds(headers: Any) -> float | None:
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        seconds = float(value)
    except ValueError:
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY) if math.isfinite(seconds) else None

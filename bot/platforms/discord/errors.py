"""How a call failed, in our terms: what Discord answered, or that it did not."""

import asyncio
import traceback

import aiohttp
import discord

from bot.chat.port import PlatformError, Reason

_REASONS = {
    10003: Reason.CHANNEL_GONE,
    10004: Reason.BOT_REMOVED,
    50001: Reason.MISSING_PERMISSION,  # NO_ACCESS
    50013: Reason.MISSING_PERMISSION,
}
_MEANS = {
    30003: "the channel has as many pins as Discord allows",
    30046: "too many edits to messages older than an hour",
    50083: "the thread is archived",
    160005: "the thread is locked",
}
"""What the code alone does not tell an operator."""

NETWORK_ERRORS = (aiohttp.ClientError, OSError, asyncio.TimeoutError)

UNKNOWN_CHANNEL, UNKNOWN_GUILD, UNKNOWN_MEMBER, UNKNOWN_MESSAGE = 10003, 10004, 10007, 10008
NO_ACCESS = 50001
ALREADY_ACKNOWLEDGED = 40060
NO_DIRECT_MESSAGES = frozenset({50007, 50278})
THREAD_ARCHIVED, THREAD_EXISTS = 50083, 160004
UNKNOWN_TAG = 10087
OLD_EDITS = 30046
"""Comes with status 429 and is no limit of the route or the bot: Discord documents neither its number nor its end."""


class DiscordError(PlatformError):
    """A refusal that Discord gave a number: `code` is its JSON error code, 0 when it gave none."""

    def __init__(self, reason: Reason, detail: str, retry_after: float | None = None, code: int = 0) -> None:
        super().__init__(reason, detail, retry_after)
        self.code = code


def to_error(error: Exception, retry_after: float | None, doubtful: bool) -> DiscordError:
    """doubtful: an earlier try of this call may have been carried out, so that a later refusal proves nothing."""
    told_as = _to_error(error, retry_after)
    return doubted(told_as) if doubtful else told_as


def doubted(error: DiscordError) -> DiscordError:
    """The same failure of a call that may have been carried out by an earlier try: look before trying again. Only a
    message that is known to be deleted says for sure that it was."""
    if error.reason is Reason.UNCLEAR or error.code == UNKNOWN_MESSAGE:
        return error
    return DiscordError(
        Reason.UNCLEAR, f"{error.detail}, after a try that may have worked", error.retry_after, error.code
    )


def told(error: BaseException) -> str:
    """An unforeseen error for the log: its kind and place, never its text, which may hold somebody's words."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__}@{place}"


def _to_error(error: Exception, retry_after: float | None) -> DiscordError:
    if isinstance(error, discord.RateLimited):
        return DiscordError(Reason.BUSY, "HTTP 429", error.retry_after)
    if not isinstance(error, discord.HTTPException):
        return DiscordError(Reason.UNCLEAR, type(error).__name__)
    detail = f"HTTP {error.status}, code {error.code}"
    if error.code in _MEANS:
        detail = f"{detail}: {_MEANS[error.code]}"
    if error.status == 429:
        return DiscordError(Reason.BUSY, detail if error.code else "HTTP 429", retry_after, error.code)
    if error.status >= 500 or error.status == 408:
        return DiscordError(Reason.UNCLEAR, detail, code=error.code)
    if error.status == 401:
        return DiscordError(Reason.TOKEN_REVOKED, detail, code=error.code)
    return DiscordError(_REASONS.get(error.code, Reason.REFUSED), detail, code=error.code)

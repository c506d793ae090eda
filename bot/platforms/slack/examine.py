"""What `homeroom doctor` asks Slack: token, scopes, socket and each channel, each finding with its cure."""

from collections.abc import Collection, Iterator

from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.port import Finding, PlatformError, Reason
from bot.platforms.slack.failures import attempt, held_scopes

SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "reactions:write",
    "users:read",
)
"""The bot scopes of the app manifest; nothing else is asked for."""

APPS = "https://api.slack.com/apps"
BOT_TOKEN_CURE = (
    f"Copy the Bot User OAuth Token, which begins with xoxb-, from {APPS} → your app → OAuth & Permissions, and set "
    "SLACK_BOT_TOKEN to it."
)
APP_TOKEN_CURE = (
    f"Make an app-level token with the scope connections:write, which begins with xapp-, at {APPS} → your app → "
    "Basic Information → App-Level Tokens, and set SLACK_APP_TOKEN to it."
)
_CURES = {
    Reason.CHANNEL_GONE: "Invite the app with /invite @Homeroom, or unarchive the channel, or move the cohort.",
    Reason.MISSING_PERMISSION: "Invite the app to the channel with /invite @Homeroom.",
    Reason.TOKEN_REVOKED: BOT_TOKEN_CURE,
}


async def examine(
    web: AsyncWebClient, app_token: str | None, signing_secret: str | None, channels: Collection[str]
) -> tuple[Finding, ...]:
    """Everything that posting, hearing and reading needs."""
    found = [await _token(web)]
    if found[0].well:
        found.append(await _scopes(web))
        found += [finding for channel in channels for finding in await _channel(web, channel)]
    found.append(await _listening(web, app_token, signing_secret))
    return tuple(found)


async def _token(web: AsyncWebClient) -> Finding:
    if not (web.token or "").startswith("xoxb-"):
        return Finding("Slack bot token", False, "SLACK_BOT_TOKEN is not a bot token.", BOT_TOKEN_CURE)
    try:
        answer = await attempt(web.auth_test())
    except PlatformError as error:
        passing = error.reason in (Reason.UNCLEAR, Reason.BUSY)
        says = f"Slack cannot be reached ({error.detail})." if passing else f"Slack refuses it: {error.detail}."
        return Finding("Slack bot token", False, says, _cure(error, BOT_TOKEN_CURE))
    return Finding("Slack bot token", True, f"It speaks as {answer.get('user')} in {answer.get('team')}.")


async def _scopes(web: AsyncWebClient) -> Finding:
    held = held_scopes(await attempt(web.auth_test()))
    missing = [scope for scope in SCOPES if scope not in held]
    if not missing:
        return Finding("Slack scopes", True, "All that the app manifest asks for are granted.")
    cure = f"Add them at {APPS} → your app → OAuth & Permissions → Bot Token Scopes, then reinstall the app."
    return Finding("Slack scopes", False, f"Missing: {', '.join(missing)}.", cure)


async def _listening(web: AsyncWebClient, app_token: str | None, signing_secret: str | None) -> Finding:
    """Asks for a socket's address and does not connect to it."""
    if not app_token:
        says = "HTTP mode: Slack must reach POST /slack/events." if signing_secret else "No way to hear Slack is set."
        return Finding("Slack events", bool(signing_secret), says, "" if signing_secret else APP_TOKEN_CURE)
    try:
        await attempt(web.apps_connections_open(app_token=app_token))
    except PlatformError as error:
        return Finding("Slack events", False, f"Slack opens no socket: {error.detail}.", _cure(error, APP_TOKEN_CURE))
    return Finding("Slack events", True, "Slack opens a socket for SLACK_APP_TOKEN.")


async def _channel(web: AsyncWebClient, channel: str) -> list[Finding]:
    try:
        place = (await attempt(web.conversations_info(channel=channel)))["channel"]
        found = list(_seat(channel, place))
        if not found:
            await attempt(web.conversations_history(channel=channel, limit=1))
            found = [Finding(f"Slack channel {channel}", True, "Homeroom is a member and can read it.")]
    except PlatformError as error:
        return [Finding(f"Slack channel {channel}", False, f"Slack says {error.detail}.", _cure(error, ""))]
    return found


def _seat(channel: str, place: dict[str, object]) -> Iterator[Finding]:
    subject = f"Slack channel {channel}"
    if place.get("is_archived"):
        yield Finding(subject, False, "It is archived.", "Unarchive it, or move the cohort to another channel.")
    elif not place.get("is_member") and not place.get("is_im"):
        yield Finding(subject, False, "Homeroom is not a member.", "Type /invite @Homeroom in the channel.")


def _cure(error: PlatformError, otherwise: str) -> str:
    if error.reason in (Reason.UNCLEAR, Reason.BUSY):
        return "Try again in a minute; if it stays so, look at SLACK_API_URL and the network."
    return otherwise or _CURES.get(error.reason, "Look the code up in Slack's list of errors.")

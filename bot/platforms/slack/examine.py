"""What `homeroom doctor` asks Slack: token, scopes, socket and each channel, each finding with its cure."""

from collections.abc import Collection, Iterator, Mapping

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.chat.port import Finding, PlatformError, Reason, Seat
from bot.chat.skew import clock_finding
from bot.clock import Clock
from bot.platforms.slack.failures import attempt, held_scopes
from bot.platforms.slack.scopes import OPTIONAL
from bot.platforms.slack.scopes import SCOPES as ALL

SCOPES = tuple(scope for scope in ALL if scope not in OPTIONAL)
"""The bot scopes of the app manifest that nothing goes without."""

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
_KINDS = {
    "xoxp-": "It is a person's token, and not the bot's.",
    "xapp-": "It is the app-level token, which belongs into SLACK_APP_TOKEN.",
    "xoxe": "It is a refresh or configuration token, and not the bot's.",
    "xoxb-": "It is the bot's token, which belongs into SLACK_BOT_TOKEN.",
}
"""How a token of another kind begins → what it is."""


async def examine(
    web: AsyncWebClient, app_token: str | None, signing_secret: str | None, seats: Collection[Seat], clock: Clock
) -> tuple[Finding, ...]:
    """Everything that posting, hearing and reading needs."""
    signed_in = await _sign_in(web)
    if isinstance(signed_in, Finding):
        return (signed_in, await _listening(web, app_token, signing_secret, APPS))
    settings = await _settings_page(web, str(signed_in.get("bot_id") or ""))
    found = [Finding("Slack bot token", True, f"It speaks as {signed_in.get('user')} in {signed_in.get('team')}.")]
    skew = clock_finding("Slack", signed_in.headers.get("Date"), clock())
    found += [skew] if skew else []
    found += _scopes(signed_in, settings, pins=any(seat.pins for seat in seats))
    for seat in seats:
        found += await _channel(web, seat.channel)
    return (*found, await _listening(web, app_token, signing_secret, settings))


async def _sign_in(web: AsyncWebClient) -> AsyncSlackResponse | Finding:
    subject, token = "Slack bot token", web.token or ""
    if not token.startswith("xoxb-") and not token.startswith("xoxe.xoxb-"):
        kind = next((says for start, says in _KINDS.items() if token.startswith(start)), "It begins with no xoxb-.")
        return Finding(subject, False, f"SLACK_BOT_TOKEN is not a bot token. {kind}", BOT_TOKEN_CURE)
    try:
        return await attempt(web.auth_test())
    except PlatformError as error:
        passing = error.reason in (Reason.UNCLEAR, Reason.BUSY)
        says = f"Slack cannot be reached ({error.detail})." if passing else f"Slack refuses it: {error.detail}."
        return Finding(subject, False, says, _cure(error, BOT_TOKEN_CURE))


async def _settings_page(web: AsyncWebClient, bot: str) -> str:
    """The app's own page, or where all apps are listed."""
    try:
        return f"{APPS}/{(await attempt(web.bots_info(bot=bot)))['bot']['app_id']}"
    except (PlatformError, KeyError, TypeError):
        return APPS


def _scopes(signed_in: AsyncSlackResponse, settings: str, *, pins: bool) -> Iterator[Finding]:
    """pins: some cohort asks for them. Else what an operator may leave out is told, and is nothing amiss."""
    subject, held = "Slack scopes", held_scopes(signed_in)
    cure = f"Add them at {settings}/oauth → Bot Token Scopes, then reinstall the app."
    missing = [scope for scope in ALL if scope not in held]
    needed = [scope for scope in missing if scope in SCOPES or (pins and scope == "pins:write")]
    if needed:
        yield Finding(subject, False, f"Missing: {', '.join(needed)}.", cure)
    left_out = [scope for scope in missing if scope not in needed]
    if left_out:
        lost = "; ".join(f"without {scope} {OPTIONAL[scope]}" for scope in left_out)
        yield Finding(subject, True, f"Left out: {lost}.")
    if not missing:
        yield Finding(subject, True, "All that the app manifest asks for are granted.")


async def _listening(web: AsyncWebClient, app_token: str | None, signing_secret: str | None, settings: str) -> Finding:
    """Asks for a socket's address and does not connect to it."""
    subject = "Slack events"
    if not app_token:
        if not signing_secret:
            return Finding(subject, False, "No way to hear Slack is set.", APP_TOKEN_CURE)
        return Finding(subject, True, "HTTP mode: Slack must reach POST /slack/events.")
    if not app_token.startswith("xapp-"):
        kind = next((says for start, says in _KINDS.items() if app_token.startswith(start)), "It begins with no xapp-.")
        return Finding(subject, False, f"SLACK_APP_TOKEN is not an app-level token. {kind}", APP_TOKEN_CURE)
    try:
        await attempt(web.apps_connections_open(app_token=app_token))
    except PlatformError as error:
        cure = f"{APP_TOKEN_CURE} Socket Mode itself is switched on at {settings}/socket-mode."
        return Finding(subject, False, f"Slack opens no socket: {error.detail}.", _cure(error, cure))
    return Finding(subject, True, "Slack opens a socket for SLACK_APP_TOKEN.")


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


def _seat(channel: str, place: Mapping[str, object]) -> Iterator[Finding]:
    subject = f"Slack channel {channel}"
    if place.get("is_archived"):
        yield Finding(subject, False, "It is archived.", "Unarchive it, or move the cohort to another channel.")
    elif not place.get("is_member") and not place.get("is_im"):
        yield Finding(subject, False, "Homeroom is not a member.", "Type /invite @Homeroom in the channel.")


def _cure(error: PlatformError, otherwise: str) -> str:
    if error.reason in (Reason.UNCLEAR, Reason.BUSY):
        return "Try again in a minute; if it stays so, look at SLACK_API_URL and the network."
    return otherwise or _CURES.get(error.reason, "Look the code up in Slack's list of errors.")

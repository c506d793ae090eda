"""What `homeroom doctor` looks at on Discord, each finding with its cure; and the link that invites the bot."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import discord

from bot.chat.port import Finding, PlatformError, Reason, Sharing
from bot.platforms.discord.permissions import NEEDED, bits, load_channel, load_permissions, missing
from bot.platforms.discord.rest import Rest, open_rest

NOT_ACCEPTED = (
    "Discord does not accept DISCORD_TOKEN: copy the bot's token from discord.com/developers/applications → "
    "your application → Bot → Reset Token."
)
NOT_REACHED = "Try again in a minute; if it stays so, look at DISCORD_API_URL and the network."
_CONTENT_INTENT = (1 << 18) | (1 << 19)
"""GATEWAY_MESSAGE_CONTENT and its form for applications in fewer than 100 servers."""


def invite_link(application_id: str) -> str:
    """The link that adds the bot to a server with exactly the permissions that Homeroom uses."""
    permissions = discord.Permissions(bits(NEEDED))
    return discord.utils.oauth_url(
        int(application_id), permissions=permissions, scopes=("bot", "applications.commands")
    )


def has_content_intent(application: Mapping[str, Any]) -> bool:
    """Whether the application may read what people write in channels."""
    return bool(int(application.get("flags") or 0) & _CONTENT_INTENT)


async def examine(token: str, sharing: Sharing, channels: Collection[str]) -> tuple[Finding, ...]:
    """Never raises: what cannot be looked at is a finding."""
    try:
        async with open_rest(token, sharing) as rest:
            return await _findings(rest, channels)
    except discord.LoginFailure:
        return (Finding("Discord token", False, "Discord does not accept the token.", NOT_ACCEPTED),)
    except PlatformError as error:
        return (_unreachable("Discord", error),)


async def _findings(rest: Rest, channels: Collection[str]) -> tuple[Finding, ...]:
    application = await rest.call("GET", "/applications/@me")
    guilds = await rest.call("GET", "/users/@me/guilds")
    findings = [Finding("Discord token", True, f"Accepted; the bot is user {rest.own_id}.")]
    findings.append(_intent_finding(application))
    findings.append(_guilds_finding(guilds, str(application["id"])))
    for channel in channels:
        findings.extend(await _channel_findings(rest, channel, str(application["id"])))
    return tuple(findings)


def _intent_finding(application: Mapping[str, Any]) -> Finding:
    subject = "Discord Message Content intent"
    if has_content_intent(application):
        return Finding(subject, True, "On: what members write in threads is kept.")
    return Finding(
        subject,
        False,
        "Off: what members write in threads cannot be read and is not kept. The form behind “Write my answer”, direct "
        "messages, commands and buttons still work.",
        "Switch it on at discord.com/developers/applications → your application → Bot → Privileged Gateway Intents → "
        "Message Content Intent, then restart Homeroom.",
    )


def _guilds_finding(guilds: Collection[Mapping[str, Any]], application: str) -> Finding:
    if guilds:
        return Finding("Discord servers", True, f"The bot is in {len(guilds)}.")
    return Finding(
        "Discord servers", False, "The bot is in no server.", f"Open {invite_link(application)} and choose yours."
    )


async def _channel_findings(rest: Rest, channel: str, application: str) -> list[Finding]:
    subject = f"Discord channel {channel}"
    try:
        place = await load_channel(rest, channel)
        permissions = await load_permissions(rest, place)
    except PlatformError as error:
        return [_unreachable(subject, error, application)]
    lacking = missing(permissions)
    if not lacking:
        return [
            Finding(f"{subject} (#{place.get('name', '')})", True, "Everything that Homeroom does there is allowed.")
        ]
    return list(_lacking(f"{subject} (#{place.get('name', '')})", lacking))


def _lacking(subject: str, names: Collection[str]) -> Iterator[Finding]:
    for name in names:
        cure = f"In the channel's settings → Permissions, allow “{NEEDED[name]}” for the bot's role."
        yield Finding(subject, False, f"“{NEEDED[name]}” is not allowed.", cure)


def _unreachable(subject: str, error: PlatformError, application: str = "") -> Finding:
    invite = f" If it is in no server of yours any more: {invite_link(application)}" if application else ""
    says, cure = {
        Reason.CHANNEL_GONE: ("It does not exist (any more).", "Open a cohort in another channel: /cohort create."),
        Reason.BOT_REMOVED: ("The bot is not in that server.", f"Invite it again.{invite}"),
        Reason.MISSING_PERMISSION: (
            "The bot does not see it.",
            f"In the channel's settings → Permissions, allow “View Channel” for the bot's role.{invite}",
        ),
    }.get(error.reason, (f"Discord did not answer as it should ({error.detail}).", NOT_REACHED))
    return Finding(subject, False, says, cure)

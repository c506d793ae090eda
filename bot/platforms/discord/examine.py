"""What `homeroom doctor` looks at on Discord, each finding with its cure; and the link that invites the bot."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import aiohttp
import discord
from discord.http import Route

from bot.chat.port import Finding, PlatformError, Reason, Seat, Sharing
from bot.chat.skew import clock_finding
from bot.clock import Clock
from bot.platforms.discord.events import FORUM, MEDIA
from bot.platforms.discord.forum import NO_MEDIA, demands_tag, labels_without_tag
from bot.platforms.discord.permissions import (
    NEEDED,
    WHERE_ASKED,
    bits,
    load_channel,
    load_permissions,
    missing,
    needed_in,
)
from bot.platforms.discord.rest import Rest, open_rest

PORTAL = "https://discord.com/developers/applications"
NOT_ACCEPTED = (
    f"Discord does not accept DISCORD_TOKEN: copy the bot's token from {PORTAL} → your application → Bot → Reset Token."
)
NOT_REACHED = "Try again in a minute; if it stays so, look at DISCORD_API_URL and the network."
_CONTENT_INTENT = (1 << 18) | (1 << 19)
"""GATEWAY_MESSAGE_CONTENT and its form for applications in fewer than 100 servers."""

_KINDS = (
    (r"(?i)(bot|bearer)\s.*", "It begins with a word that does not belong to it: leave “Bot ” away."),
    (r"[0-9]{15,21}", "It is a number, like an application's or a server's id, and not a token."),
    (r"[0-9a-fA-F]{64}", "It is 64 digits long, like the application's public key, and not a token."),
    (r"[\w-]{32}", "It is 32 characters long, like the application's client secret, and not a token."),
)
"""What stands beside the token in the portal and is copied instead of it."""


def invite_link(application_id: str) -> str:
    """The link that adds the bot to a server with exactly the permissions that Homeroom uses."""
    permissions = discord.Permissions(bits(NEEDED))
    return discord.utils.oauth_url(
        int(application_id), permissions=permissions, scopes=("bot", "applications.commands")
    )


def has_content_intent(application: Mapping[str, Any]) -> bool:
    """Whether the application may read what people write in channels."""
    return bool(int(application.get("flags") or 0) & _CONTENT_INTENT)


async def examine(token: str, sharing: Sharing, seats: Collection[Seat], clock: Clock) -> tuple[Finding, ...]:
    """Never raises: what cannot be looked at is a finding."""
    try:
        async with open_rest(token, sharing) as rest:
            return (*await _clock(clock), *await _findings(rest, seats))
    except discord.LoginFailure:
        kind = next((says for pattern, says in _KINDS if re.fullmatch(pattern, token.strip())), "")
        return (Finding("Discord token", False, f"Discord does not accept the token. {kind}".strip(), NOT_ACCEPTED),)
    except PlatformError as error:
        return (_unreachable("Discord", error),)


async def _clock(clock: Clock) -> list[Finding]:
    """Any answer bears the date, a refusal too; discord.py shows none of its headers."""
    try:
        async with aiohttp.ClientSession(trust_env=True) as session, session.get(f"{Route.BASE}/gateway") as answer:
            finding = clock_finding("Discord", answer.headers.get("Date"), clock())
    except (aiohttp.ClientError, OSError, TimeoutError):
        return []
    return [finding] if finding else []


async def _findings(rest: Rest, seats: Collection[Seat]) -> list[Finding]:
    application = await rest.call("GET", "/applications/@me")
    guilds = await rest.call("GET", "/users/@me/guilds")
    found = [Finding("Discord token", True, f"Accepted; the bot is user {rest.own_id}.")]
    found.append(_intent_finding(application))
    found.append(_guilds_finding(guilds, str(application["id"])))
    for seat in seats:
        found += await _seat_findings(rest, seat, str(application["id"]))
    return found


def _intent_finding(application: Mapping[str, Any]) -> Finding:
    subject = "Discord Message Content intent"
    if has_content_intent(application):
        return Finding(subject, True, "On: what members write in threads is kept.")
    return Finding(
        subject,
        False,
        "Off: what members write in threads cannot be read and is not kept. The form behind “Write my answer”, direct "
        "messages, “Count as my answer”, commands and buttons still work.",
        f"Switch it on at {PORTAL}/{application['id']}/bot → Privileged Gateway Intents → Message Content Intent, then "
        "restart Homeroom.",
    )


def _guilds_finding(guilds: Collection[Mapping[str, Any]], application: str) -> Finding:
    if guilds:
        return Finding("Discord servers", True, f"The bot is in {len(guilds)}.")
    return Finding(
        "Discord servers", False, "The bot is in no server.", f"Open {invite_link(application)} and choose yours."
    )


async def _seat_findings(rest: Rest, seat: Seat, application: str) -> list[Finding]:
    subject = f"Discord channel {seat.channel}"
    try:
        place = await load_channel(rest, seat.channel)
        permissions = await load_permissions(rest, place)
        roles = await rest.call("GET", "/guilds/{guild}/roles", guild=str(place["guild_id"])) if seat.ping else ()
    except PlatformError as error:
        return [_unreachable(subject, error, application)]
    subject = f"{subject} (#{place.get('name', '')})"
    if place.get("type") == MEDIA:
        return [Finding(subject, False, f"It is {NO_MEDIA}.", "Open the cohort in another one: /cohort create.")]
    names = [*needed_in(place), *(WHERE_ASKED if seat.pins else ())]
    found = [
        *_lacking(subject, missing(permissions, names), place),
        *_ping_findings(subject, seat.ping, roles, permissions),
        *_tag_findings(subject, seat.labels, place),
    ]
    return found or [Finding(subject, True, "Everything that Homeroom does there is allowed.")]


def _lacking(subject: str, names: Collection[str], place: Mapping[str, Any]) -> Iterator[Finding]:
    shown = {**NEEDED, **WHERE_ASKED}
    where = f"https://discord.com/channels/{place.get('guild_id')}/{place.get('id')}"
    for name in names:
        without = " Lessons go out, but are not pinned." if name in WHERE_ASKED else ""
        cure = f"Open {where} → Edit Channel → Permissions, and allow “{shown[name]}” for the bot's role."
        yield Finding(subject, False, f"“{shown[name]}” is not allowed.{without}", cure)


def _tag_findings(subject: str, labels: Collection[str], place: Mapping[str, Any]) -> Iterator[Finding]:
    """A forum's lessons go out without a tag that is not there, unless the forum demands one."""
    without = labels_without_tag(place, labels) if place.get("type") == FORUM else ()
    if without:
        fails = " It demands one, so some lessons cannot go out." if demands_tag(place) else ""
        says = f"The forum has no tag for: {', '.join(without)}.{fails}"
        yield Finding(subject, False, says, "In the forum's settings → Tags, add them; not for moderators only.")


def _ping_findings(
    subject: str, ping: str | None, roles: Collection[Mapping[str, Any]], permissions: int
) -> Iterator[Finding]:
    if ping is None or permissions & bits(["mention_everyone"]):
        return
    role = next((each for each in roles if str(each["id"]) == ping), None)
    if role is None:
        yield Finding(
            subject,
            False,
            "The role that each lesson mentions does not exist any more.",
            "Choose another one, or none, with /cohort ping.",
        )
    elif not role.get("mentionable"):
        yield Finding(
            subject,
            False,
            f"Lessons mention the role “{role.get('name', '')}”, but nobody is notified: it may not be mentioned.",
            "In Server Settings → Roles → that role, switch on “Allow anyone to @mention this role”.",
        )


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

"""Slack's message events as what we hear. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.chat.inbound import Heard, Person, Reply, ReplyDeleted, ReplyEdited, with_files
from bot.platforms.slack.limits import typed

Payload = Mapping[str, Any]

WRITTEN = (None, "", "thread_broadcast", "file_share")
"""The subtypes that are somebody's own words; every other one is a notice of Slack's or of an app's."""


@dataclass(frozen=True)
class Identity:
    """Who we are in the one workspace that the token belongs to."""

    user: str
    bot: str
    team: str


def to_heard(event: Payload, workspace: str, us: Identity) -> Heard | None:
    """A `message` event's payload; None for all that is nobody's reply. The author's name is their id as yet."""
    channel = event.get("channel")
    if not isinstance(channel, str):
        return None
    match event.get("subtype"):
        case "message_changed":
            return _edited(event, channel, workspace, us)
        case "message_deleted":
            return _deleted(event, channel, workspace, us)
        case subtype if subtype in WRITTEN:
            return to_reply(event, channel, workspace, us)
        case _:
            return None


def to_reply(message: Payload, channel: str, workspace: str, us: Identity) -> Reply | None:
    """A message as it stands in an event or in conversations.replies; None when it is no member's reply."""
    if not _is_written(message, us):
        return None
    reply = to_about(message, channel, workspace)
    return reply if reply.thread is not None or is_direct(channel) else None


def to_about(message: Payload, channel: str, workspace: str) -> Reply:
    """The message whose menu somebody used, whoever wrote it: a bot's author is its user or its own id. `thread` is
    None outside of threads as well."""
    author, ts = str(message.get("user") or message.get("bot_id") or ""), str(message.get("ts") or "")
    return Reply(
        "slack",
        workspace,
        None if is_direct(channel) else to_thread(message, channel),
        f"{channel}/{ts}",
        Person(author, author),
        _text(message),
        to_moment(ts),
        to_micros((message.get("edited") or {}).get("ts", "")),
    )


def _text(message: Payload) -> str:
    """The words, those of a message that was shared along, and the names of the files."""
    shared = [each.get("text") or "" for each in message.get("attachments") or () if each.get("is_share")]
    words = "\n".join(typed(part) for part in (message.get("text") or "", *shared) if part)
    return with_files(words, (str(each.get("name") or "file") for each in message.get("files") or ()))


def to_thread(message: Payload, channel: str) -> str | None:
    """The thread that a message was written in; None for its root and outside of threads."""
    root = message.get("thread_ts")
    return f"{channel}/{root}" if root and root != message.get("ts") else None


def is_members(message: Payload, us: Identity) -> bool:
    """Whether a person wrote it: no bot, no app, not us, and nothing without its author."""
    author = message.get("user")
    apps = message.get("bot_id") or message.get("app_id") or message.get("bot_profile")
    return bool(author and message.get("ts")) and not apps and author not in (us.user, "USLACKBOT")


def is_direct(channel: str) -> bool:
    """Whether a conversation is a direct message with us."""
    return channel.startswith("D")


def to_micros(ts: str) -> int:
    """Slack's "seconds.micros" in microseconds; 0 for anything else, a moment after the year 2286 among it."""
    match = re.fullmatch(r"(\d{1,10})\.(\d{1,6})", ts or "", re.ASCII)
    return int(match[1]) * 1_000_000 + int(match[2].ljust(6, "0")) if match else 0


def to_moment(ts: str) -> datetime:
    """When Slack says that a message was written."""
    micros = to_micros(ts)
    return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)


def to_ts(moment: datetime) -> str:
    """A moment as Slack's "seconds.micros"."""
    return f"{int(moment.timestamp())}.{moment.microsecond:06}"


def said_to_us(text: str, us: Identity) -> str | None:
    """The line behind a mention of us that begins a text, or None without one."""
    match = re.match(rf"\s*<@{re.escape(us.user)}(?:\|[^>]*)?>[\s:,]*", text)
    return text[match.end() :].strip() if match else None


def _is_written(message: Payload, us: Identity) -> bool:
    return is_members(message, us) and message.get("subtype") in WRITTEN


def _edited(event: Payload, channel: str, workspace: str, us: Identity) -> Heard | None:
    """An unfurled link changes a message as well, but neither its text nor its `edited`. A message outside of threads
    may be counted as an answer, which only the core knows: its edits are told with the channel as thread, and without
    the author's name, for nearly all are none of ours and nobody is to be looked up for them."""
    now, before = event.get("message") or {}, event.get("previous_message") or {}
    if now.get("subtype") == "tombstone":
        return _deleted({**event, "deleted_ts": now.get("ts")}, channel, workspace, us)
    same = now.get("text") == before.get("text") and now.get("edited") == before.get("edited")
    if (before and same) or not _is_written(now, us):
        return None
    reply = to_about(now, channel, workspace)
    if reply.thread is None and not is_direct(channel):
        reply = replace(reply, thread=channel, author=Person(reply.author.ref, ""))
    return ReplyEdited(reply) if reply.revision else None


def _deleted(event: Payload, channel: str, workspace: str, us: Identity) -> Heard | None:
    before, ts = event.get("previous_message") or {}, event.get("deleted_ts")
    if not ts or (before and not is_members(before, us)):
        return None
    at = to_moment(event.get("event_ts") or event.get("ts") or ts)
    if is_direct(channel):
        return ReplyDeleted("slack", workspace, None, f"{channel}/{ts}", at)
    thread = to_thread(before, channel)
    outside = bool(before) and thread is None
    return ReplyDeleted("slack", workspace, thread or channel, f"{channel}/{ts}", at, outside)

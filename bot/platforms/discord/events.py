"""Discord's raw payloads → what we hear. Pure: nothing is looked up, nothing is kept."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.chat.commands import from_action
from bot.chat.inbound import Command, FormAnswer, Partial, Person, Reply, ReplyDeleted, with_files
from bot.platforms.discord.commands import to_command_name, to_focus, to_message_command, to_options
from bot.platforms.discord.forms import to_values
from bot.platforms.discord.marks import is_prompt, to_action

Payload = Mapping[str, Any]

PLATFORM = "discord"
THREAD_TYPES = frozenset({10, 11, 12})
"""Announcement, public and private threads."""

FORUM, MEDIA = 15, 16
THREAD_ONLY = frozenset({FORUM, MEDIA})
"""Channels in which nothing can be said but in their threads, which are called posts."""

_REPLY = 19
_WRITTEN = frozenset({0, _REPLY})
"""A message and an answer to one; every other type is Discord's own: a pin, a join, a thread's starter, a command."""

_HELD = ("attachments", "embeds", "sticker_items", "components", "message_snapshots", "poll")
_ADMINISTRATOR, _MANAGE_CHANNELS, _MANAGE_GUILD = 1 << 3, 1 << 4, 1 << 5


def to_reply(message: Payload, in_thread: bool, own_id: str, workspace: str = "") -> Reply | None:
    """A message that a person wrote in a thread or to us directly; None for what is no reply: a bot's, a webhook's,
    our own, Discord's own, one with neither words nor a file. An edit without words is none either: without the
    Message Content intent a message that has a sticker beside its words looks like that, and its words are kept.
    `in_thread`: in a guild, and for an edit in a channel as well. `workspace`: the guild, where the payload does not
    tell it."""
    if not is_written(message, own_id) or not _text(message):
        return None
    return _reply(message, in_thread, workspace)


def is_written(message: Payload, own_id: str) -> bool:
    """Whether a person wrote this message, whatever it holds."""
    author = message.get("author") or {}
    return (
        message.get("type", 0) in _WRITTEN
        and bool(author.get("id"))
        and str(author["id"]) != own_id
        and not author.get("bot")
        and not author.get("system")
        and not message.get("webhook_id")
    )


def is_hidden(message: Payload) -> bool:
    """Whether Discord kept this message's words from us: it holds nothing at all, which nobody can send. That is how
    a message looks to an application without the Message Content intent."""
    return not message.get("content") and not any(message.get(part) for part in _HELD)


def is_edit(message: Payload) -> bool:
    """Whether an update is somebody's edit, and not Discord adding a preview or a thread."""
    return _revision(message) > 0


def to_deleted(event: Payload, outside: bool, now: datetime) -> tuple[ReplyDeleted, ...]:
    """A message's deletion, or many at once. outside: it is known that they stood in no thread."""
    channel = str(event["channel_id"])
    ids = event.get("ids") or [event["id"]]
    workspace = str(event.get("guild_id") or "")
    return tuple(
        ReplyDeleted(PLATFORM, workspace, channel if workspace else None, f"{channel}/{message}", now, outside)
        for message in ids
    )


def to_command(interaction: Payload) -> Command | None:
    """A slash command, a pressed button, or what was picked from a message's menu; None for a component that is not
    ours."""
    asked = interaction.get("data") or {}
    picked = to_message_command(asked) if interaction["type"] != 3 else None
    options: dict[str, str] = {}
    if interaction["type"] == 3:
        action = to_action(str(asked.get("custom_id", "")))
        if action is None:
            return None
        name, options = from_action(action)
    elif picked is not None:
        name = picked
    else:
        name, typed = to_command_name(asked)
        options = to_options(typed)
    return Command(
        platform=PLATFORM,
        workspace=_workspace(interaction),
        channel=_channel(interaction),
        person=to_person(interaction),
        name=name,
        options=options,
        locale=interaction.get("locale"),
        about=None if picked is None else to_about(interaction),
    )


def to_about(interaction: Payload) -> Reply | None:
    """The message that a command was picked for, whoever wrote it and whatever it holds, as Discord sent it along: with
    its words, also without the Message Content intent. None when it did not."""
    asked = interaction.get("data") or {}
    in_thread = (interaction.get("channel") or {}).get("type") in THREAD_TYPES
    try:
        message = asked["resolved"]["messages"][str(asked["target_id"])]
        about = _reply({"channel_id": interaction["channel_id"], **message}, in_thread, _workspace(interaction))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None
    person = to_person(interaction)
    return replace(about, author=replace(about.author, name=person.name)) if person.ref == about.author.ref else about


def to_form_answer(interaction: Payload) -> FormAnswer | None:
    """A submitted modal; None for one that is not ours."""
    sent = interaction.get("data") or {}
    action = to_action(str(sent.get("custom_id", "")))
    if action is None:
        return None
    return FormAnswer(
        platform=PLATFORM,
        workspace=_workspace(interaction),
        channel=_channel(interaction),
        person=to_person(interaction),
        action=action,
        values=dict(to_values(sent.get("components"))),
    )


def to_partial(interaction: Payload) -> Partial | None:
    """What somebody is typing; None when no option is in focus."""
    command, options = to_command_name(interaction.get("data") or {})
    focus = to_focus(options)
    if focus is None:
        return None
    return Partial(PLATFORM, _workspace(interaction), _channel(interaction), command, focus[0], focus[1])


def to_person(interaction: Payload) -> Person:
    """Who acts; in a guild Discord sends what they may do in this channel along."""
    member = interaction.get("member") or {}
    user = member.get("user") or interaction.get("user") or {}
    permissions = int(member.get("permissions") or 0)
    manages = bool(permissions & (_ADMINISTRATOR | _MANAGE_CHANNELS | _MANAGE_GUILD))
    return Person(str(user.get("id", "")), _name(user, member), manages)


def _reply(message: Payload, in_thread: bool, workspace: str) -> Reply:
    author = message.get("author") or {}
    return Reply(
        platform=PLATFORM,
        workspace=str(message.get("guild_id") or workspace),
        thread=_thread(message) if in_thread else None,
        message=f"{message['channel_id']}/{message['id']}",
        author=Person(str(author["id"]), _name(author, message.get("member"))),
        text=_text(message),
        sent_at=_moment(message["timestamp"]),
        revision=_revision(message),
    )


def _thread(message: Payload) -> str:
    """The thread that a message stands in. In a forum's post the prompts stand in the thread itself: who answers one of
    them with a reply writes in "thread/prompt", and a reply to anything else says no more than where it stands."""
    thread, answered = str(message["channel_id"]), message.get("referenced_message") or {}
    same_place = str((message.get("message_reference") or {}).get("channel_id") or thread) == thread
    if message.get("type") == _REPLY and same_place and is_prompt(answered.get("components") or ()):
        return f"{thread}/{answered['id']}"
    return thread


def _workspace(interaction: Payload) -> str:
    """The guild; "" in a direct message."""
    return str(interaction.get("guild_id") or "")


def _channel(interaction: Payload) -> str | None:
    """The channel; of a thread the one it belongs to; None in a direct message."""
    if not interaction.get("guild_id"):
        return None
    channel = interaction.get("channel") or {}
    if channel.get("type") in THREAD_TYPES and channel.get("parent_id"):
        return str(channel["parent_id"])
    return str(channel.get("id") or interaction.get("channel_id") or "") or None


def _text(message: Payload) -> str:
    """The words, those of a message that was forwarded, and the names of what is attached to either."""
    forwarded = [each.get("message") or {} for each in message.get("message_snapshots") or ()]
    parts = [message, *forwarded]
    words = "\n".join(str(part["content"]) for part in parts if part.get("content"))
    files = [each for part in parts for each in part.get("attachments") or ()]
    return with_files(words, (str(each.get("filename") or "file") for each in files))


def _name(user: Payload, member: Payload | None) -> str:
    return str((member or {}).get("nick") or user.get("global_name") or user.get("username") or user.get("id") or "")


def _revision(message: Payload) -> int:
    edited = message.get("edited_timestamp")
    if not edited:
        return 0
    since = _moment(edited) - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds


def _moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp).astimezone(UTC)

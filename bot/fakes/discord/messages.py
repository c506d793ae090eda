"""Routes on messages: send, read, edit, delete, react. Each takes (world, call) and returns the JSON to answer with, or
None for an empty answer; each raises Refused."""

from datetime import timedelta
from urllib.parse import unquote

from bot.clock import monotonic
from bot.fakes.discord import limits
from bot.fakes.discord.bodies import Words, check_message, check_nonce
from bot.fakes.discord.errors import FormErrors, invalid, not_found, refused
from bot.fakes.discord.permissions import Bit, permissions_in, require, sending
from bot.fakes.discord.wire import user_json
from bot.fakes.discord.wire_messages import message_json, without_content
from bot.fakes.discord.world import DM, THREAD_ONLY, Call, Channel, Guild, Json, Message, World
from bot.fakes.discord.writing import (
    add_message,
    archive_if_quiet,
    change_message,
    react,
    remove_message,
    unreact,
)


def create_message(world: World, call: Call) -> Json:
    channel = find_channel(world, call)
    if channel.kind == DM and not _takes_dms(world, channel):
        raise refused(50007)
    require(world, channel, sending(channel))
    if channel.kind in THREAD_ONLY:
        raise refused(50008)
    body = call.body if isinstance(call.body, dict) else {}
    nonce = check_nonce(body)
    words = check_message(call.body, call.files)
    require(world, channel, *_needed_for(words))
    reference = _reference(world, channel, body)
    if channel.locked:
        raise refused(160005)
    standing = _already_sent(world, nonce)
    if standing is not None:
        return message_json(world, standing) | {"nonce": body["nonce"]}
    message = add_message(world, channel, world.bot.id, words, nonce=body.get("nonce"), reference=reference)
    _record_reply_ping(world, message, body)
    if nonce is not None:
        world.nonces[world.bot.id, nonce] = (world.clock(), channel.id, message.id)
    return message_json(world, message) | ({"nonce": message.nonce} if message.nonce is not None else {})


def read_history(world: World, call: Call) -> list[Json]:
    channel = find_channel(world, call)
    require(world, channel)
    errors = FormErrors()
    limit = _number(errors, call, "limit", limits.HISTORY_PAGE_DEFAULT)
    errors.whole("limit", limit, 1, limits.HISTORY_PAGE)
    marks = {key: _number(errors, call, key, 0) for key in ("around", "before", "after") if key in call.query}
    errors.refuse()
    if len(marks) > 1:
        raise invalid("", "BASE_TYPE_EXCLUSIVE", "around, before and after are mutually exclusive")
    if not permissions_in(world, channel, world.bot.id) & Bit.READ_MESSAGE_HISTORY:
        return []
    visible = [each for each in channel.messages.values() if each.born <= monotonic() - world.history_lag]
    return [_seen(world, message_json(world, each)) for each in _page(visible, marks, limit)]


def read_message(world: World, call: Call) -> Json:
    channel = find_channel(world, call)
    require(world, channel, Bit.READ_MESSAGE_HISTORY)
    return _seen(world, message_json(world, _message(channel, call)))


def edit_message(world: World, call: Call) -> Json:
    channel = find_channel(world, call)
    require(world, channel)
    message = _message(channel, call)
    if message.author_id != world.bot.id:
        raise refused(50005)
    if channel.archived:
        raise refused(50083)
    if channel.locked and not permissions_in(world, channel, world.bot.id) & Bit.MANAGE_THREADS:
        raise refused(160005)
    words = check_message(call.body, call.files, before=message)
    _count_old_edit(world, channel, message)
    return change_message(world, message, words)


def delete_message(world: World, call: Call) -> None:
    channel = find_channel(world, call)
    require(world, channel)
    message = _message(channel, call)
    if message.author_id != world.bot.id:
        require(world, channel, Bit.MANAGE_MESSAGES)
    if channel.archived and channel.locked:
        raise refused(50083)  # "Threads", "Locked Threads": archived alone, deleting is the one thing that is allowed
    remove_message(world, message)


def add_reaction(world: World, call: Call) -> None:
    channel = find_channel(world, call)
    require(world, channel, Bit.READ_MESSAGE_HISTORY)
    message, emoji = _message(channel, call), _emoji(call)
    if channel.archived:
        raise refused(50083)
    if emoji not in message.reactions:
        require(world, channel, Bit.ADD_REACTIONS)
        if len(message.reactions) >= limits.REACTIONS:
            raise refused(30010)
    react(world, message, world.bot.id, emoji)


def remove_reaction(world: World, call: Call) -> None:
    channel = find_channel(world, call)
    require(world, channel, Bit.READ_MESSAGE_HISTORY)
    message, emoji = _message(channel, call), _emoji(call)
    if channel.archived:
        raise refused(50083)
    unreact(world, message, world.bot.id, emoji)


def read_reactions(world: World, call: Call) -> list[Json]:
    channel = find_channel(world, call)
    require(world, channel, Bit.READ_MESSAGE_HISTORY)
    users = _message(channel, call).reactions.get(_emoji(call), [])
    return [user_json(world.users[each]) for each in users]


def find_channel(world: World, call: Call) -> Channel:
    """The channel in the call's path."""
    channel = world.channels.get(number_of(call, "channel"))
    if channel is None:
        raise refused(10003)
    archive_if_quiet(world, channel)
    return channel


def find_guild(world: World, call: Call) -> Guild:
    """The guild in the call's path, when the bot is in it."""
    guild = world.guilds.get(number_of(call, "guild"))
    if guild is None or world.bot.id not in guild.members:
        raise refused(10004)
    return guild


def number_of(call: Call, name: str) -> int:
    """An id in the call's path."""
    text = call.ids[name]
    if not (text.isascii() and text.isdecimal()):
        raise invalid(f"{name}_id", "NUMBER_TYPE_COERCE", f'Value "{text[:40]}" is not snowflake.')
    return int(text)


def snowflake_in(body: Json, name: str) -> int:
    """An id in a body; 0 when it is absent."""
    text = str(body.get(name) or 0)
    if not (text.isascii() and text.isdecimal()):
        raise invalid(name, "NUMBER_TYPE_COERCE", f'Value "{text[:40]}" is not snowflake.')
    return int(text)


def _takes_dms(world: World, channel: Channel) -> bool:
    person = world.users[channel.recipient_id]
    shared = any({person.id, world.bot.id} <= guild.members.keys() for guild in world.guilds.values())
    return person.takes_dms and shared and not person.bot


def _needed_for(words: Words) -> tuple[Bit, ...]:
    embed = (Bit.EMBED_LINKS,) if words.embeds else ()
    return embed + ((Bit.ATTACH_FILES,) if words.attachments else ())


def _reference(world: World, channel: Channel, body: Json) -> tuple[int, int] | None:
    reference = body.get("message_reference")
    if not isinstance(reference, dict):
        return None
    if not permissions_in(world, channel, world.bot.id) & Bit.READ_MESSAGE_HISTORY:
        raise refused(160002)
    message_id = snowflake_in(reference, "message_id")
    if message_id in channel.messages:
        return channel.id, message_id
    if reference.get("fail_if_not_exists", True):
        raise invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    return None


def _already_sent(world: World, nonce: str | None) -> Message | None:
    """The message that this author sent with the nonce a short while ago. One deleted since is refused (10008)."""
    found = world.nonces.get((world.bot.id, nonce)) if nonce is not None else None
    if found is None or world.clock() - found[0] > timedelta(seconds=world.nonce_seconds):
        return None
    message = world.find_message(found[1], found[2])
    if message is None:
        raise refused(10008)
    return message


def _record_reply_ping(world: World, message: Message, body: Json) -> None:
    """An answer notifies the author of what it answers, unless allowed_mentions come with it and do not say so."""
    allowed = body.get("allowed_mentions")
    if message.reference and (allowed is None or allowed.get("replied_user")):
        answered = world.channels[message.channel_id].messages[message.reference[1]]
        if answered.author_id != world.bot.id:
            world.journal.pings.append(f"{message.channel_id}/{message.id} <@{answered.author_id}>")


def _page(messages: list[Message], marks: dict[str, int], limit: int) -> list[Message]:
    """The page of history that was asked for, newest first."""
    if "after" in marks:
        later = sorted((each for each in messages if each.id > marks["after"]), key=lambda each: each.id)
        return later[:limit][::-1]
    newest = sorted(messages, key=lambda each: each.id, reverse=True)
    if "around" in marks:
        middle = sum(each.id > marks["around"] for each in newest)
        start = max(middle - limit // 2, 0)
        return newest[start : start + limit]
    return [each for each in newest if each.id < marks.get("before", 1 << 64)][:limit]


def _seen(world: World, body: Json) -> Json:
    """REST hides words like the gateway does when the app has no Message Content intent."""
    return body if world.message_content else without_content(world, body)


def _number(errors: FormErrors, call: Call, key: str, default: int) -> int:
    text = call.query.get(key, str(default))
    if not text.isdecimal():
        errors.add(key, "NUMBER_TYPE_COERCE", f'Value "{text[:40]}" is not int.')
        return default
    return int(text)


def _message(channel: Channel, call: Call) -> Message:
    message = channel.messages.get(number_of(call, "message"))
    if message is None:
        raise refused(10008)
    return message


def _count_old_edit(world: World, channel: Channel, message: Message) -> None:
    now = world.clock()
    if (now - message.at).total_seconds() < limits.OLD_MESSAGE_SECONDS:
        return
    hour = [each for each in channel.old_edits if now - each < timedelta(hours=1)]
    if len(hour) >= limits.OLD_EDITS:
        raise refused(30046)
    channel.old_edits = [*hour, now]


def _emoji(call: Call) -> str:
    """A reaction's emoji: one that is not in Unicode, or a custom one (this fake knows none), is unknown."""
    emoji = unquote(call.ids["emoji"])
    if not emoji:
        raise not_found()
    if emoji.isascii() or ":" in emoji or len(emoji) > 12:
        raise refused(10014)
    return emoji

"""Routes on threads, a forum's posts among them. As in messages.py: (world, call) → JSON or None."""

from datetime import datetime
from typing import Any

from bot.clock import monotonic
from bot.fakes.discord import limits
from bot.fakes.discord.bodies import Words, check_message
from bot.fakes.discord.errors import FormErrors, invalid, refused
from bot.fakes.discord.messages import find_channel, find_guild, number_of
from bot.fakes.discord.permissions import Bit, require, sees
from bot.fakes.discord.wire import channel_json, thread_member
from bot.fakes.discord.wire_messages import message_json
from bot.fakes.discord.world import (
    DM,
    HAS_THREAD,
    PUBLIC_THREAD,
    TEXT,
    THREAD_ONLY,
    THREAD_STARTER,
    Call,
    Channel,
    Guild,
    Json,
    World,
    made_at,
)
from bot.fakes.discord.writing import add_message, announce, archive_if_quiet, set_archived


def start_thread(world: World, call: Call) -> Json:
    """A public thread from a message: it takes the message's id, so there can be only one."""
    parent = find_channel(world, call)
    require(world, parent, Bit.CREATE_PUBLIC_THREADS)
    if parent.kind != TEXT:
        raise refused(50024)
    message = parent.messages.get(number_of(call, "message"))
    if message is None:
        raise refused(10008)
    name, minutes = _thread_settings(call.body)
    if message.id in world.channels:
        raise refused(160004)
    thread = Channel(message.id, PUBLIC_THREAD, name, parent.guild_id, parent.id, owner_id=world.bot.id)
    thread.auto_archive, thread.members = minutes, {world.bot.id}
    world.channels[thread.id] = thread
    world.emit("THREAD_CREATE", channel_json(world, thread) | {"newly_created": True})
    message.flags |= HAS_THREAD
    announce(world, "MESSAGE_UPDATE", message)
    nothing = Words("", [], [], [], 0, (), (), False)
    add_message(world, thread, world.bot.id, nothing, kind=THREAD_STARTER, reference=(parent.id, message.id))
    return channel_json(world, thread)


def start_post(world: World, call: Call) -> Json:
    """A post in a forum: a public thread, and its first message under the same id. There is no nonce for it."""
    forum = find_channel(world, call)
    require(world, forum, Bit.SEND_MESSAGES)
    if forum.kind not in THREAD_ONLY:
        raise refused(50024)
    body = call.body if isinstance(call.body, dict) else {}
    name, minutes = _thread_settings(body)
    worn = _worn_tags(world, forum, body)
    words = check_message(body.get("message"), call.files, prefix="message")
    post = open_post(world, forum, world.bot.id, name, words, worn, minutes)
    return channel_json(world, post) | {"message": message_json(world, post.messages[post.id])}


def open_post(
    world: World, forum: Channel, author: int, name: str, words: Words, worn: list[int], minutes: int = 1_440
) -> Channel:
    """Somebody's post in a forum, with its first message."""
    post = Channel(world.snowflake(), PUBLIC_THREAD, name, forum.guild_id, forum.id, owner_id=author)
    post.auto_archive, post.members, post.worn = minutes, {author}, worn
    world.channels[post.id] = post
    world.emit("THREAD_CREATE", channel_json(world, post) | {"newly_created": True})
    add_message(world, post, author, words, starts=True)
    return post


def delete_thread(world: World, call: Call) -> Json:
    """Only threads: this bot has no business with whole channels."""
    thread = _thread(world, call)
    require(world, thread, Bit.MANAGE_THREADS)
    del world.channels[thread.id]
    world.emit("THREAD_DELETE", channel_json(world, thread))
    return channel_json(world, thread)


def read_active_threads(world: World, call: Call) -> Json:
    guild = find_guild(world, call)
    return _threads(world, [each for each in _all_threads(world, guild) if not each.archived])


def read_archived_threads(world: World, call: Call) -> Json:
    parent = find_channel(world, call)
    require(world, parent, Bit.READ_MESSAGE_HISTORY)
    guild = world.guilds[parent.guild_id or 0]
    errors, limit = FormErrors(), call.query.get("limit", "50")
    errors.whole("limit", int(limit) if limit.isdecimal() else -1, 2, limits.HISTORY_PAGE)
    errors.refuse()
    found = [each for each in _all_threads(world, guild) if each.archived and each.parent_id == parent.id]
    newest = sorted(found, key=_archived_at, reverse=True)
    if "before" in call.query:
        newest = [each for each in newest if _archived_at(each) < _moment(call.query["before"])]
    return _threads(world, newest[: int(limit)]) | {"has_more": len(newest) > int(limit)}


def edit_channel(world: World, call: Call) -> Json:
    """Changes a thread: its name, and whether it is archived or locked."""
    channel = find_channel(world, call)
    require(world, channel)
    if channel.kind != PUBLIC_THREAD:
        raise refused(50013 if channel.kind == TEXT else 50003)
    errors, body = FormErrors(), call.body if isinstance(call.body, dict) else {}
    name = errors.text("name", body.get("name"), limits.THREAD_NAME, 1 if "name" in body else 0)
    errors.refuse()
    require(world, channel, *_needed_for(channel, body, world.bot.id))
    if channel.archived and body.get("archived") is not False:
        raise refused(50083)
    channel.name = name or channel.name
    set_archived(world, channel, bool(body.get("archived", channel.archived)), bool(body.get("locked", channel.locked)))
    return channel_json(world, channel)


def _needed_for(thread: Channel, body: Json, own_id: int) -> tuple[Bit, ...]:
    """Channel resource, "Modify Channel" (thread): who only opens an archived one again needs no more than to write
    there, unless it is locked. Besides, a thread's own owner may rename or archive it."""
    if body.keys() == {"archived"} and body["archived"] is False and not thread.locked:
        return (Bit.SEND_MESSAGES_IN_THREADS,)
    owns = thread.owner_id == own_id and not thread.locked and "locked" not in body
    return () if owns else (Bit.MANAGE_THREADS,)


def join_thread(world: World, call: Call) -> None:
    thread = _thread(world, call)
    if thread.archived:
        raise refused(50083)
    thread.members.add(_member_id(world, call))


def leave_thread(world: World, call: Call) -> None:
    thread = _thread(world, call)
    if thread.archived:
        raise refused(50083)
    thread.members.discard(_member_id(world, call))


def read_thread_members(world: World, call: Call) -> list[Json]:
    thread = _thread(world, call)
    return [thread_member(thread, each) for each in sorted(thread.members)]


def _all_threads(world: World, guild: Guild) -> list[Channel]:
    threads = [each for each in world.channels.values() if each.kind == PUBLIC_THREAD and each.guild_id == guild.id]
    for thread in threads:
        archive_if_quiet(world, thread)
    shown = [each for each in threads if each.born <= monotonic() - world.history_lag]
    return sorted((each for each in shown if sees(world, each, world.bot.id)), key=lambda each: -each.id)


def _archived_at(thread: Channel) -> datetime:
    return thread.archived_at or made_at(thread.id)


def _moment(stamp: str) -> datetime:
    try:
        return datetime.fromisoformat(stamp)
    except ValueError:
        raise invalid("before", "DATE_TIME_TYPE_PARSE", "Could not parse. Should be ISO8601.") from None


def _worn_tags(world: World, forum: Channel, body: Json) -> list[int]:
    """The tags that a post wears. A moderated one is for those who manage threads."""
    errors = FormErrors()
    asked = errors.items("applied_tags", body.get("applied_tags"), limits.APPLIED_TAGS)
    errors.refuse()
    known = {each["id"]: each for each in forum.tags}
    if any(str(each) not in known for each in asked):
        raise refused(10087)
    if any(known[str(each)]["moderated"] for each in asked):
        require(world, forum, Bit.MANAGE_THREADS)
    if forum.requires_tag and not asked:
        raise refused(40067)
    return [int(each) for each in asked]


def _threads(world: World, threads: list[Channel]) -> Json:
    mine = [each for each in threads if world.bot.id in each.members]
    return {
        "threads": [channel_json(world, each) for each in threads],
        "members": [thread_member(each, world.bot.id) for each in mine],
    }


def _thread_settings(raw: Any) -> tuple[str, int]:
    errors = FormErrors()
    body = errors.record("", raw)
    name = errors.text("name", body.get("name"), limits.THREAD_NAME, 1, required=True)
    if name and not name.strip():
        errors.add("name", "BASE_TYPE_REQUIRED", "This field is required")
    minutes = body.get("auto_archive_duration") or 1_440
    errors.choice("auto_archive_duration", minutes, limits.AUTO_ARCHIVE)
    errors.whole("rate_limit_per_user", body.get("rate_limit_per_user"), 0, 21_600)
    errors.refuse()
    return name.strip(), minutes


def _thread(world: World, call: Call) -> Channel:
    channel = find_channel(world, call)
    require(world, channel)
    if channel.kind == DM:
        raise refused(50003)
    if channel.kind != PUBLIC_THREAD:
        raise refused(50024)
    return channel


def _member_id(world: World, call: Call) -> int:
    return world.bot.id if call.ids["user"] == "@me" else number_of(call, "user")

"""Messages as they come into being, change and go: by the bot's calls or by people's hands. The gateway hears of it."""

from datetime import timedelta
from typing import Any

from bot.fakes.discord.bodies import Words
from bot.fakes.discord.permissions import Bit, permissions_in, sees
from bot.fakes.discord.wire import channel_json, member_with_user
from bot.fakes.discord.wire_messages import emoji_json, message_event, message_json
from bot.fakes.discord.world import PUBLIC_THREAD, REPLY, THREAD_STARTER, Channel, Json, Message, World, made_at


def add_message(
    world: World, channel: Channel, author_id: int, words: Words, *, starts: bool = False, **more: Any
) -> Message:
    """Put a message into a channel and tell the gateway. starts: it is a forum post's first one, which has the post's
    id and is not counted. `more`: further fields of Message."""
    number = channel.id if starts else world.snowflake()
    message = Message(number, channel.id, author_id, world.clock(), **more)
    _write(message, words)
    if message.reference and not message.kind:
        message.kind = REPLY
    if channel.archived:
        set_archived(world, channel, archived=False, locked=channel.locked)
    channel.messages[message.id] = message
    channel.sent += message.kind != THREAD_STARTER and not starts
    if author_id == world.bot.id:
        world.journal.pings += [f"{channel.id}/{message.id} {each}" for each in notified(world, channel, words)]
    nonce = {"nonce": message.nonce} if message.nonce is not None else {}
    announce(world, "MESSAGE_CREATE", message, nonce)
    return message


def notified(world: World, channel: Channel, words: Words) -> list[str]:
    """Whom a message notifies: a role only where it is mentionable, or its author may mention every role ("Role
    Object"). One that this guild does not have is counted all the same: somebody meant to mention it."""
    guild = world.guilds.get(channel.guild_id or 0)
    may_all = permissions_in(world, channel, world.bot.id) & Bit.MENTION_EVERYONE
    roles = guild.roles.values() if guild and not may_all else ()
    silent = {f"<@&{role.id}>" for role in roles if not role.mentionable}
    return [each for each in words.pings if each not in silent]


def change_message(world: World, message: Message, words: Words) -> Json:
    """Edit a message and tell the gateway; the message as it is now."""
    _write(message, words)
    message.edited_at = world.clock()
    announce(world, "MESSAGE_UPDATE", message)
    return message_json(world, message)


def remove_message(world: World, message: Message) -> None:
    channel = world.channels[message.channel_id]
    del channel.messages[message.id]
    if sees(world, channel, world.bot.id):
        guild = {"guild_id": str(channel.guild_id)} if channel.guild_id else {}
        world.emit("MESSAGE_DELETE", {"id": str(message.id), "channel_id": str(channel.id), **guild})


def react(world: World, message: Message, user_id: int, emoji: str) -> None:
    """Add a reaction, once per person."""
    users = message.reactions.setdefault(emoji, [])
    if user_id not in users:
        users.append(user_id)
        tell_reaction(world, "MESSAGE_REACTION_ADD", message, reaction_event(world, message, user_id, emoji))


def unreact(world: World, message: Message, user_id: int, emoji: str) -> None:
    """Take a reaction away, if it is there."""
    users = message.reactions.get(emoji, [])
    if user_id in users:
        users.remove(user_id)
        if not users:
            del message.reactions[emoji]
        tell_reaction(world, "MESSAGE_REACTION_REMOVE", message, reaction_gone(world, message, user_id, emoji))


def clear_reactions(world: World, message: Message, emoji: str | None = None) -> None:
    """A moderator takes away everybody's, of one emoji or all."""
    channel = world.channels[message.channel_id]
    event: Json = {"channel_id": str(channel.id), "message_id": str(message.id)}
    event |= {"guild_id": str(channel.guild_id)} if channel.guild_id else {}
    if emoji is None:
        message.reactions.clear()
        tell_reaction(world, "MESSAGE_REACTION_REMOVE_ALL", message, event)
    elif message.reactions.pop(emoji, None) is not None:
        tell_reaction(world, "MESSAGE_REACTION_REMOVE_EMOJI", message, event | {"emoji": emoji_json(emoji)})


def tell_reaction(world: World, name: str, message: Message, event: Json) -> None:
    """Tell the gateway, in a channel that the bot sees."""
    if sees(world, world.channels[message.channel_id], world.bot.id):
        world.emit(name, event)


def announce(world: World, event: str, message: Message, more: Json | None = None) -> None:
    """Tell the gateway of a message in a channel that the bot sees."""
    if sees(world, world.channels[message.channel_id], world.bot.id):
        world.emit(event, message_event(world, message) | (more or {}))


def reaction_event(world: World, message: Message, user_id: int, emoji: str) -> Json:
    channel = world.channels[message.channel_id]
    event: Json = {
        "user_id": str(user_id),
        "channel_id": str(channel.id),
        "message_id": str(message.id),
        "message_author_id": str(message.author_id),
        "emoji": emoji_json(emoji),
        "burst": False,
        "type": 0,
    }
    if channel.guild_id:
        guild = world.guilds[channel.guild_id]
        event |= {"guild_id": str(guild.id), "member": member_with_user(world, guild, user_id)}
    return event


def reaction_gone(world: World, message: Message, user_id: int, emoji: str) -> Json:
    """Of one that is taken away Discord tells neither whose message it was under nor who it was but the id."""
    event = reaction_event(world, message, user_id, emoji)
    return {key: value for key, value in event.items() if key not in ("member", "message_author_id")}


def _write(message: Message, words: Words) -> None:
    message.content, message.embeds, message.components = words.content, words.embeds, words.components
    message.attachments = words.attachments
    message.flags = words.flags
    message.mentions, message.mention_roles = words.mentions, words.mention_roles
    message.mention_everyone = words.mention_everyone


def set_archived(world: World, thread: Channel, archived: bool, locked: bool) -> None:
    """Archive or lock a thread, or undo it, and tell the gateway."""
    thread.archived, thread.locked = archived, locked
    thread.archived_at = world.clock()
    if sees(world, thread, world.bot.id):
        world.emit("THREAD_UPDATE", channel_json(world, thread))


def archive_if_quiet(world: World, channel: Channel) -> None:
    """Archive a thread in which nothing was written for as long as it was told to stay open."""
    if channel.kind != PUBLIC_THREAD or channel.archived:
        return
    newest = next(reversed(channel.messages), channel.id)  # ids grow, so the last one put in is the newest
    last = max(made_at(newest), channel.archived_at or made_at(channel.id))
    if world.clock() - last > timedelta(minutes=channel.auto_archive):
        set_archived(world, channel, archived=True, locked=channel.locked)

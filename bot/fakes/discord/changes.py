"""What others do to the places that the bot works in: open them, close them, take its permissions, throw it out."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.fakes.discord import limits
from bot.fakes.discord.bodies import Words
from bot.fakes.discord.permissions import ALL, EVERYONE, Bit, to_bit
from bot.fakes.discord.wire import channel_json, guild_create, member_with_user, role_json
from bot.fakes.discord.world import FORUM, MEDIA, PUBLIC_THREAD, TEXT, Channel, Guild, Json, Overwrite, Role, World
from bot.fakes.discord.writing import add_message, set_archived


def add_guild(world: World, name: str) -> str:
    """A guild with an owner, the bot and a role for those who manage it."""
    guild = Guild(world.snowflake(), name, world.add_user(f"owner of {name}").id)
    guild.roles[guild.id] = Role(guild.id, "@everyone", int(EVERYONE))
    managing = Role(world.snowflake(), "facilitators", int(Bit.ADMINISTRATOR))
    guild.roles[managing.id] = managing
    guild.members[guild.owner_id] = set()
    world.guilds[guild.id] = guild
    invite_bot(world, guild.id)
    return str(guild.id)


def add_channel(world: World, guild_id: int, name: str) -> str:
    channel = Channel(world.snowflake(), TEXT, name, guild_id)
    world.channels[channel.id] = channel
    _tell(world, guild_id, "CHANNEL_CREATE", channel_json(world, channel))
    return str(channel.id)


@dataclass(frozen=True)
class Forum:
    """What a forum is made with. moderated: tags for those who manage threads. media: a media channel instead."""

    name: str
    tags: Collection[str]
    moderated: Collection[str]
    requires_tag: bool
    media: bool


def add_forum(world: World, guild_id: int, forum: Forum) -> str:
    """A forum with its tags, at most 20 in all."""
    named = [*forum.tags, *forum.moderated]
    if len(named) > limits.TAGS or any(len(each) > limits.TAG_NAME for each in named):
        raise ValueError("Discord lets nobody make these tags")
    kind = MEDIA if forum.media else FORUM
    channel = Channel(world.snowflake(), kind, forum.name, guild_id, requires_tag=forum.requires_tag)
    plain: Json = {"emoji_id": None, "emoji_name": None}
    channel.tags = [
        {"id": str(world.snowflake()), "name": each, "moderated": each in forum.moderated, **plain} for each in named
    ]
    world.channels[channel.id] = channel
    _tell(world, guild_id, "CHANNEL_CREATE", channel_json(world, channel))
    return str(channel.id)


def add_person(world: World, guild_id: int, name: str, manages: bool) -> str:
    user, guild = world.add_user(name), world.guilds[guild_id]
    managing = next(role.id for role in guild.roles.values() if role.permissions & Bit.ADMINISTRATOR)
    guild.members[user.id] = {managing} if manages else set()
    _tell(world, guild_id, "GUILD_MEMBER_ADD", member_with_user(world, guild, user.id) | {"guild_id": str(guild_id)})
    return str(user.id)


def add_role(world: World, guild_id: int, name: str, permissions: Collection[str], mentionable: bool) -> str:
    """A role; permissions by Discord's or discord.py's names."""
    guild, bits = world.guilds[guild_id], 0
    for each in permissions:
        bits |= to_bit(each)
    role = Role(world.snowflake(), name, bits, mentionable)
    guild.roles[role.id] = role
    _tell(world, guild_id, "GUILD_ROLE_CREATE", {"guild_id": str(guild_id), "role": role_json(guild, role)})
    return str(role.id)


def give_role(world: World, person: str, role_id: str) -> None:
    guild = next(each for each in world.guilds.values() if int(role_id) in each.roles)
    guild.members[int(person)].add(int(role_id))


def post_as_other_bot(world: World, channel_id: str, text: str) -> str:
    """A message of another bot's; its reference."""
    channel = world.channels[int(channel_id.partition("/")[0])]
    other = next((each for each in world.users.values() if each.bot and each is not world.bot), None)
    other = other or world.add_user("Another bot", bot=True)
    world.guilds[channel.guild_id or 0].members[other.id] = set()
    message = add_message(world, channel, other.id, Words(text, [], [], [], 0, (), (), False))
    return f"{channel.id}/{message.id}"


def delete_channel(world: World, channel_id: int) -> None:
    channel = world.channels.pop(channel_id)
    for thread in [each for each in world.channels.values() if each.parent_id == channel_id]:
        del world.channels[thread.id]
    event = "THREAD_DELETE" if channel.kind == PUBLIC_THREAD else "CHANNEL_DELETE"
    _tell(world, channel.guild_id or 0, event, channel_json(world, channel))


def archive_thread(world: World, thread_id: int, locked: bool) -> None:
    set_archived(world, world.channels[thread_id], archived=True, locked=locked)


def set_permission(world: World, channel_id: int, name: str, allowed: bool) -> None:
    """Deny the bot a permission in a channel, or allow it there."""
    channel, bit = world.parent(world.channels[channel_id]), int(to_bit(name))
    overwrite = channel.overwrites.setdefault(world.bot.id, Overwrite())
    overwrite.deny = overwrite.deny & (ALL ^ bit) if allowed else overwrite.deny | bit
    overwrite.allow = overwrite.allow | bit if allowed else overwrite.allow & (ALL ^ bit)
    _tell(world, channel.guild_id or 0, "CHANNEL_UPDATE", channel_json(world, channel))


def kick_bot(world: World, guild_id: int) -> None:
    _tell(world, guild_id, "GUILD_DELETE", {"id": str(guild_id)})
    del world.guilds[guild_id].members[world.bot.id]


def invite_bot(world: World, guild_id: int) -> None:
    guild = world.guilds[guild_id]
    guild.members[world.bot.id] = set()
    created = guild_create(world, guild)
    del created["unavailable"]  # only a guild that was there at READY tells
    world.emit("GUILD_CREATE", created)


def _tell(world: World, guild_id: int, event: str, payload: Json) -> None:
    """Guild events reach the bot only while it is in the guild."""
    if world.bot.id in world.guilds[guild_id].members:
        world.emit(event, payload)

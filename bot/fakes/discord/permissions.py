"""Who may do what where: the computation of Discord's documentation, "Permissions", with its bits."""

from enum import IntFlag

from bot.fakes.discord.errors import refused
from bot.fakes.discord.world import DM, PUBLIC_THREAD, Channel, Guild, World


class Bit(IntFlag):
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    SEND_MESSAGES_IN_THREADS = 1 << 38
    PIN_MESSAGES = 1 << 51  # its own since 2026; before that a part of MANAGE_MESSAGES


ALL = (1 << 53) - 1
EVERYONE = (
    Bit.ADD_REACTIONS
    | Bit.VIEW_CHANNEL
    | Bit.SEND_MESSAGES
    | Bit.EMBED_LINKS
    | Bit.ATTACH_FILES
    | Bit.READ_MESSAGE_HISTORY
    | Bit.USE_APPLICATION_COMMANDS
    | Bit.CREATE_PUBLIC_THREADS
    | Bit.SEND_MESSAGES_IN_THREADS
)
"""What @everyone may in a new guild, as far as this fake knows it."""

_SHORT = {
    "READ": "VIEW_CHANNEL",
    "READ_MESSAGES": "VIEW_CHANNEL",
    "SEND": "SEND_MESSAGES",
    "SEND_IN_THREADS": "SEND_MESSAGES_IN_THREADS",
    "EMBED": "EMBED_LINKS",
}


def to_bit(name: str) -> Bit:
    """The bit of a permission's name, in any case, as Discord's documentation or discord.py writes it."""
    upper = name.upper()
    return Bit[_SHORT.get(upper, upper)]


def permissions_in_guild(guild: Guild, user_id: int) -> int:
    """The member's permissions before any channel's overwrites."""
    bits = guild.roles[guild.id].permissions
    for role in guild.members.get(user_id, ()):
        bits |= guild.roles[role].permissions
    return ALL if user_id == guild.owner_id or bits & Bit.ADMINISTRATOR else bits


def permissions_in(world: World, channel: Channel, user_id: int) -> int:
    """The member's permissions in a channel, or in the channel that a thread belongs to; all in a direct message."""
    if channel.kind == DM:
        return ALL
    guild = world.guilds[channel.guild_id or 0]
    bits = permissions_in_guild(guild, user_id)
    if bits == ALL:
        return bits
    overwrites = world.parent(channel).overwrites
    for targets in ([guild.id], guild.members.get(user_id, ()), [user_id]):
        found = [overwrites[target] for target in targets if target in overwrites]
        for overwrite in found:
            bits &= ~overwrite.deny
        for overwrite in found:
            bits |= overwrite.allow
    return bits if bits & Bit.VIEW_CHANNEL else 0


def sees(world: World, channel: Channel, user_id: int) -> bool:
    """Whether the user is in the guild and may view the channel."""
    if channel.kind == DM:
        return user_id in (channel.recipient_id, world.bot.id)
    guild = world.guilds[channel.guild_id or 0]
    return user_id in guild.members and bool(permissions_in(world, channel, user_id) & Bit.VIEW_CHANNEL)


def require(world: World, channel: Channel, *needed: Bit) -> None:
    """Refuse with 50001 when the bot cannot see the channel, with 50013 when it lacks a permission there."""
    if not sees(world, channel, world.bot.id):
        raise refused(50001)
    held = permissions_in(world, channel, world.bot.id)
    if any(not held & bit for bit in needed):
        raise refused(50013)


def sending(channel: Channel) -> Bit:
    """The permission to write there."""
    return Bit.SEND_MESSAGES_IN_THREADS if channel.kind == PUBLIC_THREAD else Bit.SEND_MESSAGES

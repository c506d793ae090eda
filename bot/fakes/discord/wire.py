"""People, guilds and channels → Discord's JSON. Ids are strings, moments ISO 8601 with offset."""

from datetime import datetime

from bot.fakes.discord.permissions import permissions_in, permissions_in_guild
from bot.fakes.discord.world import (
    DM,
    PUBLIC_THREAD,
    REQUIRE_TAG,
    THREAD_ONLY,
    THREAD_STARTER,
    Channel,
    Guild,
    Json,
    Role,
    User,
    World,
    made_at,
)


def user_json(user: User) -> Json:
    return {
        "id": str(user.id),
        "username": user.name,
        "global_name": None if user.bot else user.name,
        "discriminator": "0000" if user.bot else "0",
        "avatar": None,
        "bot": user.bot,
        "system": False,
        "public_flags": 0,
    }


def member_json(world: World, guild: Guild, user_id: int) -> Json:
    """A guild member without its user, as messages carry it."""
    return {
        "nick": None,
        "avatar": None,
        "roles": [str(role) for role in sorted(guild.members.get(user_id, ()))],
        "joined_at": moment(made_at(guild.id)),
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
        "communication_disabled_until": None,
    }


def member_with_user(world: World, guild: Guild, user_id: int) -> Json:
    return member_json(world, guild, user_id) | {"user": user_json(world.users[user_id])}


def acting_member(world: World, channel: Channel, user_id: int) -> Json:
    """A member as interactions carry it: with their permissions in the channel."""
    guild = world.guilds[channel.guild_id or 0]
    permissions = permissions_in(world, channel, user_id)
    return member_with_user(world, guild, user_id) | {"permissions": str(permissions)}


def role_json(guild: Guild, role: Role) -> Json:
    return {
        "id": str(role.id),
        "name": role.name,
        "permissions": str(role.permissions),
        "position": 0 if role.id == guild.id else 1,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": role.mentionable,
        "flags": 0,
    }


def guild_json(world: World, guild: Guild) -> Json:
    """A guild as REST answers with it."""
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "owner_id": str(guild.owner_id),
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "roles": [role_json(guild, role) for role in guild.roles.values()],
        "emojis": [],
        "stickers": [],
        "features": [],
        "mfa_level": 0,
        "application_id": None,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "vanity_url_code": None,
        "description": None,
        "banner": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "nsfw_level": 0,
        "premium_progress_bar_enabled": False,
    }


def guild_create(world: World, guild: Guild) -> Json:
    """GUILD_CREATE. Without the presence intent only the bot's own member comes with it."""
    channels = [channel for channel in world.channels.values() if channel.guild_id == guild.id]
    return guild_json(world, guild) | {
        "joined_at": moment(made_at(guild.id)),
        "large": False,
        "unavailable": False,
        "member_count": len(guild.members),
        "voice_states": [],
        "members": [member_with_user(world, guild, world.bot.id)],
        "channels": [channel_json(world, each) for each in channels if each.kind != PUBLIC_THREAD],
        "threads": [channel_json(world, each) for each in channels if each.kind == PUBLIC_THREAD and not each.archived],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def channel_json(world: World, channel: Channel) -> Json:
    last = max(channel.messages, default=None)
    body: Json = {
        "id": str(channel.id),
        "type": channel.kind,
        "last_message_id": str(last) if last else None,
        "flags": 0,
    }
    if channel.kind == DM:
        return body | {"recipients": [user_json(world.users[channel.recipient_id])]}
    body |= {"guild_id": str(channel.guild_id), "name": channel.name, "rate_limit_per_user": 0}
    if channel.kind == PUBLIC_THREAD:
        return body | _thread_part(world, channel)
    overwrites = [
        {
            "id": str(target),
            "type": 1 if target in world.users else 0,
            "allow": str(overwrite.allow),
            "deny": str(overwrite.deny),
        }
        for target, overwrite in channel.overwrites.items()
    ]
    body |= {
        "position": 0,
        "parent_id": None,
        "topic": None,
        "nsfw": False,
        "permission_overwrites": overwrites,
    }
    return body | _forum_part(world, channel) if channel.kind in THREAD_ONLY else body


def _forum_part(world: World, forum: Channel) -> Json:
    newest = max((each.id for each in world.channels.values() if each.parent_id == forum.id), default=None)
    return {
        "available_tags": forum.tags,
        "flags": REQUIRE_TAG if forum.requires_tag else 0,
        "last_message_id": str(newest) if newest else None,
        "default_reaction_emoji": None,
        "default_sort_order": None,
        "default_forum_layout": 0,
        "default_thread_rate_limit_per_user": 0,
    }


def _thread_part(world: World, thread: Channel) -> Json:
    body: Json = {
        "parent_id": str(thread.parent_id),
        "owner_id": str(thread.owner_id),
        "message_count": sum(each.kind != THREAD_STARTER and each.id != thread.id for each in thread.messages.values()),
        "member_count": len(thread.members),
        "total_message_sent": thread.sent,
        "thread_metadata": {
            "archived": thread.archived,
            "auto_archive_duration": thread.auto_archive,
            "archive_timestamp": moment(thread.archived_at or made_at(thread.id)),
            "locked": thread.locked,
            "create_timestamp": moment(made_at(thread.id)),
        },
    }
    if thread.worn:
        body["applied_tags"] = [str(each) for each in thread.worn]
    if world.bot.id in thread.members:
        body["member"] = thread_member(thread, world.bot.id)
    return body


def thread_member(thread: Channel, user_id: int) -> Json:
    return {
        "id": str(thread.id),
        "user_id": str(user_id),
        "join_timestamp": moment(made_at(thread.id)),
        "flags": 1,
    }


def partial_channel(world: World, channel: Channel, user_id: int) -> Json:
    """A channel as interactions carry it."""
    return channel_json(world, channel) | {"permissions": str(permissions_in(world, channel, user_id))}


def application_json(world: World) -> Json:
    flags = (1 << 19 if world.message_content else 0) | (1 << 15 if world.members_intent else 0)
    owner = next((user for user in world.users.values() if not user.bot), world.bot)
    return {
        "id": str(world.bot.id),
        "name": world.bot.name,
        "icon": None,
        "description": "",
        "summary": "",
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "team": None,
        "owner": user_json(owner),
        "flags": flags,
        "tags": [],
        "rpc_origins": [],
        "approximate_guild_count": len(world.guilds),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "integration_types_config": {"0": {}},
        "bot": user_json(world.bot),
    }


def guild_permissions(world: World, guild: Guild) -> int:
    """The bot's own permissions in the guild."""
    return permissions_in_guild(guild, world.bot.id)


def moment(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")

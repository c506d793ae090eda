"""Routes on channels, guilds, people and the application. As in messages.py: (world, call) → JSON or None."""

from bot.fakes.discord.commands import check_commands
from bot.fakes.discord.errors import refused
from bot.fakes.discord.messages import find_channel, find_guild, number_of, snowflake_in
from bot.fakes.discord.permissions import require, sending
from bot.fakes.discord.wire import (
    application_json,
    channel_json,
    guild_json,
    guild_permissions,
    member_with_user,
    role_json,
    user_json,
)
from bot.fakes.discord.world import TEXT, THREAD_ONLY, Call, Json, World

SHOWN = THREAD_ONLY | {TEXT}


def read_me(world: World, call: Call) -> Json:
    return user_json(world.bot) | {"email": None, "verified": True, "mfa_enabled": False, "flags": 0}


def read_user(world: World, call: Call) -> Json:
    user = world.users.get(number_of(call, "user"))
    if user is None:
        raise refused(10013)
    return user_json(user)


def read_application(world: World, call: Call) -> Json:
    return application_json(world)


def read_my_guilds(world: World, call: Call) -> list[Json]:
    return [
        {
            "id": str(guild.id),
            "name": guild.name,
            "icon": None,
            "owner": False,
            "permissions": str(guild_permissions(world, guild)),
            "features": [],
        }
        for guild in world.guilds.values()
        if world.bot.id in guild.members
    ]


def read_guild(world: World, call: Call) -> Json:
    guild = find_guild(world, call)
    counts = {"approximate_member_count": len(guild.members)} if call.query.get("with_counts") == "true" else {}
    return guild_json(world, guild) | counts


def read_roles(world: World, call: Call) -> list[Json]:
    guild = find_guild(world, call)
    return [role_json(guild, role) for role in guild.roles.values()]


def read_guild_channels(world: World, call: Call) -> list[Json]:
    guild = find_guild(world, call)
    return [
        channel_json(world, each)
        for each in world.channels.values()
        if each.guild_id == guild.id and each.kind in SHOWN
    ]


def read_member(world: World, call: Call) -> Json:
    guild, user_id = find_guild(world, call), number_of(call, "user")
    if user_id not in world.users:
        raise refused(10013)
    if user_id not in guild.members:
        raise refused(10007)
    return member_with_user(world, guild, user_id)


def read_members(world: World, call: Call) -> list[Json]:
    """Lists members: only for an app with the Server Members intent."""
    guild = find_guild(world, call)
    if not world.members_intent:
        raise refused(50001)
    after, limit = snowflake_in(dict(call.query), "after"), snowflake_in(dict(call.query), "limit") or 1
    later = [each for each in sorted(guild.members) if each > after][:limit]
    return [member_with_user(world, guild, each) for each in later]


def open_dm(world: World, call: Call) -> Json:
    body = call.body if isinstance(call.body, dict) else {}
    user = world.users.get(snowflake_in(body, "recipient_id"))
    if user is None:
        raise refused(10013)
    if user.bot:
        raise refused(50007)
    return channel_json(world, world.dm_with(user.id))


def read_channel(world: World, call: Call) -> Json:
    channel = find_channel(world, call)
    require(world, channel)
    return channel_json(world, channel)


def show_typing(world: World, call: Call) -> None:
    channel = find_channel(world, call)
    require(world, channel, sending(channel))


def read_commands(world: World, call: Call) -> list[Json]:
    return world.commands.get(_commands_scope(world, call), [])


def write_commands(world: World, call: Call) -> list[Json]:
    """Bulk overwrite: what is not in the list is gone, what keeps its name keeps its id."""
    scope = _commands_scope(world, call)
    checked = check_commands(call.body)
    standing = {(each["type"], each["name"]): each["id"] for each in world.commands.get(scope, ())}
    world.commands[scope] = [_command(world, scope, each, standing) for each in checked]
    return world.commands[scope]


def _commands_scope(world: World, call: Call) -> int:
    if number_of(call, "application") != world.bot.id:
        raise refused(50001)
    return find_guild(world, call).id if "guild" in call.ids else 0


def _command(world: World, scope: int, command: Json, standing: dict[tuple[int, str], str]) -> Json:
    kind, permissions = command.get("type", 1), command.get("default_member_permissions")
    extra: Json = {"guild_id": str(scope)} if scope else {"dm_permission": command.get("dm_permission", True)}
    return {
        **command,
        **extra,
        "id": standing.get((kind, command["name"])) or str(world.snowflake()),
        "application_id": str(world.bot.id),
        "type": kind,
        "description": command.get("description") or "",
        "default_member_permissions": None if permissions is None else str(permissions),
        "contexts": command.get("contexts"),
        "integration_types": command.get("integration_types") or [0],
        "version": str(world.snowflake()),
        "nsfw": bool(command.get("nsfw", False)),
        "options": command.get("options") or [],
    }

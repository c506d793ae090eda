"""Messages → Discord's JSON, as REST answers with them and as the gateway brings them."""

from bot.fakes.discord.wire import channel_json, member_json, moment, user_json
from bot.fakes.discord.world import DM, Json, Message, World


def message_json(world: World, message: Message, referenced: bool = True) -> Json:
    """A message as REST answers with it: no guild, no member, no nonce."""
    body: Json = {
        "id": str(message.id),
        "channel_id": str(message.channel_id),
        "type": message.kind,
        "author": user_json(world.users[message.author_id]),
        "content": message.content,
        "timestamp": moment(message.at),
        "edited_timestamp": moment(message.edited_at) if message.edited_at else None,
        "tts": False,
        "mention_everyone": message.mention_everyone,
        "mentions": [user_json(world.users[each]) for each in message.mentions if each in world.users],
        "mention_roles": [str(each) for each in message.mention_roles],
        "attachments": message.attachments,
        "embeds": message.embeds,
        "components": message.components,
        "pinned": message.pinned_at is not None,
        "flags": message.flags,
    }
    if message.reactions:
        body["reactions"] = [_reaction_json(world, emoji, users) for emoji, users in message.reactions.items()]
    if message.id in world.channels:
        body["thread"] = channel_json(world, world.channels[message.id])
    if message.author_id == world.bot.id and message.asked_by is not None:
        asker = user_json(world.users[message.asked_by])
        body["application_id"] = body["webhook_id"] = str(world.bot.id)
        body["interaction_metadata"] = {
            "id": str(message.id),
            "type": 2,
            "user": asker,
            "authorizing_integration_owners": {},
        }
    return body | (_reference_part(world, message) if referenced else {})


def message_event(world: World, message: Message) -> Json:
    """A message as the gateway brings it: with its guild and its author's member."""
    body = message_json(world, message)
    channel = world.channels[message.channel_id]
    body["channel_type"] = channel.kind
    if channel.guild_id:
        body["guild_id"] = str(channel.guild_id)
        body["member"] = member_json(world, world.guilds[channel.guild_id], message.author_id)
    return body


def without_content(world: World, body: Json) -> Json:
    """What an app without the Message Content intent sees of a message: nothing of the words, unless the message is
    its own, is a direct one, or mentions it (Gateway documentation, "Message Content Intent")."""
    bot = str(world.bot.id)
    own = body.get("author", {}).get("id") == bot
    mentioned = any(each["id"] == bot for each in body.get("mentions", ()))
    channel = world.channels.get(int(body.get("channel_id", 0)))
    if own or mentioned or (channel is not None and channel.kind == DM):
        return body
    hidden: Json = {key: type(body[key])() for key in ("content", "embeds", "attachments", "components") if key in body}
    if body.get("referenced_message"):
        hidden["referenced_message"] = without_content(world, body["referenced_message"])
    return body | hidden


def emoji_json(emoji: str) -> Json:
    return {"id": None, "name": emoji}


def _reference_part(world: World, message: Message) -> Json:
    if message.reference is None:
        return {}
    channel_id, message_id = message.reference
    channel, found = world.channels.get(channel_id), world.find_message(channel_id, message_id)
    return {
        "message_reference": {"type": 0, "channel_id": str(channel_id), "message_id": str(message_id)}
        | ({"guild_id": str(channel.guild_id)} if channel and channel.guild_id else {}),
        "referenced_message": message_json(world, found, referenced=False) if found else None,
    }


def _reaction_json(world: World, emoji: str, users: list[int]) -> Json:
    return {
        "emoji": emoji_json(emoji),
        "count": len(users),
        "count_details": {"burst": 0, "normal": len(users)},
        "me": world.bot.id in users,
        "me_burst": False,
        "burst_colors": [],
    }

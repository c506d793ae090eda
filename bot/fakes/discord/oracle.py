"""What really stands on the fake Discord: the answers to a test's questions."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from bot.fakes.discord.bodies import raw_of
from bot.fakes.discord.people import find
from bot.fakes.discord.world import THREAD_STARTER, Answered, Message, World, text_of
from bot.fakes.stage import Posted


def posts(world: World, channel: str) -> tuple[Posted, ...]:
    """The bot's messages that stand in a channel (or a thread, when asked for one), oldest first."""
    return tuple(_posted(world, each) for each in _standing(world, channel) if each.author_id == world.bot.id)


def replies(world: World, thread: str) -> Mapping[str, str]:
    """People's messages in a thread: message → text, oldest first."""
    written = (each for each in _standing(world, thread) if not world.users[each.author_id].bot)
    return {f"{each.channel_id}/{each.id}": each.content for each in written}


def reactions(world: World, message: str) -> frozenset[str]:
    """The bot's reactions on a message; none on one that is gone."""
    try:
        found = find(world, message).reactions
    except LookupError:
        return frozenset()
    return frozenset(emoji for emoji, users in found.items() if world.bot.id in users)


def notes(world: World, person: str) -> tuple[str, ...]:
    """The bot's direct messages to a person."""
    own = (each for each in _standing(world, str(world.dm_with(int(person)).id)) if each.author_id == world.bot.id)
    return tuple(text_of(each, labels=False) for each in own)


def calls(world: World, pattern: str) -> tuple[Answered, ...]:
    """REST calls whose "METHOD /path" matches."""
    return tuple(each for each in world.journal.calls if fnmatchcase(each.call, pattern))


def _standing(world: World, channel_id: str) -> list[Message]:
    channel = world.channels.get(int(channel_id))
    written = [each for each in channel.messages.values() if each.kind != THREAD_STARTER] if channel else []
    return sorted(written, key=lambda each: each.id)


def _posted(world: World, message: Message) -> Posted:
    reference, thread = f"{message.channel_id}/{message.id}", world.channels.get(message.id)
    opened = str(thread.id) if thread else None
    return Posted(reference, str(message.channel_id), opened, text_of(message), raw_of(message), message.at)

"""What really stands on the fake Discord: the answers to a test's questions."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from bot.fakes.discord.bodies import raw_of
from bot.fakes.discord.people import find
from bot.fakes.discord.world import PIN_NOTICE, THREAD_ONLY, THREAD_STARTER, Answered, Message, World, text_of
from bot.fakes.stage import Posted

_NOTICES = (THREAD_STARTER, PIN_NOTICE)
"""Messages that Discord writes by itself."""


def posts(world: World, channel: str) -> tuple[Posted, ...]:
    """The bot's messages that stand in a channel (or a thread, when asked for one), oldest first; of a forum those in
    its posts."""
    place, places = world.channels.get(int(channel)), [channel]
    if place is not None and place.kind in THREAD_ONLY:
        places = [str(each.id) for each in world.channels.values() if each.parent_id == place.id]
    standing = sorted((each for place in places for each in _standing(world, place)), key=lambda each: each.id)
    return tuple(_posted(world, each) for each in standing if each.author_id == world.bot.id)


def replies(world: World, thread: str) -> Mapping[str, str]:
    """People's messages in a thread: message → text, oldest first. thread: of a forum's post also "post/message", for
    those that answer this message."""
    place, _, answered = thread.partition("/")
    written = [each for each in _standing(world, place) if not world.users[each.author_id].bot]
    if answered:
        written = [each for each in written if each.reference and each.reference[1] == int(answered)]
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


def pins(world: World, channel: str) -> tuple[str, ...]:
    """The messages that are pinned in a channel, in the order in which they were sent."""
    return tuple(f"{channel}/{each.id}" for each in _standing(world, channel) if each.pinned_at)


def calls(world: World, pattern: str) -> tuple[Answered, ...]:
    """REST calls whose "METHOD /path" matches."""
    return tuple(each for each in world.journal.calls if fnmatchcase(each.call, pattern))


def _standing(world: World, channel_id: str) -> list[Message]:
    channel = world.channels.get(int(channel_id))
    written = [each for each in channel.messages.values() if each.kind not in _NOTICES] if channel else []
    return sorted(written, key=lambda each: each.id)


def _prompt_thread(world: World, message: Message) -> str | None:
    """In a forum's post there are no threads: who answers one of its messages writes a reply to it."""
    parent = world.channels.get(world.channels[message.channel_id].parent_id or 0)
    inside = parent is not None and parent.kind in THREAD_ONLY
    return f"{message.channel_id}/{message.id}" if inside else None


def _posted(world: World, message: Message) -> Posted:
    reference, thread = f"{message.channel_id}/{message.id}", world.channels.get(message.id)
    opened = str(thread.id) if thread else _prompt_thread(world, message)
    return Posted(reference, str(message.channel_id), opened, text_of(message), raw_of(message), message.at)

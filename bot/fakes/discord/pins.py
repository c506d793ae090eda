"""Routes on pins (Message resource, "Pin Message"). As in messages.py: (world, call) → JSON or None."""

from bot.fakes.discord import limits
from bot.fakes.discord.bodies import Words
from bot.fakes.discord.errors import FormErrors, refused
from bot.fakes.discord.messages import find_channel, number_of
from bot.fakes.discord.permissions import Bit, permissions_in, require
from bot.fakes.discord.wire import moment
from bot.fakes.discord.wire_messages import message_json
from bot.fakes.discord.world import PIN_NOTICE, Call, Channel, Json, Message, World
from bot.fakes.discord.writing import add_message, announce

_PAGE = 50


def read_pins(world: World, call: Call) -> Json:
    """The newest pins; without Read Message History none."""
    channel = find_channel(world, call)
    require(world, channel)
    errors, limit = FormErrors(), call.query.get("limit", str(_PAGE))
    errors.whole("limit", int(limit) if limit.isdecimal() else -1, 1, _PAGE)
    errors.refuse()
    readable = permissions_in(world, channel, world.bot.id) & Bit.READ_MESSAGE_HISTORY
    pinned = _pinned(channel)[::-1] if readable else []
    newest = [(moment(each.pinned_at or each.at), each) for each in pinned[: int(limit)]]
    items = [{"pinned_at": at, "message": message_json(world, each)} for at, each in newest]
    return {"items": items, "has_more": len(pinned) > int(limit)}


def add_pin(world: World, call: Call) -> None:
    """Discord says so in the channel as well. One that is pinned already is no second pin."""
    channel, message = _found(world, call)
    if message.pinned_at:
        return
    if len(_pinned(channel)) >= limits.PINS:
        raise refused(30003)
    message.pinned_at = world.clock()
    announce(world, "MESSAGE_UPDATE", message)
    nothing = Words("", [], [], [], 0, (), (), False)
    add_message(world, channel, world.bot.id, nothing, kind=PIN_NOTICE, reference=(channel.id, message.id))


def remove_pin(world: World, call: Call) -> None:
    _, message = _found(world, call)
    if message.pinned_at:
        message.pinned_at = None
        announce(world, "MESSAGE_UPDATE", message)


def _found(world: World, call: Call) -> tuple[Channel, Message]:
    channel = find_channel(world, call)
    require(world, channel, Bit.PIN_MESSAGES)
    message = channel.messages.get(number_of(call, "message"))
    if message is None:
        raise refused(10008)
    if channel.archived:
        raise refused(50083)
    return channel, message


def _pinned(channel: Channel) -> list[Message]:
    """The first one pinned first."""
    pinned = [each for each in channel.messages.values() if each.pinned_at]
    return sorted(pinned, key=lambda each: each.pinned_at or each.at)

"""pins.*: what stands at the top of a channel."""

from bot.fakes.slack.calls import Call, Refusal

MOST = 100
"""Pins of one channel (Slack's help centre)."""


def add_pin(call: Call) -> dict[str, object]:
    channel, message = call.channel(), call.message("timestamp")
    if channel.archived:
        raise Refusal("is_archived")
    if message.ts in channel.pins:
        raise Refusal("already_pinned", slip=False)  # twice is the same as once
    if len(channel.pins) >= MOST:
        raise Refusal("too_many_pins")
    channel.pins.append(message.ts)
    return {"ok": True}


def remove_pin(call: Call) -> dict[str, object]:
    channel = call.channel()
    ts = call.text("timestamp")
    if ts not in channel.messages:
        raise Refusal("message_not_found", slip=False)
    if ts not in channel.pins:
        raise Refusal("no_pin", slip=False)
    channel.pins.remove(ts)
    return {"ok": True}

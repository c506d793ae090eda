"""From a call's arguments to a message as it stands, within Slack's limits."""

import json
from typing import Any

from bot.fakes.slack.blocks import block_errors, size_error
from bot.fakes.slack.calls import Call, Refusal
from bot.fakes.slack.limits import MARKDOWN, TEXT
from bot.fakes.slack.world import Channel, Json, Message, World


def to_message(call: Call, channel: Channel, ts: str) -> Message:
    """The bot's message from the arguments of chat.postMessage or the like; raises Refusal."""
    blocks = checked_blocks(call)
    text = call.find("text") or ""
    if call.find("markdown_text"):
        text = _markdown_text(call)
    if not text.strip() and not blocks:
        raise Refusal("no_text")
    if len(text) > TEXT:
        raise Refusal("msg_too_long")
    return Message(
        channel=channel.id,
        ts=ts,
        user=call.world.bot_user,
        text=text,
        blocks=with_ids(blocks, call.world),
        bot_id=call.world.bot_id,
        metadata=_metadata(call),
        raw=json.loads(json.dumps(dict(call.arguments))),
    )


def checked_blocks(call: Call) -> list[Json]:
    blocks = call.structure("blocks", "invalid_blocks_format")
    if not blocks:
        return []
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    errors = block_errors(blocks)
    if errors:
        raise Refusal("invalid_blocks", errors)
    too_long = size_error(blocks)
    if too_long:
        raise Refusal(too_long)
    return blocks


def with_ids(blocks: list[Json], world: World) -> list[Json]:
    """A copy in which every block has its block_id and every element its action_id, as Slack adds them."""
    copied: list[Json] = json.loads(json.dumps(blocks))
    for block in copied:
        block.setdefault("block_id", world.new_id("b"))
        for element in elements_of(block):
            if element.get("type") not in ("image", "mrkdwn", "plain_text"):
                element.setdefault("action_id", world.new_id("a"))
    return copied


def elements_of(block: Json) -> list[Json]:
    """The interactive elements of one block."""
    found: list[Any] = [block.get("accessory"), block.get("element")]
    if block["type"] == "actions":
        found += block["elements"]
    return [element for element in found if isinstance(element, dict)]


def _markdown_text(call: Call) -> str:
    if call.find("text") or call.arguments.get("blocks"):
        raise Refusal("markdown_text_conflict")
    text = call.text("markdown_text")
    if len(text) > MARKDOWN:
        raise Refusal("msg_too_long")
    return text


def _metadata(call: Call) -> Json | None:
    metadata = call.structure("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    fits = isinstance(metadata, dict) and isinstance(metadata.get("event_payload"), dict)
    if not fits or not isinstance(metadata.get("event_type"), str) or not metadata["event_type"]:
        raise Refusal("invalid_metadata_format")
    return {"event_type": metadata["event_type"], "event_payload": metadata["event_payload"]}

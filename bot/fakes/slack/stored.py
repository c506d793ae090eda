"""From a call's arguments to a message as it stands, within Slack's limits."""

import json
from typing import Any

from bot.fakes.slack.blocks import COLOURED, block_errors, size_error
from bot.fakes.slack.calls import Call, Refusal
from bot.fakes.slack.files import picture_errors
from bot.fakes.slack.limits import ATTACHMENTS, MARKDOWN, TEXT
from bot.fakes.slack.world import Channel, Json, Message, World


def to_message(call: Call, channel: Channel, ts: str) -> Message:
    """The bot's message from the arguments of chat.postMessage or the like; raises Refusal."""
    blocks = checked_blocks(call)
    text = call.find("text") or ""
    if call.find("markdown_text"):
        text = _markdown_text(call)
    attachments = checked_attachments(call)
    if not text.strip() and not blocks and not attachments:
        raise Refusal("no_text")
    too_long = size_error(blocks + [block for attachment in attachments for block in attachment["blocks"]])
    if too_long:
        raise Refusal(too_long)
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
        attachments=[a | {"blocks": with_ids(a["blocks"], call.world)} for a in attachments],
    )


def checked_blocks(call: Call) -> list[Json]:
    blocks = call.structure("blocks", "invalid_blocks_format")
    if not blocks:
        return []
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    errors = block_errors(blocks)
    errors += [f"[ERROR] unsupported type: {b['type']}" for b in blocks if b.get("type") in call.world.unsupported]
    errors = errors or list(picture_errors(blocks, call.world))
    if errors:
        raise Refusal("invalid_blocks", errors, slip="invalid slack file" not in errors[0])
    return blocks


def checked_attachments(call: Call) -> list[Json]:
    """Attachments as far as the fake knows them: a colour beside blocks."""
    attachments = call.structure("attachments", "invalid_attachments") or []
    if not isinstance(attachments, list) or len(attachments) > ATTACHMENTS:
        raise Refusal("too_many_attachments" if isinstance(attachments, list) else "invalid_attachments")
    for number, attachment in enumerate(attachments):
        errors = list(COLOURED(attachment, f"/attachments/{number}"))
        errors = errors or block_errors(attachment["blocks"], f"/attachments/{number}/blocks")
        if errors:
            raise Refusal("invalid_attachments", errors)
    return attachments


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

"""conversations.*: what stands in a channel, who is in it."""

import base64
from collections.abc import Sequence

from bot.fakes.slack.calls import Call, Refusal
from bot.fakes.slack.limits import HISTORY_PAGE
from bot.fakes.slack.world import Channel, Json, Message, to_json


def history(call: Call) -> Json:
    """Newest first, without the replies in threads unless they were sent to the channel as well."""
    channel = call.channel()
    standing = [m for m in channel.messages.values() if not m.is_reply or m.subtype == "thread_broadcast"]
    return _page(call, _within(call, standing)[::-1])


def replies(call: Call) -> Json:
    """The root, then its replies, oldest first."""
    channel = call.channel()
    asked = channel.messages.get(call.text("ts"))
    if asked is None:
        raise Refusal("thread_not_found")
    root, *rest = call.world.thread(channel, asked.thread_ts or asked.ts)
    return _page(call, [root, *_within(call, rest)])


def conversation(call: Call) -> Json:
    """Of a public channel anybody is told; of a private one only its members."""
    call.text("channel")
    return {"ok": True, "channel": to_channel(call.channel(joined=False), call)}


def conversations(call: Call) -> Json:
    """Every conversation that the bot may see, in one page."""
    kinds = {"public_channel": "channel", "private_channel": "group", "im": "im"}
    asked = {kinds.get(kind.strip()) for kind in (call.find("types") or "public_channel").split(",")}
    seen = [c for c in call.world.channels.values() if c.kind == "channel" or call.world.bot_user in c.members]
    listed = [to_channel(channel, call) for channel in seen if channel.kind in asked]
    return {"ok": True, "channels": listed, "response_metadata": {"next_cursor": ""}}


def members(call: Call) -> Json:
    everybody = call.channel(joined=False).members
    start = _start(call)
    end = start + _limit(call)
    cursor = _cursor(end) if end < len(everybody) else ""
    return {"ok": True, "members": everybody[start:end], "response_metadata": {"next_cursor": cursor}}


def open_dm(call: Call) -> Json:
    named = call.text("users").split(",")
    if len(named) != 1:
        raise Refusal("not_enough_users" if not named else "too_many_users")
    if named[0] not in call.world.people:
        raise Refusal("user_not_found")
    channel = call.world.open_dm(named[0])
    return {"ok": True, "no_op": False, "already_open": False, "channel": {"id": channel.id}}


def join(call: Call) -> Json:
    channel = call.channel(joined=False)
    if channel.archived:
        raise Refusal("is_archived")
    if channel.kind != "channel":
        raise Refusal("method_not_supported_for_channel_type")
    if call.world.bot_user not in channel.members:
        channel.members.append(call.world.bot_user)
    return {"ok": True, "channel": to_channel(channel, call)}


def to_channel(channel: Channel, call: Call) -> Json:
    body: Json = {
        "id": channel.id,
        "created": 1_600_000_000,
        "is_archived": channel.archived,
        "is_im": channel.kind == "im",
        "is_org_shared": False,
        "context_team_id": call.world.team,
        "updated": 1_600_000_000_000,
    }
    if channel.person:  # a direct message has no name, no creator and no "is_member"
        return body | {"user": channel.person, "is_user_deleted": False}
    body |= {
        "name": channel.name,
        "name_normalized": channel.name,
        "creator": "U0CREATOR",
        "is_channel": True,  # of private ones as well, since they begin with C
        "is_group": False,
        "is_mpim": False,
        "is_private": channel.kind == "group",
        "is_general": False,
        "is_shared": False,
        "is_ext_shared": False,
        "is_member": call.world.bot_user in channel.members,
    }
    return body | ({"num_members": len(channel.members)} if call.flag("include_num_members") else {})


def _within(call: Call, messages: Sequence[Message]) -> list[Message]:
    oldest, latest = call.find("oldest") or "0", call.find("latest")
    also_ends = call.flag("inclusive")

    def stands(message: Message) -> bool:
        ts = float(message.ts)
        ends = {_moment(oldest), _moment(latest) if latest else None}
        inside = _moment(oldest) < ts and (latest is None or ts < _moment(latest))
        return inside or (also_ends and ts in ends)

    return [message for message in messages if stands(message)]


def _moment(ts: str) -> float:
    try:
        return float(ts)
    except ValueError:
        raise Refusal("invalid_ts_oldest") from None


def _page(call: Call, messages: Sequence[Message]) -> Json:
    start = _start(call)
    end = start + _limit(call)
    more = end < len(messages)
    with_metadata = call.flag("include_all_metadata")
    body: Json = {
        "ok": True,
        "messages": [to_json(message, call.world, with_metadata) for message in messages[start:end]],
        "has_more": more,
        "pin_count": 0,
    }
    return body | ({"response_metadata": {"next_cursor": _cursor(end)}} if more else {})


def _limit(call: Call) -> int:
    limit = call.find("limit") or "100"
    if not limit.isdecimal() or not 1 <= int(limit) <= HISTORY_PAGE:
        raise Refusal("invalid_limit")
    return int(limit)


def _cursor(start: int) -> str:
    return base64.b64encode(f"from:{start}".encode()).decode()


def _start(call: Call) -> int:
    cursor = call.find("cursor")
    if cursor is None:
        return 0
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("from:"))
    except ValueError:
        raise Refusal("invalid_cursor") from None

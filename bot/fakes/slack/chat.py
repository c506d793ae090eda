"""chat.*: what the bot says, changes and takes back."""

from bot.fakes.slack.calls import Call, Refusal
from bot.fakes.slack.events import changed_event, deleted_event, message_event
from bot.fakes.slack.stored import to_message
from bot.fakes.slack.world import Channel, Json, Message, World, to_json


def post_message(call: Call) -> Json:
    channel = _open_channel(call)
    message = to_message(call, channel, call.world.new_ts())
    message.thread_ts = _thread(call, channel)
    if call.flag("reply_broadcast") and message.thread_ts:
        message.subtype = "thread_broadcast"
    _keep(message, channel, call)
    return {"ok": True, "channel": channel.id, "ts": message.ts, "message": to_json(message, call.world, True)}


def post_ephemeral(call: Call) -> Json:
    channel = _open_channel(call)
    person = call.text("user")
    if person not in call.world.people:
        raise Refusal("user_not_found")
    if person not in channel.members:
        raise Refusal("user_not_in_channel")
    message = to_message(call, channel, call.world.new_ts())
    message.thread_ts = _thread(call, channel)
    keep_ephemeral(message, person, call)
    return {"ok": True, "message_ts": message.ts}


def keep_ephemeral(message: Message, person: str, call: Call) -> None:
    """Show the message to one person: as the answer to what they did, if they wait for one here."""
    message.only_for = person
    call.world.watch_words(message)
    watch = call.desk.find_watch(person, message.channel, message.thread_ts)
    if watch:
        watch.show(message)
    call.world.ephemerals.append(message)
    message.asked = watch is not None


def update_message(call: Call) -> Json:
    message = call.message()
    if message.bot_id != call.world.bot_id:
        raise Refusal("cant_update_message")
    window = call.world.edit_window
    if window is not None and call.world.clock().timestamp() - float(message.ts) > window:
        raise Refusal("edit_window_closed")
    new = to_message(call, call.channel(), message.ts)
    if "blocks" not in call.arguments:  # only an empty array takes the blocks away
        new.blocks = message.blocks
    if "attachments" not in call.arguments:
        new.attachments = message.attachments
    rewrite(message, new, call.world)
    return {
        "ok": True,
        "channel": message.channel,
        "ts": message.ts,
        "text": message.text,
        "message": to_json(message, call.world),
    }


def rewrite(message: Message, new: Message, world: World) -> None:
    """Let the message stand as `new` says; what `new` does not name stays, metadata included."""
    before = to_json(message, world)
    message.text, message.blocks, message.attachments = new.text, new.blocks, new.attachments
    message.metadata = new.metadata or message.metadata
    message.edited_ts = world.new_ts()
    world.watch_words(message)
    if message.only_for is None:
        world.tell(changed_event(message, before, world))


def delete_message(call: Call) -> Json:
    message = call.channel().messages.get(call.text("ts"))
    if message is None or message.subtype == "tombstone":
        raise Refusal("message_not_found", slip=False)  # twice is the same as once
    if message.bot_id != call.world.bot_id:
        raise Refusal("cant_delete_message")
    remove(message, call.world)
    return {"ok": True, "channel": message.channel, "ts": message.ts}


def remove(message: Message, world: World) -> None:
    """Take a message away; the root of a thread leaves a tombstone while it has replies."""
    channel = world.channels[message.channel]
    before = to_json(message, world)
    if before.get("reply_count"):
        message.text, message.blocks, message.user = "This message was deleted.", [], "USLACKBOT"
        message.attachments = []
        message.subtype, message.bot_id, message.metadata = "tombstone", None, None
        message.thread_ts = message.ts
        world.tell(changed_event(message, before, world))
        return
    del channel.messages[message.ts]
    world.tell(deleted_event(message, before, world))


def permalink(call: Call) -> Json:
    message = call.message("message_ts")
    place = f"archives/{message.channel}/p{message.ts.replace('.', '')}"
    return {"ok": True, "channel": message.channel, "permalink": f"https://homeroom-test.slack.com/{place}"}


def to_conversation(world: World, named: str) -> Channel | None:
    """A channel by its id; a person's id means the direct message with them."""
    if named in world.people:
        return world.open_dm(named)
    return world.channels.get(named)


def _open_channel(call: Call) -> Channel:
    found = to_conversation(call.world, call.text("channel"))
    channel = found if found and found.person else call.channel()
    if channel.archived:
        raise Refusal("is_archived")
    return channel


def _thread(call: Call, channel: Channel) -> str | None:
    thread = call.find("thread_ts")
    if thread is None:
        return None
    root = channel.messages.get(thread)
    if root is None:
        raise Refusal("thread_not_found")
    if root.is_reply:
        raise Refusal("invalid_thread_ts")
    return thread


def _keep(message: Message, channel: Channel, call: Call) -> None:
    channel.messages[message.ts] = message
    call.world.statuses.pop((channel.id, message.thread_ts or ""), None)
    call.world.watch_words(message)
    if (call.flag("link_names") or call.find("parse") == "full") and "@" in message.text:
        call.world.pinged.append("link_names")
    watch = call.desk.find_public_watch(channel.id, message.thread_ts)
    if watch:
        watch.show(message)
    message.asked = watch is not None
    call.world.tell(message_event(message, call.world))

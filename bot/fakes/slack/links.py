"""Links of the app's own domains: Slack tells of them, and the app may show what is behind them (chat.unfurl)."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from bot.fakes.slack.blocks import block_errors
from bot.fakes.slack.calls import Call, Refusal
from bot.fakes.slack.events import changed_event, message_event
from bot.fakes.slack.markup import escape, unescape
from bot.fakes.slack.stored import with_ids
from bot.fakes.slack.world import Json, Message, World, to_json


def share(world: World, person: str, channel: str, urls: Sequence[str], composer: bool) -> Message:
    """A person's message with links; with `composer` it is still being written and stands nowhere."""
    text = " ".join(f"<{escape(url)}>" for url in urls)
    message = Message(channel, world.new_ts(), person, text, typed=" ".join(urls))
    if not composer:
        world.channels[channel].messages[message.ts] = message
        world.tell(message_event(message, world))
    known = [{"domain": urlsplit(url).hostname, "url": url} for url in urls]
    links = [link for link in known if link["domain"] in world.unfurl_domains]
    if links:
        unfurl_id = f"{channel}.{message.ts}.{world.new_id('x')}"
        world.shared[unfurl_id] = message
        world.tell(_shared_event(message, links, unfurl_id, composer, world))
    return message


def unfurl(call: Call) -> Json:
    message, unfurls = _shared(call), call.structure("unfurls", "missing_unfurls")
    if not isinstance(unfurls, dict) or not unfurls:
        raise Refusal("missing_unfurls")
    for url, card in unfurls.items():
        if url not in message.typed.split():
            raise Refusal("cannot_unfurl_url")
        if not isinstance(card, dict) or not card.get("blocks") or block_errors(card["blocks"]):
            raise Refusal("cannot_parse_attachment", block_errors(card.get("blocks") or []))
    before = to_json(message, call.world)
    message.attachments = [{"from_url": url, "blocks": with_ids(c["blocks"], call.world)} for url, c in unfurls.items()]
    call.world.watch_words(Message(message.channel, message.ts, call.world.bot_user, "", message.all_blocks))
    if message.ts in call.world.channels[message.channel].messages:
        call.world.tell(changed_event(message, before, call.world))
    return {"ok": True}


def _shared(call: Call) -> Message:
    if unfurl_id := call.find("unfurl_id"):
        if call.find("source") not in ("composer", "conversations_history"):
            raise Refusal("missing_source")
        message = call.world.shared.get(unfurl_id)
    else:
        channel = call.world.channels.get(unescape(call.text("channel")))
        message = channel.messages.get(call.text("ts")) if channel else None
    if message is None:
        raise Refusal("cannot_find_message")
    return message


def _shared_event(message: Message, links: list[Json], unfurl_id: str, composer: bool, world: World) -> Json:
    return {
        "type": "link_shared",
        "channel": "COMPOSER" if composer else message.channel,
        "is_bot_user_member": world.bot_user in world.channels[message.channel].members,
        "user": message.user,
        "message_ts": unfurl_id if composer else message.ts,
        "unfurl_id": unfurl_id,
        "source": "composer" if composer else "conversations_history",
        "links": links,
        "event_ts": world.new_ts(),
    }

"""What the bot sends to a response URL: up to five times in half an hour."""

from collections.abc import Mapping
from typing import Any

from bot.clock import monotonic
from bot.fakes.slack.calls import Call, Refusal
from bot.fakes.slack.chat import keep_ephemeral, remove, rewrite
from bot.fakes.slack.desk import Desk, ResponseUrl, Watch
from bot.fakes.slack.events import message_event
from bot.fakes.slack.methods import note_refusal
from bot.fakes.slack.stored import to_message
from bot.fakes.slack.world import Message, World


def answer_response_url(token: str, body: Mapping[str, Any], world: World, desk: Desk) -> tuple[int, str]:
    """(HTTP status, text) for one POST."""
    try:
        url = _take(token, desk)
        show_answer(Call("response_url", body, world, desk), url)
    except Refusal as refusal:
        note_refusal(refusal, "response_url", world)
        status = 404 if refusal.error in ("no_such_url", "expired_url", "used_url") else 400
        return status, refusal.error
    return 200, "ok"


def show_answer(call: Call, url: ResponseUrl) -> None:
    """Show what an acknowledgement or a response URL carries: for one person, or for everybody in the channel."""
    if call.flag("delete_original"):
        _delete(call, url)
        return
    channel = call.world.channels[url.channel]
    message = to_message(call, channel, call.world.new_ts())
    message.thread_ts = call.find("thread_ts")
    if call.flag("replace_original") and url.source:
        message.ts = url.source.ts
        rewrite(url.source, message, call.world)
        url.watch.show(url.source)
    elif call.find("response_type") == "in_channel":
        channel.messages[message.ts] = message
        message.asked = True
        call.world.watch_words(message)
        call.world.tell(message_event(message, call.world))
        url.watch.show(message)
    else:
        _keep_private(call, url.watch, message)
    url.source = url.source or message


def _keep_private(call: Call, watch: Watch, message: Message) -> None:
    keep_ephemeral(message, watch.person, call)
    message.asked = True
    watch.show(message)


def _take(token: str, desk: Desk) -> ResponseUrl:
    url = desk.response_urls.get(token)
    if url is None:
        raise Refusal("no_such_url")
    if monotonic() - url.made > desk.timing.response_url:
        raise Refusal("expired_url")
    if url.left <= 0:
        raise Refusal("used_url")
    url.left -= 1
    return url


def _delete(call: Call, url: ResponseUrl) -> None:
    if url.source is None:
        raise Refusal("no_original")
    if url.source.only_for is None:
        remove(url.source, call.world)
    elif url.source in call.world.ephemerals:
        call.world.ephemerals.remove(url.source)
    url.watch.taken_away = True
    url.watch.changed.set()

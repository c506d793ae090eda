"""assistant.threads.*: what an app with agent features says beside its messages."""

from bot.fakes.slack.calls import Call, Refusal
from bot.fakes.slack.limits import SUGGESTED_PROMPTS
from bot.fakes.slack.world import Channel, Json


def set_prompts(call: Call) -> Json:
    channel, prompts = _direct(call), call.structure("prompts", "invalid_arguments")
    if call.find("thread_ts"):
        raise Refusal("invalid_arguments", ["[ERROR] with agent_view a thread_ts makes the call fail silently"])
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= SUGGESTED_PROMPTS:
        raise Refusal("invalid_arguments", [f"[ERROR] from 1 to {SUGGESTED_PROMPTS} prompts"])
    if not all(isinstance(each, dict) and each.get("title") and each.get("message") for each in prompts):
        raise Refusal("invalid_arguments", ["[ERROR] each prompt has a title and a message"])
    call.world.prompts[channel.id] = prompts
    return {"ok": True}


def set_status(call: Call) -> Json:
    channel, thread = _direct(call), call.text("thread_ts")
    root = channel.messages.get(thread)
    if root is None or root.is_reply:
        raise Refusal("invalid_thread_ts")
    call.world.statuses[channel.id, thread] = call.text("status")
    return {"ok": True}


def _direct(call: Call) -> Channel:
    channel = call.world.channels.get(call.text("channel_id"))
    if channel is None or channel.person is None:
        raise Refusal("channel_not_found")
    return channel

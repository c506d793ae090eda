"""One call of the Web API: its arguments, and the ways in which it is refused."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.fakes.slack.desk import Desk
from bot.fakes.slack.world import Channel, Json, Message, World


class Refusal(Exception):
    """`{"ok": false, "error": …}`; `more` stands beside the error. `slip`: the bot broke a rule by it."""

    def __init__(self, error: str, messages: list[str] | None = None, slip: bool = True, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.slip = slip
        self.body: Json = {"ok": False, "error": error, **more}
        if messages:
            self.body["response_metadata"] = {"messages": messages}


@dataclass(frozen=True)
class Call:
    method: str
    arguments: Mapping[str, Any]
    world: World
    desk: Desk

    def find(self, name: str) -> str | None:
        value = self.arguments.get(name)
        return None if value is None or value == "" else str(value)

    def text(self, name: str) -> str:
        value = self.find(name)
        if value is None:
            raise Refusal("invalid_arguments", [f"[ERROR] missing required field: {name}"])
        return value

    def flag(self, name: str) -> bool:
        return str(self.arguments.get(name, "")).lower() in ("1", "true")

    def structure(self, name: str, error: str) -> Any:
        """A JSON argument, whether it came as JSON or as a string of it; None when it is absent."""
        value = self.arguments.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise Refusal(error) from None

    def channel(self, joined: bool = True) -> Channel:
        """The conversation named by `channel`, of which the bot is a member."""
        channel = self.world.channels.get(self.find("channel") or "")
        if channel is None or (channel.private and self.world.bot_user not in channel.members):
            raise Refusal("channel_not_found")
        if joined and self.world.bot_user not in channel.members:
            raise Refusal("not_in_channel")
        return channel

    def message(self, argument: str = "ts", joined: bool = True) -> Message:
        channel = self.channel(joined)
        message = channel.messages.get(self.find(argument) or "")
        if message is None or message.subtype == "tombstone":
            raise Refusal("message_not_found")
        return message


Method = Callable[[Call], Json]

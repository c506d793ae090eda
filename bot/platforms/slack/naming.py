"""Which workspace a reference belongs to, where there are several.

With one token a channel is "C1" and a message "C1/17.5". With installations they are "T1:C1" and "T1:C1/17.5", so that
a reference is unique and every call knows whose token it needs. Everything behind this line knows one workspace only
and bare references: what it hears is named on its way out, what it is told is bared on its way in.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.chat.inbound import Command, FormAnswer, Heard, Partial, Reacted, Reply, ReplyDeleted, ReplyEdited
from bot.chat.port import Ears
from bot.chat.post import Choice, Form, Post, Rejected

_CHANNEL = re.compile(r"<#([A-Z0-9]+)(?:\|[^<>]*)?>|([CDG][A-Z0-9]{3,})")


def named(workspace: str, ref: str) -> str:
    """A bare reference with its workspace."""
    return f"{workspace}:{ref}"


def parted(ref: str) -> tuple[str, str]:
    """A reference as workspace ("" when it names none) and bare reference."""
    workspace, colon, bare = ref.partition(":")
    return (workspace, bare) if colon else ("", ref)


def named_reply(workspace: str, reply: Reply) -> Reply:
    """A reply with its workspace, and that one's name on its references."""
    thread = None if reply.thread is None else named(workspace, reply.thread)
    return replace(reply, workspace=workspace, thread=thread, message=named(workspace, reply.message))


class NamingEars:
    """See `bot.chat.port.Ears`. What one workspace says, with its name on every reference."""

    def __init__(self, ears: Ears, workspace: str) -> None:
        self._ears, self._workspace = ears, workspace

    async def hear(self, heard: Heard) -> None:
        await self._ears.hear(self._heard(heard))

    async def see(self, reacted: Reacted) -> None:
        await self._ears.see(
            replace(reacted, workspace=self._workspace, message=named(self._workspace, reacted.message))
        )

    async def answer(self, command: Command) -> Post | Form:
        about = named_reply(self._workspace, command.about) if command.about else None
        options = self._options(command.options)
        channel = self._named(command.channel)
        return await self._ears.answer(
            replace(command, workspace=self._workspace, channel=channel, about=about, options=options)
        )

    async def take(self, form: FormAnswer) -> Post | Form | Rejected:
        channel = self._named(form.channel)
        return await self._ears.take(replace(form, workspace=self._workspace, channel=channel))

    def suggest(self, partial: Partial) -> tuple[Choice, ...]:
        channel = self._named(partial.channel)
        return self._ears.suggest(replace(partial, workspace=self._workspace, channel=channel))

    def missed(self, workspaces: Callable[[str], bool] | None = None) -> None:
        self._ears.missed(workspaces)

    def _heard(self, heard: Heard) -> Heard:
        match heard:
            case Reply():
                return named_reply(self._workspace, heard)
            case ReplyEdited(reply):
                return ReplyEdited(named_reply(self._workspace, reply))
            case ReplyDeleted():
                thread, message = self._named(heard.thread), named(self._workspace, heard.message)
                return replace(heard, workspace=self._workspace, thread=thread, message=message)

    def _options(self, options: Mapping[str, str]) -> Mapping[str, str]:
        """A channel that somebody typed is one of this workspace, whatever else they may have written before it."""
        typed = options.get("channel", "").strip()
        found = _CHANNEL.fullmatch(typed)
        if found is None and ":" not in typed:
            return options
        return {**options, "channel": named(self._workspace, (found[1] or found[2]) if found else typed)}

    def _named(self, ref: str | None) -> str | None:
        return None if ref is None else named(self._workspace, ref)

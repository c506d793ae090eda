"""Interactions: what a person's command, press or form sends to the bot, and the routes by which the bot answers."""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any

from bot.clock import monotonic
from bot.fakes.discord import limits
from bot.fakes.discord.bodies import Words, check_message
from bot.fakes.discord.commands import check_choices
from bot.fakes.discord.components import check_modal
from bot.fakes.discord.errors import FormErrors, refused
from bot.fakes.discord.permissions import permissions_in
from bot.fakes.discord.wire import acting_member, partial_channel, user_json
from bot.fakes.discord.wire_messages import message_json
from bot.fakes.discord.world import EPHEMERAL, LOADING, SLASH_ANSWER, Call, Channel, Json, Message, World
from bot.fakes.discord.writing import add_message, announce, change_message, notified, remove_message

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
_ANSWERS = {
    COMMAND: (MESSAGE, DEFERRED, MODAL),
    COMPONENT: (MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, MODAL),
    AUTOCOMPLETE: (CHOICES,),
    MODAL_SUBMIT: (MESSAGE, DEFERRED),
}


@dataclass
class Interaction:
    """One interaction and what the bot made of it. answers: its messages, the first one first."""

    id: int
    token: str
    kind: int
    user_id: int
    channel_id: int
    source: Message | None
    since: float = field(default_factory=monotonic)
    answered: int = 0
    original: Message | None = None
    answers: list[Message] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] = field(default_factory=list)
    touched: asyncio.Event = field(default_factory=asyncio.Event)


class Interactions:
    """Every interaction by its token. `deadline`: seconds until the first answer is due."""

    def __init__(self, deadline: float = limits.ACKNOWLEDGE_SECONDS) -> None:
        self.deadline = deadline
        self.lifetime = limits.INTERACTION_TOKEN_SECONDS
        self.by_token: dict[str, Interaction] = {}

    def start(
        self, world: World, kind: int, user_id: int, channel: Channel, body: Json, source: Message | None = None
    ) -> Interaction:
        """A person does something: send it to the bot over the gateway."""
        interaction = Interaction(world.snowflake(), secrets.token_urlsafe(48), kind, user_id, channel.id, source)
        self.by_token[interaction.token] = interaction
        world.emit("INTERACTION_CREATE", _event(world, interaction, channel, body))
        return interaction

    def answer(self, world: World, call: Call) -> Json | None:
        """POST /interactions/{interaction}/{token}/callback: the first answer, due within the deadline."""
        interaction = self.by_token.get(call.ids["token"])
        if interaction is None or str(interaction.id) != call.ids["interaction"]:
            raise refused(10062)
        if interaction.answered:
            raise refused(40060)
        if monotonic() - interaction.since > self.deadline:
            raise refused(10062)
        kind, content = _checked_answer(interaction, call)
        _perform(world, interaction, kind, content, call)
        interaction.answered = kind
        interaction.touched.set()
        with_response = call.query.get("with_response", "").lower() in ("true", "1")
        return _callback_json(world, interaction) if with_response else None

    def follow_up(self, world: World, call: Call) -> Json:
        """POST /webhooks/{application}/{token}: a further message; the first after a deferral takes its place."""
        interaction = self._acknowledged(world, call)
        first = interaction.original
        if first is not None and first.flags & LOADING:
            message = _finish_deferred(world, interaction, check_message(call.body, call.files, answer=True))
        else:
            message = _say(world, interaction, check_message(call.body, call.files, answer=True))
        interaction.touched.set()
        return message_json(world, message)

    def read_answer(self, world: World, call: Call) -> Json:
        return message_json(world, _answer_named(self._acknowledged(world, call), call))

    def edit_answer(self, world: World, call: Call) -> Json:
        """PATCH …/messages/@original or a follow-up's id."""
        interaction = self._acknowledged(world, call)
        message = _answer_named(interaction, call)
        words = check_message(call.body, call.files, before=message)
        if message.flags & LOADING:
            message = _finish_deferred(world, interaction, words)
        else:
            _rewrite(world, message, words)
        interaction.touched.set()
        return message_json(world, message)

    def delete_answer(self, world: World, call: Call) -> None:
        interaction = self._acknowledged(world, call)
        message = _answer_named(interaction, call)
        interaction.answers = [each for each in interaction.answers if each is not message]
        if interaction.original is message:
            interaction.original = None
        if message.id in world.channels[message.channel_id].messages:
            remove_message(world, message)
        interaction.touched.set()

    def _acknowledged(self, world: World, call: Call) -> Interaction:
        interaction = self.by_token.get(call.ids["token"])
        if interaction is None or call.ids["application"] != str(world.bot.id):
            raise refused(10015)
        if monotonic() - interaction.since > self.lifetime:
            raise refused(50027)
        if not interaction.answered:
            raise refused(10015)
        return interaction


def _event(world: World, interaction: Interaction, channel: Channel, body: Json) -> Json:
    event: Json = {
        "id": str(interaction.id),
        "application_id": str(world.bot.id),
        "type": interaction.kind,
        "token": interaction.token,
        "version": 1,
        "data": body,
        "channel": partial_channel(world, channel, interaction.user_id),
        "channel_id": str(channel.id),
        "app_permissions": str(permissions_in(world, channel, world.bot.id)),
        "locale": "en-US",
        "entitlements": [],
        "authorizing_integration_owners": {"0": str(channel.guild_id or 0)},
        "context": 0 if channel.guild_id else 1,
        "attachment_size_limit": 10 * 1024 * 1024,
    }
    if channel.guild_id:
        guild = {"id": str(channel.guild_id), "locale": "en-US", "features": []}
        event |= {"guild_id": str(channel.guild_id), "guild": guild, "guild_locale": "en-US"}
        event["member"] = acting_member(world, channel, interaction.user_id)
    else:
        event["user"] = user_json(world.users[interaction.user_id])
    if interaction.source is not None:
        event["message"] = message_json(world, interaction.source)
    return event


def _checked_answer(interaction: Interaction, call: Call) -> tuple[int, Any]:
    errors = FormErrors()
    body = errors.record("", call.body)
    allowed = _ANSWERS[interaction.kind]
    if interaction.kind == MODAL_SUBMIT and interaction.source is not None:
        allowed = (*allowed, DEFERRED_UPDATE, UPDATE)
    errors.choice("type", body.get("type"), allowed)
    errors.refuse()
    return body["type"], body.get("data")


def _perform(world: World, interaction: Interaction, kind: int, content: Any, call: Call) -> None:
    if kind == CHOICES:
        interaction.choices = _checked_choices(content)
    elif kind == MODAL:
        errors = FormErrors()
        check_modal(errors, content)
        errors.refuse()
        interaction.modal = content
    elif kind == MESSAGE:
        interaction.original = _say(world, interaction, check_message(content, call.files, answer=True, prefix="data"))
    elif kind == DEFERRED:
        flags = content.get("flags") if isinstance(content, dict) else 0
        flags = flags if isinstance(flags, int) else 0
        waiting = Message(world.snowflake(), interaction.channel_id, world.bot.id, world.clock())
        waiting.flags, waiting.asked_by = (flags & EPHEMERAL) | LOADING, interaction.user_id
        interaction.original = waiting
    else:
        interaction.original = interaction.source
        if kind == UPDATE and interaction.source is not None:
            words = check_message(content or {}, call.files, before=interaction.source, prefix="data")
            _rewrite(world, interaction.source, words)
            interaction.answers.append(interaction.source)


def _checked_choices(content: Any) -> list[Json]:
    errors = FormErrors()
    body = errors.record("data", content)
    choices = errors.items("data.choices", body.get("choices"), limits.CHOICES)
    check_choices(errors, "data.choices", choices, None)
    errors.refuse()
    return choices


def _say(world: World, interaction: Interaction, words: Words) -> Message:
    """A message of the answer: in the channel, or, when it is ephemeral, only in front of the person."""
    channel = world.channels[interaction.channel_id]
    if words.flags & EPHEMERAL:
        message = Message(world.snowflake(), channel.id, world.bot.id, world.clock(), kind=SLASH_ANSWER)
        _fill(message, words)
        message.asked_by = interaction.user_id
    else:
        message = add_message(world, channel, world.bot.id, words, kind=SLASH_ANSWER, asked_by=interaction.user_id)
    interaction.answers.append(message)
    return message


def _finish_deferred(world: World, interaction: Interaction, words: Words) -> Message:
    """The message that "is thinking" gets its content; whether it is private was settled when it was deferred."""
    message = interaction.original
    assert message is not None
    private = message.flags & EPHEMERAL
    _fill(message, words)
    message.flags = (words.flags & ~(EPHEMERAL | LOADING)) | private
    interaction.answers.append(message)
    if not private:
        world.channels[message.channel_id].messages[message.id] = message
        channel = world.channels[message.channel_id]
        world.journal.pings += [f"{channel.id}/{message.id} {each}" for each in notified(world, channel, words)]
        announce(world, "MESSAGE_CREATE", message)
    return message


def _rewrite(world: World, message: Message, words: Words) -> None:
    if message.id in world.channels[message.channel_id].messages:
        change_message(world, message, words)
    else:
        _fill(message, words)
        message.edited_at = world.clock()


def _fill(message: Message, words: Words) -> None:
    message.content, message.embeds, message.components = words.content, words.embeds, words.components
    message.attachments, message.flags = words.attachments, words.flags


def _answer_named(interaction: Interaction, call: Call) -> Message:
    wanted = call.ids["message"]
    found = interaction.original if wanted == "@original" else None
    found = found or next((each for each in interaction.answers if str(each.id) == wanted), None)
    if found is None:
        raise refused(10008)
    return found


def _callback_json(world: World, interaction: Interaction) -> Json:
    message = interaction.original
    about: Json = {"id": str(interaction.id), "type": interaction.kind}
    if message is not None:
        about |= {
            "response_message_id": str(message.id),
            "response_message_loading": bool(message.flags & LOADING),
            "response_message_ephemeral": bool(message.flags & EPHEMERAL),
        }
    body: Json = {"interaction": about}
    if message is not None and interaction.answered in (MESSAGE, UPDATE):
        body["resource"] = {"type": interaction.answered, "message": message_json(world, message)}
    return body

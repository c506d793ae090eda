"""Checks of a message's body: what may be sent, and whom it pings."""

import json
import re
from dataclasses import dataclass
from typing import Any

from bot.fakes.discord import limits
from bot.fakes.discord.components import check_components
from bot.fakes.discord.errors import FormErrors, invalid, refused
from bot.fakes.discord.uploads import attached, check_uploads
from bot.fakes.discord.world import COMPONENTS_V2, EPHEMERAL, SUPPRESS_NOTIFICATIONS, Json, Message, every_component

SUPPRESS_EMBEDS = 4
_LEGACY = ("content", "embeds", "poll", "sticker_ids")


@dataclass(frozen=True)
class Words:
    """A message's checked content. `pings`: whom it notifies, as written ("@everyone", "<@7>")."""

    content: str
    embeds: list[Json]
    components: list[Json]
    attachments: list[Json]
    flags: int
    mentions: tuple[int, ...]
    mention_roles: tuple[int, ...]
    mention_everyone: bool

    @property
    def pings(self) -> tuple[str, ...]:
        people = tuple(f"<@{each}>" for each in self.mentions)
        roles = tuple(f"<@&{each}>" for each in self.mention_roles)
        return people + roles + (("@everyone",) if self.mention_everyone else ())


def check_message(
    body: Any, files: tuple[Json, ...] = (), before: Message | None = None, answer: bool = False, prefix: str = ""
) -> Words:
    """Check a new message's body, or an edit of `before`. `answer`: it answers an interaction, so it may be for one
    person alone. Raises Refused: 50035 with every error, or 50006 for an empty message.
    """
    errors = FormErrors()
    fields = errors.record("", body)
    flags = _flags(errors, fields, before, answer)
    content = errors.text("content", fields.get("content"), limits.CONTENT).strip()
    embeds = _embeds(errors, fields)
    modern = bool(flags & COMPONENTS_V2)
    components = check_components(errors, fields.get("components"), modern)
    attachments = [*errors.items("attachments", fields.get("attachments"), limits.FILES), *files]
    _check_modern(errors, fields, modern)
    check_uploads(errors, fields, components, files, before.attachments if before else [])
    allowed = _allowed_mentions(errors, fields.get("allowed_mentions"))
    _refuse(errors, prefix)
    if before is not None:
        _check_upgrade(fields, before, modern)
        content = content if "content" in fields else before.content
        embeds = embeds if "embeds" in fields else before.embeds
        components = components if "components" in fields else before.components
        attachments = attachments if "attachments" in fields or files else before.attachments
    if not (content or embeds or components or attachments or fields.get("sticker_ids") or fields.get("poll")):
        raise refused(50006)
    told = f"{content}\n" + "\n".join(each.get("content", "") for each in every_component(components))
    return Words(content, embeds, components, attached(attachments, files), flags, *_pinged(told, allowed))


def _check_upgrade(fields: Json, before: Message, modern: bool) -> None:
    """An edit that turns a message into Components V2 must empty its content and embeds by name."""
    if modern and not before.flags & COMPONENTS_V2:
        for name, standing in (("content", before.content), ("embeds", before.embeds)):
            if standing and name not in fields:
                raise invalid(name, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", f"{name} must be emptied")


def check_nonce(body: Json) -> str | None:
    """The nonce that must be unique, or None when the message need not be."""
    errors = FormErrors()
    nonce = body.get("nonce")
    if nonce is not None and (isinstance(nonce, bool) or not isinstance(nonce, str | int)):
        errors.add("nonce", "UNION_TYPE_CHOICES", "Value must be a string or an integer.")
    elif nonce is not None:
        errors.text("nonce", str(nonce), limits.NONCE)
    errors.refuse()
    return str(nonce) if nonce is not None and body.get("enforce_nonce") else None


def _refuse(errors: FormErrors, prefix: str) -> None:
    if prefix and errors.tree:
        errors.tree = {prefix: errors.tree}
    errors.refuse()


def _flags(errors: FormErrors, fields: Json, before: Message | None, answer: bool) -> int:
    flags = fields.get("flags")
    standing = before.flags if before else 0
    if flags is None:
        return standing
    if isinstance(flags, bool) or not isinstance(flags, int):
        errors.add("flags", "NUMBER_TYPE_COERCE", f'Value "{str(flags)[:40]}" is not int.')
        return standing
    settable = SUPPRESS_EMBEDS | COMPONENTS_V2 | SUPPRESS_NOTIFICATIONS | (EPHEMERAL if answer else 0)
    if before is None and flags & ~settable:
        errors.add("flags", "BITFIELD_INVALID", f"These flags cannot be set here: {flags & ~settable}")
    if standing & COMPONENTS_V2 and not flags & COMPONENTS_V2:
        errors.add("flags", "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG", "The IS_COMPONENTS_V2 flag cannot be removed")
    kept = SUPPRESS_EMBEDS | COMPONENTS_V2
    return flags if before is None else (standing & ~kept) | (flags & kept)


def _check_modern(errors: FormErrors, fields: Json, modern: bool) -> None:
    if not modern:
        return
    for name in _LEGACY:
        if fields.get(name):
            errors.add(
                name,
                "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
            )


def _embeds(errors: FormErrors, fields: Json) -> list[Json]:
    embeds = errors.items("embeds", fields.get("embeds"), limits.EMBEDS)
    total = 0
    for index, raw in enumerate(embeds):
        total += _embed(errors, f"embeds.{index}", errors.record(f"embeds.{index}", raw))
    if total > limits.EMBED_TOTAL:
        errors.add(
            "embeds", "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {limits.EMBED_TOTAL} characters"
        )
    return [{"type": "rich", **each} for each in embeds if isinstance(each, dict)]


def _embed(errors: FormErrors, path: str, embed: Json) -> int:
    length = len(errors.text(f"{path}.title", embed.get("title"), limits.EMBED_TITLE))
    length += len(errors.text(f"{path}.description", embed.get("description"), limits.EMBED_DESCRIPTION))
    for index, raw in enumerate(errors.items(f"{path}.fields", embed.get("fields"), limits.EMBED_FIELDS)):
        here = f"{path}.fields.{index}"
        field = errors.record(here, raw)
        for key, most in (("name", limits.EMBED_FIELD_NAME), ("value", limits.EMBED_FIELD_VALUE)):
            length += len(errors.text(f"{here}.{key}", field.get(key), most, 1, required=True))
    for key, inner, most in (("footer", "text", limits.EMBED_FOOTER), ("author", "name", limits.EMBED_AUTHOR)):
        if embed.get(key) is not None:
            part = errors.record(f"{path}.{key}", embed[key])
            length += len(errors.text(f"{path}.{key}.{inner}", part.get(inner), most, 1, required=True))
    errors.whole(f"{path}.color", embed.get("color"), 0, limits.COLOUR)
    return length


def _allowed_mentions(errors: FormErrors, value: Any) -> Json | None:
    if value is None:
        return None
    allowed = errors.record("allowed_mentions", value)
    parse = errors.items("allowed_mentions.parse", allowed.get("parse"), 3)
    for index, each in enumerate(parse):
        errors.choice(f"allowed_mentions.parse.{index}", each, ("users", "roles", "everyone"))
    for key in ("users", "roles"):
        ids = errors.items(f"allowed_mentions.{key}", allowed.get(key), limits.MENTIONED)
        for index, each in enumerate(ids):
            if not str(each).isdecimal():
                errors.add(f"allowed_mentions.{key}.{index}", "NUMBER_TYPE_COERCE", "Value is not snowflake.")
        if ids and key in parse:
            errors.add(
                "allowed_mentions",
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f"{key} and parse are mutually exclusive",
            )
    return allowed


def _pinged(text: str, allowed: Json | None) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
    """People, roles and everybody that the text notifies under these allowed mentions (None: all that it names)."""
    parse = ["users", "roles", "everyone"] if allowed is None else allowed.get("parse") or []
    people = _named(r"<@!?(\d{1,20})>", text, "users", parse, allowed)
    roles = _named(r"<@&(\d{1,20})>", text, "roles", parse, allowed)
    everyone = "everyone" in parse and bool(re.search(r"@(everyone|here)", text))
    return people, roles, everyone


def _named(pattern: str, text: str, kind: str, parse: list[str], allowed: Json | None) -> tuple[int, ...]:
    found = dict.fromkeys(int(each) for each in re.findall(pattern, text))
    chosen = {int(each) for each in (allowed or {}).get(kind) or ()}
    return tuple(each for each in found if kind in parse or each in chosen)


def raw_of(message: Message) -> str:
    """The message's body as JSON, the nonce that it was sent with included."""
    body: Json = {"content": message.content, "embeds": message.embeds, "components": message.components}
    nonce = {"nonce": message.nonce} if message.nonce is not None else {}
    return json.dumps(body | {"flags": message.flags} | nonce, ensure_ascii=False)

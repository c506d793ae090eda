"""Slash commands, buttons, forms and suggestions: what is asked goes to the ears, what they say comes back privately
and in time. Nothing is remembered between two of them, so they outlive a restart."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.chat.inbound import FormAnswer, Person
from bot.chat.port import Ears, PlatformError, Reason
from bot.chat.post import Button, Buttons, Form, Post, Rejected, Text, Words
from bot.platforms.discord.commands import is_number, to_choices
from bot.platforms.discord.errors import ALREADY_ACKNOWLEDGED, told
from bot.platforms.discord.events import to_command, to_form_answer, to_partial, to_person
from bot.platforms.discord.forms import modal, to_written
from bot.platforms.discord.limits import EPHEMERAL, V2
from bot.platforms.discord.render import Shown, render_shown
from bot.platforms.discord.rest import Rest, is_refusal

log = logging.getLogger(__name__)

Payload = Mapping[str, Any]
Answer = Post | Form | Rejected
Files = Mapping[str, bytes]

_COMMAND, _BUTTON, _AUTOCOMPLETE, _FORM = 2, 3, 4, 5
_MESSAGE, _THINKING, _CHOICES, _MODAL = 4, 5, 8, 9

SORRY = "That did not work, and it is not your doing. Please try again in a minute."
SORRY_FORM = (
    "Your text could not be saved just now, and it is not your doing. Here it is in full; please send it again."
)
ONCE_MORE = "Please press the button to go on."
FOR_ALL = Post("For all to see", (Text("Here it is, for all to see."),))


@dataclass(frozen=True)
class Desk:
    """Where one connected session answers. `note` tells a person something by direct message, when Discord did not
    take the answer to a form."""

    rest: Rest
    ears: Ears
    application: str
    note: Callable[[Person, Post], Awaitable[bool]]
    defer_after: float


@dataclass(frozen=True)
class _Dressed:
    """An answer as Discord takes it: a modal, or pages; and as a post, for when Discord takes neither."""

    post: Post
    pages: tuple[Shown, ...]
    modal: Payload | None

    @property
    def flags(self) -> int:
        return V2 if self.post.for_all else V2 | EPHEMERAL


async def answer_interaction(desk: Desk, interaction: Payload) -> None:
    """Answer one interaction, whatever it is; never raises but when cancelled."""
    kind = interaction.get("type")
    try:
        if kind == _AUTOCOMPLETE:
            await _suggest(desk, interaction)
        elif kind in (_COMMAND, _BUTTON):
            command = to_command(interaction)
            if command is not None:
                await _reply(desk, interaction, desk.ears.answer(command), None)
        elif kind == _FORM:
            form = to_form_answer(interaction)
            if form is not None:
                await _reply(desk, interaction, desk.ears.take(form), form)
    except PlatformError as error:
        log.warning("interaction=unanswered kind=%s reason=%s detail=%r", kind, error.reason, error.detail)


async def _suggest(desk: Desk, interaction: Payload) -> None:
    partial = to_partial(interaction)
    choices: list[dict[str, Any]] = []
    if partial is not None:
        try:
            choices = to_choices(desk.ears.suggest(partial), is_number(partial.command, partial.option))
        except Exception as error:
            log.error("suggest=failed command=%r error=%s", partial.command, told(error))
    await _first(desk, interaction, {"type": _CHOICES, "data": {"choices": choices}})


async def _reply(desk: Desk, interaction: Payload, asked: Awaitable[Answer], form: FormAnswer | None) -> None:
    task = asyncio.ensure_future(asked)
    try:
        await asyncio.wait({task}, timeout=desk.defer_after)
        deferred = not task.done()
        if deferred:
            await _defer(desk, interaction)
        dressed = await _outcome(task, interaction if form else None, opens_forms=form is None and not deferred)
    finally:
        task.cancel()
    try:
        await _deliver(desk, interaction, dressed, deferred)
    except PlatformError as error:
        if form is None:
            raise
        log.warning("form=answered_by_note reason=%s detail=%r", error.reason, error.detail)
        await desk.note(to_person(interaction), dressed.post)


async def _defer(desk: Desk, interaction: Payload) -> None:
    """A refused "thinking" must not keep the ears from finishing."""
    try:
        await _first(desk, interaction, {"type": _THINKING, "data": {"flags": EPHEMERAL}})
    except PlatformError as error:
        log.warning("interaction=not_deferred reason=%s detail=%r", error.reason, error.detail)


async def _outcome(task: "asyncio.Future[Answer]", form: Payload | None, opens_forms: bool) -> _Dressed:
    """What the ears say, dressed; what they say when it cannot be had or cannot be shown. form: the interaction that
    brought one."""
    try:
        return _dress(await task, opens_forms)
    except Exception as error:
        log.error("interaction=failed form=%s error=%s", form is not None, told(error))
        return _dress(_sorry(form), opens_forms)


def _dress(answer: Answer, opens_forms: bool) -> _Dressed:
    post = _as_post(answer)
    if isinstance(answer, Form) and opens_forms:
        return _Dressed(post, (), modal(answer))
    return _Dressed(post, render_shown(post), None)


async def _deliver(desk: Desk, interaction: Payload, dressed: _Dressed, deferred: bool) -> None:
    if dressed.modal is not None:
        await _first(desk, interaction, {"type": _MODAL, "data": dressed.modal})
        return
    first, *further = dressed.pages
    if deferred and dressed.post.for_all:  # whether it is private was settled when it was deferred
        first, further = render_shown(FOR_ALL)[0], list(dressed.pages)
    await _show(first, partial(_turn, desk, interaction) if deferred else partial(_open, desk, interaction, dressed))
    for page in further:
        await _show(page, partial(_add, desk, interaction, dressed))


async def _show(page: Shown, send: Callable[[Payload, Files], Awaitable[None]]) -> None:
    """A page with its pictures; where Discord does not take those, in words."""
    try:
        await send(page.body, page.files)
    except PlatformError as error:
        if page.words is None:
            raise
        log.warning("picture=unsent reason=%s detail=%r", error.reason, error.detail)
        await send(page.words, {})


async def _open(desk: Desk, interaction: Payload, dressed: _Dressed, page: Payload, files: Files) -> None:
    await _first(desk, interaction, {"type": _MESSAGE, "data": {**page, "flags": dressed.flags}}, files)


async def _turn(desk: Desk, interaction: Payload, page: Payload, files: Files) -> None:
    await _hook(desk, interaction, "PATCH", "/messages/@original", {**page, "flags": V2}, files)


async def _add(desk: Desk, interaction: Payload, dressed: _Dressed, page: Payload, files: Files) -> None:
    await _hook(desk, interaction, "POST", "", {**page, "flags": dressed.flags}, files)


async def _first(desk: Desk, interaction: Payload, body: Payload, files: Files | None = None) -> None:
    """The first answer. When it is not clear whether it arrived it is sent once more: Discord takes only one, and says
    so about the second."""
    for again in (False, True):
        try:
            await desk.rest.call(
                "POST",
                "/interactions/{webhook_id}/{webhook_token}/callback",
                body,
                gated=False,
                files=files,
                webhook_id=str(interaction["id"]),
                webhook_token=str(interaction["token"]),
            )
        except PlatformError as error:
            if is_refusal(error, ALREADY_ACKNOWLEDGED):
                return
            if again or error.reason is not Reason.UNCLEAR:
                raise
        else:
            return


async def _hook(desk: Desk, interaction: Payload, method: str, path: str, body: Payload, files: Files) -> None:
    await desk.rest.call(
        method,
        "/webhooks/{webhook_id}/{webhook_token}" + path,
        body,
        gated=False,
        files=files,
        webhook_id=desk.application,
        webhook_token=str(interaction["token"]),
    )


def _as_post(answer: Answer) -> Post:
    """What is said where a form cannot be opened: a button that opens it."""
    match answer:
        case Rejected():
            return answer.post
        case Form():
            words = tuple(Words(field.value) for field in answer.fields if field.value.strip() and not field.choices)
            button = Buttons((Button(answer.title, answer.action, "primary"),))
            return Post(answer.title, (Text(ONCE_MORE), *words, button))
        case Post():
            return answer


def _sorry(form: Payload | None) -> Post:
    if form is None:
        return Post(SORRY, (Text(SORRY),))
    words = tuple(map(Words, to_written((form.get("data") or {}).get("components"))))
    return Post(SORRY_FORM, (Text(SORRY_FORM), *words))

"""How the room shows itself to scripted people: the same shapes as on the stages of the other fakes."""

import base64
import json
from collections.abc import Mapping, Sequence

from bot.chat.port import Body
from bot.platforms.simulator.reading import buttons_of, text_of
from bot.platforms.simulator.record import Message
from bot.platforms.simulator.terms import OpenForm, Posted, Shown, Told


def to_posted(message: Message) -> Posted:
    """A message of the bot's as the oracle tells it."""
    raw = json.dumps(message.body)
    return Posted(message.ref, message.place, message.thread, text_of_body(message.body), raw, message.at)


def to_shown(told: Told, refs: Sequence[str], place: str) -> Shown:
    """What the bot told one person; `refs` are the whispers that show its bodies."""
    buttons = {
        label: (ref, action)
        for ref, body in zip(refs, told.bodies, strict=False)  # a rejected form shows no whisper
        for label, action in buttons_of(body["blocks"])
    }
    text = "\n".join(text_of_body(body) for body in told.bodies)
    form = None if told.form is None else to_open_form(told.form, place)
    blocks = [block for body in told.bodies for block in body["blocks"] if block["type"] == "picture"]
    pictures = {block["alt"]: base64.b64decode(block["png"]) for block in blocks}
    return Shown(text, buttons, form, not told.for_all, told.errors, pictures)


def to_open_form(form: Body, place: str) -> OpenForm:
    fields = {field["id"]: field["value"] for field in form["fields"]}
    return OpenForm(form["title"], text_of(form["intro"]), fields, (form["action"], place))


def text_of_body(body: Body) -> str:
    """All that a reader sees of one message."""
    return text_of(body["blocks"])


def buttons_on(where: str | Shown, message: Message | None) -> Mapping[str, tuple[str, str]]:
    """label → (reference, action) of what can be pressed there."""
    if isinstance(where, Shown):
        return where.buttons
    blocks = message.body.get("blocks", ()) if message else ()
    return {label: (where, action) for label, action in buttons_of(blocks)}

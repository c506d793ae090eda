"""What the room allows, as strict as a real platform. Each check hands its argument back or raises Refused."""

from collections.abc import Container, Mapping

from bot.chat.markdown import shown
from bot.chat.port import Body, Mark
from bot.chat.post import ANSWER_LIMIT
from bot.platforms.simulator import places
from bot.platforms.simulator.pins import PIN_LIMIT
from bot.platforms.simulator.reading import buttons_of, finders_of, text_of
from bot.platforms.simulator.record import Message
from bot.platforms.simulator.render import BLOCK_LIMIT, ROW_LIMIT, TEXT_LIMIT
from bot.platforms.simulator.terms import Refused

NAME_LIMIT = 80
"""Characters in the name of a channel or a person."""
MARKS: Mapping[str, str] = {Mark.KEPT: "✅", Mark.COMPLETE: "🎉", Mark.PRAISED: "👏"}
"""What a reaction says → how it looks."""


def check_name(name: str) -> str:
    """The name as it can be shown."""
    clean = shown(name).strip()
    if not 0 < len(clean) <= NAME_LIMIT:
        raise Refused("bad_name", f"A name has 1 to {NAME_LIMIT} characters; this one has {len(clean)}.")
    return clean


def check_text(text: str) -> str:
    """What somebody writes: something, and at most TEXT_LIMIT characters."""
    if not text.strip():
        raise Refused("empty", "There is nothing to send yet: write something first.")
    if len(text) > TEXT_LIMIT:
        limits = f"a message takes {TEXT_LIMIT:,} characters and this one has {len(text):,}"
        raise Refused("text_too_long", f"Too long: {limits}. Send it in two, or shorten it.")
    return text


def check_values(values: Mapping[str, str]) -> Mapping[str, str]:
    """What stands in a form that is sent."""
    longest = max(map(len, values.values()), default=0)
    if longest > ANSWER_LIMIT:
        limits = f"a field takes {ANSWER_LIMIT:,} characters and this has {longest:,}"
        raise Refused("field_too_long", f"Too long: {limits}. Shorten it and send it again.")
    return values


def check_body(body: Body) -> Body:
    """A message of the bot's: within the limits, and every button pressable."""
    blocks = body["blocks"]
    rows = [block for block in blocks if block["type"] == "buttons"]
    flat = [inner for block in blocks if block not in rows for inner in block.get("blocks", (block,))]
    buttons = buttons_of(blocks)
    _allow("empty", bool(blocks))
    _allow("text_too_long", len(text_of([b for b in blocks if b not in rows]).replace("\n", "")) <= TEXT_LIMIT)
    _allow("too_many_blocks", len(flat) <= BLOCK_LIMIT)
    _allow("too_many_buttons", len(rows) <= ROW_LIMIT and all(len(row["buttons"]) <= 5 for row in rows))
    _allow("button_label", all(0 < len(label) <= 75 for label, _ in buttons))
    _allow("button_action", all(0 < len(action) <= 60 for _, action in buttons))
    return body


def known(ref: str, refs: Container[str], what: str) -> str:
    """A reference that is one of `refs`."""
    if ref not in refs:
        raise Refused(f"unknown_{what.split()[0]}", f"There is no such {what} in this room. Reload the page.")
    return ref


def known_thread(root: Message | None, thread: str) -> str:
    if root is None:
        raise Refused("unknown_thread", "There is no such thread in this room. Reload the page.")
    return thread


def known_message(message: Message | None) -> Message:
    if message is None:
        raise Refused("unknown_message", "That message is gone. Reload the page.")
    return message


def bots_own(message: Message | None) -> Message:
    """A message that the bot wrote, and that stands."""
    found = known_message(message)
    if found.author is not None:
        raise Refused("not_the_bots", "Homeroom opens a thread under messages of its own only, and removes no others.")
    return known_message(None) if found.removed else found


def own(message: Message | None, person: str) -> Message:
    """A message that this person wrote."""
    if known_message(message).author != person:
        raise Refused("not_your_own", "You can change only what you wrote yourself.")
    return known_message(message)


def persons(message: Message | None) -> Message:
    """A message that a person wrote."""
    if known_message(message).author is None:
        raise Refused("not_a_persons", "This can be done with what a person wrote, and Homeroom wrote that.")
    return known_message(message)


def may_enter(person: str, place: str) -> str:
    """A place where this person may be: nobody else's direct conversation, and nobody else's page."""
    if places.find_owner(place) not in (None, person):
        raise Refused("not_your_place", "That is between Homeroom and somebody else.")
    return place


def check_pinned(pinned: bool) -> None:
    if not pinned:
        raise Refused("too_many_pins", f"A channel has at most {PIN_LIMIT} pins: take one down first.")


def offers_finder(body: Body, command: str) -> bool:
    """Whether the message shows a finder for this command."""
    return command in finders_of(body.get("blocks", ()))


def offers(body: Body, action: str) -> bool:
    """Whether a button of the message does this."""
    return any(action == offered for _, offered in buttons_of(body.get("blocks", ())))


def button(buttons: Mapping[str, tuple[str, str]], label: str) -> tuple[str, str]:
    """The button with this label."""
    if label not in buttons:
        raise Refused("unknown_button", f"There is no button “{label}” here, only: {', '.join(buttons) or 'none'}.")
    return buttons[label]


def known_button(place: str | None) -> str:
    """The place of a button that is still there."""
    if place is None:
        raise Refused("unknown_button", "That button is gone. Reload the page.")
    return place


def _allow(reason: str, allowed: bool) -> None:
    if not allowed:
        raise Refused(reason, "Homeroom's message is beyond a limit of the room; this is a fault in the program.")

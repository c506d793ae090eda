"""Post → the bodies of Discord messages (Components V2), exactly as they go out. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.chat.markdown import pack
from bot.chat.port import part_key
from bot.chat.post import Button, Picture, Ping, Post
from bot.chat.remembering import remembering
from bot.platforms.discord.inert import clean, defused, one_line
from bot.platforms.discord.limits import (
    COMPONENT_LIMIT,
    DESCRIPTION_LIMIT,
    FILE_LIMIT,
    FILES,
    LABEL_LIMIT,
    TEXT_LIMIT,
    TITLE_LIMIT,
    V2,
    shortened,
    size,
)
from bot.platforms.discord.marks import MARKER_ACTION, to_custom_id
from bot.platforms.discord.units import Unit, to_units

_PARTS_LIMIT = 26
_PINGS = {"person": ("users", "<@{}>"), "group": ("roles", "<@&{}>")}
_SNOWFLAKE = re.compile(r"[0-9]{1,20}")
_STYLES = {"primary": 1, "secondary": 2, "danger": 4}


def render(post: Post, key: str | None) -> tuple[dict[str, Any], ...]:
    """The messages that show the post: one container each, within 40 components and 3,900 characters, nothing cut.

    With a key each carries its part key as nonce and inside a custom_id. The first mentions whom the post pings, above
    its container; nothing else in any of them mentions anybody. Raises ValueError when a post with a key needs more
    than 26 messages, or a button's action is longer than `bot.chat.post` promises.
    """
    pages = _pages(post)
    if key is not None and len(pages) > _PARTS_LIMIT:
        raise ValueError(f"a post takes {len(pages)} Discord messages, and at most {_PARTS_LIMIT} can be told apart")
    return tuple(_body(post, page, number, len(pages), key) for number, page in enumerate(pages))


@dataclass(frozen=True)
class Shown:
    """A message that may show pictures. files: name → PNG, what `body` shows as attachments. words: the same message
    without them, for when Discord does not take them; None where there are none."""

    body: dict[str, Any]
    files: Mapping[str, bytes]
    words: dict[str, Any] | None = None


@remembering
def render_shown(post: Post) -> tuple[Shown, ...]:
    """As `render`, for one person alone, with the post's pictures. Pure; nobody may change what comes back."""
    pages = _pages(post)
    return tuple(_shown(post, page, number, len(pages)) for number, page in enumerate(pages))


def _shown(post: Post, page: Sequence[Unit], number: int, total: int) -> Shown:
    pictures = [unit.picture for unit in page if unit.picture is not None]
    words = _body(post, page, number, total, None)
    if not pictures:
        return Shown(words, {})
    body = _body(post, page, number, total, None, shows=True)
    files = {_file_name(place): picture.png for place, picture in enumerate(pictures)}
    attachments = [{"id": str(place), "filename": name} for place, name in enumerate(files)]
    return Shown({**body, "attachments": attachments}, files, words)


def _pages(post: Post) -> list[list[Unit]]:
    room = TEXT_LIMIT - size(_continued(post.title, 998, 999)) - 1
    pages = pack(list(to_units(post)), lambda page: _fits(page, room), lambda unit: unit.clings, _leans)
    return [page for page in map(_without_outer_lines, pages) if page]


def _leans(unit: Unit) -> bool:
    return bool(unit.buttons) or unit.divides or unit.text.startswith("-# ")


def _fits(page: Sequence[Unit], room: int) -> bool:
    """The container, and room for the marker's row and button, count as well."""
    if any(unit.follows for unit in page[1:]):
        return False
    texts = sum(size(unit.text) + 2 + sum(size(button.label) for button in unit.buttons) for unit in page)
    components = 3 + sum(1 + len(unit.buttons) for unit in page if unit.buttons or unit.divides)
    components += sum(2 for unit in page if unit.picture)  # itself, and the text that it parts
    runs = sum(1 for number, unit in enumerate(page) if unit.text and (number == 0 or not page[number - 1].text))
    files = [len(unit.picture.png) for unit in page if unit.picture]
    return (
        texts <= room - LABEL_LIMIT
        and components + runs + 1 <= COMPONENT_LIMIT
        and sum(files) <= FILE_LIMIT
        and len(files) <= FILES
    )


def _without_outer_lines(page: Sequence[Unit]) -> list[Unit]:
    inner = list(page)
    while inner and inner[0].divides:
        inner.pop(0)
    while inner and inner[-1].divides:
        inner.pop()
    return inner


def _body(
    post: Post, page: Sequence[Unit], number: int, total: int, key: str | None, shows: bool = False
) -> dict[str, Any]:
    marker = None if key is None else part_key(key, number)
    components = list(_components(page, marker, shows))
    if number:
        components.insert(0, {"type": 10, "content": _continued(post.title, number, total)})
    if marker and not any(unit.buttons for unit in page):
        label = f"Part {number + 1} of {total}" if total > 1 else shortened(defused(clean(post.title)), LABEL_LIMIT)
        components.append({"type": 1, "components": [_marker_button(label, marker)]})
    container: dict[str, Any] = {"type": 17, "components": components}
    if post.accent is not None:
        container["accent_color"] = post.accent & 0xFFFFFF
    head, allowed = _ping(None if number else post.ping)
    body: dict[str, Any] = {"flags": V2, "components": [*head, container], "allowed_mentions": allowed}
    return body if marker is None else {**body, "nonce": marker, "enforce_nonce": True}


def _ping(ping: Ping | None) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The component that mentions, and what Discord may take for a mention. What is no id of Discord's is nobody.

    It needs no room of its own: every page has some for the "part 2 of 3" line, which the first does without. So the
    pages of a post are the same with and without it."""
    if ping is None or not _SNOWFLAKE.fullmatch(ping.ref):
        return [], {"parse": []}
    allowed, mention = _PINGS[ping.kind]
    return [{"type": 10, "content": mention.format(ping.ref)}], {"parse": [], allowed: [ping.ref]}


def _continued(title: str, number: int, total: int) -> str:
    name = one_line(shortened(clean(title), TITLE_LIMIT))
    return f"-# {name} · part {number + 1} of {total}".replace("-#  ·", "-#")


def _components(page: Sequence[Unit], marker: str | None, shows: bool) -> Iterator[dict[str, Any]]:
    """Texts that follow each other are one text display; each row of buttons, each line and each picture that is shown
    is its own."""
    text, seen, pictures = "", set[str](), 0
    after_heading = False
    for unit in page:
        picture = unit.picture if shows else None
        if unit.text and picture is None:
            gap = "\n" if unit.tight or after_heading else "\n\n"
            text += gap + unit.text if text else unit.text
            after_heading = unit.clings
            continue
        if text:
            yield {"type": 10, "content": text}
        text, after_heading = "", False
        if picture is not None:
            yield _gallery(picture, _file_name(pictures))
            pictures += 1
        elif unit.divides:
            yield {"type": 14, "divider": True, "spacing": 1}
        else:
            yield {"type": 1, "components": [_button(button, marker, seen) for button in unit.buttons]}
    if text:
        yield {"type": 10, "content": text}


def _gallery(picture: Picture, name: str) -> dict[str, Any]:
    media = {"url": f"attachment://{name}"}
    return {"type": 12, "items": [{"media": media, "description": defused(clean(picture.alt))[:DESCRIPTION_LIMIT]}]}


def _file_name(place: int) -> str:
    return f"picture-{place + 1}.png"


def _button(button: Button, marker: str | None, seen: set[str]) -> dict[str, Any]:
    """The first button of a message carries its part key; an action that stands there twice gets a number, because
    Discord refuses a custom_id twice."""
    tag = marker if not seen else f"{len(seen)}" if button.action in seen else None
    custom_id = to_custom_id(button.action, tag)
    seen.update((button.action, custom_id))
    label = shortened(defused(clean(button.label)), LABEL_LIMIT) or "…"
    return {"type": 2, "style": _STYLES[button.style], "label": label, "custom_id": custom_id}


def _marker_button(label: str, marker: str) -> dict[str, Any]:
    custom_id = to_custom_id(MARKER_ACTION, marker)
    return {"type": 2, "style": 2, "label": label or "Homeroom", "custom_id": custom_id, "disabled": True}

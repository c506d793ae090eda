"""HTML from text: whatever is not made here is escaped, so nothing that anybody wrote is ever markup."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from markupsafe import Markup, escape

from bot.chat.markdown import shown

DEEPEST = 24
"""Blocks inside blocks that are followed; the platforms allow four."""

_LINKS = ("https://", "http://", "mailto:")
_VOID = ("hr", "br")
_REACTIONS: Mapping[str, tuple[str, str]] = {
    "kept": ("check mark", "M4 10.5l4 4 8-9"),
    "complete": ("check mark, party popper", "M2 10.5l4 4 7-9M9.5 13.5l1 1 7-9"),
}


def tag(name: str, *children: str, cls: str = "", **attributes: str) -> Markup:
    """An element. Children that are not Markup are text, and so are attributes, which are named with "_" for "-"."""
    given = {"class": cls, **attributes} if cls else attributes
    named = (f' {key.rstrip("_").replace("_", "-")}="{escape(shown(value))}"' for key, value in given.items())
    opening = f"<{name}{''.join(named)}>"
    return Markup(opening if name in _VOID else f"{opening}{joined(children)}</{name}>")  # noqa: S704 - escaped above


def joined(children: Iterable[str]) -> Markup:
    """Children behind each other."""
    return Markup().join(child if isinstance(child, Markup) else text(child) for child in children)


def text(value: object) -> Markup:
    """Anybody's text, to the letter, without what cannot be shown."""
    return escape(shown(word(value)))


def word(value: object) -> str:
    """What should be text, from a body that nobody has checked."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def number(value: object) -> int:
    """What should be a whole number; 0 for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def parts(value: object) -> Sequence[Mapping[str, Any]]:
    """What should be a list of objects."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list | tuple) else ()


def part(value: object) -> Mapping[str, Any]:
    """What should be an object."""
    return value if isinstance(value, Mapping) else {}


def link(url: str, *children: str, cls: str = "") -> Markup:
    """A way out, where it leads somewhere harmless; else the text alone, and the address in brackets."""
    if url.lower().startswith(_LINKS):
        return tag("a", *children, cls=cls, href=url, rel="noopener noreferrer")
    return joined([*children, f" ({url})"])


def reaction(mark: object, count: str = " 1") -> Markup:
    """The bot's reaction on somebody's words, drawn, because not every machine has a font with it."""
    if word(mark) not in _REACTIONS:
        return Markup()
    name, path = _REACTIONS[word(mark)]
    line = tag("path", d=path, fill="none", stroke="currentColor", stroke_width="2.2")
    drawing = tag("svg", tag("title", name), line, viewBox="0 0 20 20", width="16", height="16", role="img")
    return tag("p", tag("span", drawing, count, cls="reaction"))


def undrawn(what: object) -> Markup:
    """In the place of something that is not known here: it has to be seen that something is missing."""
    return tag("p", f"cannot draw this: {word(what)[:80] or 'something without a type'}", cls="undrawn")


def moment(seconds: object, zone: tzinfo) -> datetime | None:
    """Seconds since 1970 as a local time; None for what is no time."""
    try:
        return datetime.fromtimestamp(float(word(seconds)), UTC).astimezone(zone)
    except (ValueError, OverflowError, OSError):
        return None

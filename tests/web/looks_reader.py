"""What a reader finds in a drawn page and, by another way, in the bodies that it was drawn from."""

import importlib.util
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

from bot.chat.markdown import shown
from bot.config import HOME
from bot.platforms.simulator.reading import text_of

ZONE = ZoneInfo("Europe/Zurich")
TAGS = set(
    re.findall(
        r"\w+",
        "a article blockquote caption code div em h4 h5 h6 hr li p path pre rect s small span strong svg table tbody td"
        " th thead time title tr u ul",
    )
)
ATTRIBUTES = set(
    re.findall(
        r"[\w-]+",
        "class dir href rel tabindex scope width height fill aria-hidden d stroke stroke-width viewbox role",
    )
)

_spec = importlib.util.spec_from_file_location("discord_reader", HOME / "tests" / "platforms" / "discord_reader.py")
assert _spec
assert _spec.loader
_discord = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_discord)


class Drawn(HTMLParser):
    """text: all of it that is meant to be read. tags, attributes: every one in the page. links: every address."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.attributes, self.links = "", set[str](), set[str](), set[str]()
        self._open: list[bool] = []  # whether each open element is for decoration
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name == "href"}
        if tag != "hr":
            self._open.append(tag == "svg" or ("aria-hidden", "true") in attrs)

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text += "" if any(self._open) else data

    def assert_inert(self) -> None:
        assert self.tags <= TAGS
        assert self.attributes <= ATTRIBUTES
        assert all(link.lower().startswith(("https://", "http://", "mailto:")) for link in self.links)


def squeezed(text: str) -> str:
    """Without what only separates: blanks, line ends and zero-width spaces."""
    return re.sub(r"[\s\u200b]+", "", text)


def told(platform: str, body: Mapping[str, Any]) -> str:
    """All the text of a body, in order."""
    return "\n".join({"discord": _in_discord, "slack": _in_slack, "simulator": _in_room}[platform](body))


def _in_discord(body: Any) -> Iterator[str]:
    if isinstance(body, list):
        for each in body:
            yield from _in_discord(each)
        return
    match body.get("type"):
        case 10:
            yield re.sub(r"<t:(\d+):F>", lambda found: _f(int(found[1])), _discord.read(body["content"]).text)
        case 2:
            yield body["label"]
        case 18:
            yield from (body["label"], body.get("description", ""))
            yield from _in_discord(body["component"])
        case 4:
            yield body.get("value", "")
        case 3:
            chosen = [each["label"] for each in body["options"] if each.get("default")]
            yield from chosen or [body["placeholder"]]
            yield from (each["label"] for each in body["options"])
        case _:
            yield body.get("title", "")
            yield from _in_discord(body.get("components", []))


def _f(seconds: int) -> str:
    at = datetime.fromtimestamp(seconds, UTC).astimezone(ZONE)
    return f"{at:%A}, {at.day} {at:%B %Y %H:%M}"


def _in_slack(body: Any) -> Iterator[str]:
    if isinstance(body, str):
        yield body
        return
    if isinstance(body, list):
        for each in body:
            yield from _in_slack(each)
        return
    match body.get("type"):
        case "date":
            at = datetime.fromtimestamp(body["timestamp"], UTC).astimezone(ZONE)
            nth = "th" if 10 < at.day < 20 else ("th", "st", "nd", "rd", *["th"] * 6)[at.day % 10]
            yield f"{at:%A}, {at:%B} {at.day}{nth}, {at.year} {at:%H:%M}"
        case "rich_text_list":
            for number, each in enumerate(body["elements"]):
                ordered = body["style"] == "ordered"
                yield f"{body.get('offset', 0) + number + 1}." if ordered else "•"
                yield from _in_slack(each)
        case "external_select":
            yield from _in_slack(body["placeholder"])
        case _:
            keys = ("title", "caption", "label", "text", "accessory", "element", "rows", "elements", "blocks", "hint")
            ours = [*keys, "initial_value", "close", "submit"]
            for key in ours if "blocks" not in body or "title" in body else ("blocks",):
                yield from _in_slack(body[key]) if body.get(key) else ()


def _in_room(body: Any) -> Iterator[str]:
    yield body.get("title", "") if "fields" in body else ""
    for block in _flat([*body.get("blocks", ()), *body.get("intro", ())]):
        yield from [block["label"]] if block["type"] == "callout" and block["label"] else []
        yield "(continued)" if block["type"] == "callout" and block["label"] and block["continued"] else ""
        if block["type"] == "words":
            yield from (block["text"], f"— {block['by']}" if block["by"] else "")
        elif block["type"] == "table":
            cells = [cell for row in (block["header"], *block["rows"]) for cell in row]
            yield "".join(run["text"] for cell in cells for run in cell)
        elif block["type"] == "buttons":
            yield from (each["label"] for each in block["buttons"])
        elif block["type"] != "callout":
            yield text_of([block])
    for each in body.get("fields", ()):
        yield from (each["label"], each["hint"], each["value"])


def _flat(blocks: Any) -> Iterator[Mapping[str, Any]]:
    for block in blocks:
        yield block
        yield from _flat(block["blocks"]) if block["type"] == "callout" else ()


def plain_of(text: str) -> str:
    """The same text in the form in which both sides are compared."""
    return squeezed(shown(text))

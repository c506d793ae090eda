"""What a reader of a platform's messages gets, as plain text: three reducers, written apart from the renderers.

Taken out, because it is ours and no part of what was to be said: the "part 2 of 3" line above a continued message, and
the label of a frame that goes on from the page before. Buttons are listed by themselves. Everything else that a reader
sees is in `text`, in order.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import discord_reader

Json = Mapping[str, Any]


@dataclass
class Reduced:
    """texts: of each message. links: addresses that can be followed. mentions: whatever would notify somebody.
    headings: (level, text), where the platform has levels. labels: of buttons and menus. pictures: their alt texts."""

    texts: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    mentions: list[str] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


def reduced(platform: str, bodies: Sequence[Json], title: str) -> Reduced:
    """title: the post's, which the line above a continued message repeats."""
    found = Reduced()
    for number, body in enumerate(bodies):
        lines = list(_READERS[platform](body, found))
        if number and platform != "simulator":
            assert_continues(lines.pop(0), sayable(title), number + 1, len(bodies))
        found.texts.append("\n".join(lines))
    return found


def assert_continues(line: str, title: str, number: int, of: int) -> None:
    """The one line of ours: the title, or its beginning, and which part this is."""
    name, _, part = line.rpartition("part ")
    assert part == f"{number} of {of}", line
    begun = " ".join(name.split()).removesuffix("·").strip().removesuffix("…").strip()
    assert squeezed(" ".join(title.split()) or "Homeroom").startswith(squeezed(begun)), line


def sayable(text: str) -> str:
    """Text as it may be shown: one kind of line end, and a replacement character for what has no look."""
    lines = re.sub("\r\n?|[\u0085\u2028\u2029]", "\n", text)
    return re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", "\ufffd", lines)


def squeezed(text: str) -> str:
    """Text without what no reader sees, and without blanks, which every platform sets in its own way."""
    return "".join(mark for mark in text if not mark.isspace() and mark not in _UNSEEN)


_UNSEEN = frozenset("\u200b─" + "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""The zero-width space, the rule under a table's header, and marks of writing direction, which may be closed by us."""


def _discord(body: Json, found: Reduced) -> Iterator[str]:
    """Components V2, text displays read as a client reads them."""
    if body.get("content"):
        yield from _discord_text(body["content"], found)
    assert body["flags"] & 1 << 15 or "components" not in body
    yield from _discord_components(body.get("components", ()), found)


def _discord_components(components: Iterable[Json], found: Reduced) -> Iterator[str]:
    for component in components:
        match component["type"]:
            case 10:
                yield from _discord_text(component["content"], found)
            case 2 if not component.get("disabled"):
                found.labels.append(component["label"])
            case 3:
                found.labels.append(component.get("placeholder", ""))
            case 11 | 13:
                found.pictures.append(component.get("description") or "")
            case 12:
                found.pictures += [each.get("description") or "" for each in component["items"]]
            case 1 | 9 | 17:
                yield from _discord_components(component["components"], found)
                yield from _discord_components([component["accessory"]] if "accessory" in component else [], found)
            case kind:
                assert kind in (2, 14), component


def _discord_text(content: str, found: Reduced) -> Iterator[str]:
    seen = discord_reader.read(content)
    for kind, act in seen.acts:
        assert kind in ("link", "time", "mention"), f"markup is alive: {kind} {act}"
        if kind != "time":
            (found.links if kind == "link" else found.mentions).append(act)
    levels = [len(line.split(" ")[0]) for line in content.split("\n") if line.startswith(("# ", "## ", "### "))]
    heads = [text for kind, text in seen.lines if kind == "heading"]
    found.headings += zip(levels, heads, strict=False)
    for kind, text in seen.lines:
        yield text.removeprefix("• ") if kind == "item" else text


def _slack(body: Json, found: Reduced) -> Iterator[str]:
    """Block Kit; `text` is what a notification says, and nothing in it may be alive."""
    assert not set("<>") & set(body["text"]), body["text"]
    for block in body["blocks"]:
        yield from _slack_block(block, found)


def _slack_block(block: Json, found: Reduced) -> Iterator[str]:
    match block["type"]:
        case "header":
            found.headings.append((1, block["text"]["text"]))
            yield _slack_plain(block["text"])
        case "context":
            yield from (_slack_element(each, found) for each in block["elements"])
        case "rich_text":
            for element in block["elements"]:
                yield from _slack_rich(element, found)
        case "actions" | "input":
            for element in block.get("elements") or [block["element"]]:
                found.labels.append(_slack_plain(element.get("text") or element.get("placeholder")))
        case "section":
            yield _slack_element(block["text"], found)
            if "accessory" in block:
                accessory = block["accessory"]
                found.labels.append(_slack_plain(accessory.get("text") or accessory.get("placeholder")))
        case "data_table" | "table":
            yield block.get("caption", "")
            for row in block["rows"]:
                yield from (_slack_cell(cell, found) for cell in row)
        case "image":
            found.pictures.append(block["alt_text"])
        case kind:
            assert kind == "divider", block


def _slack_plain(element: Json) -> str:
    assert (element["type"], element.get("emoji")) == ("plain_text", False), f"markup is alive: {element}"
    return element["text"]


def _slack_element(element: Json, found: Reduced) -> str:
    """One element of text. mrkdwn is alive, so that nobody's words may stand in it."""
    match element["type"]:
        case "text":
            return element["text"]
        case "plain_text":
            return _slack_plain(element)
        case "link":
            found.links.append(element["url"])
            return element.get("text") or element["url"]
        case "date":
            return element["fallback"]
        case "user" | "usergroup":
            found.mentions.append(element.get("user_id") or element["usergroup_id"])
            return ""
        case "image":
            found.pictures.append(element["alt_text"])
            return ""
        case kind:
            raise AssertionError(f"markup is alive: {kind} {element}")


def _slack_rich(element: Json, found: Reduced) -> Iterator[str]:
    if element["type"] == "rich_text_list":
        for number, entry in enumerate(element["elements"], 1):
            marker = f"{element.get('offset', 0) + number}. " if element["style"] == "ordered" else ""
            yield marker + "".join(_slack_rich(entry, found))
    else:
        assert element["type"] in ("rich_text_section", "rich_text_quote", "rich_text_preformatted"), element
        yield "".join(_slack_element(each, found) for each in element["elements"])


def _slack_cell(cell: Json, found: Reduced) -> str:
    if cell["type"] == "rich_text":
        return "\n".join(text for element in cell["elements"] for text in _slack_rich(element, found))
    return str(cell.get("text", cell.get("value", "")))


def _simulator(body: Json, found: Reduced) -> Iterator[str]:
    json.dumps(body)
    for block in body["blocks"]:
        yield from _room_block(block, found)


def _room_block(block: Json, found: Reduced) -> Iterator[str]:
    match block["type"]:
        case "heading":
            found.headings.append((block["level"], block["text"]))
            yield block["text"]
        case "paragraph" | "quote" | "title":
            yield _room_runs(block["runs"], found)
        case "item":
            yield f"{block['marker'].removeprefix('•')} {_room_runs(block['runs'], found)}"
        case "small" | "caption" | "code":
            yield block["text"]
        case "words":
            yield "" if block["continued"] else block["by"]
            yield block["text"]
        case "moment":
            yield f"{block['label']}: {block['when']}"
        case "callout":
            yield "" if block["continued"] else block["label"]
            for inner in block["blocks"]:
                yield from _room_block(inner, found)
        case "table":
            for row in (block["header"], *block["rows"]):
                yield from (_room_runs(cell, found) for cell in row)
        case "buttons":
            found.labels += [each["label"] for each in block["buttons"]]
        case "finder":
            found.labels.append(block["label"])
        case "ping":
            found.mentions.append(block["ref"])
        case kind:
            assert kind == "divider", block


def _room_runs(runs: Iterable[Json], found: Reduced) -> str:
    runs = list(runs)
    found.links += [run["link"] for run in runs if "link" in run]
    return "".join(run["text"] for run in runs)


_READERS = {"discord": _discord, "slack": _slack, "simulator": _simulator}

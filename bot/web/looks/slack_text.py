"""Slack's rich text, mrkdwn and plain text as its client shows them."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from markupsafe import Markup

from bot.web.looks.markup import DEEPEST, joined, link, moment, part, parts, tag, text, undrawn, word

LONGEST = 6_000
"""Characters of mrkdwn that are read as markup. A section takes 3,000; what is longer is shown to the letter."""

_DEEPEST = 8
_TOKEN = re.compile(
    r"<(?P<target>[^<>|\n]{1,3000})(?:\|(?P<label>[^<>]*))?>|```(?P<block>.+?)```|`(?P<code>[^`\n]+)`"
    r"|(?<!\w)\*(?P<strong>\S|\S[^*\n]*\S)\*(?!\w)|(?<!\w)_(?P<em>\S|\S[^_\n]*\S)_(?!\w)"
    r"|(?<!\w)~(?P<s>\S|\S[^~\n]*\S)~(?!\w)",
    re.DOTALL,
)
_DATE = re.compile(r"!date\^(-?\d{1,15})\^([^^]*)(?:\^.*)?", re.DOTALL)
_WHEN = re.compile(r"\{(\w+)\}")
_STYLES = (("code", "code"), ("strike", "s"), ("italic", "em"), ("bold", "strong"))


def text_object(value: object, zone: tzinfo) -> Markup:
    """A text object: plain_text to the letter, mrkdwn with its marks."""
    told = part(value)
    if told.get("type") == "mrkdwn":
        return mrkdwn(word(told.get("text")), zone)
    return text(told.get("text")) if told.get("type") == "plain_text" else undrawn(told.get("type"))


def mrkdwn(content: str, zone: tzinfo) -> Markup:
    """mrkdwn as it is sent: "<…>" acts, "&lt;" is a letter."""
    return text(_typed(content)) if len(content) > LONGEST else _marked(content, zone, 0)


def rich_text(block: Mapping[str, Any], zone: tzinfo) -> Markup:
    """A rich_text block."""
    return joined(_passages(block, zone, 0))


def when(at: datetime, pattern: str) -> str:
    """A time in Slack's own pattern, like "{date_long} {time}"."""
    day = f"{at:%B} {at.day}{_nth(at.day)}, {at.year}"
    known = {
        "date": day,
        "date_num": f"{at:%Y-%m-%d}",
        "date_short": f"{at:%b} {at.day}, {at.year}",
        "date_long": f"{at:%A}, {day}",
        "time": f"{at:%H:%M}",
        "time_secs": f"{at:%H:%M:%S}",
    }
    return _WHEN.sub(lambda match: known.get(match[1].removesuffix("_pretty"), match[0]), pattern)


def _passages(block: Mapping[str, Any], zone: tzinfo, depth: int) -> Iterator[Markup]:
    if depth > DEEPEST:
        yield undrawn("text in text, too deep")
        return
    for element in parts(block.get("elements")):
        inner = joined(_element(each, zone) for each in parts(element.get("elements")))
        match element.get("type"):
            case "rich_text_section":
                yield tag("p", inner, cls="s-text", dir="auto")
            case "rich_text_quote":
                yield tag("blockquote", tag("p", inner, cls="s-text", dir="auto"))
            case "rich_text_preformatted":
                yield tag("pre", tag("code", inner), tabindex="0")
            case "rich_text_list":
                yield _list(element, zone, depth)
            case other:
                yield undrawn(other)


def _list(element: Mapping[str, Any], zone: tzinfo, depth: int) -> Markup:
    offset, indent = element.get("offset"), element.get("indent")
    start = offset if isinstance(offset, int) else 0
    level = min(max(indent, 0), 9) if isinstance(indent, int) else 0
    items = []
    for number, item in enumerate(parts(element.get("elements"))):
        marker = f"{start + number + 1}." if element.get("style") == "ordered" else "•"
        inner = joined(_passages({"elements": [item]}, zone, depth + 1))
        items.append(tag("div", tag("span", marker, cls="marker"), " ", inner, cls=f"item in-{level}"))
    bar = " barred" if element.get("border") else ""
    return tag("div", *items, cls=f"list{bar}")


def _element(element: Mapping[str, Any], zone: tzinfo) -> Markup:
    draw_one = _ELEMENTS.get(word(element.get("type")))
    return _styled(draw_one(element, zone), element) if draw_one else undrawn(element.get("type"))


def _styled(inner: Markup, element: Mapping[str, Any]) -> Markup:
    style = part(element.get("style"))
    for name, html in _STYLES:
        inner = tag(html, inner) if style.get(name) else inner
    return inner


def _link(element: Mapping[str, Any], zone: tzinfo) -> Markup:
    url = word(element.get("url"))
    return link(url, word(element.get("text")) or url)


def _date(element: Mapping[str, Any], zone: tzinfo) -> Markup:
    at = moment(element.get("timestamp"), zone)
    return tag("time", when(at, word(element.get("format"))) if at else word(element.get("fallback")), cls="stamp")


def _mention(name: str) -> Markup:
    return tag("span", name, cls="mention")


_ELEMENTS: Mapping[str, Callable[[Mapping[str, Any], tzinfo], Markup]] = {
    "text": lambda element, _: text(element.get("text")),
    "link": _link,
    "date": _date,
    "emoji": lambda element, _: text(f":{word(element.get('name'))}:"),
    "user": lambda element, _: _mention("@member"),
    "usergroup": lambda element, _: _mention("@group"),
    "channel": lambda element, _: _mention("#channel"),
    "broadcast": lambda element, _: _mention(f"@{word(element.get('range'))}"),
    "color": lambda element, _: text(element.get("value")),
}


def _marked(content: str, zone: tzinfo, depth: int) -> Markup:
    made: list[str] = []
    at = 0
    for match in _TOKEN.finditer(content) if depth <= _DEEPEST else ():
        made += [_typed(content[at : match.start()]), _token(match, zone, depth)]
        at = match.end()
    return joined([*made, _typed(content[at:])])


def _token(match: re.Match[str], zone: tzinfo, depth: int) -> Markup:
    match match.lastgroup:
        case "block":
            return tag("code", _typed(match["block"]), cls="s-block")
        case "code":
            return tag("code", _typed(match["code"]))
        case "strong" | "em" | "s" as name:
            return tag(name, _marked(match[name], zone, depth + 1))
        case _:
            return _target(match["target"], match["label"], zone)


def _target(target: str, label: str | None, zone: tzinfo) -> Markup:
    """What stands in "<…>": somebody, a channel, a time or a link."""
    if date := _DATE.fullmatch(target):
        at = moment(date[1], zone)
        return tag("time", when(at, date[2]) if at else _typed(label or ""), cls="stamp")
    if target.startswith("@"):
        return _mention(f"@{_typed(label or 'member')}")
    if target.startswith("#"):
        return _mention(f"#{_typed(label or 'channel')}")
    if target.startswith("!"):
        return _mention(_typed(label or "@group" if target.startswith("!subteam") else f"@{target[1:]}"))
    return link(_typed(target), _typed(label or target))


def _typed(content: str) -> str:
    return content.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _nth(day: int) -> str:
    return "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")

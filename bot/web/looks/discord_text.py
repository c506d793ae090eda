"""Discord's markdown as its client shows it."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo

from markupsafe import Markup

from bot.web.looks.markup import joined, link, moment, tag, text

LONGEST = 6_000
"""Characters of one text that are read as markdown. Discord takes 4,000; what is longer is shown to the letter, so that
no text can keep the reader busy."""

_DEEPEST = 8
_CODE = r"(?<!`)(?P<fence>`+)(?!`)(?P<inside>.+?)(?<!`)(?P=fence)(?!`)"
_TOKENS = {
    "escape": r"\\[!-/:-@\[-`{-~]",
    "code": _CODE,
    "stamp": r"<t:(?P<at>-?\d{1,15})(?::(?P<style>[tTdDfFR]))?>",
    "user": r"<@!?\d{1,25}>",
    "role": r"<@&\d{1,25}>",
    "channel": r"<#\d{1,25}>",
    "command": r"</(?P<command>[^:<>]{1,80}):\d{1,25}>",
    "emoji": r"<a?(?P<emoji>:\w{1,64}:)\d{1,25}>",
    "angle": r"<(?P<angle>https?://[^\s<>]+)>",
    "bare": r"https?://[^\s<>]*[^\s<>.,:;\"'\])]",
    "everyone": r"@(?:everyone|here)",
    "opens": r"\*\*|\*(?![\s*])|__|(?<!\w)_|~~|\|\||\[",
}
_TOKEN = re.compile("|".join(f"(?P<is_{name}>{rule})" for name, rule in _TOKENS.items()), re.DOTALL)
_PAIRS = {
    "**": ("strong", r"\*\*(?!\*)"),
    "*": ("em", r"(?<!\*)\*(?!\*)"),
    "__": ("u", r"__(?!_)"),
    "_": ("em", r"_(?!\w)"),
    "~~": ("s", r"~~"),
    "||": ("spoiler", r"\|\|"),
    "[": ("link", r"\]\(<?(?P<url>https?://[^\s()<>]+)>?\)"),
}
"""What opens → what is inside, and what closes it. An escape and code in between are passed over."""
_CLOSES = {mark: re.compile(rf"\\.|{_CODE}|(?P<end>{closer})", re.DOTALL) for mark, (_, closer) in _PAIRS.items()}
_HEADING = re.compile(r"(#{1,3}) +(\S.*)")
_SMALL = re.compile(r"-# +(\S.*)")
_ITEM = re.compile(r"( *)([-*+]|\d{1,9}[.)]) +(.*)")
_WHEN = {
    "t": "{0:%H:%M}",
    "T": "{0:%H:%M:%S}",
    "d": "{0:%d/%m/%Y}",
    "D": "{0.day} {0:%B %Y}",
    "f": "{0.day} {0:%B %Y %H:%M}",
    "F": "{0:%A}, {0.day} {0:%B %Y %H:%M}",
    "R": "{0.day} {0:%B %Y %H:%M}",
}


def to_html(content: str, zone: tzinfo) -> Markup:
    """One text display. Times are told in `zone`."""
    if len(content) > LONGEST:
        return tag("p", content, cls="d-text", dir="auto")
    return joined(_blocks(content.split("\n"), zone))


def when(at: datetime, style: str) -> str:
    """A time as the client words it."""
    return _WHEN[style].format(at)


def _blocks(lines: Sequence[str], zone: tzinfo, quoted: bool = False) -> Iterator[Markup]:
    """Line by line. A quote holds no further quote: the client shows that mark as it was typed."""
    at = 0
    while at < len(lines):
        line, end = lines[at], at + 1
        if line.startswith("```"):
            end = next((n for n in range(at + 1, len(lines)) if lines[n].endswith("```")), len(lines) - 1) + 1
            yield tag("pre", tag("code", _fenced("\n".join(lines[at:end]))), tabindex="0")
        elif line.startswith("> ") and not quoted:
            end = _run(lines, at, lambda each: each.startswith("> "))
            yield tag("blockquote", *_blocks([each[2:] for each in lines[at:end]], zone, quoted=True))
        elif heading := _HEADING.fullmatch(line):
            level = len(heading[1])
            yield tag(f"h{level + 3}", _inline(heading[2], zone), cls=f"d-h{level}", dir="auto")
        elif small := _SMALL.fullmatch(line):
            yield tag("p", _inline(small[1], zone), cls="d-small", dir="auto")
        elif item := _ITEM.fullmatch(line):
            end = _run(lines, at, lambda each: each.startswith(" ") and not _ITEM.fullmatch(each))
            yield _item(item, [each.strip() for each in lines[at + 1 : end]], zone)
        elif line.strip():
            end = _run(lines, at, _is_text)
            yield tag("p", _inline("\n".join(lines[at:end]), zone), cls="d-text", dir="auto")
        elif at and end < len(lines):
            yield tag("div", cls="blank")  # the client shows every empty line
        at = end


def _run(lines: Sequence[str], at: int, belongs: Callable[[str], bool]) -> int:
    """Behind the last of the lines from `at` on that belong together."""
    return next((n for n in range(at + 1, len(lines)) if not belongs(lines[n])), len(lines))


def _is_text(line: str) -> bool:
    marked = line.startswith(("```", "> ")) or any(rule.fullmatch(line) for rule in (_HEADING, _SMALL, _ITEM))
    return bool(line.strip()) and not marked


def _fenced(block: str) -> str:
    inside = block.removeprefix("```").removesuffix("```")
    return inside.removeprefix("\n").removesuffix("\n")


def _item(item: re.Match[str], more: Sequence[str], zone: tzinfo) -> Markup:
    depth = min(len(item[1]) // 2, 9)
    marker = "•" if item[2] in "-*+" else item[2]
    body = _inline("\n".join([item[3], *more]), zone)
    return tag("p", tag("span", marker, cls="marker"), " ", tag("span", body), cls=f"item in-{depth}", dir="auto")


def _inline(content: str, zone: tzinfo, depth: int = 0) -> Markup:
    """Everything inside a line. What is nested too deep, or opened and never closed, is shown as it was typed."""
    made: list[str] = []
    never: set[str] = set()  # marks that nothing closes any more
    begin = at = 0
    while depth <= _DEEPEST and (match := _TOKEN.search(content, at)):
        at = match.end()
        if match["is_opens"] is None:
            made += [content[begin : match.start()], _token(match, zone)]
        elif end := _closing(content, at, match[0], never):
            inner = _inline(content[at : end.start()], zone, depth + 1)
            made += [content[begin : match.start()], _paired(match[0], inner, end)]
            at = end.end()
        else:
            continue
        begin = at
    return joined([*made, content[begin:]])


def _closing(content: str, at: int, mark: str, never: set[str]) -> re.Match[str] | None:
    if mark in never:
        return None
    ends = (match for match in _CLOSES[mark].finditer(content, at) if match["end"] and match.start() > at)
    end = next(ends, None)
    if end is None:
        never.add(mark)
    elif mark == "[" and content.count("[", at, end.start()) != content.count("]", at, end.start()):
        return None
    return end


def _paired(mark: str, inner: Markup, end: re.Match[str]) -> Markup:
    name, _ = _PAIRS[mark]
    if name == "link":
        return link(end["url"], inner)
    return tag("span", inner, cls=name) if name == "spoiler" else tag(name, inner)


def _token(match: re.Match[str], zone: tzinfo) -> Markup:
    match (match.lastgroup or "").removeprefix("is_"):
        case "escape":
            return text(match[0][1:])
        case "code":
            padded = "`" in match["inside"]
            return tag("code", match["inside"].strip(" ") if padded else match["inside"])
        case "stamp":
            at = moment(match["at"], zone)
            return tag("time", when(at, match["style"] or "f"), cls="stamp") if at else text(match[0])
        case "emoji":
            return text(match["emoji"])
        case "angle":
            return link(match["angle"], match["angle"])
        case "bare":
            return link(match[0], match[0])
        case named:
            return tag("span", _mention(named, match), cls="mention")


def _mention(kind: str, match: re.Match[str]) -> str:
    """What stands where somebody is mentioned: names are not in the text, so it shows which kind it is."""
    named = {"user": "@member", "role": "@role", "channel": "# channel"}
    return f"/{match['command']}" if kind == "command" else named.get(kind, match[0])

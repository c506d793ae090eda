"""Discord's markdown as a client reads it, after the rules its users know: what a reader sees, and what would act.

`read` answers with the text that is seen; everything that would do something (a mention, a link, a spoiler, a time
stamp, a custom emoji) stands in `acts`. Written apart from the renderer, so that the two can disagree.
"""

import re
from dataclasses import dataclass, field

ZERO_WIDTH = "\u200b"
_FENCE = re.compile(r"```(?:[a-z0-9_+\-.#]+?\n)?\n*([^\n].*?)\n*```", re.DOTALL)
_RULES = (
    ("escape", re.compile(r"\\([^0-9A-Za-z\s])")),
    ("fence", _FENCE),
    ("code", re.compile(r"(`+)(.*?[^`])\1(?!`)", re.DOTALL)),
    ("link", re.compile(r"\[((?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*)\]\((https?://[^\s)]+)\)")),
    ("angle", re.compile(r"<(https?://[^\s>]+)>")),
    ("mention", re.compile(r"@everyone|@here|<@[!&]?\d+>|<#\d+>|</[^\n:>]+:\d+>|<id:\w+>|<[\w.+-]+@[^\s<>]+>", re.I)),
    ("time", re.compile(r"<t:-?\d+(?::[a-zA-Z])?>")),
    ("emoji", re.compile(r"<a?:\w+:\d+>|:[\w+~-]+:")),
    ("url", re.compile(r"https?://[^\s<]+")),
    ("strong", re.compile(r"\*\*((?:\\.|[^\\])+?)\*\*(?!\*)", re.DOTALL)),
    ("underline", re.compile(r"__((?:\\.|[^\\])+?)__(?!_)", re.DOTALL)),
    ("em", re.compile(r"\*(?=\S)((?:\*\*|\\.|\s+(?:\\.|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)", re.DOTALL)),
    ("em", re.compile(r"\b_((?:__|\\.|[^\\_])+?)_\b", re.DOTALL)),
    ("strike", re.compile(r"~~(.+?)~~", re.DOTALL)),
    ("spoiler", re.compile(r"\|\|(.+?)\|\|", re.DOTALL)),
)
_TEXT = re.compile(r"[^\\`\[<@:h*_~|]+|.", re.DOTALL)
_PREFIX = re.compile(r"(?P<quote> *>>?>? )|(?P<heading>#{1,3} +)|(?P<small>-# +)|(?P<item> *(?:[-*+]|\d+\.) +)")


@dataclass
class Seen:
    text: str = ""
    acts: list[tuple[str, str]] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)  # (kind, text) of each line


def read(content: str) -> Seen:
    """One text display."""
    seen = Seen()
    at = 0
    for match in _FENCE.finditer(_without_quotes(content)):
        _read_lines(_without_quotes(content)[at : match.start()], seen)
        seen.lines.append(("fence", match[1]))
        at = match.end()
    _read_lines(_without_quotes(content)[at:] if at else content, seen)
    seen.lines = [(kind, text.replace(ZERO_WIDTH, "")) for kind, text in seen.lines]
    seen.text = "\n".join(text for _, text in seen.lines)
    return seen


def texts(body: dict) -> list[str]:
    """The contents of all text displays in reading order."""

    def walk(components):
        for component in components:
            if component["type"] == 10:
                yield component["content"]
            yield from walk(component.get("components", ()))

    return list(walk(body["components"]))


def components(body: dict) -> list[dict]:
    """Every component of a body, nested ones included."""

    def walk(parts):
        for part in parts:
            yield part
            yield from walk(part.get("components", ()))

    return list(walk(body["components"]))


def _without_quotes(content: str) -> str:
    return re.sub(r"^> ", "", content, flags=re.MULTILINE) if "```" in content else content


def _read_lines(content: str, seen: Seen) -> None:
    for line in content.split("\n"):
        kind = "text"
        while match := _PREFIX.match(line):
            if kind not in ("text", "quote"):
                break
            kind = match.lastgroup
            marker = match[0].strip() if kind == "item" else ""
            line = line[match.end() :]
            if kind == "item":
                line = ("• " if marker in "-*+" else marker + " ") + _inline(line, seen)
                break
        seen.lines.append((kind, line if kind == "item" else _inline(line, seen)))


def _inline(text: str, seen: Seen) -> str:
    out, at = "", 0
    while at < len(text):
        for name, rule in _RULES:
            match = rule.match(text, at)
            if match and name == "em" and rule.pattern.startswith(r"\b") and at and text[at - 1].isalnum():
                match = None
            if match:
                out += _shown(name, match, seen)
                at = match.end()
                break
        else:
            match = _TEXT.match(text, at)
            out += match[0]
            at = match.end()
    return out


def _shown(name: str, match: re.Match, seen: Seen) -> str:
    match name:
        case "escape":
            return match[1]
        case "code":
            return re.sub(r"^ (?= *`)|(` *) $", r"\1", match[2]) if "`" in match[2] else match[2]
        case "link":
            seen.acts.append(("link", match[2]))
            return _inline(match[1], seen)
        case "angle" | "url":
            seen.acts.append(("link", match[1] if name == "angle" else match[0]))
            return match[1] if name == "angle" else match[0]
        case "strong" | "em":
            return _inline(match[1], seen)
        case _:
            seen.acts.append((name, match[0]))
            return match[0]

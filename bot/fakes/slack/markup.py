"""What Slack would do with a text: whom it would wake, and what should have been escaped."""

import re
from collections.abc import Iterator
from typing import Any

_TOKEN = re.compile(r"<([^<>\n]*)>")
_PING = re.compile(r"<(?:!(?:channel|here|everyone|group|subteam\^)|@[UWB])[^<>\n]*>")
_LINK = re.compile(
    r"(?:https?://|mailto:|tel:|slack:|#C|!date\^|!(?:channel|here|everyone|subteam)|@[UW])", re.IGNORECASE
)
_BARE_AND = re.compile(r"&(?!(?:amp|lt|gt);)")
_QUOTE = re.compile(r"^>+", re.MULTILINE)


def escape(text: str) -> str:
    """What somebody typed, as Slack sends it on: `&`, `<` and `>` are entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def shown(text: str) -> str:
    """The text as a reader sees it: links by their label, entities as characters."""
    return unescape(_TOKEN.sub(lambda match: match[1].rpartition("|")[2], text))


def pings(text: str | None, blocks: Any) -> list[str]:
    """Everybody whom this message would wake."""
    found = [
        match[0] for marked in [text or "", *_marked(blocks), *_markdown(blocks)] for match in _PING.finditer(marked)
    ]
    return found + [f"<{kind}>" for kind in _rich_pings(blocks)]


def unescaped(text: str | None, blocks: Any) -> list[str]:
    """Lines of mrkdwn that hold a stray `<`, `>` or `&`."""
    return [line for marked in [text or "", *_marked(blocks)] for line in marked.splitlines() if _stray(line)]


def _stray(line: str) -> bool:
    rest = _TOKEN.sub(lambda match: "" if _LINK.match(match[1]) else match[0], _QUOTE.sub("", line))
    return bool(set("<>") & set(rest)) or _BARE_AND.search(rest) is not None


def _marked(value: Any) -> Iterator[str]:
    return _texts(value, "mrkdwn")


def _markdown(value: Any) -> Iterator[str]:
    return _texts(value, "markdown")


def _texts(value: Any, kind: str) -> Iterator[str]:
    for thing in _objects(value):
        if thing.get("type") == kind and isinstance(thing.get("text"), str):
            yield thing["text"]


def _rich_pings(value: Any) -> Iterator[str]:
    for thing in _objects(value):
        if thing.get("type") in ("user", "usergroup", "broadcast"):
            yield str(thing["type"])


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _objects(inner)

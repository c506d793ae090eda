"""How somebody types a command into Slack's message box, where everything behind the name is one text."""

from collections.abc import Mapping

BUILT_IN = frozenset(
    {
        *("active", "apps", "archive", "away", "call", "collapse", "dm", "dnd", "expand", "feed", "invite", "join"),
        *("kick", "leave", "me", "msg", "mute", "open", "part", "prefs", "pro", "remind", "remove", "rename"),
        *("search", "shortcuts", "shrug", "star", "status", "topic", "unarchive", "who"),
    }
)
"""Slack's own commands, which no app can have: slack.com/help/articles/201259356."""

OWN = "/homeroom"


def typed_command(name: str, options: Mapping[str, str]) -> tuple[str, str]:
    """(command, text): "cohort create" with options → ("/cohort", 'create name:"Spring one" time:09:00')."""
    word, _, rest = name.partition(" ")
    typed = typed_options(options)
    if word in BUILT_IN:
        return OWN, " ".join(filter(None, (name, typed)))
    return f"/{word}", " ".join(filter(None, (rest, typed)))


def typed_options(options: Mapping[str, str]) -> str:
    """One option is typed bare, several by name; blanks ask for quotes."""
    if len(options) == 1:
        return next(iter(options.values()))
    return " ".join(f"{name}:{_quoted(value)}" for name, value in options.items() if value)


def _quoted(value: str) -> str:
    return f'"{value}"' if any(letter.isspace() for letter in value) else value

"""What a view remembers of how it came to be. Slack keeps it (private_metadata), shows it to nobody and sends it
back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.platforms.slack.limits import PRIVATE, length


@dataclass(frozen=True)
class Memory:
    """channel: where the view was opened from. home: the tab of the Home that it stands in or was opened from, None
    outside of it. name, options: the command whose answer it shows, so that another page of it can be asked for."""

    channel: str | None = None
    home: str | None = None
    name: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether all of it fits what Slack keeps."""
        return length(self._whole()) <= PRIVATE

    def note(self) -> str:
        """As private_metadata; too long a command is forgotten."""
        return self._whole() if self.is_whole else json.dumps({"channel": self.channel, "home": self.home})

    def _whole(self) -> str:
        kept = {"channel": self.channel, "home": self.home, "name": self.name, "options": dict(self.options)}
        return json.dumps({name: value for name, value in kept.items() if value not in (None, {})})


def to_memory(view: Mapping[str, Any]) -> Memory:
    """What a view that came back remembers; nothing when it is none of ours."""
    try:
        kept = json.loads(view.get("private_metadata") or "{}")
    except (ValueError, TypeError):
        return Memory()
    if not isinstance(kept, dict):
        return Memory()
    options = kept.get("options")
    return Memory(
        _text(kept.get("channel")),
        _text(kept.get("home")),
        _text(kept.get("name")) or "",
        {str(key): str(value) for key, value in options.items()} if isinstance(options, dict) else {},
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None

"""What is drawn: moments of a course, each as every platform shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["message", "note", "direct", "form", "home", "said"]
"""message: of the bot's, for everybody. note: of the bot's, for one person, where they are. direct: the same as a
direct message. form: open in front of somebody. home: the page of somebody's own. said: a person's words, {"name",
"text", "mark"}; `mark` is the bot's reaction, "kept", "complete" or ""."""


@dataclass(frozen=True)
class Exhibit:
    """One body, as it goes out. thread: {"title", "replies"} of the thread that hangs under a message, if one does;
    within: it stands in a thread itself."""

    kind: Kind
    body: Mapping[str, Any]
    thread: Mapping[str, Any] | None = None
    within: bool = False


@dataclass(frozen=True)
class Scene:
    """One moment. id: its anchor, of a–z, 0–9 and "-". looks: a platform's name → what stands there, in order."""

    id: str
    title: str
    says: str
    looks: Mapping[str, tuple[Exhibit, ...]]

"""What the pages of the course's reader are called, wherever they are served: a link in a chat is known by its end."""

import re
from dataclasses import dataclass
from typing import Literal

PageKind = Literal["day", "week", "part", "paper", "concept"]

_ASKED = re.compile(
    r"(?:(day|week|paper)-([1-9][0-9]{0,2})|(part)-([A-Z])|(concept)-([a-z0-9]+(?:-[a-z0-9]+)*))\.html", re.ASCII
)


@dataclass(frozen=True)
class PageName:
    """Which page a name stands for; `id` is a number in digits, a part's letter or a concept's id."""

    kind: PageKind
    id: str


def to_page_name(name: str) -> PageName | None:
    """ "day-32.html" → PageName("day", "32"); None for what is no page of a lesson, week, part, paper or concept."""
    match = _ASKED.fullmatch(name)
    if match is None:
        return None
    kind, id = (each for each in match.groups() if each is not None)
    return PageName(kind, id)  # type: ignore[arg-type]  # the pattern names the kinds

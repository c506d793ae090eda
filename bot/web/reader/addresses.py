"""What every page is called. All names are relative to the reader's root, so a link works wherever that is."""

import re
from dataclasses import dataclass
from typing import Literal

INDEX = "index.html"
PAPERS = "papers.html"
CONCEPTS = "concepts.html"
STYLE = "reader.css"
PARTS_STYLE = "parts.css"
ICON = "icon.svg"
FILES = "files/"

Kind = Literal["day", "week", "part", "paper", "concept"]

_ASKED = re.compile(
    r"(?:(day|week|paper)-([1-9][0-9]{0,2})|(part)-([A-Z])|(concept)-([a-z0-9]+(?:-[a-z0-9]+)*))\.html", re.ASCII
)


@dataclass(frozen=True)
class Asked:
    """Which page a name stands for; `id` is a number in digits, a part's letter or a concept's id."""

    kind: Kind
    id: str


def to_asked(name: str) -> Asked | None:
    """ "day-32.html" → Asked("day", "32"); None for what is no page of a lesson, week, part, paper or concept."""
    match = _ASKED.fullmatch(name)
    if match is None:
        return None
    kind, id = (each for each in match.groups() if each is not None)
    return Asked(kind, id)  # type: ignore[arg-type]  # the pattern names the kinds


def day_page(day: int) -> str:
    return f"day-{day}.html"


def week_page(week: int) -> str:
    return f"week-{week}.html"


def part_page(part: str) -> str:
    return f"part-{part}.html"


def paper_page(number: int) -> str:
    return f"paper-{number}.html"


def concept_page(id: str) -> str:
    return f"concept-{id}.html"


def file_page(name: str) -> str:
    """Where a lesson's data file is downloaded."""
    return FILES + name

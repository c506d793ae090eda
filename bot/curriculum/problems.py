"""What is wrong with the course's files, said to their authors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

Loc = tuple[str | int, ...]
"""Where a value stands in its file: keys and list indexes from 0, like ("work", "steps", 0, "lab")."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a text file. Both count from 1, columns in characters, as editors do."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong. `field` is like `work.steps[1].lab`, counting list entries from 1; "" for a whole file.

    `says` names what is wrong and what to write instead, in one sentence for an author.
    """

    file: str
    line: int
    column: int
    field: str
    says: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.field}: {self.says}" if self.field else f"{place}: {self.says}"


class CourseErrors(Exception):
    """The course cannot be used as it is: `problems` holds all that is wrong, by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Places:
    """Where the keys and the values of one file stand. `written` keeps plain scalars that YAML read as no text."""

    file: str
    keys: Mapping[Loc, Spot] = field(default_factory=dict)
    values: Mapping[Loc, Spot] = field(default_factory=dict)
    written: Mapping[Loc, str] = field(default_factory=dict)

    def value(self, loc: Loc) -> Spot:
        """The spot of the value at `loc`, or of the nearest thing around it."""
        while loc and loc not in self.values:
            loc = loc[:-1]
        return self.values.get(loc, Spot())

    def key(self, loc: Loc) -> Spot:
        """The spot of the key that names `loc`; of the value, where it is an entry of a list."""
        return self.keys.get(loc) or self.value(loc)

    def problem(self, loc: Loc, says: str, at: Spot | None = None) -> Problem:
        """A problem with the value at `loc`; `at` says where else to point."""
        spot = at or self.value(loc)
        return Problem(self.file, spot.line, spot.column, field_name(loc), says)


def field_name(loc: Loc) -> str:
    """("work", "steps", 0, "lab") → "work.steps[1].lab"."""
    name = ""
    for part in loc:
        name += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return name.removeprefix(".")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None when none is near."""
    best = process.extractOne(word[:100].casefold(), list(known), scorer=fuzz.ratio, score_cutoff=60)
    return best[0] if best else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ " (did you mean `x`?)", or "" when nothing known is near `word`."""
    best = nearest(word, known)
    return f" (did you mean `{best}`?)" if best else ""


def shortened(text: str) -> str:
    """`text` on one line and short enough to be quoted in a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:39]}…"

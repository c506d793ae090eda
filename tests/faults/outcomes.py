"""What a run under faults came to, and whether the six invariants hold, by the oracle, the record and the logs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crash_ground import MARK, Ground, Tally
from rich.table import Table

INVARIANTS = {
    "I1": "one visible post for each cohort and date, with its thread",
    "I2": "every date that has come is done, skipped, blocked or dead; none is missing",
    "I3": "what is kept is what stands on the platform, once, to the letter, and its writer was told",
    "I4": "no post anywhere else",
    "I5": "after the faults the work is done in bounded time",
    "I6": "no token and no member's word in any log",
    "rules": "no call that broke a rule of the platform",
}
COLUMNS = ("expected", "posted", "doubled", "missing", "written", "kept", "doubled ", "drained s")


@dataclass(frozen=True)
class Outcome:
    """One run. injected: kind of fault → how often. drained_s: seconds from the last fault, or its healing, until
    everything stood and was kept. broken: the invariants that do not hold."""

    campaign: str
    where: str
    seed: str
    injected: Mapping[str, int]
    tally: Tally
    drained_s: float
    broken: tuple[str, ...]
    seconds: float = 0.0

    @property
    def figures(self) -> tuple[float, ...]:
        """In the order of COLUMNS."""
        t = self.tally
        return (t.expected, t.posted, t.doubled, t.missing, t.written, t.kept, t.twice + t.ghosts, self.drained_s)


@dataclass(frozen=True)
class Control:
    """A run with a protection switched off. seen: whether the suite saw the damage; told: how."""

    protection: str
    where: str
    seed: str
    seen: bool
    told: str


@dataclass
class LogWatch:
    """All logs in a folder, and how far each has been looked through."""

    folder: Path
    words: set[str] = field(default_factory=lambda: {MARK})
    _read: dict[Path, int] = field(default_factory=dict)

    def leaks(self, *more: str) -> Counter[str]:
        """Words (or `more`) that have come into a log since the last look, and how often."""
        found: Counter[str] = Counter()
        for path in self.folder.rglob("*.log"):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                text = file.read().decode("utf-8", "replace")
                self._read[path] = file.tell()
            for word in (*self.words, *more):
                found[word] += text.count(word)
        return +found


def judge(ground: Ground, tally: Tally, lessons: int, drained_s: float, within: float, watch: LogWatch) -> list[str]:
    """The names of the invariants that do not hold; empty for a run in which all do. within: seconds."""
    leaks = watch.leaks(*ground.tokens)
    broken = {
        "I1": tally.doubled or tally.threadless,
        "I2": tally.missing or ground.undecided(lessons),
        "I3": tally.kept != tally.written or tally.ghosts or tally.untold or tally.twice,
        "I4": tally.strays or ground.posted_elsewhere(),
        "I5": drained_s > within,
        "I6": leaks,
        "rules": tally.refusals,
    }
    return [name for name, damage in broken.items() if damage]


def to_table(outcomes: Sequence[Outcome]) -> Table:
    """A line a run, and the sums."""
    table = Table("campaign", "where", "seed", "faults", *COLUMNS, "I1-I6", pad_edge=False)
    for column in table.columns[4:12]:
        column.justify = "right"
    for each in outcomes:
        held = " ".join(each.broken) or "hold"
        style = "bold red" if each.broken else None
        figures = (f"{figure:g}" for figure in each.figures)
        table.add_row(each.campaign, each.where, each.seed, _told(each.injected), *figures, held, style=style)
    table.add_section()
    sums = [sum(column) for column in zip(*(each.figures[:-1] for each in outcomes), strict=True)]
    longest = max((each.drained_s for each in outcomes), default=0.0)
    amiss = sum(bool(each.broken) for each in outcomes)
    verdict = f"{amiss} of {len(outcomes)} broken" if amiss else f"hold in {len(outcomes)}"
    table.add_row("all", "", "", "", *(f"{each:g}" for each in sums), f"max {longest:g}", verdict)
    return table


def to_kinds(outcomes: Iterable[Outcome]) -> Table:
    """Faults injected by kind."""
    kinds: Counter[str] = Counter()
    for each in outcomes:
        kinds.update(each.injected)
    table = Table("fault", "injected")
    table.columns[1].justify = "right"
    for kind, number in sorted(kinds.items()):
        table.add_row(kind, f"{number}")
    return table


def to_controls(controls: Sequence[Control]) -> Table:
    table = Table("protection off", "where", "seed", "damage", "what the suite saw")
    for each in controls:
        seen = "seen" if each.seen else "NOT SEEN"
        table.add_row(each.protection, each.where, each.seed, seen, each.told, style=None if each.seen else "bold red")
    return table


def _told(injected: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in injected.items() if number) or "-"

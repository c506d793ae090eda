"""What every campaign works with: databases, processes, dice, logs, and somebody who is told how far it is."""

import logging
import random
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from crash_campaign import ROOT, Nursery
from crash_ground import Ground, open_ground
from fault_databases import Databases, open_databases
from outcomes import Control, LogWatch, Outcome, judge

from bot.clock import monotonic
from bot.engine.shelf import Shelf
from bot.logs import Lines

Cell = partial[Coroutine[Any, Any, Outcome | Control]]
"""One run of a campaign, not begun yet; its arguments tell which."""

PLACES = ("one", "two", "three")


@dataclass
class Bench:
    """seed: everything random follows from it. kills: in all. quick: each fault once."""

    folder: Path
    shelf: Shelf
    databases: Databases
    seed: int
    kills: int
    quick: bool
    told: Callable[[str], None]
    watch: LogWatch
    _nurseries: list[Nursery] = field(default_factory=list)

    def name(self, *parts: object) -> str:
        """A run's own seed."""
        return " ".join(map(str, (self.seed, *parts)))

    def dice(self, *parts: object) -> random.Random:
        return random.Random(self.name(*parts))

    @property
    def nurseries(self) -> list[Nursery]:
        """One for each place of a company; they begin when they are first asked for."""
        if not self._nurseries:
            self._nurseries = [Nursery(self.folder / f"victims-{place}.log") for place in PLACES]
        return self._nurseries

    def close(self) -> None:
        for each in self._nurseries:
            each.close()

    @asynccontextmanager
    async def ground(
        self, name: str, kind: str, platform: str, cohorts: int = 3, **more: object
    ) -> AsyncIterator[Ground]:
        """A ground on a new database, whose dice follow from the name."""
        url = self.databases.new(kind)
        async with open_ground(platform, url, self.shelf, cohorts, name, **more) as made:  # type: ignore[arg-type]
            yield made

    def outcome(
        self,
        campaign: str,
        where: str,
        ground: Ground,
        lessons: int,
        injected: Mapping[str, int],
        healed_at: float,
        began: float,
        within: float = 60.0,
    ) -> Outcome:
        """Judge what stands now. healed_at, began: by `monotonic`; within: seconds for the rest of the work."""
        now = monotonic()
        tally, drained = ground.tally(lessons), round(now - healed_at, 2)
        broken = tuple(judge(ground, tally, lessons, drained, within, self.watch))
        self.told(f"{campaign} {where}")
        return Outcome(campaign, where, f"{self.seed}", dict(injected), tally, drained, broken, round(now - began, 2))


@contextmanager
def open_bench(
    seed: int, kills: int, quick: bool, told: Callable[[str], None], server: str | None = None
) -> Iterator[Bench]:
    """Everything that is logged from here on goes into files of the bench's folder, as the program writes it. server: a
    PostgreSQL that runs already, by its URL."""
    folder = Path(tempfile.mkdtemp(prefix="homeroom-faults-"))
    handler = logging.FileHandler(folder / "in-process.log")
    handler.setFormatter(Lines())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    shelf = Shelf(ROOT / "tests" / "week_7")
    with open_databases(server) as databases:
        bench = Bench(folder, shelf, databases, seed, kills, quick, told, LogWatch(folder))
        try:
            yield bench
        finally:
            bench.close()
            root.removeHandler(handler)
            handler.close()

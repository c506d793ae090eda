"""Look-ups in courses of 300, 3,000 and 30,000 entries, and of 10,000 concepts, beside the libraries alone.

Each method reads the same course and answers the same questions, in a process of its own, ours and the others in
turn: how long it takes to build, how much the process grows by it, and the time of one look-up. Times are the
processor's. The larger courses are made of ours (`lookup/growing.py`); the questions are the labelled ones, in an order
that is the same in every run, as many of them as can be answered in some seconds. What the others would need beside
their search (names before texts, nothing ahead of the day, a plain no) is not counted against them.

python benchmarks/lookup_growth.py [--runs 2] [--quick]
"""

import gc
import multiprocessing
import random
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from resource import getpagesize
from time import perf_counter, process_time

from lookup.engines import ENGINES
from lookup.growing import grown
from lookup.methods import SINGLE, Build, homeroom
from lookup.queries import labelled
from lookup.timing import took
from measuring import Row, arguments, bar, percentile, row, tell

from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.model import Course

OURS = "homeroom"
METHODS: Mapping[str, Build] = {
    OURS: homeroom,
    **{name: build for name, build in (SINGLE | ENGINES).items() if name not in ("exact", "bm25f")},
}
CONCEPTS = 10_000
SIZES = (300, 3_000, 30_000)
QUERIES, LEAST, SECONDS = 300, 30, 3.0
"""How many are asked at most; after so many seconds no more, but no fewer than LEAST."""

Figures = dict[str, float]
FORKED = multiprocessing.get_context("fork")
"""The child has the course already, so that it grows by nothing but the index."""


def main() -> None:
    asked = arguments(__doc__, runs=2).parse_args()
    course = load_course(HOME / "curriculum")
    queries = [query.text for query in labelled(course)]
    random.Random(1).shuffle(queries)
    around = len(course.papers) + len(course.lessons)
    sizes = {f"{size:,} entries": size for size in SIZES} | {f"{CONCEPTS:,} concepts": CONCEPTS + around}
    sizes = dict(sorted(sizes.items(), key=lambda each: each[1]))
    if asked.quick:
        sizes = {name: size for name, size in sizes.items() if size == min(SIZES)}
    rows: list[Row] = []
    with bar() as progress:
        step = progress.add_task("growing", total=len(sizes) * len(METHODS) * (1 if asked.quick else asked.runs))
        for name, size in sizes.items():
            larger = grown(course, size)
            runs: list[dict[str, Figures]] = []
            for _ in range(1 if asked.quick else asked.runs):
                runs.append({})
                for method in METHODS:
                    runs[-1][method] = _measured(METHODS[method], larger, queries[:QUERIES])
                    progress.advance(step)
            rows += _rows(name, runs)
    tell("lookup_growth", "Look-ups as the course grows", rows)


def _measured(build: Build, course: Course, queries: Sequence[str]) -> Figures:
    """The figures of one method, from a child of this process. Raises EOFError when the child has failed."""
    here, there = FORKED.Pipe()
    child = FORKED.Process(target=_measure, args=(build, course, queries, there))
    child.start()
    there.close()
    try:
        return here.recv()  # type: ignore[no-any-return]
    finally:
        child.join()


def _measure(build: Build, course: Course, queries: Sequence[str], told: Connection) -> None:
    gc.collect()
    before = _resident()
    built, find = took(build, course, process_time)
    gc.collect()
    after = _resident()
    times: list[float] = []
    ends = perf_counter() + SECONDS
    for query in queries:
        if len(times) >= LEAST and perf_counter() > ends:
            break
        times.append(took(find, query)[0])
    p50, p99 = percentile(times, 0.5), percentile(times, 0.99)
    told.send({"build": built / 1_000, "memory": after - before, "p50": p50, "p99": p99})


def _rows(size: str, runs: Sequence[Mapping[str, Figures]]) -> list[Row]:
    """Ours beside each of the others. The aim for the slow end is the issue's, for 10,000 concepts."""
    units = {"p50": "ms", "p99": "ms", "build": "s", "memory": "MB"}
    aims = {"p99": 15.0} if size.endswith("concepts") else {}
    return [
        row(
            f"{size}: {what}",
            unit,
            [run[OURS][what] for run in runs],
            other,
            [run[other][what] for run in runs],
            at_most=aims.get(what) if other == "rapidfuzz" else None,
        )
        for what, unit in units.items()
        for other in METHODS
        if other != OURS
    ]


def _resident() -> float:
    """Megabytes of this process in memory. Linux tells it in /proc."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * getpagesize() / 1_000_000


if __name__ == "__main__":
    main()

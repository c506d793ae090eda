"""How well look-ups find what was meant, on the held-out half of the labelled queries, beside each single method.

    python benchmarks/lookup_quality.py        the table; the same as JSON in benchmarks/results/lookup_quality.json

The other half was used to choose the weights and thresholds. Times are of this machine in this run.
"""

import json
import sqlite3
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter

from lookup.queries import KINDS, Query, labelled
from rapidfuzz import fuzz, process

from bot.config import HOME
from bot.curriculum.index import Entry, to_entries
from bot.curriculum.load import load_course
from bot.curriculum.lookup import Lookup
from bot.curriculum.model import Course
from bot.curriculum.texts import TextIndex, stems
from bot.curriculum.words import content_words, folded

RESULTS = Path(__file__).parent / "results" / "lookup_quality.json"
MOST = 10

Find = Callable[[str], Sequence[tuple[str, str]]]
"""A query → (kind, id) of what is found, best first."""


def main() -> None:
    course = load_course(HOME / "curriculum")
    queries = [each for each in labelled(course) if each.held_out]
    table = {name: scored(find, queries) for name, find in methods(course).items()}
    print(f"{len(queries)} held-out queries of {len(labelled(course))}\n")
    show(table)
    times = timed(course, [each.text for each in queries])
    print("\n" + "  ".join(f"{name} {value:.2f} ms" for name, value in times.items()))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"queries": len(queries), "methods": table, "ms": times}, indent=1) + "\n")


def methods(course: Course) -> Mapping[str, Find]:
    """Homeroom's look-up, and each single method over the same entries."""
    lookup, entries = Lookup(course), to_entries(course)
    return {
        "homeroom": lambda text: [(hit.kind, hit.id) for hit in lookup.find(text, limit=MOST)],
        "exact": _exact(entries),
        "rapidfuzz": _rapidfuzz(entries),
        "fts5": _fts5(entries),
        "bm25f": _bm25f(entries),
    }


def scored(find: Find, queries: Sequence[Query]) -> dict[str, dict[str, float]]:
    """Kind → share right at the first place and among three, mean reciprocal rank; of nonsense the share answered."""
    found: dict[str, dict[str, float]] = {}
    for kind in ("all", *KINDS):
        asked = [each for each in queries if kind in ("all", each.kind) and each.answers]
        ranks = [_rank(find(each.text), each) for each in asked]
        found[kind] = {
            "queries": len(asked),
            "top1": _mean(rank == 1 for rank in ranks),
            "top3": _mean(0 < rank <= 3 for rank in ranks),
            "mrr": _mean(1 / rank if rank else 0.0 for rank in ranks),
        }
    nonsense = [each for each in queries if not each.answers]
    answered = _mean(bool(find(each.text)) for each in nonsense)
    return found | {"nonsense": {"queries": len(nonsense), "answered": answered}}


def timed(course: Course, texts: Sequence[str], rounds: int = 5) -> dict[str, float]:
    """Milliseconds: building the index (median of three), one look-up at the middle and at the slow end."""
    built = [_took(lambda: Lookup(course)) for _ in range(3)]
    lookup = Lookup(course)
    each = sorted(_took(lambda text=text: lookup.find(text)) for _ in range(rounds) for text in texts)
    return {"build": statistics.median(built), "p50": each[len(each) // 2], "p99": each[len(each) * 99 // 100]}


def show(table: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    print(f"{'top-1 / top-3':12}" + "".join(f"{name:>16}" for name in table))
    for kind in ("all", *KINDS):
        cells = (f"{its[kind]['top1']:.3f} / {its[kind]['top3']:.3f}" for its in table.values())
        print(f"{kind:12}" + "".join(f"{cell:>16}" for cell in cells))
    print(f"{'MRR':12}" + "".join(f"{its['all']['mrr']:>16.3f}" for its in table.values()))
    print(f"{'nonsense':12}" + "".join(f"{its['nonsense']['answered']:>16.3f}" for its in table.values()))


def _exact(entries: Sequence[Entry]) -> Find:
    names: dict[str, list[tuple[str, str]]] = {}
    for entry in entries:
        for name in entry.names:
            names.setdefault(name, []).append((entry.kind, entry.id))
    return lambda text: names.get(folded(text), [])


def _rapidfuzz(entries: Sequence[Entry]) -> Find:
    keys = [(name, (entry.kind, entry.id)) for entry in entries for name in entry.names]
    names = [name for name, _ in keys]

    def find(text: str) -> list[tuple[str, str]]:
        near = process.extract(folded(text), names, scorer=fuzz.WRatio, score_cutoff=60, limit=4 * MOST)
        return list(dict.fromkeys(keys[number][1] for _, _, number in near))[:MOST]

    return find


def _fts5(entries: Sequence[Entry]) -> Find:
    record = sqlite3.connect(":memory:")
    record.execute("CREATE VIRTUAL TABLE entry USING fts5(names, asked, says, more, tokenize='porter unicode61')")
    rows = [(number, *map(folded, entry.fields)) for number, entry in enumerate(entries)]
    record.executemany("INSERT INTO entry(rowid, names, asked, says, more) VALUES (?, ?, ?, ?, ?)", rows)

    def find(text: str) -> list[tuple[str, str]]:
        words = content_words(folded(text))
        if not words:
            return []
        ranked = record.execute(
            "SELECT rowid FROM entry WHERE entry MATCH ? ORDER BY bm25(entry, 3, 4, 2, 1) LIMIT ?",
            (" OR ".join(f'"{word}"' for word in words), MOST),
        )
        return [(entries[number].kind, entries[number].id) for (number,) in ranked]

    return find


def _bm25f(entries: Sequence[Entry]) -> Find:
    index, visible = TextIndex([each.fields for each in entries]), [True] * len(entries)

    def find(text: str) -> list[tuple[str, str]]:
        scores = index.scores(stems(text), visible)
        ranked = sorted(scores, key=lambda number: -scores[number])[:MOST]
        return [(entries[number].kind, entries[number].id) for number in ranked]

    return find


def _rank(found: Sequence[tuple[str, str]], query: Query) -> int:
    return next((place for place, each in enumerate(found, 1) if each in query.answers), 0)


def _mean(values: object) -> float:
    return round(statistics.fmean(map(float, values)), 4)  # type: ignore[call-overload]


def _took(call: Callable[[], object]) -> float:
    began = perf_counter()
    call()
    return (perf_counter() - began) * 1_000


if __name__ == "__main__":
    main()

"""Ways to look something up: Homeroom's, and each single method as one would write it with a good library.

All are given the same course and answer the same questions, best first.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence

from rapidfuzz import fuzz, process

from bot.curriculum.index import Entry, to_entries
from bot.curriculum.lookup import Lookup
from bot.curriculum.model import Course
from bot.curriculum.texts import WEIGHTS, TextIndex, stems
from bot.curriculum.words import content_words, folded

MOST = 10
Find = Callable[[str], Sequence[tuple[str, str]]]
"""A query → (kind, id) of what is found, best first."""

Build = Callable[[Course], Find]


def homeroom(course: Course) -> Find:
    lookup = Lookup(course)
    return lambda text: [(hit.kind, hit.id) for hit in lookup.find(text, limit=MOST)]


def exact(course: Course) -> Find:
    """Names and aliases in a dictionary."""
    names: dict[str, list[tuple[str, str]]] = {}
    for entry in to_entries(course):
        for name in entry.names:
            names.setdefault(name, []).append((entry.kind, entry.id))
    return lambda text: names.get(folded(text), [])


def rapidfuzz(course: Course) -> Find:
    """Every name compared with the query, letter by letter."""
    keys = [(name, (entry.kind, entry.id)) for entry in to_entries(course) for name in entry.names]
    names = [name for name, _ in keys]

    def find(text: str) -> list[tuple[str, str]]:
        near = process.extract(folded(text), names, scorer=fuzz.WRatio, score_cutoff=60, limit=4 * MOST)
        return list(dict.fromkeys(keys[number][1] for _, _, number in near))[:MOST]

    return find


def fts5(course: Course) -> Find:
    """SQLite's full text search, in memory, the fields weighed as ours are."""
    entries = to_entries(course)
    record = sqlite3.connect(":memory:")
    record.execute("CREATE VIRTUAL TABLE entry USING fts5(names, asked, says, more, tokenize='porter unicode61')")
    rows = ((number, *map(folded, entry.fields)) for number, entry in enumerate(entries))
    record.executemany("INSERT INTO entry(rowid, names, asked, says, more) VALUES (?, ?, ?, ?, ?)", rows)
    ranked = f"SELECT rowid FROM entry WHERE entry MATCH ? ORDER BY bm25(entry, {', '.join(map(str, WEIGHTS))}) LIMIT ?"

    def find(text: str) -> list[tuple[str, str]]:
        words = content_words(folded(text))
        asked = " OR ".join(f'"{word}"' for word in words)
        return _named(entries, (number for (number,) in record.execute(ranked, (asked, MOST)))) if words else []

    return find


def bm25f(course: Course) -> Find:
    """Homeroom's own full text search alone."""
    entries = to_entries(course)
    index, visible = TextIndex([each.fields for each in entries]), [True] * len(entries)

    def find(text: str) -> list[tuple[str, str]]:
        scores = index.scores(stems(text), visible)
        return _named(entries, sorted(scores, key=lambda number: -scores[number])[:MOST])

    return find


SINGLE: Mapping[str, Build] = {"exact": exact, "rapidfuzz": rapidfuzz, "fts5": fts5, "bm25f": bm25f}
"""Without the search engines, which have a file of their own because the tests do without them."""


def _named(entries: Sequence[Entry], numbers: Iterable[int]) -> list[tuple[str, str]]:
    return [(entries[number].kind, entries[number].id) for number in numbers]

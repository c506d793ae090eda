"""What can be looked up: every concept, paper and lesson with its names, its words and its text."""

import math
import sqlite3
import weakref
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Literal

from rapidfuzz import fuzz, process

from bot.curriculum.model import Concept, Course, Lesson, Paper
from bot.curriculum.prose import to_prose
from bot.curriculum.words import content_words, folded, shortened_names

Kind = Literal["concept", "paper", "lesson"]


@dataclass(frozen=True)
class Entry:
    """One thing to find. `names` and `shorts` are folded; `names` means it and nothing else, `shorts` are good guesses.

    `days` are the lesson days that it belongs to, in order; empty for a paper that no lesson is about.
    """

    kind: Kind
    id: str
    name: str
    days: tuple[int, ...]
    names: tuple[str, ...]
    shorts: tuple[str, ...]
    body: str


def to_entries(course: Course) -> tuple[Entry, ...]:
    """Every entry of a course: concepts, papers, lessons, each kind in its own order."""
    return (
        *map(_concept_entry, course.concepts.values()),
        *map(_paper_entry, course.papers.values()),
        *map(_lesson_entry, course.lessons.values()),
    )


class NameIndex:
    """How near a query is to each entry's names. Reads only, so any thread may use it."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._keys = [
            (key, entry) for entry, each in enumerate(entries) for key in dict.fromkeys(each.names + each.shorts)
        ]
        self._texts = [key for key, _ in self._keys]
        self._lengths = [max(len(content_words(key)), 1) for key in self._texts]
        self._words: dict[str, set[int]] = defaultdict(set)
        for number, (key, _) in enumerate(self._keys):
            for word in content_words(key):
                self._words[word].add(number)
        owners = {word: len({self._keys[number][1] for number in numbers}) for word, numbers in self._words.items()}
        self._weights = {word: math.log(1 + len(entries) / count) for word, count in owners.items()}
        self._rarest = math.log(1 + len(entries))

    def scores(self, query: str, words: Sequence[str]) -> dict[int, float]:
        """Entry → 0..1 for a folded query and its content words: near as a whole, or word by word in any order."""
        found: dict[int, float] = defaultdict(float)
        for _, score, number in process.extract(query, self._texts, scorer=fuzz.ratio, score_cutoff=70, limit=None):
            entry = self._keys[number][1]
            found[entry] = max(found[entry], score / 100)
        for number, score in self._word_scores(words):
            entry = self._keys[number][1]
            found[entry] = max(found[entry], score)
        return found

    def _word_scores(self, words: Sequence[str]) -> Iterator[tuple[int, float]]:
        """Key → how much of the query it holds, rare words counting more, and how much else it holds."""
        hits: dict[int, list[float]] = defaultdict(list)
        total = 0.0
        for word in words:
            near = self._near_words(word)
            weight = max((self._weights[each] for each in near), default=self._rarest)
            total += weight
            best: dict[int, float] = {}
            for each, likeness in near.items():
                for number in self._words[each]:
                    best[number] = max(best.get(number, 0.0), likeness)
            for number, likeness in best.items():
                hits[number].append(likeness * weight)
        for number, parts in hits.items():
            filled = min(1.0, len(parts) / self._lengths[number])
            yield number, sum(parts) / total * (0.75 + 0.25 * filled)

    def _near_words(self, word: str) -> dict[str, float]:
        """Words of the names like `word` → 0..1: itself, one that it begins, or one with a few letters changed."""
        near: dict[str, float] = {}
        if len(word) > 3:
            for each, score, _ in process.extract(
                word, self._words.keys(), scorer=fuzz.ratio, score_cutoff=72, limit=None
            ):
                near[each] = (score / 100 - 0.5) * 2
        if len(word) > 2:
            for each in self._words:
                if each.startswith(word):
                    near[each] = max(near.get(each, 0.0), 0.8 + 0.2 * len(word) / len(each))
        if word in self._words:
            near[word] = 1.0
        return near


class TextIndex:
    """Full-text search over names and bodies, in memory. Any thread may use it: a lock keeps the one connection."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._lock = Lock()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        weakref.finalize(self, self._connection.close)
        self._connection.execute("CREATE VIRTUAL TABLE entry USING fts5(name, body, tokenize='porter unicode61')")
        rows = [(number, " ".join(each.names), folded(each.body)) for number, each in enumerate(entries)]
        self._connection.executemany("INSERT INTO entry(rowid, name, body) VALUES (?, ?, ?)", rows)

    def scores(self, words: Sequence[str], visible: Sequence[bool]) -> dict[int, float]:
        """Visible entry → 0..1 for folded words: how many of them it holds, and how well it ranks (BM25)."""
        ranks: dict[int, float] = defaultdict(float)
        held: Counter[int] = Counter()
        for word in words:
            for entry, rank in self._matches(word):
                if visible[entry]:
                    ranks[entry] += rank
                    held[entry] += 1
        best = max(ranks.values(), default=0.0) or 1.0
        return {
            entry: held[entry] / len(words) * (0.5 + 0.5 * ranks[entry] / best)
            for entry in ranks
            if held[entry] * 2 > len(words)
        }

    def _matches(self, word: str) -> list[tuple[int, float]]:
        """A folded word holds letters and digits only; in quotes it is no operator either."""
        term = f'"{word}"*' if len(word) > 4 else f'"{word}"'
        question = "SELECT rowid, -bm25(entry, 4.0, 1.0) FROM entry WHERE entry MATCH ?"
        with self._lock:
            return self._connection.execute(question, (term,)).fetchall()


def to_exact(entries: Sequence[Entry]) -> Mapping[str, tuple[int, ...]]:
    """Folded name → the entries that it names, in their order."""
    exact: dict[str, tuple[int, ...]] = {}
    for number, entry in enumerate(entries):
        for name in dict.fromkeys(entry.names):
            exact[name] = (*exact.get(name, ()), number)
    return exact


def _concept_entry(concept: Concept) -> Entry:
    names = (concept.name, concept.id, *concept.aliases)
    shorts = tuple(short for name in names for short in shortened_names(name))
    return _entry("concept", concept.id, concept.name, (concept.day,), names, shorts, concept)


def _paper_entry(paper: Paper) -> Entry:
    short_title = paper.title.partition(":")[0]
    names = [paper.title, short_title, *paper.aliases, f"{paper.number}", f"paper {paper.number}"]
    names += [paper.arxiv, f"arXiv {paper.arxiv}"] if paper.arxiv else []
    shorts = (*shortened_names(short_title), folded(paper.authors.replace("et al.", "")))
    return _entry("paper", str(paper.number), paper.title, tuple(sorted(paper.days)), names, shorts, paper)


def _lesson_entry(lesson: Lesson) -> Entry:
    names = (lesson.title, f"{lesson.day}", f"day {lesson.day}", f"lesson {lesson.day}")
    shorts = (folded(lesson.subtitle),)
    return _entry("lesson", str(lesson.day), lesson.title, (lesson.day,), names, shorts, lesson)


def _entry(
    kind: Kind,
    id: str,
    name: str,
    days: tuple[int, ...],
    names: Sequence[str],
    shorts: Sequence[str],
    value: Concept | Paper | Lesson,
) -> Entry:
    body = " ".join(text for _, text in to_prose(value))
    kept = tuple(dict.fromkeys(each for each in map(folded, names) if each))
    return Entry(kind, id, name, days, kept, tuple(filter(None, shorts)), body)

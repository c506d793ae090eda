"""What can be looked up: every concept, paper and lesson with its names and its texts."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz, process

from bot.curriculum.model import Concept, Course, Lesson, Paper
from bot.curriculum.prose import to_prose
from bot.curriculum.words import content_words, folded, shortened_names

Kind = Literal["concept", "paper", "lesson"]

NEAR_NAME, NEAR_WORD = 82, 75
"""How like a query has to be to a whole name, and a word of it to a word of a name, of 100: a slip in five letters."""


@dataclass(frozen=True)
class Entry:
    """One thing to find. `names` and `shorts` are folded; `names` means it and nothing else, `shorts` are good guesses.

    `days` are the lesson days that it belongs to, in order; empty for a paper that no lesson is about. `asked`: what
    members ask who mean it. `says` tells what it is, `more` all the rest.
    """

    kind: Kind
    id: str
    name: str
    days: tuple[int, ...]
    names: tuple[str, ...]
    shorts: tuple[str, ...]
    asked: str
    says: str
    more: str

    @property
    def fields(self) -> tuple[str, str, str, str]:
        """Its texts, in the order of `texts.WEIGHTS`."""
        return " ".join(self.names), self.asked, self.says, self.more


def to_entries(course: Course) -> tuple[Entry, ...]:
    """Every entry of a course: concepts, papers, lessons, each kind in its own order."""
    told: dict[str, list[str]] = defaultdict(list)  # concept → what papers say of it
    for paper in course.papers.values():
        for each in paper.key_concepts:
            told[each.concept].append(each.text)
    return (
        *(_concept_entry(each, told[each.id]) for each in course.concepts.values()),
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
        near = process.extract(query, self._texts, scorer=fuzz.ratio, score_cutoff=NEAR_NAME, limit=None)
        for _, score, number in near:
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
                word, self._words.keys(), scorer=fuzz.ratio, score_cutoff=NEAR_WORD, limit=None
            ):
                near[each] = (score / 100 - 0.5) * 2
        if len(word) > 2:
            for each in self._words:
                if each.startswith(word):
                    near[each] = max(near.get(each, 0.0), 0.8 + 0.2 * len(word) / len(each))
        if word in self._words:
            near[word] = 1.0
        return near


def to_exact(entries: Sequence[Entry]) -> Mapping[str, tuple[int, ...]]:
    """Folded name → the entries that it names, in their order."""
    exact: dict[str, tuple[int, ...]] = {}
    for number, entry in enumerate(entries):
        for name in dict.fromkeys(entry.names):
            exact[name] = (*exact.get(name, ()), number)
    return exact


def _concept_entry(concept: Concept, told: Sequence[str]) -> Entry:
    names = (concept.name, concept.id, *concept.aliases)
    shorts = tuple(short for name in names for short in shortened_names(name))
    texts = (concept.asked_as, (concept.definition,), (concept.example or "", concept.confusion or "", *told))
    return _entry("concept", concept.id, concept.name, (concept.day,), names, shorts, texts)


def _paper_entry(paper: Paper) -> Entry:
    short_title = paper.title.partition(":")[0]
    names = [paper.title, short_title, *paper.aliases, f"{paper.number}", f"paper {paper.number}"]
    names += [paper.arxiv, f"arXiv {paper.arxiv}"] if paper.arxiv else []
    shorts = (*shortened_names(short_title), folded(paper.authors.replace("et al.", "")))
    rest = (paper.not_shown, *(each.text for each in paper.key_concepts))
    texts = (paper.asked_as, (paper.headline, paper.summary), rest)
    return _entry("paper", str(paper.number), paper.title, tuple(sorted(paper.days)), names, shorts, texts)


def _lesson_entry(lesson: Lesson) -> Entry:
    names = (lesson.title, f"{lesson.day}", f"day {lesson.day}", f"lesson {lesson.day}")
    says = (lesson.question, lesson.thesis, *lesson.takeaways)
    texts = ((), says, tuple(text for _, text in to_prose(lesson)))
    return _entry("lesson", str(lesson.day), lesson.title, (lesson.day,), names, (folded(lesson.subtitle),), texts)


def _entry(
    kind: Kind,
    id: str,
    name: str,
    days: tuple[int, ...],
    names: Sequence[str],
    shorts: Sequence[str],
    texts: tuple[Sequence[str], Sequence[str], Sequence[str]],
) -> Entry:
    kept = tuple(dict.fromkeys(each for each in map(folded, names) if each))
    asked, says, more = (" ".join(each) for each in texts)
    return Entry(kind, id, name, days, kept, tuple(filter(None, shorts)), asked, says, more)

"""Full-text search: what an entry says, and what members ask who mean it, weighed field by field.

BM25F, after Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009): a word counts by
how rare it is and in which field it stands, and the tenth time it stands there adds little.
"""

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from bot.curriculum.stems import stem
from bot.curriculum.words import content_words, folded

WEIGHTS = (3.0, 4.0, 2.0, 1.0)
"""Of the fields: names, what is asked, what it says, what else is said of it."""

SATURATION = 2.0
LENGTH = 0.6
"""BM25F's k and b: how soon repetition stops to count, and how much a long field is held against an entry."""

LEAST_SHARE, ALONE = 0.34, 0.8
"""How much of what was asked an entry must hold, rare words counting more; where it holds but one word of it."""


class TextIndex:
    """Reads only, so any thread may use it. All postings lie behind each other in two flat arrays, word by word, each
    word's from its place in `_starts` to the next one's: as lists of pairs they would take ten times as much."""

    def __init__(self, fields: Sequence[Sequence[str]]) -> None:
        """fields: for each entry its texts, one for each of WEIGHTS."""
        self._count = len(fields)
        self._places: dict[str, int] = {}
        written = list(_numbered(fields, self._places))
        lengths = zip(*([len(text) for text in texts] for texts in written), strict=True)
        means = [max(sum(length) / max(len(fields), 1), 1.0) for length in lengths]
        holders = Counter(word for texts in written for word in set().union(*texts))
        self._starts = array("l", accumulate((holders[word] for word in range(len(self._places))), initial=0))
        self._entries, self._weights = array("l", bytes(8 * self._starts[-1])), array("d", bytes(8 * self._starts[-1]))
        free = self._starts[:-1]
        for entry, texts in enumerate(written):
            for word, weight in _weighed(texts, means).items():
                at = free[word]
                free[word] += 1
                self._entries[at], self._weights[at] = entry, weight / (SATURATION + weight)

    def scores(self, asked: Iterable[str], visible: Sequence[bool]) -> dict[int, float]:
        """Visible entry → 0..1 for stems: how much of what was asked it holds, and how well it ranks among those that
        hold any of it. One that holds too little of it is none."""
        ranks: dict[int, float] = defaultdict(float)
        held: dict[int, float] = defaultdict(float)
        words: Counter[int] = Counter()
        total = 0.0
        for word in dict.fromkeys(asked):
            place = self._places.get(word)
            start, end = (self._starts[place], self._starts[place + 1]) if place is not None else (0, 0)
            rarity = _rarity(max(end - start, 1), self._count)
            total += rarity
            for entry, weight in zip(self._entries[start:end], self._weights[start:end], strict=True):
                if visible[entry]:
                    ranks[entry] += rarity * weight
                    held[entry] += rarity
                    words[entry] += 1
        best = max(ranks.values(), default=0.0)
        shares = {entry: share / total for entry, share in held.items()}
        return {
            entry: share**0.45 * (0.4 + 0.6 * ranks[entry] / best)
            for entry, share in shares.items()
            if share >= (LEAST_SHARE if words[entry] > 1 else ALONE)
        }


def stems(text: str) -> list[str]:
    """The stems of a text's telling words, in order."""
    return [stem(word) for word in content_words(folded(text))]


def _numbered(fields: Sequence[Sequence[str]], places: dict[str, int]) -> Iterator[list["array[int]"]]:
    """Each entry's texts as the places of their stems. places: stem → place, filled on the way."""
    known: dict[str, int] = {}
    for texts in fields:
        yield [array("l", (_place(word, known, places) for word in content_words(folded(text)))) for text in texts]


def _place(word: str, known: dict[str, int], places: dict[str, int]) -> int:
    place = known.get(word)
    if place is None:
        place = known[word] = places.setdefault(stem(word), len(places))
    return place


def _weighed(texts: Sequence["array[int]"], means: Sequence[float]) -> dict[int, float]:
    """Place of a stem → what it weighs in an entry."""
    weights: dict[int, float] = {}
    for text, mean, weight in zip(texts, means, WEIGHTS, strict=True):
        share = weight / (1 - LENGTH + LENGTH * len(text) / mean)
        for word, times in Counter(text).items():
            weights[word] = weights.get(word, 0.0) + share * times
    return weights


def _rarity(holders: int, entries: int) -> float:
    """The inverse document frequency of BM25, kept above zero."""
    return math.log(1 + (entries - holders + 0.5) / (holders + 0.5))

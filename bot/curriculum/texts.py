"""Full-text search: what an entry says, and what members ask who mean it, weighed field by field.

BM25F, after Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009): a word counts by
how rare it is and in which field it stands, and the tenth time it stands there adds little.
"""

import math
from array import array
from bisect import bisect_left
from collections import Counter
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

    def rarity(self, word: str) -> float:
        """What a stem tells: the rarer the more; one that no entry holds tells most."""
        start, end = self._range(word)
        return _rarity(max(end - start, 1), self._count)

    def holds(self, word: str) -> bool:
        """Whether any entry holds a stem."""
        return word in self._places

    def weight(self, word: str, entry: int) -> float:
        """How much an entry is about a stem: 0 where it does not hold it, and never quite 1."""
        start, end = self._range(word)
        at = bisect_left(self._entries, entry, start, end)
        return self._weights[at] if at < end and self._entries[at] == entry else 0.0

    def scores(self, asked: Iterable[str], visible: Sequence[int]) -> dict[int, float]:
        """Visible entry → 0..1 for stems: how much of what was asked it holds, and how well it ranks among those that
        hold enough of it. One that holds too little of it is none, and so the commonest words need not be looked up
        for entries that hold none of the rarer."""
        rarities = {word: self.rarity(word) for word in asked}
        total = left = sum(rarities.values())
        ranks: dict[int, float] = {}
        held: dict[int, float] = {}
        for word, rarity in sorted(rarities.items(), key=lambda it: -it[1]):
            start, end = self._range(word)
            is_new_welcome = left >= LEAST_SHARE * total
            for entry, weight in zip(self._entries[start:end], self._weights[start:end], strict=True):
                if is_new_welcome or entry in held:
                    ranks[entry] = ranks.get(entry, 0.0) + rarity * weight
                    held[entry] = held.get(entry, 0.0) + rarity
            left -= rarity
        alone = dict.fromkeys(rarities.values(), ALONE * total)  # an entry that holds one word holds just so much
        enough = [entry for entry, its in held.items() if visible[entry] and its >= alone.get(its, LEAST_SHARE * total)]
        best = max((ranks[entry] for entry in enough), default=0.0)
        return {entry: (held[entry] / total) ** 0.45 * (0.4 + 0.6 * ranks[entry] / best) for entry in enough}

    def _range(self, word: str) -> tuple[int, int]:
        """Where a stem's postings stand."""
        place = self._places.get(word)
        return (0, 0) if place is None else (self._starts[place], self._starts[place + 1])


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

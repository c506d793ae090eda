"""Full-text search: what an entry says, and what members ask who mean it, weighed field by field.

BM25F, after Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009): a word counts by
how rare it is and in which field it stands, and the tenth time it stands there adds little.
"""

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

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
        counted, lengths = _counted(fields)
        means = [max(sum(place) / max(len(fields), 1), 1.0) for place in zip(*lengths, strict=True)]
        self._count = len(fields)
        self._places = {word: place for place, word in enumerate(counted)}
        self._starts, self._entries, self._weights = array("l", [0]), array("l"), array("d")
        for its in counted.values():
            for at in range(0, len(its), 1 + len(WEIGHTS)):
                entry, *times = its[at : at + 1 + len(WEIGHTS)]
                weight = _weight(times, lengths[entry], means)
                self._entries.append(entry)
                self._weights.append(weight / (SATURATION + weight))
            self._starts.append(len(self._entries))

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


def stems(text: str, known: dict[str, str] | None = None) -> list[str]:
    """The stems of a text's telling words, in order. known: those that have been worked out, and are now."""
    known = {} if known is None else known
    return [known.get(word) or known.setdefault(word, stem(word)) for word in content_words(folded(text))]


def _counted(fields: Sequence[Sequence[str]]) -> tuple[dict[str, "array[int]"], list[list[int]]]:
    """Word → for each entry that has it the entry and how often it stands in each field; and each entry's lengths."""
    known: dict[str, str] = {}
    counted: dict[str, array[int]] = {}
    lengths = []
    for entry, texts in enumerate(fields):
        words = [Counter(stems(text, known)) for text in texts]
        lengths.append([each.total() for each in words])
        for word in dict.fromkeys(word for each in words for word in each):
            its = counted.get(word)
            if its is None:
                its = counted[word] = array("l")
            its.extend((entry, *(each[word] for each in words)))
    return counted, lengths


def _weight(times: Sequence[int], lengths: Sequence[int], means: Sequence[float]) -> float:
    return sum(
        weight * count / (1 - LENGTH + LENGTH * length / mean)
        for count, length, mean, weight in zip(times, lengths, means, WEIGHTS, strict=True)
        if count
    )


def _rarity(holders: int, entries: int) -> float:
    """The inverse document frequency of BM25, kept above zero."""
    return math.log(1 + (entries - holders + 0.5) / (holders + 0.5))

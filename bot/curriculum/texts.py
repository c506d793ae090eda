"""Full-text search: what an entry says, and what members ask who mean it, weighed field by field.

BM25F, after Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009): a word counts by
how rare it is and in which field it stands, and the tenth time it stands there adds little.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

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
    """Reads only, so any thread may use it."""

    def __init__(self, fields: Sequence[Sequence[str]]) -> None:
        """fields: for each entry its texts, one for each of WEIGHTS."""
        counted = [[stems(text) for text in texts] for texts in fields]
        lengths = [sum(len(each[place]) for each in counted) for place in range(len(WEIGHTS))]
        means = [max(length / max(len(counted), 1), 1.0) for length in lengths]
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for entry, words in enumerate(counted):
            for word, weight in _weighed(words, means).items():
                self._postings[word].append((entry, weight / (SATURATION + weight)))
        self._rarity = {word: _rarity(len(its), len(counted)) for word, its in self._postings.items()}
        self._rarest = _rarity(1, len(counted))

    def scores(self, asked: Iterable[str], visible: Sequence[bool]) -> dict[int, float]:
        """Visible entry → 0..1 for stems: how much of what was asked it holds, and how well it ranks among those that
        hold any of it. One that holds too little of it is none."""
        ranks: dict[int, float] = defaultdict(float)
        held: dict[int, float] = defaultdict(float)
        words: Counter[int] = Counter()
        total = 0.0
        for word in dict.fromkeys(asked):
            rarity = self._rarity.get(word, self._rarest)
            total += rarity
            for entry, weight in self._postings.get(word, ()):
                if visible[entry]:
                    ranks[entry] += rarity * weight
                    held[entry] += rarity
                    words[entry] += 1
        best = max(ranks.values(), default=0.0)
        shares = {entry: share / total for entry, share in held.items()}
        return {
            entry: share**0.3 * (0.4 + 0.6 * ranks[entry] / best)
            for entry, share in shares.items()
            if share >= (LEAST_SHARE if words[entry] > 1 else ALONE)
        }


def stems(text: str) -> list[str]:
    """The stems of a text's telling words, in order."""
    return [stem(word) for word in content_words(folded(text))]


def _weighed(fields: Sequence[Sequence[str]], means: Sequence[float]) -> Mapping[str, float]:
    weights: dict[str, float] = defaultdict(float)
    for words, mean, weight in zip(fields, means, WEIGHTS, strict=True):
        for word in words:
            weights[word] += weight / (1 - LENGTH + LENGTH * len(words) / mean)
    return weights


def _rarity(holders: int, entries: int) -> float:
    """The inverse document frequency of BM25, kept above zero."""
    return math.log(1 + (entries - holders + 0.5) / (holders + 0.5))

"""Names search: how near a query is to what things are called, slips and shortened words allowed for."""

import math
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import TypeVar

from rapidfuzz import fuzz, process

from bot.curriculum.stems import stem
from bot.curriculum.words import content_words

T = TypeVar("T")
NEAR_NAME, NEAR_WORD = 82, 75
"""How like a query has to be to a whole name, and a word of it to a word of a name, of 100: a slip in five letters."""

KIN = 0.9
"""How like two words are that have one stem."""

BEGINNING, BEGUN = 3, 0.8
"""Letters from which on a word may be the beginning of another, and how like the two are at least."""

LEAST_SHARE = 0.34
"""How much of a query a name must hold, rare words counting more, to be looked at; what holds less decides nothing."""


class NameIndex:
    """Reads only, so any thread may use it. A name is a number here, and its entry stands in `_owners`; an
    entry's names stand from its place in `_firsts` to the next one's.

    As a whole a query is compared only with names that begin or end with its two letters, or begin and end with its
    one: of those that are nearly the query hardly any does neither.
    """

    def __init__(self, names: Sequence[Sequence[str]]) -> None:
        """names: for each entry what it is called, folded."""
        self._count = len(names)
        self._texts = [text for each in names for text in dict.fromkeys(each)]
        counts = [len(set(each)) for each in names]
        self._firsts = array("l", accumulate(counts, initial=0))
        self._owners = array("l", (entry for entry, count in enumerate(counts) for _ in range(count)))
        self._lengths = array("l")
        self._holders: dict[str, array[int]] = defaultdict(partial(array, "l"))  # word → names
        self._ends: dict[str, array[int]] = defaultdict(partial(array, "l"))  # two letters → names
        for number, text in enumerate(self._texts):
            words = content_words(text)
            self._lengths.append(max(len(words), 1))
            for word in dict.fromkeys(words):
                self._holders[word].append(number)
        for number in sorted(range(len(self._texts)), key=self._letters):
            for end in _ends(self._texts[number]):
                self._ends[end].append(number)
        self._sorted = sorted(self._holders)
        self._by_length = sorted((word for word in self._sorted if not word.isdigit()), key=len)
        self._kin: dict[str, list[str]] = defaultdict(list)  # stem → words
        for word in self._sorted:
            self._kin[stem(word)].append(word)
        self._weights = {word: self._weight(numbers) for word, numbers in self._holders.items()}

    def near_words(self, word: str, is_known: bool) -> Mapping[str, float]:
        """Words of the names like a folded one → 0..1: itself, its kin, one that it begins; where the word is not known
        to any text, and may be a slip, one with a few letters changed."""
        near: dict[str, float] = {}
        if len(word) > BEGINNING and not is_known:
            words = _of_length(self._by_length, _near_lengths(len(word), NEAR_WORD), len)
            for each, score, _ in process.extract(word, words, scorer=fuzz.ratio, score_cutoff=NEAR_WORD, limit=None):
                near[each] = (score / 100 - 0.5) * 2
        for each in self._begun(word) if len(word) >= BEGINNING else ():
            near[each] = max(near.get(each, 0.0), BEGUN + (1 - BEGUN) * len(word) / len(each))
        for each in self._kin.get(stem(word), ()):
            near[each] = max(near.get(each, 0.0), KIN)
        if word in self._holders:
            near[word] = 1.0
        return near

    def whole_scores(self, query: str) -> dict[int, float]:
        """Entry → 0..1 for a folded query that is nearly one of its names."""
        numbers = list({number for end in _ends(query) for number in self._ending(end, len(query))})
        texts = [self._texts[number] for number in numbers]
        near = process.extract(query, texts, scorer=fuzz.ratio, score_cutoff=NEAR_NAME, limit=None)
        return self._best((numbers[at], score / 100) for _, score, at in near)

    def word_scores(self, nears: Sequence[Mapping[str, float]]) -> dict[int, float]:
        """Entry → 0..1 for what `near_words` said of a query's words: how much of the query its best name holds, in any
        order, rare words counting more, and how much else that holds. A name is taken up by one of the rarer words: by
        the others alone it would hold too little."""
        rarest = math.log(1 + self._count)
        weighed = [(max((self._weights[each] for each in near), default=rarest), near) for near in nears]
        total = left = sum(weight for weight, _ in weighed)
        held: dict[int, float] = {}
        counts: dict[int, int] = defaultdict(int)
        for weight, near in sorted(weighed, key=lambda it: -it[0]):
            is_new_welcome = left >= LEAST_SHARE * total
            for number, likeness in self._likest(near).items():
                if is_new_welcome or number in held:
                    held[number] = held.get(number, 0.0) + likeness * weight
                    counts[number] += 1
            left -= weight
        return self._best(
            (number, score / total * (0.75 + 0.25 * min(1.0, counts[number] / self._lengths[number])))
            for number, score in held.items()
            if score >= LEAST_SHARE * total
        )

    def holds(self, word: str, entry: int) -> bool:
        """Whether one of the entry's names holds a word of the names."""
        holders = self._holders[word]
        at = bisect_left(holders, self._firsts[entry])
        return at < len(holders) and holders[at] < self._firsts[entry + 1]

    def _ending(self, end: str, letters: int) -> Sequence[int]:
        """Names with an end, long enough and short enough for being near to a query of so many letters."""
        return _of_length(self._ends.get(end, ()), _near_lengths(letters, NEAR_NAME), self._letters)

    def _letters(self, number: int) -> int:
        return len(self._texts[number])

    def _begun(self, word: str) -> Iterator[str]:
        for at in range(bisect_left(self._sorted, word), len(self._sorted)):
            if not self._sorted[at].startswith(word):
                return
            yield self._sorted[at]

    def _likest(self, near: Mapping[str, float]) -> dict[int, float]:
        """Name → how like the likest of its words is."""
        likest: dict[int, float] = {}
        for word, likeness in sorted(near.items(), key=lambda it: it[1]):
            likest.update(dict.fromkeys(self._holders[word], likeness))
        return likest

    def _best(self, scores: Iterable[tuple[int, float]]) -> dict[int, float]:
        """Entry → the score of its best name."""
        best: dict[int, float] = {}
        for number, score in scores:
            entry = self._owners[number]
            if score > best.get(entry, 0.0):
                best[entry] = score
        return best

    def _weight(self, numbers: Sequence[int]) -> float:
        return math.log(1 + self._count / len({self._owners[number] for number in numbers}))


def _ends(text: str) -> tuple[str, str, str]:
    return f"^{text[:2]}", f"{text[-2:]}$", f"{text[:1]}…{text[-1:]}"


def _near_lengths(length: int, near: int) -> tuple[int, int]:
    """The least and the most letters of a text that may be near to one of `length`: the ratio of two texts is twice the
    letters that they share, of all letters of both."""
    share = near / (200 - near)
    return math.ceil(length * share), math.floor(length / share)


def _of_length(ordered: Sequence[T], lengths: tuple[int, int], length: Callable[[T], int]) -> Sequence[T]:
    """Of things in the order of their lengths those that have at least the one and at most the other."""
    shortest, longest = lengths
    return ordered[bisect_left(ordered, shortest, key=length) : bisect_right(ordered, longest, key=length)]

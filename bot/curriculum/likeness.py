"""How like a query is to every entry, names and texts together, and what speaks for one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.curriculum.everyday import is_everyday
from bot.curriculum.evidence import MOST_WORDS, Evidence
from bot.curriculum.index import Entry
from bot.curriculum.names import NameIndex
from bot.curriculum.stems import stem
from bot.curriculum.texts import TextIndex
from bot.curriculum.words import content_words

MOST_READ = 16
"""Words of a query that are compared; those after it add nothing but time."""

TEXT, LESSON = 0.75, 0.8
"""How much a text's likeness counts beside a name's, and a lesson beside what it is about. These, all numbers below and
the weights of `texts` were chosen on one half of the labelled queries in `benchmarks/lookup`, never on the other."""

EVERYDAY_WEIGHT = 0.5
"""How much an everyday word proves beside one that is not."""

NAMED = 0.7
"""How much a word of a name proves beside one of a text."""

MUCH, MUCH_OF_LESSON = 0.8, 0.5
"""An entry that is about a word this much is all about it; lessons are long, and each word is a small part of them."""


@dataclass(frozen=True)
class Word:
    """A telling word of a query. near: words of the names like it → 0..1. known: how like it is to any word of the
    course, 0..1. proves: how much it proves, 1 or EVERYDAY_WEIGHT. rarity: how much it tells."""

    stem: str
    near: Mapping[str, float]
    known: float
    proves: float
    rarity: float


@dataclass(frozen=True)
class Compared:
    """A query beside all entries. whole: entry → how like one of its names is to the whole query, where it is nearly
    that. named: entry → the same word by word. scores: entry → 0..1, all together."""

    words: tuple[Word, ...]
    whole: Mapping[int, float]
    named: Mapping[int, float]
    scores: Mapping[int, float]


class Likeness:
    """Built once from all entries; reads only, so any thread may use it."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._names = NameIndex([each.names + each.shorts for each in entries])
        self._texts = TextIndex([each.fields for each in entries])
        self._lessons = frozenset(number for number, each in enumerate(entries) if each.kind == "lesson")

    def compared(self, query: str, visible: Sequence[int]) -> Compared:
        """A folded query beside the visible entries: what names and text both point at comes first. visible: for each
        entry whether it is. A bare number is a name or nothing."""
        telling = list(  # of kin one
            {stem(word): word for word in content_words(query)[:MOST_READ]}.values()
        )
        if all(word.isdigit() for word in telling):
            return Compared((), {}, {}, {})
        words = tuple(map(self._word, telling))
        whole = self._names.whole_scores(query)
        if (bare := " ".join(telling)) != query:
            whole |= self._names.whole_scores(bare)
        named = self._names.word_scores([word.near for word in words])
        texts = self._texts.scores([word.stem for word in words], visible)
        scores = {}
        for number in whole.keys() | named.keys() | texts.keys():
            if visible[number]:
                name = max(whole.get(number, 0.0), named.get(number, 0.0))
                score = 1 - (1 - name) * (1 - texts.get(number, 0.0) * TEXT)
                scores[number] = min(score * LESSON if number in self._lessons else score, 0.99)
        return Compared(words, whole, named, scores)

    def evidence(self, compared: Compared, entry: int) -> Evidence:
        """What of the query speaks for an entry."""
        is_lesson = entry in self._lessons
        held = count = total = 0.0
        for word in compared.words:
            share = self._share(word, entry)
            proves = 0.0 if is_lesson and word.proves < 1 else word.proves  # every lesson holds most everyday words
            held += proves * word.rarity * share
            count += proves * min(share / (MUCH_OF_LESSON if is_lesson else MUCH), 1.0)
            total += word.proves * word.rarity
        unknown = sum(1 - word.known for word in compared.words)
        return Evidence(
            held=held / total,
            words=min(count, MOST_WORDS),
            named=max(compared.named.get(entry, 0.0) - 0.5, 0.0),
            unknown=unknown / len(compared.words),
        )

    def _word(self, word: str) -> Word:
        its = stem(word)
        holds = self._texts.holds(its)
        near = self._names.near_words(word, holds)
        known = 1.0 if holds else max(near.values(), default=0.0)
        return Word(its, near, known, EVERYDAY_WEIGHT if is_everyday(word) else 1.0, self._texts.rarity(its))

    def _share(self, word: Word, entry: int) -> float:
        """How much an entry is about a word, 0..1."""
        likest = max((its for each, its in word.near.items() if self._names.holds(each, entry)), default=0.0)
        return max(self._texts.weight(word.stem, entry), NAMED * likest)

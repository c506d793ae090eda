"""How hard a text is to read: its sentences' lengths, and Flesch's reading ease."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, reduce

from bot.curriculum.model import Course
from bot.curriculum.prose import to_prose, to_sentences, to_words

_NO_PROSE = frozenset(
    (
        "title",
        "subtitle",
        "name",
        "aliases",
        "asked_as",
        "sections",
        "sources",
        "length",
        "file",
        "authors",
        "organisations",
        "venue",
    )
).union(("category", "type"))
"""Fields that hold names and not sentences; their words would make every mean shorter than the prose is."""

_VOWELS = re.compile(r"[aeiouyà-öø-ÿ]+")
_SILENT = re.compile(
    "((?:[aeiouyl]l|[^laeiouy]))e$|((?:[aeiouy]l|th|[^laeiouyhsxzcg]))es$|((?:[aeiouyl]l|[^laeiouydt]))ed$"
)
"""An ending that is written and not heard: "whole", "rules", "trained"; but "little", "changes", "wanted"."""
_PARTED = re.compile("(?<![tscgxl])i[ao](?!u)|(?<=[lt])ua|crea(?=t)")
"""Two vowels that are two sounds: "material", "evaluate", "create"."""


@dataclass(frozen=True)
class Measure:
    """What was counted. longest: words of the longest sentence. A word of digits has one syllable."""

    words: int = 0
    sentences: int = 0
    syllables: int = 0
    longest: int = 0

    def __add__(self, other: "Measure") -> "Measure":
        return Measure(
            self.words + other.words,
            self.sentences + other.sentences,
            self.syllables + other.syllables,
            max(self.longest, other.longest),
        )

    @property
    def mean(self) -> float:
        """Words of a sentence; 0 without any."""
        return self.words / self.sentences if self.sentences else 0.0

    @property
    def ease(self) -> float:
        """Flesch's reading ease: 206.835 - 1.015 words a sentence - 84.6 syllables a word.

        R. Flesch, A new readability yardstick, Journal of Applied Psychology 32 (1948), 221-233. His own scale: 60 to
        70 is standard, 50 to 60 fairly difficult, 30 to 50 difficult. Syllables are counted by rule (groups of vowels,
        without a silent ending), which is right for about nine words in ten, so a point more or less says nothing.
        """
        if not self.sentences:
            return 0.0
        return 206.835 - 1.015 * self.mean - 84.6 * self.syllables / self.words


def measure(texts: Iterable[str]) -> Measure:
    """All the texts together; markup, tables, code and addresses do not count."""
    return total(_measured(sentence) for text in texts for sentence in to_sentences(text))


def total(measures: Iterable[Measure]) -> Measure:
    return reduce(Measure.__add__, measures, Measure())


def measure_value(value: object) -> Measure:
    """The running text of a lesson, paper or concept, without its titles and other names."""
    return measure(text for loc, text in to_prose(value) if _NO_PROSE.isdisjoint(map(str, loc)))


def measure_course(course: Course) -> Measure:
    """The running text of all lessons, papers and concepts."""
    values = (*course.lessons.values(), *course.papers.values(), *course.concepts.values())
    return total(map(measure_value, values))


def count_syllables(word: str) -> int:
    """At least one. "reads" 1, "reading" 2, "measured" 2, "syllable" 3."""
    return _syllables(word.casefold())


def _measured(sentence: str) -> Measure:
    words = to_words(sentence, stripped=True)
    return Measure(len(words), 1, sum(map(count_syllables, words)), len(words)) if words else Measure()


@lru_cache(16_384)
def _syllables(word: str) -> int:
    """A word with hyphens is as many words."""
    return sum(max(1, _sounds(re.sub(r"['’]s?$", "", part))) for part in re.split("[-–.,]", word) if part)


def _sounds(word: str) -> int:
    spoken = _SILENT.sub(lambda match: match[match.lastindex or 0], word) if len(word) > 2 else word
    return len(_VOWELS.findall(spoken)) + len(_PARTED.findall(word))

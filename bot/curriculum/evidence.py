"""Whether an entry explains what was asked, or only shares a word or two with it.

A logistic regression over what any single likeness misses: "is there an exam at the end" is quite like the entry that
says "exam", and "convolutional neural network" like the one that says the other two words. Its weights were fitted by
`benchmarks/lookup/fitting.py`, on the half of the labelled queries that is for fitting.
"""

from dataclasses import dataclass

MOST_WORDS = 4.0
"""Words after the fourth prove nothing more."""


@dataclass(frozen=True)
class Evidence:
    """What speaks for one entry.

    held: how much of the query it holds, 0..1, rare words counting more and everyday ones less. words: how many of its
    words, at most MOST_WORDS; an everyday one, and one that it hardly speaks of, count as part of one. named: how well
    one of its names is met, as far as it is met by more than half, 0..0.5. unknown: the share of the query's words that
    nothing in the course holds, nor anything like them.
    """

    held: float
    words: float
    named: float
    unknown: float


WEIGHTS = Evidence(held=1.1, words=4.8, named=7.8, unknown=-12.9)
ENOUGH = 8.6
"""As much as can be asked for without losing more than one of that half's paraphrases."""


def is_enough(evidence: Evidence) -> bool:
    """Whether the entry may be shown."""
    return weighed(evidence) >= ENOUGH


def weighed(evidence: Evidence) -> float:
    """The evidence in one number."""
    return (
        evidence.held * WEIGHTS.held
        + evidence.words * WEIGHTS.words
        + evidence.named * WEIGHTS.named
        + evidence.unknown * WEIGHTS.unknown
    )

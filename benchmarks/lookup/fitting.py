"""Fits the weights of `bot/curriculum/evidence.py`, on the half of the labelled queries that is for fitting, and never
on the other.

    python benchmarks/lookup/fitting.py        the weights, and what each threshold would show and hold back

The labelled paraphrases are few, so the course gives more of what is meant: its own `asked_as` phrases, each looked for
in a course from which it was taken out; two words of a definition, three of a lesson; names in the midst of a question.
"""

import random
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from lookup.queries import labelled

from bot.config import HOME
from bot.curriculum.evidence import Evidence
from bot.curriculum.index import Entry, to_entries
from bot.curriculum.likeness import Likeness
from bot.curriculum.load import load_course
from bot.curriculum.lookup import FOUND
from bot.curriculum.model import Concept, Course, Paper
from bot.curriculum.words import content_words, folded

FOLDS = 10
TOP = 3
SHARE = {
    "paraphrase": 0.2,
    "left out": 0.3,
    "two words": 0.1,
    "a lesson's words": 0.05,
    "in a question": 0.1,
    "name": 0.1,
    "nonsense": 1.0,
}
"""What each kind weighs in the fit, all its queries together."""

T = TypeVar("T", Concept, Paper)
QUESTIONS = ("what is {}", "explain {} please", "what does {} mean", "how does {} work", "the paper about {}")


@dataclass(frozen=True)
class Asked:
    """A query. weighed: the evidence for the first right entry among the best; for nonsense that for each of the best.
    is_shown: such an entry is shown without evidence, because the query is a single word or nearly a name."""

    kind: str
    weighed: tuple[Evidence, ...]
    is_shown: bool


def main() -> None:
    course = load_course(HOME / "curriculum")
    queries = [*_labelled(course), *_left_out(course), *_made(course)]
    weights = fitted(queries)
    told = zip((each.name for each in fields(Evidence)), weights[1:], strict=True)
    print("WEIGHTS  " + ", ".join(f"{name}={value:.1f}" for name, value in told))
    for enough in np.arange(-2.0, 3.0, 0.25):
        print(f"ENOUGH {enough - weights[0]:6.2f}  " + "  ".join(_shown(queries, weights, enough)))


def fitted(queries: Sequence[Asked], ridge: float = 0.01) -> np.ndarray:
    """The intercept and the weights of a logistic regression, by Newton's method."""
    rows = [(each.kind, evidence) for each in queries for evidence in each.weighed]
    features = np.array([(1.0, *astuple(evidence)) for _, evidence in rows])
    kinds = [kind for kind, _ in rows]
    right = np.array([kind != "nonsense" for kind in kinds], dtype=float)
    importance = np.array([len(rows) * SHARE[kind] / kinds.count(kind) for kind in kinds])
    weights = np.zeros(features.shape[1])
    for _ in range(50):
        likely = 1 / (1 + np.exp(-features @ weights))
        slope = features.T @ (importance * (right - likely)) - ridge * weights
        bend = (features * (importance * likely * (1 - likely))[:, None]).T @ features + ridge * np.eye(len(weights))
        weights += np.linalg.solve(bend, slope)
    return weights


def _shown(queries: Sequence[Asked], weights: np.ndarray, enough: float) -> Iterator[str]:
    """By kind the share of queries to which something weighed is shown."""
    for kind in SHARE:
        asked = [each for each in queries if each.kind == kind]
        shown = [each.is_shown or any(weights @ (1.0, *astuple(it)) >= enough for it in each.weighed) for each in asked]
        yield f"{kind} {sum(shown) / len(shown):.3f}"


def _labelled(course: Course) -> Iterator[Asked]:
    entries = to_entries(course)
    likeness = Likeness(entries)
    for query in labelled(course):
        if not query.held_out:
            kind = query.kind if query.kind in SHARE else "name"
            yield _asked(likeness, entries, kind, query.text, query.answers)


def _left_out(course: Course) -> Iterator[Asked]:
    """Each phrase of `asked_as`, looked for where it does not stand."""
    for fold in range(FOLDS):
        concepts = {key: _without(each, fold) for key, each in course.concepts.items()}
        papers = {key: _without(each, fold) for key, each in course.papers.items()}
        entries = to_entries(replace(course, concepts=concepts, papers=papers))
        likeness = Likeness(entries)
        for kind, key, each in _with_phrases(course):
            for phrase in each.asked_as[fold : fold + 1]:
                yield _asked(likeness, entries, "left out", phrase, {(kind, key)})


def _made(course: Course) -> Iterator[Asked]:
    dice, entries = random.Random(1), to_entries(course)
    likeness = Likeness(entries)
    for entry in entries:
        for kind, text in _of_lesson(entry, dice) if entry.kind == "lesson" else _of_other(entry, dice):
            yield _asked(likeness, entries, kind, text, {(entry.kind, entry.id)})


def _of_lesson(entry: Entry, dice: random.Random) -> Iterator[tuple[str, str]]:
    """Three words that follow each other."""
    words = [word for word in content_words(folded(entry.more)) if len(word) > 3]
    place = dice.randrange(len(words) - 3)
    yield "a lesson's words", " ".join(words[place : place + 3])


def _of_other(entry: Entry, dice: random.Random) -> Iterator[tuple[str, str]]:
    words = sorted({word for word in content_words(folded(entry.says)) if len(word) > 3})
    yield "two words", " ".join(dice.sample(words, 2))
    name = dice.choice(entry.names[: 1 if entry.kind == "paper" else None])
    yield "in a question", dice.choice(QUESTIONS).format(name)


def _asked(
    likeness: Likeness, entries: Sequence[Entry], kind: str, text: str, answers: Collection[tuple[str, str]]
) -> Asked:
    query = folded(text)
    compared = likeness.compared(query, [True] * len(entries))
    near = [number for number, score in compared.scores.items() if score >= FOUND]
    best = sorted(near, key=lambda number: -compared.scores[number])[:TOP]
    told = [number for number in best if not answers or (entries[number].kind, entries[number].id) in answers]
    told = told[:1] if answers else told
    is_shown = bool(told) and (" " not in query or any(number in compared.whole for number in told))
    weighed = () if is_shown else tuple(likeness.evidence(compared, number) for number in told)
    return Asked(kind, weighed, is_shown)


def _with_phrases(course: Course) -> Iterator[tuple[str, str, Concept | Paper]]:
    yield from (("concept", each.id, each) for each in course.concepts.values())
    yield from (("paper", str(each.number), each) for each in course.papers.values())


def _without(each: T, place: int) -> T:
    return replace(each, asked_as=each.asked_as[:place] + each.asked_as[place + 1 :])


if __name__ == "__main__":
    main()

"""Courses larger than ours, made of its own words and sentences, so that some words are common and most are rare."""

import random
import re
from collections.abc import Sequence
from dataclasses import replace

from bot.curriculum.model import Concept, Course

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def grown(course: Course, entries: int) -> Course:
    """A course of so many entries: our lessons and papers, our concepts as far as they go, then made ones. The same in
    every run."""
    dice = random.Random(1)
    wanted = entries - len(course.lessons) - len(course.papers)
    concepts = list(course.concepts.values())
    words = [word for each in concepts for name in (each.name, *each.aliases) for word in name.split()]
    phrases = [phrase.split() for each in concepts for phrase in each.asked_as]
    texts = [text for each in concepts for text in (each.definition, each.example, each.confusion) if text]
    sentences = [sentence for text in texts for sentence in _SENTENCE_END.split(text)]
    made = [_made(dice, concepts, number, words, phrases, sentences) for number in range(wanted - len(concepts))]
    return replace(course, concepts={each.id: each for each in (concepts + made)[:wanted]})


def _made(
    dice: random.Random,
    concepts: Sequence[Concept],
    number: int,
    words: Sequence[str],
    phrases: Sequence[Sequence[str]],
    sentences: Sequence[str],
) -> Concept:
    """As many names, phrases and sentences as one of ours has."""
    like = dice.choice(concepts)
    names = [" ".join(dice.choices(words, k=dice.randint(1, 4))) for _ in (like.name, *like.aliases)]
    return replace(
        like,
        id=f"made-{number}",
        name=names[0],
        aliases=tuple(names[1:]),
        asked_as=tuple(_crossed(dice.choice(phrases), dice.choice(phrases)) for _ in like.asked_as),
        definition=" ".join(dice.choices(sentences, k=3)),
        example=" ".join(dice.choices(sentences, k=2)),
        confusion=" ".join(dice.choices(sentences, k=2)),
        related=(),
    )


def _crossed(first: Sequence[str], second: Sequence[str]) -> str:
    """The beginning of one phrase and the end of another."""
    return " ".join([*first[: len(first) // 2], *second[len(second) // 2 :]])

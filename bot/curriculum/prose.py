"""The running text of a lesson, paper, concept or course, and what can be counted in it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache

from bot.curriculum.problems import Loc

_NOT_READ = frozenset(
    (
        "id",
        "verify",
        "introduces",
        "uses",
        "related",
        "concept",
        "kind",
        "unit",
        "arxiv",
        "date_precision",
        "colour",
        "asked_as",
    )
)

_WORD = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")
_NO_PROSE = re.compile(r"(?m)^[ \t]*\|.*$|`+[^`]*`+|\]\([^)\s]*\)|https?://\S+")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”’)*_]*\s+")
_LINE_START = re.compile(r"(?m)^[ \t]*(?:[-*+>]|\d+[.)])[ \t]+|\n[ \t]*\n")


def to_prose(value: object, loc: Loc = ()) -> Iterator[tuple[Loc, str]]:
    """Every text of a lesson, paper, concept or course that members may read, with its place."""
    if isinstance(value, str):
        yield loc, value
    elif isinstance(value, tuple):
        for index, each in enumerate(value):
            yield from to_prose(each, (*loc, index))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from to_prose(each, (*loc, str(key)))
    elif is_dataclass(value):
        for field in fields(value):
            if field.name not in _NOT_READ:
                yield from to_prose(getattr(value, field.name), (*loc, field.name))


def to_words(markdown: str, stripped: bool = False) -> list[str]:
    """Words of the running text; tables, code, addresses and markup do not count. `stripped`: those are gone already,
    as from what `to_sentences` returns."""
    return _WORD.findall(markdown if stripped else _NO_PROSE.sub(" ", markdown))


def count_words(markdown: str) -> int:
    return len(to_words(markdown))


@lru_cache(4_096)
def to_sentences(markdown: str) -> tuple[str, ...]:
    """The sentences of a text, each list entry and paragraph by itself. Several checks ask for the same ones."""
    passages = _LINE_START.split(_NO_PROSE.sub(" ", markdown))
    return tuple(each for passage in passages for each in _SENTENCE_END.split(passage) if _WORD.search(each))

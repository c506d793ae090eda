"""The labelled queries: what people type, and every entry that answers it.

Paraphrases and nonsense are written by hand (the two YAML files beside this one). The other kinds are made from the
course's own names, the same in every run: nothing random is in them but the hash of the name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import yaml

from bot.curriculum.model import Course

FOLDER = Path(__file__).parent
KINDS = ("name", "alias", "acronym", "typo", "order", "partial", "paraphrase")
_KIND_NAMES = {"c": "concept", "p": "paper", "d": "lesson"}


@dataclass(frozen=True)
class Query:
    """answers: (kind, id) of the entries that are right; empty for nonsense. held_out: of the half that nothing may be
    fitted on. sort: which nonsense."""

    text: str
    kind: str
    answers: frozenset[tuple[str, str]]
    held_out: bool
    sort: str = ""


def labelled(course: Course) -> tuple[Query, ...]:
    """Every query once, nonsense last. What two names make alike may mean either."""
    queries: dict[str, Query] = {}
    for each in (*_made(course), *_paraphrases(), *_nonsense()):
        first = queries.setdefault(each.text, each)
        queries[each.text] = replace(first, answers=first.answers | each.answers)
    return tuple(queries.values())


def _made(course: Course) -> Iterator[Query]:
    owners = _owners(course)
    for name, answers in owners.items():
        number = _number(name)
        words = name.split()
        if re.fullmatch(r"[A-Z0-9&-]{2,8}", name):
            yield _query(name.lower() if number % 2 else name, "acronym", answers)
        elif number % 7 == 0:
            yield _query(name, "name" if answers <= _named_so(course, name) else "alias", answers)
        elif number % 7 == 1 and len(name) >= 9:
            yield _query(_mistyped(name, number), "typo", answers)
        elif number % 7 == 2 and len(words) in (2, 3, 4) and "-" not in name:
            yield _query(" ".join(reversed(words)), "order", answers)
        elif number % 7 == 3 and len(words) > 1 and len(words[-1]) > 6:
            yield _query(" ".join([*words[:-1], words[-1][: len(words[-1]) // 2 + 1]]), "partial", answers)


def _owners(course: Course) -> dict[str, frozenset[tuple[str, str]]]:
    """Every name and alias of concepts and papers → whose it is."""
    owners: dict[str, set[tuple[str, str]]] = {}
    for concept in course.concepts.values():
        for name in (concept.name, *concept.aliases):
            owners.setdefault(name, set()).add(("concept", concept.id))
    for paper in course.papers.values():
        for name in (paper.title, *paper.aliases):
            owners.setdefault(name, set()).add(("paper", str(paper.number)))
    return {name: frozenset(its) for name, its in owners.items()}


def _named_so(course: Course, name: str) -> frozenset[tuple[str, str]]:
    found = {("concept", each.id) for each in course.concepts.values() if each.name == name}
    return frozenset(found | {("paper", str(each.number)) for each in course.papers.values() if each.title == name})


def _mistyped(name: str, number: int) -> str:
    """Two neighbouring letters changed about, one left out, or one written twice."""
    place = 2 + number // 7 % (len(name) - 4)
    how = number // 11 % 3
    if how == 0:
        return name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    return name[:place] + name[place + 1 :] if how == 1 else name[:place] + name[place] + name[place:]


def _paraphrases() -> Iterator[Query]:
    for text, answers in yaml.safe_load((FOLDER / "paraphrases.yaml").read_text(encoding="utf-8")):
        pairs = (each.split("/", 1) for each in answers)
        yield _query(text, "paraphrase", frozenset((_KIND_NAMES[kind], id) for kind, id in pairs))


def _nonsense() -> Iterator[Query]:
    for sort, texts in yaml.safe_load((FOLDER / "nonsense.yaml").read_text(encoding="utf-8")).items():
        for text in texts:
            yield replace(_query(text, "nonsense", frozenset()), sort=sort)


def _query(text: str, kind: str, answers: frozenset[tuple[str, str]]) -> Query:
    return Query(text, kind, answers, held_out=_number(f"half {text}") % 2 == 1)


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest())

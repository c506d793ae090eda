"""Look-ups: a name, an alias, a number or a rough memory → concepts, papers and lessons, never ahead of the day."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import nlargest

from bot.curriculum.everyday import is_everyday
from bot.curriculum.evidence import is_enough
from bot.curriculum.index import Entry, Kind, to_entries, to_exact
from bot.curriculum.likeness import Likeness
from bot.curriculum.model import Course
from bot.curriculum.words import MAX_QUERY, content_words, folded

KINDS: tuple[Kind, ...] = ("concept", "paper", "lesson")
MAX_READ = 20_000
"""Characters of a text in which names are looked for."""

FOUND, FOUND_BY_WORD, ABOUT = 0.45, 0.52, 0.95
SURE, MARGIN = 0.8, 0.05
"""Below FOUND nothing is shown, nor below FOUND_BY_WORD to a single word. ABOUT is what a question scores that says a
name and nothing else. A first hit is sure from SURE on, when it leads the second by MARGIN."""

TRIED = 12
"""How many more than are asked for are looked at, for those that only share a word with the query."""

_ARXIV = re.compile(r"\b(\d{4}\.\d{4,5})(?:v\d+)?\b", re.ASCII)


@dataclass(frozen=True)
class Hit:
    """An entry that was found. `id` is the concept's id, the paper's number or the lesson's day, as text.

    day: the first lesson day that it belongs to; None for a paper that no lesson is about.
    score: 0..1. sure: this one was meant; at most the first hit is, and where none is, offer the first three.
    """

    kind: Kind
    id: str
    name: str
    day: int | None
    score: float
    sure: bool = False


class Lookup:
    """Built once from a course; answers from memory, from any thread."""

    def __init__(self, course: Course) -> None:
        self._entries = to_entries(course)
        self._exact = to_exact(self._entries)
        self._most_words = max((name.count(" ") + 1 for name in self._exact), default=0)
        self._last_day = max((each.days[0] for each in self._entries if each.days), default=0)
        self._seen: dict[tuple[tuple[Kind, ...], int | None], bytes] = {}
        self._likeness = Likeness(self._entries)
        self._entries = tuple(replace(each, asked="", says="", more="") for each in self._entries)  # they are read

    def find(
        self, query: str, kinds: Sequence[Kind] = KINDS, up_to_day: int | None = None, limit: int = 3
    ) -> tuple[Hit, ...]:
        """The best hits first; empty when nothing is near. Any text may be asked: MAX_QUERY characters of it are read.

        kinds: which to search; of equals, those of an earlier kind come first. up_to_day: the cohort's day; what
        belongs to later days does not appear. A name, alias, id, number or arXiv number comes first with score 1.
        """
        visible = self._visible(tuple(kinds), up_to_day)
        asked = folded(query[:MAX_QUERY])
        exact = [number for number in self._named(query[:MAX_QUERY], asked) if visible[number]]
        scores = {**self._near(asked, visible, limit), **dict.fromkeys(exact, 1.0)}
        ranked = sorted(scores, key=lambda number: (-scores[number], kinds.index(self._entries[number].kind), number))
        sure = len(exact) == 1 or (not exact and _is_clear([scores[number] for number in ranked]))
        return tuple(
            _hit(self._entries[number], scores[number], sure=sure and place == 0)
            for place, number in enumerate(ranked[: max(limit, 0)])
        )

    def named(self, query: str, kinds: Sequence[Kind] = KINDS, up_to_day: int | None = None) -> Hit | None:
        """The one entry that bears this very name, alias, id, number or arXiv number, as `find` would put it first;
        None where none does or several do. A button's press asks no more than this."""
        visible, asked = self._visible(tuple(kinds), up_to_day), query[:MAX_QUERY]
        exact = [number for number in self._named(asked, folded(asked)) if visible[number]]
        return _hit(self._entries[exact[0]], 1.0, sure=True) if len(exact) == 1 else None

    def mentioned(self, text: str, up_to_day: int | None = None, limit: int = 5) -> tuple[Hit, ...]:
        """The concepts and papers whose names stand in a text, in the order in which they do, each once; of names that
        overlap the longest. The first MAX_READ characters are read."""
        words = folded(text[:MAX_READ]).split()
        found: dict[int, None] = {}
        at = 0
        while at < len(words) and len(found) < limit:
            length, entries = self._longest_name(words, at)
            visible = (number for number in entries if _reached(self._entries[number], up_to_day))
            found.update(dict.fromkeys(visible))
            at += max(length, 1)
        return tuple(_hit(self._entries[number], 1.0, sure=True) for number in list(found)[:limit])

    def suggest(self, text: str, kind: Kind, up_to_day: int | None = None, limit: int = 25) -> tuple[Hit, ...]:
        """What a member who has typed `text` may be after: names that begin so, then words that do, then near ones.

        On empty text the latest lessons' entries come first, or all in the course's order without a day.
        """
        asked = folded(text[:MAX_QUERY])
        visible = [each for each in self._entries if each.kind == kind and _reached(each, up_to_day)]
        if not asked:
            visible.sort(key=lambda each: _recency(each, up_to_day))
            return tuple(_hit(each, 1.0) for each in visible[: max(limit, 0)])
        begun = [(_beginning(each, asked), len(each.name), each.name, each) for each in visible]
        first = [_hit(each, 1 - tier / 10) for tier, _, _, each in sorted(begun, key=lambda it: it[:3]) if tier < 4]
        known = {hit.id for hit in first}
        near = [hit for hit in self.find(text, (kind,), up_to_day, limit) if hit.id not in known]
        return tuple((first + near)[: max(limit, 0)])

    def _longest_name(self, words: Sequence[str], at: int) -> tuple[int, tuple[int, ...]]:
        """How many words from here are a name, in the singular or the plural, and whose; (0, ()) where none is."""
        for length in range(min(self._most_words, len(words) - at), 0, -1):
            name = " ".join(words[at : at + length])
            for form in (name, name.removesuffix("s")):
                entries = () if form.isdigit() else self._exact.get(form, ())
                concepts_and_papers = tuple(each for each in entries if self._entries[each].kind != "lesson")
                if concepts_and_papers:
                    return length, concepts_and_papers
        return 0, ()

    def _visible(self, kinds: tuple[Kind, ...], day: int | None) -> bytes:
        """For each entry whether it is of these kinds and reached: worked out once for each day and choice of kinds."""
        day = None if day is None or day >= self._last_day else max(day, 0)
        if (kinds, day) not in self._seen:
            self._seen[kinds, day] = bytes(each.kind in kinds and _reached(each, day) for each in self._entries)
        return self._seen[kinds, day]

    def _named(self, query: str, asked: str) -> tuple[int, ...]:
        arxiv = _ARXIV.search(query)
        return self._exact.get(asked) or (self._exact.get(folded(arxiv[1]), ()) if arxiv else ())

    def _near(self, asked: str, visible: Sequence[int], limit: int) -> dict[int, float]:
        """The likest entries that explain what was asked, at most `limit` and a few. Who types a single word means that
        word, and who asks about a name means that name."""
        compared = self._likeness.compared(asked, visible)
        scores = {number: score for number, score in compared.scores.items() if score >= FOUND}
        about = [number for number in self._asked_about(asked) if visible[number]]
        scores |= {number: max(scores.get(number, 0.0), ABOUT) for number in about}
        likely = nlargest(limit + TRIED, scores, key=lambda number: (scores[number], -number))
        if " " not in asked:
            return {number: scores[number] for number in likely if scores[number] >= FOUND_BY_WORD}
        meant = {*compared.whole, *about}
        return {
            number: scores[number]
            for number in likely
            if number in meant or is_enough(self._likeness.evidence(compared, number))
        }

    def _asked_about(self, asked: str) -> frozenset[int]:
        """Whose names stand in a question that says nothing else: "what is sycophancy"."""
        words, found, at = asked.split(), set[int](), 0
        while at < len(words):
            length, entries = self._longest_name(words, at)
            if not length and content_words(words[at]) and not is_everyday(words[at]):
                return frozenset()
            found.update(entries)
            at += max(length, 1)
        return frozenset(found)


def _reached(entry: Entry, day: int | None) -> bool:
    return day is None or not entry.days or entry.days[0] <= day


def _recency(entry: Entry, day: int | None) -> tuple[int, str]:
    if day is None:
        return (entry.days[0] if entry.days else 0), ""
    return -max((each for each in entry.days if each <= day), default=0), entry.name


def _is_clear(scores: Sequence[float]) -> bool:
    """Whether the first of the ranked scores was meant."""
    return bool(scores) and scores[0] >= SURE and (len(scores) == 1 or scores[0] - scores[1] >= MARGIN)


def _beginning(entry: Entry, asked: str) -> int:
    """0: the name begins so, 1: another name does, 2: a word of the name, 3: a word of another name, 4: none."""
    if entry.names[0].startswith(asked):
        return 0
    if any(name.startswith(asked) for name in entry.names):
        return 1
    if f" {asked}" in entry.names[0]:
        return 2
    return 3 if any(f" {asked}" in name for name in (*entry.names, *entry.shorts)) else 4


def _hit(entry: Entry, score: float, sure: bool = False) -> Hit:
    return Hit(entry.kind, entry.id, entry.name, entry.days[0] if entry.days else None, round(score, 3), sure)

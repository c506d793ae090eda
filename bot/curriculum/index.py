"""What can be looked up: every concept, paper and lesson with its names and its texts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.curriculum.model import Concept, Course, Lesson, Paper
from bot.curriculum.prose import to_prose
from bot.curriculum.words import folded, shortened_names

Kind = Literal["concept", "paper", "lesson"]


@dataclass(frozen=True)
class Entry:
    """One thing to find. `names` and `shorts` are folded; `names` means it and nothing else, `shorts` are good guesses.

    `days` are the lesson days that it belongs to, in order; empty for a paper that no lesson is about. `asked`: what
    members ask who mean it. `says` tells what it is, `more` all the rest.
    """

    kind: Kind
    id: str
    name: str
    days: tuple[int, ...]
    names: tuple[str, ...]
    shorts: tuple[str, ...]
    asked: str
    says: str
    more: str

    @property
    def fields(self) -> tuple[str, str, str, str]:
        """Its texts, in the order of `texts.WEIGHTS`."""
        return " ".join(self.names), self.asked, self.says, self.more


def to_entries(course: Course) -> tuple[Entry, ...]:
    """Every entry of a course: concepts, papers, lessons, each kind in its own order."""
    told: dict[str, list[str]] = defaultdict(list)  # concept → what papers say of it
    for paper in course.papers.values():
        for each in paper.key_concepts:
            told[each.concept].append(each.text)
    return (
        *(_concept_entry(each, told[each.id]) for each in course.concepts.values()),
        *map(_paper_entry, course.papers.values()),
        *map(_lesson_entry, course.lessons.values()),
    )


def to_exact(entries: Sequence[Entry]) -> Mapping[str, tuple[int, ...]]:
    """Folded name → the entries that it names, in their order."""
    exact: dict[str, tuple[int, ...]] = {}
    for number, entry in enumerate(entries):
        for name in dict.fromkeys(entry.names):
            exact[name] = (*exact.get(name, ()), number)
    return exact


def _concept_entry(concept: Concept, told: Sequence[str]) -> Entry:
    names = (concept.name, concept.id, *concept.aliases)
    shorts = tuple(short for name in names for short in shortened_names(name))
    texts = (concept.asked_as, (concept.definition,), (concept.example or "", concept.confusion or "", *told))
    return _entry("concept", concept.id, concept.name, (concept.day,), names, shorts, texts)


def _paper_entry(paper: Paper) -> Entry:
    short_title = paper.title.partition(":")[0]
    names = [paper.title, short_title, *paper.aliases, f"{paper.number}", f"paper {paper.number}"]
    names += [paper.arxiv, f"arXiv {paper.arxiv}"] if paper.arxiv else []
    shorts = (*shortened_names(short_title), folded(paper.authors.replace("et al.", "")))
    rest = (paper.not_shown, *(each.text for each in paper.key_concepts))
    texts = (paper.asked_as, (paper.headline, paper.summary), rest)
    return _entry("paper", str(paper.number), paper.title, tuple(sorted(paper.days)), names, shorts, texts)


def _lesson_entry(lesson: Lesson) -> Entry:
    names = (lesson.title, f"{lesson.day}", f"day {lesson.day}", f"lesson {lesson.day}")
    says = (lesson.question, lesson.thesis, *lesson.takeaways)
    texts = ((), says, tuple(text for _, text in to_prose(lesson)))
    return _entry("lesson", str(lesson.day), lesson.title, (lesson.day,), names, (folded(lesson.subtitle),), texts)


def _entry(
    kind: Kind,
    id: str,
    name: str,
    days: tuple[int, ...],
    names: Sequence[str],
    shorts: Sequence[str],
    texts: tuple[Sequence[str], Sequence[str], Sequence[str]],
) -> Entry:
    kept = tuple(dict.fromkeys(each for each in map(folded, names) if each))
    asked, says, more = (" ".join(each) for each in texts)
    return Entry(kind, id, name, days, kept, tuple(filter(None, shorts)), asked, says, more)

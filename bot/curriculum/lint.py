"""Whether the files of a course fit together. `lessons.py` and `graph.py` have the rules.

What is an error would mislead a member or break a promise; what is a warning is a matter of style or still to be done.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from bot.curriculum.graph import concept_problems, name_problems, paper_problems, paper_warnings
from bot.curriculum.lessons import lesson_problems
from bot.curriculum.load import Loaded
from bot.curriculum.model import Concept, Kind, Lesson, Paper
from bot.curriculum.problems import Places, Problem
from bot.curriculum.prose import count_words, to_prose, to_sentences

Check = Callable[[Lesson], Iterable[str]]
"""A check from outside, like a platform's limits: a lesson → sentences that say what is wrong and what to write."""

_WORD = re.compile(r"[^\W_]")

LESSON_WORDS = (600, 1_000)
AS_LONG_AS_NEEDED = frozenset({Kind.LAB, Kind.REVIEW, Kind.CAPSTONE})
"""They bring their whole material: sheets, cards, question banks, rubrics."""
SENTENCE_WORDS = 40


def lint_course(loaded: Loaded, checks: Sequence[Check] = ()) -> tuple[Problem, ...]:
    """Every error across the files, by file and line. Empty means that the course may go out."""
    problems = [
        *_week_problems(loaded),
        *(each for lesson in loaded.course.lessons.values() for each in lesson_problems(loaded, lesson)),
        *paper_problems(loaded),
        *concept_problems(loaded),
        *name_problems(loaded),
        *_wordless(loaded),
        *checked(loaded, checks),
    ]
    return tuple(sorted(set(problems)))


def warn_course(loaded: Loaded, checks: Sequence[Check] = ()) -> tuple[Problem, ...]:
    """What an author should look at again, by file and line; nothing here stops a course."""
    lessons = [each for lesson in loaded.course.lessons.values() for each in _prose_warnings(loaded, lesson)]
    return tuple(sorted({*lessons, *paper_warnings(loaded), *checked(loaded, checks)}))


def unverified(loaded: Loaded) -> tuple[Problem, ...]:
    """Every `verify:` entry with its place: what has not been checked against a source yet."""
    found = []
    for places, value in _everything(loaded):
        for index, says in enumerate(getattr(value, "verify", ())):
            found.append(places.problem(("verify", index), says))
    return tuple(sorted(found))


def checked(loaded: Loaded, checks: Sequence[Check]) -> Iterator[Problem]:
    """What checks from outside say, placed at the lessons' files."""
    for lesson in loaded.course.lessons.values():
        for check in checks:
            for says in check(lesson):
                yield loaded.places["lesson", lesson.day].problem((), says)


def _week_problems(loaded: Loaded) -> Iterator[Problem]:
    about, places = loaded.course.about, loaded.places["course", ""]
    expected = 0
    for p, part in enumerate(about.parts):
        if any(part.id == other.id for other in about.parts[:p]):
            yield places.problem(("parts", p, "id"), f"part {part.id} stands twice: give each part its own letter")
        for w, week in enumerate(part.weeks):
            expected += 1
            if week.number != expected:
                says = f"weeks count up from 1 over all parts: write {expected}"
                yield places.problem(("parts", p, "weeks", w, "number"), says)
    needed = -(-about.days // about.days_per_week)
    if expected != needed:
        says = f"{about.days} days of {about.days_per_week} a week make {needed} weeks, and the parts name {expected}"
        yield places.problem(("days",), f"{says}: correct one of the two")
    if not loaded.course.lessons:
        yield places.problem((), "the course has no lesson yet: write lessons/day-01.yaml")


def _wordless(loaded: Loaded) -> Iterator[Problem]:
    for places, value in _everything(loaded):
        for loc, text in to_prose(value):
            if not _WORD.search(text):
                yield places.problem(loc, "holds no word: write some text, or delete the field")


def _prose_warnings(loaded: Loaded, lesson: Lesson) -> Iterator[Problem]:
    places = loaded.places["lesson", lesson.day]
    prose = [(loc, text) for loc, text in to_prose(lesson) if loc[0] != "sources"]
    words = sum(count_words(text) for _, text in prose)
    if lesson.kind not in AS_LONG_AS_NEEDED and not LESSON_WORDS[0] <= words <= LESSON_WORDS[1]:
        low, high = LESSON_WORDS
        yield places.problem((), f"the lesson has {words:,} words: {low:,} to {high:,} are read to the end")
    for loc, text in prose:
        for sentence in to_sentences(text):
            if count_words(sentence) > SENTENCE_WORDS:
                start = " ".join(sentence.split()[:5])
                says = f"the sentence “{start} …” has {count_words(sentence)} words: make two of it"
                yield places.problem(loc, says)


def _everything(loaded: Loaded) -> Iterator[tuple[Places, object]]:
    course = loaded.course
    yield loaded.places["course", ""], course.about
    groups: tuple[tuple[str, Mapping[int, Lesson] | Mapping[int, Paper] | Mapping[str, Concept]], ...]
    groups = (("lesson", course.lessons), ("paper", course.papers), ("concept", course.concepts))
    for kind, group in groups:
        for key, value in group.items():
            yield loaded.places[kind, key], value

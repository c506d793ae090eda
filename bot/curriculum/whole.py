"""What only a whole course can be held to: nothing taught and never used, nothing said twice, nothing missing.

These checks speak once every day is written; a course in the making is spared them. They are an author's: nothing in
them would mislead a member, so a running bot does not ask for them.
"""

from collections.abc import Iterator

from bot.curriculum.load import Loaded
from bot.curriculum.problems import Problem
from bot.curriculum.prose import count_words, to_prose, to_sentences
from bot.curriculum.words import folded

SAME_FROM_WORDS = 6
"""A shorter sentence ("Look at the axes.") may come back."""


def whole_problems(loaded: Loaded) -> tuple[Problem, ...]:
    """Every error that shows only when all days are there; none before that."""
    course = loaded.course
    if len(course.lessons) < course.about.days:
        return ()
    return tuple(sorted({*_unused_concepts(loaded), *_unused_papers(loaded), *_doubled(loaded)}))


def _unused_concepts(loaded: Loaded) -> Iterator[Problem]:
    course = loaded.course
    used = {id for lesson in course.lessons.values() for id in lesson.uses}
    used |= {key.concept for paper in course.papers.values() for key in paper.key_concepts}
    used |= {id for concept in course.concepts.values() for id in concept.related}
    for concept in course.concepts.values():
        if concept.id not in used:
            says = f"no later lesson, paper or concept uses `{concept.id}`: name it where it is used, or drop it"
            yield loaded.places["concept", concept.id].problem(("id",), says)


def _unused_papers(loaded: Loaded) -> Iterator[Problem]:
    course = loaded.course
    read = {source.paper for lesson in course.lessons.values() for source in lesson.sources}
    steps = (step for lesson in course.lessons.values() for step in lesson.work.steps)
    read |= {step.reading.paper for step in steps if step.reading is not None}
    read |= {paper.number for paper in course.papers.values() if paper.days}
    for paper in course.papers.values():
        if paper.number not in read:
            says = f"no lesson reads paper {paper.number}: name it in a lesson's `sources:`, or drop it"
            yield loaded.places["paper", paper.number].problem(("number",), says)


def _doubled(loaded: Loaded) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for lesson in loaded.course.lessons.values():
        for loc, text in to_prose(lesson):
            if (
                loc[0] in ("sources", "title", "subtitle", "materials")
                or loc[-1] in ("title", "sections")
                or loc[-2:] == ("length", "text")
            ):
                continue
            for sentence in to_sentences(text):
                words = folded(sentence)
                if count_words(sentence) < SAME_FROM_WORDS:
                    continue
                if first.setdefault(words, lesson.day) != lesson.day:
                    start = " ".join(sentence.split()[:6])
                    says = f"the sentence “{start} …” stands in day {first[words]} too: say it in new words"
                    yield loaded.places["lesson", lesson.day].problem(loc, says)

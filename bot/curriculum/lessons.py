"""Each lesson against the course: its week, its links, its prompts, what it reads and which concepts it leans on."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from bot.curriculum.load import Loaded
from bot.curriculum.model import Concept, Lesson, Link
from bot.curriculum.problems import Loc, Places, Problem, did_you_mean
from bot.curriculum.prose import to_prose

_NAMED = re.compile(r"\b(Day|Week)s? (\d{1,3})\b")


def lesson_problems(loaded: Loaded, lesson: Lesson) -> Iterator[Problem]:
    """What a lesson says of days, weeks, papers, concepts and its own prompts that cannot be so."""
    course, places = loaded.course, loaded.places["lesson", lesson.day]
    about = course.about
    week = (lesson.day - 1) // about.days_per_week + 1
    if lesson.day > about.days:
        yield places.problem(("day",), f"the course ends on day {about.days}: correct it, or `days:` in course.yaml")
    if lesson.week != week:
        yield places.problem(("week",), f"day {lesson.day} is in week {week}: write {week}")
    if lesson.kind not in about.kinds:
        yield places.problem(("kind",), f"course.yaml does not say what `{lesson.kind}` asks for: add it to `kinds:`")
    for name, links in (("links", lesson.links), ("ahead", lesson.ahead)):
        for index, link in enumerate(links):
            says = _wrong_link(loaded, lesson, link, later=name == "ahead")
            if says:
                yield places.problem((name, index, "day" if link.day else "week"), says)
    yield from _prompt_problems(lesson, places)
    yield from _source_problems(loaded, lesson, places)
    yield from _concept_references(loaded, lesson, places)
    yield from _material_problems(loaded, lesson, places)
    yield from _spoilers(lesson, places)


def _material_problems(loaded: Loaded, lesson: Lesson, places: Places) -> Iterator[Problem]:
    for index, material in enumerate(lesson.materials):
        if material.file not in loaded.course.materials:
            near = did_you_mean(material.file, loaded.course.materials)
            yield places.problem(("materials", index, "file"), f"there is no materials/{material.file}: write it{near}")
    for index, question in enumerate(lesson.questions):
        if question.day >= lesson.day:
            says = f"a review asks about earlier days, and day {question.day} is not before day {lesson.day}"
            yield places.problem(("questions", index, "day"), f"{says}: correct it")


def _spoilers(lesson: Lesson, places: Places) -> Iterator[Problem]:
    """A later day or week that is named in the text: members have not been there."""
    for loc, text in to_prose(lesson):
        if loc[0] == "ahead":
            continue
        for kind, number in _NAMED.findall(text):
            here = lesson.day if kind == "Day" else lesson.week
            if int(number) > here:
                yield places.problem(loc, f"names {kind} {number}, which is still to come: say it under `ahead:`")


def _wrong_link(loaded: Loaded, lesson: Lesson, link: Link, later: bool) -> str | None:
    about = loaded.course.about
    last = about.days if link.day else sum(len(part.weeks) for part in about.parts)
    kind, here, there = ("day", lesson.day, link.day) if link.day else ("week", lesson.week, link.week or 0)
    if there > last:
        return f"the course ends with {kind} {last}: write an earlier one"
    if later and there <= here:
        return f"`ahead:` is for later days, and {kind} {there} is not after {kind} {here}: move it to `links:`"
    if not later and there >= here:
        return f"`links:` is for earlier days, and {kind} {there} is not before {kind} {here}: move it to `ahead:`"
    return None


def _prompt_problems(lesson: Lesson, places: Places) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, step in enumerate(lesson.work.steps):
        if step.prompt is None:
            continue
        loc: Loc = ("work", "steps", index, "prompt")
        if step.prompt.id in seen:
            says = f"`{step.prompt.id}` names another prompt of this lesson: give each prompt its own id"
            yield places.problem((*loc, "id"), says)
        seen.add(step.prompt.id)
        length = step.prompt.length
        if length.min is not None and length.min > length.max:
            yield places.problem((*loc, "length", "min"), f"is more than max ({length.max}): write a smaller number")


def _source_problems(loaded: Loaded, lesson: Lesson, places: Places) -> Iterator[Problem]:
    readings: list[tuple[Loc, object]] = [
        (("work", "steps", index, "reading"), step.reading) for index, step in enumerate(lesson.work.steps)
    ]
    for loc, each in [*readings, *((("sources", index), each) for index, each in enumerate(lesson.sources))]:
        number, title, url = (getattr(each, name, None) for name in ("paper", "title", "url"))
        if loc[0] == "sources" and number is None and title is None:
            yield places.problem(loc, "names no source: write `paper:`, or `title:` and `url:`")
        if (title is None) != (url is None) and number is None:
            yield places.problem(loc, "names a source by half: write both `title:` and `url:`")
        if isinstance(number, int):
            says = _wrong_paper(loaded, lesson, number)
            if says:
                yield places.problem((*loc, "paper"), says)


def _wrong_paper(loaded: Loaded, lesson: Lesson, number: int) -> str | None:
    paper = loaded.course.papers.get(number)
    if paper is None:
        return f"there is no paper {number}: write papers/{number:02}-some-words.yaml, or correct the number"
    if paper.days and min(paper.days) > lesson.day:
        return f"paper {number} first comes on day {min(paper.days)}: add {lesson.day} to its `days:`"
    return None


def _concept_references(loaded: Loaded, lesson: Lesson, places: Places) -> Iterator[Problem]:
    concepts = loaded.course.concepts
    for name, ids in (("introduces", lesson.introduces), ("uses", lesson.uses)):
        for index, id in enumerate(ids):
            says = _wrong_concept(concepts, lesson, id, new=name == "introduces")
            if says:
                yield places.problem((name, index), says)
    for id, times in Counter((*lesson.introduces, *lesson.uses)).items():
        if times > 1:
            yield places.problem(
                ("introduces",), f"`{id}` is named {times} times in `introduces:` and `uses:`: keep one"
            )


def _wrong_concept(concepts: Mapping[str, Concept], lesson: Lesson, id: str, new: bool) -> str | None:
    concept = concepts.get(id)
    if concept is None:
        return f"there is no concept `{id}`{did_you_mean(id, concepts)}: write concepts/{id}.yaml, or correct the id"
    if new and concept.day != lesson.day:
        return f"`{id}` says that day {concept.day} introduces it: correct its `day:`, or move it to `uses:`"
    if not new and concept.day > lesson.day:
        return f"`{id}` is introduced later, on day {concept.day}: leave it out, or correct its `day:`"
    return None

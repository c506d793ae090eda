"""What templates ask of a course: who stands before and behind, what a lesson holds, how things are named."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.curriculum.model import Concept, Course, Lesson, Paper, Part
from bot.web.reader import addresses


@dataclass(frozen=True)
class To:
    """A way to another page: where, what stands on it, and what kind of thing it is."""

    page: str
    name: str
    kind: str


@dataclass(frozen=True)
class Neighbours:
    before: To | None
    after: To | None


@dataclass(frozen=True)
class Entry:
    """A line of a lesson's table of contents; `id` is the anchor."""

    id: str
    title: str


def lesson_contents(lesson: Lesson) -> tuple[Entry, ...]:
    """The headings of a lesson's page, in their order, for those that it has."""
    return tuple(Entry(id, title) for id, title, there in _headings(lesson) if there)


def opening_title(lesson: Lesson) -> str:
    return "Where we start" if lesson.day == 1 else f"The question that Day {lesson.day - 1} leaves"


def _headings(lesson: Lesson) -> Iterator[tuple[str, str, object]]:
    yield "question", opening_title(lesson), True
    yield "study", "What the study did", lesson.study
    yield "theory", "Core theory", True
    yield "claim", "How far the claim goes", True
    yield "links", "How it hangs together", lesson.links
    yield "meaning", lesson.meaning.title, True
    yield "ahead", "Ahead", lesson.ahead
    yield "work", f"Today’s work: {lesson.work.title}", True
    yield "materials", "Material", lesson.materials
    yield "questions", "Closed notes", lesson.questions
    yield "rubric", "What a good piece of work shows", lesson.rubric
    yield "partner", "With a partner", lesson.partner
    yield "expert", "The expert move", True
    yield "interview", "In an interview", True
    yield "takeaways", "Takeaways", lesson.takeaways
    yield "concepts", "Concepts of the day", lesson.introduces or lesson.uses
    yield "sources", "Sources", True


def day_neighbours(course: Course, day: int) -> Neighbours:
    ways = [To(addresses.day_page(each.day), each.title, f"Day {each.day}") for each in course.lessons.values()]
    return _around(ways, addresses.day_page(day))


def paper_neighbours(course: Course, number: int) -> Neighbours:
    ways = [
        To(addresses.paper_page(each.number), short_title(each), f"Paper {each.number}") for each in by_number(course)
    ]
    return _around(ways, addresses.paper_page(number))


def concept_neighbours(course: Course, id: str) -> Neighbours:
    ways = [To(addresses.concept_page(each.id), each.name, "Concept") for each in by_name(course)]
    return _around(ways, addresses.concept_page(id))


def week_neighbours(course: Course, number: int) -> Neighbours:
    weeks = [week for part in course.about.parts for week in part.weeks]
    ways = [To(addresses.week_page(each.number), each.title, f"Week {each.number}") for each in weeks]
    return _around(ways, addresses.week_page(number))


def part_neighbours(course: Course, id: str) -> Neighbours:
    ways = [To(addresses.part_page(each.id), each.title, f"Part {each.id}") for each in course.about.parts]
    return _around(ways, addresses.part_page(id))


def _around(ways: Sequence[To], page: str) -> Neighbours:
    at = next(number for number, way in enumerate(ways) if way.page == page)
    return Neighbours(ways[at - 1] if at else None, ways[at + 1] if at + 1 < len(ways) else None)


def by_number(course: Course) -> list[Paper]:
    return list(course.papers.values())


def by_name(course: Course) -> list[Concept]:
    return sorted(course.concepts.values(), key=lambda each: (each.name.casefold(), each.id))


def by_letter(course: Course) -> list[tuple[str, list[Concept]]]:
    """Concepts under their first letter; what begins with none stands under "#", first."""
    letters: dict[str, list[Concept]] = {}
    for concept in by_name(course):
        first = concept.name[:1].upper()
        letters.setdefault(first if first.isalpha() else "#", []).append(concept)
    return sorted(letters.items(), key=lambda each: (each[0] != "#", each[0]))


def by_year(course: Course) -> list[tuple[int, list[Paper]]]:
    """Papers under the year in which they came out, oldest first."""
    years: dict[int, list[Paper]] = {}
    for paper in sorted(course.papers.values(), key=lambda each: (each.date, each.number)):
        years.setdefault(paper.date.year, []).append(paper)
    return list(years.items())


def week_lessons(course: Course, week: int) -> list[Lesson]:
    return [lesson for lesson in course.lessons.values() if lesson.week == week]


def closed_days(course: Course, week: int) -> list[int]:
    """The days of a week that have no lesson to show: not reached yet, or not written."""
    about = course.about
    first = (week - 1) * about.days_per_week + 1
    last = min(first + about.days_per_week - 1, about.days)
    return [day for day in range(first, last + 1) if day not in course.lessons]


def week_count(course: Course) -> int:
    """Weeks of the whole course, those included that have not begun."""
    return -(-course.about.days // course.about.days_per_week)


def last_week(course: Course) -> int:
    return max((lesson.week for lesson in course.lessons.values()), default=0)


def week_part(course: Course, week: int) -> Part | None:
    """The part of a week; None where no part names it."""
    return next((part for part in course.about.parts if any(each.number == week for each in part.weeks)), None)


def first_day(paper: Paper) -> int | None:
    return min(paper.days, default=None)


def short_title(paper: Paper) -> str:
    """A long title without what stands behind its colon."""
    return paper.title if len(paper.title) <= 45 else paper.title.partition(": ")[0]


def shortened(text: str, limit: int) -> str:
    """A text within `limit` characters, parted at a blank where one is near."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    return (kept.rpartition(" ")[0] if " " in kept[limit // 2 :] else kept).rstrip(" ,;:–—-") + "…"


def when(paper: Paper) -> str:
    """The date, as exactly as it is known."""
    return f"{paper.date.day} {paper.date:%B %Y}" if paper.date_precision == "day" else f"{paper.date:%B %Y}"


def sections_words(sections: str) -> str:
    """ "1–2 (setup)" as a reader says it; sections that are named and not numbered stand as they are."""
    if not sections[0].isdigit():
        return sections
    several = re.match(r"\d[\d.]*\s*(?:\([^)]*\))?\s*[-–,;]", sections) is not None
    return f"section{'s' if several else ''} {sections}"

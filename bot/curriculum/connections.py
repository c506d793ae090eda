"""How two things of the course hang together: the shortest way that means something, with the reason for each step.

Whoever must not see what lies ahead asks with a course that ends where they are (`reached.course_up_to`): what is not
in it cannot be on the way.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.curriculum.model import Course

Node = tuple[str, str]
"""("concept", id), ("paper", number as text) or ("lesson", day as text)."""


@dataclass(frozen=True)
class Step:
    """From one thing to the next. kind: how they are tied; why: the author's own words for it, "" where the kind says
    it all; back: the tie was written in the other direction (a paper that the next one builds on)."""

    start: Node
    end: Node
    kind: "Tie"
    why: str
    back: bool = False


@dataclass(frozen=True)
class Tie:
    """A way in which things are tied. forth and back: what stands between their names, read in each direction. cost:
    how much it takes to go that way: a tie that says little has to save a step elsewhere."""

    forth: str
    back: str
    cost: float


BUILDS = Tie("is built on by", "builds on", 1.0)
TREATS = Tie("treats", "is treated in", 1.0)
NEAR = Tie("is close to", "is close to", 1.2)
NAMED = Tie("is found in", "is behind", 1.4)
TAUGHT = Tie("is taught on", "introduces", 2.0)
READ = Tie("is read on", "reads", 2.0)


def find_path(course: Course, start: Node, end: Node) -> tuple[Step, ...] | None:
    """The cheapest way between two entries; empty from one to itself, None where there is none, or where one of them is
    not in the course. Of ways that cost the same the first by the entries' names, so that it is always the same one."""
    ties = _ties(course)
    if not {start, end} <= _nodes(course):
        return None
    reached: dict[Node, Step | None] = {}
    ahead: list[tuple[float, Node, Node | None, Step | None]] = [(0.0, start, None, None)]
    while ahead:
        cost, node, _, step = heapq.heappop(ahead)
        if node in reached:
            continue
        reached[node] = step
        if node == end:
            return tuple(reversed(list(_walk_back(reached, end))))
        for each in ties.get(node, ()):
            if each.end not in reached:
                heapq.heappush(ahead, (cost + each.kind.cost, each.end, node, each))
    return None


def ties_of(course: Course, node: Node) -> tuple[Step, ...]:
    """Everything that an entry is tied to, what says most first."""
    return tuple(sorted(_ties(course).get(node, ()), key=lambda each: (each.kind.cost, each.end)))


def _walk_back(reached: Mapping[Node, Step | None], end: Node) -> Iterator[Step]:
    step = reached[end]
    while step is not None:
        yield step
        step = reached[step.start]


def _nodes(course: Course) -> set[Node]:
    return {
        *(("concept", id) for id in course.concepts),
        *(("paper", str(number)) for number in course.papers),
        *(("lesson", str(day)) for day in course.lessons),
    }


def _ties(course: Course) -> Mapping[Node, list[Step]]:
    """Every tie in both directions, the one that says most between each two."""
    best: dict[tuple[Node, Node], Step] = {}
    for start, end, kind, why in _written(course):
        for step in (Step(start, end, kind, why), Step(end, start, kind, why, back=True)):
            known = best.get((step.start, step.end))
            if known is None or kind.cost < known.kind.cost:
                best[step.start, step.end] = step
    ties: dict[Node, list[Step]] = defaultdict(list)
    for step in best.values():
        ties[step.start].append(step)
    return ties


def _written(course: Course) -> Iterator[tuple[Node, Node, Tie, str]]:
    """What authors have tied together, as far as both ends are in the course."""
    for number, paper in course.papers.items():
        here = ("paper", str(number))
        for edge in paper.influences:
            if edge.paper in course.papers:
                yield here, ("paper", str(edge.paper)), BUILDS, edge.why
        for key in paper.key_concepts:
            if key.concept in course.concepts:
                yield here, ("concept", key.concept), TREATS, key.text
        for day in paper.days:
            if day in course.lessons:
                yield here, ("lesson", str(day)), READ, ""
    for id, concept in course.concepts.items():
        for related in concept.related:
            if related in course.concepts:
                yield ("concept", id), ("concept", related), NEAR, ""
        for number in concept.papers:
            if number in course.papers:
                yield ("concept", id), ("paper", str(number)), NAMED, ""
        if concept.day in course.lessons:
            yield ("concept", id), ("lesson", str(concept.day)), TAUGHT, ""

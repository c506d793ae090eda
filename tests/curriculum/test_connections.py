"""The way between two things of the course: shortest, made of what authors tied together, and never through the
future."""

import random
from itertools import pairwise

import pytest
from whole_course import whole_course

from bot.curriculum.connections import Node, find_path, ties_of
from bot.curriculum.model import Course
from bot.curriculum.reached import course_up_to

COURSE = whole_course()


def nodes(course: Course) -> list[Node]:
    return [
        *(("concept", id) for id in course.concepts),
        *(("paper", str(number)) for number in course.papers),
        *(("lesson", str(day)) for day in course.lessons),
    ]


def costs_from(course: Course, start: Node) -> dict[Node, float]:
    """Bellman and Ford's way, for comparison: relax every tie until nothing changes."""
    ties = {node: ties_of(course, node) for node in nodes(course)}
    costs = {start: 0.0}
    changed = True
    while changed:
        changed = False
        for node, its in ties.items():
            for tie in its if node in costs else ():
                cost = costs[node] + tie.kind.cost
                if cost < costs.get(tie.end, float("inf")) - 1e-9:
                    costs[tie.end], changed = cost, True
    return costs


@pytest.mark.parametrize("seed", range(4))
def test_no_way_is_cheaper_than_the_one_found(seed: int):
    chosen = random.Random(seed)
    start = chosen.choice(nodes(COURSE))
    costs = costs_from(COURSE, start)
    for end in chosen.sample(nodes(COURSE), 40):
        steps = find_path(COURSE, start, end)
        assert (steps is None) == (end not in costs)
        assert steps is None or sum(step.kind.cost for step in steps) == pytest.approx(costs[end])


def test_a_way_is_unbroken_and_each_step_stands_in_the_course():
    steps = find_path(COURSE, ("paper", "11"), ("concept", "scaling-law"))
    assert steps is not None
    assert steps[0].start == ("paper", "11")
    assert steps[-1].end == ("concept", "scaling-law")
    assert all(step.end == following.start for step, following in pairwise(steps))
    for step in steps:
        assert step in ties_of(COURSE, step.start)
        if step.start[0] == step.end[0] == "paper":
            earlier, later = (step.end, step.start) if step.back else (step.start, step.end)
            written = {str(edge.paper): edge.why for edge in COURSE.papers[int(earlier[1])].influences}
            assert written[later[1]] == step.why


def test_every_entry_can_be_reached_from_every_other_in_the_whole_course():
    assert set(costs_from(COURSE, ("paper", "1"))) == set(nodes(COURSE))


def test_there_and_back_is_the_same_way():
    there = find_path(COURSE, ("paper", "1"), ("paper", "60")) or ()
    back = find_path(COURSE, ("paper", "60"), ("paper", "1")) or ()
    assert sum(step.kind.cost for step in there) == pytest.approx(sum(step.kind.cost for step in back))
    assert all(step.back for step in back if step.kind.forth == "is built on by")


@pytest.mark.parametrize("day", [1, 5, 17, 31, 45, 59])
def test_nothing_ahead_of_the_day_is_on_the_way(day: int):
    cut, chosen = course_up_to(COURSE, day), random.Random(day)
    open_nodes = set(nodes(cut))
    for _ in range(60):
        start, end = chosen.choice(nodes(COURSE)), chosen.choice(nodes(COURSE))
        steps = find_path(cut, start, end)
        if {start, end} <= open_nodes:
            assert all({step.start, step.end} <= open_nodes for step in steps or ())
        else:
            assert steps is None


def test_from_one_to_itself_is_no_way_at_all():
    assert find_path(COURSE, ("paper", "11"), ("paper", "11")) == ()
    assert find_path(COURSE, ("paper", "11"), ("paper", "no such")) is None

"""The drawing of all papers: every influence in it, time downwards, nothing twice and nothing in another's place."""

import re
import subprocess
import sys
from itertools import combinations

import pytest

from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.model import Course
from bot.curriculum.reached import course_up_to
from bot.web.reader.influence import GAP, HEIGHT, WIDTH, influence_map
from bot.web.reader.pages import page_names, reader_page

COURSE = load_course(HOME / "curriculum")


@pytest.mark.parametrize("day", [1, 4, 32, 60])
def test_every_paper_and_every_influence_is_drawn_once(day: int):
    cut = course_up_to(COURSE, day)
    drawn = influence_map(cut)
    assert drawn is not None
    assert sorted(box.number for box in drawn.boxes) == sorted(cut.papers)
    written = sorted((paper.number, edge.paper) for paper in cut.papers.values() for edge in paper.influences)
    assert sorted((edge.start, edge.end) for edge in drawn.edges) == written


@pytest.mark.parametrize("day", [1, 4, 32, 60])
def test_time_runs_downwards_and_no_box_lies_on_another(day: int):
    cut = course_up_to(COURSE, day)
    drawn = influence_map(cut)
    assert drawn is not None
    tops = {box.number: box.y for box in drawn.boxes}
    for first, second in combinations(cut.papers.values(), 2):
        if first.date.year != second.date.year:
            earlier, later = sorted((first, second), key=lambda each: each.date)
            assert tops[earlier.number] < tops[later.number]
    assert all(tops[edge.start] + HEIGHT < tops[edge.end] for edge in drawn.edges)
    for first, second in combinations(drawn.boxes, 2):
        assert abs(first.y - second.y) >= HEIGHT or abs(first.x - second.x) >= WIDTH + GAP - 1
    assert all(box.x >= 0 and box.x + WIDTH <= drawn.width and box.y + HEIGHT <= drawn.height for box in drawn.boxes)


@pytest.mark.parametrize("day", range(1, 61))
def test_nothing_ahead_is_drawn_and_the_list_beside_it_says_the_same(day: int):
    cut = course_up_to(COURSE, day)
    drawn, page = influence_map(cut), reader_page(COURSE, day, "influence.html")
    assert drawn is not None
    assert page is not None
    opened = {number for number, paper in COURSE.papers.items() if min(paper.days, default=0) <= day}
    assert {box.number for box in drawn.boxes} == opened
    picture, words = page.text.split('id="in-words"')
    assert {int(each) for each in re.findall(r'href="paper-(\d+)\.html" class="box', picture)} == opened
    assert {int(each) for each in re.findall(r'href="paper-(\d+)\.html', words)} == opened
    lines = re.findall(r"<li>(.*?)</li>", words, re.DOTALL)
    told = [[int(each) for each in re.findall(r"paper-(\d+)", line)] for line in lines]
    edges = sorted((first, other) for first, *others in told for other in others)
    assert edges == sorted((edge.start, edge.end) for edge in drawn.edges)


@pytest.mark.parametrize("day", [1, 20, 32, 47, 60])
def test_a_concepts_page_leads_only_to_pages_that_are_open(day: int):
    cut = course_up_to(COURSE, day)
    open_pages = set(page_names(cut))
    for id in cut.concepts:
        page = reader_page(COURSE, day, f"concept-{id}.html")
        assert page is not None
        assert set(re.findall(r'href="([\w/.-]+)"', page.text)) <= open_pages
        assert max((int(each) for each in re.findall(r">Day (\d+)<", page.text)), default=0) <= day


def test_it_is_the_same_drawing_in_every_process():
    script = (
        "from bot.config import HOME\nfrom bot.curriculum.load import load_course\n"
        "from bot.web.reader.influence import influence_map\n"
        "print(influence_map(load_course(HOME / 'curriculum')))"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, cwd=HOME
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1


def test_a_course_without_papers_has_no_drawing():
    bare = Course(about=COURSE.about, lessons={}, papers={}, concepts={}, materials={})
    assert influence_map(bare) is None
    page = reader_page(COURSE, 0, "influence.html")
    assert page is not None
    assert "No paper is open yet" in page.text

"""The course as far as a cohort has come: whole in itself, and without a trace of what lies ahead."""

from itertools import pairwise

import pytest
from whole_course import whole_course

from bot.curriculum.reached import course_up_to

COURSE = whole_course()
LAST = COURSE.about.days


@pytest.mark.parametrize("day", range(LAST + 1))
def test_no_reference_leads_out_of_it(day: int):
    cut = course_up_to(COURSE, day)
    concepts, papers = set(cut.concepts), set(cut.papers)
    assert list(cut.lessons) == list(range(1, day + 1))
    for lesson in cut.lessons.values():
        assert {*lesson.introduces, *lesson.uses} <= concepts
        assert {each.paper for each in lesson.sources if each.paper} <= papers
        assert {each.file for each in lesson.materials} <= set(cut.materials)
    for paper in cut.papers.values():
        assert {each.concept for each in paper.key_concepts} <= concepts
        assert {each.paper for each in (*paper.influenced_by, *paper.influences)} <= papers
        assert all(each <= day for each in paper.days)
    for concept in cut.concepts.values():
        assert concept.day <= day
        assert set(concept.related) <= concepts
        assert set(concept.papers) <= papers
    weeks = [week.number for part in cut.about.parts for week in part.weeks]
    assert weeks == list(range(1, -(-day // COURSE.about.days_per_week) + 1))


def test_it_only_grows_and_ends_as_the_whole():
    sizes = [
        (len(cut.papers), len(cut.concepts), len(cut.materials))
        for cut in (course_up_to(COURSE, day) for day in range(LAST + 1))
    ]
    assert all(later[at] >= earlier[at] for earlier, later in pairwise(sizes) for at in range(3))
    assert sizes[0] == (0, 0, 0)
    assert course_up_to(COURSE, LAST) == COURSE == course_up_to(COURSE, LAST + 40)


def test_the_course_that_it_is_cut_from_stays_as_it_was():
    before = COURSE.papers[11].influences
    assert course_up_to(COURSE, 32).papers[11].influences != before
    assert COURSE.papers[11].influences is before

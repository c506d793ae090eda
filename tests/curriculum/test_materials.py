"""Data files that lessons bring, question banks, and what is wrong with them."""

from pathlib import Path

import pytest
from made_up_course import FILES, write_course

from bot.curriculum.lint import lint_course
from bot.curriculum.load import load_course, load_with_places
from bot.curriculum.materials import to_table
from bot.curriculum.problems import CourseErrors

SIX = "lessons/day-06.yaml"
MATERIALS = """\
materials:
  - file: day-06-gusts.csv
    title: Ten gusts
"""


def bringing(folder: Path, content: str | bytes, lesson: str = MATERIALS) -> Path:
    return write_course(folder, {SIX: FILES[SIX] + lesson, "materials/day-06-gusts.csv": content})


def test_a_table_comes_with_the_course(tmp_path: Path) -> None:
    course = load_course(bringing(tmp_path, 'gust,speed\n"one, strong",12\ntwo, 7 \n'))
    assert to_table(course.materials["day-06-gusts.csv"]) == (("gust", "speed"), (("one, strong", "12"), ("two", "7")))


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ("gust,speed\none\n", 2, "has 1 cells where the header has 2"),
        ("gust,speed\none,2\n\ntwo,3,4\n", 4, "has 3 cells where the header has 2"),
        ("gust,speed\n", 1, "holds no table"),
        (b"\xff\xfe", 1, "cannot be read as UTF-8 text"),
        ("a,b\n" + "1,2\n" * 20_000, 1, "is larger than 64 KiB"),
    ],
)
def test_a_broken_table_is_told_with_its_line(tmp_path: Path, content: str | bytes, line: int, says: str) -> None:
    with pytest.raises(CourseErrors) as caught:
        load_course(bringing(tmp_path, content))
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (str(tmp_path / "materials" / "day-06-gusts.csv"), line)
    assert says in problem.says


def test_a_file_that_is_not_there_is_told_where_it_is_named(tmp_path: Path) -> None:
    folder = bringing(tmp_path, "a,b\n1,2\n", MATERIALS.replace("gusts.csv", "gust.csv"))
    (problem,) = lint_course(load_with_places(folder))
    assert problem.field == "materials[1].file"
    assert "did you mean `day-06-gusts.csv`?" in problem.says


def test_a_review_asks_about_earlier_days_only(tmp_path: Path) -> None:
    questions = "questions:\n  - { ask: What is wind?, answer: A load., day: 6 }\n"
    (problem,) = lint_course(load_with_places(write_course(tmp_path, {SIX: FILES[SIX] + questions})))
    assert problem.field == "questions[1].day"
    assert "not before day 6" in problem.says

"""What is held against a course only once every day of it is written."""

from pathlib import Path

from made_up_course import COURSE, write_course

from bot.curriculum.lint import lint_course
from bot.curriculum.load import load_with_places
from bot.curriculum.whole import whole_problems

LESSON = """\
day: {day}
week: {week}
kind: concept
minutes: 45
title: Day number {day}
subtitle: One of ten
question: {question}
thesis: Load {day} is measured on bridge {day}.
theory:
  - title: One point
    text: Point {day} has a text of its own here.
claim: {{ shown: It is shown on bridge {day}., not_shown: It is open for bridge {day}. }}
meaning: {{ title: On site, text: On site {day} somebody writes it down. }}
work:
  title: Work
  steps:
    - prompt: {{ id: why, ask: Why does load {day} matter?, length: {{ text: one word, unit: words, max: 1 }} }}
expert: {{ novice: A novice sees bridge {day}., expert: An expert sees load {day}. }}
interview: I would ask about day {day}.
sources:
  - {{ {source} }}
introduces: [{introduces}]
uses: [{uses}]
"""
CONCEPT = "id: {id}\nname: {name}\ndefinition: A {name} is a thing of its own.\nday: {day}\n"
PAPER = """\
number: 4
title: Gust tables
authors: Somebody
organisations: [A bureau]
date: 2020-01-02
category: Loads
type: Report
url: https://example.org/4
headline: Tables of gusts.
summary: It lists gusts.
key_concepts:
  - { concept: wind-load, text: It is measured there. }
not_shown: That it falls.
days: [1]
"""


def written(folder: Path, **changes: str) -> list[str]:
    """The errors of a course of ten days in which one thing is changed."""
    files: dict[str, str | bytes] = {"course.yaml": COURSE, "papers/04-gust-tables.yaml": PAPER}
    files["papers/11-sleeping-cables.yaml"] = "<none>"
    files["concepts/wind-load.yaml"] = CONCEPT.format(id="wind-load", name="wind load", day=1)
    for name in ("lock-in", "still-air"):
        files[f"concepts/{name}.yaml"] = "<none>"
    for day in range(1, 11):
        values = {
            "question": f"What does day {day} ask of us?",
            "source": "paper: 4" if day == 1 else f'title: Book {day}, url: "https://example.org/{day}"',
            "introduces": "wind-load" if day == 1 else "",
            "uses": "wind-load" if day == 2 else "",
        }
        mine = {name.removeprefix(f"day{day}_"): text for name, text in changes.items() if f"day{day}_" in name}
        files[f"lessons/day-{day:02}.yaml"] = LESSON.format(day=day, week=(day - 1) // 5 + 1, **(values | mine))
    if "no_days" in changes:
        files["papers/04-gust-tables.yaml"] = PAPER.replace("days: [1]\n", "")
    if "extra_concept" in changes:
        files["concepts/spare.yaml"] = CONCEPT.format(id="spare", name="spare part", day=3)
    if "drop_day" in changes:
        files[f"lessons/day-{int(changes['drop_day']):02}.yaml"] = "<none>"
    folder = write_course(folder, files)
    for path in folder.glob("concepts/*.yaml"):
        if path.stem not in ("wind-load", "spare"):
            path.unlink()
    loaded = load_with_places(folder)
    found = sorted({*lint_course(loaded), *whole_problems(loaded)})
    return [str(each).removeprefix(f"{folder}/") for each in found]


def test_a_course_with_every_day_has_no_error(tmp_path: Path) -> None:
    assert written(tmp_path) == []


def test_a_sentence_that_two_lessons_share_is_told_in_the_later_one(tmp_path: Path) -> None:
    same = "Every bridge in this town has swayed in the wind."
    (error,) = written(tmp_path, day3_question=same, day8_question=same)
    assert error.startswith(
        "lessons/day-08.yaml:7:11: question: the sentence “Every bridge in this town has …” stands in"
    )
    assert "day 3 too" in error


def test_a_short_sentence_may_come_back(tmp_path: Path) -> None:
    assert written(tmp_path, day3_question="Look at the axes.", day8_question="Look at the axes.") == []


def test_a_concept_that_nothing_uses_is_told(tmp_path: Path) -> None:
    (error,) = written(tmp_path, extra_concept="yes", day3_introduces="spare")
    assert error.startswith("concepts/spare.yaml:1:5: id: no later lesson, paper or concept uses `spare`")


def test_a_paper_that_no_lesson_reads_is_told(tmp_path: Path) -> None:
    (error,) = written(tmp_path, day1_source='title: Book, url: "https://example.org/1"', no_days="yes")
    assert error.startswith("papers/04-gust-tables.yaml:1:9: number: no lesson reads paper 4")


def test_a_course_in_the_making_is_spared(tmp_path: Path) -> None:
    same = "Every bridge here has swayed in the wind."
    changes = {"extra_concept": "yes", "day3_introduces": "spare", "day3_question": same, "day8_question": same}
    assert len(written(tmp_path / "whole", **changes)) == 2
    assert written(tmp_path / "making", drop_day="10", **changes) == []

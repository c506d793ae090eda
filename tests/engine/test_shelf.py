"""The course that is being taught stays the last good one."""

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.config import HOME
from bot.curriculum.problems import CourseErrors
from bot.engine.shelf import Shelf

Logged = Callable[[], list[logging.LogRecord]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HOME / "tests" / "week_7", tmp_path / "course"))


def change(file: Path, old: str, new: str) -> None:
    """Another size or time, as an editor leaves it."""
    content = file.read_text()
    assert old in content
    before = file.stat().st_mtime_ns
    file.write_text(content.replace(old, new))
    os.utime(file, ns=(before + 1_000_000, before + 1_000_000))


def test_a_change_is_taken_once(folder: Path, caplog: pytest.LogCaptureFixture, logged: Logged):
    caplog.set_level(logging.INFO)
    shelf = Shelf(folder)
    assert shelf.refresh() is False
    change(folder / "lessons/day-31.yaml", "title: Alignment Faking", "title: Changed Title")
    assert shelf.refresh() is True
    assert shelf.course.lessons[31].title == "Changed Title"
    assert shelf.lookup.find("Changed Title", ("lesson",))[0].id == "31"
    assert shelf.refresh() is False
    assert len(logged()) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("lessons/day-31.yaml", b"title: [unclosed"),
        ("lessons/day-31.yaml", b"\xff\xfe\x00"),
        ("lessons/day-31.yaml", b""),
        ("lessons/day-31.yaml", b"&a [*a, *a]"),
        ("concepts/new.yml", b"id: x"),
        ("course.yaml", b"id: 7"),
    ],
)
def test_a_broken_file_leaves_the_last_good_course_and_each_problem_is_logged_once(
    folder: Path, logged: Logged, name: str, content: bytes
):
    shelf = Shelf(folder)
    taught = shelf.taught
    (folder / name).write_bytes(content)
    for _ in range(3):
        assert shelf.refresh() is False
    assert shelf.taught is taught
    lines = [record.getMessage() for record in logged()]
    assert len(lines) == len(set(lines)) >= 1
    assert all("course kept=last-good" in line for line in lines)
    with pytest.raises(CourseErrors):
        Shelf(folder)


def test_an_inconsistent_course_is_not_taken_either(folder: Path):
    shelf = Shelf(folder)
    change(folder / "lessons/day-32.yaml", "introduces: [backdoor-trigger", "introduces: [no-such-concept")
    assert shelf.refresh() is False
    assert "backdoor-trigger" in shelf.course.lessons[32].introduces


def test_a_mended_file_is_taken_again(folder: Path):
    shelf = Shelf(folder)
    change(folder / "lessons/day-31.yaml", "title: Alignment Faking", "titel: Alignment Faking")
    assert shelf.refresh() is False
    change(folder / "lessons/day-31.yaml", "titel: Alignment Faking", "title: Mended at last")
    assert shelf.refresh() is True
    assert shelf.course.lessons[31].title == "Mended at last"


def test_a_folder_that_is_gone_leaves_the_course_and_may_come_back(folder: Path):
    shelf = Shelf(folder)
    folder.rename(folder.with_name("away"))
    assert shelf.refresh() is False
    assert shelf.course.lessons[31].title == "Alignment Faking"
    folder.with_name("away").rename(folder)
    assert shelf.refresh() is True


def test_a_dangling_link_is_not_a_crash(folder: Path):
    shelf = Shelf(folder)
    (folder / "lessons" / "day-99.yaml").symlink_to(folder / "nowhere.yaml")
    assert shelf.refresh() is False
    assert shelf.course.lessons[31].title == "Alignment Faking"


def test_the_next_day_follows_the_lessons_that_are_written(folder: Path):
    shelf = Shelf(folder)
    assert [shelf.day_after("any", day) for day in (1, 30, 31, 34, 35, 60)] == [31, 31, 32, 35, None, None]

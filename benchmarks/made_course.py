"""Courses of any length, made of the real one: its first days, or its days again under further numbers."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.model import Course

FOLDER = HOME / "curriculum"
LESSONS = 60


def course_of(lessons: int, whole: Course | None = None) -> Course:
    """The first days of the course, with all papers and concepts; beyond its end the same days once more."""
    course = whole or load_course(FOLDER)
    days = list(course.lessons.values())
    made = {day: replace(days[(day - 1) % len(days)], day=day) for day in range(1, lessons + 1)}
    return replace(course, lessons=made)


@contextmanager
def folder_of(lessons: int) -> Iterator[Path]:
    """The first days of the course as files, with every paper, concept and material."""
    with TemporaryDirectory(prefix="homeroom-bench-") as made:
        folder = Path(made) / "curriculum"
        shutil.copytree(FOLDER, folder)
        for file in folder.glob("lessons/day-*.yaml"):
            if int(file.stem.removeprefix("day-")) > lessons:
                file.unlink()
        yield folder

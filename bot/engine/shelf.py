"""The course that is being taught: the last one that loaded without an error."""

import logging
from dataclasses import dataclass
from pathlib import Path

from bot.curriculum.lint import lint_course
from bot.curriculum.load import load_with_places
from bot.curriculum.lookup import Lookup
from bot.curriculum.model import Course
from bot.curriculum.problems import CourseErrors

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Taught:
    course: Course
    lookup: Lookup


class Shelf:
    """Holds the course; `refresh` takes a new one when the files have changed and load whole."""

    def __init__(self, folder: Path) -> None:
        """Raises CourseErrors when the folder does not load."""
        self._folder = folder
        self._seen = fingerprint(folder)
        self.taught = _taught(folder)

    @property
    def course(self) -> Course:
        return self.taught.course

    @property
    def lookup(self) -> Lookup:
        return self.taught.lookup

    def day_after(self, course: str, day: int) -> int | None:
        """The next lesson day of a course; there is one course a process."""
        return self.course.day_after(day)

    def refresh(self) -> bool:
        """Load again what has changed. False when nothing has, or when it does not load: then the last good one stays
        and every problem is logged once."""
        now = fingerprint(self._folder)
        if now == self._seen:
            return False
        self._seen = now
        try:
            self.taught = _taught(self._folder)
        except CourseErrors as errors:
            for problem in errors.problems:
                log.error("course kept=last-good problem=%r", str(problem))
            return False
        log.info("course loaded lessons=%d concepts=%d", len(self.course.lessons), len(self.course.concepts))
        return True


def _taught(folder: Path) -> Taught:
    loaded = load_with_places(folder)
    problems = lint_course(loaded)
    if problems:
        raise CourseErrors(problems)
    return Taught(loaded.course, Lookup(loaded.course))


def fingerprint(folder: Path) -> frozenset[tuple[str, int, int]]:
    """Changes whenever a YAML file in the folder does, or a file that a lesson may bring."""
    found = []
    for path in (*folder.rglob("*.y*ml"), *folder.glob("materials/*")):
        try:
            stat = path.stat()
        except FileNotFoundError:  # gone between the listing and the look
            continue
        found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return frozenset(found)

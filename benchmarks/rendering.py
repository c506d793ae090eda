"""What a course costs to show and to check: every lesson as each platform's messages, every page of the reader, and
`homeroom check`.

A lesson is rendered as `homeroom preview` does it: its page and its prompts, as the bytes that are sent. Beside it, in
the same run, what no bot can do without: markdown-it-py parses the same texts, and json dumps the very same bodies.
Nothing is remembered from one run to the next. For the reader's pages the same parser makes HTML of the same texts.
All of it is work of the processor and waits for nothing, so its time is what is told.

`homeroom check` reads every file with its places, holds it to the model, holds the files to each other, counts the
prose, and renders every lesson for every platform, twice (for the channel, and whole). Beside it: PyYAML's C parser
reads the same files and does nothing else. Both as processes, and without the start of one.

python benchmarks/rendering.py [--runs 7] [--quick]
"""

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from made_course import course_of, folder_of
from markdown_it import MarkdownIt
from measuring import Row, arguments, repeated, row, tell

from bot.chat import markdown
from bot.chat.post import Callout, Post, Text
from bot.cli.showing import DRESSES, Dress
from bot.curriculum.model import Course
from bot.curriculum.prose import to_prose
from bot.talk.drafts import lesson_drafts
from bot.talk.lessons import lesson_post, whole_lesson_post
from bot.talk.prompts import prompt_post
from bot.web.reader import prose as reader_prose
from bot.web.reader.pages import page_names, page_of

SIZES = (15, 30, 60, 120)
CHECKED = (15, 30, 60)
BARE_CHECK = """
import sys, pathlib, time, yaml
started = time.perf_counter()
for file in sorted(pathlib.Path(sys.argv[1]).rglob("*.yaml")):
    yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader)
print(time.perf_counter() - started)
"""
CHECK = """
import contextlib, io, sys, time
from bot.cli.course import check
from bot.cli.main import app
started = time.perf_counter()
with contextlib.redirect_stdout(io.StringIO()):
    app(["check", sys.argv[1], "--json"], standalone_mode=False)
print(time.perf_counter() - started)
"""
HOMEROOM = str(Path(sys.executable).with_name("homeroom"))

parser = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, and of the processor."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Lap:
    """One measurement of ours and, right beside it, of the baseline."""

    ours: Took
    bare: Took


def main() -> None:
    asked = arguments(__doc__, runs=7).parse_args()
    runs, sizes, checked = (1, SIZES[:1], CHECKED[:1]) if asked.quick else (asked.runs, SIZES, CHECKED)
    whole = course_of(60)
    courses = {size: course_of(size, whole) for size in sizes}
    rows = [each for size, course in courses.items() for each in lesson_rows(course, size, runs)]
    rows += whole_rows(courses[sizes[-1]] if asked.quick else whole, runs)
    for size in checked:
        rows += page_rows(courses[size], size, runs)
    for size in checked:
        rows += check_rows(size, runs)
    tell("rendering", f"A course rendered and checked, median of {runs}", rows)


# Lessons as messages, and pages


def lesson_rows(course: Course, size: int, runs: int) -> Iterator[Row]:
    made = [post for day in course.lessons for post in posts(course, day)]
    for dress in DRESSES.values():

        def ours(dress: Dress = dress) -> list[str]:
            return [each.body for day in course.lessons for each in drafts(course, dress, day)]

        yield rendered_row(f"{size} lessons for {dress.name}", ours, made, runs)


def whole_rows(course: Course, runs: int) -> Iterator[Row]:
    """What a member gets who asks for the whole lesson."""
    lessons = course.lessons.values()
    made = [whole_lesson_post(course, each) for each in lessons]
    for dress in DRESSES.values():

        def ours(dress: Dress = dress) -> list[str]:
            shown = (dress.render(whole_lesson_post(course, each), None) for each in lessons)
            return [json.dumps(body, ensure_ascii=False) for bodies in shown for body in bodies]

        yield rendered_row(f"{len(made)} whole lessons for {dress.name}", ours, made, runs)


def rendered_row(what: str, ours: Callable[[], list[str]], made: Sequence[Post], runs: int) -> Row:
    """ours: makes the posts as well, and returns the messages' bodies."""
    bodies = [json.loads(body) for body in ours()]
    texts = [text for post in made for text in texts_of(post)]

    def bare() -> None:
        for text in texts:
            parser.parse(text)
        for body in bodies:
            json.dumps(body, ensure_ascii=False)

    laps = repeated(what, runs, lambda: lap(ours, bare))
    return milliseconds(f"{what} ({len(bodies)} messages)", "markdown-it + json", laps)


def page_rows(course: Course, size: int, runs: int) -> Iterator[Row]:
    names = list(page_names(course))
    values = (*course.lessons.values(), *course.papers.values(), *course.concepts.values())
    texts = [text for value in values for _, text in to_prose(value)]

    def ours() -> None:
        for name in names:
            page_of(course, name)

    def bare() -> None:
        for text in texts:
            parser.render(text)

    what = f"{len(names)} pages of the reader, {size} lessons"
    yield milliseconds(what, "markdown-it to HTML", repeated(what, runs, lambda: lap(ours, bare)))


def drafts(course: Course, dress: Dress, day: int) -> list[Any]:
    return lesson_drafts(course, dress, day, f"preview|lesson|{day}")


def posts(course: Course, day: int) -> Iterator[Post]:
    lesson = course.lessons[day]
    yield lesson_post(course, lesson)
    for prompt in lesson.prompts:
        yield prompt_post(course, lesson, prompt, "k")


def texts_of(post: Post) -> Iterator[str]:
    """What the author wrote in markdown."""
    for block in post.blocks:
        if isinstance(block, Text | Callout):
            yield block.markdown


# The check


def check_rows(size: int, runs: int) -> Iterator[Row]:
    with folder_of(size) as folder:
        what = f"homeroom check, {size} lessons ({len(list(folder.rglob('*.yaml')))} files)"

        def once() -> tuple[Lap, Lap]:
            bare, bare_inside = process([sys.executable, "-c", BARE_CHECK, str(folder)])
            ours, _ = process([HOMEROOM, "check", str(folder)])
            _, ours_inside = process([sys.executable, "-c", CHECK, str(folder)])
            return Lap(ours, bare), Lap(Took(float(ours_inside), 0), Took(float(bare_inside), 0))

        whole, inside = zip(*repeated(what, runs, once), strict=True)
    yield row(what, "s", [e.ours.wall for e in whole], "PyYAML reads them", [e.bare.wall for e in whole])
    yield row(f"{what}: processor", "s", [e.ours.cpu for e in whole], "PyYAML", [e.bare.cpu for e in whole])
    started = f"{what}: once it has started"
    yield row(started, "s", [e.ours.wall for e in inside], "PyYAML", [e.bare.wall for e in inside])


def process(command: Sequence[str]) -> tuple[Took, str]:
    """What it and its children took, and its last line. Raises CalledProcessError."""
    before = os.times()
    started = time.perf_counter()
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    wall = time.perf_counter() - started
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Took(wall, cpu), ended.stdout.strip().rpartition("\n")[2]


# How it is measured


def lap(ours: Callable[[], object], bare: Callable[[], object]) -> Lap:
    forget()
    first = timed(ours)
    return Lap(first, timed(bare))


def timed(do: Callable[[], object]) -> Took:
    gc.collect()
    cpu, started = time.process_time(), time.perf_counter()
    do()
    return Took(time.perf_counter() - started, time.process_time() - cpu)


def forget() -> None:
    """What was rendered before is not known any more."""
    markdown._remembered.cache_clear()
    reader_prose._rendered.cache_clear()


def milliseconds(what: str, beside: str, laps: Sequence[Lap]) -> Row:
    """Of the processor: what they take but that is only waiting for it."""
    return row(what, "ms", [each.ours.cpu * 1e3 for each in laps], beside, [each.bare.cpu * 1e3 for each in laps])


if __name__ == "__main__":
    main()

"""How the course reads, in numbers: for `homeroom check`."""

from collections.abc import Iterator
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

from bot.curriculum.model import Course
from bot.curriculum.reading_level import Measure, measure_course, measure_value, total


def prose_line(course: Course) -> str:
    """One line about the whole course."""
    all_of_it = measure_course(course)
    counted = f"prose: {all_of_it.words:,} words in {all_of_it.sentences:,} sentences"
    lengths = f"{all_of_it.mean:.1f} words each, {all_of_it.longest} at most"
    return f"{counted}, {lengths}; reading ease {all_of_it.ease:.0f} (Flesch: 60 to 70 is standard, more is easier)"


def prose_rows(course: Course) -> list[dict[str, Any]]:
    """Every lesson, every paper, the concepts together, and all of it."""
    return [{"of": of, "title": title, **_figures(measured)} for of, title, measured in _measured(course)]


def prose_table(course: Course) -> Table:
    table = Table(
        title="How it reads", caption="ease: Flesch's reading ease", box=SIMPLE, padding=(0, 1, 0, 0), expand=True
    )
    table.add_column("of", no_wrap=True, min_width=8)
    table.add_column("title", no_wrap=True, ratio=1)
    for heading in ("words", "sentences", "mean", "longest", "ease"):
        table.add_column(heading, justify="right", no_wrap=True, min_width=len(heading))
    for row in prose_rows(course):
        cells = (row["of"], row["title"], f"{row['words']:,}", f"{row['sentences']:,}", f"{row['mean']:.1f}")
        table.add_row(*cells, str(row["longest"]), f"{row['ease']:.0f}")
    return table


def _measured(course: Course) -> Iterator[tuple[str, str, Measure]]:
    for day, lesson in course.lessons.items():
        yield f"day {day}", lesson.title, measure_value(lesson)
    for number, paper in course.papers.items():
        yield f"paper {number}", paper.title, measure_value(paper)
    yield "concepts", "all of them", total(map(measure_value, course.concepts.values()))
    yield "course", course.about.title, measure_course(course)


def _figures(measured: Measure) -> dict[str, Any]:
    return {
        "words": measured.words,
        "sentences": measured.sentences,
        "mean": round(measured.mean, 1),
        "longest": measured.longest,
        "ease": round(measured.ease, 1),
    }

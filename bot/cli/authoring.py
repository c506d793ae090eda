"""What makes an author's day: the whole course at a glance, and a new lesson that begins in the right shape."""

from typing import Annotated, Any, Literal

import typer
from rich.box import SIMPLE
from rich.table import Table

from bot.cli.saying import out, problem, say_json
from bot.config import load_settings
from bot.curriculum.load import load_course
from bot.curriculum.model import Course
from bot.curriculum.prose import count_words, to_prose

AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output on stdout.")]
lesson = typer.Typer(name="lesson", add_completion=False, help="Begin a new lesson.", no_args_is_help=True)

COLUMNS = {
    "day": "day",
    "week": "week",
    "kind": "kind",
    "min": "minutes",
    "title": "title",
    "words": "words",
    "asks": "prompts",
    "new": "new",
    "open": "verify",
}
"""Heading → what a row calls it. asks: writing prompts; new: concepts introduced; open: points still to be verified."""

BLANK = """\
day: {day}
week: {week}
kind: concept        # concept, paper, lab, synthesis, review, capstone
minutes: 60
title: The lesson's title
subtitle: What it is about, in a few words

question: |
  The question that the day before forces.
thesis: |
  What this lesson claims, in one or two sentences.
study: |
  What the study did. Leave the field out where no study carries the day.

theory:
  - title: The first point
    text: |
      Sixty to a hundred and thirty words.
  - title: The second point
    text: |
      …
  - title: The third point
    text: |
      …

claim:
  shown: |
    What was shown.
  not_shown: |
    What was not shown.

links: []

meaning:
  title: What this means in practice
  text: |
    …

work:
  title: What the day's work is called
  steps:
    - reading: {{ text: What to look for., title: The source, url: "https://example.org" }}
    - prompt:
        id: a-short-id-that-stays
        ask: |
          What to write.
        length: {{ text: two sentences, unit: sentences, max: 2 }}

expert:
  novice: |
    What a novice concludes.
  expert: |
    What an expert says instead.
interview: |
  What a member could say in an interview.
takeaways:
  - The first thing to keep.
sources:
  - {{ title: The source, url: "https://example.org" }}
introduces: []
uses: []
verify:
  - everything in this file
"""


def course(as_json: AsJson = False) -> None:
    """Show the whole course at a glance: every day with its kind, minutes, words, prompts and open checks."""
    taught = load_course(load_settings().curriculum_dir)
    rows = [_row(taught, day) for day in range(1, taught.about.days + 1)]
    totals = _totals(taught, rows)
    if as_json:
        say_json({"days": rows, "totals": totals})
        return
    table = Table(title=taught.about.title, caption=_told(totals, len(rows)), box=SIMPLE, padding=(0, 1, 0, 0))
    for heading, column in COLUMNS.items():
        width = 20 if column == "title" else max(len(heading), 9 if column == "kind" else 2)
        justify: Literal["left", "right"] = "left" if column in ("kind", "title") else "right"
        table.add_column(heading, no_wrap=True, min_width=width, justify=justify)
    for row in rows:
        cells = (str(row.get(column, "")) for column in COLUMNS.values())
        table.add_row(*cells, style=None if "title" in row else "dim")
    out.print(table)


@lesson.command("new")
def new(day: Annotated[int, typer.Argument(min=1, max=366, help="The lesson's day.")]) -> None:
    """Write a blank lesson file with every field in it; nothing that exists is touched."""
    folder = load_settings().curriculum_dir
    about = load_course(folder).about
    path = folder / "lessons" / f"day-{day:02}.yaml"
    if path.exists():
        problem(f"{path} is there already: open it, or name another day")
        raise typer.Exit(2)
    if day > about.days:
        problem(f"the course has {about.days} days: name an earlier one, or change `days:` in course.yaml")
        raise typer.Exit(2)
    path.write_text(BLANK.format(day=day, week=(day - 1) // about.days_per_week + 1))
    out.print(f"wrote {path}: fill it in, and run `homeroom check` as often as you like", soft_wrap=True)


@lesson.callback()
def _lesson() -> None:
    """Begin a new lesson."""


def _row(taught: Course, day: int) -> dict[str, Any]:
    week = (day - 1) // taught.about.days_per_week + 1
    found = taught.lessons.get(day)
    row: dict[str, Any] = {"day": day, "week": week, "part": taught.part_of(week).id}
    if found is not None:
        row |= {
            "kind": found.kind.value,
            "minutes": found.minutes,
            "title": found.title,
            "words": _words(found),
            "prompts": len(found.prompts),
            "links": len(found.links) + len(found.ahead),
            "new": len(found.introduces),
            "verify": len(found.verify),
        }
    return row


def _words(found: object) -> int:
    return sum(count_words(text) for loc, text in to_prose(found) if loc[0] != "sources")


def _totals(taught: Course, rows: list[dict[str, Any]]) -> dict[str, int]:
    """Everything counted once. links: a lesson's to other days and weeks, a paper's to a later one, a concept's to
    those that it names as related."""
    written = [row for row in rows if "title" in row]
    papers, concepts = taught.papers.values(), taught.concepts.values()
    return {
        "lessons": len(written),
        "papers": len(papers),
        "concepts": len(concepts),
        "lesson_words": sum(row["words"] for row in written),
        "paper_words": sum(map(_words, papers)),
        "concept_words": sum(map(_words, concepts)),
        "prompts": sum(row["prompts"] for row in written),
        "lesson_links": sum(row["links"] for row in written),
        "paper_links": sum(len(paper.influences) for paper in papers),
        "concept_links": sum(len(concept.related) for concept in concepts),
        "verify": sum(row["verify"] for row in written)
        + sum(len(paper.verify) for paper in papers)
        + sum(len(concept.verify) for concept in concepts),
    }


def _told(totals: dict[str, int], days: int) -> str:
    words = sum(totals[f"{kind}_words"] for kind in ("lesson", "paper", "concept"))
    links = sum(totals[f"{kind}_links"] for kind in ("lesson", "paper", "concept"))
    holds = f"{totals['lessons']} of {days} lessons, {totals['papers']} papers, {totals['concepts']} concepts"
    return f"{holds}; {words:,} words, {totals['prompts']} prompts, {links:,} links, {totals['verify']} marked verify"

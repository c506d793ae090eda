"""A small course about bridges, whole and free of mistakes, for tests to break in one place."""

from pathlib import Path

COURSE = """\
id: bridges
title: Ten days of bridges
days: 10
days_per_week: 5
safety_rule: We load models of bridges, never bridges.
kinds:
  concept: One idea a day.
  paper: One study a day.
parts:
  - id: A
    title: Loads
    goal: Tell one load from another.
    colour: "#4480c0"
    weeks:
      - { number: 1, title: Standing loads }
      - { number: 2, title: Moving loads }
"""

LESSON_6 = """\
day: 6
week: 2
kind: concept
minutes: 45
title: Wind
subtitle: What pushes from the side
question: Weight pulls down. What pushes sideways?
thesis: |
  Wind is a load that comes and goes.
theory:
  - title: Gusts
    text: |
      A gust is short. A deck answers it late.
claim:
  shown: Decks sway in wind.
  not_shown: That every swaying deck falls.
links:
  - day: 5
    why: Weight came first.
ahead:
  - day: 7
    why: Sway meets rhythm there.
meaning:
  title: On site
  text: Measure the wind before the deck.
work:
  title: Read and write
  steps:
    - reading:
        paper: 4
        text: Read the first table.
    - prompt:
        id: why-wind
        ask: Why does wind matter?
        length: { text: one sentence, unit: sentences, max: 1 }
expert:
  novice: Wind is weather.
  expert: Wind is a load.
interview: I would ask for the wind record.
sources:
  - { paper: 4 }
introduces: [wind-load]
"""

LESSON_7 = """\
day: 7
week: 2
kind: paper
minutes: 60
title: Flutter
subtitle: When sway feeds itself
question: Does sway always die away?
thesis: Some sway grows.
theory:
  - title: Feedback
    text: The deck's own motion turns the wind.
claim:
  shown: One deck fluttered.
  not_shown: That long decks must.
links:
  - week: 1
    why: Standing loads hold still.
meaning:
  title: In design
  text: Stiffen the deck, or let the wind through.
work:
  title: One study
  steps:
    - lab: Sketch the deck from above.
    - prompt:
        id: flutter-or-sway
        ask: What tells flutter from sway?
        length: { text: two sentences, unit: sentences, max: 2 }
expert:
  novice: Long means weak.
  expert: Shape decides.
interview: I would ask for the section model.
sources:
  - { paper: 11 }
  - { title: A photograph, url: "https://example.org/photograph" }
introduces: [self-feeding-sway]
uses: [wind-load]
verify:
  - The year of the photograph.
"""

PAPER_4 = """\
number: 4
title: "Gust Tables: Wind on Long Decks"
aliases: [wind tables]
authors: Ada Brun et al.
organisations: [Bridge School]
date: 2001-03-01
category: Loads
type: Report
arxiv: "2001.04321"
url: https://example.org/gusts
headline: Gusts on long decks, in one table.
summary: Wind was measured on nine decks for a year.
key_concepts:
  - concept: wind-load
    text: The table gives it by height.
not_shown: Anything about short decks.
influences:
  - paper: 11
    why: Its wind figures were used.
days: [6]
"""

PAPER_11 = """\
number: 11
star: true
title: "Sleeping Cables: Sway That Persists After Damping"
authors: Cy Dahl
organisations: [Bridge School, Cable Works]
date: 2004-05-17
date_precision: day
category: Sway
type: Research Paper
url: https://example.org/cables
headline: Damped cables swayed again in storms.
summary: |
  Cables were damped, then watched. In storms many of them moved as before.
key_concepts:
  - concept: self-feeding-sway
    text: The storm sets it off.
not_shown: That dampers are useless.
influenced_by:
  - paper: 4
    why: It gave the wind figures.
days: [7]
"""

WIND_LOAD = """\
id: wind-load
name: Wind load
aliases: [side load, WL]
definition: The push of moving air on a structure.
papers: [4]
day: 6
related: [self-feeding-sway]
"""

SELF_FEEDING_SWAY = """\
id: self-feeding-sway
name: Self-feeding-sway persistence
aliases: [flutter, "Théorème d'Aéro"]
definition: Sway that takes its energy from a steady stream of air.
papers: [11]
day: 7
related: [wind-load]
"""

FILES = {
    "course.yaml": COURSE,
    "lessons/day-06.yaml": LESSON_6,
    "lessons/day-07.yaml": LESSON_7,
    "papers/04-gust-tables.yaml": PAPER_4,
    "papers/11-sleeping-cables.yaml": PAPER_11,
    "concepts/wind-load.yaml": WIND_LOAD,
    "concepts/self-feeding-sway.yaml": SELF_FEEDING_SWAY,
}


def write_course(folder: Path, changes: dict[str, str | bytes] | None = None) -> Path:
    """Write the course, with whole files replaced or added by `changes`; "<none>" leaves a file out."""
    for name, content in {**FILES, **(changes or {})}.items():
        if content == "<none>":
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def changed(name: str, old: str, new: str) -> dict[str, str]:
    """The file `name` with `old`, which stands in it once, replaced."""
    assert FILES[name].count(old) == 1, (name, old)
    return {name: FILES[name].replace(old, new)}

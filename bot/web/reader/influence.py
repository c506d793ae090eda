"""All papers of a course and what came from what, as one drawing: time runs downwards, an influence is a line.

The layers and the order within them are the layout library's (Sugiyama's method: few crossings). So that a year stands
above the next one, a spine of years is laid out with the papers and not drawn: each year hangs on the last row of the
one before, and each paper on its year.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from fast_sugiyama import from_edges

from bot.curriculum.model import Course, Paper
from bot.web.reader import addresses
from bot.web.reader.views import short_title, week_part, when

WIDTH, HEIGHT = 170, 54
"""Of a paper's box, in units of the drawing."""
GAP, ROW = 14, 96
LEFT, TOP = 64, 12
MOST = 6
"""Boxes side by side: a drawing that fits a laptop's width."""
LINE = 17
"""Characters of a title that fit on one of its two lines, in the widest of the letters that systems bring."""


@dataclass(frozen=True)
class Box:
    page: str
    number: int
    lines: tuple[str, ...]
    title: str
    x: int
    y: int
    part: str
    star: bool


@dataclass(frozen=True)
class Edge:
    """From an earlier paper to a later one, as an SVG path."""

    path: str
    start: int
    end: int


@dataclass(frozen=True)
class Year:
    year: int
    y: int


@dataclass(frozen=True)
class InfluenceMap:
    width: int
    height: int
    box_width: int
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    years: tuple[Year, ...]


def influence_map(course: Course) -> InfluenceMap | None:
    """The drawing of a course; None where no paper is open. Boxes in the order of time, row by row, so that a keyboard
    goes through them as the eye does."""
    if not course.papers:
        return None
    rows = _rows(course)
    width = max(map(len, rows)) * (WIDTH + GAP)
    places = {paper.number: place for paper, place in _places(rows, width)}
    boxes = tuple(_box(course, paper, *places[paper.number]) for row in rows for paper in row)
    edges = tuple(
        _edge(places[paper.number], places[edge.paper], paper.number, edge.paper)
        for paper in course.papers.values()
        for edge in paper.influences
        if edge.paper in places
    )
    height = TOP + (len(rows) - 1) * ROW + HEIGHT + TOP
    return InfluenceMap(LEFT + width + 2, height, WIDTH, boxes, edges, tuple(_years(rows)))


def _rows(course: Course) -> list[list[Paper]]:
    """The papers in layers, oldest first, each in the library's order."""
    layers: dict[float, list[tuple[float, Paper]]] = defaultdict(list)
    for positions, *_ in from_edges(_laid_out(course), vertex_spacing=1, ranking_type="up"):
        for vertex, (x, y) in positions:
            paper = course.papers.get(int(vertex))
            if paper is not None:
                layers[-y].append((x, paper))
    ordered = (sorted(layers[y], key=lambda each: (each[0], each[1].number)) for y in sorted(layers))
    return [row for layer in ordered for row in _parted([paper for _, paper in layer])]


def _parted(layer: list[Paper]) -> list[list[Paper]]:
    """A layer in rows of at most MOST, every other paper in the next row: all keep their place across."""
    rows = -(-len(layer) // MOST)
    return [layer[row::rows] for row in range(rows)]


def _laid_out(course: Course) -> list[tuple[int, int]]:
    """The influences between papers by their numbers, and the spine of years, by numbers below zero: the library puts
    what it is given into a set, and only integers come out of one in the same order every time."""
    depths = _depths(course)
    years: dict[int, int] = defaultdict(int)
    for paper in course.papers.values():
        years[paper.date.year] = max(years[paper.date.year], depths[paper.number])
    edges = [
        (paper.number, edge.paper)
        for paper in course.papers.values()
        for edge in paper.influences
        if edge.paper in course.papers
    ]
    spine = [(year, row) for year in sorted(years) for row in range(years[year] + 2)]
    edges += [(-place, -place - 1) for place in range(1, len(spine))]
    edges += [(-spine.index((paper.date.year, 0)) - 1, paper.number) for paper in course.papers.values()]
    return edges


def _depths(course: Course) -> Mapping[int, int]:
    """Paper → how many papers of its own year it stands below, at the most."""
    depths: dict[int, int] = {}
    for paper in sorted(course.papers.values(), key=lambda each: (each.date, each.number)):
        above = (course.papers.get(edge.paper) for edge in paper.influenced_by)
        same = (depths.get(each.number, 0) + 1 for each in above if each and each.date.year == paper.date.year)
        depths[paper.number] = max(same, default=0)
    return depths


def _places(rows: Sequence[Sequence[Paper]], width: int) -> Iterator[tuple[Paper, tuple[int, int]]]:
    """Each paper with the corner of its box: a row's boxes share the width evenly."""
    for number, row in enumerate(rows):
        share = width / len(row)
        for at, paper in enumerate(row):
            yield paper, (round(LEFT + share * (at + 0.5) - WIDTH / 2), TOP + number * ROW)


def _box(course: Course, paper: Paper, x: int, y: int) -> Box:
    lines = wrap(short_title(paper), LINE, max_lines=2, placeholder="…")
    first = min((day for day in paper.days if day in course.lessons), default=None)
    part = week_part(course, course.lessons[first].week) if first is not None else None
    return Box(
        page=addresses.paper_page(paper.number),
        number=paper.number,
        lines=tuple(lines),
        title=f"{paper.number}. {paper.title} ({when(paper)})",
        x=x,
        y=y,
        part=part.id if part else "",
        star=paper.star,
    )


def _edge(start: tuple[int, int], end: tuple[int, int], earlier: int, later: int) -> Edge:
    """From the lower edge of the earlier box to the upper edge of the later one, upright at both."""
    x1, y1 = start[0] + WIDTH // 2, start[1] + HEIGHT
    x2, y2 = end[0] + WIDTH // 2, end[1]
    bend = max((y2 - y1) // 2, 20)
    return Edge(f"M{x1} {y1} C{x1} {y1 + bend} {x2} {y2 - bend} {x2} {y2}", earlier, later)


def _years(rows: Sequence[Sequence[Paper]]) -> Iterator[Year]:
    """Each year beside its first row."""
    seen = 0
    for number, row in enumerate(rows):
        year = min(paper.date.year for paper in row)
        if year > seen:
            yield Year(year, TOP + number * ROW)
            seen = year

"""A paper and those that it came from and led to, as a drawing: years downwards, an arc for each influence."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.curriculum.model import Course, Paper
from bot.web.reader import addresses
from bot.web.reader.views import short_title, shortened, when

"""Units of the drawing, and the pixels of the narrowest telephone: letters never shrink below their size there."""
ROW = 36
LINE = 88
"""Where the line of time stands; arcs bow to its left, names stand to its right."""
TOP = 22
LABEL = 29
"""Characters of a name that fit beside the line in the widest of the letters that systems bring."""


@dataclass(frozen=True)
class Node:
    """A paper on the line of time. `side`: "earlier" (it influenced this one), "this", or "later"."""

    page: str
    label: str
    title: str
    side: str
    y: int
    year: int | None
    part: str


@dataclass(frozen=True)
class Arc:
    """From the earlier paper to the later one, as an SVG path."""

    path: str
    side: str


@dataclass(frozen=True)
class Around:
    height: int
    nodes: tuple[Node, ...]
    arcs: tuple[Arc, ...]
    says: str


def neighbourhood(course: Course, paper: Paper) -> Around | None:
    """The drawing of a paper's neighbours in `course`; None when it has none there."""
    earlier = [course.papers[edge.paper] for edge in paper.influenced_by if edge.paper in course.papers]
    later = [course.papers[edge.paper] for edge in paper.influences if edge.paper in course.papers]
    if not earlier and not later:
        return None
    ordered = sorted([*earlier, paper, *later], key=lambda each: (each.date, each is not paper, each.number))
    nodes = tuple(_nodes(course, ordered, paper, earlier))
    here = next(node.y for node in nodes if node.side == "this")
    arcs = tuple(_arc(node, here) for node in nodes if node.side != "this")
    return Around(TOP * 2 + ROW * (len(nodes) - 1), nodes, arcs, _says(paper, len(earlier), len(later)))


def _nodes(course: Course, ordered: list[Paper], paper: Paper, earlier: list[Paper]) -> Iterator[Node]:
    year = 0
    for number, each in enumerate(ordered):
        side = "this" if each is paper else "earlier" if each in earlier else "later"
        yield Node(
            page=addresses.paper_page(each.number),
            label=shortened(f"{each.number} · {short_title(each)}", LABEL),
            title=f"{each.number}. {each.title} ({when(each)})",
            side=side,
            y=TOP + ROW * number,
            year=each.date.year if each.date.year != year else None,
            part=_part(course, each),
        )
        year = each.date.year


def _arc(node: Node, here: int) -> Arc:
    """Half an ellipse between two rows; the further apart, the further it bows, up to the years' column."""
    top, bottom = sorted((node.y, here))
    bow = min(10 + (bottom - top) // 7, 42)
    middle = LINE - bow
    return Arc(f"M{LINE} {top} C{middle} {top} {middle} {bottom} {LINE} {bottom}", node.side)


def _part(course: Course, paper: Paper) -> str:
    """The letter of the part in which the paper is first read; "" when no day reads it."""
    days = [day for day in paper.days if day in course.lessons]
    return course.part_of(course.lessons[min(days)].week).id if days else ""


def _says(paper: Paper, earlier: int, later: int) -> str:
    came = f"{earlier} earlier {'paper' if earlier == 1 else 'papers'} shaped it"
    led = f"it shaped {later} later {'one' if later == 1 else 'ones'}"
    return f"{short_title(paper)} among its neighbours, by year: {came}, {led}. The reasons stand below."

"""The squares of a heat map as one SVG picture: a path for each kind of mark, however many squares there are.
Every mark is told from every other by its shape as well as by its colour."""

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum


class Mark(StrEnum):
    """What a square says. The two parted ones: some of the lesson's prompts are answered, not all."""

    DONE = "done"
    LATE = "late"
    OPEN = "open"
    OPEN_PART = "open, in part"
    MISSED = "missed"
    MISSED_PART = "missed, in part"
    EXCUSED = "excused"
    NOT_YET = "not yet open"


INK, LIGHT, GROUND = "#17696a", "#9fd3cb", "#fffefb"
CARE, CARE_GROUND = "#a6391f", "#f7ddd2"
QUIET, QUIET_GROUND = "#807b70", "#e9e5da"
_BLANK = {Mark.OPEN: (GROUND, INK), Mark.OPEN_PART: (GROUND, INK), Mark.MISSED_PART: (CARE_GROUND, CARE)}


def to_svg(marks: Iterable[tuple[float, float, Mark]], width: float, height: float, size: float) -> str:
    """marks: where each square's upper left corner is, in points. size: of a square, in points."""
    drawn: dict[tuple[str, str], list[str]] = defaultdict(list)  # (fill, stroke) → path commands, in order of drawing
    for x, y, mark in marks:
        for fill, stroke, path in _shapes(mark, x, y, size):
            drawn[fill, stroke].append(path)
    paths = "".join(
        f'<path d="{"".join(parts)}" fill="{fill}" stroke="{stroke}" stroke-width="{size / 9:.2f}"/>'
        for (fill, stroke), parts in sorted(drawn.items(), key=lambda each: _layer(each[0][0]))
    )
    box = f'width="{width:.1f}" height="{height:.1f}" viewBox="0 0 {width:.1f} {height:.1f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{paths}</svg>'


def _layer(fill: str) -> int:
    """Grounds lie below what fills them in part, and lines above everything."""
    return {INK: 1, "none": 2}.get(fill, 0)


def _shapes(mark: Mark, x: float, y: float, size: float) -> Iterable[tuple[str, str, str]]:
    """Fill, stroke and path of each shape."""
    whole = _box(x, y, size, size)
    if mark is Mark.DONE:
        yield INK, "none", whole
    elif mark is Mark.LATE:
        yield LIGHT, "none", whole
        yield "none", INK, f"M{x + size * 0.2:.1f} {y + size * 0.8:.1f}l{size * 0.6:.1f} {-size * 0.6:.1f}"
    elif mark in _BLANK:
        ground, line = _BLANK[mark]
        edge = size / 18
        yield ground, line, _box(x + edge, y + edge, size - 2 * edge, size - 2 * edge)
        if mark is Mark.OPEN_PART:
            yield INK, "none", _box(x + edge, y + size / 2, size - 2 * edge, size / 2 - edge)
        elif mark is Mark.MISSED_PART:
            yield INK, "none", f"M{x + edge:.1f} {y + edge:.1f}v{size - 2 * edge:.1f}h{size - 2 * edge:.1f}z"
    elif mark is Mark.MISSED:
        yield CARE_GROUND, "none", whole
        near, far = size * 0.28, size * 0.44
        yield "none", CARE, f"M{x + near:.1f} {y + near:.1f}l{far:.1f} {far:.1f}m0 {-far:.1f}l{-far:.1f} {far:.1f}"
    elif mark is Mark.EXCUSED:
        yield QUIET_GROUND, "none", whole
        yield "none", QUIET, f"M{x + size * 0.3:.1f} {y + size / 2:.1f}h{size * 0.4:.1f}"
    else:
        dot = size / 6
        yield QUIET, "none", _box(x + (size - dot) / 2, y + (size - dot) / 2, dot, dot)


def _box(x: float, y: float, width: float, height: float) -> str:
    return f"M{x:.1f} {y:.1f}h{width:.1f}v{height:.1f}h{-width:.1f}z"

"""The desk's colours and shapes: everything can be read, and every mark of the map is told without its colour."""

import re
from itertools import product

import pytest

from bot.config import HOME

STYLE = (HOME / "bot" / "web" / "desk" / "static" / "desk.css").read_text(encoding="utf-8")
DARK = "@media (prefers-color-scheme: dark)"


@pytest.mark.parametrize("light", ["light", "dark"])
def test_every_mark_stands_out_from_the_paper(light: str):
    """WCAG 1.4.11: graphics have a contrast of at least 3 to 1, on the paper and on a row that is pointed at."""
    before, _, behind = STYLE.partition(DARK)
    sheet = before if light == "light" else behind.partition("* {")[0]
    colours = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", sheet))
    for mark, paper in product(("done", "open", "missed", "rest", "edge"), ("page", "panel")):
        assert contrast(colours[mark], colours[paper]) >= 3, (mark, paper)
    for ink, paper in product(("text", "soft", "link", "good", "care"), ("page", "panel")):
        assert contrast(colours[ink], colours[paper]) >= 4.5, (ink, paper)


def test_every_mark_has_a_shape_of_its_own():
    """So that it is told without its colour."""
    shapes = re.findall(r"^\.mark\.([a-z.]+), \.heat \.[a-z.]+ a::before { (.+) }$", STYLE, re.MULTILINE)
    drawn = {name: re.sub(r"var\(--[a-z]+\)", "ink", shape) for name, shape in shapes}
    assert len(drawn) == len(set(drawn.values())) == 8


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

"""The heat map as a picture, and the same in words."""

import re
import struct
import zlib
from datetime import timedelta

import pytest
from drawn_people import START, ledger, progress

from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.model import Course
from bot.talk.drawing.heat_map import ALT_LIMIT, ROWS, heat_map, heat_map_alt, page_of
from bot.talk.drawing.squares import CARE, GROUND, INK, LIGHT, QUIET, Mark, to_svg

DAYS = range(31, 36)


@pytest.fixture(scope="module")
def course() -> Course:
    return load_course(HOME / "tests" / "week_7")


def crowd(*named: tuple[str, str]) -> list:
    led = ledger(DAYS)
    return [progress(led, states, number, name) for number, (name, states) in enumerate(named, 1)]


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def colours(png: bytes) -> set[bytes]:
    """Every colour in a picture of eight-bit RGBA, whatever its lines were filtered by."""
    width, _ = size_of(png)
    assert png[24:26] == b"\x08\x06"
    packed = b"".join(png[at + 8 : at + 8 + length] for at, length in _chunks(png, b"IDAT"))
    lines, stride, above = zlib.decompress(packed), width * 4, bytes(width * 4)
    found: set[bytes] = set()
    for start in range(0, len(lines), stride + 1):
        line = bytearray(lines[start + 1 : start + 1 + stride])
        _unfilter(lines[start], line, above)
        above = bytes(line)
        found |= {above[at : at + 3] for at in range(0, stride, 4)}
    return found


def _chunks(png: bytes, kind: bytes):
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == kind:
            yield at, length
        at += length + 12


def _unfilter(kind: int, line: bytearray, above: bytes) -> None:
    if kind == 0:
        return
    for at in range(len(line)):
        left, up = line[at - 4] if at >= 4 else 0, above[at]
        if kind < 4:
            line[at] = (line[at] + (left, up, (left + up) // 2)[kind - 1]) & 255
            continue
        corner = above[at - 4] if at >= 4 else 0
        nearest = min((left, up, corner), key=lambda each: abs(left + up - corner - each))
        line[at] = (line[at] + nearest) & 255


def rgb(colour: str) -> bytes:
    return bytes.fromhex(colour.removeprefix("#"))


def test_the_picture_has_the_colours_of_its_states_and_a_ground_of_its_own(course: Course) -> None:
    page = page_of("C", crowd(("Ada", "dlmep")), 1, 2)
    assert page is not None
    assert {rgb(each) for each in (INK, LIGHT, CARE, QUIET, GROUND)} <= colours(heat_map(course, page).png)


@pytest.mark.parametrize("one", list(Mark), ids=lambda each: each.name)
def test_every_mark_is_told_from_every_other_without_its_colour(one: Mark) -> None:
    def shape(mark: Mark) -> str:
        return re.sub(r"#[0-9a-f]{6}", lambda found: "dark" if found[0] in (INK, CARE) else "pale", drawn(mark))

    def drawn(mark: Mark) -> str:
        return to_svg([(0, 0, mark)], 10, 10, 9)

    assert [each for each in Mark if shape(each) == shape(one)] == [one]


def test_the_words_count_each_state_and_name_who_needs_a_word() -> None:
    page = page_of("Autumn", crowd(("Ada", "dlmmm"), ("Ben", "ddddd"), ("Chi", "eempm")), 1, 2)
    assert page is not None
    assert heat_map_alt(page) == (
        "Heat map of Autumn, 3 members, by name, lesson days 31 to 35. 6 answered, 1 answered late, 2 excused, "
        "6 missed. Missed the last 2 lessons or more: Ada, Chi."
    )


def test_the_words_stay_within_their_limit_and_say_how_many_more_there_are() -> None:
    page = page_of("x" * 300, crowd(*((f"Member with a long name {number}", "mmmmm") for number in range(60))), 1, 2)
    assert page is not None
    alt = heat_map_alt(page)
    assert len(alt) <= ALT_LIMIT
    assert re.search(r"Member with a long name 1,.* and \d+ more\.$", alt)


def test_members_are_paged_and_there_is_no_page_beyond(course: Course) -> None:
    everybody = crowd(*((f"M{number:03}", "ddddd") for number in range(ROWS + 1)))
    first, second = page_of("C", everybody, 1, 2), page_of("C", everybody, 2, 2)
    assert first is not None
    assert second is not None
    assert [len(first.people), len(second.people)] == [ROWS, 1]
    assert "members 51 to 51 of 51, by name (page 2 of 2)" in heat_map_alt(second)
    assert [page_of("C", everybody, number, 2) for number in (0, -1, 3)] == [None] * 3


def test_nobody_is_one_empty_page(course: Course) -> None:
    page = page_of("Autumn", [], 1, 2)
    assert page is not None
    picture = heat_map(course, page)
    assert size_of(picture.png)[0] > 300
    assert picture.alt == "Heat map of Autumn: nobody has joined yet."


def test_a_name_that_no_font_can_write_is_a_number_which_the_words_explain(course: Course) -> None:
    named = [("\U0001f984", "ddddd"), ("שלום", "ddddd"), ("\u0378\u0379", "ddddd"), ("Ada \U0001f984", "ddddd")]
    page = page_of("Autumn", crowd(*named), 1, 2)
    assert page is not None
    alt = heat_map(course, page).alt
    assert "In the picture by number: " in alt
    by_number = alt.partition("In the picture by number: ")[2]
    assert "3 \u0378\u0379" in by_number
    assert "שלום" not in by_number
    assert "4 Ada" not in by_number


@pytest.mark.parametrize(
    "name",
    [
        "x" * 5_000,
        "\u202eevil txet",
        "a\nb\x00\ud800",
        "",
        '#panic("x") #read("/etc/passwd") $x$ \\ "',
        "\u0301" * 300,
        "\u200d",
    ],
    ids=["long", "turning", "controls", "none", "markup", "accents", "joiner"],
)
def test_any_name_is_drawn_and_no_name_makes_the_picture_wider(course: Course, name: str) -> None:
    plain, hostile = (page_of(each, crowd((each, "ddddd")), 1, 2) for each in ("Ada", name))
    assert plain is not None
    assert hostile is not None
    assert size_of(heat_map(course, hostile).png) == size_of(heat_map(course, plain).png)


def test_a_name_too_long_for_its_column_is_cut_there(course: Course) -> None:
    pages = [page_of("C", crowd((name, "ddddd")), 1, 2) for name in ("M" * 40, "M" * 50, "Mm")]
    first, second, short = (heat_map(course, page).png for page in pages if page is not None)
    assert first == second != short


def test_a_course_of_a_year_shows_its_newest_days(course: Course) -> None:
    led = ledger(range(1, 101), START + timedelta(days=99))
    page = page_of("Long", [progress(led, "d" * 100)], 1, 2)
    assert page is not None
    picture = heat_map(course, page)
    assert "lesson days 41 to 100" in picture.alt
    assert size_of(picture.png)[0] < 2_600

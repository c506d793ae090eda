"""Parting without losing a character: sentences, budgets, pages, and text made safe to show."""

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.markdown import Run, pack, part_runs, part_text, sentence_ends, shown, words

PROSE = st.lists(
    st.sampled_from(["One", "two", "et al.", "e.g.", "done.", "why?", "yes!", "a\nb", "…", "word" * 9, "«é»", "2.5"]),
    max_size=40,
).map(" ".join)
RUNS = st.lists(st.builds(Run, PROSE, st.booleans(), st.booleans(), st.booleans()), max_size=6).map(tuple)


def sentences(text: str) -> list[str]:
    ends = sentence_ends(text)
    return [text[a:b] for a, b in zip([0, *ends], ends, strict=False)]


def read(runs: tuple[Run, ...]) -> list[tuple[str, Run]]:
    """Every character with the marks it carries."""
    return [(letter, Run("", r.strong, r.emphasis, r.code, r.link)) for r in runs for letter in r.text]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two.", ["One. ", "Two."]),
        ("One?  Two! Three… Four", ["One?  ", "Two! ", "Three… ", "Four"]),
        ("He said “no.” Then went.", ["He said “no.” ", "Then went."]),
        ("(It is.) So.", ["(It is.) ", "So."]),
        ("Hubinger et al. found it. Good.", ["Hubinger et al. found it. ", "Good."]),
        ("Take e.g. this, i.e. that. End.", ["Take e.g. this, i.e. that. ", "End."]),
        ("By J. R. Tolkien. End.", ["By J. R. Tolkien. ", "End."]),
        ("See fig. 3 and sec. 4. End.", ["See fig. 3 and sec. 4. ", "End."]),
        ("At 2.5 percent. End.", ["At 2.5 percent. ", "End."]),
        ("one\ntwo\n\nthree", ["one\n", "two\n\n", "three"]),
        ("no end", ["no end"]),
        ("", []),
    ],
)
def test_sentences_end(text: str, parts: list[str]):
    assert sentences(text) == parts


@pytest.mark.parametrize("budget", [1, 7, 40, 400])
@settings(max_examples=60, deadline=None)
@given(runs=RUNS)
def test_parted_runs_are_whole_within_budget_and_keep_their_marks(budget: int, runs: tuple[Run, ...]):
    parts = part_runs(runs, budget, lambda each: len(words(each)))
    assert [letter for part in parts for letter in read(part)] == read(runs)
    assert all(len(words(part)) <= budget for part in parts)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300), st.integers(1, 50))
def test_any_text_is_parted_losslessly_within_budget(text: str, budget: int):
    parts = part_text(text, budget)
    assert "".join(parts) == text
    assert all(0 < len(part) <= budget for part in parts) or text == ""


@settings(max_examples=60, deadline=None)
@given(PROSE, st.integers(40, 200))
def test_a_part_ends_at_a_sentence_end_when_its_sentences_fit(text: str, budget: int):
    if max(map(len, sentences(text)), default=0) > budget:
        return
    ends, at = set(sentence_ends(text)), 0
    for part in part_text(text, budget):
        at += len(part)
        assert at in ends or text == ""


def test_only_a_sentence_that_is_too_long_is_parted_at_blanks():
    long = "word " * 10 + "end. "
    assert part_text(f"Short one. {long}Last.", 20)[0] == "Short one. "
    assert all(part.endswith((" ", ".")) for part in part_text(f"Short one. {long}Last.", 20))


def test_a_budget_may_count_in_other_units_than_characters():
    """Discord counts UTF-16 units: an astral character takes two."""

    def units(runs: tuple[Run, ...]) -> int:
        return len(words(runs).encode("utf-16-le")) // 2

    parts = part_runs((Run("😀" * 25),), 10, units)
    assert [words(part) for part in parts] == ["😀" * 5] * 5


def test_a_mebibyte_is_parted_in_good_time():
    for text in ("x" * 2**20, "a b " * 2**18, "so. " * 2**18):
        assert "".join(part_text(text, 3_000)) == text


# pack: headings are strings in capitals, digits lean on what stands before them, a page takes ten characters


def packed(things: list[str]) -> list[list[str]]:
    return pack(things, lambda page: len("".join(page)) <= 10, str.isupper, str.isdigit)


def test_a_page_is_filled_before_the_next_begins():
    assert packed(["aaaa", "bbbb", "cc", "d"]) == [["aaaa", "bbbb", "cc"], ["d"]]
    assert packed([]) == []


def test_a_heading_goes_with_what_it_heads():
    assert packed(["aaaa", "HH", "bbbbbb"]) == [["aaaa"], ["HH", "bbbbbb"]]
    assert packed(["aaaa", "H", "I", "bbbbbb"]) == [["aaaa"], ["H", "I", "bbbbbb"]]


def test_a_thing_that_fits_nowhere_has_a_page_of_its_own():
    assert packed(["a", "b" * 20, "c"]) == [["a"], ["b" * 20], ["c"]]


def test_the_last_page_holds_more_than_what_leans():
    assert packed(["aaaa", "bbbb", "cc", "1"]) == [["aaaa", "bbbb"], ["cc", "1"]]
    assert packed(["aaaa", "H", "bbb", "12", "3"]) == [["aaaa"], ["H", "bbb", "12", "3"]]
    assert packed(["bbbbbbbbbb", "12"]) == [["bbbbbbbbbb"], ["12"]]  # nothing can come along
    assert packed(["a", "bbbbbbbbb", "12"]) == [["a", "bbbbbbbbb"], ["12"]]  # what could does not fit


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["A", "BB", "a", "bbbb", "cccccccc", "d" * 12, "1", "2222"]), max_size=14))
def test_packing_loses_nothing_and_leaves_no_heading_last(things: list[str]):
    pages = packed(things)
    assert [thing for page in pages for thing in page] == things
    assert all(pages)
    for page in pages[:-1]:
        assert not page[-1].isupper() or all(thing.isupper() for thing in page)
    for page in pages:
        assert len("".join(page)) <= 10 or len(page) == 1 or page[0].isupper()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["a", "bbbb", "cccccccc", "d" * 12]), max_size=30))
def test_a_page_takes_all_that_fits_one_after_the_other(things: list[str]):
    pages: list[list[str]] = []
    for thing in things:
        if pages and len("".join([*pages[-1], thing])) <= 10:
            pages[-1].append(thing)
        else:
            pages.append([thing])
    assert packed(things) == pages


def test_many_things_on_long_pages_take_few_looks():
    looks = []

    def fits(page: list[str]) -> bool:
        looks.append(len(page))
        return len(page) <= 500

    pages = pack(["a"] * 10_000, fits, str.isupper)
    assert len(pages) == 20
    assert len(looks) <= 20 * len(pages)
    assert max(looks[1:]) <= 1_024  # nor is all of it looked at again for each page


# shown: anybody's text, safe to show

OPEN = {"\u202a": "\u202c", "\u202b": "\u202c", "\u202d": "\u202c", "\u202e": "\u202c"} | dict.fromkeys(
    "\u2066\u2067\u2068", "\u2069"
)


def left_open(line: str) -> int:
    """How many directions stand open at the end of a line, as Unicode's bidirectional algorithm counts them (X1–X7:
    a pop that matches nothing is passed over, an isolate's end closes what was opened inside it)."""
    stack: list[str] = []
    for mark in line:
        if mark in OPEN:
            stack.append(OPEN[mark])
        elif mark == "\u202c" and stack and stack[-1] == mark:
            stack.pop()
        elif mark == "\u2069" and mark in stack:
            while stack.pop() != mark:
                pass
    return len(stack)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab\n\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"), max_size=14))
def test_every_direction_that_is_opened_is_closed_on_its_line(text: str):
    assert [left_open(line) for line in shown(text).split("\n")] == [0] * (text.count("\n") + 1)
    assert [c for c in shown(text) if c in "ab\n"] == [c for c in text if c in "ab\n"]


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=80)
    | st.binary(max_size=40).map(
        lambda raw: (
            raw.decode(
                "utf-16",
                "surrogatepass",
            )
            if len(raw) % 2 == 0
            else ""
        )
    )
)
def test_what_is_shown_has_no_control_and_no_lone_surrogate(text: str):
    safe = shown(text)
    safe.encode()
    assert all(unicodedata.category(letter) != "Cc" or letter in "\n\t" for letter in safe)


def test_no_control_surrogate_or_line_separator_stays_in_a_text_that_holds_nothing_else_of_the_kind():
    named = (chr(code) for code in range(0x110000))
    for letter in (each for each in named if unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp")):
        assert (letter in shown(f"a{letter}b")) == (letter in "\n\t"), f"U+{ord(letter):04X}"
    for opens, closes in OPEN.items():
        assert shown(f"a{opens}b").endswith(closes)


def test_ordinary_text_is_shown_to_the_letter():
    text = "Grüße\tund 你好 👩‍🔬\n\n*nicht fett* <@everyone> ‏שלום‏ «»"
    assert shown(text) == text
    assert shown("a\r\nb\rc") == "a\nb\nc"


def test_a_heading_and_what_it_heads_are_parted_where_one_page_has_no_room_for_both():
    pages = pack(["aa", "HHH", "bbb"], lambda page: len("".join(page)) <= 5, str.isupper)
    assert pages == [["aa"], ["HHH"], ["bbb"]]


def test_links_are_ready_to_be_parsed_in_several_threads() -> None:
    """What the parser makes when it first meets a link it fills without a lock: it is made before anybody asks."""
    program = (
        "import bot.chat.markdown as m\n"
        "from mdurl._decode import decode_cache as d\n"
        "from mdurl._encode import encode_cache as e\n"
        "before = {*d}, {*e}\n"
        "m.to_pieces('[a](https://b/c?d=é%20) ![f](g.png) <https://h> <i@j.org>\\n\\n[k]: l \"m\"\\n\\n[k]')\n"
        "print(before == ({*d}, {*e}), all(before))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["True", "True"]

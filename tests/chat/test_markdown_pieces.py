"""The author's CommonMark as pieces: what a reader reads, in order, with its marks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.markdown import Code, Grid, Item, Paragraph, Quote, Run, Title, plain, to_pieces, words


def items(markdown: str) -> list[tuple[int, str, str]]:
    return [(each.depth, each.marker, words(each.runs)) for each in to_pieces(markdown) if isinstance(each, Item)]


def test_marks_stand_on_the_runs_they_cover():
    (paragraph,) = to_pieces("plain **bold *both* bold** `code` [link *em*](https://a.example/x?y=1&z=2)")
    link = "https://a.example/x?y=1&z=2"
    assert paragraph == Paragraph(
        (
            Run("plain "),
            Run("bold ", strong=True),
            Run("both", strong=True, emphasis=True),
            Run(" bold", strong=True),
            Run(" "),
            Run("code", code=True),
            Run(" "),
            Run("link ", link=link),
            Run("em", emphasis=True, link=link),
        )
    )


@pytest.mark.parametrize(
    ("markdown", "reads"),
    [
        ("one\ntwo", "one two"),
        ("one  \ntwo", "one\ntwo"),
        ("one\\\ntwo", "one\ntwo"),
        ("one\n\ntwo", "one\ntwo"),
        ("a \\*star\\* and 2 \\_ 3", "a *star* and 2 _ 3"),
        ("snake_case_name stays", "snake_case_name stays"),
        ("5 * 3 * 2", "5 * 3 * 2"),
        ("AT&amp;T &lt;b&gt; &#42;", "AT&T <b> *"),
        ("<b>bold</b> <script>alert(1)</script>", "<b>bold</b> <script>alert(1)</script>"),
        ("<div>\nblock\n</div>", "<div> block </div>"),
        ("<!-- hidden -->", "<!-- hidden -->"),
        ("![a graph](https://a.example/g.png)", "a graph"),
        ("``a `tick` b``", "a `tick` b"),
        ("*unclosed and **this", "*unclosed and **this"),
        ("> quoted\n> on", "quoted on"),
        ("# Title #", "Title"),
        ("Setext\n===", "Setext"),
        ("---", ""),
        ("", ""),
        ("   \n\n ", ""),
        ("```py\nx = 1\n\ny\n```", "x = 1\n\ny"),
        ("    indented\n      more", "indented\n  more"),
        ("[ref]\n\n[ref]: https://a.example", "ref"),
        ("nothing\x00here", "nothing\ufffdhere"),
    ],
)
def test_a_reader_reads(markdown: str, reads: str):
    assert plain(to_pieces(markdown)) == reads


def test_an_image_is_its_alt_text_linked_to_it():
    (paragraph,) = to_pieces("![a graph](https://a.example/g.png)")
    assert paragraph.runs == (Run("a graph", link="https://a.example/g.png"),)


def test_bullets_and_numbers_nest_and_numbers_count_from_their_start():
    assert items("- a\n- b\n  - c\n    1. d\n    2. e\n- f") == [
        (0, "•", "a"),
        (0, "•", "b"),
        (1, "•", "c"),
        (2, "1.", "d"),
        (2, "2.", "e"),
        (0, "•", "f"),
    ]
    assert items("3. c\n4. d\n9. still e") == [(0, "3.", "c"), (0, "4.", "d"), (0, "5.", "still e")]
    assert items("0. zero\n1. one") == [(0, "0.", "zero"), (0, "1.", "one")]


def test_a_second_paragraph_of_an_entry_has_no_marker():
    assert items("- a\n\n  more\n- b") == [(0, "•", "a"), (0, "", "more"), (0, "•", "b")]


def test_an_entry_goes_on_after_a_nested_list():
    assert items("1. a\n   - b\n\n   after\n2. c") == [
        (0, "1.", "a"),
        (1, "•", "b"),
        (0, "", "after"),
        (0, "2.", "c"),
    ]


def test_an_entry_that_begins_with_something_else_than_text_keeps_the_count():
    assert items("1. ```\n   code\n   ```\n2. b")[-1] == (0, "2.", "b")


def test_a_table_is_as_wide_as_its_header():
    (grid,) = to_pieces("| a | b |\n|---|---|\n| 1 | **2** |\n| 3 |\n| 4 | 5 | 6 |")
    assert isinstance(grid, Grid)
    assert [words(cell) for cell in grid.header] == ["a", "b"]
    assert [[words(cell) for cell in row] for row in grid.rows] == [["1", "2"], ["3", ""], ["4", "5"]]
    assert grid.rows[0][1] == (Run("2", strong=True),)


def test_a_table_may_hold_a_pipe_and_code():
    (grid,) = to_pieces("a | b\n--|--\n`x\\|y` | c \\| d")
    assert [words(cell) for cell in grid.rows[0]] == ["x|y", "c | d"]


def test_pieces_come_in_reading_order_with_their_kind():
    pieces = to_pieces("# T\n\np\n\n> q\n\n- i\n\n```\nc\n```\n\na | b\n--|--\n1 | 2\n\nend")
    assert [type(each) for each in pieces] == [Title, Paragraph, Quote, Item, Code, Grid, Paragraph]


def test_a_table_inside_a_list_does_not_swallow_what_follows():
    pieces = to_pieces("- a\n\n  x | y\n  --|--\n  1 | 2\n- b")
    assert plain(pieces) == "• a\nx | y\n1 | 2\n• b"


def test_a_dangerous_link_is_no_link():
    assert all(run.link is None for each in to_pieces("[x](javascript:alert(1))") for run in each.runs)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("ab.*_`[]()<>#|-+!&\\\n 1\t~=\"'")), max_size=60))
def test_any_text_parses_and_no_letter_is_lost(text: str):
    """Letters are never markup here (the alphabet has no word that names a link or an entity)."""
    read = plain(to_pieces(text))
    links = "".join(run.link or "" for each in to_pieces(text) for run in getattr(each, "runs", ()))
    if "[" not in text and "<" not in text and "`" not in text and "~" not in text and "|" not in text:
        assert [c for c in read if c in "ab"] == [c for c in text if c in "ab"]
    assert sum(c in "ab" for c in read + links) <= sum(c in "ab" for c in text)


def test_a_mebibyte_of_brackets_parses_in_good_time():
    assert plain(to_pieces("[" * 20_000)) == "[" * 20_000

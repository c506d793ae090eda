"""Every form of an export gives back what went in, and nothing in it is ever a formula."""

import csv
import json
import re
from datetime import UTC, date, datetime
from io import BytesIO, StringIO

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from bot.talk.exports import as_xlsx
from bot.talk.exports.as_csv import csv_file
from bot.talk.exports.as_json import json_file
from bot.talk.exports.as_xlsx import CELL, xlsx_file
from bot.talk.exports.cells import inert, plain_text
from bot.talk.exports.files import file_name
from bot.talk.exports.sheets import Cell, Export, Sheet

NOW = datetime(2026, 9, 7, 12, 30, 5, tzinfo=UTC)
FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "   =1+1",
    "\u00a0=1",
    "\u3000=1",
    "\u200b=1",
    "\ufeff=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "−1",
    '=HYPERLINK("https://example.org","x")',
    "'=1",
    "''=1",
)
ORDINARY = (
    '"=1',
    '","=1+1","',
    "first\n=second",
    "Ada",
    "",
    "'tis",
    "a=b",
    "1-1",
    "https://example.org/",
    "{=1}",
    "汉字 🙂",
    "שלום",
    "0123",
    "1e5",
    "TRUE",
)
HOSTILE = ("\x00", "a\x00b\x07", "\ud800", "\ufffe\uffff", "_x0041_", "]]>&<b>", "a\r\nb\rc\u2028d", "x" * 100_000)
texts = st.text(max_size=50) | st.sampled_from([*FORMULAS, *ORDINARY, *HOSTILE])


def export(*rows: tuple[Cell, ...], header: tuple[str, ...] = ("member", "answer")) -> Export:
    return Export("answers", "Cohort", NOW, (Sheet("answers", header, rows, len(rows)),))


def csv_rows(exported: Export) -> list[list[str]]:
    text = b"".join(csv_file(exported.sheets[0])).decode("utf-8-sig")
    return list(csv.reader(StringIO(text, newline="")))


def workbook(exported: Export) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(b"".join(xlsx_file(exported))))


def untouched(cell: str) -> str:
    """What an inert text was."""
    return cell[1:] if cell.startswith("'") and inert(cell[1:]) == cell else cell


@pytest.mark.parametrize("formula", FORMULAS, ids=ascii)
def test_what_begins_like_a_formula_has_an_apostrophe_before_it_in_csv(formula: str) -> None:
    cell = csv_rows(export((formula, "")))[1][0]
    assert cell.startswith("'")
    assert untouched(cell) == plain_text(formula)


@pytest.mark.parametrize("text", ORDINARY, ids=ascii)
def test_an_ordinary_text_stands_in_csv_as_it_was_written(text: str) -> None:
    assert csv_rows(export((text, "x")))[1] == [text, "x"]


@settings(deadline=None)
@given(texts, texts)
@example('a","=1+1', 'b\r\n=1+1,"')
def test_csv_gives_back_every_text_in_its_own_cell_and_none_begins_a_formula(first: str, second: str) -> None:
    rows = csv_rows(export((first, second)))
    assert rows[0] == ["member", "answer"]
    assert [untouched(cell) for cell in rows[1]] == [plain_text(first), plain_text(second)]
    for cell in rows[1]:
        assert not re.match(r"[\s\u200b\ufeff]*[=+\-@＝＋－＠]", cell)
        assert not cell.startswith(("\t", "\r", "\n"))


def test_csv_is_quoted_throughout_and_says_that_it_is_utf_8() -> None:
    assert b"".join(csv_file(export(("Zoë", 3)).sheets[0])) == (
        b"\xef\xbb\xbf" + '"member","answer"\r\n"Zoë","3"\r\n'.encode()
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5))
@example([(formula, formula) for formula in FORMULAS])
@example([(text, text) for text in HOSTILE])
def test_a_workbook_gives_back_every_text_and_holds_neither_formula_nor_link(rows: list[tuple[str, str]]) -> None:
    page = workbook(export(*rows)).active
    found: list[list[str]] = []
    for line in page.iter_rows(min_row=2):
        assert all(cell.data_type != "f" and cell.hyperlink is None for cell in line)
        *pair, part = (cell.value for cell in line)
        if part == 1:
            found.append(["", ""])
        for place, value in enumerate(pair):
            if part == 1 or len(found[-1][place]) >= CELL:  # a short one stands in each part
                found[-1][place] += unescape(value or "")
    assert found == [[plain_text(member), plain_text(answer)] for member, answer in rows]


@pytest.mark.parametrize("letter", ["x", "🙂"], ids=["plain", "astral"])
def test_a_text_too_long_for_a_cell_goes_on_in_the_next_row_and_nothing_is_lost(letter: str) -> None:
    text = letter * 100_000
    page = workbook(export(("Ada", text), ("Ben", "short"))).active
    rows = [[cell.value for cell in line] for line in page.iter_rows(min_row=2)]
    assert "".join(row[1] for row in rows if row[0] == "Ada") == text
    assert [row[2] for row in rows] == [*range(1, len(rows)), 1]
    assert all(len(row[1].encode("utf-16-le")) // 2 <= CELL for row in rows)


def test_a_workbook_that_is_full_goes_on_in_another_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_xlsx, "ROWS", 4)
    book = workbook(export(*((f"m{number}", "a") for number in range(7))))
    assert book.sheetnames == ["answers", "answers 2", "answers 3"]
    assert [page.max_row for page in book] == [4, 4, 2]


def test_moments_dates_and_numbers_are_what_they_are_in_a_workbook() -> None:
    page = workbook(export((NOW, 7), (date(2026, 9, 7), 0), header=("sent_at", "lesson"))).active
    assert [page["A2"].value, page["B2"].value] == [NOW.replace(tzinfo=None), 7]
    assert page["A3"].value.date() == date(2026, 9, 7)


@settings(deadline=None)
@given(st.lists(st.tuples(texts, texts), max_size=5))
def test_json_gives_back_every_text_as_it_is_in_the_record(rows: list[tuple[str, str]]) -> None:
    read = json.loads(b"".join(json_file(export(*rows))))
    expected = [
        {"member": each[0].encode("utf-8", "replace").decode(), "answer": each[1].encode("utf-8", "replace").decode()}
        for each in rows
    ]
    assert read == {"what": "answers", "cohort": "Cohort", "made_at": "2026-09-07T12:30:05Z", "answers": expected}


def test_json_knows_numbers_lists_and_nothing_from_texts() -> None:
    read = json.loads(b"".join(json_file(export((NOW, 7), (None, ("a", "b"))))))
    assert read["answers"] == [{"member": "2026-09-07T12:30:05Z", "answer": 7}, {"member": None, "answer": ["a", "b"]}]


@pytest.mark.parametrize("write", [lambda each: csv_file(each.sheets[0]), json_file], ids=["csv", "json"])
def test_rows_are_asked_for_as_the_file_is_read(write) -> None:
    asked = []

    def rows():
        for number in range(100_000):
            asked.append(number)
            yield (f"m{number}", "words " * 20)

    pieces = iter(write(Export("answers", "C", NOW, (Sheet("answers", ("member", "answer"), rows(), 100_000),))))
    for _ in range(6):
        assert len(next(pieces)) < 100_000
    assert len(asked) < 5_000


@pytest.mark.parametrize(
    ("cohort", "name"),
    [
        ("Autumn cohort – Zürich", "autumn-cohort-zürich-answers.csv"),
        ("../../etc/passwd", "etc-passwd-answers.csv"),
        ("\x00\n", "cohort-answers.csv"),
        ("a" * 300, "a" * 60 + "-answers.csv"),
        ('"; rm -rf /', "rm-rf-answers.csv"),
        ("漢字", "漢字-answers.csv"),
    ],
    ids=["plain", "path", "controls", "long", "shell", "script"],
)
def test_a_file_is_named_after_its_cohort_and_leads_nowhere(cohort: str, name: str) -> None:
    assert file_name(cohort, "answers", "csv") == name

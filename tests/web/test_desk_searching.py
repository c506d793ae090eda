"""Looking for words in answers, and in what was done."""

import re
from collections import Counter
from html import unescape

import pytest
from desk_asking import NOW, Desk
from desk_cohort import HOSTILE
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.database import Database
from bot.store.tables import (
    Cohort,
    Submission,
)
from bot.web.desk.searching import PAGE, find_answers, to_words


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


@pytest.fixture
def written(desk: Desk) -> Desk:
    """Answers with words of their own, instead of all others'."""

    def change(session: Session) -> None:
        texts = ["Une ÉTUDE de cas", "50% of a_b", "50 of axb", "σοφία και ΣΟΦΙΑ", "Straße", "two words apart, and two"]
        rows = session.scalars(select(Submission).order_by(Submission.id)).all()
        for number, row in enumerate(rows):
            row.text = texts[number] if number < len(texts) else "nothing"

    desk.ask(change)
    return desk


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ("étude", 1), ("Étude", 1), ("ÉTUDE", 1), ("etude", 0), ("50%", 1), ("a_b", 1), ("%", 1), ("_", 1), ("*", 0),
        ("cas une", 1), ('"une cas"', 0), ('"DE CAS"', 1), ("straße", 1), ("two apart", 1), ("\\", 0), ("'", 0),
    ],
    ids=str,
)  # fmt: skip
async def test_words_are_found_letter_by_letter_in_any_case(written: Desk, asked: str, number: int):
    def find(session: Session) -> int:
        return len(find_answers(session, session.get_one(Cohort, written.seeded.cohort), to_words(asked), None))

    assert written.ask(find) == number


async def test_finds_are_marked_and_nothing_in_them_becomes_markup(desk: Desk):
    submission, _ = desk.first_answer()

    def change(session: Session) -> None:
        session.get_one(Submission, submission).text = f"{HOSTILE} zebra <i>zebra</i> {'x ' * 200} Zebra"

    desk.ask(change)
    html = await desk.page("/search?q=zebra")
    assert html.count("<mark>") == 3
    assert "<mark>Zebra</mark>" in html
    assert "<i>" not in html
    assert "<script>alert" not in html


async def test_what_was_withdrawn_is_not_found_and_finds_are_paged(desk: Desk):
    def everything(session: Session) -> int:
        rows = session.scalars(select(Submission).order_by(Submission.id)).all()
        for row in rows:
            row.text = "zebra"
        rows[0].withdrawn_at = NOW
        return len(rows) - 1

    number, found, query = desk.ask(everything), list[str](), "?q=zebra"
    while query:
        html = await desk.page(f"/search{query}")
        page = re.findall(r"#a-(\d+)", html)
        assert len(page) <= PAGE
        found += page
        query = unescape(next(iter(re.findall(r'rel="next" href="[^"?]*(\?[^"]*)"', html)), ""))
    assert len(found) == len(set(found)) == number


@pytest.mark.parametrize("asked", ["", "%20", "%22%22", "a" * 5_000, "%F0%9F%98%80", "%D8%B9", "(((", "%5C%5C"])
async def test_whatever_is_searched_for_gives_a_page(desk: Desk, asked: str):
    assert "Search in answers" in await desk.page(f"/search?q={asked}")


def test_no_more_words_are_looked_for_than_the_database_is_asked_for():
    assert to_words("a b c d e f g h i") == ("a", "b", "c", "d", "e", "f")
    assert to_words('“two words” one "" one') == ("two words", "one")


# The audit


async def test_the_audit_is_paged_newest_first_and_filtered_by_member(database: Database):
    desk = Desk(database, 70, 1)
    first = await desk.page("/audit")
    assert first.count('<li>\n    <span class="small"><time') == 50
    older = unescape(re.findall(r'rel="next" href="[^"?]*(\?[^"]*)"', first)[0])
    assert (await desk.page(f"/audit{older}")).count('<li>\n    <span class="small"><time') == 20
    times = re.findall(r'<span class="small"><time datetime="([^"]*)"', first)
    assert times == sorted(times, reverse=True)
    about = await desk.page(f"/audit?about={desk.seeded.learner}")
    assert Counter(re.findall(r'<a class="person"[^>]*>([^<]*)</a>', about)) == {"Ada Lovelace": 1}
    await desk.page("/audit?about=999999", status=404)

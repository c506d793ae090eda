"""What stands on the desk's pages of cohorts: who needs what, the map, every state a cohort can be in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import pytest
from desk_asking import DAYS, NOW, Desk, text_of
from desk_cohort import Seeded, seed, whole_course
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from bot.cohorts.progress import cohort_progress
from bot.store.database import Database
from bot.store.tables import (
    Cohort,
    Delivery,
    Member,
)
from bot.web.desk.doors import Audience
from bot.web.desk.heat import CLASSES, heat_map
from bot.web.desk.table import DOORS

CELL = re.compile(r'<td class="([a-z ]+)"><a [^>]*href="[^"]*/lesson/(\d+)\?member=(\d+)" title="([^"]*)"></a></td>')


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Every statement that is put to the database."""
    said: list[str] = []

    def hear(_c: object, _k: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    yield said
    event.remove(engine, "before_cursor_execute", hear)


async def test_every_mark_of_the_map_is_the_members_state(desk: Desk):
    def states(session: Session) -> dict[tuple[int, int], str]:
        cohort = session.get_one(Cohort, desk.seeded.cohort)
        everybody = cohort_progress(session, cohort, desk.now)
        return {(each.member, one.lesson): CLASSES[one.state] for each in everybody for one in each.lessons}

    html = await desk.page("")
    marks = {(int(member), int(day)): mark.split()[0] for mark, day, member, _ in CELL.findall(html)}
    assert marks == desk.ask(states)
    assert len(set(marks.values())) >= 4


async def test_a_mark_says_in_words_whose_it_is_and_what(desk: Desk):
    html = await desk.page("")
    titles = [unescape(title) for *_, title in CELL.findall(html)]
    assert "Ada Lovelace, day 1: answered" in titles
    assert all(re.match(r".+, day \d+: \w+", each) for each in titles)


async def test_the_map_shows_fifty_by_name_and_turns_round(database: Database):
    desk = Desk(database, 121, 3)
    names = [re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', await desk.page(f"?page={n}")) for n in (1, 2, 3, 4)]
    assert [len(each) for each in names] == [50, 50, 21, 0]
    everybody = [name for page in names for name in page]
    assert everybody == sorted(everybody, key=str.lower)
    backwards = re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', await desk.page("?sort=z"))
    assert backwards == everybody[::-1][:50]


async def test_the_map_can_show_only_those_who_need_a_word(desk: Desk):
    html = await desk.page("?show=word")
    shown = set(re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', html))
    needing = set(re.findall(r"<li><a class=\"person\"[^>]*>([^<]*)</a> <span class=\"small\">missed the last", html))
    assert shown == needing
    assert 0 < len(shown) < 12


@pytest.mark.parametrize("query", ["?page=0", "?page=-1", "?page=x", "?page=" + "9" * 40, "?page=99999", "?sort=%00"])
async def test_a_page_that_makes_no_sense_is_still_a_page(desk: Desk, query: str):
    assert "Everybody, day by day" in await desk.page(query)


def test_the_map_of_nobody_and_of_no_lesson_is_empty():
    assert heat_map(whole_course(), [], []).rows == ()
    assert [week.number for week in heat_map(whole_course(), [1, 5, 6, 999], []).weeks] == [1, 2, 0]


async def test_what_a_page_asks_the_database_does_not_grow_with_the_cohort(database: Database):
    asked = []
    for people in (3, 60):
        desk = Desk(database, people, 3, name=f"Cohort of {people}")
        await desk.page("")  # adds up the tallies
        with counted(database.engine) as said:
            for path in ("", "/lesson/2", f"/member/{desk.seeded.learner}", "/audit", "/search?q=paper"):
                await desk.page(path)
        asked.append(len([each for each in said if each.lstrip().upper().startswith("SELECT")]))
    assert asked[0] == pytest.approx(asked[1], abs=4)


# Empty, early, late


async def test_a_cohort_of_nobody_says_how_members_come(database: Database):
    html = await Desk(database, 0, 3).page("")
    assert "Nobody has joined yet" in html
    assert "heat" not in html


async def test_a_cohort_before_its_first_lesson_has_no_map_yet(database: Database):
    html = text_of(await Desk(database, 3, 0).page(""))
    assert "Before its first lesson · 3 learners" in html
    assert "begins with the first one that is out" in html


async def test_a_cohort_of_one_has_a_map_of_one(database: Database):
    html = await Desk(database, 1, 3).page("")
    assert "1 learner " in text_of(html)
    assert html.count('<th scope="row">') == 1


async def test_a_stuck_lesson_stands_above_all_with_its_cure(desk: Desk):
    def block(session: Session) -> None:
        delivery = session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
        delivery.state, delivery.reason, delivery.posted_at = "blocked", "missing_permission: 50013", None

    desk.ask(block)
    html = text_of(await desk.page(""))
    assert f"Day {DAYS} could not be posted." in html
    assert html.index("What helps:") < html.index("Who needs a word")


async def test_a_paused_cohort_says_so(desk: Desk):
    def change(session: Session) -> None:
        session.get_one(Cohort, desk.seeded.cohort).state = "paused"

    desk.ask(change)
    assert "nothing is posted until it goes on" in await desk.page("")


async def test_a_zone_that_is_gone_does_not_take_the_pages_of_times_with_it(desk: Desk):
    def change(session: Session) -> None:
        session.get_one(Cohort, desk.seeded.cohort).zone = "Mars/Olympus"

    desk.ask(change)
    for path in ("", "/lesson/3", f"/member/{desk.seeded.learner}", "/audit", "/search?q=paper"):
        await desk.page(path)


# Cohorts


async def test_the_first_page_lists_every_cohort_with_what_it_needs(desk: Desk):
    desk.database.run_now(seed, 3, 60, name="Pilot")
    other: Seeded = desk.database.run_now(seed, 0, 2, name="Archive")

    def archive(session: Session) -> None:
        session.get_one(Cohort, other.cohort).archived_at = NOW

    desk.ask(archive)
    async with desk.browsing() as browser:
        html = (await browser.get("/desk/")).text
    running, _, archived = html.partition("<details")
    assert text_of(running).index("Spring in Zürich") > 0
    assert "you facilitate" in running
    assert re.search(r"<b>\d+</b> needs? a word|<b>\d+</b> need a word", running)
    assert "Finished" in running
    assert "Archive" not in running
    assert "Archive" in archived


async def test_who_has_one_cohort_is_led_into_it_and_a_learner_to_themself(desk: Desk):
    async with desk.browsing() as browser:
        assert (await browser.get("/desk/")).headers["Location"] == desk.root
    async with desk.browsing(desk.seeded.learner) as browser:
        assert (await browser.get(desk.root)).headers["Location"] == f"{desk.root}/member/{desk.seeded.learner}"


# All of them


async def test_no_name_and_no_answer_becomes_markup(database: Database):
    desk = Desk(database, 6, DAYS, odd=True)
    hostile = desk.ask(lambda s: s.scalar(select(Member.id).where(Member.name.startswith("<script>"))))
    paths = ["", "/lesson/3", f"/lesson/3?member={hostile}", f"/member/{hostile}", f"/member/{hostile}/path", "/audit"]
    for path in [*paths, "/search?q=alert"]:
        html = await desk.page(path)
        assert "alert(1)" in html
        assert "<script>alert" not in html
        assert "<img" not in html
        assert "\u202e" not in re.sub(r"\u202e[^\u202c<]*\u202c", "", html), "a direction that is opened is closed"
        assert "style=" not in re.sub(r"&lt;.*?&gt;", "", html)
    assert "<script>alert" not in await desk.send(f"/member/{hostile}/path", {})


def test_who_may_open_what():
    """The pages that show other people's words are for those who may read them; what changes something is for
    facilitators."""
    ours = [door for door in DOORS if door.path.startswith("/c/{cohort}")]
    for door in ours:
        if any(word in door.path for word in ("/lesson/", "/search", "/audit")):
            assert door.audience >= Audience.OBSERVER
        if door.verb == "POST" and any(word in door.path for word in ("/answer/", "/excuse", "/word")):
            assert door.audience is Audience.FACILITATOR


async def test_one_step_is_offered_to_who_can_take_it_and_leads_there(desk: Desk):
    html = await desk.page("")
    (step,) = re.findall(r'<section class="step".*?</section>', html, re.DOTALL)
    assert len(re.findall(r"<a ", step)) == 1
    assert re.search(r'href="[^"]*(/member/\d+#word|/lesson/\d+(\?member=\d+)?)"', step)
    assert 'class="step"' not in await desk.page("", desk.seeded.observer)


async def test_the_private_word_is_a_draft_that_says_what_it_is(desk: Desk):
    html = await desk.page(f"/member/{desk.seeded.silent}")
    assert "A draft: make it yours." in html
    assert re.search(r"<textarea[^>]*>Hi [^<]{80,}</textarea>", html)


async def test_who_facilitates_is_asked_for_nothing(desk: Desk):
    html = await desk.page(f"/member/{desk.seeded.facilitator}")
    assert "You are asked for nothing as a facilitator" in text_of(html)
    assert "missed" not in text_of(html)

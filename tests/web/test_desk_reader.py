"""The reader for those who are signed in: as far as their cohort has come, and whole for its facilitators."""

import pytest
from desk_stage import COURSE, LAST, Tenant, opened_desk, tenant, visit
from sqlalchemy import select

from bot.store.database import Database
from bot.store.tables import Delivery

AHEAD = COURSE.lessons[LAST + 1]


@pytest.fixture
def spring(database: Database) -> Tenant:
    return tenant(database, "discord", "W1", "C1", "spring")


async def read(database: Database, spring: Tenant, who: str, *pages: str) -> list[tuple[int, str]]:
    async with opened_desk(database) as desk:
        browser = desk.browser(visit(database, spring.people[who], spring.cohort))
        answers = [await browser.get(f"/desk/c/{spring.cohort}/read/{page}") for page in pages]
        return [(answer.status, answer.text) for answer in answers]


@pytest.mark.parametrize("who", ["learner", "observer"])
async def test_nobody_who_learns_or_looks_on_is_ahead_of_the_cohort(database: Database, spring: Tenant, who: str):
    pages = [f"day-{LAST}.html", f"day-{LAST + 1}.html", "index.html", "concepts.html", "papers.html", ""]
    (here, _), (ahead, missing), *lists = await read(database, spring, who, *pages)
    assert (here, ahead) == (200, 404)
    assert AHEAD.title not in missing
    for status, text in lists:
        assert status == 200
        assert AHEAD.title not in text


async def test_every_page_of_the_course_is_closed_that_the_day_does_not_open(database: Database, spring: Tenant):
    days = [f"day-{day}.html" for day in COURSE.lessons]
    found = await read(database, spring, "learner", *days)
    assert [status for status, _ in found] == [200 if day <= LAST else 404 for day in COURSE.lessons]


async def test_facilitators_read_everything_and_no_note_of_the_authors(database: Database, spring: Tenant):
    (status, text), (last, _) = await read(
        database, spring, "facilitator", f"day-{LAST + 1}.html", f"day-{max(COURSE.lessons)}.html"
    )
    assert (status, last) == (200, 200)
    assert AHEAD.title in text
    assert "to be verified" not in text.lower()


async def test_a_lesson_opens_when_it_is_out(database: Database, spring: Tenant):
    async with opened_desk(database) as desk:
        browser = desk.browser(visit(database, spring.people["learner"], spring.cohort))
        path = f"/desk/c/{spring.cohort}/read/day-{LAST + 1}.html"
        assert (await browser.get(path)).status == 404

        def release(session) -> None:
            last = session.scalars(select(Delivery).where(Delivery.lesson == LAST)).one()
            last.lesson = LAST + 1

        database.run_now(release)
        assert (await browser.get(path)).status == 200


async def test_its_links_stay_under_the_cohort(database: Database, spring: Tenant):
    async with opened_desk(database) as desk:
        browser = desk.browser(visit(database, spring.people["learner"], spring.cohort))
        moved = await browser.get(f"/desk/c/{spring.cohort}/read")
        assert (moved.status, moved.headers["Location"]) == (302, "read/")
        index = await browser.get(f"/desk/c/{spring.cohort}/read/")
        assert f'href="day-{LAST}.html"' in index.text
        for page, kind in (("reader.css", "text/css"), ("parts.css", "text/css"), ("icon.svg", "image/svg+xml")):
            file = await browser.get(f"/desk/c/{spring.cohort}/read/{page}")
            assert (file.status, file.headers["Content-Type"].split(";")[0]) == (200, kind)

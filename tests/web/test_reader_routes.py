"""The reader behind an address: a real client on a real socket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from whole_course import whole_course
from yarl import URL

from bot.curriculum.model import Course
from bot.web.reader.routes import reader_routes
from bot.web.reader.serving import serve_reader

COURSE = whole_course()


@asynccontextmanager
async def opened(app: web.Application) -> AsyncIterator[aiohttp.ClientSession]:
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession(base) as session:
            yield session
    finally:
        await runner.cleanup()


def by_header(request: web.Request) -> int | None:
    """A stand-in for signing in: who asks says on which day they are; without a word, nobody may see anything."""
    said = request.headers.get("Day")
    if said is None:
        raise web.HTTPForbidden
    return None if said == "author" else int(said)


def reader(course: Callable[[], Course] = lambda: COURSE, prefix: str = "") -> web.Application:
    app = web.Application()
    app.add_routes(reader_routes(course, by_header, prefix))
    return app


async def test_each_asker_sees_as_far_as_they_may_and_no_further():
    async with opened(reader()) as http:
        for day, page, status in (
            ("31", "/day-32.html", 404),
            ("32", "/day-32.html", 200),
            ("author", "/day-60.html", 200),
            ("0", "/", 200),
            ("-5", "/day-1.html", 404),
            ("9999", "/day-60.html", 200),
            ("31", "/files/day-39-check.csv", 404),
            ("39", "/files/day-39-check.csv", 200),
        ):
            async with http.get(page, headers={"Day": day}) as answer:
                assert answer.status == status, (day, page)


async def test_what_is_not_there_and_what_is_not_open_yet_are_told_in_the_same_words():
    async with opened(reader()) as http:
        said = set()
        for page in ("/day-40.html", "/day-61.html", "/concept-nobody.html", "/anything"):
            async with http.get(page, headers={"Day": "31"}) as answer:
                assert answer.status == 404
                said.add(await answer.text())
        assert len(said) == 1


async def test_who_may_not_ask_gets_nothing_of_it():
    async with opened(reader()) as http, http.get("/") as answer:
        assert answer.status == 403
        assert "Frontier" not in await answer.text()


async def test_every_answer_carries_the_policy_and_nothing_can_be_written():
    async with opened(reader()) as http:
        for page in (
            "/",
            "/reader.css",
            "/parts.css",
            "/day-4.html",
            "/nothing",
            "/files/nothing",
            "/files/day-04-sheet.csv",
        ):
            async with http.get(page, headers={"Day": "4"}) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "unsafe" not in policy
                assert "script-src" not in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Cache-Control"] == "private, no-cache"
        for method in ("POST", "PUT", "DELETE"):
            async with http.request(method, "/day-4.html", headers={"Day": "4"}) as answer:
                assert answer.status == 405


async def test_a_file_is_kept_under_its_name_with_its_type():
    async with opened(reader()) as http, http.get("/files/day-04-sheet.csv", headers={"Day": "4"}) as answer:
        assert answer.headers["Content-Disposition"] == 'attachment; filename="day-04-sheet.csv"'
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert (await answer.text()).startswith("Model")


@pytest.mark.parametrize(
    "path", ["/..%2fcourse.yaml", "/files/..%2f..%2fpyproject.toml", "/files/%2e%2e/x", "/%00", "/files/a%0d%0ab"]
)
async def test_an_address_made_up_to_break_out_finds_nothing(path: str):
    async with opened(reader()) as http, http.get(URL(path, encoded=True), headers={"Day": "60"}) as answer:
        assert answer.status == 404


async def test_it_can_stand_anywhere_and_its_links_still_lead_there():
    async with opened(reader(prefix="/cohort/{cohort}/read")) as http:
        async with http.get("/cohort/3/read", headers={"Day": "4"}) as answer:
            assert answer.status == 200
            assert answer.url.path == "/cohort/3/read/"
        async with http.get(answer.url.join(URL("day-4.html")), headers={"Day": "4"}) as lesson:
            assert lesson.status == 200


async def test_a_changed_course_shows_at_once():
    held = [COURSE]
    async with opened(reader(lambda: held[0])) as http:
        lesson = replace(COURSE.lessons[1], title="A title of today")
        for expected in (False, True):
            async with http.get("/day-1.html", headers={"Day": "1"}) as answer:
                assert ("A title of today" in await answer.text()) is expected
            held[0] = Course(**{**vars(COURSE), "lessons": {**COURSE.lessons, 1: lesson}})


async def test_the_authors_reader_answers_on_loopback_under_its_own_name_only():
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve_reader(lambda: COURSE, 3, 0, address.set_result))
    try:
        url = await asyncio.wait_for(address, 10)
        async with aiohttp.ClientSession() as http:
            async with http.get(f"{url}day-3.html") as answer:
                assert answer.status == 200
            async with http.get(f"{url}day-4.html") as answer:
                assert answer.status == 404
            async with http.get(url, headers={"Host": "evil.example"}) as answer:
                assert answer.status == 421
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

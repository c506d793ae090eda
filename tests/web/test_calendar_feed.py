"""A cohort's calendar as calendar programs read it: over a real socket, by a library that reads the standard."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import aiohttp
import icalendar
import pytest
from multidict import CIMultiDictProxy
from sqlalchemy import select, update

from bot.chat.inbound import Command, Person
from bot.cohorts.changes import Country, Pause, PostTime, Resume, Shift, Skip, TakeOff
from bot.cohorts.cohorts import NewCohort, open_cohort
from bot.cohorts.deliveries import plan_due
from bot.cohorts.feeds import open_feed
from bot.cohorts.replanning import Comparison, apply
from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.lookup import Lookup
from bot.health import Health
from bot.store.database import Database
from bot.store.tables import Cohort, Delivery
from bot.talk.commands import answer
from bot.web.calendar_feed import feed_routes
from bot.web.server import open_server

COURSE = load_course(HOME / "tests" / "week_7")
LOOKUP = Lookup(COURSE)
FRIDAY = date(2026, 10, 23)
"""Before the Sunday on which clocks in Zurich go back."""

NOON = datetime(2026, 10, 23, 10, tzinfo=UTC)
MAY = Person("may", "May", manages=True)


@dataclass
class Feeds:
    """A server with the feeds of one record, at `now`. The cohort's first lesson is out since nine."""

    database: Database
    http: aiohttp.ClientSession
    cohort: Cohort
    now: datetime = NOON

    def act(self, *changes) -> None:
        done = self.database.run_now(
            lambda session: apply(session, day_after, session.get_one(Cohort, self.cohort.id), changes, None, self.now)
        )
        assert isinstance(done, Comparison), done

    def key(self, *, renew: bool = False) -> str:
        return self.database.run_now(lambda s: open_feed(s.get_one(Cohort, self.cohort.id), renew=renew))

    def set(self, **values) -> None:
        self.database.run_now(lambda s: s.execute(update(Cohort).where(Cohort.id == self.cohort.id).values(**values)))

    async def fetch(self, path: str | None = None, **headers: str) -> tuple[int, bytes, CIMultiDictProxy[str]]:
        async with self.http.get(path or f"/calendar/{self.key()}.ics", headers=headers) as response:
            return response.status, await response.read(), response.headers

    async def events(self) -> dict[str, icalendar.Event]:
        """By their ids, in short."""
        status, body, _ = await self.fetch()
        assert status == 200
        found = icalendar.Calendar.from_ical(body).walk("VEVENT")
        return {str(each["uid"]).rpartition("-")[0]: each for each in found}

    async def texts(self) -> list[tuple[str, str]]:
        return [(f"{each.start:%m-%d %H:%M}", str(each["summary"])) for each in (await self.events()).values()]


def day_after(_: str, day: int) -> int | None:
    return COURSE.day_after(day)


@pytest.fixture
async def feeds(database: Database) -> AsyncIterator[Feeds]:
    new = NewCohort("chat", "W", "C", "Spring", "x", "Europe/Zurich", time(9), 0b11111, FRIDAY, first=31)
    cohort = database.run_now(open_cohort, new, NOON - timedelta(days=3))
    database.run_now(plan_due, day_after, NOON)
    database.run_now(lambda s: s.execute(update(Delivery).values(state="done", posted_at=NOON - timedelta(hours=3))))

    async def healthy() -> Health:
        return Health((), ())

    async def nothing() -> bytes:
        return b""

    ground = Feeds(database, None, cohort)  # type: ignore[arg-type]
    routes = feed_routes(database, lambda: COURSE, lambda: ground.now)
    async with (
        open_server("127.0.0.1", 0, healthy, nothing, routes) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http,
    ):
        ground.http = http
        yield ground


async def test_lessons_stand_at_their_instants_over_a_clock_change_and_those_to_come_keep_their_titles(feeds: Feeds):
    assert await feeds.texts() == [
        ("10-23 07:00", f"Day 31: {COURSE.lessons[31].title}"),
        ("10-26 08:00", "Day 32"),
        ("10-27 08:00", "Day 33"),
        ("10-28 08:00", "Day 34"),
        ("10-29 08:00", "Day 35"),
    ]
    event = (await feeds.events())["lesson-32"]
    assert event.start.tzinfo is not None
    assert event.duration == timedelta(minutes=COURSE.lessons[32].minutes)
    assert event["transp"] == "TRANSPARENT"


async def test_it_says_what_it_is_and_when_to_look_again(feeds: Feeds):
    _, body, headers = await feeds.fetch()
    assert headers["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = icalendar.Calendar.from_ical(body)
    assert (calendar["name"], calendar["x-wr-calname"], calendar["x-published-ttl"]) == ("Spring", "Spring", "PT1H")
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in body
    assert (calendar["method"], calendar["version"]) == ("PUBLISH", "2.0")
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))


async def test_days_off_are_whole_days_by_name_and_nothing_behind_the_end_is_told(feeds: Feeds):
    feeds.act(TakeOff(date(2026, 10, 27), date(2026, 10, 30), "Fair; with, signs\nX-EVIL:1"), Country("CH-TI"))
    events = await feeds.events()
    fair = events["break-20261027"]
    assert (fair.start, fair.end) == (date(2026, 10, 27), date(2026, 10, 31))
    assert fair["summary"] == "No lesson: Fair; with, signs\nX-EVIL:1"
    assert [name for name in events if name.startswith("holiday")] == ["holiday-20261101"]
    assert "x-evil" not in {name.lower() for name in fair}


async def test_what_is_left_out_is_not_in_it_and_a_paused_cohort_promises_nothing(feeds: Feeds):
    feeds.act(Skip(33))
    assert "lesson-33" not in await feeds.events()
    feeds.act(Pause())
    assert list(await feeds.events()) == ["lesson-31"]
    feeds.act(Resume())
    assert len(await feeds.events()) == 4


async def test_an_event_keeps_its_id_and_says_that_it_is_a_newer_version(feeds: Feeds):
    before = await feeds.events()
    feeds.now += timedelta(hours=1)
    feeds.act(Shift(2))
    after = await feeds.events()
    assert before["lesson-33"]["uid"] == after["lesson-33"]["uid"]
    assert before["lesson-33"].start < after["lesson-33"].start
    assert before["lesson-33"]["sequence"] < after["lesson-33"]["sequence"]
    assert after["lesson-33"]["last-modified"].dt == feeds.now.replace(microsecond=0)
    key = feeds.database.run_now(lambda s: s.get_one(Cohort, feeds.cohort.id)).key
    assert key not in (await feeds.fetch())[1].decode()


async def test_a_lesson_that_came_hours_late_stands_when_it_came(feeds: Feeds):
    feeds.database.run_now(lambda s: s.execute(update(Delivery).values(posted_at=NOON + timedelta(hours=4))))
    assert (await feeds.texts())[0][0] == "10-23 14:00"


async def test_nothing_new_is_not_sent_again(feeds: Feeds):
    _, _, headers = await feeds.fetch()
    etag = headers["ETag"]
    for asked in (etag, f'"other", W/{etag}', "*"):
        status, body, again = await feeds.fetch(**{"If-None-Match": asked})
        assert (status, body, again["ETag"]) == (304, b"", etag)
    feeds.now += timedelta(hours=5)
    assert (await feeds.fetch(**{"If-None-Match": etag}))[0] == 304, "time alone changes nothing"
    feeds.act(PostTime(time(8)))
    assert (await feeds.fetch(**{"If-None-Match": etag}))[0] == 200


async def test_it_sets_no_cookie_and_is_kept_by_nobody_but_who_asked(feeds: Feeds):
    for path in (None, "/calendar/x.ics"):
        _, _, headers = await feeds.fetch(path)
        assert "Set-Cookie" not in headers
        assert headers["Cache-Control"] in ("private, max-age=300", "no-store")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("key", ["x", "x" * 43, "%00" * 43, "..%2f..%2fetc", "x" * 5_000, "'%20OR%201=1--"])
async def test_an_unknown_key_finds_nothing(feeds: Feeds, key: str):
    assert (await feeds.fetch(f"/calendar/{key}.ics"))[0] == 404


async def test_a_new_address_closes_the_old_one_and_an_archived_cohorts_is_gone(feeds: Feeds):
    old = f"/calendar/{feeds.key()}.ics"
    feeds.key(renew=True)
    assert (await feeds.fetch(old))[0] == 404
    assert (await feeds.fetch())[0] == 200
    feeds.set(archived_at=NOON, state="finished")
    assert (await feeds.fetch())[0] == 410


async def test_a_cohort_whose_zone_is_gone_has_an_empty_calendar(feeds: Feeds):
    feeds.set(zone="Mars/Olympus")
    assert await feeds.events() == {}


# /cohort calendar


def ask(feeds: Feeds, choice: str = "", address: str | None = "https://rooms.example", person: Person = MAY) -> str:
    command = Command("chat", "W", "C", person, "cohort calendar", {"choice": choice} if choice else {})
    said = feeds.database.run_now(answer, COURSE, LOOKUP, command, feeds.now, None, address)
    return "\n".join(getattr(block, "markdown", "") for block in said.blocks)


async def test_the_command_tells_an_address_that_works_and_the_same_one_again(feeds: Feeds):
    said = ask(feeds)
    address = said.split("`")[1]
    assert address.startswith("https://rooms.example/calendar/")
    assert (await feeds.fetch(address.removeprefix("https://rooms.example")))[0] == 200
    assert ask(feeds).split("`")[1] == address
    new = ask(feeds, "new")
    assert "The old address is closed" in new
    assert (await feeds.fetch(address.removeprefix("https://rooms.example")))[0] == 404
    assert "closed" in ask(feeds, "off")
    assert (await feeds.fetch(new.split("`")[1].removeprefix("https://rooms.example")))[0] == 404


async def test_without_an_address_it_says_which_setting_is_missing(feeds: Feeds):
    assert "`PUBLIC_URL`" in ask(feeds, address=None)
    assert feeds.database.run_now(lambda s: s.scalar(select(Cohort.calendar_key))) is None


async def test_the_address_is_for_facilitators(feeds: Feeds):
    assert "is for facilitators" in ask(feeds, person=Person("ada", "Ada"))
    assert "is nothing that can be done" in ask(feeds, "destroy")

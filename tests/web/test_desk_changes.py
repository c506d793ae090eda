"""The calendar on the desk: what comes, what a change would do, and doing it."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from desk_asking import Desk, text_of
from desk_changing import UNWRITTEN, ask, audited, carried_by, cohort_of
from desk_cohort import whole_course
from desk_stage import everything
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.cohorts.changes import Weekdays
from bot.cohorts.foreseeing import foresee
from bot.cohorts.replanning import apply
from bot.store.database import Database
from bot.store.tables import Cohort, DayOff, Delivery, Message
from bot.web.desk.changing import FIELDS, carried, to_change
from bot.web.desk.faults import Unreadable

TODAY = date(2026, 7, 15)
EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "days": {"monday": "1", "friday": "1"},
    "time": {"time": "18:30"},
    "zone": {"zone": "new york"},
    "country": {"country": "Switzerland"},
    "start": {"start": "3 August"},
    "off": {"first": "2026-08-03", "last": "2026-08-07", "note": 'Rest | "; <b>'},
    "meet": {"day": "2026-08-04"},
    "shift": {"by": "3"},
    "skip": {"lesson": "33"},
    "unskip": {"lesson": "33"},
    "post": {},
    "again": {"lesson": "7"},
    "pause": {},
    "resume": {},
}
"""A kind of change → what its form may hold."""


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, people=3)


def next_dates(desk: Desk, number: int = 3) -> list[str]:
    def read(session: Session) -> list[str]:
        cohort = session.get_one(Cohort, desk.seeded.cohort)
        seen = foresee(session, lambda _, day: whole_course().day_after(day), cohort, desk.now)
        return [f"{each.local_date:%a %d %b}" for each in seen.coming[:number]]

    return desk.ask(read)


def test_every_form_of_the_calendar_is_carried_on_to_the_letter():
    assert EXAMPLES.keys() == FIELDS.keys()
    for kind, said in EXAMPLES.items():
        assert to_change(kind, carried(kind, said), TODAY) == to_change(kind, said, TODAY)


@pytest.mark.parametrize(
    ("kind", "said", "field"),
    [
        ("days", {}, "monday"),
        ("time", {"time": "25:00"}, "time"),
        ("zone", {"zone": "Nowhere"}, "zone"),
        ("country", {"country": "Atlantis"}, "country"),
        ("off", {}, "first"),
        ("off", {"first": "2026-08-03", "last": "2026-08-01"}, "last"),
        ("off", {"first": "2026-08-03", "last": "2028-08-01"}, "last"),
        ("off", {"first": "2026-08-03", "note": "x" * 81}, "note"),
        ("shift", {}, "by"),
        ("shift", {"by": "2", "on": "2026-08-03"}, "by"),
        ("shift", {"by": "251"}, "by"),
        ("shift", {"on": "soon"}, "on"),
        ("skip", {"lesson": "9" * 30}, "lesson"),
        ("skip", {"lesson": "٣"}, "lesson"),
    ],
    ids=lambda value: value if isinstance(value, str) else "in",
)
def test_what_cannot_be_read_is_told_at_its_field(kind: str, said: Mapping[str, str], field: str):
    with pytest.raises(Unreadable) as wrong:
        to_change(kind, said, TODAY)
    assert wrong.value.field == field


async def test_the_calendar_lists_what_comes_to_the_end(desk: Desk):
    def prepare(session: Session) -> None:
        cohort = desk.seeded.cohort
        for first, last, kind, note in (
            (date(2026, 7, 20), date(2026, 7, 24), "break", "<i>Rest</i>"),
            (date(2026, 8, 3), date(2026, 8, 3), "holiday", "A Monday off"),
            (date(2026, 8, 1), date(2026, 8, 1), "holiday", "A Saturday off"),
        ):
            session.add(DayOff(cohort_id=cohort, first_date=first, last_date=last, kind=kind, note=note))
        stuck = session.scalars(select(Delivery).where(Delivery.cohort_id == cohort, Delivery.lesson == 8)).one()
        stuck.state, stuck.reason, stuck.posted_at = "blocked", "missing_permission: 50013", None

    desk.ask(prepare)
    html = await desk.page("/calendar")
    text = text_of(html)
    assert "52 lessons to come; the last, day 60, on Mon 5 Oct." in text
    assert "<i>Rest" not in html
    assert "Mon 20 Jul to Fri 24 Jul <i>Rest</i> break" in text
    assert "Mon 3 Aug A Monday off public holiday" in text
    assert "A Saturday off" not in text
    assert "Day 8 could not be posted on Wed 15 Jul. I lack a permission in the channel." in text
    assert re.findall(r'<span class="name">(\w+ 2026)</span>', html) == [
        "July 2026", "August 2026", "September 2026", "October 2026"
    ]  # fmt: skip


async def test_a_preview_shows_what_would_move_and_changes_nothing(desk: Desk):
    before = everything(desk.database, UNWRITTEN)
    text = text_of(await desk.page("/calendar/change?change=days&monday=1"))
    assert "52 lessons move to another date." in text
    assert "The course ends on Mon 12 July 2027, not Fri 25 September." in text
    assert "Thu 16 Jul Mon 20 Jul" in text
    assert everything(desk.database, UNWRITTEN) == before


async def test_do_it_does_what_was_shown_and_is_written_down_once(desk: Desk):
    shown = await desk.page("/calendar/change?change=days&monday=1&wednesday=1&friday=1")
    done = await ask(desk, "/calendar/change", carried_by(shown, "/calendar/change"))
    assert (done.status, done.headers["Location"]) == (303, f"{desk.root}/calendar")
    assert next_dates(desk) == ["Fri 17 Jul", "Mon 20 Jul", "Wed 22 Jul"]
    assert audited(desk) == ["calendar: lesson days: Mon–Fri → Mon, Wed, Fri"]


async def test_what_has_changed_since_the_preview_is_shown_anew_and_nothing_done(desk: Desk):
    shown = await desk.page("/calendar/change?change=shift&by=1")

    def meanwhile(session: Session) -> None:
        cohort = session.get_one(Cohort, desk.seeded.cohort)
        apply(session, lambda _, day: whole_course().day_after(day), cohort, [Weekdays(1)], None, desk.now)

    desk.ask(meanwhile)
    stale = await ask(desk, "/calendar/change", carried_by(shown, "/calendar/change"))
    assert stale.status == 409
    assert "Something has changed since, and nothing was done." in text_of(stale.text)
    assert "Mon 20 Jul Mon 27 Jul" in text_of(stale.text)
    assert next_dates(desk, 1) == ["Mon 20 Jul"]
    assert (await ask(desk, "/calendar/change", carried_by(stale.text, "/calendar/change"))).status == 303
    assert next_dates(desk, 1) == ["Mon 27 Jul"]


async def test_a_form_that_cannot_be_read_comes_back_as_it_was_typed(desk: Desk):
    html = await desk.page("/calendar/change?change=off&first=2026-08-10&last=2026-08-01&note=%3Ci%3ERest")
    assert re.search(r'<details id="off"[^>]* open>', html)
    assert re.search(r'name="last" value="2026-08-01" aria-invalid="true" aria-describedby="fault off-last-hint"', html)
    assert 'name="first" value="2026-08-10"' in html
    assert 'name="note" value="&lt;i&gt;Rest"' in html
    assert '<div class="fault" id="fault"><p dir="auto">The last day off comes before the first one.</p>' in html
    assert html.count("aria-invalid") == 1


async def test_what_cannot_be_done_is_told_with_its_reason(desk: Desk):
    looked = text_of(await desk.page("/calendar/change?change=skip&lesson=3"))
    assert "Day 3 is out since Wed 8 July" in looked
    done = await ask(desk, "/calendar/change", {"change": "resume"})
    assert done.status == 409
    assert "there is nothing to resume" in text_of(done.text)
    assert audited(desk) == []


async def test_every_kind_of_change_is_looked_at_and_then_done(desk: Desk):
    def stick(session: Session) -> None:
        stuck = select(Delivery).where(Delivery.cohort_id == desk.seeded.cohort, Delivery.lesson == 7)
        row = session.scalars(stuck).one()
        row.state, row.reason, row.posted_at = "dead", "refused", None

    desk.ask(stick)
    for asked, says in (
        ("off&first=2026-07-20&last=2026-07-24&note=Rest", "days off: 2026-07-20 to 2026-07-24"),
        ("meet&day=2026-07-22", "break taken away: the one of 2026-07-22"),
        ("skip&lesson=33", "day 33 skipped"),
        ("unskip&lesson=33", "day 33 not skipped any more"),
        ("country&country=Portugal", "holidays: none → PT"),
        ("country&country=", "holidays: PT → none"),
        ("shift&on=20%20July", "rest shifted to 2026-07-20"),
        ("zone&zone=Tokyo", "zone: Europe/Zurich → Asia/Tokyo"),
        ("time&time=23:30", "time: 09:00 → 23:30"),
        ("again&lesson=7", "day 7 posted again"),
        ("pause", "paused"),
        ("resume", "resumed"),
    ):
        shown = await desk.page(f"/calendar/change?change={asked}")
        done = await ask(desk, "/calendar/change", carried_by(shown, "/calendar/change"))
        assert done.status == 303, (asked, text_of(done.text))
        assert audited(desk)[-1] == f"calendar: {says}"
    assert len(audited(desk)) == 12


async def test_the_next_lesson_is_posted_now_on_a_day_that_has_none(database: Database):
    desk = Desk(database, people=1)
    desk.now += timedelta(days=3)  # a Saturday; the lessons of Thursday and Friday go out first
    shown = await desk.page("/calendar/change?change=post")
    assert "Day 11 goes out now, under Sat 18 July." in text_of(shown)
    assert "It waits until day 9 is out" in text_of(shown)
    said = await desk.send("/calendar/change", carried_by(shown, "/calendar/change"))
    assert "Done. Day 11 goes out within a minute." in text_of(said)


async def test_an_observer_sees_dates_and_nothing_to_change(desk: Desk):
    await ask(desk, "/calendar/address", {"do": "open"})
    html = await desk.page("/calendar", desk.seeded.observer)
    assert "Day 9" in html
    assert "/calendar/change" not in html
    assert cohort_of(desk).calendar_key not in html


async def test_the_calendars_address_is_opened_renewed_and_closed(desk: Desk):
    keys = []
    for do in ("open", "open", "new", "close", "close"):
        await ask(desk, "/calendar/address", {"do": do})
        keys.append(cohort_of(desk).calendar_key)
    assert keys[0]
    assert keys[0] == keys[1] != keys[2]
    assert keys[3:] == [None, None]
    assert audited(desk) == ["setting: feed: opened", "setting: feed: new address", "setting: feed: closed"]


async def test_a_cohort_whose_zone_is_gone_can_be_given_another(desk: Desk):
    desk.ask(lambda session: setattr(session.get_one(Cohort, desk.seeded.cohort), "zone", "Mars/Olympus"))
    assert "is not known any more" in text_of(await desk.page("/calendar"))
    digest = await ask(desk, "/settings", {"what": "digest", "day": "1", "time": "08:00"})
    assert (digest.status, "Give it another one first." in digest.text) == (400, True)
    shown = await desk.page("/calendar/change?change=zone&zone=zurich")
    await ask(desk, "/calendar/change", carried_by(shown, "/calendar/change"))
    assert cohort_of(desk).zone == "Europe/Zurich"


async def test_before_the_first_lesson_the_start_can_be_moved_and_after_the_last_nothing_is_asked(database: Database):
    desk = Desk(database, people=0, days=1)
    desk.ask(lambda session: session.execute(delete(Message)) and session.execute(delete(Delivery)) and None)
    shown = await desk.page("/calendar/change?change=start&start=3%20August")
    await ask(desk, "/calendar/change", carried_by(shown, "/calendar/change"))
    assert next_dates(desk, 1) == ["Mon 03 Aug"]
    assert 'name="start" value="2026-08-03"' in await desk.page("/calendar")
    desk.ask(lambda session: setattr(session.get_one(Cohort, desk.seeded.cohort), "state", "finished"))
    html = await desk.page("/calendar")
    assert "No lesson is to come." in html
    assert re.findall(r'<details id="(\w+)"', html) == ["again"]

"""What facilitators choose for a cohort on the desk, and putting it away."""

import re

import pytest
from desk_asking import Desk, text_of
from desk_changing import NOBODY_YET, UNWRITTEN, ask, audited, calm, cohort_of
from desk_cohort import seed
from desk_stage import everything
from sqlalchemy import func, select, update

from bot.store.database import Database
from bot.store.tables import Cohort, Message, columns

calm_desk = pytest.fixture(scope="module")(calm)

SETTINGS = (
    ({"what": "catchup", "catch_up": "latest"}, {"catch_up": "latest"}, "catch-up: all → latest"),
    ({"what": "alerts", "where": "here"}, {"alerts": "c-Spring in Zürich"}, "alerts: privately → c-Spring in Zürich"),
    ({"what": "posts", "ping": "readers", "pins": "3"}, {"ping": "readers", "pins": 3}, "pins: 0 → 3"),
    ({"what": "silent", "silent_after": "3"}, {"silent_after": 3},
     "silent after: 2 missed lessons → 3 missed lessons"),
    ({"what": "digest", "day": "0", "time": "07:30"}, {"digest_day": 0}, "weekly digest: off → Monday at 07:30"),
    ({"what": "digest", "day": "off", "time": ""}, {"digest_day": None, "next_digest_at": None},
     "weekly digest: Monday at 07:30 → off"),
)  # fmt: skip


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, people=3)


async def test_each_setting_is_changed_by_its_own_form_and_written_down(desk: Desk):
    async with desk.browsing() as browser:
        for form, after, says in SETTINGS:
            before = columns(cohort_of(desk))
            written = len(audited(desk))
            said = await browser.send(f"{desk.root}/settings", form)
            assert said.status == 303, said.text
            row = columns(cohort_of(desk))
            assert {name: row[name] for name in after} == after
            rest = {name: row[name] for name in row if name not in (*after, "digest_time", "next_digest_at")}
            assert rest == {name: before[name] for name in rest}
            assert f"setting: {says}" in audited(desk)[written:]
            again = len(audited(desk))
            await browser.send(f"{desk.root}/settings", form)
            assert len(audited(desk)) == again, "it was so already"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"what": "catchup", "catch_up": "some"}, "catchup-all"),
        ({"what": "alerts", "where": "channel", "channel": "#general"}, "alerts-channel"),
        ({"what": "alerts"}, "alerts-privately"),
        ({"what": "posts", "ping": "@everyone", "pins": "2"}, "posts-ping"),
        ({"what": "posts", "ping": "w", "pins": "2"}, "posts-ping"),
        ({"what": "posts", "ping": "", "pins": "21"}, "posts-pins"),
        ({"what": "silent", "silent_after": "0"}, "silent-silent_after"),
        ({"what": "digest", "day": "7", "time": "08:00"}, "digest-day"),
        ({"what": "digest", "day": "1", "time": "noon"}, "digest-time"),
    ],
    ids=lambda value: value if isinstance(value, str) else value["what"],
)
async def test_a_setting_that_cannot_be_is_told_at_its_field(calm_desk: Desk, form: dict[str, str], field: str):
    before = columns(cohort_of(calm_desk))
    said = await ask(calm_desk, "/settings", form)
    assert said.status == 400
    tag = re.search(rf'<[^<>]* id="{field}"[^<>]*>', said.text)
    assert tag
    assert 'aria-invalid="true" aria-describedby="fault' in tag[0]
    assert said.text.count('id="fault"') == 1
    assert columns(cohort_of(calm_desk)) == before


async def test_lessons_that_are_out_are_pinned_when_it_is_chosen(desk: Desk):
    desk.ask(lambda session: session.execute(update(Message).where(Message.number == 1).values(number=0)) and None)
    await ask(desk, "/settings", {"what": "posts", "ping": "", "pins": "3"})
    assert desk.ask(lambda session: session.scalar(select(func.count()).where(Message.pin == "wanted"))) == 3


async def test_trouble_is_told_in_no_channel_of_another_workspace(desk: Desk):
    other = desk.ask(lambda session: seed(session, 0, 1, name="Elsewhere")).cohort
    desk.ask(lambda session: setattr(session.get_one(Cohort, other), "workspace", "W2"))
    form = {"what": "alerts", "where": "channel", "channel": "c-Elsewhere"}
    said = await ask(desk, "/settings", form)
    assert (said.status, "belongs to another workspace" in said.text) == (400, True)
    desk.ask(lambda session: setattr(session.get_one(Cohort, other), "workspace", "w"))
    assert (await ask(desk, "/settings", form)).status == 303


async def test_an_observer_changes_nothing(calm_desk: Desk):
    before = everything(calm_desk.database, UNWRITTEN)
    for path, form in (
        ("/calendar/change", {"change": "pause"}),
        ("/calendar/address", {"do": "open"}),
        ("/settings", {"what": "silent", "silent_after": "9"}),
        ("/settings/archive", {"do": "archive"}),
        ("/roster", {"do": "apply", "text": NOBODY_YET}),
        ("/roster/role", {"member": str(calm_desk.seeded.observer), "role": "facilitator"}),
    ):
        assert (await ask(calm_desk, path, form, calm_desk.seeded.observer)).status == 404
    for path in ("/calendar/change?change=pause", "/settings", "/settings/archive", "/roster/empty.csv"):
        await calm_desk.page(path, calm_desk.seeded.observer, 404)
    assert everything(calm_desk.database, UNWRITTEN) == before


async def test_a_cohort_stays_archived_while_its_channel_is_anothers(desk: Desk):
    await ask(desk, "/settings/archive", {"do": "archive"})
    other = desk.ask(lambda session: seed(session, 0, 1, name="Autumn")).cohort
    channel = cohort_of(desk).channel
    desk.ask(lambda session: setattr(session.get_one(Cohort, other), "channel", channel))
    said = await desk.send("/settings/archive", {"do": "unarchive"})
    assert "Another cohort runs in its channel now" in text_of(said)
    assert cohort_of(desk).archived_at is not None


async def test_a_cohort_is_archived_behind_a_page_that_asks_and_taken_out_again(desk: Desk):
    assert "Archive this cohort?" in await desk.page("/settings/archive")
    await ask(desk, "/settings/archive", {"do": "archive"})
    assert cohort_of(desk).archived_at is not None
    for path, form in (
        ("/settings", {"what": "silent", "silent_after": "9"}),
        ("/roster", {"do": "apply", "text": NOBODY_YET}),
        ("/calendar/change", {"change": "pause"}),
        ("/calendar/address", {"do": "open"}),
    ):
        assert (await ask(desk, path, form)).status in (303, 409)
    assert "Take it out of the archive?" in await desk.page("/settings/archive")
    await ask(desk, "/settings/archive", {"do": "unarchive"})
    assert (cohort_of(desk).archived_at, cohort_of(desk).state, cohort_of(desk).silent_after) == (None, "paused", 2)
    assert audited(desk) == ["archived: archived; it was active", "archived: taken out of the archive, paused"]

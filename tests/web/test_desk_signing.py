"""Coming in and leaving, as a browser does it."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from desk_stage import ADDRESS, NOW, SCRIPT, Clock, DeskStage, Said, Tenant, everything, opened_desk, tenant, visit
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cohorts.visits import IDLE, LINK_LASTS, open_link
from bot.store.database import Database
from bot.store.tables import AuditEntry, Cohort, Member, Visit

OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def spring(database: Database) -> Tenant:
    return tenant(database, "discord", "W1", "C1", "spring")


@pytest_asyncio.fixture
async def desk(database: Database, spring: Tenant) -> AsyncIterator[DeskStage]:
    async with opened_desk(database, Clock()) as opened:
        yield opened


def link(database: Database, spring: Tenant, who: str = "facilitator") -> str:
    def make(session: Session) -> str:
        cohort, member = session.get_one(Cohort, spring.cohort), session.get_one(Member, spring.people[who])
        return f"/desk/enter/{open_link(session, cohort, member, False, NOW)}"

    return database.run_now(make)


def same(one: Said, other: Said) -> bool:
    return (one.status, one.headers, one.body) == (other.status, other.headers, other.body)


async def test_a_link_leads_to_a_button_and_the_button_leads_in(desk: DeskStage, spring: Tenant):
    browser, path = desk.browser(), link(desk.database, spring)
    page = await browser.get(path)
    assert page.status == 200
    assert "Facilitator spring" in page.text
    assert SCRIPT not in page.text
    assert not browser.cookies
    entered = await browser.ask("POST", path, headers=OURS)
    assert (entered.status, entered.headers["Location"]) == (303, f"/desk/c/{spring.cohort}")
    assert (await browser.get(entered.headers["Location"])).status == 200


async def test_the_cookie_is_for_this_host_alone_and_no_script(desk: DeskStage, spring: Tenant):
    entered = await desk.browser().ask("POST", link(desk.database, spring), headers=OURS)
    name, *rules = re.split("; ", entered.headers["Set-Cookie"])
    assert re.fullmatch(r"__Host-homeroom-visit=[\w-]{43}", name)
    assert set(rules) == {"HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=43200"}


async def test_without_https_the_cookie_is_kept_to_the_desk(database: Database, spring: Tenant):
    async with opened_desk(database, address="http://127.0.0.1:8080") as desk:
        entered = await desk.browser().ask("POST", link(database, spring), headers=OURS)
    name, *rules = re.split("; ", entered.headers["Set-Cookie"])
    assert name.startswith("homeroom-visit=")
    assert set(rules) == {"HttpOnly", "SameSite=Lax", "Path=/desk", "Max-Age=43200"}


async def test_who_previews_a_link_does_not_spend_it(desk: DeskStage, spring: Tenant):
    path = link(desk.database, spring)
    for verb in ("GET", "HEAD", "GET"):
        assert (await desk.browser().ask(verb, path)).status == 200
    assert (await desk.browser().ask("POST", path, headers=OURS)).status == 303


async def test_a_used_an_old_and_an_invented_link_are_one_and_the_same_page(desk: DeskStage, spring: Tenant):
    used, old = (link(desk.database, spring) for _ in range(2))
    assert (await desk.browser().ask("POST", used, headers=OURS)).status == 303
    first = await desk.browser().get(used)
    assert first.status == 403
    assert "/dashboard" in first.text
    desk.clock.now += LINK_LASTS
    answers = [
        await desk.browser().ask(verb, path, headers=OURS)
        for path in (used, old, "/desk/enter/invented", "/desk/enter/%00%ED%A0%80", f"/desk/enter/{'x' * 3_000}")
        for verb in ("GET", "POST")
    ]
    assert all(same(each, first) for each in answers)


async def test_many_presses_at_once_let_one_browser_in(desk: DeskStage, spring: Tenant):
    path = link(desk.database, spring)
    answers = await asyncio.gather(*(desk.browser().ask("POST", path, headers=OURS) for _ in range(8)))
    assert sorted(each.status for each in answers) == [303] + [403] * 7


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
    ids=["silent", "cross-site", "typed", "evil", "null"],
)
async def test_no_other_page_signs_somebody_in(desk: DeskStage, spring: Tenant, headers: dict[str, str]):
    """Else somebody could be made to write under another's name."""
    path = link(desk.database, spring)
    refused = await desk.browser().ask("POST", path, headers=headers)
    assert refused.status == 403
    assert "Set-Cookie" not in refused.headers
    assert (await desk.browser().ask("POST", path, headers={"Origin": ADDRESS})).status == 303


async def test_signing_in_makes_a_new_secret_and_ends_the_earlier_visit(desk: DeskStage, spring: Tenant):
    browser = desk.browser("planted" * 6)  # by somebody who knows it
    for _ in range(2):
        earlier = browser.secret
        assert (await browser.ask("POST", link(desk.database, spring), headers=OURS)).status == 303
        assert browser.secret != earlier
        assert (await desk.browser(earlier).get(f"/desk/c/{spring.cohort}/read/index.html")).status == 403
    assert (await browser.get(f"/desk/c/{spring.cohort}/read/index.html")).status == 200


async def test_a_link_is_anothers_only_as_long_as_it_says_whom_it_lets_in(desk: DeskStage, spring: Tenant):
    """Somebody who is signed in as themself and is sent another's link sees whose it is, and stays themself."""
    browser = desk.browser(visit(desk.database, spring.people["learner"], spring.cohort))
    page = await browser.get(link(desk.database, spring, "facilitator"))
    assert "Facilitator spring" in page.text
    assert "Learner spring" in (await browser.get(f"/desk/c/{spring.cohort}/member/{spring.people['learner']}")).text


async def test_leaving_ends_this_visit(desk: DeskStage, spring: Tenant):
    one, two = (desk.browser(visit(desk.database, spring.people["learner"], spring.cohort)) for _ in range(2))
    secret = one.secret
    left = await one.send("/desk/out")
    assert (left.status, left.headers["Location"]) == (303, "/desk/")
    assert (await one.get(f"/desk/c/{spring.cohort}/read/index.html")).status == 403
    assert not one.cookies, "a cookie that opens nothing is taken away"
    assert (await desk.browser(secret).get(f"/desk/c/{spring.cohort}/read/index.html")).status == 403
    assert (await two.get(f"/desk/c/{spring.cohort}/read/index.html")).status == 200


async def test_leaving_everywhere_ends_every_visit_and_closes_every_link(desk: DeskStage, spring: Tenant):
    members = [spring.people["learner"]] * 3 + [spring.people["pal"]]
    browsers = [desk.browser(visit(desk.database, member, spring.cohort)) for member in members]
    path = link(desk.database, spring, "learner")
    assert (await browsers[0].send("/desk/out/everywhere")).status == 303
    assert [(await each.get(f"/desk/c/{spring.cohort}/read/index.html")).status for each in browsers] == [
        403,
        403,
        403,
        200,
    ]
    assert (await desk.browser().ask("POST", path, headers=OURS)).status == 403
    written = select(AuditEntry).where(AuditEntry.action == "signed out everywhere")
    entry = desk.database.run_now(lambda session: session.scalars(written).one())
    assert (entry.cohort_id, entry.by_id, entry.says) == (spring.cohort, spring.people["learner"], "3 visits ended")


async def test_a_visit_that_nobody_uses_ends(desk: DeskStage, spring: Tenant):
    browser = desk.browser(visit(desk.database, spring.people["learner"], spring.cohort))
    for _ in range(3):
        desk.clock.now += IDLE - timedelta(minutes=1)
        assert (await browser.get(f"/desk/c/{spring.cohort}/read/index.html")).status == 200
    desk.clock.now += IDLE
    assert (await browser.get(f"/desk/c/{spring.cohort}/read/index.html")).status == 403


async def test_nothing_of_a_refused_form_is_kept_and_a_mark_of_an_ended_visit_is_none(desk: DeskStage, spring: Tenant):
    browser = desk.browser(visit(desk.database, spring.people["facilitator"], spring.cohort))
    mark = browser.mark
    await browser.ask("POST", link(desk.database, spring), headers=OURS)
    before = everything(desk.database)
    path = f"/desk/c/{spring.cohort}/member/{spring.people['pal']}/word"
    assert (await browser.send(path, {"text": "x", "csrf": mark})).status == 403
    assert everything(desk.database) == before
    assert (await browser.send(path, {"text": "x"})).status == 303


async def test_the_mark_differs_from_page_to_page_and_each_is_good(desk: DeskStage, spring: Tenant):
    """So that the length of a compressed page tells nothing of it."""
    browser = desk.browser(visit(desk.database, spring.people["facilitator"], spring.cohort))
    pages = [await browser.get(f"/desk/c/{spring.cohort}/member/{spring.people['pal']}") for _ in range(2)]
    one, two = (re.findall(r'name="csrf" value="([\w.]+)"', page.text)[0] for page in pages)
    assert one != two
    path = f"/desk/c/{spring.cohort}/member/{spring.people['pal']}/word"
    for mark in (one, two):
        assert (await browser.send(path, {"text": f"About {mark[:4]}", "csrf": mark})).status == 303


async def test_nothing_is_open_to_a_member_who_is_gone(desk: DeskStage, spring: Tenant):
    browser = desk.browser(visit(desk.database, spring.people["learner"], spring.cohort))
    desk.database.run_now(lambda session: session.delete(session.get_one(Member, spring.people["learner"])))
    assert (await browser.get(f"/desk/c/{spring.cohort}/read/index.html")).status == 403
    assert desk.database.run_now(lambda session: session.scalars(select(Visit)).all()) == []


async def test_somebody_sees_where_they_are_signed_in_and_nobody_elses(desk: DeskStage, spring: Tenant):
    one, two = (desk.browser(visit(desk.database, spring.people["learner"], spring.cohort)) for _ in range(2))
    visit(desk.database, spring.people["pal"], spring.cohort)
    page = (await one.get("/desk/visits")).text
    assert "2 browsers" in page
    assert page.count("(this one)") == 1
    assert not [secret for secret in (one.secret, two.secret) if secret in page]
    desk.clock.now += IDLE - timedelta(minutes=1)
    assert "2 browsers" in (await one.get("/desk/visits")).text
    desk.clock.now += timedelta(minutes=2)
    assert "1 browser." in (await one.get("/desk/visits")).text

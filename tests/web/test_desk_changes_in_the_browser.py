"""The desk's pages that change things, in a real browser."""

import re
from collections.abc import AsyncIterator
from datetime import date

import pytest
import pytest_asyncio
import test_desk_in_the_browser
from axe_playwright_python.async_playwright import Axe
from database_kinds import Databases
from desk_asking import Desk
from desk_changing import NOBODY_YET
from desk_cohort import opened
from desk_stage import visit
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_desk_in_the_browser import CLIPPED, RULES, Stage, looking

from bot.store import schema
from bot.store.database import Database, open_engine
from bot.store.tables import Cohort, DayOff, Delivery, SkippedLesson

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

chromium = test_desk_in_the_browser.chromium

LOOKED_AT = (
    "/calendar",
    "/calendar/change?change=days&monday=1",
    "/calendar/change?change=off&first=2026-08-10&last=2026-08-01",
    "/calendar/change?change=days",
    "/settings",
    "/settings/archive",
    "/roster",
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(sqlite_databases: Databases) -> AsyncIterator[Stage]:
    """A cohort with names that pages break on, a break, a lesson that is stuck and one that is left out."""
    engine = open_engine(sqlite_databases.make(None))
    schema.migrate(engine)
    database = Database(engine)
    desk = Desk(database, people=12, odd=True)

    def prepare(session: Session) -> None:
        cohort = desk.seeded.cohort
        first, last = date(2026, 7, 27), date(2026, 7, 31)
        session.add(DayOff(cohort_id=cohort, first_date=first, last_date=last, kind="break", note="Wolfe" * 16))
        session.add(SkippedLesson(cohort_id=cohort, lesson=33))
        session.get_one(Cohort, cohort).calendar_key = "k" * 43
        stuck = session.scalars(select(Delivery).where(Delivery.cohort_id == cohort, Delivery.lesson == 8)).one()
        stuck.state, stuck.reason, stuck.posted_at = "blocked", "refused", None

    desk.ask(prepare)
    async with opened(database, desk.now) as address:
        secret = visit(database, desk.seeded.facilitator, desk.seeded.cohort, desk.now)
        yield Stage(address, desk.seeded, {"facilitator": secret})
    database.close()


async def dry_run(page: Page, stage: Stage, text: str) -> None:
    await page.goto(f"{stage.root}/roster")
    await page.get_by_label("Or its lines").fill(text)
    await page.get_by_role("button", name="Show what would happen").click()
    await expect(page.locator("h1")).not_to_have_text("Roster")


async def walked(page: Page, stage: Stage) -> AsyncIterator[str]:
    """Every page of these, one after the other, with all that folds open."""
    for path in LOOKED_AT:
        await page.goto(f"{stage.root}{path}")
        await page.evaluate("() => document.querySelectorAll('details').forEach(each => { each.open = true; })")
        yield path
    for text in (NOBODY_YET, f"id,name\nNia,{'Wolfe' * 30}"):
        await dry_run(page, stage, text)
        yield text


@pytest.mark.parametrize("light", ["light", "dark"])
async def test_no_page_breaks_a_rule_of_accessibility(chromium: Browser, stage: Stage, light: str):
    wrong = []
    async with looking(chromium, stage, color_scheme=light) as page:
        async for name in walked(page, stage):
            found = await Axe().run(page, options={"runOnly": RULES[light], "resultTypes": ["violations"]})
            broken = found.response["violations"]
            wrong += [f"{name}: {each['id']}: {each['nodes'][0]['html'][:120]}" for each in broken]
    assert wrong == []


async def test_no_page_is_wider_than_its_window(chromium: Browser, stage: Stage):
    wrong = []
    async with looking(chromium, stage) as page:
        async for name in walked(page, stage):
            for width in (1600, 1280, 1000, 700, 360):
                await page.set_viewport_size({"width": width, "height": 800})
                if await page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
                    wrong.append(f"{name} at {width}: {(await page.evaluate(CLIPPED))[:3]}")
    assert wrong == []


async def test_a_change_is_made_by_keyboard_and_without_a_script(chromium: Browser, stage: Stage):
    async with looking(chromium, stage, java_script_enabled=False) as page:
        await page.goto(f"{stage.root}/calendar")
        await page.locator("#time summary").focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.type("1030AM")
        await page.keyboard.press("Enter")
        await expect(page.locator("h1")).to_have_text("What would change")
        await expect(page.locator(".outcome")).to_contain_text("come at another time")
        await page.get_by_role("button", name="Do it").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("Done.")
        await expect(page.locator(".where").first).to_contain_text("Mon–Fri at 10:30")


async def test_what_cannot_be_read_is_led_to_by_keyboard(chromium: Browser, stage: Stage):
    async with looking(chromium, stage) as page:
        await page.goto(f"{stage.root}/calendar/change?change=zone&zone=Nowhereland")
        await page.get_by_role("alert").get_by_role("link", name="To the field").focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        field = page.get_by_label("The cohort’s zone")
        await expect(page.locator("#zone")).to_have_attribute("open", "")
        await expect(field).to_have_value("Nowhereland")
        await expect(field).to_have_accessible_description(re.compile("is not a time zone I know"))


async def test_a_roster_is_taken_in_from_a_file(chromium: Browser, stage: Stage):
    async with looking(chromium, stage) as page:
        await page.goto(f"{stage.root}/roster")
        file = {"name": "list.csv", "mimeType": "text/csv", "buffer": f"{NOBODY_YET}\n".encode()}
        await page.get_by_label("A file").set_input_files(file)
        await page.get_by_role("button", name="Show what would happen").click()
        await expect(page.locator(".lead")).to_contain_text("2 added")
        await page.get_by_role("button", name="Apply").click()
        await expect(page.get_by_role("status")).to_contain_text("Done: 2 added")
        await expect(page.get_by_role("combobox", name="Role of Obi")).to_have_value("observer")

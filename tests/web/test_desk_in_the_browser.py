"""The desk in a real browser: by keyboard alone, at every width, in both lights, with and without a script."""

import importlib.util
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import product

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from database_kinds import Databases
from desk_cohort import Seeded, now_on, opened, seed
from desk_stage import visit
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from bot.config import HOME
from bot.store import schema
from bot.store.database import Database, open_engine

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_spec = importlib.util.spec_from_file_location("browser_finder", HOME / "tests" / "flows" / "conftest.py")
assert _spec
assert _spec.loader
_finder = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_finder)

DAYS = 13

CLIPPED = """() => [...document.querySelectorAll('main *, header *')].filter(node => {
    const box = node.getBoundingClientRect();
    return box.width > 1 && box.right > innerWidth + 1 && !node.closest('.wide');
}).map(node => node.tagName + ' ' + node.className + ' ' + node.textContent.trim().slice(0, 40))"""

FOCUSED = """() => {
    const node = document.activeElement, style = getComputedStyle(node), known = node === document.body || node.known;
    node.known = true;
    const said = (node.getAttribute('aria-label') || node.textContent || node.title || node.name || '').trim();
    return [said, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, !!known];
}"""


STAYS = """() => {
    const map = document.querySelector('.map'), at = (which) => document.querySelector(which).getBoundingClientRect();
    map.scrollTo(120, 120);
    const edge = map.getBoundingClientRect();
    return [Math.min(map.scrollLeft, map.scrollTop), at('.heat tbody th').x - edge.x, at('.heat thead').y - edge.y];
}"""


@dataclass(frozen=True)
class Stage:
    """A cohort in its third week with names that pages break on, before an open desk. callers: name → secret."""

    address: str
    seeded: Seeded
    callers: dict[str, str]

    @property
    def root(self) -> str:
        return f"/desk/c/{self.seeded.cohort}"

    @property
    def pages(self) -> dict[str, tuple[str, str]]:
        """Name → who opens it, and where it is."""
        root, hers = self.root, f"{self.root}/member/{self.seeded.learner}"
        return {
            "cohorts": ("facilitator", "/desk/"),
            "cohort": ("facilitator", root),
            "needing": ("facilitator", f"{root}?show=word"),
            "lesson": ("facilitator", f"{root}/lesson/11"),
            "alone": ("facilitator", f"{root}/lesson/11?member={self.seeded.learner}"),
            "observed": ("observer", f"{root}/lesson/11"),
            "member": ("facilitator", hers),
            "own": ("learner", hers),
            "notice": ("facilitator", f"{hers}/path"),
            "path": ("learner", f"{hers}/path"),
            "search": ("facilitator", f"{root}/search?q=training+model"),
            "found nothing": ("facilitator", f"{root}/search?q=zebra"),
            "audit": ("facilitator", f"{root}/audit"),
            "missing": ("facilitator", f"{root}/lesson/99"),
            "stranger": ("nobody", root),
        }


@pytest.fixture(scope="module")
def seeded(sqlite_databases: Databases) -> Iterator[tuple[Database, Seeded, dict[str, str]]]:
    url = sqlite_databases.make(None)
    engine = open_engine(url)
    schema.migrate(engine)
    database = Database(engine)
    found = database.run_now(seed, 12, DAYS, odd=True)
    database.run_now(seed, 5, 2, name="Autumn")
    who = {"facilitator": found.facilitator, "observer": found.observer, "learner": found.learner}
    secrets = {name: visit(database, member, found.cohort, now_on(DAYS)) for name, member in who.items()}
    yield database, found, secrets
    database.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        path = _finder.find_chromium(playwright.chromium.executable_path)
        if path is None:
            _finder._no_browser()
        browser = await playwright.chromium.launch(executable_path=path, args=_finder._FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(seeded: tuple[Database, Seeded, dict[str, str]]) -> AsyncIterator[Stage]:
    database, found, secrets = seeded
    async with opened(database, now_on(DAYS)) as address:
        yield Stage(address, found, secrets)


@asynccontextmanager
async def looking(chromium: Browser, stage: Stage, who: str = "facilitator", **given) -> AsyncIterator[Page]:
    """A page of somebody who is signed in. Any error that it reports fails the test."""
    context = await chromium.new_context(
        base_url=stage.address, **{"viewport": {"width": 1280, "height": 800}, **given}
    )
    await sign_in(context, stage, who)
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda said: (
            faults.append(said.text)
            if said.type == "error" and "404" not in said.text and "403" not in said.text
            else None
        ),
    )
    yield page
    await context.close()
    assert faults == []


async def sign_in(context: BrowserContext, stage: Stage, who: str) -> None:
    await context.clear_cookies()
    if who in stage.callers:
        url = f"{stage.address}/desk"
        await context.add_cookies([{"name": "homeroom-visit", "value": stage.callers[who], "url": url}])


async def held(page: Page) -> str:
    """What has the keyboard, in words."""
    return str((await page.evaluate(FOCUSED))[0])


RULES = {
    "light": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]},
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
"""In the dark only the colours are others."""


@pytest.mark.parametrize("light", ["light", "dark"])
async def test_no_page_breaks_a_rule_of_accessibility(chromium: Browser, stage: Stage, light: str):
    wrong = []
    async with looking(chromium, stage, color_scheme=light) as page:
        for name, (who, path) in stage.pages.items():
            await sign_in(page.context, stage, who)
            await page.goto(path)
            await page.evaluate("() => document.querySelectorAll('details').forEach(each => { each.open = true; })")
            found = await Axe().run(page, options={"runOnly": RULES[light], "resultTypes": ["violations"]})
            broken = found.response["violations"]
            wrong += [f"{name}: {each['id']}: {each['nodes'][0]['html'][:120]}" for each in broken]
    assert wrong == []


async def test_no_page_is_wider_than_its_window(chromium: Browser, stage: Stage):
    wrong = []
    async with looking(chromium, stage) as page:
        for (name, (who, path)), width in product(stage.pages.items(), (360, 700, 1000, 1280, 1600)):
            await sign_in(page.context, stage, who)
            await page.set_viewport_size({"width": width, "height": 800})
            await page.goto(path)
            wider = await page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
            if wider:
                wrong.append(f"{name} at {width}: {(await page.evaluate(CLIPPED))[:3]}")
    assert wrong == []


async def test_everything_is_reached_by_keyboard_and_seen_where_it_is(chromium: Browser, stage: Stage):
    async with looking(chromium, stage) as page:
        for name in ("cohorts", "cohort", "alone", "member", "notice", "search", "audit"):
            await page.goto(stage.pages[name][1])
            wanted = await page.evaluate(
                "() => [...document.querySelectorAll('a, button, input:not([type=hidden]), textarea, select, summary')]"
                ".filter(each => each.checkVisibility() && each.tabIndex >= 0"
                " && !(each.type === 'radio' && !each.checked)).length"
            )
            first, walked = "", 0
            while walked < wanted + 5:
                await page.keyboard.press("Tab")
                said, lit, known = await page.evaluate(FOCUSED)
                if known:
                    break
                first = first or said
                walked += 1
                assert lit, f"{name}: {said} is not lit"
            assert first == "Skip to the page"
            extra = await page.evaluate("() => document.querySelectorAll('.wide').length")
            assert walked == wanted + extra, name


async def test_the_first_key_leads_to_the_page(chromium: Browser, stage: Stage):
    async with looking(chromium, stage) as page:
        await page.goto(stage.root)
        await page.keyboard.press("Tab")
        await expect(page.locator(".skip")).to_be_in_viewport()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        assert await page.evaluate("() => document.querySelector('main').contains(document.activeElement)")


async def test_the_map_is_one_stop_and_walked_with_arrows(chromium: Browser, stage: Stage):
    async with looking(chromium, stage) as page:
        await page.goto(stage.root)
        assert await page.locator(".heat a[tabindex='0']").count() == 1
        await page.locator(".heat a[tabindex='0']").focus()
        first = await held(page)
        await page.keyboard.press("ArrowRight")
        title = await page.evaluate("() => document.activeElement.title")
        assert re.search(r", day 1: ", title)
        await page.keyboard.press("End")
        assert f", day {DAYS}: " in await page.evaluate("() => document.activeElement.title")
        seen = await page.evaluate(
            "() => { const cell = document.activeElement.getBoundingClientRect(),"
            " box = document.querySelector('.map').getBoundingClientRect();"
            " return cell.right <= box.right + 1 && cell.left >= box.left; }"
        )
        assert seen, "what has the keyboard is scrolled to"
        await page.keyboard.press("PageDown")
        await page.keyboard.press("Home")
        assert await held(page) != first
        await page.keyboard.press("PageUp")
        assert await held(page) == first
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(re.compile(r"/lesson/1\?member=\d+$"))


async def test_without_a_script_the_heads_of_the_map_are_stops_and_its_marks_are_links(chromium: Browser, stage: Stage):
    async with looking(chromium, stage, java_script_enabled=False) as page:
        await page.goto(stage.root)
        stops = page.locator(".heat a:not([tabindex='-1'])")
        assert await stops.count() == 12 + DAYS
        assert await page.locator(".with-script").is_hidden()
        await page.locator(".heat td.done a").first.click()
        await expect(page).to_have_url(re.compile(r"/lesson/\d+\?member=\d+$"))


async def test_the_names_and_the_days_of_the_map_stay_where_they_are(chromium: Browser, stage: Stage):
    async with looking(chromium, stage, viewport={"width": 400, "height": 300}) as page:
        await page.goto(stage.root)
        moved, name, head = await page.evaluate(STAYS)
        assert moved > 0
        assert abs(name) < 2
        assert abs(head) < 3


async def test_feedback_is_given_by_keyboard_and_said_once(chromium: Browser, stage: Stage):
    async with looking(chromium, stage) as page:
        await page.goto(stage.pages["alone"][1])
        await page.locator(".respond summary").first.focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.type("Say which figure.")
        await page.keyboard.press("Tab")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator(".says")).to_contain_text("Your note is kept")
        await expect(page.locator(".note.shared").last).to_contain_text("Say which figure.")
        await page.reload()
        await expect(page.locator(".says")).to_have_count(0)


async def test_a_path_is_opened_behind_its_notice(chromium: Browser, stage: Stage):
    async with looking(chromium, stage) as page:
        await page.goto(stage.pages["notice"][1])
        await page.get_by_role("button", name="Write it down and read").click()
        await expect(page.locator(".where")).to_contain_text("That you opened it is written down.")
        assert await page.locator("article.answer").count() > 8

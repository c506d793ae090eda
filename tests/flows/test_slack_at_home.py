"""The whole program at home on Slack: the Home, the menus, what is asked by mention and directly, and cards."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from cohort_stage import Scene, open_scene, until

from bot.fakes.stage import Shown
from bot.platforms.slack.client import SlackPlatform

READER = "https://reader.example.org/"


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene("slack", tmp_path) as opened:
        yield opened


async def home(scene: Scene, person: str) -> Shown:
    """What stands in somebody's Home after they opened it."""
    await scene.stage.open_home(person)
    await until(lambda: scene.stage.home(person) is not None)
    await scene.stage.settle(20)
    return scene.stage.home_shown(person)


def is_an_answer(shown: Shown) -> bool:
    refused = ("There is no command", "went wrong", "not known here")
    return bool(shown.text) and shown.private and not any(each in shown.text for each in refused)


async def test_every_button_of_a_home_is_answered(scene: Scene):
    await scene.next_lesson()
    for person in (scene.ada, scene.fay, scene.eve):
        shown = await home(scene, person)
        for label, button in shown.buttons.items():
            if button.element["type"] == "button":
                assert is_an_answer(await scene.stage.press(person, shown, label)), label


async def test_an_answer_that_is_written_in_the_home_is_kept_and_seen_there(scene: Scene):
    await scene.next_lesson()
    before = await home(scene, scene.ada)
    write = next(label for label, button in before.buttons.items() if button.element["value"].startswith("write:"))
    form = (await scene.stage.press(scene.ada, before, write)).form
    (field,) = form.fields
    await scene.stage.submit(scene.ada, form, {field: "Written at home."})
    assert scene.standing() == {(scene.ada, scene.prompts()[0].thread): ["Written at home."]}
    await until(lambda: scene.stage.home_shown(scene.ada).text != before.text)


async def test_a_message_is_counted_by_its_menu(scene: Scene):
    await scene.next_lesson()
    one = scene.prompts()[0]
    message = await scene.say(scene.ada, one.thread, f"<@{scene.stage.world.bot_user}> does it persist?")
    assert is_an_answer(await scene.stage.shortcut(scene.ada, "hr:count", message))
    await until(lambda: (scene.ada, one.thread) in scene.standing())


async def test_todays_lesson_is_everywhere(scene: Scene):
    await scene.next_lesson()
    shown = await scene.stage.shortcut(scene.ada, "hr:today")
    assert "1" in shown.text
    assert is_an_answer(shown)


async def test_a_question_by_mention_and_one_in_the_messages_tab_are_answered(scene: Scene):
    await scene.next_lesson()
    assert is_an_answer(await scene.stage.mention(scene.ada, scene.channel, "what is this course about?"))
    await scene.stage.open_home(scene.ada, "messages")
    await scene.stage.settle(20)
    direct = scene.stage.dm(scene.ada)
    said = await scene.stage.say(scene.ada, direct, "What is a threat model?")
    ours = scene.stage.world.channels[direct].messages
    await until(lambda: [each for each in ours.values() if each.bot_id])
    assert {each.thread_ts for each in ours.values() if each.bot_id} == {said.partition("/")[2]}


async def test_a_link_to_a_lesson_is_a_card_once_it_has_come_and_not_before(scene: Scene):
    stage = scene.stage
    stage.world.unfurl_domains.add("reader.example.org")
    scene.new_bot = lambda: SlackPlatform(
        stage.bot_token, stage.app_token, api_url=stage.api_url, clock=scene.clock, pace=0.0, reader_url=READER
    )
    await scene.stop()
    await scene.start()
    await scene.next_lesson()
    message = await stage.share(scene.ada, scene.channel, f"{READER}day-31.html", f"{READER}day-32.html")
    await until(lambda: stage.world.find_message(message).attachments)
    assert [card["from_url"] for card in stage.world.find_message(message).attachments] == [f"{READER}day-31.html"]

"""*Explain this*, and the answer shown to everybody in the thread: on every platform, with its real client."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cohort_stage import PLATFORMS, Scene, open_scene, until

WORDS = "Isn't this *alignment faking* once more? @everyone <!channel> <@1> [x](http://evil.example)"
TITLE = "What a message here is about"


@pytest.fixture(params=PLATFORMS)
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(request.param, tmp_path) as scene:
        await scene.next_lesson()
        yield scene


async def explain(scene: Scene, person: str, message: str) -> Any:
    if scene.platform == "slack":
        return await scene.stage.shortcut(person, "hr:explain", message)
    label = "Explain this" if scene.platform == "discord" else "explain"
    return await scene.stage.message_command(person, message, label)


async def press_for_all(scene: Scene, said: Any, label: str, place: str) -> None:
    """Press, and wait for what all see: who presses on Slack is shown nothing besides, and would go on waiting."""
    pressing = asyncio.ensure_future(scene.stage.press(scene.ada, said, label))
    await until(lambda: for_all(scene, place))
    if scene.platform != "slack":
        assert not (await pressing).private
    pressing.cancel()
    await asyncio.gather(pressing, return_exceptions=True)


def for_all(scene: Scene, place: str) -> list[str]:
    """Explanations that stand in a place, each as its whole JSON."""
    if scene.platform == "simulator":
        said = [str(each.body) for each in scene.stage.messages(place) if each.author is None]
    elif scene.platform == "discord":
        said = [each.raw for each in scene.stage.posts(place)]
    else:
        channel, _, root = place.partition("/")
        world = scene.stage.world
        standing = world.channels[channel].messages.values()
        within = world.thread(world.channels[channel], root) if root else [m for m in standing if not m.is_reply]
        said = [str(each.all_blocks) for each in within if each.bot_id == world.bot_id]
    return [each for each in said if TITLE in each]


async def test_who_asks_decides_whether_all_see_it_and_it_stands_there_once(scene: Scene):
    thread = scene.prompts()[0].thread
    message = await scene.say(scene.ben, thread, WORDS)
    said = await explain(scene, scene.ada, message)
    assert said.private
    assert "Alignment faking." in said.text
    assert for_all(scene, thread) == []
    await press_for_all(scene, said, "Show it in the thread", thread)
    (standing,) = for_all(scene, thread)
    assert "Alignment faking" in standing
    assert not any(each in standing for each in ("everyone", "<!", "evil", "once more"))
    again = await scene.stage.press(scene.ada, said, "Show it in the thread")
    other = await scene.stage.press(scene.ben, await explain(scene, scene.ben, message), "Show it in the thread")
    assert "shown to all here already" in again.text
    assert "shown to all here already" in other.text
    assert again.private
    assert len(for_all(scene, thread)) == 1


async def test_a_message_outside_of_threads_is_explained_in_the_channel(scene: Scene):
    message = await scene.chat(scene.ada, WORDS)
    said = await explain(scene, scene.ada, message)
    await press_for_all(scene, said, "Show it in the channel", scene.channel)
    assert len(for_all(scene, scene.channel)) == 1


async def test_who_is_in_no_cohort_is_not_offered_it(scene: Scene):
    message = await scene.say(scene.ben, scene.prompts()[0].thread, WORDS)
    said = await explain(scene, scene.eve, message)
    assert "Alignment faking." in said.text
    assert not any(label.startswith("Show it") for label in said.buttons)

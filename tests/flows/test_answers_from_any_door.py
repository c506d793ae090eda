"""An answer counts from whichever door it comes: a direct message, or "Count as my answer". And what facilitators say
about it. On every platform, with its real client."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cohort_stage import PLATFORMS, Scene, open_scene, until
from sqlalchemy import select

from bot.chat.inbound import Person
from bot.cohorts.loose import loose_of
from bot.cohorts.writers import Writer
from bot.platforms.simulator.stage import to_shown
from bot.platforms.simulator.terms import Told
from bot.store.tables import Member, Message, Tombstone

THINKING = {"type": 5, "data": {"flags": 64}}
"""What Discord is answered when an answer takes longer."""

WORDS = "The gap is 14 percent with free users against almost nothing with paying ones."


@pytest.fixture(params=PLATFORMS)
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(request.param, tmp_path) as scene:
        await scene.next_lesson()
        yield scene


async def write_directly(scene: Scene, person: str, text: str) -> str:
    if scene.platform == "discord":
        return await scene.stage.reply(person, scene.stage.dm_channel(person), text)
    said = scene.stage.say(person, scene.stage.dm(person), text)
    return said if isinstance(said, str) else await said


def last_note(scene: Scene, person: str) -> Any:
    """Where the buttons are of what the bot told this person last."""
    if scene.platform == "discord":
        return scene.stage.posts(scene.stage.dm_channel(person))[-1].message
    if scene.platform == "simulator":
        whisper = scene.stage.whispers(person)[-1]
        return to_shown(Told((whisper.body,)), [whisper.ref], whisper.place)
    world = scene.stage.world
    direct = world.channels[scene.stage.dm(person)].messages.values()
    return [each for each in direct if each.bot_id == world.bot_id][-1].ref


async def choose(scene: Scene, person: str, message: str, name: str, label: str) -> Any:
    """A command of a message's menu."""
    if scene.platform == "slack":
        return await scene.stage.shortcut(person, f"hr:{name}", message)
    return await scene.stage.message_command(person, message, label if scene.platform == "discord" else name)


def loose(scene: Scene, person: str) -> list[str]:
    found = scene.app.shop.database.run_now(loose_of, Writer(scene.platform, "", Person(person, "")))
    return [each.text for each in found]


async def test_a_direct_message_becomes_an_answer_and_follows_its_message(scene: Scene):
    message = await write_directly(scene, scene.ada, WORDS)
    await until(lambda: scene.stage.notes(scene.ada))
    assert "Which prompt is this an answer to?" in scene.stage.notes(scene.ada)[-1]
    assert loose(scene, scene.ada) == [WORDS]
    shown = await scene.stage.press(scene.ada, last_note(scene, scene.ada), "Day 31 · Prompt 2 of 2")
    assert "Kept as your answer to" in shown.text
    two = scene.prompts()[1].thread
    assert scene.standing() == {(scene.ada, two): [WORDS]}
    await scene.stage.edit(scene.ada, message, "Shorter.")
    await until(lambda: scene.standing() == {(scene.ada, two): ["Shorter."]})
    scene.app.collectors[scene.platform].missed()
    await scene.app.engine.collect()
    assert scene.standing() == {(scene.ada, two): ["Shorter."]}, "it is not looked for in the thread"
    await scene.stage.delete(scene.ada, message)
    await until(lambda: scene.standing() == {})


async def test_somebody_in_no_cohort_is_told_so_and_nothing_is_kept(scene: Scene):
    await write_directly(scene, scene.eve, WORDS)
    await until(lambda: scene.stage.notes(scene.eve))
    assert "you are in no cohort yet" in scene.stage.notes(scene.eve)[-1]
    assert loose(scene, scene.eve) == []


async def test_a_message_in_the_channel_is_counted(scene: Scene):
    message = await scene.chat(scene.ada, WORDS)
    shown = await choose(scene, scene.ada, message, "count", "Count as my answer")
    assert WORDS[:20] in shown.form.text
    shown = await scene.stage.submit(scene.ada, shown.form, dict(shown.form.fields))
    assert "Kept as your answer to" in shown.text
    assert scene.standing() == {(scene.ada, scene.prompts()[0].thread): [WORDS]}


@pytest.fixture(params=["discord", "slack"])
async def at_home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(request.param, tmp_path) as scene:
        await scene.next_lesson()
        yield scene


async def test_a_counted_message_in_the_channel_is_followed_wherever_it_goes(scene: Scene):
    one = scene.prompts()[0].thread
    message, other = await scene.chat(scene.ada, WORDS), await scene.chat(scene.ada, "Chatter.")
    shown = await choose(scene, scene.ada, message, "count", "Count as my answer")
    await scene.stage.edit(scene.ada, message, "Anew, before it belongs anywhere.")
    await until(lambda: loose(scene, scene.ada) == ["Anew, before it belongs anywhere."])
    await scene.stage.submit(scene.ada, shown.form, dict(shown.form.fields))
    await until(lambda: scene.standing() == {(scene.ada, one): ["Anew, before it belongs anywhere."]})
    await scene.stage.edit(scene.ada, other, "Chatter, anew.")
    await scene.stage.edit(scene.ada, message, "Shorter.")
    await until(lambda: scene.standing() == {(scene.ada, one): ["Shorter."]})
    assert (
        scene.app.shop.database.run_now(lambda s: s.scalar(select(Member.name).where(Member.ref == scene.ada))) == "Ada"
    )
    scene.app.collectors[scene.platform].missed()
    await scene.app.engine.collect()
    assert scene.standing() == {(scene.ada, one): ["Shorter."]}, "it is not looked for in the thread"
    await scene.stage.delete(scene.ada, message)
    await until(lambda: scene.standing() == {} and loose(scene, scene.ada) == [])


async def test_without_the_message_content_intent_an_edit_takes_no_words_away_and_a_deletion_counts(tmp_path: Path):
    async with open_scene("discord", tmp_path) as scene:
        await scene.next_lesson()
        scene.stage.message_content_intent = False
        await scene.stop()
        await scene.start()
        one = scene.prompts()[0].thread
        message = await scene.chat(scene.ada, WORDS)
        shown = await choose(scene, scene.ada, message, "count", "Count as my answer")
        await scene.stage.submit(scene.ada, shown.form, dict(shown.form.fields))
        await scene.stage.edit(scene.ada, message, "Shorter.")
        own = await scene.chat(scene.ada, f"<@{scene.stage.world.bot.id}> and this")
        await choose(scene, scene.ada, own, "count", "Count as my answer")
        await scene.stage.edit(scene.ada, own, f"<@{scene.stage.world.bot.id}> and that")
        await until(
            lambda: "and that" in str(loose(scene, scene.ada))
        )  # told after the other edit, of the same channel
        assert scene.standing() == {(scene.ada, one): [WORDS]}
        await choose(scene, scene.ada, message, "count", "Count as my answer")
        assert scene.standing() == {(scene.ada, one): ["Shorter."]}, "counted once more"
        await scene.stage.delete(scene.ada, message)
        await until(lambda: scene.standing() == {})


async def test_elsewhere_edits_and_deletions_leave_nothing_and_ask_nobody(at_home: Scene):
    scene = at_home
    if scene.platform == "discord":
        message = await scene.stage.reply(scene.eve, scene.elsewhere, "Nothing of yours.")
    else:
        message = await scene.stage.say(scene.eve, scene.elsewhere, "Nothing of yours.")
    asked = len(calls(scene))
    await scene.stage.edit(scene.eve, message, "Still nothing of yours.")
    await scene.stage.delete(scene.eve, message)
    last = await scene.chat(scene.eve, "Later.")
    await scene.stage.edit(scene.eve, last, "Later, anew.")
    await scene.stage.delete(scene.eve, last)
    await until(lambda: tombstones(scene) == [last])
    if scene.platform == "slack":
        await scene.stage.settle(10)
    assert calls(scene)[asked:] == []
    assert scene.kept() == []


async def test_who_manages_the_channel_and_is_on_no_roster_gives_feedback(at_home: Scene):
    scene, one = at_home, at_home.prompts()[0].thread
    max_ = scene.stage.add_person("Max", manages=True)
    message = await scene.say(scene.ada, one, WORDS)
    await until(lambda: scene.standing())
    shown = await choose(scene, max_, message, "feedback", "Give feedback")
    shown = await scene.stage.submit(max_, shown.form, {"text": "Which rates?", "who": "alone"})
    assert "goes to Ada alone" in shown.text


async def test_a_form_for_feedback_that_was_slow_to_come_is_one_button_away(tmp_path: Path):
    """Discord opens a form within three seconds or never."""
    async with open_scene("discord", tmp_path) as scene:
        await scene.next_lesson()
        message = await scene.say(scene.ada, scene.prompts()[0].thread, WORDS)
        await until(lambda: scene.standing())
        with scene.engine.begin():  # nobody else has their turn
            asking = asyncio.create_task(choose(scene, scene.fay, message, "feedback", "Give feedback"))
            await until(lambda: [each for each in scene.stage.calls("POST /interactions/*") if each.body == THINKING])
        slow = await asking
        assert slow.form is None
        (button,) = slow.buttons
        shown = await scene.stage.press(scene.fay, slow, button)
        shown = await scene.stage.submit(scene.fay, shown.form, {"text": "Which rates?", "who": "alone"})
        assert "goes to Ada alone" in shown.text


async def test_only_ones_own_message_is_counted(scene: Scene):
    message = await scene.chat(scene.ada, WORDS)
    shown = await choose(scene, scene.ben, message, "count", "Count as my answer")
    assert "somebody else's" in shown.text
    assert shown.form is None
    assert scene.standing() == {}


async def test_a_reply_in_the_wrong_thread_is_moved(scene: Scene):
    one, two = (each.thread for each in scene.prompts())
    message = await scene.say(scene.ada, one, WORDS)
    await until(lambda: scene.standing() == {(scene.ada, one): [WORDS]})
    shown = await choose(scene, scene.ada, message, "count", "Count as my answer")
    assert "kept as your answer to" in shown.form.text
    shown = await scene.stage.submit(scene.ada, shown.form, {"prompt": _key(scene, two)})
    assert "Kept as your answer to" in shown.text
    scene.app.collectors[scene.platform].missed()
    await scene.app.engine.collect()
    assert scene.standing() == {(scene.ada, two): [WORDS]}


async def test_feedback_reaches_the_writer(scene: Scene):
    one = scene.prompts()[0].thread
    message = await scene.say(scene.ada, one, WORDS)
    await until(lambda: scene.standing())
    shown = await choose(scene, scene.fay, message, "feedback", "Give feedback")
    shown = await scene.stage.submit(scene.fay, shown.form, {"text": "Which rates?", "who": "alone"})
    assert "goes to Ada alone" in shown.text
    await scene.app.settle()
    await scene.app.collectors[scene.platform].comment()
    await until(lambda: any("Which rates?" in each for each in scene.stage.notes(scene.ada)))
    assert not any("Which rates?" in each for each in scene.stage.notes(scene.ben))


def calls(scene: Scene) -> list[Any]:
    """What the bot asked of its platform."""
    return list(scene.stage.calls() if scene.platform == "discord" else scene.stage.calls)


def tombstones(scene: Scene) -> list[str]:
    return scene.app.shop.database.run_now(lambda s: list(s.scalars(select(Tombstone.ref))))


def _key(scene: Scene, thread: str) -> str:
    return scene.app.shop.database.run_now(lambda s: s.scalar(select(Message.key).where(Message.thread == thread)))

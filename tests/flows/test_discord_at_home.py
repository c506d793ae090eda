"""The whole program at home on Discord: after a restart, without the Message Content intent, in archived threads, and
against what somebody made up."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio
from cohort_stage import Scene, open_scene, until

from bot.fakes.discord.people import NO_ANSWER, buttons_of, find
from bot.fakes.stage import Shown


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene("discord", tmp_path) as opened:
        yield opened


async def restart(scene: Scene) -> None:
    await scene.stop()
    await scene.start()


def labels(scene: Scene) -> list[tuple[str, str]]:
    """Every button that can be pressed in the channel: (message, label)."""
    posted = scene.stage.posts(scene.channel)
    return [(each.message, label) for each in posted for label in buttons_of(find(scene.stage.world, each.message))]


def is_an_answer(shown: Shown) -> bool:
    refused = ("There is no command", "not known here", "did not work", NO_ANSWER)
    return shown.private and not any(each in shown.text for each in refused)


async def test_every_button_of_every_post_works_after_a_restart(scene: Scene):
    await scene.next_lesson()
    await restart(scene)
    pressable = labels(scene)
    assert {label for _, label in pressable} >= {"Write my answer", "Not today"}
    for message, label in pressable:
        shown = await scene.stage.press(scene.ada, message, label)
        assert is_an_answer(shown), (label, shown)
        for further in [each for each in shown.buttons if shown.form is None]:
            assert is_an_answer(await scene.stage.press(scene.ada, shown, further)), (label, further)


async def test_a_form_that_was_open_over_a_restart_is_kept(scene: Scene):
    await scene.next_lesson()
    one = scene.prompts()[0]
    shown = await scene.stage.press(scene.ada, one.message, "Write my answer")
    await restart(scene)
    await scene.stage.submit(scene.ada, shown.form, {"answer": "Written before, sent after."})
    assert scene.standing() == {(scene.ada, one.thread): ["Written before, sent after."]}


async def test_without_the_intent_an_answer_is_kept_by_every_door_but_plain_thread_text(scene: Scene):
    await scene.next_lesson()
    scene.stage.message_content_intent = False
    await restart(scene)
    one, two, *_ = scene.prompts()
    plain = await scene.say(scene.ada, one.thread, "Plain words in the thread.")
    assert scene.standing() == {}

    form = (await scene.stage.press(scene.ada, one.message, "Write my answer")).form
    await scene.stage.submit(scene.ada, form, {"answer": "By the form."})
    assert scene.standing()[scene.ada, one.thread] == ["By the form."]

    own = f"<@{scene.stage.world.bot.id}>"
    named = await scene.say(scene.ben, one.thread, f"{own} By naming the bot.")
    await until(lambda: scene.stage.reactions(named))
    counted = await scene.say(scene.ben, two.thread, "By the message's menu.")
    assert is_an_answer(await scene.stage.message_command(scene.ben, counted, "Count as my answer"))
    await until(lambda: (scene.ben, two.thread) in scene.standing())
    assert scene.standing()[scene.ben, two.thread] == ["By the message's menu."]
    assert scene.stage.reactions(plain) == frozenset()

    place = scene.stage.dm_channel(scene.ada)
    await scene.stage.reply(scene.ada, place, "By direct message.")
    await until(lambda: scene.stage.posts(place))
    (asked,) = scene.stage.posts(place)
    second = next(label for label in buttons_of(find(scene.stage.world, asked.message)) if "Prompt 2" in label)
    filed = await scene.stage.press(scene.ada, asked.message, second)
    assert is_an_answer(filed)
    assert scene.standing()[scene.ada, two.thread] == ["By direct message."]

    (choose,) = filed.buttons
    form = (await scene.stage.press(scene.ada, filed, choose)).form
    (field,) = form.fields
    options = next(part["component"]["options"] for part in form.handle.modal["components"] if part["type"] == 18)
    first = next(option["value"] for option in options if "Prompt 1" in option["label"])
    assert is_an_answer(await scene.stage.submit(scene.ada, form, {field: first}))
    assert (scene.ada, two.thread) not in scene.standing()
    assert scene.standing()[scene.ada, one.thread] == ["By the form.", "By direct message."]


async def test_a_late_answer_in_an_archived_thread_counts_and_gets_its_reaction(scene: Scene):
    await scene.next_lesson()
    one = scene.prompts()[0]
    await scene.ask(scene.fay, "cohort pause")
    scene.clock.advance_to(scene.clock() + timedelta(days=40))
    scene.stage.archive_thread(one.thread)
    late = await scene.say(scene.ada, one.thread, "Forty days late.")
    await until(lambda: scene.stage.reactions(late))
    assert scene.standing() == {(scene.ada, one.thread): ["Forty days late."]}


async def test_the_role_that_was_chosen_is_mentioned_with_a_lesson_once_and_nobody_else(scene: Scene):
    role = scene.stage.add_role("learners", mentionable=True)
    await scene.ask(scene.fay, "cohort ping", who=role)
    await scene.next_lesson()
    first = scene.stage.posts(scene.channel)[0]
    assert scene.stage.pinged() == (f"{first.message} <@&{role}>",)
    assert json.loads(first.raw)["components"][0] == {"type": 10, "content": f"<@&{role}>", "id": 1}
    scene.stage.world.journal.pings.clear()
    await scene.ask(scene.fay, "cohort ping")
    await scene.next_lesson()
    assert scene.stage.pinged() == ()


FORGED = (
    "hr:write:" + "a" * 24, "hr:answers:x", "hr:answers:' OR 1=1 --", "hr:cohort pause", "hr:report", "hr:note:1",
    "hr:note:99999999999999999999999", "hr:file:1:" + "a" * 24, "hr:file:-1", "hr:forget:1", "hr:quiet:maybe",
    "hr:home:facilitator", "hr:card:../../etc/passwd", "hr:ask:\0\u202e@everyone", "hr:lesson:-1", "hr:lesson:٣",
    "hr:count", "hr:feedback", "hr:\0", "hr:" + "x" * 4_000,
)  # fmt: skip


async def test_what_somebody_made_up_is_answered_and_changes_nothing(scene: Scene):
    await scene.next_lesson()
    before = len(scene.stage.posts(scene.channel))
    status = (await scene.ask(scene.fay, "cohort status")).text
    channel = scene.stage.world.channels[int(scene.channel)]
    for kind in (3, 5):
        for custom_id in FORGED:
            body = {"component_type": 2, "custom_id": custom_id, "components": []}
            started = scene.stage.interactions.start(scene.stage.world, kind, int(scene.eve), channel, body)
            await until(lambda started=started: started.answered)
            await until(lambda started=started: started.modal or started.answers)
            told = json.dumps([each.components for each in started.answers])
            assert "did not work" not in told, (kind, custom_id)
    assert scene.standing() == {}
    assert len(scene.stage.posts(scene.channel)) == before
    assert (await scene.ask(scene.fay, "cohort status")).text == status

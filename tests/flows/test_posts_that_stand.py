"""Pins, edits and mentions of what is posted, through the real clients of all platforms."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cohort_stage import COURSE, PLATFORMS, Scene, open_scene, until
from sqlalchemy import select

from bot.engine.tending import tend_tick
from bot.fakes.faults import Fault, Kind
from bot.store.tables import Cohort, Message

BY_FAULT = {
    "discord": {"pin": "PUT */messages/pins/*", "edit": "PATCH */messages/*"},
    "slack": {"pin": "pins.add", "edit": "chat.update"},
}


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the course, to be changed."""
    return Path(shutil.copytree(COURSE, tmp_path / "course"))


@pytest.fixture(params=PLATFORMS)
async def scene(request: pytest.FixtureRequest, tmp_path: Path, course: Path) -> AsyncIterator[Scene]:
    async with open_scene(request.param, tmp_path, course) as scene:
        if scene.platform == "discord":
            scene.stage.give_permission(scene.channel, "pin_messages")
        yield scene


def pinned(scene: Scene) -> set[str]:
    """What is pinned in the channel, as the platform has it, by our own references."""
    if scene.platform == "simulator":
        return {message.ref for message in scene.stage.pins(scene.channel)}
    if scene.platform == "discord":
        found = scene.stage.pins(scene.channel)
    else:
        found = scene.stage.world.channels[scene.channel].pins
    ends = [each.rpartition("/")[2] for each in found]
    return {message.ref for message in messages(scene) if message.ref.rpartition("/")[2] in ends}


def messages(scene: Scene) -> list[Message]:
    return scene.app.shop.database.run_now(lambda session: list(session.scalars(select(Message).order_by(Message.id))))


def first_messages(scene: Scene) -> list[Message]:
    return [message for message in messages(scene) if message.number == 0]


async def tend(scene: Scene) -> None:
    await tend_tick(scene.app.shop)


async def test_the_last_lessons_stay_pinned(scene: Scene):
    shown = await scene.ask(scene.fay, "cohort pins", count="2")
    assert "The last 2 lessons" in shown.text
    for _ in range(3):
        await scene.next_lesson()
        await tend(scene)
    assert pinned(scene) == {message.ref for message in first_messages(scene)[1:]}
    assert [message.pin for message in first_messages(scene)] == [None, "pinned", "pinned"]
    await scene.ask(scene.fay, "cohort pins", count="0")
    await tend(scene)
    assert pinned(scene) == set()


async def test_a_lesson_is_brought_to_the_newest_text_and_its_threads_stay(scene: Scene, course: Path):
    await scene.next_lesson()
    thread = scene.prompts()[0].thread
    before = messages(scene)
    change(course, "Week 6 ended with a theory", "Week 6 came to its end with a theory")
    assert scene.shelf.refresh()
    shown = await scene.ask(scene.fay, "cohort refresh", day="31")
    changed = [message for message in messages(scene) if message.new_body]
    assert f"{len(changed)} of {len(before)} messages of day 31" in shown.text
    assert 0 < len(changed) < len(before)
    await tend(scene)
    posts = {post.message: post.raw for post in scene.stage.posts(scene.channel)}
    assert len(posts) == len(before)
    assert [message.ref for message in messages(scene)] == [message.ref for message in before]
    assert any("Week 6 came to its end with a theory" in raw for raw in posts.values())
    assert not any(message.new_body for message in messages(scene))
    await scene.say(scene.ada, thread, "Still here.")
    assert scene.prompts()[0].thread == thread
    shown = await scene.ask(scene.fay, "cohort refresh", day="31")
    assert "Nothing of day 31 changes" in shown.text


def change(course: Path, old: str, new: str) -> None:
    file = course / "lessons" / "day-31.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.mark.parametrize("scene", ["discord", "slack"], indirect=True)
@pytest.mark.parametrize("kind", [Kind.ERROR, Kind.ACCEPT_THEN_DROP, Kind.BUSY])
async def test_a_call_that_breaks_off_is_made_again_and_twice_is_once(scene: Scene, course: Path, kind: Kind):
    await scene.ask(scene.fay, "cohort pins", count="1")
    await scene.next_lesson()
    change(course, "Week 6 ended with a theory", "Week 6 came to its end with a theory")
    scene.shelf.refresh()
    await scene.ask(scene.fay, "cohort refresh", day="31")
    for call in BY_FAULT[scene.platform].values():
        scene.stage.plan.next_calls(call, Fault(kind, 0.1), times=1)
    for _ in range(3):
        await tend(scene)
    assert pinned(scene) == {first_messages(scene)[0].ref}
    assert not any(message.new_body for message in messages(scene))
    assert any("Week 6 came to its end with a theory" in post.raw for post in scene.stage.posts(scene.channel))


@pytest.mark.parametrize("scene", ["discord"], indirect=True)
async def test_where_pinning_is_not_allowed_facilitators_are_told_once_and_nobody_is_asked_again(scene: Scene):
    await scene.ask(scene.fay, "cohort pins", count="3")
    scene.stage.take_permission(scene.channel, "pin_messages")
    for _ in range(3):
        await scene.next_lesson()
        await tend(scene)
        await tend(scene)
    assert len(scene.stage.calls("PUT */messages/pins/*")) == 1
    assert [note for note in scene.stage.notes(scene.fay) if "I am not allowed to pin" in note][1:] == []
    assert any("I am not allowed to pin" in note for note in scene.stage.notes(scene.fay))
    pins = scene.app.shop.database.run_now(lambda session: session.scalars(select(Cohort.pins)).one())
    assert pins == 0
    shown = await scene.ask(scene.fay, "cohort status")
    assert "No lesson of **Spring** is pinned." in shown.text
    scene.stage.give_permission(scene.channel, "pin_messages")
    await scene.ask(scene.fay, "cohort pins", count="1")
    await tend(scene)
    assert pinned(scene) == {first_messages(scene)[-1].ref}
    scene.stage.world.journal.refusals.clear()


async def test_a_member_who_wants_no_notes_gets_the_reaction_alone(scene: Scene):
    await scene.next_lesson()
    one = scene.prompts()[0]
    for person, noted in ((scene.ada, False), (scene.ben, True)):
        if not noted:
            shown = await scene.ask(person, "settings")
            await scene.stage.press(person, shown, "No notes, please")
        said = await scene.say(person, one.thread, "Short.")
        await until(lambda said=said: scene.stage.reactions(said), 20.0)
        await scene.app.settle()
        assert any("Your answer is kept" in note for note in scene.stage.notes(person)) is noted

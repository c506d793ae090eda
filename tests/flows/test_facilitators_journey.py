"""A facilitator's whole way with a cohort, in one go and on every platform with its real client: from the invitation to
the archive and back. The parts have tests of their own; here what one says must not contradict another, and no button
may lead nowhere."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cohort_stage import PLATFORMS, Scene, open_scene, until
from test_answers_from_any_door import last_note

from bot.engine.digesting import digest_tick
from bot.engine.noticing import notice_tick

NOWHERE = ("not known", "is gone", "(any more)", "no command", "too old")
"""What a button that leads nowhere answers."""


@pytest.fixture(params=PLATFORMS)
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(request.param, tmp_path) as scene:
        yield scene


async def press(scene: Scene, where: Any, label: str) -> Any:
    return await scene.stage.press(scene.fay, where, label)


def plain(shown: Any) -> str:
    """Without what each platform's reader keeps of markup."""
    return shown.text.replace("\n", "").replace("*", "").replace("`", "")


async def read(scene: Scene, command: str, **options: str) -> str:
    """What the facilitator is told."""
    return plain(await scene.ask(scene.fay, command, **options))


async def press_all(scene: Scene, shown: Any) -> None:
    """Every button of a post leads somewhere."""
    for label in shown.buttons:
        led = await press(scene, shown, label)
        text = led.form.text if led.form is not None else led.text
        assert text.strip(), label
        assert not any(each in text for each in NOWHERE), (label, text)


async def comment(scene: Scene) -> None:
    for _ in range(2):
        await scene.app.collectors[scene.platform].comment()


async def gather(scene: Scene) -> None:
    """Eve comes by the invitation; Ada answers the first prompt, Ben none, and two more lessons go out."""
    assert "with a button to join" in await read(scene, "cohort invite")
    for _ in range(2):
        await notice_tick(scene.app.shop)
    [invitation] = scene.stage.posts(scene.channel)
    assert "Welcome to" in (await scene.stage.press(scene.eve, invitation.message, "Join")).text
    await scene.next_lesson()
    answer = await scene.say(scene.ada, scene.prompts()[0].thread, "What I take from it.")
    await until(lambda: len(scene.kept()) == 1)
    shown = await scene.ask(scene.fay, "answers")
    form = (await press(scene, shown, "Give feedback")).form
    await scene.stage.submit(scene.fay, form, {"text": "Say whose number that is.", "who": "alone"})
    await comment(scene)
    assert "Say whose number that is." in scene.stage.notes(scene.ada)[-1]
    scene.clock.advance_to(scene.clock() + timedelta(minutes=5))
    await scene.stage.edit(scene.ada, answer, "It is the number of the free users.")
    await until(lambda: scene.kept()[0].revisions > 1)
    assert "revised since your feedback" in await read(scene, "answers")
    for _ in range(2):
        await scene.next_lesson()
    scene.clock.advance_to(scene.days_later(3) - timedelta(hours=1))


async def care(scene: Scene) -> None:
    """The report and all that it leads to; Ben is excused, and counts again."""
    report = await scene.ask(scene.fay, "report")
    assert "3 learners, on day 33, active. 2 lessons to come." in report.text
    await press_all(scene, report)
    dates = {"from": "2026-09-07", "to": "2026-09-08"}
    excused = await scene.ask(scene.fay, "excuse", member="Ben", **dates)
    assert "from 7 Sep 2026 to 8 Sep 2026" in excused.text
    assert "of 1 lesson answered" in await read(scene, "member", member="Ben")
    assert "Ben: missed" not in await read(scene, "report")
    assert "counts for Ben again" in plain(await press(scene, excused, "Count it again"))
    assert "(any more)" in plain(await press(scene, excused, "Count it again"))


async def replan(scene: Scene) -> None:
    """Every command that tells of the calendar tells the same, whether the cohort goes on or stands still."""
    shown = await scene.ask(scene.fay, "cohort change", shift="1", skip="34")
    assert "Day 34 will not come" in shown.text
    assert "Done" in (await press(scene, shown, "Do it")).text
    assert "Day 34 is left out" in (await press(scene, shown, "Do it")).text
    for command in ("cohort preview", "cohort status"):
        text = await read(scene, command)
        assert "1 lesson to come; the last, day 35" in text, text
        assert "Left out: day 34" in text, text
    assert "1 lesson to come" in await read(scene, "report")
    await scene.ask(scene.fay, "cohort pause")
    for command in ("cohort preview", "cohort status", "today", "report"):
        assert "paused" in (await read(scene, command)).lower()
    assert "goes on" in await read(scene, "cohort resume")


async def put_away(scene: Scene) -> None:
    """The digest comes; the cohort is archived, with its buttons still standing in it; and comes back paused."""
    await scene.ask(scene.fay, "cohort digest", day="monday 08:00")
    scene.clock.advance_to(scene.days_later(7) - timedelta(hours=1))
    await digest_tick(scene.app.shop)
    digest = last_note(scene, scene.fay)
    assert "Everybody" in (await press(scene, digest, "Whole report")).text
    asked = await scene.ask(scene.fay, "cohort archive")
    assert "is archived" in (await press(scene, asked, "Archive it")).text
    assert "archived already" in (await press(scene, asked, "Archive it")).text
    for command in ("cohort status", "cohort preview", "today", "report"):
        text = await read(scene, command)
        assert "Next lesson" not in text, text
        assert "to come" not in text, text
    assert "archived" in (await press(scene, digest, "Whole report")).text
    assert "is back" in await read(scene, "cohort unarchive")
    assert "1 lesson to come; the last, day 35" in await read(scene, "cohort status")


async def test_from_the_invitation_to_the_archive_and_back(scene: Scene) -> None:
    await gather(scene)
    await care(scene)
    await replan(scene)
    await put_away(scene)
    assert scene.stage.notes(scene.ben) == (), "nobody was told what does not concern them"

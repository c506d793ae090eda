"""A facilitator's ten minutes in chat: the brief, its one step, a note that reaches a member, and the weekly digest. On
every platform, with its real client."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cohort_stage import PLATFORMS, Scene, open_scene, until
from test_answers_from_any_door import last_note

from bot.engine.digesting import digest_tick
from bot.store.tables import AuditEntry, Nudge


@pytest.fixture(params=PLATFORMS)
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    """Two lessons are out and closed; Ada has answered them, Ben has not. It is Sunday morning."""
    async with open_scene(request.param, tmp_path) as scene:
        for _ in range(2):
            await scene.next_lesson()
        for prompt in scene.prompts():
            await scene.say(scene.ada, prompt.thread, "What I take from it.")
        await until(lambda: len(scene.kept()) == len(scene.prompts()))
        scene.clock.advance_to(scene.days_later(6))
        yield scene


def audited(scene: Scene) -> list[tuple[str, str]]:
    return scene.app.shop.database.run_now(
        lambda session: [(each.action, each.says) for each in session.query(AuditEntry).order_by(AuditEntry.id)]
    )


def kept(scene: Scene) -> list[Nudge]:
    return scene.app.shop.database.run_now(lambda session: session.query(Nudge).all())


async def comment(scene: Scene) -> None:
    await scene.app.collectors[scene.platform].comment()


async def test_from_the_report_to_a_note_that_reaches_the_member(scene: Scene) -> None:
    report = await scene.ask(scene.fay, "report")
    for part in (
        "What asks for you",
        "missed the last 2 lessons, has not written yet",
        "had no response",
        "One step now",
    ):
        assert part in report.text, report.text
    shown = await scene.stage.press(scene.fay, report, "Write to Ben")
    assert "Hi Ben, it is good that you are in Spring." in shown.form.fields["text"]
    shown = await scene.stage.submit(scene.fay, shown.form, {"text": "Hi Ben, how are you? @everyone <!channel>"})
    assert "Your note goes to" in shown.text
    for _ in range(2):
        await comment(scene)
    [note] = scene.stage.notes(scene.ben)
    assert "A note from Fay" in note
    assert "Hi Ben, how are you?" in note
    assert "write to Fay directly" in note
    assert ("nudged", "a private note") in audited(scene)
    assert kept(scene)[0].told_at is not None
    report = await scene.ask(scene.fay, "report")
    assert "somebody wrote to them on 13 Sep" in report.text
    assert "Write to Ben" not in report.buttons
    shown = await scene.stage.press(scene.fay, report, "Give feedback")
    assert "What I take from it." in shown.form.text


async def test_the_weekly_digest_comes_privately_and_its_buttons_work_there(scene: Scene) -> None:
    shown = await scene.ask(scene.fay, "cohort digest", day="monday 08:00")
    assert "every Monday at 08:00" in shown.text
    before = len(scene.stage.notes(scene.fay))
    posts = len(scene.stage.posts(scene.channel))
    scene.clock.advance_to(scene.days_later(7) - timedelta(hours=1))
    for _ in range(2):
        await digest_tick(scene.app.shop)
    told = scene.stage.notes(scene.fay)[before:]
    assert ["This week: Spring" in each for each in told] == [True]
    assert len(scene.stage.posts(scene.channel)) == posts
    digest = last_note(scene, scene.fay)
    shown = await scene.stage.press(scene.fay, digest, "Write to Ben")
    assert "Hi Ben" in shown.form.fields["text"]
    await scene.stage.submit(scene.fay, shown.form, {"text": "From the digest."})
    await comment(scene)
    assert "From the digest." in scene.stage.notes(scene.ben)[-1]
    shown = await scene.stage.press(scene.fay, digest, "Whole report")
    assert "Everybody" in shown.text
    shown = await scene.ask(scene.fay, "cohort digest", day="off")
    assert "no weekly digest" in shown.text
    assert [says for _, says in audited(scene) if "digest" in says] == [
        "weekly digest: off → Monday at 08:00",
        "weekly digest: Monday at 08:00 → off",
    ]


async def test_how_many_missed_lessons_are_silence_is_the_facilitators_to_say(scene: Scene) -> None:
    shown = await scene.ask(scene.fay, "cohort silent", lessons="3")
    assert "hear of somebody after 3 missed lessons in a row" in shown.text
    assert "Gone silent" not in (await scene.ask(scene.fay, "report")).text
    assert ("setting", "silent after: 2 → 3 missed lessons") in audited(scene)
    if scene.platform != "discord":  # where it is not even offered to who may not use it
        refused = await scene.ask(scene.ada, "cohort silent", lessons="1")
        assert "is for facilitators" in refused.text


@pytest.mark.parametrize("scene", ["slack"], indirect=True)
async def test_the_one_step_is_a_button_of_the_facilitators_home_as_well(scene: Scene) -> None:
    await scene.stage.open_home(scene.fay)
    await until(lambda: scene.stage.home(scene.fay) is not None)
    await scene.stage.press(scene.fay, scene.stage.home_shown(scene.fay), "For facilitators")
    await until(lambda: "missed the last 2 lessons" in scene.stage.home_shown(scene.fay).text)
    shown = await scene.stage.press(scene.fay, scene.stage.home_shown(scene.fay), "Write to Ben")
    assert "Hi Ben" in shown.form.fields["text"]
    await scene.stage.submit(scene.fay, shown.form, {"text": "From home."})
    await until(lambda: "somebody wrote to them" in scene.stage.home_shown(scene.fay).text)
    await comment(scene)
    assert "From home." in scene.stage.notes(scene.ben)[-1]

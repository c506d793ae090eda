"""Everybody, day by day, as a picture in a facilitator's private answer: through every platform's real client, and read
back as the platform was given it."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cohort_stage import PLATFORMS, Scene, open_scene

from bot.cohorts.cohorts import LEARNER
from bot.store.tables import Cohort, Enrollment, Member
from bot.talk.drawing import typesetting

PNG = b"\x89PNG\r\n\x1a\n"
WAY = "Show everybody, day by day"


@pytest.fixture(params=PLATFORMS)
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(request.param, tmp_path) as scene:
        await scene.next_lesson()
        yield scene


def crowd(session, number: int) -> None:
    """So many more learners, from before the first lesson."""
    cohort = session.query(Cohort).one()
    first = session.query(Enrollment).order_by(Enrollment.id).first()
    for each in range(number):
        member = Member(platform=cohort.platform, workspace=cohort.workspace, ref=f"x{each}", name=f"Xe {each:02}")
        session.add(member)
        session.flush()
        session.add(Enrollment(cohort_id=cohort.id, member_id=member.id, role=LEARNER, joined_on=first.joined_on))


async def test_a_facilitator_sees_everybody_and_turns_the_page(scene: Scene) -> None:
    report = await scene.ask(scene.fay, "report")
    shown = await scene.stage.press(scene.fay, report, WAY)
    [(alt, png)] = shown.pictures.items()
    assert alt.startswith("Heat map of Spring, 2 members, by name, lesson day")
    assert png.startswith(PNG)
    assert shown.private
    assert not [label for label in shown.buttons if "Page" in label]
    scene.app.shop.database.run_now(crowd, 49)
    shown = await scene.stage.press(scene.fay, report, WAY)
    second = await scene.stage.press(scene.fay, shown, "Page 2 →")
    [(alt, png)] = second.pictures.items()
    assert "members 51 to 51 of 51, by name (page 2 of 2)" in alt
    assert png.startswith(PNG)
    assert "← Page 1" in second.buttons


async def test_when_nothing_can_be_drawn_the_words_stand_alone(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(typesetting, "SETTER", Path("/nowhere/setter.py"))
    report = await scene.ask(scene.fay, "report")
    with caplog.at_level(logging.WARNING):
        shown = await scene.stage.press(scene.fay, report, WAY)
    assert shown.pictures == {}
    assert "Heat map of Spring, 2 members, by name" in shown.text
    assert sum("drawing" in each.getMessage() for each in caplog.records) == 1

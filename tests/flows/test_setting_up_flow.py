"""A cohort is set up in chat, on every platform over its real protocol: form, preview, test post, invitation."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from cohort_stage import PLATFORMS, Scene, open_scene

from bot.cohorts.cohorts import all_cohorts
from bot.engine.noticing import notice_tick

TYPED = {"name": "Autumn 🍂", "zone": "zurich", "time": "9", "days": "mon-fri", "start": "2026-09-14"}


@pytest_asyncio.fixture(params=PLATFORMS)
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(request.param, tmp_path) as opened:
        yield opened


def names(scene: Scene) -> list[str]:
    return [each.name for each in scene.app.shop.database.run_now(all_cohorts)]


async def test_a_facilitator_sets_a_cohort_up_from_a_form(scene: Scene) -> None:
    stage, fay, place = scene.stage, scene.fay, scene.elsewhere
    shown = await stage.command(fay, place, "cohort create", {})
    assert shown.form is not None
    assert dict(shown.form.fields) | {"zone": ""} == {
        "name": "",
        "zone": "",
        "time": "09:00",
        "days": "Mon-Fri",
        "start": "2026-09-08",
    }
    preview = await stage.submit(fay, shown.form, TYPED)
    assert "Nothing is open yet" in preview.text
    assert names(scene) == ["Spring"]
    again = await stage.press(fay, preview, "Change")
    assert again.form.fields["name"] == "Autumn 🍂"
    preview = await stage.submit(fay, again.form, TYPED | {"time": "18:30"})
    checklist = await stage.press(fay, preview, "Open it")
    assert names(scene) == ["Spring", "Autumn 🍂"]
    assert "Your cohort is open" in checklist.text
    test = await stage.press(fay, checklist, "Send me a test post")
    assert "A test that only you see" in test.text
    assert stage.posts(place) == ()
    assert "within half a minute" in (await stage.press(fay, test, "Invite members")).text
    await notice_tick(scene.app.shop)
    await notice_tick(scene.app.shop)
    [post] = stage.posts(place)
    assert "Join Autumn" in post.text
    assert "Welcome to" in (await stage.press(scene.eve, post.message, "Join")).text


async def test_what_cannot_be_read_is_said_and_nothing_that_was_typed_is_lost(scene: Scene) -> None:
    stage, fay = scene.stage, scene.fay
    shown = await stage.command(fay, scene.elsewhere, "cohort create", {})
    wrong = await stage.submit(fay, shown.form, TYPED | {"start": "1 Marz", "zone": "Mars"})
    if wrong.errors:
        assert "“1 Marz” is not a date" in wrong.errors["start"]
        assert "is not a time zone" in wrong.errors["zone"]
        form = wrong.form or shown.form
    else:
        assert "“1 Marz” is not a date" in wrong.text
        form = (await stage.press(fay, wrong, "Fill it in again")).form
        assert form.fields["name"] == "Autumn 🍂"
    preview = await stage.submit(fay, form, TYPED)
    assert "Nothing is open yet" in preview.text
    assert names(scene) == ["Spring"]


async def test_who_manages_nothing_opens_nothing(scene: Scene) -> None:
    if scene.platform == "discord":  # where the command is not even shown to them
        with pytest.raises(LookupError):
            await scene.stage.command(scene.eve, scene.elsewhere, "cohort create", {})
        return
    shown = await scene.stage.command(scene.eve, scene.elsewhere, "cohort create", {})
    assert shown.form is None
    assert "for facilitators" in shown.text


# Slack tells where somebody's clock stands; behind a mention no form can be opened.


@pytest_asyncio.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene("slack", tmp_path) as opened:
        yield opened


async def test_slack_tells_the_zone_of_whoever_asks(slack: Scene) -> None:
    shown = await slack.stage.command(slack.fay, slack.elsewhere, "cohort create", {})
    assert shown.form.fields["zone"] == "Europe/Zurich"


async def test_behind_a_mention_a_button_opens_the_form(slack: Scene) -> None:
    shown = await slack.stage.mention(slack.fay, slack.elsewhere, "cohort create")
    assert "Please press the button" in shown.text
    form = (await slack.stage.press(slack.fay, shown, "Open a cohort")).form
    preview = await slack.stage.submit(slack.fay, form, TYPED)
    await slack.stage.press(slack.fay, preview, "Open it")
    assert names(slack) == ["Spring", "Autumn 🍂"]


async def test_a_replayed_press_opens_one_cohort(slack: Scene) -> None:
    shown = await slack.stage.command(slack.fay, slack.elsewhere, "cohort create", {})
    preview = await slack.stage.submit(slack.fay, shown.form, TYPED)
    for _ in range(2):
        assert "Your cohort is open" in (await slack.stage.press(slack.fay, preview, "Open it")).text
    assert names(slack) == ["Spring", "Autumn 🍂"]


async def test_on_slack_who_may_manage_a_channel_is_told_what_they_can_do_there(slack: Scene) -> None:
    shown = await slack.stage.command(slack.fay, slack.elsewhere, "help", {})
    assert "/cohort create" in shown.text
    await slack.ask(slack.fay, "cohort facilitator", member="Ada")
    await slack.ask(slack.fay, "leave")
    assert "are not in this cohort" not in (await slack.ask(slack.fay, "dashboard")).text
    assert "are not in this cohort" in (await slack.ask(slack.eve, "dashboard")).text

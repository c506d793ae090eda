"""What a facilitator reads: in which order, how much of it, and which one step they are offered."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from talk_room import COURSE, HOSTILE, buttons, links, read

from bot.chat.post import Buttons, Heading, Table
from bot.cohorts.brief import Answer, Brief, Returned, Silent, Standing, Thin
from bot.cohorts.progress import cohort_progress
from bot.platforms.discord.render import render as discord_render
from bot.platforms.slack.render import render as slack_render
from bot.store.tables import Cohort
from bot.talk.brief import MOST_ROWS, digest_post, report_post
from bot.talk.brief_words import NOTHING, need_words, standing_words
from bot.talk.latest import latest_blocks
from bot.talk.next_step import next_step
from bot.talk.reports import brief_row

NOW = datetime(2026, 9, 11, 8, tzinfo=UTC)
COHORT = Cohort(
    id=7,
    name="Spring",
    zone="Europe/Zurich",
    post_time=time(9),
    weekdays=31,
    state="active",
    silent_after=2,
)
STANDING = Standing(2, 32, date(2026, 9, 8), 3, ())
QUIET = Brief(STANDING, (), (), (), 0, (), ())
BEN = Silent(3, "Ben", 2, None)
ADA = Silent(2, "Ada", 5, NOW - timedelta(days=9))
BACK = Returned(4, "Cy", 3, NOW - timedelta(days=1))
FIRST, SECOND = COURSE.lessons[31].prompts[0].id, COURSE.lessons[32].prompts[0].id
THIN = Thin(32, SECOND, "k" * 24, 3, 12)
GAP = Answer(11, 2, "Ada", 31, FIRST, "g" * 24, NOW - timedelta(hours=30), 41, 60, 2)
LATER = Answer(12, 5, "Dee", 32, SECOND, "k" * 24, NOW - timedelta(hours=25), 10, None, 0)
FULL = Brief(STANDING, (ADA, BEN), (BACK,), (GAP, LATER), 9, (THIN,), (GAP,))
STUCK = replace(FULL, standing=replace(STANDING, stuck=((33, "missing_permission: 50013"),)))


def digest(brief: Brief, nudged: dict[int, datetime] | None = None):
    return digest_post(COURSE, COHORT, brief, NOW, nudged or {})


def step(brief: Brief, *nudged: int) -> str:
    found = next_step(COURSE, COHORT, brief, dict.fromkeys(nudged, NOW))
    return found.button.action if found else ""


# the words


def test_what_asks_for_something_stands_first_then_what_is_worth_a_look_then_one_step() -> None:
    said = digest(STUCK)
    sections = [block.text for block in said.blocks if isinstance(block, Heading)]
    assert sections == ["This week: Spring", "What asks for you", "Worth a look", "One step now"]
    lines = read(said).splitlines()
    order = (
        "2 learners",
        "Day 33 could not be posted",
        "Gone silent",
        "9 answers have",
        "Few have answered",
        "Came back",
    )
    found = [next(number for number, line in enumerate(lines) if line.startswith(part)) for part in order]
    assert found == sorted(found)


def test_each_thing_is_said_with_what_it_takes_to_judge_it() -> None:
    said = read(digest(STUCK))
    for line in (
        "2 learners, on day 32, active. 3 lessons to come.",
        "Day 33 could not be posted: missing_permission: 50013. I lack a permission in the channel. What helps: Let me",
        "• Ada: missed the last 5 lessons, last wrote on 2 Sep",
        "• Ben: missed the last 2 lessons, has not written yet",
        "• Ada · Day 31 · Prompt 1 of 2, written 30 hours ago",
        "• and 7 more",
        ": 3 of 12",
        "• Cy answered on 10 Sep, after 3 missed lessons",
        "• Ada · Day 31 · Prompt 1 of 2: 41 of at most 60 words, 2 reactions",
    ):
        assert line in said, said


def test_when_nothing_asks_it_is_said_in_one_line() -> None:
    assert need_words(COURSE, COHORT, QUIET, NOW, {}) == NOTHING
    assert read(digest(QUIET)).splitlines()[1:4] == [
        "2 learners, on day 32, active. 3 lessons to come.",
        "What asks for you",
        NOTHING,
    ]


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing(0, 0, None, 5, ()), "0 learners, before its first lesson, active. 5 lessons to come."),
        (Standing(1, 60, date(2026, 9, 8), 0, ()), "1 learner, on day 60, active. The last one."),
        (Standing(1, 59, date(2026, 9, 8), 1, ()), "1 learner, on day 59, active. 1 lesson to come."),
    ],
)
def test_where_the_cohort_is(standing: Standing, words: str) -> None:
    assert standing_words(COHORT, standing) == words


def test_lists_keep_the_order_they_come_in_and_are_never_long() -> None:
    many = tuple(Silent(number, f"Name {number:03}", 2 + number % 5, None) for number in range(1_000))
    said = read(digest(replace(QUIET, silent=many)))
    named = [line for line in said.splitlines() if line.startswith("• Name")]
    assert [line[7:10] for line in named] == [f"{number:03}" for number in range(10)]
    assert "• and 990 more" in said
    assert len(said) < 1_500


def test_of_many_lessons_that_could_not_be_posted_the_first_three_are_told_with_their_cure() -> None:
    stuck = tuple((day, "missing_permission: 50013") for day in range(33, 60))
    said = read(digest(replace(QUIET, standing=replace(STANDING, stuck=stuck))))
    assert said.count("What helps:") == 3
    assert "And 24 more lessons, which /cohort status lists." in said


def test_every_waiting_answer_has_its_form_and_every_prompt_one_way_to_its_answers() -> None:
    actions = buttons(digest(FULL))
    assert actions["Feedback: Ada · Day 31 · Prompt 1 of 2"] == "feedback:11"
    assert [action for action in actions.values() if action.startswith("answers:")] == [
        f"answers:{'g' * 24}",
        f"answers:{'k' * 24}",
    ]
    assert all(len(block.buttons) <= 5 for block in digest(FULL).blocks if isinstance(block, Buttons))


def test_nothing_leads_to_the_answers_of_a_prompt_that_nobody_has_answered() -> None:
    thin = tuple(replace(each, answered=0) for each in FULL.thin)
    brief = replace(QUIET, standing=STANDING, thin=thin)
    assert [label for label in buttons(digest(brief)) if "answers" in label] == []
    assert "Nobody has answered Day" in read(digest(brief))
    assert "See the prompt" in buttons(digest(brief))


# the step


def test_one_step_is_offered_in_the_order_that_is_written_down() -> None:
    brief, steps = STUCK, []
    for without in (
        {"standing": STANDING},
        {"silent": ()},
        {"waiting": (), "waiting_in_all": 0},
        {"thin": ()},
        {"returned": ()},
        {"aloud": ()},
    ):
        steps.append(step(brief))
        brief = replace(brief, **without)
    assert [*steps, step(brief)] == [
        "cohort status:7",
        "nudge:7-3",
        "feedback:11",
        f"answers:{'k' * 24}",
        "nudge:7-4",
        f"answers:{'g' * 24}",
        "",
    ]


def test_whoever_has_been_written_to_this_week_is_not_offered_again() -> None:
    assert step(FULL) == "nudge:7-3", "who has missed the fewest: so early a word helps most"
    assert step(FULL, 3) == "nudge:7-2"
    assert step(FULL, 3, 2) == "feedback:11"
    said = read(digest(FULL, {3: NOW - timedelta(days=2)}))
    assert "Ben: missed the last 2 lessons, has not written yet; somebody wrote to them on 9 Sep" in said
    returned = replace(QUIET, returned=(BACK,))
    assert (step(returned), step(returned, 4)) == ("nudge:7-4", "")


# the report


def test_a_long_table_is_for_a_page(cohort) -> None:
    [ada, _] = cohort.database.run_now(lambda s: cohort_progress(s, s.query(Cohort).one(), cohort.now))
    everybody = [replace(ada, member=number, name=f"Name {number:03}") for number in range(1_000)]
    said = report_post(COURSE, COHORT, everybody, QUIET, NOW, {})
    [table] = [block for block in said.blocks if isinstance(block, Table)]
    assert [row[0] for row in table.rows] == [f"Name {number:03}" for number in range(MOST_ROWS)]
    assert table.sortable
    assert "The first 20 of 1000 by name. /dashboard opens the page with everybody." in read(said)
    assert len(discord_render(said, "k" * 24)) <= 2
    short = report_post(COURSE, COHORT, everybody[:MOST_ROWS], QUIET, NOW, {})
    assert "/dashboard" not in read(short)


def test_the_way_to_the_picture_stands_above_the_table_of_everybody(cohort) -> None:
    [ada, _] = cohort.database.run_now(lambda s: cohort_progress(s, s.query(Cohort).one(), cohort.now))
    heading, way, table = report_post(COURSE, COHORT, [ada], QUIET, NOW, {}).blocks[-3:]
    assert heading == Heading("Everybody")
    assert [button.action for button in way.buttons] == [f"map:{COHORT.id}:1"]
    assert isinstance(table, Table)
    assert not any("map:" in action for action in buttons(report_post(COURSE, COHORT, (), QUIET, NOW, {})).values())


def test_the_report_tells_of_the_latest_lesson_once(cohort) -> None:
    def made(session):
        found = session.query(Cohort).one()
        return latest_blocks(session, COURSE, found)

    latest = cohort.database.run_now(made)
    keys = [button.action.partition(":")[2] for button in latest[-1].buttons]
    spoken_of = replace(QUIET, thin=(replace(THIN, key=keys[0]), replace(THIN, key="o" * 24)))
    said = report_post(COURSE, COHORT, (), spoken_of, NOW, {}, latest)
    actions = [action for action in buttons(said).values() if action.startswith("answers:")]
    assert actions.count(f"answers:{keys[0]}") == 1 + (step(spoken_of) == f"answers:{keys[0]}")
    assert f"answers:{'o' * 24}" in actions


# hostile names, and both platforms' limits


def hostile(number: int) -> str:
    return HOSTILE[number] + "\n- # x\x00" + "w" * 300


def test_no_name_is_markup_or_breaks_a_limit() -> None:
    count = len(HOSTILE)
    brief = replace(
        STUCK,
        silent=tuple(Silent(number, hostile(number % count), 3, NOW) for number in range(60)),
        returned=tuple(Returned(number, hostile(number % count), 3, NOW) for number in range(60)),
        waiting=tuple(replace(GAP, submission=10**17, name=hostile(number % count)) for number in range(5)),
        aloud=tuple(replace(GAP, key=f"{number:024}", name=hostile(number % count)) for number in range(5)),
        standing=replace(STANDING, stuck=((33, f"refused: {HOSTILE[1]}"),)),
    )
    said = digest(brief)
    assert links(said) == set()
    assert all(len(action) <= 60 for action in buttons(said).values())
    assert all(len(label) <= 75 for label in buttons(said))
    assert discord_render(said, "k" * 24)
    assert slack_render(said, "k" * 24)


def test_a_brief_as_it_usually_is_fits_one_message() -> None:
    assert len(discord_render(digest(STUCK), "k" * 24)) == 1
    assert len(slack_render(digest(STUCK), "k" * 24)) == 1


# for a program


def test_a_program_reads_the_same() -> None:
    row = brief_row(STUCK)
    assert row["asks_for_something"] is True
    assert row["stuck"] == [{"lesson": 33, "reason": "missing_permission: 50013"}]
    assert [each["name"] for each in row["silent"]] == ["Ada", "Ben"]
    assert row["silent"][1] == {"name": "Ben", "missed": 2, "last_answer": None}
    assert row["waiting_in_all"] == 9
    assert row["waiting"][0]["words_asked"] == 60
    assert row["local_date"] == "2026-09-08"
    assert brief_row(QUIET)["asks_for_something"] is False

"""Cohorts and their record from the command line."""

from datetime import UTC, datetime, timedelta

import pytest
from homeroom_command import Homeroom
from sqlalchemy import text

from bot.store.database import open_engine

PLACE = ("--platform", "discord", "--channel", "7", "--workspace", "1")


def test_a_cohort_is_opened_listed_and_shown(homeroom: Homeroom):
    assert "no cohorts yet" in homeroom("cohort", "list").out
    made = homeroom(
        *("cohort", "create", "Spring term", *PLACE, "--zone", "zurich", "--time", "7:30", "--days", "mon,wed"),
        *("--start", "2030-09-02", "--first", "32", "--json"),
    )
    assert made.code == 0
    expected = {"name": "Spring term", "platform": "discord", "channel": "7", "workspace": "1", "state": "active"}
    expected |= {"zone": "Europe/Zurich", "time": "07:30", "next_lesson": 32, "next_due_at": "2030-09-02T05:30:00Z"}
    assert expected.items() <= made.json.items()
    assert homeroom("cohort", "list", "--json").json == [made.json]
    assert "Spring term" in homeroom("cohort", "list").out
    for name in ("Spring term", "spring TERM", str(made.json["id"])):
        assert homeroom("cohort", "show", name, "--json").json == {**made.json, "deliveries": []}
    assert "Europe/Zurich" in homeroom("cohort", "show", "Spring term").out
    report = homeroom("report", "Spring term", "--json").json
    assert (report["cohort"], report["members"]) == ("Spring term", [])
    assert (report["brief"]["asks_for_something"], report["brief"]["learners"]) == (False, 0)
    said = homeroom("report", "Spring term").out
    assert "nobody has joined yet" in said
    assert "0 learners, before its first lesson, active." in said
    assert homeroom("cohort", "retry", "Spring term").out == "0 posts will be tried again\n"


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--zone", "Mars", "is not a time zone"),
        ("--time", "25:00", "is not a time of day"),
        ("--days", "someday", "is not a day"),
        ("--start", "soon", "is not a date"),
        ("--start", "9999-12-31", "too far away"),
        ("--first", "1", "no lesson for day 1"),
        ("--platform", "irc", "irc is not a platform"),
    ],
)
def test_a_bad_option_is_one_sentence_and_opens_nothing(homeroom: Homeroom, option: str, value: str, says: str):
    ran = homeroom("cohort", "create", "Spring", *PLACE, option, value)
    assert ran.code == 2
    assert says in " ".join(ran.err.replace("│", "").split())
    assert "Traceback" not in ran.err
    assert homeroom("cohort", "list", "--json").json == []


def test_what_is_taken_or_unknown_is_said(homeroom: Homeroom):
    homeroom("cohort", "create", "Spring", *PLACE)
    ran = homeroom("cohort", "create", "Autumn", *PLACE)
    assert (ran.code, ran.err) == (2, "the channel has a cohort already\n")
    ran = homeroom("cohort", "create", "Spring", "--platform", "discord", "--channel", "8", "--workspace", "1")
    assert (ran.code, ran.err) == (2, "there is a cohort called Spring already\n")
    for command in (("cohort", "show"), ("cohort", "retry"), ("report",)):
        ran = homeroom(*command, "Winter")
        assert ran.code == 2
        assert "there is no cohort called Winter: `homeroom cohort list` shows what there is" in ran.err


def test_what_could_not_be_posted_is_tried_again_on_request(homeroom: Homeroom):
    homeroom("cohort", "create", "Spring", *PLACE)
    engine = open_engine(f"sqlite:///{homeroom.folder / 'homeroom.db'}")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO deliveries (cohort_id, kind, local_date, lesson, due_at, closes_at, state, attempt,"
                " next_try_at, reason) VALUES (1, 'lesson', '2026-09-07', 31, '2026-09-07 07:00:00',"
                " '2026-09-08 22:00:00', 'blocked', 3, '2026-09-07 07:00:00', 'channel_gone: 10003')"
            )
        )
    engine.dispose()
    assert "channel_gone: 10003" in homeroom("cohort", "show", "Spring").out
    assert homeroom("cohort", "retry", "Spring").out == "1 post will be tried again\n"
    shown = homeroom("cohort", "show", "Spring", "--json").json["deliveries"]
    assert [(each["lesson"], each["state"]) for each in shown] == [(31, "planned")]


def _missed(homeroom: Homeroom, name: str, channel: str) -> None:
    """A cohort whose first three lessons were due last week, in UTC, and were not posted."""
    homeroom("cohort", "create", name, "--platform", "discord", "--channel", channel, "--workspace", "1")
    monday = datetime.now(UTC).date() - timedelta(days=7 + datetime.now(UTC).weekday())
    engine = open_engine(f"sqlite:///{homeroom.folder / 'homeroom.db'}")
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE cohorts SET start_date = :day, next_date = :day, next_due_at = :due, next_lesson = 33"
                 " WHERE name = :name"),
            {"day": monday.isoformat(), "due": f"{monday} 09:00:00.000000", "name": name},
        )  # fmt: skip
    engine.dispose()


def test_what_a_start_would_post_is_shown_beforehand_and_nothing_is_posted(homeroom: Homeroom):
    _missed(homeroom, "Spring", "7")
    shown = homeroom("cohort", "catch-up", "spring", "--json")
    assert shown.code == 0
    assert {"cohort": "Spring", "policy": "all", "missed": 3, "blocked": None}.items() <= shown.json.items()
    assert [(each["lesson"], each["posted"], each["outcome"]) for each in shown.json["lessons"]] == [
        (day, day, "posted") for day in (33, 34, 35)
    ]
    moments = [datetime.fromisoformat(each["at"]) for each in shown.json["lessons"]]
    assert [each - moments[0] for each in moments] == [timedelta(minutes=minutes) for minutes in (0, 30, 60)]
    assert homeroom("cohort", "show", "Spring", "--json").json["deliveries"] == []
    table = homeroom("cohort", "catch-up", "Spring").out
    assert "Spring · all · 3 missed" in table
    other = homeroom("cohort", "catch-up", "Spring", "--policy", "latest", "--json").json
    assert [each["outcome"] for each in other["lessons"]] == ["skipped", "skipped", "posted"]
    assert homeroom("cohort", "catch-up", "Spring", "--json").json["policy"] == "all"


def test_a_policy_is_set_before_the_start(homeroom: Homeroom):
    _missed(homeroom, "Spring", "7")
    set_ = homeroom("cohort", "catch-up", "Spring", "--policy", "shift", "--set", "--json").json
    assert set_ == homeroom("cohort", "catch-up", "Spring", "--json").json | {"lessons": set_["lessons"]}
    assert set_["policy"] == "shift"
    assert set_["lessons"][-1]["posted"] == 33
    assert {each["outcome"] for each in set_["lessons"][:-1]} >= {"skipped, its lesson comes on a later date"}


def test_every_cohort_with_missed_lessons_is_listed_and_no_other(homeroom: Homeroom):
    assert homeroom("cohort", "catch-up", "--all").out == "no cohort has missed a lesson\n"
    homeroom("cohort", "create", "Punctual", "--platform", "discord", "--channel", "9", "--workspace", "1")
    _missed(homeroom, "Spring", "7")
    _missed(homeroom, "Autumn", "8")
    listed = homeroom("cohort", "catch-up", "--all", "--json").json
    assert [each["cohort"] for each in listed] == ["Spring", "Autumn"]


@pytest.mark.parametrize("words", [(), ("Spring", "--all"), ("Spring", "--set"), ("Spring", "--policy", "never")])
def test_catch_up_without_its_words_is_refused(homeroom: Homeroom, words: tuple[str, ...]):
    homeroom("cohort", "create", "Spring", *PLACE)
    ran = homeroom("cohort", "catch-up", *words)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_migrate_goes_up_down_and_up(homeroom: Homeroom):
    assert homeroom("migrate").code == 0
    assert "is at head" in homeroom("migrate").out
    assert homeroom("migrate", "base").code == 0
    assert homeroom("migrate").code == 0
    assert homeroom("cohort", "list", "--json").json == []


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://u:secret@h/d", "DATABASE_URL"),
        ("sqlite:////no/such/folder/x.db", "DATABASE_URL"),
        ("postgresql://u:secret@127.0.0.1:1/d", "DATABASE_URL"),
        ("postgresql://[", "DATABASE_URL"),
    ],
)
@pytest.mark.parametrize("words", [("cohort", "list"), ("migrate",), ("run",)])
def test_a_database_that_cannot_be_used_is_one_sentence_without_its_password(
    homeroom: Homeroom, url: str, says: str, words: tuple[str, ...]
):
    homeroom.set(DATABASE_URL=url, DISCORD_TOKEN="x")
    ran = homeroom(*words)
    assert ran.code == 2
    assert says in ran.err
    assert "secret" not in ran.err + ran.out
    assert len(ran.err.strip().split("\n")) == 1


def test_migrate_to_an_unknown_revision_is_one_sentence(homeroom: Homeroom):
    ran = homeroom("migrate", "nonsense")
    assert ran.code == 2
    assert "nonsense" in ran.err
    assert "Traceback" not in ran.err

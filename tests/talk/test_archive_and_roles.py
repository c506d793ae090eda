"""Putting a cohort away and taking it out; inviting; who facilitates."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from talk_room import ADA, BEN, EVE, FAY, HOSTILE, MAY, TalkRoom, buttons, links, read

from bot.chat.commands import from_action
from bot.chat.inbound import Person
from bot.chat.post import Ping, Post
from bot.cohorts import cohorts, deliveries, notices
from bot.platforms.discord.render import render as discord_render
from bot.platforms.slack.render import render as slack_render
from bot.store.tables import AuditEntry, Cohort, Delivery, Notice
from bot.talk.inviting import invitation_post, not_invited_post


def press(room: TalkRoom, said: Post, label: str, person: Person = FAY, channel: str | None = "room") -> str:
    name, options = from_action(buttons(said)[label])
    return room.read(person, name, channel, **options)


def here(room: TalkRoom, name: str = "Spring") -> Cohort:
    return room.database.run_now(lambda session: session.scalars(select(Cohort).where(Cohort.name == name)).one())


def states(room: TalkRoom) -> dict[int, str]:
    rows = room.database.run_now(lambda session: session.scalars(select(Delivery)).all())
    return {row.lesson: row.state for row in rows}


def says(room: TalkRoom) -> list[str]:
    return [entry.says for entry in room.database.run_now(lambda session: session.scalars(select(AuditEntry)).all())]


# archive


def test_a_cohort_is_archived_after_the_question_and_not_before(cohort: TalkRoom):
    asked = cohort.ask(FAY, "cohort archive")
    assert "Archive Spring? Nothing is posted any more" in read(asked)
    assert here(cohort).archived_at is None
    assert "Spring is archived, and this channel is free" in press(cohort, asked, "Archive it")
    assert here(cohort).state == "finished"
    assert "archived; it was active" in says(cohort)
    assert press(cohort, asked, "Archive it") == "Spring is archived already."
    assert "is archived already" in cohort.read(FAY, "cohort archive")


def test_an_archived_cohort_posts_nothing_and_stands_in_no_list(cohort: TalkRoom):
    press(cohort, cohort.ask(FAY, "cohort archive"), "Archive it")
    assert cohort.database.run_now(deliveries.next_wake) is None
    cohort.now += timedelta(days=5)
    assert cohort.database.run_now(deliveries.plan_due, lambda _, day: day + 1, cohort.now) == 0
    assert cohort.database.run_now(cohorts.all_cohorts) == []
    assert len(cohort.database.run_now(cohorts.all_cohorts, archived=True)) == 1
    assert "You are in no cohort yet" in cohort.read(ADA, "home", None)
    assert cohort.read(EVE, "join") == "Spring is archived: nobody joins it any more."
    assert "Report: Spring" in cohort.read(FAY, "report"), "it stays readable"


def test_an_archived_cohort_is_called_so_and_promises_no_lesson(cohort: TalkRoom):
    cohort.read(FAY, "cohort digest", day="monday")
    cohort.read(FAY, "cohort facilitator", member="Ada")
    press(cohort, cohort.ask(FAY, "cohort archive"), "Archive it")
    said = {name: cohort.read(FAY, name) for name in ("cohort status", "cohort preview", "report", "today")}
    for text in said.values():
        assert "Next lesson" not in text, text
        assert "to come" not in text, text
    assert "Archived. Lessons Mon–Fri" in said["cohort status"]
    assert "/cohort unarchive" in said["cohort status"]
    assert "Archived. Lessons Mon–Fri" in said["cohort preview"]
    assert "on day 32, archived." in said["report"]
    assert cohort.read(FAY, "cohort digest").endswith("None comes while the cohort is archived.")
    assert cohort.read(FAY, "leave") == "You have left Spring. Your answers are kept."


def test_another_cohort_opens_in_its_channel(cohort: TalkRoom):
    press(cohort, cohort.ask(FAY, "cohort archive"), "Archive it")
    cohort.open("room", "Autumn")
    assert "Status" not in cohort.read(MAY, "cohort status") or "Autumn" in cohort.read(MAY, "cohort status")
    said = cohort.read(FAY, "cohort unarchive")
    assert "is for facilitators" in said, "Fay facilitates the one that was there before"
    fay = replace(FAY, manages=True)
    assert "Another cohort runs in this channel now, so Spring stays archived" in cohort.read(fay, "cohort unarchive")
    assert here(cohort).archived_at is not None


def test_it_comes_back_paused_with_every_lesson_that_was_not_out(cohort: TalkRoom):
    cohort.now += timedelta(days=1)
    cohort.database.run_now(deliveries.plan_due, lambda _, day: cohort.course.day_after(day), cohort.now)
    assert states(cohort)[33] == "planned"
    press(cohort, cohort.ask(FAY, "cohort archive"), "Archive it")
    assert states(cohort) == {31: "done", 32: "done", 33: "skipped"}
    assert cohort.database.run_now(deliveries.claim_due, ["chat"], cohort.now) == []
    assert cohort.read(FAY, "cohort unarchive") == ("Spring is back, paused. /cohort resume goes on with day 33.")
    cohort.read(FAY, "cohort resume")
    cohort.release()
    assert cohort.read(ADA, "today").startswith("Spring · day 33")


def test_a_lesson_that_is_half_out_is_still_finished(cohort: TalkRoom):
    cohort.now += timedelta(days=1)
    run = cohort.database.run_now
    run(deliveries.plan_due, lambda _, day: cohort.course.day_after(day), cohort.now)
    [claim] = run(deliveries.claim_due, ["chat"], cohort.now)
    [first, *_] = run(deliveries.keep_messages, claim, [deliveries.Draft("k" * 24, "{}", None)])
    run(deliveries.mark_trying, claim, first, cohort.now)
    press(cohort, cohort.ask(FAY, "cohort archive"), "Archive it")
    assert states(cohort)[33] == "planned"


def test_archiving_is_for_those_who_facilitate_it(cohort: TalkRoom):
    asked = cohort.ask(FAY, "cohort archive")
    for person in (ADA, EVE):
        assert "does not run in this channel" in press(cohort, asked, "Archive it", person)
    cohort.open("second", "Autumn")
    may = Person("may", "May", manages=True)
    assert "does not run in this channel" in press(cohort, asked, "Archive it", may, "second")
    for forged in ("", "0", "99", "x", "9" * 30, *HOSTILE):
        assert "does not run in this channel" in cohort.read(FAY, "archive", id=forged)
    assert here(cohort).archived_at is None
    assert "No cohort of yours was archived" in cohort.read(FAY, "cohort unarchive")


# invite


def test_an_invitation_is_asked_for_once(cohort: TalkRoom):
    assert "comes into its channel within half a minute" in cohort.read(FAY, "cohort invite")
    assert "less than ten minutes ago" in cohort.read(FAY, "cohort invite")
    assert cohort.database.run_now(lambda session: session.query(Notice).count()) == 1
    assert "an invitation in the channel" in says(cohort)
    assert "no cohort in this channel" in cohort.read(MAY, "cohort invite", "elsewhere")


def test_a_finished_cohort_invites_nobody(cohort: TalkRoom):
    cohort.release(3)
    cohort.now += timedelta(days=5)
    cohort.database.run_now(deliveries.plan_due, lambda _, day: cohort.course.day_after(day), cohort.now)
    assert "is finished" in cohort.read(FAY, "cohort invite")


def test_an_invitation_mentions_the_group_that_was_chosen_and_nobody_else(cohort: TalkRoom):
    assert "I do not mention everybody" in cohort.read(FAY, "cohort invite", who="@everyone")
    assert "no role or user group" in cohort.read(FAY, "cohort invite", who="<script>")
    assert "comes into its channel" in cohort.read(FAY, "cohort invite", who="readers")
    (call,) = cohort.database.run_now(notices.due, ["chat"], cohort.now)
    assert invitation_post(cohort.course, call.cohort, call.ping).ping == Ping("readers", "group")


def test_who_invites_is_told_whom_it_mentions(cohort: TalkRoom):
    cohort.read(FAY, "cohort ping", who="readers")
    assert "a button to join, and mentions the group readers." in cohort.read(FAY, "cohort invite")


def test_on_slack_an_invitation_names_a_command_that_is_ours(cohort: TalkRoom):
    [body] = slack_render(invitation_post(cohort.course, here(cohort)), "k")
    assert "/homeroom join" in str(body)


def test_an_invitation_says_what_when_and_who_reads(room: TalkRoom):
    room.open()
    post = invitation_post(room.course, here(room))
    said = read(post)
    assert "Join Spring" in said
    assert "5 lessons, Mon–Fri at 09:00 (Europe/Zurich)" in said
    assert "First lesson 2026-09-07 07:00 UTC" in said
    assert "this cohort's facilitators can read it" in said
    assert buttons(post) == {"Join": "join"}
    assert "Welcome to Spring" in press(room, post, "Join", ADA)
    assert post.ping is None


@pytest.mark.parametrize("name", [*HOSTILE, "x" * 100_000])
def test_an_invitation_is_one_message_whatever_the_cohort_is_called(room: TalkRoom, name: str):
    room.open()
    cohort = here(room)
    cohort.name = name
    post = invitation_post(room.course, cohort)
    assert links(post) | links(not_invited_post("missing permission", True, name)) == set()
    for render in (discord_render, slack_render):
        assert len(render(post, "k" * 24)) == 1


# facilitators


def test_a_second_facilitator_gets_in_and_steps_down(cohort: TalkRoom):
    became = cohort.read(FAY, "cohort facilitator", member="ada")
    assert became.startswith("Ada is a facilitator of Spring now, and was a learner.\nTell them: I have not.")
    assert "Report: Spring" in cohort.read(ADA, "report")
    assert cohort.read(FAY, "cohort facilitator", member="ada") == "Ada is a facilitator of Spring already."
    said = cohort.read(ADA, "cohort facilitator", member="<@ada>", role="Observer")
    assert said.startswith("Ada is an observer of Spring now, and was a facilitator.\n")
    assert cohort.read(FAY, "cohort facilitator", member="ada", role="learner").endswith("now, and was an observer.")
    assert "is for facilitators" in cohort.read(ADA, "report")
    assert says(cohort)[-3:] == [
        "role: learner to facilitator",
        "role: facilitator to observer",
        "role: observer to learner",
    ]


def test_the_last_facilitator_cannot_step_down_or_leave(cohort: TalkRoom):
    cohort.ask(FAY, "cohort facilitator", member="May", role="learner")
    assert "is the only facilitator here" in cohort.read(FAY, "cohort facilitator", member="fay", role="learner")
    assert "You are the only facilitator of Spring" in cohort.read(FAY, "leave")
    cohort.ask(FAY, "cohort facilitator", member="Ada")
    assert "You have left Spring" in cohort.read(FAY, "leave")


def test_who_is_not_in_the_cohort_or_not_clear_is_said(cohort: TalkRoom):
    for typed in ("Eve", "nobody", "<@999>", "x" * 199, *HOSTILE):
        said = cohort.ask(FAY, "cohort facilitator", member=typed)
        assert "Nobody in Spring is called" in read(said)
        assert links(said) == set()
    assert "Who?" in cohort.read(FAY, "cohort facilitator", member="x" * 2**20)
    assert "is no role" in cohort.read(FAY, "cohort facilitator", member="Ada", role="boss" * 9)
    cohort.ask(replace(EVE, name="Ben"), "join")
    said = cohort.read(FAY, "cohort facilitator", member="@Ben")
    assert said == "Several here are called “@Ben”. Write the id of the one you mean: ben, eve."
    assert "Ben is a facilitator" in cohort.read(FAY, "cohort facilitator", member="eve")
    assert cohort.read(BEN, "report").endswith("somebody who may manage this channel.")

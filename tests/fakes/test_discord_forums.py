"""Forums: posts are threads whose first message has their id, with tags; lists of them tell active from archived."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fake_discord_clients import connected, raw, told

from bot.clock import ShiftedClock
from bot.fakes.discord import FakeDiscord

START = datetime(2026, 9, 1, 9, tzinfo=UTC)
WORDS: dict[str, Any] = {"name": "Day 1", "message": {"content": "Read this."}}


async def test_the_real_client_opens_a_post_with_tags_and_answers_in_it() -> None:
    async with FakeDiscord() as fake, connected(fake) as bot:
        forum = bot.get_channel(int(fake.add_forum("course", ["Lab", "Paper"])))
        if forum is None:
            await bot.hears("guild_channel_create")
            forum = bot.get_channel(max(fake.world.channels))
        made = await forum.create_thread(name="Day 1", content="Read this.", applied_tags=forum.available_tags[1:])
        assert made.thread.id == made.message.id
        assert [tag.name for tag in made.thread.applied_tags] == ["Paper"]
        await made.thread.send("Prompt")
        assert [each.content async for each in made.thread.history()] == ["Prompt", "Read this."]
        assert fake.refusals() == ()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (WORDS, 0),
        ({**WORDS, "name": "x" * 101}, 50035),
        ({**WORDS, "name": " "}, 50035),
        ({"message": WORDS["message"]}, 50035),
        ({"name": "Day 1"}, 50035),
        ({"name": "Day 1", "message": {}}, 50006),
        ({"name": "Day 1", "message": {"content": "x" * 2_001}}, 50035),
        ({**WORDS, "applied_tags": [1, 2, 3, 4, 5, 6]}, 50035),
        ({**WORDS, "applied_tags": [1]}, 10087),
        ({**WORDS, "auto_archive_duration": 7}, 50035),
    ],
)
async def test_what_a_post_may_be(body: Any, code: int) -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        forum = fake.add_forum("course")
        assert await call.code("POST", f"/channels/{forum}/threads", body) == code


async def test_a_part_of_the_message_that_is_wrong_is_named_by_its_place() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        body = {"name": "x", "message": {"content": "x" * 2_001}}
        answer = await call("POST", f"/channels/{fake.add_forum('course')}/threads", body)
        assert "BASE_TYPE_MAX_LENGTH" in told(answer["errors"]["message"]["content"])


async def test_only_posts_can_be_made_in_a_forum_and_only_in_a_forum() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        forum, channel = fake.add_forum("course"), fake.add_channel("cohort")
        assert await call.code("POST", f"/channels/{forum}/messages", {"content": "x"}) == 50008
        assert await call.code("POST", f"/channels/{channel}/threads", WORDS) == 50024
        post = (await call("POST", f"/channels/{forum}/threads", WORDS))["id"]
        assert await call.code("POST", f"/channels/{post}/messages/{post}/threads", {"name": "x"}) == 50024


async def test_tags_may_be_demanded_and_moderated() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        forum = fake.add_forum("course", ["Lab"], moderated=["News"], requires_tag=True)
        shown = await call("GET", f"/channels/{forum}")
        lab, news = [each["id"] for each in shown["available_tags"]]
        assert shown["flags"] == 16
        path = f"/channels/{forum}/threads"
        assert await call.code("POST", path, WORDS) == 40067
        assert await call.code("POST", path, {**WORDS, "applied_tags": [news]}) == 50013
        made = await call("POST", path, {**WORDS, "applied_tags": [lab]})
        assert made["applied_tags"] == [lab]
    with pytest.raises(ValueError, match="tags"):
        fake.add_forum("course", [f"tag {number}" for number in range(21)])


async def test_a_posts_first_message_is_not_counted_and_goes_without_the_post() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        forum = fake.add_forum("course")
        made = await call("POST", f"/channels/{forum}/threads", WORDS)
        post = made["id"]
        assert (made["message"]["id"], made["message"]["channel_id"], made["message_count"]) == (post, post, 0)
        await call("POST", f"/channels/{post}/messages", {"content": "x"})
        shown = await call("GET", f"/channels/{post}")
        assert (shown["message_count"], shown["total_message_sent"]) == (1, 1)
        assert await call.code("DELETE", f"/channels/{post}/messages/{post}") == 0
        assert (await call("GET", f"/channels/{post}"))["message_count"] == 1
        assert await call.code("DELETE", f"/channels/{post}") == 50013


async def test_posts_are_listed_as_active_or_archived_the_latest_archived_first() -> None:
    clock = ShiftedClock(START)
    async with FakeDiscord(clock) as fake, raw(fake) as call:
        forum, elsewhere = fake.add_forum("course"), fake.add_forum("elsewhere")
        made = [(await call("POST", f"/channels/{forum}/threads", WORDS))["id"] for _ in range(5)]
        await call("POST", f"/channels/{elsewhere}/threads", WORDS)
        for post in (made[2], made[0], made[1]):
            clock.advance_to(clock() + timedelta(minutes=1))
            fake.archive_thread(post)
        active = await call("GET", f"/guilds/{fake.workspace}/threads/active")
        assert {each["id"] for each in active["threads"] if each["parent_id"] == forum} == set(made[3:])
        path = f"/channels/{forum}/threads/archived/public"
        page = await call("GET", path, params={"limit": "2"})
        assert ([each["id"] for each in page["threads"]], page["has_more"]) == ([made[1], made[0]], True)
        before = page["threads"][-1]["thread_metadata"]["archive_timestamp"]
        page = await call("GET", path, params={"limit": "2", "before": before})
        assert ([each["id"] for each in page["threads"]], page["has_more"]) == ([made[2]], False)
        for wrong in ({"limit": "1"}, {"limit": "101"}, {"before": "yesterday"}):
            assert await call.code("GET", path, params=wrong) == 50035


async def test_people_write_in_posts_and_reply_to_messages_in_them() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        forum, ada = fake.add_forum("course"), fake.add_person("Ada")
        post = (await call("POST", f"/channels/{forum}/threads", WORDS))["id"]
        await fake.reply(ada, post, "in the post")
        answer = await fake.reply(ada, f"{post}/{post}", "to its first message")
        shown = await call("GET", f"/channels/{post}/messages/{answer.partition('/')[2]}")
        assert (shown["type"], shown["referenced_message"]["id"]) == (19, post)
        assert list(fake.replies(f"{post}/{post}").values()) == ["to its first message"]
        assert len(fake.replies(post)) == 2
        with pytest.raises(LookupError):
            await fake.reply(ada, forum, "beside all posts")
        with pytest.raises(LookupError):
            await fake.command(ada, forum, "join")

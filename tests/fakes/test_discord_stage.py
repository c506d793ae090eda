"""What people do arrives, and what the oracle says is what stands there."""

import asyncio

import pytest
from fake_discord_clients import connected, raw

from bot.fakes.discord import FakeDiscord

HOSTILE = [
    "x" * 1_000_000,
    "nul \x00 and \ud800 alone",
    "\u202eright to left",
    "@everyone <@&1> <!channel> [a](https://x.org)",
    "'; DROP TABLE members; -- <script>",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_whatever_a_person_writes_arrives_to_the_letter(text: str) -> None:
    async with FakeDiscord() as fake:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with connected(fake) as bot:
            reference = await fake.reply(ada, channel, text)
            (heard,) = await bot.hears("message")
            assert heard.content == text
            assert fake.replies(channel) == {reference: text}
            assert [each.content async for each in heard.channel.history()] == [text]
            assert fake.pinged() == ()


async def test_replies_are_peoples_messages_as_they_stand_now() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel, ada, bo = fake.add_channel("cohort"), fake.add_person("Ada"), fake.add_person("Bo")
        await call("POST", f"/channels/{channel}/messages", {"content": "the bot's"})
        fake.post_as_other_bot(channel, "another bot's")
        kept, gone = await fake.reply(ada, channel, "draft"), await fake.reply(bo, channel, "oops")
        await fake.edit(ada, kept, "final")
        await fake.delete(bo, gone)
        assert fake.replies(channel) == {kept: "final"}
        assert [post.text for post in fake.posts(channel)] == ["the bot's"]
        with pytest.raises(LookupError, match="not a message of"):
            await fake.edit(bo, kept, "not mine")
        with pytest.raises(LookupError, match="no message"):
            await fake.delete(bo, gone)


async def test_another_bots_message_is_heard_as_a_bots() -> None:
    async with FakeDiscord() as fake:
        channel = fake.add_channel("cohort")
        async with connected(fake) as bot:
            fake.post_as_other_bot(channel, "beep")
            (heard,) = await bot.hears("message")
            assert heard.author.bot
            assert heard.author.id != bot.user.id


async def test_a_post_knows_its_text_its_marker_and_its_moment() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel = fake.add_channel("cohort")
        button = {"type": 2, "style": 1, "label": "Write", "custom_id": "hr:d:key"}
        embed = {"title": "T", "description": "D", "fields": [{"name": "N", "value": "V"}], "footer": {"text": "F"}}
        body = {"content": "C", "embeds": [embed], "components": [{"type": 1, "components": [button]}], "nonce": "key"}
        sent = await call("POST", f"/channels/{channel}/messages", body)
        (post,) = fake.posts(channel)
        assert post.text == "C\nT\nD\nN\nV\nF\nWrite"
        assert "hr:d:key" in post.raw
        assert '"nonce": "key"' in post.raw
        assert post.at.isoformat(timespec="microseconds") == sent["timestamp"]
        assert (post.message, post.channel, post.thread) == (f"{channel}/{sent['id']}", channel, None)


async def test_two_workspaces_keep_apart() -> None:
    async with FakeDiscord() as fake:
        other = fake.add_workspace("Elsewhere")
        here, there = fake.add_channel("cohort"), fake.add_channel("cohort", other)
        ada = fake.add_person("Ada")
        with pytest.raises(LookupError, match="sees no channel"):
            await fake.reply(ada, there, "x")
        async with connected(fake) as bot:
            assert {guild.id for guild in bot.guilds} == {int(fake.workspace), int(other)}
            fake.kick_bot(other)
            await bot.hears("guild_remove")
            await fake.reply(ada, here, "x")
            await bot.hears("message")


async def test_ten_thousand_replies_do_not_stop_it() -> None:
    async with FakeDiscord() as fake:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        for number in range(10_000):
            await fake.reply(ada, channel, f"{number}")
        await asyncio.sleep(0)
        assert len(fake.replies(channel)) == 10_000

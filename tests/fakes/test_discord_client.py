import discord
from discord_bot import connected

from bot.fakes.discord import FakeDiscord


async def test_a_client_logs_in_posts_opens_a_thread_and_reads_the_history() -> None:
    async with FakeDiscord() as fake:
        channel_id, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with connected(fake) as bot:
            channel = bot.get_channel(int(channel_id))
            message = await channel.send("Day 32", nonce="abc")
            thread = await message.create_thread(name="Prompt 1")
            assert thread.id == message.id
            await fake.reply(ada, str(thread.id), "My answer")
            (heard,) = await bot.hears("message", 3)
            assert heard.content == "My answer"
            assert [each.content async for each in thread.history()][0] == "My answer"
            (posted,) = fake.posts(channel_id)
            assert posted.text == "Day 32"
            assert posted.thread == str(thread.id)
            assert fake.refusals() == ()

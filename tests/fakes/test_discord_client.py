"""The real discord.py client lives on the fake as on Discord."""

import discord
import pytest
from fake_discord_clients import Bot, connected, intents, point_at

from bot.fakes.discord import FakeDiscord
from bot.fakes.stage import Stage


def test_it_is_a_stage() -> None:
    stage: Stage = FakeDiscord()
    assert stage.workspace.isdecimal()


async def test_a_client_logs_in_posts_opens_a_thread_and_reads_the_history() -> None:
    async with FakeDiscord() as fake:
        channel_id, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with connected(fake) as bot:
            message = await bot.get_channel(int(channel_id)).send("Day 32", nonce="abc")
            thread = await message.create_thread(name="Prompt 1")
            assert thread.id == message.id
            await fake.reply(ada, str(thread.id), "My answer")
            (heard,) = await bot.hears("message", 3)
            assert heard.content == "My answer"
            newest = [each async for each in thread.history()][0]  # noqa: RUF015 - an async list
            assert newest.content == "My answer"
            (posted,) = fake.posts(channel_id)
            assert (posted.text, posted.thread) == ("Day 32", str(thread.id))
            assert fake.replies(str(thread.id)) == {f"{thread.id}/{heard.id}": "My answer"}
            assert fake.refusals() == ()


async def test_ready_comes_before_the_guilds_and_they_bring_channels_roles_and_the_bot() -> None:
    async with FakeDiscord() as fake:
        channel_id = fake.add_channel("cohort")
        async with connected(fake) as bot:
            guild = bot.get_guild(int(fake.workspace))
            assert [channel.id for channel in guild.channels] == [int(channel_id)]
            assert guild.me.id == bot.user.id
            assert guild.default_role.permissions.send_messages
            permissions = guild.channels[0].permissions_for(guild.me)
            assert permissions.create_public_threads
            assert not permissions.manage_messages
            names = [name for name, _ in bot.heard]
            assert names.index("guild_available" if "guild_available" in names else "connect") < names.index("ready")


async def test_the_bot_hears_its_own_message_with_the_nonce_and_history_has_none() -> None:
    async with FakeDiscord() as fake:
        channel_id = fake.add_channel("cohort")
        async with connected(fake) as bot:
            sent = await bot.get_channel(int(channel_id)).send("hello", nonce="key1")
            (echo,) = await bot.hears("message")
            assert echo.id == sent.id
            assert echo.nonce == "key1"
            fetched = await sent.channel.fetch_message(sent.id)
            assert fetched.nonce is None


async def test_edits_deletes_and_reactions_reach_the_client() -> None:
    async with FakeDiscord() as fake:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with connected(fake) as bot:
            reference = await fake.reply(ada, channel, "first")
            await fake.edit(ada, reference, "second")
            (edited,) = await bot.hears("raw_message_edit")
            assert edited.data["content"] == "second"
            assert edited.data["edited_timestamp"]
            message = await bot.get_channel(int(channel)).fetch_message(edited.message_id)
            await message.add_reaction("✅")
            await bot.hears("raw_reaction_add")
            assert fake.reactions(reference) == {"✅"}
            await message.remove_reaction("✅", bot.user)
            assert fake.reactions(reference) == frozenset()
            await fake.delete(ada, reference)
            (deleted,) = await bot.hears("raw_message_delete")
            assert f"{deleted.channel_id}/{deleted.message_id}" == reference


async def test_a_components_v2_view_and_a_file_go_out_and_come_back() -> None:
    async with FakeDiscord() as fake:
        channel_id = fake.add_channel("cohort")
        async with connected(fake) as bot:
            view = discord.ui.LayoutView()
            row = discord.ui.ActionRow(discord.ui.Button(label="Write", custom_id="hr:1"))
            view.add_item(discord.ui.Container(discord.ui.TextDisplay("Thesis"), discord.ui.Separator(), row))
            sent = await bot.get_channel(int(channel_id)).send(view=view)
            assert sent.flags.components_v2
            (posted,) = fake.posts(channel_id)
            assert posted.text == "Thesis\nWrite"
            assert "hr:1" in posted.raw
            with_file = await sent.channel.send(file=discord.File(__file__, "report.txt"))
            assert with_file.attachments[0].filename == "report.txt"
            assert fake.refusals() == ()


async def test_a_direct_message_goes_both_ways() -> None:
    async with FakeDiscord() as fake:
        ada = fake.add_person("Ada")
        async with connected(fake, content=False) as bot:
            await (await bot.fetch_user(int(ada))).send("a note")
            assert fake.notes(ada) == ("a note",)
            await fake.reply(ada, fake.dm_channel(ada), "thanks")
            (heard,) = await bot.hears("message", 2)
            assert (heard.content, heard.guild) == ("thanks", None)


async def test_a_wrong_token_is_a_login_failure() -> None:
    async with FakeDiscord() as fake:
        point_at(fake)
        bot = Bot(intents())
        with pytest.raises(discord.LoginFailure):
            await bot.start("wrong")
        await bot.close()

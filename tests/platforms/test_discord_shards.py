"""Several shards, and several processes that share them: who hears what, and what a session costs."""

import asyncio
import logging

import pytest
from discord_stage import running, speaking, until
from made_sharing import MadeSharing, Record

from bot.chat.post import Button, Buttons, Post, Text
from bot.clock import monotonic
from bot.fakes.discord.fake import FakeDiscord
from bot.fakes.faults import Fault, Kind
from bot.platforms.discord.identifying import IDENTIFY
from bot.platforms.discord.limits import IDENTIFIES_MOST
from bot.platforms.discord.sessions import shard_of

KEY = "abcdefghijklmnopqrstuvw2"
PROMPT = Post("Prompt", (Text("Why?"), Buttons((Button("Write my answer", f"write:{KEY}", "primary"),))))
LEASE = 0.9


async def guilds_on(fake, count):
    """One guild for each of so many shards: an id is its shard's by the millisecond in which it was made."""
    found = {shard_of(fake.workspace, count): fake.workspace}
    while len(found) < count:
        await asyncio.sleep(0.001)
        guild = fake.add_workspace("Another")
        found.setdefault(shard_of(guild, count), guild)
    return [found[shard] for shard in range(count)]


async def thread_in(fake, bot, guild):
    channel = fake.add_channel("cohort", guild)
    message = await bot.platform.post(channel, bot.platform.render(PROMPT, None)[0])
    return await bot.platform.open_thread(message, "Why?"), fake.add_person("Ada", workspace=guild)


async def test_every_guild_is_heard_by_its_shard_and_direct_messages_by_the_first():
    async with FakeDiscord(shards=3) as fake:
        guilds = await guilds_on(fake, 3)
        async with running(fake) as bot:
            await until(lambda: fake.connected_shards() == [0, 1, 2])
            places = [await thread_in(fake, bot, guild) for guild in guilds]
            written = [await fake.reply(ada, thread, "mine") for thread, ada in places]
            ada = places[2][1]
            written.append(await fake.reply(ada, fake.dm_channel(ada), "to you"))
            await until(lambda: len(bot.ears.heard) == 4)
            assert {heard.message for heard in bot.ears.heard} == set(written)
            assert len(bot.readies) == 1
            assert [fake.identifies(shard) for shard in range(3)] == [1, 1, 1]


async def test_a_resumed_shard_misses_nothing_and_a_new_session_only_its_own_guilds():
    async with FakeDiscord(shards=2) as fake:
        guilds = await guilds_on(fake, 2)
        async with running(fake) as bot:
            await until(lambda: bot.ears.gaps == 1)  # the second shard's first session
            thread, ada = await thread_in(fake, bot, guilds[1])
            fake.gateway_drop(resumable=True)
            await fake.reply(ada, thread, "while away")
            await until(lambda: bot.ears.heard and fake.gateway.resumes == 2)
            assert (bot.ears.gaps, fake.identifies()) == (1, 2)
            fake.gateway_drop(resumable=False, shard=1)
            await until(lambda: bot.ears.gaps == 2)
            missing = bot.ears.missing[1]
            assert [missing(guild) for guild in guilds] == [False, True]
            assert not missing("")
            assert [fake.identifies(shard) for shard in range(2)] == [1, 2]
            fake.gateway_drop(resumable=False, shard=0)
            await until(lambda: bot.ears.gaps == 3)
            assert [bot.ears.missing[2](guild) for guild in (*guilds, "")] == [True, False, True]
            await fake.reply(ada, thread, "back")
            await until(lambda: len(bot.ears.heard) == 2)
            assert len(bot.readies) == 1


async def test_a_channel_is_gone_only_when_every_shard_has_looked():
    async with FakeDiscord(shards=2) as fake:
        guilds = await guilds_on(fake, 2)
        async with running(fake) as bot:
            await until(lambda: fake.connected_shards() == [0, 1] and bot.ears.gaps == 1)
            channel = fake.add_channel("cohort", guilds[1])
            connection = bot.platform._connection
            await until(lambda: not connection.is_gone(channel) and connection.is_gone("1234"))
            fake.kick_bot(guilds[1])
            await until(lambda: connection.is_gone(channel))
            fake.plan.often("CONNECT /gateway", Fault(Kind.ERROR), 1.0)
            fake.gateway_drop(resumable=False, shard=0)
            await until(lambda: not connection.is_gone("1234"))


async def test_a_gateway_that_refuses_at_first_costs_no_session():
    record = Record()
    async with FakeDiscord(shards=2) as fake:
        fake.plan.next_calls("CONNECT /gateway", Fault(Kind.ERROR), 3)
        async with running(fake, sharing=MadeSharing(record), wait=False):
            await until(lambda: fake.connected_shards() == [0, 1], 10)
            assert (fake.identifies(), len(record.spent[IDENTIFY])) == (2, 2)


async def test_an_intent_that_is_switched_off_meanwhile_is_done_without(caplog):
    async with FakeDiscord(shards=2) as fake, running(fake, wait=False) as bot:
        await until(lambda: fake.connected_shards() == [0, 1] and bot.ears.gaps == 1)
        fake.message_content_intent = False
        fake.gateway_drop(resumable=False)
        await until(lambda: fake.connected_shards() == [0, 1] and bot.ears.gaps == 3, 10)
        assert [record.message for record in caplog.records if "message_content" in record.message][1:] == []


async def test_a_resume_that_is_refused_is_tried_again_and_opens_no_new_session():
    async with FakeDiscord() as fake, running(fake) as bot:
        fake.plan.next_calls("CONNECT /gateway", Fault(Kind.ERROR), 2)
        fake.gateway_cut()
        await until(lambda: fake.gateway.resumes == 1)
        assert (fake.identifies(), bot.ears.gaps) == (1, 0)


async def test_two_processes_share_the_shards_and_one_takes_over_from_the_dead():
    record = Record()
    sharings = [MadeSharing(record), MadeSharing(record)]
    async with FakeDiscord(shards=4) as fake:
        guilds = await guilds_on(fake, 4)
        settings = [{"sharing": sharing, "shards": 4, "shard_lease": LEASE} for sharing in sharings]
        async with running(fake, wait=False, **settings[1]) as survivor:
            async with running(fake, wait=False, **settings[0]) as victim:
                await until(lambda: fake.connected_shards() == [0, 1, 2, 3])
                owners = list(record.holders().values())
                assert {owners.count(sharing) for sharing in sharings} <= {1, 2, 3}
                lost = [int(role[-1]) for role, owner in record.holders().items() if owner is sharings[0]]
                await asyncio.sleep(LEASE * 1.5)  # leases are renewed: nothing changes hands
                assert list(record.holders().values()) == owners
                sharings[0].dead = True
            died, before = monotonic(), survivor.ears.gaps
            assert len(fake.connected_shards()) == 4 - len(lost)
            await until(lambda: fake.connected_shards() == [0, 1, 2, 3])
            assert monotonic() - died < LEASE * 2
            await until(lambda: survivor.ears.gaps == before + len(lost))
            reread = [guild for guild in guilds if any(told(guild) for told in survivor.ears.missing[before:])]
            assert reread == [guilds[shard] for shard in sorted(lost)]
            thread, ada = await thread_in(fake, survivor, guilds[lost[0]])
            await fake.reply(ada, thread, "mine")
            await until(lambda: survivor.ears.heard)
            assert victim.ears.heard == []
            assert fake.gateway.crowded == []
        assert record.holders() == {}


async def test_a_process_that_stops_gives_its_shards_back_at_once():
    record = Record()
    async with FakeDiscord() as fake:
        async with running(fake, sharing=MadeSharing(record), shard_lease=60.0):
            assert list(record.holders()) == ["discord/shard/1/0"]
        assert record.holders() == {}
        async with running(fake, sharing=MadeSharing(record), shard_lease=60.0):
            assert fake.connected_shards() == [0]


async def test_a_shard_that_cannot_be_renewed_is_closed_before_another_process_takes_it():
    record = Record()
    stuck, other = MadeSharing(record), MadeSharing(record)
    fake, lease = FakeDiscord(), {"shard_lease": LEASE}
    async with fake, running(fake, sharing=stuck, **lease) as first, running(fake, sharing=other, **lease) as second:
        assert len(second.readies) == 1  # it can post, though it hears nothing
        assert fake.connected_shards() == [0]
        stuck.stuck = True
        await until(lambda: fake.identifies() == 2)
        assert fake.gateway.crowded == []
        await until(lambda: second.ears.gaps == 1)
        assert first.ears.gaps == 0


async def test_shards_of_one_remainder_wait_for_each_other():
    async with FakeDiscord(shards=4, max_concurrency=2, identify_seconds=0.4) as fake:
        started = monotonic()
        async with running(fake, identify_pause=0.6, wait=False):
            await until(lambda: fake.connected_shards() == [0, 1, 2, 3])
            assert fake.identifies() == 4
            assert monotonic() - started < 2.0
    fake = FakeDiscord(shards=4, max_concurrency=2, identify_seconds=0.4)
    async with fake, running(fake, identify_pause=0.0, wait=False):  # control: the fake minds
        await until(lambda: fake.identifies() > 4)


@pytest.mark.parametrize("why", ["our own count", "discord's"])
async def test_a_spent_budget_opens_no_session_and_says_what_that_means(caplog, logged, why):
    caplog.set_level(logging.ERROR)
    record = Record()
    if why == "our own count":
        record.spent[IDENTIFY] = [monotonic()] * IDENTIFIES_MOST
    async with FakeDiscord(session_starts=1_000 if why == "our own count" else 15, shards=2) as fake:
        async with running(fake, sharing=MadeSharing(record), wait=False) as bot:
            await until(logged)
            await asyncio.sleep(0.1)
            assert fake.identifies() == 0
            channel = fake.add_channel("cohort")
            await bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0])
        assert len(logged()) == 1
        assert "resets the token" in caplog.text


async def test_a_process_that_crashes_over_and_over_cannot_spend_more_than_the_budget():
    record = Record()
    record.spent[IDENTIFY] = [monotonic()] * (IDENTIFIES_MOST - 3)
    async with FakeDiscord() as fake:
        for number in range(6):
            async with running(fake, sharing=MadeSharing(record), wait=False) as bot:
                if number < 3:
                    await until(lambda bot=bot: bot.readies)
                else:
                    await asyncio.sleep(0.1)
        assert fake.identifies() == 3


async def test_who_only_posts_takes_no_shard():
    record = Record()
    async with FakeDiscord() as fake, speaking(fake, sharing=MadeSharing(record)):
        assert record.holders() == {}
        assert fake.identifies() == 0


def test_guilds_are_parted_as_discord_documents_it():
    assert {shard_of(str(guild), 1) for guild in (1 << 22, 5 << 22, 77)} == {0}
    assert [shard_of(str(number << 22), 4) for number in range(6)] == [0, 1, 2, 3, 0, 1]
    assert shard_of("", 4) == 0

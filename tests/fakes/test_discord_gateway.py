"""Sessions, resuming, intents and what a gateway closes with."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
import pytest
from fake_discord_clients import Bot, connected, intents, point_at, raw

from bot.fakes.discord import FakeDiscord
from bot.fakes.faults import Fault, FaultPlan, Kind


async def test_op_7_resumes_and_replays_what_was_missed() -> None:
    async with FakeDiscord() as fake:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with connected(fake) as bot:
            fake.gateway_drop(resumable=True)
            await fake.reply(ada, channel, "while away")
            await bot.hears("resumed")
            (heard,) = await bot.hears("message")
            assert heard.content == "while away"
            assert (fake.gateway.identifies, fake.gateway.resumes) == (1, 1)


async def test_a_cut_connection_resumes() -> None:
    async with FakeDiscord() as fake:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with connected(fake) as bot:
            fake.gateway_cut()
            await fake.reply(ada, channel, "while away")
            await bot.hears("message")
            assert fake.gateway.resumes == 1


async def test_op_9_starts_a_new_session_and_what_was_missed_is_lost() -> None:
    async with FakeDiscord() as fake:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with connected(fake) as bot:
            fake.gateway_drop(resumable=False)
            await fake.reply(ada, channel, "lost as an event")
            await bot.hears("ready", 2)
            await fake.reply(ada, channel, "heard again")
            (heard,) = await bot.hears("message")
            assert heard.content == "heard again"
            assert bot.count("message") == 1
            assert fake.identifies() == 2


async def test_a_forgotten_session_cannot_be_resumed() -> None:
    async with FakeDiscord() as fake, connected(fake) as bot:
        fake.forget_session()
        fake.gateway_cut()
        await bot.hears("ready", 2)
        assert (fake.identifies(), fake.gateway.resumes) == (2, 0)


async def test_without_the_intent_words_are_empty_but_for_own_direct_and_mentioning_messages() -> None:
    async with FakeDiscord(message_content_intent=False) as fake:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with connected(fake, content=False) as bot:
            await fake.reply(ada, channel, "hidden")
            await fake.reply(ada, channel, f"for <@{bot.user.id}>")
            await fake.reply(ada, fake.dm_channel(ada), "direct")
            await bot.get_channel(int(channel)).send("own")
            await bot.hears("message", 4)
            words = [args[0].content for name, args in bot.heard if name == "message"]
            assert words == ["", f"for <@{bot.user.id}>", "direct", "own"]
            read = [each.content async for each in bot.get_channel(int(channel)).history()]
            assert read == ["own", f"for <@{bot.user.id}>", ""]


async def test_an_intent_that_is_not_switched_on_closes_with_4014() -> None:
    async with FakeDiscord(message_content_intent=False) as fake:
        point_at(fake)
        bot = Bot(intents(content=True))
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await bot.start(fake.token)
        await bot.close()


async def test_a_revoked_token_ends_the_session_and_every_call() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        point_at(fake)
        bot = Bot(intents())
        running = asyncio.create_task(bot.start(fake.token))
        await bot.hears("ready")
        fake.revoke_token()
        with pytest.raises(discord.ConnectionClosed) as closed:
            await running
        assert closed.value.code == 4004
        assert await call("GET", "/users/@me") == {"message": "401: Unauthorized", "code": 0}
        assert (call.status, fake.invalid_requests()) == (401, 1)
        await bot.close()


async def test_events_can_come_twice_and_backwards() -> None:
    async with FakeDiscord() as fake:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with connected(fake) as bot:
            with fake.out_of_order():
                reference = await fake.reply(ada, channel, "first")
                await fake.edit(ada, reference, "second")
            await bot.hears("message")
            names = [name for name, _ in bot.heard if name in ("message", "raw_message_edit")]
            assert names == ["raw_message_edit", "message"]
            fake.inject("MESSAGE_CREATE", fake.event_of(reference))
            await bot.hears("message", 2)


async def test_unanswered_heartbeats_make_the_client_reconnect() -> None:
    async with FakeDiscord(heartbeat=0.05) as fake, connected(fake) as bot:
        bot.ws._keep_alive.heartbeat_timeout = 0.1
        fake.answer_heartbeats(on=False)
        await bot.hears("resumed")


async def test_a_refused_connection_meets_the_plan() -> None:
    plan = FaultPlan()
    plan.next_calls("CONNECT /gateway", Fault(Kind.ERROR))
    async with FakeDiscord(plan=plan) as fake, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(fake.gateway_url)
        async with session.ws_connect(fake.gateway_url) as socket:
            assert (await socket.receive_json())["op"] == 10


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("no json", 4002),
        (json.dumps({"op": 2, "d": {"token": "wrong", "intents": 1}}), 4004),
        (json.dumps({"op": 2, "d": {"token": "fake-discord-token", "intents": 1 << 40}}), 4013),
        (json.dumps({"op": 2, "d": {"token": "fake-discord-token", "intents": 1 << 8}}), 4014),
        (json.dumps({"op": 8, "d": {}}), 4003),
        (json.dumps({"op": 1, "d": "x" * 5_000}), 4002),
    ],
)
async def test_a_wrong_payload_closes_with_its_code(said: str, code: int) -> None:
    async with (
        FakeDiscord() as fake,
        aiohttp.ClientSession() as session,
        session.ws_connect(fake.gateway_url) as socket,
    ):
        assert (await socket.receive_json())["op"] == 10
        await socket.send_str(said)
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == code


async def test_a_bot_that_is_thrown_out_hears_it_and_nothing_more() -> None:
    async with FakeDiscord() as fake:
        channel_id, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with connected(fake) as bot:
            channel = bot.get_channel(int(channel_id))
            fake.kick_bot()
            await bot.hears("guild_remove")
            await fake.reply(ada, channel_id, "behind its back")
            with pytest.raises(discord.Forbidden) as refused:
                await channel.send("x")
            assert refused.value.code == 50001
            fake.invite_bot()
            await bot.hears("guild_join")
            assert bot.count("message") == 0


@asynccontextmanager
async def identified(fake: FakeDiscord, shard: list[Any]) -> AsyncIterator[tuple[aiohttp.ClientWebSocketResponse, Any]]:
    """A bare socket that has sent an IDENTIFY, and what came back."""
    async with aiohttp.ClientSession() as session, session.ws_connect(fake.gateway_url) as socket:
        await socket.receive_json()
        await socket.send_json({"op": 2, "d": {"token": fake.token, "intents": 1, "shard": shard}})
        answer = await socket.receive()
        yield socket, json.loads(answer.data) if answer.type is aiohttp.WSMsgType.TEXT else None


async def test_a_shard_hears_of_its_own_guilds_only() -> None:
    async with FakeDiscord() as fake, identified(fake, [0, 2]) as (_, first), identified(fake, [1, 2]) as (_, second):
        heard = [len(ready["d"]["guilds"]) for ready in (first, second)]
        assert heard == ([1, 0] if (int(fake.workspace) >> 22) % 2 == 0 else [0, 1])
        assert fake.connected_shards() == [0, 1]
        assert fake.gateway.crowded == []
        async with identified(fake, [1, 2]):
            assert fake.gateway.crowded == [1]


@pytest.mark.parametrize("shard", [[2, 2], [0, 0], [-1, 2], [0], ["0", 1], [True, 2]])
async def test_a_shard_that_there_cannot_be_closes_with_4010(shard: list[Any]) -> None:
    async with FakeDiscord() as fake, identified(fake, shard) as (socket, _):
        assert socket.close_code == 4010


async def test_more_at_once_than_allowed_is_an_invalid_session_and_counts_all_the_same() -> None:
    async with FakeDiscord(shards=3, max_concurrency=2, identify_seconds=60) as fake, raw(fake) as call:
        before = await call("GET", "/gateway/bot")
        answers = []
        for shard in range(3):
            async with identified(fake, [shard, 3]) as (_, answer):
                answers.append((answer["op"], answer["t"]))
        assert answers == [(0, "READY"), (0, "READY"), (9, None)]
        after = await call("GET", "/gateway/bot")
        limits = [each["session_start_limit"] for each in (before, after)]
        assert (before["shards"], limits[0]["max_concurrency"]) == (3, 2)
        assert [each["remaining"] for each in limits] == [1_000, 997]
        assert 86_000_000 < limits[1]["reset_after"] <= 86_400_000


async def test_the_token_of_a_bot_that_opens_too_many_sessions_is_reset() -> None:
    async with FakeDiscord(session_starts=2) as fake, raw(fake) as call:
        for _ in range(2):
            async with identified(fake, [0, 1]) as (_, answer):
                assert answer["t"] == "READY"
        assert (await call("GET", "/gateway/bot"))["session_start_limit"]["remaining"] == 0
        async with identified(fake, [0, 1]) as (socket, _):
            assert socket.close_code == 4004
        await call("GET", "/users/@me")
        assert call.status == 401


async def test_a_thread_counts_what_stands_in_it_and_what_was_ever_sent() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        sent = await call("POST", f"/channels/{channel}/messages", {"content": "x"})
        thread = (await call("POST", f"/channels/{channel}/messages/{sent['id']}/threads", {"name": "t"}))["id"]
        written = [await fake.reply(ada, thread, "x") for _ in range(3)]
        await fake.delete(ada, written[0])
        (message,) = await call("GET", f"/channels/{channel}/messages")
        assert (message["thread"]["message_count"], message["thread"]["total_message_sent"]) == (2, 3)

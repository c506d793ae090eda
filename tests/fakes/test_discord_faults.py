"""Each kind of fault does what its name says, and rate limits say so in the headers."""

import asyncio

import aiohttp
import discord
import pytest
from fake_discord_clients import connected, raw

from bot.fakes.discord import FakeDiscord, Rates
from bot.fakes.faults import Fault, FaultPlan, Kind

POST = "POST /channels/*/messages"


@pytest.mark.parametrize(("kind", "done"), [(Kind.DROP, False), (Kind.ACCEPT_THEN_DROP, True)])
async def test_a_dropped_call_has_no_answer_and_is_done_or_not(kind: Kind, done: bool) -> None:
    plan = FaultPlan()
    async with FakeDiscord(plan=plan) as fake, raw(fake) as call:
        channel = fake.add_channel("cohort")
        plan.next_calls(POST, Fault(kind))
        with pytest.raises(aiohttp.ClientConnectionError):
            await call("POST", f"/channels/{channel}/messages", {"content": "x"})
        assert len(fake.posts(channel)) == int(done)
        assert await call.code("POST", f"/channels/{channel}/messages", {"content": "y"}) == 0
        assert plan.injected == {kind: 1}


async def test_a_late_call_is_dropped_at_once_and_done_afterwards() -> None:
    plan = FaultPlan()
    async with FakeDiscord(plan=plan) as fake, raw(fake) as call:
        channel = fake.add_channel("cohort")
        plan.next_calls(POST, Fault(Kind.LATE, 0.2))
        with pytest.raises(aiohttp.ClientConnectionError):
            await call("POST", f"/channels/{channel}/messages", {"content": "x"})
        assert fake.posts(channel) == ()
        await asyncio.sleep(0.25)
        assert len(fake.posts(channel)) == 1


@pytest.mark.parametrize(("kind", "done"), [(Kind.ERROR, False), (Kind.ACCEPT_THEN_ERROR, True)])
@pytest.mark.parametrize("status", [500, 502, 503])
async def test_an_error_answers_5xx_and_is_done_or_not(kind: Kind, done: bool, status: int) -> None:
    plan = FaultPlan()
    async with FakeDiscord(plan=plan) as fake, raw(fake) as call:
        channel = fake.add_channel("cohort")
        fake.rest.error_status = status
        plan.next_calls(POST, Fault(kind))
        await call("POST", f"/channels/{channel}/messages", {"content": "x"})
        assert call.status == status
        assert len(fake.posts(channel)) == int(done)


async def test_a_busy_answer_is_429_with_via_and_seconds_and_nothing_is_done() -> None:
    plan = FaultPlan()
    async with FakeDiscord(plan=plan) as fake, raw(fake) as call:
        channel = fake.add_channel("cohort")
        plan.next_calls(POST, Fault(Kind.BUSY, 0.5))
        answer = await call("POST", f"/channels/{channel}/messages", {"content": "x"})
        assert (call.status, answer["retry_after"], answer["global"]) == (429, 0.5, False)
        assert call.headers["Via"]
        assert call.headers["Retry-After"] == "0.5"
        fake.rest.busy_with_via = False
        plan.next_calls(POST, Fault(Kind.BUSY))
        assert "1015" in await call("POST", f"/channels/{channel}/messages", {"content": "x"})
        assert "Via" not in call.headers
        assert fake.posts(channel) == ()


async def test_a_slow_call_is_answered_in_the_end() -> None:
    plan = FaultPlan()
    async with FakeDiscord(plan=plan) as fake, raw(fake) as call:
        channel = fake.add_channel("cohort")
        plan.next_calls(POST, Fault(Kind.SLOW, 0.05))
        started = asyncio.get_running_loop().time()
        assert await call.code("POST", f"/channels/{channel}/messages", {"content": "x"}) == 0
        assert asyncio.get_running_loop().time() - started >= 0.05


async def test_the_real_client_raises_on_what_is_unclear_and_waits_when_told_to() -> None:
    plan = FaultPlan()
    async with FakeDiscord(plan=plan) as fake:
        channel_id = fake.add_channel("cohort")
        async with connected(fake) as bot:
            channel = bot.get_channel(int(channel_id))
            plan.next_calls(POST, Fault(Kind.ACCEPT_THEN_DROP))
            with pytest.raises(aiohttp.ClientConnectionError):
                await channel.send("x", nonce="one")
            again = await channel.send("x", nonce="one")
            assert [each.message for each in fake.posts(channel_id)] == [f"{channel_id}/{again.id}"]
            plan.next_calls(POST, Fault(Kind.ERROR))
            with pytest.raises(discord.DiscordServerError):
                await channel.send("y")
            plan.next_calls(POST, Fault(Kind.BUSY, 0.02))
            await channel.send("z")
            assert len(fake.posts(channel_id)) == 2


async def test_headers_count_a_bucket_down_and_then_429_says_when() -> None:
    rates = Rates(routes={"POST /channels/{channel}/messages": (2, 0.5)})
    async with FakeDiscord(rates=rates) as fake, raw(fake) as call:
        path = f"/channels/{fake.add_channel('cohort')}/messages"
        elsewhere = f"/channels/{fake.add_channel('other')}/messages"
        await call("POST", path, {"content": "1"})
        assert (call.headers["X-RateLimit-Limit"], call.headers["X-RateLimit-Remaining"]) == ("2", "1")
        await call("POST", path, {"content": "2"})
        refused = await call("POST", path, {"content": "3"})
        assert (call.status, refused["global"], call.headers["X-RateLimit-Scope"]) == (429, False, "user")
        assert 0 < refused["retry_after"] <= 0.5
        assert await call.code("POST", elsewhere, {"content": "1"}) == 0
        await asyncio.sleep(refused["retry_after"])
        assert await call.code("POST", path, {"content": "3"}) == 0
        assert fake.throttled().total() == 1
        assert fake.refusals() == ()


async def test_the_real_client_keeps_a_buckets_limit() -> None:
    rates = Rates(routes={"POST /channels/{channel}/messages": (3, 0.1)})
    async with FakeDiscord(rates=rates) as fake:
        channel = fake.add_channel("cohort")
        async with connected(fake) as bot:
            for number in range(7):
                await bot.get_channel(int(channel)).send(f"{number}")
        assert len(fake.posts(channel)) == 7
        assert fake.throttled().total() == 0


async def test_more_than_the_overall_rate_is_a_global_429() -> None:
    async with FakeDiscord(rates=Rates(overall=3)) as fake, raw(fake) as call:
        for _ in range(3):
            assert await call.code("GET", "/users/@me") == 0
        refused = await call("GET", "/users/@me")
        assert (call.status, refused["global"]) == (429, True)
        assert call.headers["X-RateLimit-Global"] == "true"
        assert call.headers["Via"]

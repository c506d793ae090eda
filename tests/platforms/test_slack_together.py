"""Several processes with one token: together they keep Slack's pace and heed its Retry-After."""

import asyncio
import contextlib
import time

import pytest
from aiohttp import web
from slack_room import LESSON, serve
from slack_sharing import MemorySharing

from bot.chat.inbound import Person
from bot.chat.port import Mark, PlatformError, Reason
from bot.chat.post import Post, Words
from bot.clock import system_clock
from bot.fakes.slack import FakeSlack, PostRate
from bot.platforms.slack.client import SlackPlatform

KEY = "abcdefghijklmnopqrstuvwx"
PACE = 0.3
STRICT = PostRate(per_second=4, burst=1)  # one message in a quarter of a second and channel


@contextlib.asynccontextmanager
async def open_two(sharing, pace=0.0, rate=None):
    async with FakeSlack(rate=rate) as fake:
        made = [
            SlackPlatform(fake.bot_token, fake.app_token, api_url=fake.api_url, pace=pace, sharing=sharing)
            for _ in range(2)
        ]
        yield fake, *made
        for platform in made:
            await platform.close()


def post(platform, channel):
    return platform.post(channel, platform.render(LESSON, None)[0])


def look(platform, channel):
    return platform.find_posted(channel, {KEY}, system_clock())


async def failure(call):
    with pytest.raises(PlatformError) as caught:
        await call
    return caught.value


async def post_by_both(sharing):
    """Three messages by each of two processes into one channel, and one into another."""
    async with open_two(sharing, PACE, STRICT) as (fake, *both):
        here, there = fake.add_channel("a"), fake.add_channel("b")
        started = time.monotonic()
        calls = [post(platform, here) for platform in both for _ in range(3)]
        await asyncio.gather(*calls, post(both[0], there), return_exceptions=True)
        return fake, len(fake.posts(here)), len(fake.posts(there)), time.monotonic() - started


async def test_two_processes_keep_one_pace_in_a_channel():
    fake, here, there, seconds = await post_by_both(MemorySharing())
    assert fake.throttled == ()
    assert (here, there) == (6, 1)
    assert 5 * PACE <= seconds < 5 * PACE + 2


async def test_two_processes_that_share_nothing_come_too_fast():
    fake, here, _, _ = await post_by_both(None)
    assert fake.throttled != ()
    assert here < 6


async def test_private_messages_keep_the_pace_as_well():
    async with open_two(None, 0.2) as (fake, one, _):
        ada = fake.add_person("Ada")
        started = time.monotonic()
        await one.note(fake.workspace, Person(ada, "Ada"), None, Post("L", (Words("word " * 6_000),)))
        assert len(fake.notes(ada)) >= 3
        assert time.monotonic() - started >= 0.2 * (len(fake.notes(ada)) - 1)


async def test_a_retry_after_that_one_process_was_told_is_heeded_by_the_other():
    async with open_two(MemorySharing()) as (fake, one, other):
        channel = fake.add_channel("a")
        fake.throttle("conversations.history", 1)
        error = await failure(look(one, channel))
        assert (error.reason, error.retry_after) == (Reason.BUSY, 1.0)
        assert await look(other, channel) == {}
        assert await look(one, channel) == {}
        assert fake.hurried == ()


async def test_without_sharing_the_other_process_does_not_know():
    async with open_two(None) as (fake, one, other):
        channel = fake.add_channel("a")
        fake.throttle("conversations.history", 1)
        await failure(look(one, channel))
        assert await look(one, channel) == {}
        fake.throttle("conversations.history", 1)
        await failure(look(one, channel))
        await failure(look(other, channel))
        assert fake.hurried == ("conversations.history",)


@pytest.mark.parametrize("sharing", [None, MemorySharing()], ids=["alone", "shared"])
async def test_a_wait_longer_than_a_call_may_take_is_told_and_nothing_is_sent(sharing):
    async with open_two(sharing) as (fake, one, other):
        channel = fake.add_channel("a")
        await post(one, channel)
        fake.throttle("chat.postMessage", 60)
        await failure(post(one, channel))
        used = len(fake.calls)
        for platform in (one, *([other] if sharing else [])):
            error = await failure(post(platform, channel))
            assert error.reason is Reason.BUSY
            assert 58 < error.retry_after <= 60
        assert [name for name, _ in fake.calls[used:]] == (["auth.test"] if sharing else [])
        assert fake.hurried == ()
        assert await look(one, channel) == {}


async def test_a_retry_after_closes_its_own_method_in_its_own_workspace():
    sharing = MemorySharing()
    async with open_two(sharing) as (fake, one, _):
        channel = fake.add_channel("a")
        await post(one, channel)
        fake.throttle("chat.postMessage", 30)
        await failure(post(one, channel))
        assert sharing.closed == [(f"slack/{fake.workspace}/chat.postMessage", 30.0)]
        assert await look(one, channel) == {}


async def test_an_ordinary_call_asks_the_shared_record_once_in_a_while_only():
    sharing = MemorySharing()
    async with open_two(sharing) as (fake, one, _):
        channel, ada = fake.add_channel("a"), fake.add_person("Ada")
        thread = await post(one, channel)
        for number in range(20):
            await one.acknowledge(await fake.reply(ada, thread, str(number)), Mark.KEPT)
        assert sharing.asked[f"slack/{fake.workspace}/reactions.add"] == 1


async def test_a_channels_turn_that_is_too_far_off_is_left_to_others():
    sharing = MemorySharing()
    async with open_two(sharing, PACE) as (fake, one, _):
        channel = fake.add_channel("a")
        scope = f"slack/{fake.workspace}/{channel}"
        await sharing.close(scope, 100)
        for _ in range(3):
            error = await failure(post(one, channel))
            assert (error.reason, round(error.retry_after)) == (Reason.BUSY, 100)
        assert sharing.asked[scope] == 1
        assert fake.posts(channel) == ()


async def test_a_crowd_in_one_channel_wastes_no_turn_of_those_who_wait():
    async with open_two(None, 5.0) as (fake, one, _):
        channel = fake.add_channel("a")
        calls = [asyncio.create_task(post(one, channel)) for _ in range(30)]
        refused = [call for call in calls if (await asyncio.wait({call}, timeout=0.02))[0] and call.exception()]
        assert {call.exception().reason for call in refused} == {Reason.BUSY}
        assert len(refused) == 25  # five have a turn within 20 s: at 0, 5, 10, 15 and 20
        assert max(call.exception().retry_after for call in refused) <= 25
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)


@pytest.mark.parametrize(
    ("header", "retry_after"),
    [("0.5", 0.5), ("7", 7.0), ("-5", 0.0), ("1e9", 3_600.0), ("", None), ("soon", None), ("inf", None), ("nan", None)],
)
async def test_any_retry_after_is_read(header, retry_after):
    async def busy(request):
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": header})

    async with serve(busy) as server:
        platform = SlackPlatform("xoxb-1", "xapp-1", api_url=str(server.make_url("/")), pace=0)
        error = await failure(post(platform, "C1"))
        assert (error.reason, error.retry_after) == (Reason.BUSY, retry_after)
        await platform.close()

"""What is done to one message, and what Slack may say to it."""

import asyncio
import json
import time
from datetime import timedelta

import pytest
from aiohttp import web
from slack_room import LESSON, QUICK, KeepingEars, open_room, running, serve

from bot.chat.port import PlatformError, Reason
from bot.chat.post import Post, Text
from bot.clock import ShiftedClock, system_clock
from bot.engine.requests import HeardRequests, note_request
from bot.fakes.faults import Fault, FaultPlan, Kind
from bot.fakes.slack import FakeSlack
from bot.fakes.slack.http_events import sign
from bot.fakes.slack.pins import MOST
from bot.platforms.slack.client import SlackPlatform
from bot.platforms.slack.replays import Replays
from bot.store.tables import HeardRequest

KEY = "abcdefghijklmnopqrstuvwx"
OTHER = "xwvutsrqponmlkjihgfedcba"
LONG = Post("Long", tuple(Text(f"{number} " + "word " * 500) for number in range(12)))


@pytest.fixture
async def room():
    async with open_room(plan=FaultPlan()) as opened:
        yield opened


def said(room, thread):
    """The texts of our own messages under a message."""
    channel, _, ts = thread.partition("/")
    standing = room.fake.world.channels[channel].messages.values()
    return [each for each in standing if each.thread_ts == ts and each.user == room.fake.world.bot_user]


async def test_what_is_said_twice_with_one_key_stands_once(room):
    thread = await room.lesson()
    for _ in range(3):
        await room.platform.say(thread, LESSON, KEY)
    assert len(said(room, thread)) == 1
    await room.platform.say(thread, LESSON, OTHER)
    assert len(said(room, thread)) == 2


async def test_what_was_said_without_our_hearing_of_it_is_not_said_again(room):
    thread = await room.lesson()
    parts = len(room.platform.render(LONG, KEY))
    assert parts > 1
    room.fake.plan.next_calls("chat.postMessage", Fault(Kind.ACCEPT_THEN_DROP))
    with pytest.raises(PlatformError) as unclear:
        await room.platform.say(thread, LONG, KEY)
    assert unclear.value.reason is Reason.UNCLEAR
    await room.platform.say(thread, LONG, KEY)
    assert len(said(room, thread)) == parts


async def test_another_apps_message_with_our_key_is_not_ours(room):
    thread = await room.lesson()
    marker = room.platform.render(LESSON, KEY)[0]["metadata"]
    room.fake.post_as_other_bot(room.channel, "not ours", thread, metadata=marker)
    await room.platform.say(thread, LESSON, KEY)
    assert len(said(room, thread)) == 1


async def test_nothing_is_said_where_it_cannot_be_looked(room):
    thread = await room.lesson()
    room.fake.plan.next_calls("conversations.replies", Fault(Kind.BUSY, 30))
    with pytest.raises(PlatformError) as busy:
        await room.platform.say(thread, LESSON, KEY)
    assert busy.value.reason is Reason.BUSY
    assert said(room, thread) == []


async def test_an_edit_shows_and_keeps_the_marker(room):
    message = await room.lesson(KEY)
    for _ in range(2):
        await room.platform.edit(message, room.platform.render(Post("New", (Text("Read this."),)), KEY)[0])
    (post,) = room.fake.posts(room.channel)
    assert "Read this." in post.text
    assert await room.platform.find_posted(room.channel, {KEY}, system_clock() - timedelta(minutes=1))


async def test_what_cannot_be_edited_is_refused(room):
    body = room.platform.render(LESSON, KEY)[0]
    message = await room.lesson(KEY)
    room.fake.world.edit_window = 0.0
    others = room.fake.post_as_other_bot(room.channel, "not ours")
    for which in (message, others, f"{room.channel}/1.000001"):
        with pytest.raises(PlatformError) as refused:
            await room.platform.edit(which, body)
        assert refused.value.reason is Reason.REFUSED, which


async def test_pins_are_kept_and_taken_down_however_often(room):
    message = await room.lesson()
    pins = room.fake.world.channels[room.channel].pins
    for _ in range(2):
        await room.platform.pin(message)
    assert pins == [message.partition("/")[2]]
    for _ in range(2):
        await room.platform.unpin(message)
    assert pins == []
    await room.platform.remove(message)
    await room.platform.unpin(message)


async def test_a_pin_too_many_and_a_missing_scope_are_told_apart(room):
    message = await room.lesson()
    pins = room.fake.world.channels[room.channel].pins
    pins += [f"{number}.000001" for number in range(MOST)]
    with pytest.raises(PlatformError) as full:
        await room.platform.pin(message)
    assert full.value.reason is Reason.REFUSED
    room.fake.take_scope("pins:write")
    with pytest.raises(PlatformError) as missing:
        await room.platform.pin(message)
    assert missing.value.reason is Reason.MISSING_PERMISSION


async def test_a_signed_request_that_another_process_has_heard_is_not_done_again(database):
    async with FakeSlack(rate=None, timing=QUICK) as fake:
        made, ears = [], [KeepingEars(), KeepingEars()]
        for _ in ears:
            register = HeardRequests(database, system_clock, timedelta(minutes=11))
            platform = SlackPlatform(
                fake.bot_token, None, fake.signing_secret, fake.api_url, pace=0, replays=Replays(register)
            )
            made.append(platform)
        turns = iter(made * 4)

        async def hand_on(request: web.Request) -> web.StreamResponse:
            return await next(turns).handle(request)

        async with serve(hand_on) as balancer, running(made[0], ears[0]), running(made[1], ears[1]):
            fake.http_target = str(balancer.make_url("/slack/events"))
            fake.deafen()
            ada = fake.add_person("Ada")
            await fake.say(ada, fake.dm(ada), "to you")
            body, stamp = to_request(fake)
            again = {"X_Slack_Request_Timestamp": stamp, "X_Slack_Signature": sign(fake.signing_secret, stamp, body)}
            assert [await fake.send_http(body, **again) for _ in range(4)] == [200, 503, 200, 503]
            assert [len(each.heard) for each in ears] == [1, 0]


def to_request(fake):
    """The body and the stamp of a request that was never sent."""
    return json.dumps(fake.lost[-1]), str(int(time.time()) - 30)


async def test_requests_that_nobody_can_send_any_more_are_forgotten(database):
    clock = ShiftedClock()
    register = HeardRequests(database, clock, timedelta(minutes=11))
    assert await register.enter("v0=a")
    assert not await register.enter("v0=a")
    clock.advance_to(clock() + timedelta(minutes=12))
    await HeardRequests(database, clock, timedelta(minutes=11)).enter("v0=b")
    assert await database.run(lambda session: [each.signature for each in session.query(HeardRequest)]) == ["v0=b"]


async def test_one_of_many_at_once_is_the_first(database):
    firsts = await asyncio.gather(*(database.run(note_request, "v0=a", system_clock()) for _ in range(8)))
    assert sorted(firsts) == [False] * 7 + [True]

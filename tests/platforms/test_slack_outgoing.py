"""What goes out besides a post: copies found, messages removed, a channel probed, a process that only speaks, and what
becomes of a token that is refused."""

import asyncio

import aiohttp
import pytest
from slack_room import KeepingEars, open_room, running
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.inbound import Person
from bot.chat.port import BadToken, Copy, Mark, PlatformError, Reason, part_key
from bot.chat.post import Post, Text
from bot.clock import system_clock
from bot.fakes.faults import Fault, Kind
from bot.fakes.slack import FakeSlack
from bot.platforms.slack.client import SlackPlatform

KEY = "abcdefghijklmnopqrstuvwx"
READING = {"auth.test", "conversations.info", "conversations.history"}


@pytest.fixture
async def room():
    async with open_room() as opened:
        yield opened


@pytest.fixture
async def fake():
    async with FakeSlack(rate=None) as opened:
        yield opened


def speaker(fake, **more):
    return SlackPlatform(fake.bot_token, fake.app_token, api_url=fake.api_url, pace=0, **more)


async def failure(call):
    with pytest.raises(PlatformError) as caught:
        await call
    return caught.value


async def test_every_copy_is_found_oldest_first_with_its_replies(room):
    since = system_clock()
    first, second, third = [await room.lesson(KEY) for _ in range(3)]
    other = await room.lesson(part_key(KEY, 1))
    for number in range(2):
        await room.fake.reply(room.ada, second, str(number))
    found = await room.platform.find_posted(room.channel, {KEY, part_key(KEY, 1), part_key(KEY, 2)}, since)
    assert found == {KEY: (Copy(first), Copy(second, 2), Copy(third)), part_key(KEY, 1): (Copy(other),)}


async def test_a_removed_message_is_gone_and_removing_it_again_is_no_failure(room):
    since = system_clock()
    kept, extra = await room.lesson(KEY), await room.lesson(KEY)
    for _ in range(2):
        await room.platform.remove(extra)
    await room.platform.remove(f"{room.channel}/1.000001")
    assert [posted.message for posted in room.fake.posts(room.channel)] == [kept]
    assert await room.platform.find_posted(room.channel, {KEY}, since) == {KEY: (Copy(kept),)}
    assert room.fake.refusals() == ()


async def test_what_stands_under_a_removed_message_is_still_read(room):
    message = await room.lesson(KEY)
    reply = await room.fake.reply(room.ada, message, "mine")
    await room.platform.remove(message)
    await room.platform.remove(message)
    assert await room.platform.find_posted(room.channel, {KEY}, system_clock()) == {}
    assert [one.message for one in (await room.platform.read_thread(message)).replies] == [reply]


async def test_a_removal_whose_answer_is_lost_is_made_again(room):
    message = await room.lesson(KEY)
    room.fake.plan.next_calls("chat.delete", Fault(Kind.ACCEPT_THEN_DROP))
    await room.platform.remove(message)
    assert room.fake.posts(room.channel) == ()


async def test_somebody_elses_message_is_not_removed(room):
    theirs = await room.fake.say(room.ada, room.channel, "mine")
    assert (await failure(room.platform.remove(theirs))).reason is Reason.REFUSED
    assert (await failure(room.platform.remove("C404/1.000001"))).reason is Reason.CHANNEL_GONE


async def test_a_probe_reads_and_does_nothing_else(room):
    before = len(room.fake.calls)
    await room.platform.probe(room.channel)
    assert {name for name, _ in room.fake.calls[before:]} == READING
    assert room.fake.posts(room.channel) == ()


@pytest.mark.parametrize(
    ("spoil", "reason", "detail"),
    [
        (lambda room: room.fake.revoke_token(), Reason.TOKEN_REVOKED, "token_revoked"),
        (lambda room: room.fake.uninstall(), Reason.TOKEN_REVOKED, "account_inactive"),
        (lambda room: room.fake.archive_channel(room.channel), Reason.CHANNEL_GONE, "is_archived"),
        (lambda room: room.fake.remove_bot(room.channel), Reason.MISSING_PERMISSION, "not_in_channel"),
        (lambda room: room.fake.take_scope("chat:write"), Reason.MISSING_PERMISSION, "missing_scope chat:write"),
        (lambda room: room.fake.take_scope("channels:history"), Reason.MISSING_PERMISSION, "missing_scope"),
        (lambda room: room.fake.take_scope("channels:read"), Reason.MISSING_PERMISSION, "missing_scope"),
        (lambda room: room.fake.world.channels.clear(), Reason.CHANNEL_GONE, "channel_not_found"),
        (lambda room: room.fake.plan.next_calls("auth.test", Fault(Kind.ERROR)), Reason.UNCLEAR, "status 503"),
        (lambda room: room.fake.throttle("conversations.info", 30), Reason.BUSY, "ratelimited"),
    ],
)
async def test_a_probe_tells_what_is_in_the_way(room, spoil, reason, detail):
    spoil(room)
    error = await failure(room.platform.probe(room.channel))
    assert (error.reason, error.detail) == (reason, detail)


async def test_a_probe_asks_no_further_than_the_first_reason(room):
    room.fake.remove_bot(room.channel)
    before = len(room.fake.calls)
    await failure(room.platform.probe(room.channel))
    assert [name for name, _ in room.fake.calls[before:]] == ["auth.test", "conversations.info"]


async def test_a_private_channel_that_the_app_has_left_is_gone_for_it(room):
    private = room.fake.add_channel("quiet", private=True)
    await room.platform.probe(private)
    room.fake.remove_bot(private)
    assert (await failure(room.platform.probe(private))).reason is Reason.CHANNEL_GONE


async def test_who_only_speaks_posts_and_opens_neither_a_socket_nor_an_address(fake, unused_tcp_port):
    channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
    platforms = [
        speaker(fake),
        SlackPlatform(fake.bot_token, None, "secret", fake.api_url, "127.0.0.1", unused_tcp_port, pace=0),
    ]
    for platform in platforms:
        async with running(platform, None) as task:
            message = await platform.post(channel, platform.render(Post("T", (Text("x"),)), None)[0])
            await platform.note(fake.workspace, Person(ada, "Ada"), message, Post("N", (Text("y"),)))
            assert not task.done()
            async with aiohttp.ClientSession() as session:
                with pytest.raises(aiohttp.ClientConnectorError):
                    await session.get(f"http://127.0.0.1:{unused_tcp_port}/slack/events")
    assert (len(fake.posts(channel)), fake.notes(ada)) == (2, ("y", "y"))
    assert "apps.connections.open" not in {name for name, _ in fake.calls}


async def test_who_only_speaks_is_told_that_the_token_is_refused(fake):
    fake.revoke_token()
    with pytest.raises(BadToken, match=r"token_revoked.*SLACK_BOT_TOKEN|SLACK_BOT_TOKEN.*token_revoked"):
        await speaker(fake).speak(lambda: None)


async def test_who_only_speaks_waits_for_a_slack_that_cannot_be_reached(fake):
    fake.plan.next_calls("auth.test", Fault(Kind.ERROR), times=2)
    async with running(speaker(fake), None):
        assert fake.plan.injected == {"error": 2}


async def test_a_refused_token_is_not_used_again_until_somebody_probes(room):
    thread = await room.lesson(KEY)
    reply = await room.fake.reply(room.ada, thread, "mine")
    await room.fake.settle()
    room.fake.revoke_token()
    assert (await failure(room.lesson(KEY))).reason is Reason.TOKEN_REVOKED
    used = len(room.fake.calls)
    for call in (
        lambda: room.lesson(KEY),
        lambda: room.platform.find_posted(room.channel, {KEY}, system_clock()),
        lambda: room.platform.read_thread(thread),
        lambda: room.platform.remove(thread),
        lambda: room.platform.acknowledge(reply, Mark.KEPT),
        lambda: room.platform.note(room.fake.workspace, Person(room.ada, "Ada"), thread, Post("N", (Text("n"),))),
    ):
        error = await failure(call())
        assert (error.reason, error.detail) == (Reason.TOKEN_REVOKED, "token_revoked")
    assert len(room.fake.calls) == used
    assert (await failure(room.platform.probe(room.channel))).reason is Reason.TOKEN_REVOKED
    assert len(room.fake.calls) == used + 1
    room.fake.restore_token()
    assert (await failure(room.lesson(KEY))).reason is Reason.TOKEN_REVOKED
    await room.platform.probe(room.channel)
    await room.lesson(KEY)


async def test_posts_that_waited_for_their_turn_do_not_go_out_with_a_token_refused_meanwhile(fake):
    channel = fake.add_channel("cohort")
    platform = SlackPlatform(fake.bot_token, fake.app_token, api_url=fake.api_url, pace=0.5)
    (body,) = platform.render(Post("T", (Text("x"),)), None)
    fake.revoke_token()
    failed = await asyncio.gather(*(platform.post(channel, body) for _ in range(5)), return_exceptions=True)
    assert {error.reason for error in failed} == {Reason.TOKEN_REVOKED}
    assert len(fake.calls) == 1
    await platform.close()


@pytest.mark.parametrize("ears", [KeepingEars(), None], ids=["run", "speak"])
async def test_a_new_beginning_asks_again_whether_the_token_is_good(fake, ears):
    channel, platform = fake.add_channel("cohort"), speaker(fake)
    (body,) = platform.render(Post("T", (Text("x"),)), None)
    async with running(platform, ears):
        fake.revoke_token()
        await failure(platform.post(channel, body))
        fake.restore_token()
        await failure(platform.post(channel, body))
    async with running(platform, ears):
        await platform.post(channel, body)
    fake.revoke_token()
    with pytest.raises(BadToken):
        await platform.run(KeepingEars(), lambda: None)


async def test_a_refused_app_token_says_nothing_about_the_bot_token(fake):
    channel = fake.add_channel("cohort")
    platform = SlackPlatform(fake.bot_token, "xapp-wrong", api_url=fake.api_url, pace=0)
    with pytest.raises(BadToken, match="SLACK_APP_TOKEN"):
        await platform.run(KeepingEars(), lambda: None)
    await platform.post(channel, platform.render(Post("T", (Text("x"),)), None)[0])
    await platform.close()


@pytest.mark.parametrize(
    ("method", "where"),
    [("chat.postMessage", "channel"), ("chat.postEphemeral", "thread"), ("chat.postMessage", "direct message")],
)
async def test_whatever_posts_is_sent_once_when_its_answer_is_lost(room, method, where):
    thread = await room.lesson()
    used = [name for name, _ in room.fake.calls].count(method)
    room.fake.plan.next_calls(method, Fault(Kind.ACCEPT_THEN_DROP))
    place, note = thread if where == "thread" else None, Post("N", (Text("n"),))
    told = room.platform.note(room.fake.workspace, Person(room.ada, "Ada"), place, note)
    error = await failure(room.lesson(KEY) if where == "channel" else told)
    told.close()
    assert error.reason is Reason.UNCLEAR
    assert [name for name, _ in room.fake.calls].count(method) == used + 1


async def test_the_sdks_own_second_try_would_have_doubled_the_message(fake):
    channel = fake.add_channel("cohort")
    fake.plan.next_calls("chat.postMessage", Fault(Kind.ACCEPT_THEN_DROP))
    async with aiohttp.ClientSession() as session:
        usual = AsyncWebClient(fake.bot_token, base_url=fake.api_url, session=session)
        await usual.chat_postMessage(channel=channel, text="x")
    assert len(fake.posts(channel)) == 2

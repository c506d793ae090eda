"""What every platform promises (`bot.chat.port.Platform`), asked of each in the same words.

What needs somebody to act as a member, or to look at what members see, is marked `needs_stage` and asked of our own
fakes and of the rehearsal room; everything else of any server that speaks the protocol (see `conftest`).
"""

import asyncio
import itertools
import random
import string
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from contract_ground import Ground, Server, open_ground
from discord_stage import until
from reduced import reduced, squeezed

from bot.chat.inbound import Heard, Person, Reply, ReplyDeleted, ReplyEdited
from bot.chat.port import BadToken, Copy, Mark, PlatformError, Reason, part_key
from bot.chat.post import Button, Buttons, Heading, Post, Text
from bot.fakes.faults import Fault, Kind

needs_stage = pytest.mark.needs_stage
SENTENCES = [f"Sentence {number} of a lesson that needs several messages on every platform." for number in range(300)]
LONG = Post(
    "A long lesson",
    (Heading("A long lesson", 1), *(Text(" ".join(SENTENCES[at : at + 20])) for at in range(0, 300, 20))),
)
NOWHERE = {"discord": "1", "slack": "C0NOWHERE01", "simulator": "c4040"}
SOON = 15.0


@pytest.fixture
async def ground(server: Server) -> AsyncIterator[Ground]:
    async with open_ground(server) as opened:
        yield opened


# A post and its key


async def test_a_post_is_found_by_its_key_and_only_by_it(ground: Ground) -> None:
    key, other = new_key(), new_key()
    ref = await post(ground, key)
    assert await find(ground, key, other) == {key: (Copy(ref),)}


async def test_a_key_that_was_never_sent_is_not_found(ground: Ground) -> None:
    assert await find(ground, new_key()) == {}


async def test_a_post_that_is_sent_twice_stands_once_or_both_copies_are_found_oldest_first(ground: Ground) -> None:
    key = new_key()
    first, second = await post(ground, key), await post(ground, key)
    found = (await find(ground, key))[key]
    assert [each.message for each in found] == list(dict.fromkeys([first, second]))
    assert ground.name != "discord" or first == second, "Discord knows a nonce again"


async def test_every_part_of_a_long_post_is_found_by_its_own_key(ground: Ground) -> None:
    key = new_key()
    bodies = ground.platform.render(LONG, key)
    refs = [await ground.platform.post(ground.channel, body) for body in bodies]
    parts = [part_key(key, number) for number in range(len(bodies))]
    assert len(bodies) > 2
    assert await find(ground, *parts) == {part: (Copy(ref),) for part, ref in zip(parts, refs, strict=True)}


async def test_the_parts_of_a_long_post_say_all_of_it_in_order(ground: Ground) -> None:
    said = reduced(ground.name, ground.platform.render(LONG, None), LONG.title).text
    assert squeezed(said) == squeezed(LONG.title + " ".join(SENTENCES))


@needs_stage
async def test_what_members_read_of_a_long_post_is_all_of_it_in_order(ground: Ground) -> None:
    for body in ground.platform.render(LONG, new_key()):
        await ground.platform.post(ground.channel, body)
    read = squeezed(" ".join(each.text for each in ground.stage.posts(ground.channel)))
    ends = [read.find(squeezed(sentence)) for sentence in SENTENCES]
    assert -1 not in ends
    assert ends == sorted(ends)
    assert ground.stage.refusals() == ()


# A message that stands


async def test_a_message_that_is_changed_is_still_found(ground: Ground) -> None:
    key = new_key()
    ref = await post(ground, key)
    (body,) = ground.platform.render(lesson("It says something else."), key)
    await ground.platform.edit(ref, body)
    await ground.platform.edit(ref, body)
    assert [each.message for each in (await find(ground, key))[key]] == [ref]


@needs_stage
async def test_a_message_that_is_changed_says_the_new_thing(ground: Ground) -> None:
    key = new_key()
    ref = await post(ground, key)
    await ground.platform.edit(ref, ground.platform.render(lesson("It says something else."), key)[0])
    (standing,) = ground.stage.posts(ground.channel)
    assert "something else" in standing.text
    assert "Read it" not in standing.text


async def test_a_message_that_is_gone_cannot_be_changed(ground: Ground) -> None:
    ref = await post(ground, new_key())
    await ground.platform.remove(ref)
    with pytest.raises(PlatformError) as caught:
        await ground.platform.edit(ref, ground.platform.render(lesson("Late."), None)[0])
    assert caught.value.permanent


async def test_a_message_is_removed_once_or_twice_alike(ground: Ground) -> None:
    key = new_key()
    ref = await post(ground, key)
    await ground.platform.remove(ref)
    await ground.platform.remove(ref)
    assert await find(ground, key) == {}


async def test_a_pin_is_set_and_taken_down_once_or_twice_alike(ground: Ground) -> None:
    ref = await post(ground, new_key())
    for act in (ground.platform.pin, ground.platform.pin, ground.platform.unpin, ground.platform.unpin):
        await act(ref)
    await ground.platform.remove(ref)
    await ground.platform.unpin(ref)


# Threads


async def test_a_thread_that_is_opened_twice_is_one_thread(ground: Ground) -> None:
    ref = await post(ground, new_key())
    assert await ground.platform.open_thread(ref, "Prompt") == await ground.platform.open_thread(ref, "Prompt")


async def test_what_we_say_in_a_thread_is_no_reply(ground: Ground) -> None:
    thread, once = await open_thread(ground), new_key()
    await ground.platform.say(thread, lesson("Thank you."), once)
    await ground.platform.say(thread, lesson("Thank you."), once)
    reading = await ground.platform.read_thread(thread)
    assert (reading.replies, reading.complete) == ((), True)
    assert ground.ears.heard == []


@needs_stage
async def test_a_thread_is_read_whole_and_in_order(ground: Ground) -> None:
    thread = await open_thread(ground)
    for number in range(230):
        await ground.stage.reply((ground.ada, ground.ben)[number % 2], thread, f"reply {number}")
    reading = await ground.platform.read_thread(thread)
    assert reading.complete
    assert [reply.text for reply in reading.replies] == [f"reply {number}" for number in range(230)]
    assert [reply.author.ref for reply in reading.replies[:2]] == [ground.ada, ground.ben]


@needs_stage
async def test_a_thread_under_a_message_is_counted(ground: Ground) -> None:
    key = new_key()
    ref = await post(ground, key)
    await ground.stage.reply(ground.ada, await ground.platform.open_thread(ref, "Prompt"), "one")
    assert (await find(ground, key))[key] == (Copy(ref, 1),)


# What is heard


@needs_stage
async def test_a_reply_is_heard_as_it_was_written(ground: Ground) -> None:
    thread = await open_thread(ground)
    text = "An *answer* with <@everyone> & `marks`\nin two lines 😀"
    message = await ground.stage.reply(ground.ada, thread, text)
    await until(lambda: ground.ears.heard, SOON)
    (reply,) = ground.ears.heard
    assert (reply.text, reply.thread, reply.message, reply.author.ref) == (text, thread, message, ground.ada)
    (read,) = (await ground.platform.read_thread(thread)).replies
    assert replace(read, author=reply.author) == reply
    assert read.author.ref == reply.author.ref


@needs_stage
async def test_edits_and_deletions_in_any_order_and_number_end_in_what_stands(ground: Ground) -> None:
    thread = await open_thread(ground)
    kept = await ground.stage.reply(ground.ada, thread, "first")
    gone = await ground.stage.reply(ground.ben, thread, "a mistake")
    await ground.stage.edit(ground.ada, kept, "second")
    await ground.stage.edit(ground.ada, kept, "third")
    await ground.stage.delete(ground.ben, gone)
    await until(lambda: standing(ground.ears.heard) == {kept: "third"}, SOON)
    heard = list(ground.ears.heard)
    for order in itertools.islice(itertools.permutations(heard), 720):
        assert standing(order) == standing([*order, *order[:3]]) == {kept: "third"}
    read = (await ground.platform.read_thread(thread)).replies
    assert {each.message: each.text for each in read} == {kept: "third"} == dict(ground.stage.replies(thread))


@needs_stage
async def test_an_event_that_is_not_kept_is_told_again_or_can_be_read(ground: Ground) -> None:
    thread = await open_thread(ground)
    ground.ears.fails = True
    message = await ground.stage.reply(ground.ada, thread, "kept after all")
    await asyncio.sleep(0)
    ground.ears.fails = False
    read = (await ground.platform.read_thread(thread)).replies
    assert [each.message for each in read] == [message]


@needs_stage
async def test_a_reaction_is_given_once_however_often(ground: Ground) -> None:
    message = await ground.stage.reply(ground.ada, await open_thread(ground), "an answer")
    await ground.platform.acknowledge(message, Mark.KEPT)
    once = ground.stage.reactions(message)
    await ground.platform.acknowledge(message, Mark.KEPT)
    assert len(once) == 1
    assert ground.stage.reactions(message) == once


# What is private


@needs_stage
async def test_a_note_is_seen_by_one_member_alone(ground: Ground) -> None:
    thread = await open_thread(ground)
    await ground.stage.reply(ground.ada, thread, "an answer")
    before = ground.stage.posts(ground.channel)
    assert await ground.platform.note(
        ground.stage.workspace, Person(ground.ada, "Ada"), thread, lesson("For you alone.")
    )
    assert ["For you alone." in note for note in ground.stage.notes(ground.ada)] == [True]
    assert ground.stage.notes(ground.ben) == ()
    assert ground.stage.posts(ground.channel) == before
    assert [each.text for each in (await ground.platform.read_thread(thread)).replies] == ["an answer"]


@needs_stage
async def test_an_answer_is_seen_by_who_asked_alone(ground: Ground) -> None:
    ground.ears.says = lesson("For you alone.")
    shown = await ground.stage.command(ground.ada, ground.channel, "today")
    assert shown.private
    assert "For you alone." in shown.text
    assert ground.stage.posts(ground.channel) == ()
    assert ground.stage.notes(ground.ben) == ()


@needs_stage
async def test_a_button_says_what_it_was_given(ground: Ground) -> None:
    (body,) = ground.platform.render(Post("t", (Text("x"), Buttons((Button("Go on", "lesson:32"),)))), new_key())
    await ground.stage.press(ground.ada, await ground.platform.post(ground.channel, body), "Go on")
    (command,) = ground.ears.commands
    assert (command.name, dict(command.options), command.person.ref) == ("lesson", {"day": "32"}, ground.ada)


# What goes wrong


async def test_the_channel_can_be_posted_in(ground: Ground) -> None:
    await ground.platform.probe(ground.channel)


async def test_a_channel_that_is_not_there_is_told_for_good(ground: Ground) -> None:
    (body,) = ground.platform.render(lesson(), new_key())
    for call in (ground.platform.post(NOWHERE[ground.name], body), ground.platform.probe(NOWHERE[ground.name])):
        with pytest.raises(PlatformError) as caught:
            await call
        assert caught.value.reason in (Reason.CHANNEL_GONE, Reason.MISSING_PERMISSION)
        assert caught.value.permanent


async def test_a_history_that_cannot_be_read_is_not_taken_for_an_empty_one(ground: Ground) -> None:
    with pytest.raises(PlatformError):
        await ground.platform.find_posted(NOWHERE[ground.name], [new_key()], before())


async def test_a_body_that_is_refused_is_refused_for_good(ground: Ground) -> None:
    body: dict[str, Any] = {
        "discord": {"content": "x" * 9_000},
        "slack": {"blocks": [{"type": "none"}], "text": "x"},
    }.get(ground.name, {"key": None, "title": "", "part": 1, "parts": 1, "accent": None, "blocks": []})
    with pytest.raises(PlatformError) as caught:
        await ground.platform.post(ground.channel, body)
    assert (caught.value.reason, caught.value.permanent) == (Reason.REFUSED, True)


async def test_a_wrong_token_is_told_at_once(ground: Ground) -> None:
    if ground.impostor is None:
        pytest.skip("the rehearsal room lets everybody in")
    with pytest.raises(BadToken):
        await asyncio.wait_for(ground.impostor.run(ground.ears, lambda: None), SOON)


@needs_stage
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(Kind.BUSY, 30.0), Reason.BUSY),
        (Fault(Kind.ERROR), Reason.UNCLEAR),
        (Fault(Kind.ACCEPT_THEN_ERROR), Reason.UNCLEAR),
        (Fault(Kind.ACCEPT_THEN_DROP), Reason.UNCLEAR),
    ],
    ids=["busy", "error", "done and an error", "done and dropped"],
)
async def test_what_may_pass_is_told_as_passing(ground: Ground, fault: Fault, reason: Reason) -> None:
    if ground.plan is None:
        pytest.skip("nothing lies between us and the rehearsal room")
    (body,) = ground.platform.render(lesson(), new_key())
    body = {name: value for name, value in body.items() if name not in ("nonce", "enforce_nonce")}  # sent once
    ground.plan.next_calls("POST /channels/*/messages", fault, 50)
    ground.plan.next_calls("chat.postMessage", fault, 50)
    with pytest.raises(PlatformError) as caught:
        await ground.platform.post(ground.channel, body)
    assert (caught.value.reason, caught.value.permanent) == (reason, False)
    assert reason is not Reason.BUSY or 0 < (caught.value.retry_after or 0) <= 31


def new_key() -> str:
    """24 characters that nobody has used: a foreign server may remember earlier runs."""
    return "".join(random.choices(string.ascii_lowercase + "234567", k=24))


def lesson(says: str = "Read it.") -> Post:
    return Post("Day 32", (Text(says),))


def before() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=5)


async def post(ground: Ground, key: str) -> str:
    (body,) = ground.platform.render(lesson(), key)
    return await ground.platform.post(ground.channel, body)


async def find(ground: Ground, *keys: str) -> dict[str, tuple[Copy, ...]]:
    return dict(await ground.platform.find_posted(ground.channel, keys, before()))


async def open_thread(ground: Ground) -> str:
    return await ground.platform.open_thread(await post(ground, new_key()), "Prompt")


def standing(heard: Iterable[Heard]) -> dict[str, str]:
    """What stands after these events, whatever their order: the highest revision counts, and a deletion always does."""
    newest: dict[str, Reply] = {}
    gone = set()
    for event in heard:
        match event:
            case ReplyDeleted():
                gone.add(event.message)
            case ReplyEdited(reply) | (Reply() as reply):
                if reply.message not in newest or reply.revision >= newest[reply.message].revision:
                    newest[reply.message] = reply
    return {message: reply.text for message, reply in newest.items() if message not in gone}

"""The room as a platform: strict, complete, and never losing what somebody wrote."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from simulator_room import KEY, NOON, PROMPT, PlainEars, listening, open_prompt, until_told

from bot.chat.inbound import Reply, ReplyDeleted, ReplyEdited
from bot.chat.port import Capability, Copy, Mark, Platform, PlatformError, Reason, Seat
from bot.chat.post import Post, Text
from bot.clock import ShiftedClock
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room
from bot.platforms.simulator.terms import Refused, Unanswered


def as_port(platform: SimulatorPlatform) -> Platform:
    return platform


async def test_it_is_a_platform_with_every_capability() -> None:
    platform = as_port(SimulatorPlatform(Room()))
    assert (platform.name, platform.capabilities) == ("simulator", frozenset(Capability))


async def test_replies_edits_and_deletes_reach_the_bot_in_order_and_to_the_letter() -> None:
    room, ears = Room(), PlainEars()
    channel, ada = room.add_channel("spring"), room.add_person("Ada")
    async with listening(room, ears) as platform:
        _, thread = await open_prompt(room, platform, channel)
        said = "\x00 <@everyone> '; DROP TABLE messages; \ud800 שלום"
        message = await room.reply(ada, thread, said)
        await room.edit(ada, message, "better")
        await room.edit(ada, message, "best")
        await room.delete(ada, message)
        await until_told(room)
    first, second, third, gone = ears.heard
    assert isinstance(first, Reply)
    assert (first.thread, first.message, first.author.name, first.text, first.revision) == (
        thread,
        message,
        "Ada",
        said,
        0,
    )
    assert isinstance(second, ReplyEdited)
    assert isinstance(third, ReplyEdited)
    assert [second.reply.text, third.reply.text] == ["better", "best"]
    assert 0 < second.reply.revision < third.reply.revision
    assert gone == ReplyDeleted("simulator", "rehearsal", thread, message, gone.at)
    assert room.replies(thread) == {}


async def test_an_event_that_the_bot_did_not_keep_is_told_again_and_holds_up_nobody() -> None:
    room, ears = Room(), PlainEars()
    channel, ada = room.add_channel("spring"), room.add_person("Ada")
    async with listening(room, ears) as platform:
        _, thread = await open_prompt(room, platform, channel)
        ears.deaf = 2
        for text in ("one", "two", "three"):
            await room.reply(ada, thread, text)
        await until_told(room)
    assert sorted(heard.text for heard in ears.heard if isinstance(heard, Reply)) == ["one", "three", "two"]


async def test_an_event_written_while_nobody_listened_survives_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "room.db")
    room = Room(path=path)
    channel, ada = room.add_channel("spring"), room.add_person("Ada", manages=True)
    _, thread = await open_prompt(room, SimulatorPlatform(room), channel)
    await room.reply(ada, thread, "kept?")
    room.close()
    again, ears = Room(path=path), PlainEars()
    assert (again.roster.find_channel("spring"), again.roster.find_person("Ada")) == (channel, ada)
    async with listening(again, ears) as platform:
        await until_told(again)
        found = await platform.find_posted(channel, [KEY, "other"], datetime(2020, 1, 1, tzinfo=UTC))
    assert [heard.text for heard in ears.heard if isinstance(heard, Reply)] == ["kept?"]
    assert list(found) == [KEY]
    assert again.replies(thread)
    again.close()


async def test_what_is_said_in_the_channel_or_by_the_bot_is_no_reply() -> None:
    room, ears = Room(), PlainEars()
    channel, ada = room.add_channel("spring"), room.add_person("Ada")
    async with listening(room, ears) as platform:
        await open_prompt(room, platform, channel)
        await room.edit(ada, room.say(ada, channel, "just chatting"), "still chatting")
        await until_told(room)
    assert [type(heard) for heard in ears.heard] == [ReplyEdited]  # it may have been counted as an answer


async def test_find_posted_finds_only_marked_messages_of_this_channel_since_then() -> None:
    clock = ShiftedClock(NOON)
    room = Room(clock)
    platform = SimulatorPlatform(room)
    spring, autumn = room.add_channel("spring"), room.add_channel("autumn")
    old = await platform.post(spring, platform.render(PROMPT, KEY)[0])
    clock.advance_to(NOON + timedelta(hours=1))
    new = await platform.post(spring, platform.render(PROMPT, KEY[::-1])[0])
    assert await platform.find_posted(spring, [KEY, KEY[::-1]], NOON - timedelta(minutes=1)) == {
        KEY: (Copy(old),),
        KEY[::-1]: (Copy(new),),
    }
    later = NOON + timedelta(minutes=30)
    assert await platform.find_posted(spring, [KEY, KEY[::-1]], later) == {KEY[::-1]: (Copy(new),)}
    assert await platform.find_posted(autumn, [KEY], NOON) == {}
    with pytest.raises(PlatformError) as refusal:
        await platform.find_posted("c9", [KEY], NOON)
    assert refusal.value.reason is Reason.CHANNEL_GONE


async def test_every_copy_is_found_oldest_first_with_its_replies() -> None:
    room = Room()
    platform = SimulatorPlatform(room)
    channel, ada = room.add_channel("spring"), room.add_person("Ada")
    first, _ = await open_prompt(room, platform, channel)
    second, thread = await open_prompt(room, platform, channel)
    await room.reply(ada, thread, "one")
    await room.delete(ada, await room.reply(ada, thread, "two"))
    found = await platform.find_posted(channel, [KEY], datetime(2020, 1, 1, tzinfo=UTC))
    assert found == {KEY: (Copy(first), Copy(second, 1))}


async def test_a_removed_message_is_gone_and_removing_it_again_is_no_failure() -> None:
    room = Room()
    platform = SimulatorPlatform(room)
    channel, ada = room.add_channel("spring"), room.add_person("Ada")
    kept, extra = [(await open_prompt(room, platform, channel))[0] for _ in range(2)]
    for ref in (extra, extra, "c1/99", "nowhere"):
        await platform.remove(ref)
    assert [posted.message for posted in room.posts(channel)] == [kept]
    theirs = room.say(ada, channel, "mine")
    with pytest.raises(PlatformError) as refusal:
        await platform.remove(theirs)
    assert refusal.value.reason is Reason.REFUSED
    assert room.refusals() == ("remove: not_the_bots",)


async def test_replies_under_a_removed_message_stay_and_are_still_read_and_heard() -> None:
    room, ears = Room(), PlainEars()
    channel, ada = room.add_channel("spring"), room.add_person("Ada")
    async with listening(room, ears) as platform:
        message, thread = await open_prompt(room, platform, channel)
        await room.reply(ada, thread, "before")
        await platform.remove(message)
        await platform.remove(message)
        await room.reply(ada, thread, "after")
        await until_told(room)
        assert [reply.text for reply in (await platform.read_thread(thread)).replies] == ["before", "after"]
        assert await platform.find_posted(channel, [KEY], datetime(2020, 1, 1, tzinfo=UTC)) == {}
        with pytest.raises(Refused, match="no button"):
            await room.press(ada, message, "Write my answer")
        with pytest.raises(PlatformError):
            await platform.open_thread(message, "again")
    assert room.posts(channel) == ()
    assert len(ears.heard) == 2


async def test_a_probe_tells_of_a_channel_that_is_not_there() -> None:
    room = Room()
    platform = SimulatorPlatform(room)
    await platform.probe(room.add_channel("spring"))
    with pytest.raises(PlatformError) as refusal:
        await platform.probe("c9")
    assert refusal.value.reason is Reason.CHANNEL_GONE
    assert room.messages("c1") == ()


async def test_who_only_speaks_posts_and_hears_nothing_until_somebody_listens() -> None:
    room, ears, ready = Room(), PlainEars(), asyncio.Event()
    channel, ada = room.add_channel("spring"), room.add_person("Ada")
    platform = SimulatorPlatform(room)
    task = asyncio.create_task(platform.speak(ready.set))
    await asyncio.wait_for(ready.wait(), 1)
    _, thread = await open_prompt(room, platform, channel)
    await room.reply(ada, thread, "kept for later")
    with pytest.raises(Unanswered):
        await room.command(ada, channel, "today")
    assert (len(room.waiting()), task.done()) == (1, False)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with listening(room, ears):
        await until_told(room)
    assert len(ears.heard) == 1


async def test_a_thread_is_opened_once_and_reads_as_it_stands_now() -> None:
    room = Room()
    platform = SimulatorPlatform(room)
    channel, ada, bela = room.add_channel("spring"), room.add_person("Ada"), room.add_person("Bela")
    message, thread = await open_prompt(room, platform, channel)
    assert await platform.open_thread(message, "again") == thread
    kept, gone = await room.reply(ada, thread, "one"), await room.reply(bela, thread, "two")
    await room.edit(ada, kept, "one, better")
    await room.delete(bela, gone)
    reading = await platform.read_thread(thread)
    assert reading.complete
    assert [(reply.message, reply.text, reply.revision > 0) for reply in reading.replies] == [
        (kept, "one, better", True)
    ]


async def test_a_receipt_is_the_same_twice_and_a_note_is_seen_by_one_person_alone() -> None:
    room = Room()
    platform = SimulatorPlatform(room)
    channel, ada, bela = room.add_channel("spring"), room.add_person("Ada"), room.add_person("Bela")
    _, thread = await open_prompt(room, platform, channel)
    reply = await room.reply(ada, thread, "one")
    await platform.acknowledge(reply, Mark.KEPT)
    await platform.acknowledge(reply, Mark.KEPT)
    await platform.acknowledge(reply, Mark.COMPLETE)
    await platform.note("rehearsal", room.roster.people()[ada], thread, Post("Kept", (Text("Still open: two."),)))
    assert room.reactions(reply) == {"✅", "🎉"}
    assert (room.notes(ada), room.notes(bela)) == (("Still open: two.",), ())


async def test_commands_buttons_forms_and_suggestions_go_round() -> None:
    room = Room()
    channel, ada = room.add_channel("spring"), room.add_person("Ada")
    async with listening(room, PlainEars()) as platform:
        message, _ = await open_prompt(room, platform, channel)
        shown = await room.command(ada, channel, "concept", {"name": "  sleeper ", "empty": " "})
        assert shown.text == f"concept name=sleeper by Ada in {channel}"
        form = (await room.press(ada, message, "Write my answer")).form
        assert form
        assert (form.title, form.text, form.fields) == ("Your answer", "Why?", {"answer": "draft"})
        assert (await room.submit(ada, form, {"answer": ""})).errors == {"answer": "Write something first."}
        assert (await room.submit(ada, form, {"answer": "because"})).text == "because"
        assert await room.suggest(ada, channel, "concept", "name", "sle") == (("name sle", "value"),)
        assert room.notes(ada) == ()
        with pytest.raises(Refused, match="no button"):
            await room.press(ada, message, "Nothing")
        with pytest.raises(Unanswered, match="Try again"):
            await room.command(ada, channel, "boom")
    assert room.refusals() == ()


async def test_nobody_answers_while_the_bot_does_not_listen() -> None:
    room = Room()
    channel, ada = room.add_channel("spring"), room.add_person("Ada")
    with pytest.raises(Unanswered, match="not listening"):
        await room.command(ada, channel, "today")


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        (Reason.CHANNEL_GONE, {"channel": "c9"}),
        (Reason.REFUSED, {"text": "x" * 4_001}),
        (Reason.REFUSED, {"label": "x" * 76}),
        (Reason.REFUSED, {"action": "x" * 61}),
        (Reason.REFUSED, {"count": 6}),
    ],
)
async def test_what_a_real_platform_would_refuse_of_the_bot_is_refused_and_told(
    reason: Reason, change: dict[str, str | int]
) -> None:
    room = Room()
    room.add_channel("spring")
    button = {"label": change.get("label", "Press"), "action": change.get("action", "today"), "style": "primary"}
    row = {"type": "buttons", "buttons": [button] * int(change.get("count", 1))}
    body = {"key": KEY, "title": "T", "blocks": [{"type": "small", "text": change.get("text", "x")}, row]}
    with pytest.raises(PlatformError) as refusal:
        await SimulatorPlatform(room).post(str(change.get("channel", "c1")), body)
    assert refusal.value.reason is reason
    assert len(room.refusals()) == 1


async def test_what_a_real_platform_would_refuse_of_a_person_is_refused() -> None:
    room = Room()
    channel, ada, bela = room.add_channel("spring"), room.add_person("Ada"), room.add_person("Bela")
    message, thread = await open_prompt(room, SimulatorPlatform(room), channel)
    mine = await room.reply(ada, thread, "mine")
    for refused in (
        room.reply(ada, thread, "x" * 4_001),
        room.reply(ada, thread, " \n"),
        room.reply(ada, "t99", "where?"),
        room.reply("p99", thread, "who?"),
        room.edit(bela, mine, "not hers"),
        room.delete(bela, mine),
        room.delete(ada, message),
        room.delete(ada, "t1/99"),
    ):
        with pytest.raises(Refused):
            await refused
    assert room.replies(thread) == {mine: "mine"}


async def test_doctor_hears_of_an_unknown_channel_with_its_cure() -> None:
    room = Room()
    channel = room.add_channel("spring")
    well, ill = await SimulatorPlatform(room).examine([Seat(channel), Seat("c9")])
    assert well.well
    assert not ill.well
    assert "spring" in ill.cure


async def test_a_page_that_falls_behind_is_told_to_reload() -> None:
    room = Room()
    channel, ada = room.add_channel("spring"), room.add_person("Ada")
    with room.watchers.watching() as changes:
        for number in range(1_001):
            room.say(ada, channel, f"{number}")
        assert changes.get_nowait().kind == "reload"

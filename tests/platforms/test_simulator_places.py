"""What a room has besides channels and threads: pins, edits, direct conversations, menus and pages of one's own."""

from datetime import UTC, datetime

import pytest
from simulator_room import KEY, PROMPT, PlainEars, listening, open_prompt, until_told

from bot.chat.inbound import Command, Reply, ReplyDeleted, ReplyEdited
from bot.chat.port import PlatformError, Reason
from bot.chat.post import Button, Buttons, Finder, Form, Post, Small, Text
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room
from bot.platforms.simulator.terms import Refused


class AboutEars(PlainEars):
    """Remembers what it was asked about."""

    about: Reply

    async def answer(self, command: Command) -> Post | Form:
        assert command.about
        self.about = command.about
        return Post("Counted", (Text("Counted."),))


class HomeEars(PlainEars):
    """Fills everybody's page."""

    asked: Command

    async def answer(self, command: Command) -> Post | Form:
        self.asked = command
        row = Buttons((Button("Read", "lesson:31"), Button("For facilitators", "home:facilitator")))
        return Post("Home", (Small(f"For {command.person.name}"), Finder("Look up a concept", "concept"), row))


async def test_an_edited_message_says_something_else_and_is_still_found_by_its_key() -> None:
    room = Room()
    platform = SimulatorPlatform(room)
    channel, ada = room.add_channel("spring"), room.add_person("Ada")
    message, thread = await open_prompt(room, platform, channel)
    said = await room.reply(ada, thread, "mine")
    better = platform.render(Post("Prompt 1", (Text("Why so?"),)), KEY)[0]
    for _ in range(2):
        await platform.edit(message, better)
    (posted,) = room.posts(channel)
    assert (posted.message, posted.text, posted.thread) == (message, "Why so?", thread)
    revision = room.find_message(message)
    await platform.edit(message, better)
    assert room.find_message(message) == revision, "what says it already is not written again"
    assert KEY in await platform.find_posted(channel, [KEY], datetime(2020, 1, 1, tzinfo=UTC))
    for nobodys in (said, "c1/99", "nowhere"):
        with pytest.raises(PlatformError) as refusal:
            await platform.edit(nobodys, better)
        assert refusal.value.reason is Reason.REFUSED


async def test_what_is_said_in_a_thread_is_said_once_and_is_no_reply() -> None:
    room, ears = Room(), PlainEars()
    channel, ada = room.add_channel("spring"), room.add_person("Ada")
    async with listening(room, ears) as platform:
        message, thread = await open_prompt(room, platform, channel)
        await room.reply(ada, thread, "mine")
        long = Post("Told", (Text("A sentence of it. " * 400),))
        for _ in range(2):
            await platform.say(thread, long, KEY[::-1])
        await until_told(room)
        reading = await platform.read_thread(thread)
        with pytest.raises(PlatformError):
            await platform.say("t99", long, KEY)
    said = [each for each in room.messages(thread) if each.author is None]
    assert len(said) == len(platform.render(long, None)) > 1
    assert [reply.text for reply in reading.replies] == ["mine"] == list(room.replies(thread).values())
    assert (len(ears.heard), len(room.posts(channel))) == (1, 1)
    assert platform.place_after(channel, message) == channel


async def test_pins_stand_at_the_top_of_their_channel_until_they_or_their_message_go() -> None:
    room = Room()
    platform = SimulatorPlatform(room)
    channel, other, ada = room.add_channel("spring"), room.add_channel("autumn"), room.add_person("Ada")
    first, second = [(await open_prompt(room, platform, channel))[0] for _ in range(2)]
    for message in (second, first, first):
        await platform.pin(message)
    assert [pinned.ref for pinned in room.pins(channel)] == [first, second]
    assert room.pins(other) == ()
    for gone in (second, second, "c1/99"):
        await platform.unpin(gone)
    answered, thread = await open_prompt(room, platform, channel)
    await room.reply(ada, thread, "mine")
    await platform.pin(answered)
    for removed in (first, answered):
        await platform.remove(removed)
    assert room.pins(channel) == ()
    with pytest.raises(PlatformError):
        await platform.pin(first)
    with pytest.raises(PlatformError):
        await platform.pin(room.say(ada, channel, "mine"))


async def test_a_channel_takes_so_many_pins_and_no_more() -> None:
    room = Room()
    platform = SimulatorPlatform(room)
    channel = room.add_channel("spring")
    messages = [await platform.post(channel, platform.render(PROMPT, None)[0]) for _ in range(51)]
    for message in messages[:50]:
        await platform.pin(message)
    await platform.pin(messages[0])
    with pytest.raises(PlatformError) as refusal:
        await platform.pin(messages[50])
    assert refusal.value.reason is Reason.REFUSED
    assert "too_many_pins" in room.refusals()[-1]


async def test_what_is_said_directly_is_heard_without_a_thread_and_stays_between_the_two() -> None:
    room, ears = Room(), PlainEars()
    room.add_channel("spring")
    ada, ben = room.add_person("Ada"), room.add_person("Ben")
    async with listening(room, ears) as platform:
        message = room.say(ada, room.dm(ada), "my answer")
        await room.edit(ada, message, "my better answer")
        shown = await room.command(ada, room.dm(ada), "today")
        for where in (None, message):
            assert await platform.note("rehearsal", room.roster.people()[ada], where, Post("Kept", (Text("Kept."),)))
        await room.delete(ada, message)
        await until_told(room)
    first, edited, gone = ears.heard
    assert isinstance(first, Reply)
    assert isinstance(edited, ReplyEdited)
    assert isinstance(gone, ReplyDeleted)
    assert (first.thread, edited.reply.thread, gone.thread) == (None, None, None)
    assert (first.message, edited.reply.text) == (message, "my better answer")
    assert shown.text == "today  by Ada in None"
    assert {whisper.place for whisper in room.whispers(ada)} == {room.dm(ada)}
    for forbidden in (room.dm(ada), "h1", "d9", "d", "d1/2"):
        with pytest.raises(Refused):
            room.say(ben, forbidden, "let me in")
        with pytest.raises(Refused):
            await room.command(ben, forbidden, "today")
        with pytest.raises(Refused):
            await room.send(ben, forbidden, "write:k", {"answer": "x"})


async def test_who_takes_no_direct_messages_is_told_where_they_write_and_nowhere_else() -> None:
    room = Room()
    platform = SimulatorPlatform(room)
    channel, ada = room.add_channel("spring"), room.add_person("Ada")
    _, thread = await open_prompt(room, platform, channel)
    room.roster.closed.add(ada)
    person, note = room.roster.people()[ada], Post("Kept", (Text("Kept."),))
    assert await platform.note("rehearsal", person, None, note) is False
    assert room.whispers(ada) == ()
    assert await platform.note("rehearsal", person, thread, note) is True


async def test_a_message_command_brings_the_message_as_it_stands() -> None:
    room, ears = Room(), AboutEars()
    channel, ada, fay = room.add_channel("spring"), room.add_person("Ada"), room.add_person("Fay", manages=True)
    async with listening(room, ears) as platform:
        message, thread = await open_prompt(room, platform, channel)
        places = {
            await room.reply(ada, thread, "in the thread"): thread,
            room.say(ada, channel, "in the channel"): channel,
            room.say(ada, room.dm(ada), "directly"): None,
        }
        for said, place in places.items():
            await room.message_command(ada, said, "count")
            assert (ears.about.message, ears.about.thread, ears.about.author.ref) == (said, place, ada)
        said = next(iter(places))
        await room.edit(ada, said, "better")
        await room.message_command(fay, said, "feedback")
        assert (ears.about.text, ears.about.revision > 0) == ("better", True)
        for person, about, name in (
            (ada, message, "count"),
            (ada, "c1/99", "count"),
            (ada, said, "report"),
            (fay, list(places)[2], "feedback"),
            ("p9", said, "count"),
        ):
            with pytest.raises(Refused):
                await room.message_command(person, about, name)


async def test_a_page_of_ones_own_has_buttons_for_its_owner_alone() -> None:
    room, ears = Room(), HomeEars()
    room.add_channel("spring")
    ada, ben = room.add_person("Ada"), room.add_person("Ben")
    async with listening(room, ears):
        (body,) = await room.open_home(ada)
        assert [block["type"] for block in body["blocks"]] == ["small", "finder", "buttons"]
        assert (ears.asked.name, ears.asked.channel, dict(ears.asked.options)) == ("home", None, {})
        assert room.pressed(ada, "h1/0", "lesson:31") == "h1"
        assert room.finds(ada, "h1/0", "concept") == "h1"
        assert room.pressed(ben, "h1/0", "lesson:31") is None
        assert room.pressed(ada, "h1/0", "report") is None
        assert room.pressed(ada, "h1/7", "lesson:31") is None
        assert room.finds(ada, "h1/0", "paper") is None
        await room.open_home(ada, "facilitator")
        assert dict(ears.asked.options) == {"tab": "facilitator"}
        with pytest.raises(Refused):
            await room.open_home("p9")

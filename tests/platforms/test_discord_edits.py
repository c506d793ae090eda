"""Messages that stand already: changed, pinned, unpinned; and what is said in a thread."""

from datetime import UTC, datetime, timedelta

import pytest
from discord_stage import running

from bot.chat.inbound import Person
from bot.chat.port import PlatformError, Reason
from bot.chat.post import Button, Buttons, Post, Text
from bot.clock import ShiftedClock
from bot.fakes.discord.fake import FakeDiscord
from bot.fakes.faults import Fault, Kind
from bot.platforms.discord.permissions import NEEDED, WHERE_ASKED, bits

KEY = "abcdefghijklmnopqrstuvw2"
ONCE = "zyxwvutsrqponmlkjihgfed3"
BUTTONS = Buttons((Button("Write my answer", f"write:{KEY}", "primary"),))
FIRST = Post("Prompt", (Text("Why does it matter?"), BUTTONS))
SECOND = Post("Prompt", (Text("Why does it *still* matter?"), BUTTONS))
START = datetime(2026, 9, 7, 7, tzinfo=UTC)
EDITS = "PATCH /channels/*/messages/*"


def body_of(platform, post=FIRST, key=KEY):
    return platform.render(post, key)[0]


async def failure(awaitable):
    with pytest.raises(PlatformError) as caught:
        await awaitable
    return caught.value


async def test_an_edit_changes_what_stands_and_keeps_its_marker_and_buttons():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        message = await bot.platform.post(channel, body_of(bot.platform))
        await bot.platform.edit(message, body_of(bot.platform, SECOND))
        (posted,) = fake.posts(channel)
        assert "*still*" in posted.text
        since = datetime.now(UTC) - timedelta(minutes=5)
        assert [copy.message for copy in (await bot.platform.find_posted(channel, {KEY}, since))[KEY]] == [message]
        await fake.press(ada, message, "Write my answer")
        assert bot.ears.commands[0].options == {"key": KEY}
        (edit,) = fake.calls(EDITS)
        assert not {"nonce", "enforce_nonce"} & edit.body.keys()
        assert fake.refusals() == ()


async def test_a_message_that_says_it_already_is_edited_all_the_same():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        message = await bot.platform.post(channel, body_of(bot.platform))
        for _ in range(2):
            await bot.platform.edit(message, body_of(bot.platform))
        assert len(fake.posts(channel)) == 1
        assert fake.refusals() == ()


@pytest.mark.parametrize("kind", [Kind.DROP, Kind.ERROR, Kind.ACCEPT_THEN_DROP, Kind.ACCEPT_THEN_ERROR])
async def test_an_edit_that_broke_on_its_way_is_made_again(kind):
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        message = await bot.platform.post(channel, body_of(bot.platform))
        fake.plan.next_calls(EDITS, Fault(kind, 0.05))
        await bot.platform.edit(message, body_of(bot.platform, SECOND))
        assert "*still*" in fake.posts(channel)[0].text


async def test_what_cannot_be_changed_any_more_is_refused():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        message = await bot.platform.post(channel, body_of(bot.platform))
        theirs = fake.post_as_other_bot(channel, "beep")
        assert (await failure(bot.platform.edit(theirs, body_of(bot.platform)))).reason is Reason.REFUSED
        assert (await failure(bot.platform.edit(message, {"content": "no V2"}))).reason is Reason.REFUSED
        fake.remove(message)
        assert (await failure(bot.platform.edit(message, body_of(bot.platform)))).reason is Reason.REFUSED
        fake.delete_channel(channel)
        assert (await failure(bot.platform.edit(message, body_of(bot.platform)))).reason is Reason.CHANNEL_GONE


@pytest.mark.parametrize("through_a_proxy", [False, True])
async def test_too_many_edits_of_old_messages_are_put_off_and_hold_nothing_else_up(through_a_proxy):
    clock = ShiftedClock(START)
    async with FakeDiscord(clock) as fake, running(fake) as bot:
        fake.rest.refuses_with_via = through_a_proxy
        channel = fake.add_channel("cohort")
        message = await bot.platform.post(channel, body_of(bot.platform))
        clock.advance_to(START + timedelta(hours=2))
        for _ in range(30):
            await bot.platform.edit(message, body_of(bot.platform, SECOND))
        error = await failure(bot.platform.edit(message, body_of(bot.platform)))
        assert (error.reason, error.permanent) == (Reason.BUSY, False)
        refused = [call for call in fake.calls(EDITS) if call.code == 30046]
        assert len(refused) == 1  # Discord counts them against our address
        await bot.platform.post(channel, body_of(bot.platform, key=ONCE))
        clock.advance_to(START + timedelta(hours=4))
        await bot.platform.edit(message, body_of(bot.platform))


async def test_something_is_said_once_however_often_it_is_asked_for():
    long = Post("Note", tuple(Text(f"Part {n}. " + "And so it goes on. " * 150) for n in range(3)))
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        message = await bot.platform.post(channel, body_of(bot.platform))
        thread = await bot.platform.open_thread(message, "Why?")
        for _ in range(3):
            await bot.platform.say(thread, long, ONCE)
        said = fake.posts(thread)
        assert len(said) == len(bot.platform.render(long, ONCE)) > 1
        fake.remove(said[0].message)
        await bot.platform.say(thread, long, ONCE)
        assert len(fake.posts(thread)) == len(said) - 1
        await bot.platform.say(thread, long, "a" * 24)
        assert len(fake.posts(thread)) == 2 * len(said) - 1


@pytest.mark.parametrize("kind", [Kind.DROP, Kind.ACCEPT_THEN_DROP, Kind.ACCEPT_THEN_ERROR])
async def test_something_that_broke_on_its_way_is_said_once(kind):
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        fake.plan.next_calls("POST /channels/*/messages", Fault(kind, 0.05))
        await bot.platform.say(channel, FIRST, ONCE)
        assert len(fake.posts(channel)) == 1


async def test_a_message_is_pinned_and_taken_down_again_as_often_as_one_likes():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        fake.give_permission(channel, "PIN_MESSAGES")
        messages = [await bot.platform.post(channel, body_of(bot.platform, key=key)) for key in (KEY, ONCE)]
        for message in (*messages, *messages):
            await bot.platform.pin(message)
        assert fake.pins(channel) == tuple(messages)
        for _ in range(2):
            await bot.platform.unpin(messages[0])
        assert fake.pins(channel) == (messages[1],)
        assert len(fake.posts(channel)) == 2
        assert bot.ears.heard == []
        fake.remove(messages[1])
        await bot.platform.unpin(messages[1])
        fake.delete_channel(channel)
        await bot.platform.unpin(messages[0])
        assert fake.refusals() == ()


async def test_a_channel_with_as_many_pins_as_it_may_have_says_so():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        fake.give_permission(channel, "PIN_MESSAGES")
        for _ in range(50):
            await bot.platform.pin(fake.post_as_other_bot(channel, "important"))
        message = await bot.platform.post(channel, body_of(bot.platform))
        error = await failure(bot.platform.pin(message))
        assert (error.reason, error.permanent) == (Reason.REFUSED, True)
        assert "as many pins" in error.detail
        await bot.platform.unpin(fake.pins(channel)[0])
        await bot.platform.pin(message)
        assert len(fake.pins(channel)) == 50


async def test_pins_need_a_permission_of_their_own_and_nothing_else_does():
    assert not WHERE_ASKED.keys() & NEEDED.keys()
    assert bits(WHERE_ASKED) == 1 << 51
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        message = await bot.platform.post(channel, body_of(bot.platform))
        await bot.platform.probe(channel)
        for refused in (bot.platform.pin(message), bot.platform.unpin(message)):
            assert (await failure(refused)).reason is Reason.MISSING_PERMISSION
        fake.give_permission(channel, "PIN_MESSAGES")
        await bot.platform.pin(message)


async def test_who_takes_no_direct_messages_is_told_of():
    async with FakeDiscord() as fake, running(fake) as bot:
        ada, ben = fake.add_person("Ada"), fake.add_person("Ben")
        fake.close_dms(ben)
        assert await bot.platform.note(fake.workspace, Person(ada, "Ada"), None, FIRST) is True
        assert await bot.platform.note(fake.workspace, Person(ben, "Ben"), None, FIRST) is False
        assert len(fake.notes(ada)) == 1

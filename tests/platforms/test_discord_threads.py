"""Threads that Discord archives by itself: what is done there opens them again, and a locked one stays as it is."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from discord_stage import running, until

from bot.chat.port import Mark, PlatformError, Reason
from bot.chat.post import Button, Buttons, Post, Text
from bot.clock import ShiftedClock
from bot.fakes.discord.fake import FakeDiscord
from bot.fakes.faults import Fault, Kind

KEY = "abcdefghijklmnopqrstuvw2"
ONCE = "zyxwvutsrqponmlkjihgfed3"
POST = Post("Prompt", (Text("Why?"), Buttons((Button("Write my answer", f"write:{KEY}"),))))
START = datetime(2026, 9, 7, 7, tzinfo=UTC)
OPENED = "PATCH /channels/*"


async def thread_in(fake, bot):
    channel = fake.add_channel("cohort")
    message = await bot.platform.post(channel, bot.platform.render(POST, KEY)[0])
    return await bot.platform.open_thread(message, "Why?")


async def acts_in(platform, thread, theirs, ours):
    """Everything that is done in a thread, by its name."""
    return {
        "acknowledge": lambda: platform.acknowledge(theirs, Mark.COMPLETE),
        "edit": lambda: platform.edit(ours, platform.render(POST, None)[0]),
        "pin": lambda: platform.pin(ours),
        "unpin": lambda: platform.unpin(ours),
        "say": lambda: platform.say(thread, POST, ONCE),
    }


async def failure(awaitable):
    with pytest.raises(PlatformError) as caught:
        await awaitable
    return caught.value


ACTS = ("acknowledge", "edit", "pin", "unpin", "say")


@pytest.mark.parametrize("name", ACTS)
async def test_what_is_done_in_an_archived_thread_opens_it_again_once(name, caplog):
    caplog.set_level(logging.INFO)
    async with FakeDiscord() as fake, running(fake) as bot:
        thread, ada = await thread_in(fake, bot), fake.add_person("Ada")
        fake.give_permission(thread, "PIN_MESSAGES")
        theirs = await fake.reply(ada, thread, "an answer")
        ours = await bot.platform.post(thread, bot.platform.render(POST, None)[0])
        fake.archive_thread(thread)
        act = (await acts_in(bot.platform, thread, theirs, ours))[name]
        await act()
        await act()
        opened = [call for call in fake.calls(OPENED) if call.body == {"archived": False}]
        assert len(opened) == (name != "say")  # Discord opens it by itself when something is said
        assert fake.reactions(theirs) == (frozenset("✅🎉") if name == "acknowledge" else frozenset())
        assert (f"opened_again thread={thread}" in caplog.text) == (name != "say")
        assert fake.refusals() == ()


@pytest.mark.parametrize("name", ACTS)
async def test_a_thread_that_is_locked_besides_is_refused_and_named(name, caplog):
    caplog.set_level(logging.INFO)
    async with FakeDiscord() as fake, running(fake) as bot:
        thread, ada = await thread_in(fake, bot), fake.add_person("Ada")
        fake.give_permission(thread, "PIN_MESSAGES")
        theirs = await fake.reply(ada, thread, "an answer")
        ours = await bot.platform.post(thread, bot.platform.render(POST, None)[0])
        fake.archive_thread(thread, locked=True)
        error = await failure((await acts_in(bot.platform, thread, theirs, ours))[name]())
        assert (error.reason, error.permanent) == (Reason.REFUSED, True)
        assert "locked" in error.detail
        assert (f"thread=locked thread={thread}" in caplog.text) == (name != "say")
        assert fake.reactions(theirs) == frozenset()


async def test_who_may_not_write_there_any_more_is_told_so_and_not_that_it_is_locked():
    async with FakeDiscord() as fake, running(fake) as bot:
        thread, ada = await thread_in(fake, bot), fake.add_person("Ada")
        theirs = await fake.reply(ada, thread, "an answer")
        fake.archive_thread(thread)
        fake.take_permission(thread, "send_messages_in_threads")
        assert (await failure(bot.platform.acknowledge(theirs, Mark.KEPT))).reason is Reason.MISSING_PERMISSION
        fake.delete_channel(thread)
        assert (await failure(bot.platform.acknowledge(theirs, Mark.KEPT))).reason is Reason.CHANNEL_GONE


async def test_an_opening_that_broke_on_its_way_is_unclear_and_the_next_try_makes_up_for_it():
    async with FakeDiscord() as fake, running(fake) as bot:
        thread, ada = await thread_in(fake, bot), fake.add_person("Ada")
        theirs = await fake.reply(ada, thread, "an answer")
        fake.archive_thread(thread)
        fake.plan.next_calls(f"PATCH /channels/{thread}", Fault(Kind.DROP), 4)
        assert (await failure(bot.platform.acknowledge(theirs, Mark.KEPT))).reason is Reason.UNCLEAR
        await bot.platform.acknowledge(theirs, Mark.KEPT)
        assert fake.reactions(theirs) == {"✅"}


async def test_a_late_answer_opens_its_thread_counts_and_gets_its_reaction():
    clock = ShiftedClock(START)
    async with FakeDiscord(clock) as fake, running(fake) as bot:
        thread, ada = await thread_in(fake, bot), fake.add_person("Ada")
        early = await fake.reply(ada, thread, "on time")
        clock.advance_to(START + timedelta(days=30))
        late = await fake.reply(ada, thread, "a month late")
        await until(lambda: len(bot.ears.heard) == 2)
        assert [heard.text for heard in bot.ears.heard] == ["on time", "a month late"]
        assert bot.ears.heard[1].thread == thread
        await bot.platform.acknowledge(late, Mark.KEPT)
        clock.advance_to(START + timedelta(days=60))
        await bot.platform.acknowledge(early, Mark.KEPT)  # whose receipt was still owed when the thread had gone quiet
        assert fake.reactions(late) == fake.reactions(early) == {"✅"}
        reading = await bot.platform.read_thread(thread)
        assert [reply.text for reply in reading.replies] == ["on time", "a month late"]


async def test_an_edit_in_an_archived_thread_is_heard():
    async with FakeDiscord() as fake, running(fake) as bot:
        thread, ada = await thread_in(fake, bot), fake.add_person("Ada")
        message = await fake.reply(ada, thread, "one")
        fake.archive_thread(thread)
        await fake.edit(ada, message, "two")
        await until(lambda: len(bot.ears.heard) == 2)
        assert bot.ears.heard[1].reply.text == "two"


async def test_no_command_is_used_in_an_archived_thread_until_somebody_writes_there():
    async with FakeDiscord() as fake, running(fake) as bot:
        thread, ada = await thread_in(fake, bot), fake.add_person("Ada")
        message = await fake.reply(ada, thread, "an answer")
        fake.archive_thread(thread)
        for asking in (fake.message_command(ada, message, "Count as my answer"), fake.command(ada, thread, "today")):
            with pytest.raises(LookupError, match="is archived"):
                await asking
        await fake.reply(ada, thread, "one more thing")
        await fake.message_command(ada, message, "Count as my answer")
        assert [command.about.text for command in bot.ears.commands] == ["an answer"]

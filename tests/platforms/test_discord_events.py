"""What DiscordPlatform hears and how it answers, against the fake's real gateway."""

import asyncio
import json
import logging
import re

import discord
import pytest
from discord_stage import Listener, platform_for, running, until

from bot.chat.commands import COMMANDS
from bot.chat.inbound import Command, FormAnswer, Heard, Partial, Person, Reacted, Reply, ReplyDeleted, ReplyEdited
from bot.chat.post import Button, Buttons, Choice, Field, Form, Post, Rejected, Text, Words
from bot.fakes.discord.fake import FakeDiscord
from bot.fakes.faults import Fault, Kind
from bot.platforms.discord.commands import application_commands, is_registered
from bot.platforms.discord.examine import invite_link

KEY = "abcdefghijklmnopqrstuvw2"
PROMPT = Post("Prompt", (Text("Why?"), Buttons((Button("Write my answer", f"write:{KEY}", "primary"),))))
ANSWER_FORM = Form(
    "Write my answer", f"write:{KEY}", (Field("answer", "Your answer", value="a draft"),), "**Why** does it matter?"
)
SECRET = "what a member wrote in confidence"


async def prompt_thread(fake, bot, name="cohort"):
    channel = fake.add_channel(name)
    message = await bot.platform.post(channel, bot.platform.render(PROMPT, KEY)[0])
    return channel, message, await bot.platform.open_thread(message, "Why?")


async def test_a_reply_its_edit_and_its_deletion_are_heard_in_order():
    async with FakeDiscord() as fake, running(fake) as bot:
        _, _, thread = await prompt_thread(fake, bot)
        ada = fake.add_person("Ada")
        message = await fake.reply(ada, thread, "one")
        await fake.edit(ada, message, "two")
        await fake.delete(ada, message)
        await until(lambda: len(bot.ears.heard) == 3)
        written, edited, deleted = bot.ears.heard
        assert isinstance(written, Reply)
        assert (written.platform, written.workspace, written.thread) == ("discord", fake.workspace, thread)
        assert (written.message, written.author.ref, written.text, written.revision) == (message, ada, "one", 0)
        assert isinstance(edited, ReplyEdited)
        assert (edited.reply.text, edited.reply.message) == ("two", message)
        assert edited.reply.revision > 1_600_000_000_000_000
        assert deleted == ReplyDeleted("discord", fake.workspace, thread, message, deleted.at)


class Slow(Listener):
    """Ears that keep what they hear once they are allowed to. told: what came and what was kept, in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.may = asyncio.Event()

    async def hear(self, heard: Heard) -> None:
        self.told.append(f"told {heard.message}")
        await self.may.wait()
        self.told.append(f"kept {heard.message}")

    async def see(self, reacted: Reacted) -> None:
        self.told.append(f"saw {reacted.emoji}")


async def test_nobody_waits_until_anothers_answer_is_kept_but_a_reaction_for_the_one_it_is_under():
    ears = Slow()
    async with FakeDiscord() as fake, running(fake, ears) as bot:
        _, _, thread = await prompt_thread(fake, bot)
        ada, ben = fake.add_person("Ada"), fake.add_person("Ben")
        messages = [await fake.reply(ada, thread, f"answer {number}") for number in range(20)]
        await fake.react(ben, messages[-1], "👍")
        await until(lambda: len(ears.told) >= 20)
        assert ears.told == [f"told {each}" for each in messages]
        ears.may.set()
        await until(lambda: len(ears.told) >= 41)
        assert ears.told[20:40] == [f"kept {each}" for each in messages]
        assert ears.told[40:] == ["saw 👍"]


async def test_bots_our_own_messages_and_other_channels_are_not_heard():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel, _, thread = await prompt_thread(fake, bot)
        ada = fake.add_person("Ada")
        await fake.reply(ada, channel, "in the channel")
        fake.post_as_other_bot(thread, "beep")
        await bot.platform.post(thread, bot.platform.render(Post("x", (Text("ours"),)), None)[0])
        last = await fake.reply(ada, thread, "in the thread")
        await until(lambda: bot.ears.heard)
        assert [heard.message for heard in bot.ears.heard] == [last]


async def test_edits_and_deletions_in_a_channel_are_heard_and_discord_is_asked_nothing():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        message = await fake.reply(ada, channel, "one")
        asked = len(fake.calls())
        await fake.edit(ada, message, "two")
        await fake.delete(ada, message)
        await until(lambda: len(bot.ears.heard) == 2, 10)
        edited, deleted = bot.ears.heard
        assert (edited.reply.thread, edited.reply.message, edited.reply.text) == (channel, message, "two")
        assert edited.reply.author == Person(ada, "Ada")
        assert (deleted.thread, deleted.message, deleted.outside) == (channel, message, True)
        assert len(fake.calls()) == asked


async def test_of_a_place_that_discord_has_not_told_of_nothing_is_asked_for_an_edit():
    """A thread that was archived before we came."""
    async with FakeDiscord() as fake:
        ada = fake.add_person("Ada")
        async with running(fake) as bot:
            _, _, thread = await prompt_thread(fake, bot)
            message = await fake.reply(ada, thread, "one")
            await until(lambda: bot.ears.heard, 10)
        fake.archive_thread(thread)
        async with running(fake) as bot:
            asked = len(fake.calls("GET /channels/*"))
            await fake.edit(ada, message, "two")
            await fake.delete(ada, message)
            await until(lambda: len(bot.ears.heard) == 2, 10)
            edited, deleted = bot.ears.heard
            assert (edited.reply.thread, deleted.thread, deleted.outside) == (thread, thread, False)
            assert len(fake.calls("GET /channels/*")) == asked


async def test_without_the_intent_an_edit_in_a_channel_that_comes_without_its_words_is_not_heard():
    async with FakeDiscord(message_content_intent=False) as fake, running(fake) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        message = await fake.reply(ada, channel, "one")
        await fake.edit(ada, message, "two")
        await fake.delete(ada, message)
        await until(lambda: bot.ears.heard, 10)
        assert [type(heard) for heard in bot.ears.heard] == [ReplyDeleted]


async def test_a_direct_message_is_a_reply_without_a_thread():
    async with FakeDiscord() as fake, running(fake) as bot:
        ada = fake.add_person("Ada")
        await fake.reply(ada, fake.dm_channel(ada), "to you alone")
        await until(lambda: bot.ears.heard)
        (reply,) = bot.ears.heard
        assert (reply.thread, reply.text, reply.workspace) == (None, "to you alone", "")


async def test_a_thread_that_was_there_before_us_is_known():
    async with FakeDiscord() as fake:
        async with running(fake) as bot:
            _, _, thread = await prompt_thread(fake, bot)
        fake.archive_thread(thread)
        async with running(fake) as bot:
            await fake.reply(fake.add_person("Ada"), thread, "late")
            await until(lambda: bot.ears.heard)
            assert bot.ears.heard[0].thread == thread


async def test_without_the_intent_no_blank_reply_is_kept_and_the_log_says_what_to_switch_on(caplog):
    caplog.set_level(logging.WARNING)
    async with FakeDiscord(message_content_intent=False) as fake, running(fake) as bot:
        _, _, thread = await prompt_thread(fake, bot)
        ada = fake.add_person("Ada")
        message = await fake.reply(ada, thread, "one")
        await fake.edit(ada, message, "two")
        await fake.reply(ada, fake.dm_channel(ada), "to you alone")
        await until(lambda: bot.ears.heard)
        assert [heard.text for heard in bot.ears.heard] == ["to you alone"]
    assert "Message Content" in caplog.text or "message_content" in caplog.text


async def test_ears_that_fail_are_told_that_something_was_missed_and_no_words_are_logged(caplog):
    async with FakeDiscord() as fake, running(fake, Listener(fails=True)) as bot:
        _, _, thread = await prompt_thread(fake, bot)
        await fake.reply(fake.add_person("Ada"), thread, SECRET)
        await until(lambda: bot.ears.gaps)
    assert "not_kept" in caplog.text
    assert SECRET not in caplog.text


async def test_a_resumed_session_misses_nothing_and_a_new_one_says_so():
    async with FakeDiscord() as fake, running(fake) as bot:
        _, _, thread = await prompt_thread(fake, bot)
        ada = fake.add_person("Ada")
        fake.gateway_cut()
        await fake.reply(ada, thread, "while away")
        await until(lambda: bot.ears.heard)
        assert (bot.ears.gaps, fake.identifies()) == (0, 1)
        fake.gateway_drop(resumable=False)
        await until(lambda: bot.ears.gaps)
        await fake.reply(ada, thread, "back")
        await until(lambda: len(bot.ears.heard) == 2)
        assert (bot.ears.gaps, len(bot.readies), fake.identifies()) == (1, 1, 2)


async def test_a_discord_that_is_away_at_the_start_is_waited_for():
    fake = FakeDiscord()
    await fake.start()
    await fake.stop()
    async with running(fake, wait=False) as bot:
        await asyncio.sleep(0.1)
        assert not bot.task.done()
        await fake.start()
        try:
            await until(lambda: bot.readies)
        finally:
            bot.task.cancel()
            await asyncio.gather(bot.task, return_exceptions=True)
            await fake.stop()


async def test_a_gateway_that_refuses_at_first_is_tried_again():
    other = FakeDiscord()
    await other.start()
    await other.stop()
    async with FakeDiscord() as fake:
        readies = []
        task = asyncio.create_task(platform_for(fake, gateway=other).run(Listener(), lambda: readies.append(None)))
        await asyncio.sleep(0.2)
        assert not task.done()
        async with other:
            await until(lambda: readies, 8)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_commands_are_sent_once_and_again_only_when_they_differ():
    async with FakeDiscord() as fake:
        for _ in range(2):
            async with running(fake):
                pass
        assert len(fake.calls("PUT /applications/*/commands")) == 1
    ours = application_commands()
    assert is_registered([{**command, "id": "1", "version": "2", "nsfw": False} for command in ours], ours)
    assert not is_registered(ours[1:], ours)
    assert not is_registered([*ours[1:], {**ours[0], "description": "Other"}], ours)


def test_every_command_is_registered_with_required_options_first():
    commands = {command["name"]: command for command in application_commands() if command["type"] == 1}
    assert set(commands) == {spec.name.split()[0] for spec in COMMANDS}
    subcommands = [each["name"] for each in commands["cohort"]["options"]]
    assert subcommands == [spec.name.split()[1] for spec in COMMANDS if spec.name.startswith("cohort ")]
    for command in [*commands.values(), *commands["cohort"]["options"]]:
        required = [option.get("required", False) for option in command["options"]]
        assert required == sorted(required, reverse=True)
    assert commands["lesson"]["options"][0] | {"description": ""} == {
        "type": 4, "name": "day", "description": "", "required": True, "autocomplete": True,
    }  # fmt: skip


async def test_a_slash_command_is_answered_privately_with_all_its_pages():
    ears = Listener(says=Post("Lesson", tuple(Text(f"Part {n}. " + "And so it goes on. " * 90) for n in range(6))))
    async with FakeDiscord() as fake, running(fake, ears) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada", manages=True)
        shown = await fake.command(ada, channel, "lesson", {"day": "31"})
        await until(lambda: fake.calls("POST /webhooks/*"))
        (command,) = bot.ears.commands
        assert command == Command(
            "discord", fake.workspace, channel, Person(ada, "Ada", True), "lesson", {"day": "31"}, command.locale
        )
        assert shown.private
        assert "Part 0." in shown.text
        assert fake.posts(channel) == ()
        assert fake.refusals() == ()


async def test_a_subcommand_and_a_thread_arrive_as_their_command_and_channel():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel, _, thread = await prompt_thread(fake, bot)
        ada = fake.add_person("Ada")
        fake.give_role(ada, fake.add_role("moderators", "manage_messages"))
        await fake.command(ada, thread, "cohort create", {"name": " Spring ", "first": "3"})
        (command,) = bot.ears.commands
        assert (command.name, command.channel) == ("cohort create", channel)
        assert command.options == {"name": "Spring", "first": "3"}
        assert not command.person.manages


async def test_a_command_in_a_direct_message_has_no_channel():
    async with FakeDiscord() as fake, running(fake) as bot:
        ada = fake.add_person("Ada")
        await fake.command(ada, fake.dm_channel(ada), "progress", {})
        assert bot.ears.commands[0].channel is None


async def test_suggestions_are_offered_while_somebody_types():
    ears = Listener(choices=tuple(Choice(f"Day {n} " + "x" * 120, str(n)) for n in range(1, 40)))
    async with FakeDiscord() as fake, running(fake, ears) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        offered = await fake.suggest(ada, channel, "lesson", "day", "3")
        assert len(offered) == 25
        assert all(len(name) <= 100 for name, _ in offered)
        assert bot.ears.partials == [Partial("discord", fake.workspace, channel, "lesson", "day", "3")]
        await fake.suggest(ada, channel, "concept", "name", "slee")
        assert bot.ears.partials[1].text == "slee"
        assert fake.refusals() == ()


async def test_a_button_opens_a_form_and_the_form_comes_back_to_the_letter():
    ears = Listener(says=ANSWER_FORM)
    async with FakeDiscord() as fake, running(fake, ears) as bot:
        channel, message, _ = await prompt_thread(fake, bot)
        ada = fake.add_person("Ada")
        shown = await fake.press(ada, message, "Write my answer")
        assert bot.ears.commands[0].name == "write"
        assert bot.ears.commands[0].options == {"key": KEY}
        assert shown.form is not None
        assert shown.form.fields == {"answer": "a draft"}
        assert "Why does it matter?" in re.sub(r"[*]", "", shown.form.text)
        ears.says = Post("Kept", (Text("Kept."),))
        answered = await fake.submit(ada, shown.form, {"answer": "**Mine**\n @everyone "})
        assert "Kept." in answered.text
        assert bot.ears.forms == [
            FormAnswer(
                "discord",
                fake.workspace,
                channel,
                Person(ada, "Ada"),
                f"write:{KEY}",
                {"answer": "**Mine**\n @everyone "},
            )
        ]
        assert fake.refusals() == ()


async def test_a_rejected_form_gives_the_text_back():
    ears = Listener(says=ANSWER_FORM)
    async with FakeDiscord() as fake, running(fake, ears) as bot:
        _, message, _ = await prompt_thread(fake, bot)
        ada = fake.add_person("Ada")
        shown = await fake.press(ada, message, "Write my answer")
        ears.says = Rejected((("answer", "Empty."),), Post("Sorry", (Text("Not kept."), Words("my text"))))
        assert "my text" in (await fake.submit(ada, shown.form, {"answer": "my text"})).text


async def test_when_the_ears_fail_the_member_gets_their_words_back_in_full(caplog):
    ears = Listener(says=ANSWER_FORM)
    words = "A sentence that took an hour. " * 90
    async with FakeDiscord() as fake, running(fake, ears) as bot:
        channel, message, _ = await prompt_thread(fake, bot)
        ada = fake.add_person("Ada")
        shown = await fake.press(ada, message, "Write my answer")
        ears.fails = True
        answered = await fake.submit(ada, shown.form, {"answer": words})
        assert words.strip() in " ".join(answered.text.split()).replace("> ", "")
        assert "sorry" not in (await fake.command(ada, channel, "today")).text.lower()
        assert "try again" in (await fake.command(ada, channel, "today")).text
    assert "took an hour" not in caplog.text


async def test_an_answer_that_cannot_be_shown_is_one_polite_sentence():
    ears = Listener(says=Post("x", (Buttons((Button("B", "concept:" + "x" * 200),)),)))
    async with FakeDiscord() as fake, running(fake, ears):
        shown = await fake.command(fake.add_person("Ada"), fake.add_channel("cohort"), "today")
        assert "try again" in shown.text


async def test_an_answer_to_a_form_that_discord_refuses_comes_by_direct_message():
    ears = Listener(says=ANSWER_FORM)
    async with FakeDiscord() as fake, running(fake, ears) as bot:
        _, message, _ = await prompt_thread(fake, bot)
        ada = fake.add_person("Ada")
        shown = await fake.press(ada, message, "Write my answer")
        ears.says = Rejected((), Post("Sorry", (Words("my text"),)))
        fake.plan.next_calls("POST /interactions/*", Fault(Kind.ERROR), times=2)
        submitting = asyncio.create_task(fake.submit(ada, shown.form, {"answer": "my text"}))
        await until(lambda: fake.notes(ada))
        assert "my text" in fake.notes(ada)[0]
        submitting.cancel()
        await asyncio.gather(submitting, return_exceptions=True)


async def test_an_answer_to_a_form_that_arrived_unseen_is_not_told_twice():
    ears = Listener(says=ANSWER_FORM)
    async with FakeDiscord() as fake, running(fake, ears) as bot:
        _, message, _ = await prompt_thread(fake, bot)
        ada = fake.add_person("Ada")
        shown = await fake.press(ada, message, "Write my answer")
        ears.says = Post("Kept", (Text("Kept."),))
        fake.plan.next_calls("POST /interactions/*", Fault(Kind.ACCEPT_THEN_DROP))
        assert "Kept." in (await fake.submit(ada, shown.form, {"answer": "mine"})).text
        await until(lambda: len(fake.calls("POST /interactions/*")) == 3)
        await asyncio.sleep(0.05)
        assert fake.notes(ada) == ()


async def test_an_answer_that_was_lost_on_the_way_is_sent_once_more_and_shown_once():
    async with FakeDiscord() as fake, running(fake):
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        fake.plan.next_calls("POST /interactions/*", Fault(Kind.ACCEPT_THEN_DROP))
        assert "Hello there." in (await fake.command(ada, channel, "today")).text
        fake.plan.next_calls("POST /interactions/*", Fault(Kind.DROP))
        assert "Hello there." in (await fake.command(ada, channel, "today")).text


@pytest.mark.parametrize("form", [False, True])
async def test_a_slow_answer_is_deferred_and_follows(form):
    ears = Listener(says=ANSWER_FORM if form else Listener().says, takes=0.7)
    async with FakeDiscord(deadline=0.6) as fake, running(fake, ears):
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        shown = await fake.command(ada, channel, "today")
        await until(lambda: fake.calls("PATCH /webhooks/*"))
        body = json.dumps(fake.calls("PATCH /webhooks/*")[0].body)
        assert ("hr:write:" in body) is form
        assert ("Hello there." in body) is not form
        assert shown.form is None
        assert fake.refusals() == ()


async def test_two_hundred_commands_at_once_are_all_answered():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel = fake.add_channel("cohort")
        people = [fake.add_person(f"p{n}") for n in range(40)]
        shown = await asyncio.gather(*(fake.command(person, channel, "today") for person in people for _ in range(5)))
        assert all("Hello there." in each.text for each in shown)
        assert len(bot.ears.commands) == 200


def test_the_invite_link_asks_for_exactly_what_is_used():
    link = invite_link("1234")
    assert "client_id=1234" in link
    assert "applications.commands" in link
    permissions = discord.Permissions(int(re.search(r"permissions=(\d+)", link)[1]))
    assert {name for name, allowed in permissions if allowed} == {
        "view_channel", "read_messages", "send_messages", "create_public_threads", "send_messages_in_threads",
        "read_message_history", "add_reactions",
    } - {"view_channel"}  # fmt: skip

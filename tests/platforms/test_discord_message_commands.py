"""What is picked from a message's own menu, and who is shown which command."""

from datetime import UTC, datetime

import pytest
from discord_stage import Listener, running, until

from bot.chat.commands import COMMANDS, MESSAGE_COMMANDS
from bot.chat.inbound import Person, Reply
from bot.chat.post import Field, Form
from bot.fakes.discord.fake import FakeDiscord
from bot.platforms.discord.commands import application_commands, is_registered
from bot.platforms.discord.events import to_about, to_command

MEAN = "Mine: **bold** @everyone <@1> \u202e\n" + "x" * 1_900
FEEDBACK = Form("Feedback", "feedback:1", (Field("words", "What you say"),))


async def thread_in(fake, bot):
    channel = fake.add_channel("cohort")
    message = await bot.platform.post(channel, {"flags": 32768, "components": [{"type": 10, "content": "Prompt"}]})
    return channel, await bot.platform.open_thread(message, "Prompt")


@pytest.mark.parametrize("content", [True, False])
async def test_a_message_of_ones_own_in_a_thread_comes_to_the_letter(content):
    async with FakeDiscord(message_content_intent=content) as fake, running(fake) as bot:
        channel, thread = await thread_in(fake, bot)
        ada = fake.add_person("Ada")
        message = await fake.reply(ada, thread, MEAN)
        shown = await fake.message_command(ada, message, "Count as my answer")
        assert (shown.private, shown.text) == (True, "Hello there.")
        (command,) = bot.ears.commands
        assert (command.name, command.channel, command.workspace) == ("count", channel, fake.workspace)
        assert command.person == Person(ada, "Ada")
        assert command.about == Reply(
            "discord", fake.workspace, thread, message, Person(ada, "Ada"), MEAN, command.about.sent_at
        )


async def test_what_is_picked_is_the_same_reply_that_was_heard_and_read():
    async with FakeDiscord() as fake, running(fake) as bot:
        _, thread = await thread_in(fake, bot)
        ada = fake.add_person("Ada")
        message = await fake.reply(ada, thread, "first")
        await fake.edit(ada, message, "second")
        await until(lambda: len(bot.ears.heard) == 2)
        await fake.message_command(ada, message, "Count as my answer")
        about = bot.ears.commands[0].about
        assert about.revision > 0
        assert about == bot.ears.heard[1].reply == (await bot.platform.read_thread(thread)).replies[0]


async def test_outside_of_threads_a_message_has_none():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        for where in (channel, fake.dm_channel(ada)):
            message = await fake.reply(ada, where, "elsewhere")
            await fake.message_command(ada, message, "Count as my answer")
        in_channel, direct = bot.ears.commands
        assert (in_channel.channel, in_channel.about.thread, in_channel.about.text) == (channel, None, "elsewhere")
        assert (direct.channel, direct.workspace, direct.about.thread) == (None, "", None)


async def test_a_message_of_a_bot_or_of_discord_itself_is_given_and_left_to_the_core():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel, _ = await thread_in(fake, bot)
        ada = fake.add_person("Ada")
        others = fake.post_as_other_bot(channel, "beep")
        ours = fake.posts(channel)[0].message
        for message in (others, ours):
            await fake.message_command(ada, message, "Count as my answer")
        about = [command.about for command in bot.ears.commands]
        assert [each.message for each in about] == [others, ours]
        assert [each.text for each in about] == ["beep", ""]
        assert ada not in {each.author.ref for each in about}


async def test_a_form_opens_from_a_messages_menu():
    async with FakeDiscord() as fake, running(fake, Listener(says=FEEDBACK)) as bot:
        _, thread = await thread_in(fake, bot)
        fay, ada = fake.add_person("Fay", manages=True), fake.add_person("Ada")
        message = await fake.reply(ada, thread, "an answer")
        shown = await fake.message_command(fay, message, "Give feedback")
        assert shown.form.title == "Feedback"
        assert bot.ears.commands[0].name == "feedback"
        assert bot.ears.commands[0].about.author == Person(ada, "Ada")
        assert fake.refusals() == ()


MESSAGE = {
    "id": "7", "channel_id": "5", "author": {"id": "1", "username": "ada"}, "content": "words", "type": 0,
    "timestamp": "2026-09-07T09:00:00+00:00", "edited_timestamp": None,
}  # fmt: skip


def picked(resolved, **more):
    asked = {"type": 3, "name": "Count as my answer", "target_id": "7", "resolved": resolved}
    channel = {"id": "5", "type": 11, "parent_id": "4"}
    who = {"member": {"user": {"id": "1", "username": "ada"}, "nick": "Ada L.", "permissions": "0"}}
    return {"type": 2, "guild_id": "3", "channel_id": "5", "channel": channel, "data": asked | more, **who}


def test_the_writer_has_the_name_that_the_server_knows_them_by():
    about = to_about(picked({"messages": {"7": MESSAGE}}))
    assert about == Reply(
        "discord", "3", "5", "5/7", Person("1", "Ada L."), "words", datetime(2026, 9, 7, 9, tzinfo=UTC)
    )


def test_files_of_a_message_are_named():
    with_file = MESSAGE | {"content": "", "attachments": [{"filename": "essay.pdf"}]}
    assert to_about(picked({"messages": {"7": with_file}})).text == "📎 essay.pdf"


HOSTILE = [
    None, [], "x", {}, {"messages": None}, {"messages": []}, {"messages": {}}, {"messages": {"8": MESSAGE}},
    {"messages": {"7": None}}, {"messages": {"7": []}}, {"messages": {"7": {}}},
    {"messages": {"7": MESSAGE | {"timestamp": None}}}, {"messages": {"7": MESSAGE | {"timestamp": "yesterday"}}},
    {"messages": {"7": MESSAGE | {"timestamp": "0001-01-01T00:00:00+14:00"}}},
    {"messages": {"7": MESSAGE | {"author": None}}}, {"messages": {"7": MESSAGE | {"author": "ada"}}},
    {"messages": {"7": MESSAGE | {"attachments": 7}}}, {"messages": {"7": MESSAGE | {"attachments": [None]}}},
    {"messages": {"7": MESSAGE | {"message_snapshots": [{"message": 3}]}}},
    {"messages": {"7": MESSAGE | {"edited_timestamp": 5}}},
]  # fmt: skip


@pytest.mark.parametrize("resolved", HOSTILE)
def test_a_message_that_does_not_come_along_as_it_should_is_no_message(resolved):
    command = to_command(picked(resolved))
    assert (command.name, command.about) == ("count", None)


def test_what_nobody_registered_arrives_by_its_own_name():
    command = to_command(picked({}, name="Report to \0 moderators"))
    assert (command.name, command.options) == ("Report to \0 moderators", {})


def test_every_message_command_stands_in_the_menu_by_its_label():
    listed = {each["name"]: each for each in application_commands() if each["type"] == 3}
    assert list(listed) == [each.label for each in MESSAGE_COMMANDS]
    assert not any({"description", "options"} & each.keys() for each in listed.values())


def test_a_command_for_facilitators_is_shown_to_who_may_manage_messages_and_only_in_servers():
    registered = {each["name"]: each for each in application_commands()}
    for spec in COMMANDS:
        name, doors = spec.name.split()[0], registered[spec.name.split()[0]]
        assert doors["default_member_permissions"] == (1 << 13 if spec.for_facilitators else None), name
        assert doors["contexts"] == ([0] if spec.for_facilitators else [0, 1]), name
    assert registered["Give feedback"]["default_member_permissions"] == 1 << 13
    assert registered["Count as my answer"]["default_member_permissions"] is None
    assert {tuple(each["integration_types"]) for each in registered.values()} == {(0,)}


async def test_who_may_not_manage_messages_is_not_shown_them_until_the_server_says_so():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel, thread = await thread_in(fake, bot)
        ada, moderators = fake.add_person("Ada"), fake.add_role("moderators", "manage_messages")
        message = await fake.reply(ada, thread, "an answer")
        for asking in (fake.command(ada, channel, "report"), fake.message_command(ada, message, "Give feedback")):
            with pytest.raises(LookupError, match="is not shown to"):
                await asking
        assert bot.ears.commands == []
        fake.give_role(ada, moderators)
        await fake.command(ada, channel, "report")
        await fake.message_command(ada, message, "Give feedback")
        assert [command.name for command in bot.ears.commands] == ["report", "feedback"]
        assert not bot.ears.commands[0].person.manages
        with pytest.raises(LookupError, match="is not shown in"):
            await fake.command(ada, fake.dm_channel(ada), "report")


def test_a_door_that_was_moved_is_noticed_and_one_that_comes_back_as_text_is_the_same():
    ours = application_commands()
    as_listed = [
        command | {"id": "1", "default_member_permissions": permissions and str(permissions)}
        for command in ours
        for permissions in [command["default_member_permissions"]]
    ]
    assert is_registered(as_listed, ours)
    for changed in ({"default_member_permissions": "32"}, {"contexts": [0, 1, 2]}, {"integration_types": [0, 1]}):
        assert not is_registered([*as_listed[:-1], as_listed[-1] | changed], ours)


async def test_a_group_is_a_role_that_is_picked_and_leaving_it_out_stands_for_nobody():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel, fay, role = fake.add_channel("cohort"), fake.add_person("Fay", manages=True), fake.add_role("learners")
        await fake.command(fay, channel, "cohort ping", {"who": role})
        await fake.command(fay, channel, "cohort ping")
        assert [command.options for command in bot.ears.commands] == [{"who": role}, {}]
    cohort = next(each for each in application_commands() if each["name"] == "cohort")
    (option,) = next(each for each in cohort["options"] if each["name"] == "ping")["options"]
    assert (option["type"], option["required"], option["autocomplete"]) == (8, False, False)
    assert "leave it out" in option["description"]
    assert len(option["description"]) <= 100


def test_everywhere_a_name_or_a_day_is_asked_it_is_completed():
    registered = {each["name"]: each for each in application_commands() if each["type"] == 1}
    for spec in COMMANDS:
        name, _, sub = spec.name.partition(" ")
        listed = registered[name]["options"]
        if sub:
            listed = next(each for each in listed if each["name"] == sub)["options"]
        for option in spec.options:
            told = next(each for each in listed if each["name"] == option.name)
            assert told["autocomplete"] == (option.suggests is not None), spec.name
            if option.name == "day" and option.kind == "number":  # the other one is a day of the week
                assert told["autocomplete"], spec.name

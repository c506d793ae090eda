"""Raw payloads → what we hear; and what we may do, from roles and overwrites. No network."""

from datetime import UTC, datetime

import discord
import pytest

from bot.chat.inbound import Person
from bot.chat.post import Choice
from bot.platforms.discord.commands import to_choices
from bot.platforms.discord.errors import told
from bot.platforms.discord.events import is_edit, is_hidden, to_command, to_deleted, to_form_answer, to_person, to_reply
from bot.platforms.discord.marks import part_keys, to_action
from bot.platforms.discord.permissions import NEEDED, bits, missing, permissions_in
from bot.platforms.discord.reconcile import snowflake

NOW = datetime(2026, 9, 1, 7, tzinfo=UTC)
MESSAGE = {
    "id": "11",
    "channel_id": "22",
    "guild_id": "33",
    "type": 0,
    "content": "mine",
    "timestamp": "2026-09-01T09:00:00.250000+02:00",
    "edited_timestamp": None,
    "author": {"id": "44", "username": "ada", "global_name": "Ada L."},
    "member": {"nick": "Ada"},
}


def test_a_message_in_a_thread_is_a_reply():
    reply = to_reply(MESSAGE, True, "1")
    assert (reply.message, reply.thread, reply.workspace, reply.text) == ("22/11", "22", "33", "mine")
    assert reply.author == Person("44", "Ada")
    assert reply.sent_at == datetime(2026, 9, 1, 7, 0, 0, 250_000, tzinfo=UTC)
    assert reply.revision == 0


def test_an_edit_has_the_moment_of_the_edit_as_its_revision():
    edited = MESSAGE | {"edited_timestamp": "2026-09-01T07:00:01.000007+00:00"}
    assert to_reply(edited, True, "1").revision == 1_788_246_001_000_007
    assert is_edit(edited)
    assert not is_edit(MESSAGE)


@pytest.mark.parametrize(
    "change",
    [
        {"author": {"id": "44", "bot": True}},
        {"author": {"id": "44", "system": True}},
        {"author": {"id": "1"}},
        {"author": {}},
        {"author": None},
        {"webhook_id": "5"},
        {"type": 21},
        {"type": 6},
        {"type": 18},
        {"content": ""},
        {"content": "", "message_snapshots": [{}]},
        {"content": "", "sticker_items": [{"id": "1"}]},
        {"content": "", "edited_timestamp": "2026-09-01T07:00:01+00:00"},
    ],
)
def test_what_nobody_wrote_is_no_reply(change):
    assert to_reply(MESSAGE | change, True, "1") is None


def test_an_answer_may_be_a_picture_and_a_forwarded_message_brings_its_words():
    picture = {"id": "1", "filename": "notes.png"}
    assert to_reply(MESSAGE | {"content": "", "attachments": [picture]}, True, "1").text == "📎 notes.png"
    assert to_reply(MESSAGE | {"attachments": [picture, {"id": "2"}]}, True, "1").text == "mine\n📎 notes.png\n📎 file"
    forwarded = {"content": "", "message_snapshots": [{"message": {"content": "theirs", "attachments": [picture]}}]}
    assert to_reply(MESSAGE | forwarded, True, "1").text == "theirs\n📎 notes.png"


def test_an_edit_that_leaves_only_a_picture_takes_the_words_back():
    edited = {"content": "", "attachments": [{"id": "1"}], "edited_timestamp": "2026-09-01T07:00:01+00:00"}
    assert to_reply(MESSAGE | edited, True, "1").text == "📎 file"


@pytest.mark.parametrize("held", [{}, {"sticker_items": [{"id": "1"}]}, {"message_snapshots": [{"message": {}}]}])
def test_an_edit_whose_words_are_kept_from_us_says_nothing(held):
    edited = {"content": "", "edited_timestamp": "2026-09-01T07:00:01+00:00"}
    assert to_reply(MESSAGE | edited | held, True, "1") is None


def test_a_message_that_holds_nothing_was_hidden_from_us():
    assert is_hidden(MESSAGE | {"content": ""})
    assert not is_hidden(MESSAGE | {"content": "", "sticker_items": [{"id": "1"}]})


def test_many_deletions_at_once_are_each_heard():
    gone = to_deleted({"ids": ["1", "2"], "channel_id": "22", "guild_id": "33"}, True, NOW)
    assert [(each.message, each.thread, each.at) for each in gone] == [("22/1", "22", NOW), ("22/2", "22", NOW)]
    assert all(each.outside for each in gone)
    (one,) = to_deleted({"id": "1", "channel_id": "22"}, False, NOW)
    assert (one.thread, one.workspace) == (None, "")


@pytest.mark.parametrize(
    ("permission", "manages"), [("administrator", True), ("manage_channels", True), ("manage_guild", True)]
)
def test_who_may_manage_the_channel_manages(permission, manages):
    permissions = discord.Permissions(**{permission: True, "send_messages": True}).value
    member = {"user": {"id": "44", "username": "ada"}, "permissions": str(permissions)}
    assert to_person({"member": member}) == Person("44", "ada", manages)
    assert not to_person({"member": {"user": {"id": "44"}, "permissions": "2048"}}).manages
    assert not to_person({"user": {"id": "44"}}).manages


def test_anybody_elses_components_are_left_alone():
    pressed = {"type": 3, "data": {"custom_id": "poll:1"}, "user": {"id": "44"}}
    assert to_command(pressed) is None
    assert to_form_answer(pressed | {"type": 5}) is None
    assert to_action("hr:later:abc|7") == "later:abc"
    assert list(part_keys([{"components": [{"custom_id": "hr:part|" + "a" * 24 + "b"}]}, {"type": 10}])) == [
        "a" * 24 + "b"
    ]


def test_a_slash_commands_empty_options_are_absent():
    typed = [{"name": "name", "type": 3, "value": "  "}, {"name": "zone", "type": 3, "value": " UTC "}]
    asked = {
        "type": 2,
        "guild_id": "33",
        "channel": {"id": "9", "type": 11, "parent_id": "22"},
        "data": {"name": "cohort", "options": [{"type": 1, "name": "create", "options": typed}]},
        "user": {"id": "44"},
    }
    command = to_command(asked)
    assert (command.name, command.options, command.channel) == ("cohort create", {"zone": "UTC"}, "22")


def test_suggestions_for_a_number_are_numbers():
    assert to_choices([Choice("Day 3", "3"), Choice("none", "x"), Choice("", "5")], True) == [
        {"name": "Day 3", "value": 3},
        {"name": "5", "value": 5},
    ]


GUILD = {"id": "33", "owner_id": "7", "roles": [{"id": "33", "permissions": str(bits(NEEDED))}]}
US = {"user": {"id": "1"}, "roles": ["8"]}


def channel(*overwrites):
    return {"permission_overwrites": [dict(zip(("id", "allow", "deny"), each, strict=True)) for each in overwrites]}


@pytest.mark.parametrize(
    ("place", "lacking"),
    [
        (channel(), ()),
        (channel(("33", "0", str(bits(["add_reactions"])))), ("add_reactions",)),
        (channel(("33", "0", str(bits(["add_reactions"]))), ("8", str(bits(["add_reactions"])), "0")), ()),
        (
            channel(("8", str(bits(["send_messages"])), "0"), ("1", "0", str(bits(["send_messages"])))),
            ("send_messages",),
        ),
        (channel(("33", "0", str(bits(["view_channel"])))), tuple(NEEDED)),
        (channel(("99", "0", str(bits(NEEDED)))), ()),
    ],
)
def test_overwrites_count_for_everybody_then_roles_then_the_member(place, lacking):
    assert missing(permissions_in(GUILD, US, place)) == lacking


def test_an_administrator_and_the_owner_may_do_everything():
    closed = channel(("33", "0", str(bits(NEEDED))))
    admin = GUILD | {"roles": [{"id": "8", "permissions": "8"}]}
    assert missing(permissions_in(admin, US, closed)) == ()
    assert missing(permissions_in(GUILD | {"owner_id": "1"}, US, closed)) == ()


def test_a_snowflake_is_its_moment():
    assert discord.utils.snowflake_time(snowflake(NOW)) == NOW
    assert snowflake(datetime(2000, 1, 1, tzinfo=UTC)) == 0


def test_an_unforeseen_error_is_logged_without_its_text():
    with pytest.raises(ValueError, match="wrote") as caught:
        raise ValueError("what a member wrote")
    assert told(caught.value).startswith("ValueError@test_discord_payloads.py:")

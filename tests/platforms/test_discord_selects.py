"""Fields to choose from, lines instead of fields that complete themselves, and the one mention that works."""

import importlib.util
from dataclasses import replace

import pytest
from discord_reader import components, read, texts
from discord_stage import Listener, running, until

from bot.chat.post import (
    Button,
    Buttons,
    Choice,
    Divider,
    Field,
    Finder,
    Form,
    Heading,
    Ping,
    Post,
    Rejected,
    Small,
    Text,
    Words,
)
from bot.config import HOME
from bot.fakes.discord.fake import FakeDiscord
from bot.platforms.discord.forms import modal, to_values, to_written
from bot.platforms.discord.render import render

KEY = "abcdefghijklmnopqrstuvw2"
PROMPTS = tuple(Choice(f"Prompt {number}", f"p{number}") for number in range(1, 4))
WHICH = Field("prompt", "Which prompt does it answer?", "It is kept there", "p2", choices=PROMPTS)
NOTE = Field("words", "Your words", value="a draft")
FORM = Form("Count as my answer", "file:7", (WHICH, NOTE), "*Why* does it matter?")
CHECKER = HOME.parent / "shared" / "checks" / "discord_payload.py"


def select_of(field):
    (label,) = modal(Form("Title", "file:7", (field,)))["components"]
    return label["component"]


async def test_a_choice_opens_with_what_was_chosen_and_comes_back_as_its_value():
    async with FakeDiscord() as fake, running(fake, Listener(says=FORM)) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        shown = await fake.command(ada, channel, "settings")
        assert dict(shown.form.fields) == {"prompt": "p2", "words": "a draft"}
        assert all(name in shown.form.text for name in ("Which prompt", "It is kept there", "Prompt 1", "Prompt 3"))
        with pytest.raises(ValueError, match="no option"):
            await fake.submit(ada, shown.form, {"prompt": "p9"})
        await fake.submit(ada, shown.form, {"prompt": "p3", "words": "**mine**\n"})
        await fake.submit(ada, shown.form, {})
        assert [form.action for form in bot.ears.forms] == ["file:7", "file:7"]
        assert bot.ears.forms[0].values == {"prompt": "p3", "words": "**mine**\n"}
        assert bot.ears.forms[1].values == {"prompt": "p2", "words": "a draft"}
        assert fake.refusals() == ()


async def test_a_choice_that_may_stay_open_may_come_back_empty():
    form = Form("Settings", "quiet:x", (replace(WHICH, value="", required=False),))
    async with FakeDiscord() as fake, running(fake, Listener(says=form)) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        shown = await fake.command(ada, channel, "settings")
        await fake.submit(ada, shown.form, {})
        assert bot.ears.forms[0].values == {"prompt": ""}
        must = replace(form, fields=(replace(WHICH, value=""),))
        bot.ears.says = must
        shown = await fake.command(ada, channel, "settings")
        with pytest.raises(ValueError, match="must be chosen"):
            await fake.submit(ada, shown.form, {})
        assert fake.refusals() == ()


def test_a_choice_is_a_select_in_a_label_within_discords_limits():
    many = tuple(Choice(f"{number} " + "long\nname " * 30, str(number)) for number in range(30))
    select = select_of(Field("day", "L" * 90, choices=(*many[:3], many[2], *many), value="4"))
    assert (select["type"], select["custom_id"], select["required"]) == (3, "day", True)
    assert "min_values" not in select
    assert [option["value"] for option in select["options"]] == [str(number) for number in range(25)]
    assert all(1 <= len(option["label"]) <= 100 and "\n" not in option["label"] for option in select["options"])
    assert [option["value"] for option in select["options"] if option.get("default")] == ["4"]
    assert select_of(replace(WHICH, required=False))["min_values"] == 0
    assert not any("default" in option for option in select_of(replace(WHICH, value="gone"))["options"])
    assert select_of(Field("x", "X", choices=(Choice(" \n ", "v"),)))["options"] == [{"label": "v", "value": "v"}]


@pytest.mark.skipif(not CHECKER.exists(), reason="Discord's OpenAPI description is not here")
def test_a_form_with_choices_fits_discords_own_description():
    spec = importlib.util.spec_from_file_location("discord_payload", CHECKER)
    checker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(checker)
    answer = {"type": 9, "data": modal(FORM)}
    assert checker.errors("POST", "/interactions/1/token/callback", answer) == []


@pytest.mark.parametrize(
    ("component", "values"),
    [
        ({"type": 3, "custom_id": "a", "values": ["x"]}, [("a", "x")]),
        ({"type": 3, "custom_id": "a", "values": ["x", "y"]}, [("a", "x")]),
        ({"type": 3, "custom_id": "a", "values": []}, [("a", "")]),
        ({"type": 3, "custom_id": "a"}, [("a", "")]),
        ({"type": 3, "custom_id": "a", "values": "x"}, [("a", "")]),
        ({"type": 3, "values": [None]}, [("", "")]),
        ({"type": 3, "custom_id": 5, "values": [{"a": 1}]}, [("5", "{'a': 1}")]),
        ({"type": 4, "custom_id": "a", "value": None}, [("a", "")]),
        ({"type": 99, "custom_id": "a", "values": ["x"]}, []),
        (None, []),
        ("x", []),
    ],
)
def test_what_comes_back_is_read_whatever_it_is(component, values):
    for wrapped in ({"type": 18, "component": component}, {"type": 1, "components": [component]}):
        assert list(to_values([wrapped])) == values
    assert list(to_values(component)) == []


async def test_what_was_chosen_is_not_given_back_as_somebodys_words():
    async with FakeDiscord() as fake, running(fake, Listener(says=FORM)) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        form = (await fake.command(ada, channel, "settings")).form
        bot.ears.fails = True
        shown = await fake.submit(ada, form, {"prompt": "p3", "words": "hard work"})
        assert "hard work" in shown.text
        assert "p3" not in shown.text
        bot.ears.fails, bot.ears.takes = False, 0.4
        late = await fake.command(ada, channel, "settings")
        assert "a draft" in late.text
        assert "p2" not in late.text
        assert list(late.buttons) == ["Count as my answer"]
    assert list(to_written(modal(FORM)["components"])) == ["a draft"]


async def test_a_form_that_was_rejected_gives_its_words_back():
    said = Rejected((("words", "Too long."),), Post("Not kept", (Text("Not kept."), Words("hard work"))))
    async with FakeDiscord() as fake, running(fake, Listener(says=FORM)) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        form = (await fake.command(ada, channel, "settings")).form
        bot.ears.says = said
        assert "hard work" in (await fake.submit(ada, form, {})).text


@pytest.mark.parametrize("label", ["Find a concept", "**Find** @everyone <@1>", "", " \n "])
def test_a_field_that_completes_itself_is_a_quiet_line_about_the_command_that_does(label):
    (body,) = render(Post("Home", (Heading("Home", 1), Finder(label, "concept"), Small("after"))), None)
    seen = read("\n".join(texts(body)))
    (line,) = [text for kind, text in seen.lines if kind == "small" and "/concept" in text]
    assert "completed while you type" in line
    assert not line.startswith(":")
    assert " ".join(label.split()) in line
    assert seen.acts == []


def test_a_post_of_nothing_but_such_a_field_is_not_empty():
    (body,) = render(Post("Home", (Divider(), Finder("Find a paper", "paper"), Divider())), None)
    assert all(each.get("content") != "" for each in components(body))
    assert "/paper" in texts(body)[0]


ROLE, PERSON = Ping("987654321098765432", "group"), Ping("123456789012345678", "person")
LONG = Post("Lesson", tuple(Text(f"Part {n}. " + "And so it goes on. " * 150) for n in range(5)))


@pytest.mark.parametrize(("ping", "mention", "allowed"), [(ROLE, "<@&{}>", "roles"), (PERSON, "<@{}>", "users")])
def test_the_first_message_mentions_who_is_pinged_and_nothing_else_does(ping, mention, allowed):
    first, *further = render(replace(LONG, ping=ping), KEY)
    assert first["components"][0] == {"type": 10, "content": mention.format(ping.ref)}
    assert first["components"][1]["type"] == 17
    assert first["allowed_mentions"] == {"parse": [], allowed: [ping.ref]}
    assert further
    assert all(body["allowed_mentions"] == {"parse": []} for body in further)
    assert all(ping.ref not in "".join(texts(body)) for body in further)


@pytest.mark.parametrize("blocks", [7, 40, 200])
def test_the_pages_are_the_same_with_and_without_a_ping_and_stay_within_the_limits(blocks):
    buttons = tuple(Buttons(tuple(Button(f"{n}-{m}", f"lesson:{n}{m}") for m in range(3))) for n in range(blocks))
    crowded = [Text("x" * n) for n in range(blocks)]
    for post in (LONG, Post("", buttons), Post("T", tuple(crowded)), Post("x", (Text("y" * 11_000),))):
        plain, pinging = render(post, KEY), render(replace(post, ping=ROLE), KEY)
        assert [body["components"][-1] for body in pinging] == [body["components"][-1] for body in plain]
        for body in pinging:
            assert len(components(body)) <= 40
            assert sum(len(text.encode("utf-16-le")) // 2 for text in texts(body)) <= 4_000


@pytest.mark.parametrize("ref", ["", "everyone", "1> @everyone <@2", "１２３", "9" * 21, "-1", "12\n", "\udc00"])
def test_what_is_no_id_of_discords_pings_nobody(ref):
    for kind in ("group", "person"):
        (body,) = render(Post("x", (Text("y"),), ping=Ping(ref, kind)), KEY)
        assert body == render(Post("x", (Text("y"),)), KEY)[0]


async def test_only_who_is_pinged_is_notified_and_only_once():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        role, other = fake.add_role("learners", mentionable=True), fake.add_role("others", mentionable=True)
        mean = Text(f"@everyone @here <@{ada}> <@&{other}> <@&{role}>")
        post = Post(f"<@&{other}>", (mean, Words(f"<@&{other}> @everyone")), ping=Ping(role, "group"))
        (body,) = bot.platform.render(post, KEY)
        message = await bot.platform.post(channel, body)
        assert fake.pinged() == (f"{message} <@&{role}>",)
        await bot.platform.edit(message, body)
        (changed,) = bot.platform.render(replace(post, blocks=(Text("changed"),)), KEY)
        await bot.platform.edit(message, changed)
        assert fake.pinged() == (f"{message} <@&{role}>",)
        edits = [call.body for call in fake.calls("PATCH *")]
        assert [body["allowed_mentions"] for body in edits] == [{"parse": []}, {"parse": []}]
        await bot.platform.say(channel, replace(post, ping=Ping(ada, "person")), "z" * 24)
        await until(lambda: len(fake.pinged()) == 2)
        assert fake.pinged()[1].endswith(f"<@{ada}>")
        assert fake.refusals() == ()


async def test_a_role_that_may_not_be_mentioned_notifies_nobody_and_the_lesson_goes_out():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel, role = fake.add_channel("cohort"), fake.add_role("quiet")
        (body,) = bot.platform.render(Post("x", (Text("y"),), ping=Ping(role, "group")), KEY)
        await bot.platform.post(channel, body)
        assert len(fake.posts(channel)) == 1
        assert fake.pinged() == ()

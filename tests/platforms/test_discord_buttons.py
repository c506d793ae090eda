"""Buttons and forms outlive the process that made them, because nothing about them is remembered; and what somebody
made up does no harm."""

import pytest
from discord_stage import Listener, running, until

from bot.chat.commands import COMMANDS, HIDDEN, from_action
from bot.chat.post import Button, Buttons, Field, Form, Post, Text
from bot.fakes.discord.fake import FakeDiscord
from bot.platforms.discord.marks import to_action, to_custom_id
from bot.platforms.discord.render import render

KEY = "abcdefghijklmnopqrstuvw2"
LONGEST = "x" * 60
ACTIONS = (
    *(f"{name}:{KEY}" for name in HIDDEN),
    *(spec.name for spec in COMMANDS),
    "lesson:31",
    "concept:Schelling points | coordination",
    f"concept:{'ü' * 52}",
    f"file:7:{KEY}",
    LONGEST,
)
FORM = Form("Write my answer", f"write:{KEY}", (Field("answer", "Your answer"),))


def posts():
    """Every action, five in a row, in several messages; and once more, so that each stands twice in a message."""
    labelled = [Button(f"{number} {action}"[:75], action) for number, action in enumerate(ACTIONS * 2)]
    return [Post("All", (Text("Press."), Buttons(tuple(labelled[at : at + 5])))) for at in range(0, len(labelled), 5)]


async def test_every_button_works_in_a_process_that_did_not_post_it():
    async with FakeDiscord() as fake:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with running(fake) as before:
            for number, post in enumerate(posts()):
                (body,) = before.platform.render(post, f"{KEY[:-2]}{'abcdefghijklmnopqrstuvwxyz'[number]}2")
                await before.platform.post(channel, body)
        for _ in range(2):
            async with running(fake) as after:
                pressed = await _press_all(fake, ada, channel)
                assert pressed == len(ACTIONS) * 2
                asked = [(command.name, dict(command.options)) for command in after.ears.commands]
                assert asked == [from_action(action) for action in ACTIONS * 2]
        assert fake.refusals() == ()


async def _press_all(fake, person, channel) -> int:
    pressed = 0
    for posted in fake.posts(channel):
        for label in [line for line in posted.text.split("\n") if line[:1].isdigit()]:
            shown = await fake.press(person, posted.message, label)
            assert (shown.private, shown.text) == (True, "Hello there.")
            pressed += 1
    return pressed


async def test_a_private_answers_button_and_an_open_form_outlive_a_restart_too():
    says = Post("Look", (Text("Look."), Buttons((Button("Again", "lesson:31"),))))
    async with FakeDiscord() as fake:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with running(fake, Listener(says=says)) as before:
            private = await fake.command(ada, channel, "today")
            before.ears.says = FORM
            form = (await fake.command(ada, channel, "settings")).form
        async with running(fake) as after:
            await fake.press(ada, private, "Again")
            await fake.submit(ada, form, {"answer": "all of it"})
            assert after.ears.commands[0].options == {"day": "31"}
            assert [(sent.action, sent.values) for sent in after.ears.forms] == [(FORM.action, {"answer": "all of it"})]
        assert fake.refusals() == ()


def test_every_custom_id_fits_and_comes_back_as_its_action():
    for part in (KEY, f"{KEY}z", "17", None):
        for action in ACTIONS:
            custom_id = to_custom_id(action, part)
            assert len(custom_id) <= 100
            assert to_action(custom_id) == action


def test_an_action_that_looks_as_if_it_ended_in_a_marker_comes_back_whole():
    for action in (f"concept:{KEY}", "concept:a|b", "concept:a | 7 b", "concept:a|7", f"file:7|{KEY}", "write:|1|2"):
        for part in (KEY, f"{KEY}z", "3", None):
            assert to_action(to_custom_id(action, part)) == action


def test_an_action_that_is_longer_than_promised_is_not_cut_but_raised():
    with pytest.raises(ValueError, match="too long"):
        render(Post("x", (Buttons((Button("x", "y" * 98),)),)), KEY)


@pytest.mark.parametrize(
    "custom_id", ["", "hr", "HR:write:x", " hr:write:x", "other:write:x", "xhr:today", "\nhr:today"]
)
def test_a_custom_id_that_is_not_ours_has_no_action(custom_id):
    assert to_action(custom_id) is None


FORGED = (
    "", "hr", "hr:", "hr:|", "HR:write:x", " hr:write:x", "other:write:x", "hr:write", "hr:write:", f"hr:|{KEY}",
    "hr:write:" + "x" * 5_000, "hr:cohort pause", "hr:part", "hr:write:\0", "hr:write:\u202e@everyone", "hr:\ud800",
    "hr:write:' OR 1=1 --", "hr:a\nb:c|9", "hr:" + ":" * 80,
)  # fmt: skip


async def test_what_somebody_made_up_is_at_most_a_command_like_any_other():
    async with FakeDiscord() as fake, running(fake) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        for kind in (3, 5):
            for custom_id in FORGED:
                body = {"component_type": 2, "custom_id": custom_id, "components": None}
                fake.interactions.start(fake.world, kind, int(ada), fake.world.channels[int(channel)], body)
        await fake.command(ada, channel, "today")
        await until(lambda: len(bot.ears.commands) == 1 + sum(to_action(each) is not None for each in FORGED))
        assert all(command.person.ref == ada and not command.person.manages for command in bot.ears.commands)
        assert {form.action for form in bot.ears.forms} <= {to_action(each) for each in FORGED}
        assert fake.posts(channel) == ()
        assert fake.refusals() == ()


@pytest.mark.parametrize("kind", [2, 3, 4, 5, 99])
@pytest.mark.parametrize("body", [{}, {"custom_id": None}, {"name": 5, "options": None}, {"components": "x"}])
async def test_an_interaction_that_lacks_everything_harms_no_other(kind, body):
    async with FakeDiscord() as fake, running(fake) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        fake.interactions.start(fake.world, kind, int(ada), fake.world.channels[int(channel)], body)
        await fake.command(ada, channel, "today")
        assert [each.name for each in bot.ears.commands][-1] == "today"
        assert not bot.task.done()

"""An answer that everybody in the place reads, by Discord's and Slack's real clients, and in the simulator's room."""

import pytest
from discord_stage import Listener
from discord_stage import running as discord_running
from slack_room import open_room

from bot.chat.inbound import Command
from bot.chat.post import Button, Buttons, Post, Text
from bot.fakes.discord.fake import FakeDiscord
from bot.fakes.faults import Fault, Kind
from bot.platforms.simulator.render import to_bodies
from bot.platforms.simulator.room import Room
from bot.platforms.simulator.terms import Told

BUTTON = Post("A button", (Text("Press it."), Buttons((Button("Tell all", "share:x"),))))
TOLD = Post("For all", (Text("@everyone **Told** to all. <!channel>"),), for_all=True)
LONG = Post("For all", tuple(Text(f"{number} " + "word " * 180) for number in range(12)), for_all=True)


@pytest.mark.parametrize("takes", [0.0, 0.5], ids=["at once", "deferred"])
@pytest.mark.parametrize("said", [TOLD, LONG], ids=["short", "long"])
async def test_on_discord_it_stands_in_the_thread(takes: float, said: Post):
    async with FakeDiscord() as fake, discord_running(fake, Listener(says=BUTTON)) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        message = await bot.platform.post(channel, {"flags": 32768, "components": [{"type": 10, "content": "Prompt"}]})
        thread = await bot.platform.open_thread(message, "Prompt")
        asked = await fake.message_command(ada, await fake.reply(ada, thread, "what?"), "Explain this")
        assert asked.private
        bot.ears.says, bot.ears.takes = said, takes
        shown = await fake.press(ada, asked, "Tell all")
        standing = fake.posts(thread)
        assert len(standing) == (1 if said is TOLD else len(bot.platform.render(said, None)))
        assert ("Here it is, for all to see." in shown.text) is bool(takes)
        assert not shown.private
        assert fake.pinged() == ()
        assert fake.refusals() == ()


@pytest.mark.parametrize("said", [TOLD, LONG], ids=["short", "long"])
async def test_on_slack_it_stands_where_the_button_was(said: Post):
    async with open_room() as room:
        lesson = await room.lesson()
        message = await room.fake.reply(room.ada, lesson, "what?")
        room.ears.says = lambda command: said if command.name == "share" else BUTTON
        asked = await room.fake.shortcut(room.ada, "hr:explain", message)
        assert asked.private
        await room.fake.press(room.ada, asked, "Tell all")
        assert len(in_thread(room, lesson)) == len(room.platform.render(said, None))
        assert room.fake.refusals() == ()
        assert room.fake.pinged() == ()


@pytest.mark.parametrize(
    ("fault", "stand"), [(Kind.ACCEPT_THEN_DROP, 1), (Kind.DROP, 0)], ids=["it arrived", "it did not"]
)
async def test_slack_is_not_asked_twice_when_it_is_unclear_what_became_of_it(fault: Kind, stand: int):
    async with open_room() as room:
        lesson, asked = await explained(room)
        room.fake.plan.next_calls("chat.postMessage", Fault(fault))
        shown = await room.fake.press(room.ada, asked, "Tell all")
        assert len(in_thread(room, lesson)) == stand
        assert shown.text == "", "nothing that says it is for them alone: it may stand there for all"


async def test_where_slack_does_not_let_us_speak_it_is_told_to_who_asked():
    async with open_room() as room:
        lesson, asked = await explained(room)
        room.fake.remove_bot(room.channel)
        shown = await room.fake.press(room.ada, asked, "Tell all")
        assert shown.private
        assert "Told" in shown.text
        assert in_thread(room, lesson) == []


async def test_in_the_simulator_it_is_a_message_and_in_a_direct_conversation_a_note():
    room = Room()
    channel, ada, ben = room.add_channel("cohort"), room.add_person("Ada"), room.add_person("Ben")
    room.bot = Telling()
    shown = await room.command(ada, channel, "share")
    assert not shown.private
    assert [each.author for each in room.messages(channel)] == [None]
    assert room.whispers(ada) == room.whispers(ben) == ()
    await room.command(ada, room.dm(ada), "share")
    assert room.messages(room.dm(ada)) == ()
    assert len(room.whispers(ada)) == 1
    room.close()


class Telling:
    """A bot that answers everything for all."""

    async def answer(self, command: Command) -> Told:
        return Told(to_bodies(TOLD, None), for_all=True)


async def explained(room):
    lesson = await room.lesson()
    message = await room.fake.reply(room.ada, lesson, "what?")
    room.ears.says = lambda command: TOLD if command.name == "share" else BUTTON
    return lesson, await room.fake.shortcut(room.ada, "hr:explain", message)


def in_thread(room, lesson: str):
    channel, _, root = lesson.partition("/")
    world = room.fake.world
    standing = world.thread(world.channels[channel], root)
    return [each for each in standing if each.is_reply and each.bot_id == world.bot_id]

"""Emoji under messages, as each platform tells of them, and the addresses that lead to a message."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from contract_ground import PLATFORMS, UNLIMITED, Ground, Server, open_ground
from discord_stage import Listener, running
from discord_stage import until as until_within
from slack_room import open_room

from bot.chat.inbound import Reacted
from bot.chat.port import Mark
from bot.chat.post import Post, Text
from bot.fakes.discord.fake import FakeDiscord
from bot.platforms.discord.reactions import REACTION, is_persons, to_reacted
from bot.platforms.slack.events import Identity
from bot.platforms.slack.reactions import to_reacted as to_reacted_on_slack
from bot.platforms.slack.scopes import OPTIONAL

PROMPT = Post("Prompt", (Text("Why?"),))
EMOJI = {"discord": "\N{CLAPPING HANDS SIGN}", "slack": "clap", "simulator": "\N{CLAPPING HANDS SIGN}"}
US = Identity("UBOT", "BBOT", "T1")


async def until(true: Callable[[], object]) -> None:
    await until_within(true, 15.0)


async def put(ground: Ground, person: str, message: str, there: bool = True) -> None:
    emoji = EMOJI[ground.name]
    if ground.name == "simulator":
        await ground.stage.emoji.put(person, message, emoji, there=there)
    else:
        await (ground.stage.react if there else ground.stage.unreact)(person, message, emoji)


async def answered(ground: Ground) -> str:
    """Ada's reply in a prompt's thread."""
    [body] = ground.platform.render(PROMPT, None)
    message = await ground.platform.post(ground.channel, body | ({"key": None} if ground.name == "simulator" else {}))
    return await ground.stage.reply(ground.ada, await ground.platform.open_thread(message, "Why?"), "Because.")


@pytest.mark.parametrize("name", PLATFORMS)
async def test_one_that_comes_and_goes_is_seen_with_whose_it_is_and_ours_is_not(name: str) -> None:
    async with open_ground(Server(name)) as ground:
        message = await answered(ground)
        await until(lambda: ground.ears.heard)
        await ground.platform.acknowledge(message, Mark.PRAISED)
        await put(ground, ground.ben, message)
        await put(ground, ground.ben, message)
        await put(ground, ground.ben, message, there=False)
        await until(lambda: len(ground.ears.seen) == 2)
        came, went = ground.ears.seen
        assert (came.platform, came.message, came.person.ref, came.there) == (name, message, ground.ben, True)
        assert came.emoji == EMOJI[name]
        assert came.workspace == ground.ears.heard[0].workspace
        assert replace(came, there=False, at=went.at) == went


@pytest.mark.parametrize("name", PLATFORMS)
async def test_praise_is_a_reaction_of_ours_that_stands_once(name: str) -> None:
    async with open_ground(Server(name)) as ground:
        message = await answered(ground)
        for _ in range(2):
            await ground.platform.acknowledge(message, Mark.PRAISED)
        assert len(ground.stage.reactions(message)) == 1
        assert ground.stage.refusals() == ()


async def test_on_discord_bots_and_direct_messages_are_not_seen_and_moderators_are() -> None:
    async with FakeDiscord(rates=UNLIMITED) as fake, running(fake) as bot:
        channel, ada, ben = fake.add_channel("cohort"), fake.add_person("Ada"), fake.add_person("Ben")
        message = await fake.reply(ada, channel, "mine")
        beep = fake.post_as_other_bot(channel, "beep")
        other_bot = str(fake.world.channels[int(channel)].messages[int(beep.partition("/")[2])].author_id)
        await fake.react(other_bot, message, "x")
        direct = await fake.reply(ada, fake.dm_channel(ada), "direct")
        await fake.react(ada, direct, "x")
        await fake.react(ben, message, "x")
        fake.clear_reactions(message, "x")
        fake.clear_reactions(message)
        await until(lambda: len(bot.ears.seen) == 3)
        assert [(each.person.ref, each.emoji, each.there) for each in bot.ears.seen] == [
            (ben, "x", True),
            ("", "x", False),
            ("", "", False),
        ]


class Deaf(Listener):
    """Keeps no emoji but "y"."""

    async def see(self, reacted: Reacted) -> None:
        if reacted.emoji != "y":
            raise RuntimeError("the database is gone")
        await super().see(reacted)


async def test_on_discord_one_that_cannot_be_kept_is_lost_and_nothing_is_read_again_for_it() -> None:
    async with FakeDiscord(rates=UNLIMITED) as fake, running(fake, Deaf()) as bot:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        message = await fake.reply(ada, channel, "mine")
        gaps = bot.ears.gaps
        for emoji in ("x", "y"):
            await fake.react(ada, message, emoji)
        await until(lambda: bot.ears.seen)
        assert bot.ears.gaps == gaps


async def test_on_slack_one_that_cannot_be_kept_is_acknowledged_all_the_same() -> None:
    async with open_room() as room:
        thread = await room.lesson()
        message = await room.fake.reply(room.ada, thread, "Because.")
        await until(lambda: room.ears.heard)
        room.ears.deny = 1
        await room.fake.react(room.fay, message, "clap")
        await room.fake.react(room.fay, message, "tada")
        await until(lambda: room.ears.seen)
        await room.fake.settle(15)
        assert [each.emoji for each in room.ears.seen] == ["tada"]
        assert room.fake.lost == ()


async def test_on_slack_without_the_scope_nothing_is_told_and_all_else_is() -> None:
    async with open_room() as room:
        room.fake.take_scope("reactions:read")
        thread = await room.lesson()
        message = await room.fake.reply(room.ada, thread, "Because.")
        await room.fake.react(room.fay, message, "clap")
        await room.fake.reply(room.ada, thread, "And more.")
        await until(lambda: len(room.ears.heard) == 2)
        assert room.ears.seen == []
    assert "reactions:read" in OPTIONAL


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"user": "UBOT"}, id="ours"),
        pytest.param({"user": None}, id="nobody's"),
        pytest.param({"item_user": "UBOT"}, id="under ours"),
        pytest.param({"item_user": None}, id="under an app's"),
        pytest.param({"item": {"type": "file", "file": "F1"}}, id="under a file"),
        pytest.param({"item": {"type": "message", "channel": 1, "ts": "1.2"}}, id="nowhere"),
        pytest.param({"item": None}, id="nothing"),
    ],
)
def test_what_stands_under_no_persons_message_on_slack_is_nothing(event: dict[str, object]) -> None:
    item = {"type": "message", "channel": "C1", "ts": "1700000000.000200"}
    whole = {"type": "reaction_added", "user": "U1", "item_user": "U2", "reaction": "x", "item": item}
    told = whole | {"event_ts": "1700000009.000000"}
    assert isinstance(to_reacted_on_slack(told, "T1", US), Reacted)
    assert to_reacted_on_slack(told | event, "T1", US) is None


def test_an_emoji_of_a_discord_server_goes_by_its_name_and_a_long_one_is_cut() -> None:
    now = datetime(2026, 9, 7, tzinfo=UTC)
    payload = {"channel_id": "1", "message_id": "2", "guild_id": "3", "user_id": "4"}

    def emoji(**named: object) -> str:
        return to_reacted(f"{REACTION}ADD", {**payload, "emoji": named}, now).emoji

    assert emoji(name="party", id="99") == "party"
    assert emoji(name=None, id="99") == "99"
    assert emoji() == ""
    assert len(emoji(name="x" * 1_000_000)) == 100
    assert not is_persons({**payload, "member": {"user": {"bot": True}}}, "7")
    assert not is_persons(payload, "4")


async def test_discords_addresses_lead_to_channels_threads_and_messages_that_are_known() -> None:
    async with FakeDiscord(rates=UNLIMITED) as fake, running(fake) as bot:
        link, guild = bot.platform.link, fake.workspace
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        await until(lambda: link(channel))
        message = await bot.platform.post(channel, bot.platform.render(PROMPT, None)[0])
        assert link(channel) == f"https://discord.com/channels/{guild}/{channel}"
        assert link(message) == f"https://discord.com/channels/{guild}/{message}"
        assert link("1/2") is None, "in no guild that we know"
        assert link("1/2", "99") == "https://discord.com/channels/99/1/2"
        assert link(await fake.reply(ada, fake.dm_channel(ada), "direct")) is None
        for forged in ("", "form:1:2", "../x", "1/2/3", "1/", "javascript:alert(1)"):
            assert link(forged, guild) is None


async def test_slacks_addresses_are_those_of_the_workspace_and_lead_nowhere_private() -> None:
    async with open_room() as room:
        message = await room.lesson()
        channel, _, ts = message.partition("/")
        at = "https://homeroom-test.slack.com/archives"
        assert room.platform.link(message) == f"{at}/{channel}/p{ts.replace('.', '')}"
        assert room.platform.link(channel) == f"{at}/{channel}"
        for ref in (f"{room.fake.dm(room.ada)}/{ts}", "", "form:1:2", "C1/x", "C1/1.2/3", "../C1"):
            assert room.platform.link(ref) is None

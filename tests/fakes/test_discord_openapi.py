"""What the fake takes also fits Discord's own OpenAPI description, where that is at hand."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from fake_discord_clients import connected
from test_discord_limits import BREAKS, FITS

from bot.fakes.discord import FakeDiscord

CHECKER = Path(__file__).parents[3] / "shared" / "checks" / "discord_payload.py"
pytestmark = pytest.mark.skipif(not CHECKER.exists(), reason="Discord's OpenAPI description is not here")


@pytest.fixture(scope="module")
def checker() -> Any:
    spec = importlib.util.spec_from_file_location("discord_payload", CHECKER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("body", FITS)
def test_what_the_fake_takes_fits_the_description(checker: Any, body: dict[str, Any]) -> None:
    assert checker.errors("POST", "/channels/1/messages", body) == []


def test_what_the_description_refuses_the_fake_refuses_too(checker: Any) -> None:
    refused = [body for body, _ in BREAKS if checker.errors("POST", "/channels/1/messages", body)]
    assert len(refused) >= 15


async def test_bodies_of_the_real_client_fit_the_description(checker: Any) -> None:
    async with FakeDiscord() as fake:
        channel = fake.add_channel("cohort")
        async with connected(fake) as bot:
            message = await bot.get_channel(int(channel)).send("x", nonce="key")
            await message.create_thread(name="Prompt")
        for call in fake.calls("POST /channels/*"):
            method, path = call.call.split(" ")
            assert checker.errors(method, path, call.body) == []

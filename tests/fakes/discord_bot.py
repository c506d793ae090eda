"""A discord.py client pointed at a fake Discord, quick to start: what the tests of the fake talk through."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import discord
import yarl
from discord import app_commands

from bot.fakes.discord import FakeDiscord


class Bot(discord.Client):
    """Keeps every event that it hears: (name, arguments)."""

    def __init__(self, intents: discord.Intents) -> None:
        super().__init__(
            intents=intents,
            guild_ready_timeout=0.05,
            max_ratelimit_timeout=30.0,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.tree = app_commands.CommandTree(self)
        self.heard: list[tuple[str, tuple[Any, ...]]] = []
        self.news = asyncio.Event()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """No waiting between identifies."""

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        self.heard.append((event, args))
        self.news.set()
        super().dispatch(event, *args, **kwargs)

    async def hears(self, event: str, times: int = 1) -> tuple[Any, ...]:
        """Wait until the event has been heard so often; its last arguments."""
        async with asyncio.timeout(5):
            while len(found := [args for name, args in self.heard if name == event]) < times:
                self.news.clear()
                await self.news.wait()
        return found[-1]

    def count(self, event: str) -> int:
        return sum(name == event for name, _ in self.heard)


def point_at(fake: FakeDiscord) -> None:
    discord.http.Route.BASE = fake.api_url
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(fake.gateway_url)


def intents(content: bool = True) -> discord.Intents:
    chosen = discord.Intents.none()
    chosen.guilds = chosen.guild_messages = chosen.dm_messages = True
    chosen.guild_reactions = True
    chosen.message_content = content
    return chosen


@asynccontextmanager
async def connected(fake: FakeDiscord, content: bool = True) -> AsyncIterator[Bot]:
    """A client that is logged in and ready."""
    point_at(fake)
    bot = Bot(intents(content))
    running = asyncio.create_task(bot.start(fake.token))
    try:
        await bot.hears("ready")
        yield bot
    finally:
        await bot.close()
        with suppress(Exception):
            await running

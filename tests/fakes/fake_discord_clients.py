"""What the tests of the fake Discord talk through: a discord.py client that is quick to start, and bare HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
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


class Raw:
    """Bare HTTP with the bot's token. `headers` and `status` are the last answer's."""

    def __init__(self, fake: FakeDiscord, session: aiohttp.ClientSession) -> None:
        self._fake, self._session = fake, session
        self.headers: dict[str, str] = {}
        self.status = 0

    async def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The answer's JSON, or its text, or None when it is empty."""
        headers = {"Authorization": f"Bot {self._fake.token}"} | more.pop("headers", {})
        arguments = {"json": body} if body is not None else {}
        url = self._fake.api_url + path
        async with self._session.request(method, url, headers=headers, **arguments, **more) as answer:
            self.headers, self.status = dict(answer.headers), answer.status
            if answer.headers.get("Content-Type") == "application/json":
                return await answer.json()
            return await answer.text() or None

    async def code(self, method: str, path: str, body: Any = None, **more: Any) -> int:
        """The error code of the answer, or 0 when the call was taken."""
        answer = await self(method, path, body, **more)
        return answer["code"] if self.status >= 400 else 0


@asynccontextmanager
async def raw(fake: FakeDiscord) -> AsyncIterator[Raw]:
    async with aiohttp.ClientSession() as session:
        yield Raw(fake, session)


def told(answer: Any) -> str:
    """Every error code in an invalid form body."""
    if isinstance(answer, dict):
        own = [each["code"] for each in answer.get("_errors", ())]
        return " ".join(own + [each for key, value in answer.items() if key != "_errors" and (each := told(value))])
    return ""

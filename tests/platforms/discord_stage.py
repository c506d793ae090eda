"""A real DiscordPlatform on the fake's sockets, and ears that keep what they hear."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from bot.chat.inbound import Command, FormAnswer, Heard, Partial, Reacted
from bot.chat.port import Ready
from bot.chat.post import Choice, Form, Post, Rejected, Text
from bot.fakes.discord.fake import FakeDiscord
from bot.platforms.discord.client import DiscordPlatform

HELLO = Post("Hello", (Text("Hello there."),))


@dataclass
class Listener:
    """Ears that remember. `says` is the next answers; a callable one decides by what was asked, and may raise."""

    heard: list[Heard] = field(default_factory=list)
    seen: list[Reacted] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    forms: list[FormAnswer] = field(default_factory=list)
    partials: list[Partial] = field(default_factory=list)
    choices: tuple[Choice, ...] = ()
    says: Post | Form | Rejected | Callable[[], Post | Form | Rejected] = HELLO
    takes: float = 0.0
    fails: bool = False
    gaps: int = 0
    missing: list[Callable[[str], bool] | None] = field(default_factory=list)

    async def hear(self, heard: Heard) -> None:
        if self.fails:
            raise RuntimeError("the database is gone")
        self.heard.append(heard)

    async def see(self, reacted: Reacted) -> None:
        if self.fails:
            raise RuntimeError("the database is gone")
        self.seen.append(reacted)

    async def answer(self, command: Command) -> Post | Form:
        self.commands.append(command)
        return await self._say()

    async def take(self, form: FormAnswer) -> Post | Form | Rejected:
        self.forms.append(form)
        return await self._say()

    def suggest(self, partial: Partial) -> tuple[Choice, ...]:
        self.partials.append(partial)
        return self.choices

    def missed(self, workspaces: Callable[[str], bool] | None = None) -> None:
        self.gaps += 1
        self.missing.append(workspaces)

    async def _say(self):
        await asyncio.sleep(self.takes)
        if self.fails:
            raise RuntimeError("the database is gone")
        return self.says() if callable(self.says) else self.says


@dataclass
class Running:
    platform: DiscordPlatform
    ears: Listener
    readies: list[None]
    task: asyncio.Task[None]


def platform_for(
    fake: FakeDiscord, token: str | None = None, gateway: FakeDiscord | None = None, **more: Any
) -> DiscordPlatform:
    """As an operator sets it up, only less patient. `gateway`: another fake whose gateway is used."""
    url = (gateway or fake).gateway_url
    settings = {"identify_pause": 0.05, "defer_after": 0.25} | more
    return DiscordPlatform(token or fake.token, fake.api_url, url, **settings)


@contextlib.asynccontextmanager
async def running(
    fake: FakeDiscord, ears: Listener | None = None, wait: bool = True, **more: Any
) -> AsyncIterator[Running]:
    """The platform, connected and ready. `more`: its settings."""
    ears, platform = ears or Listener(), platform_for(fake, **more)
    async with _started(platform, ears, lambda ready: platform.run(ears, ready), wait) as bot:
        yield bot


@contextlib.asynccontextmanager
async def speaking(fake: FakeDiscord, wait: bool = True, **more: Any) -> AsyncIterator[Running]:
    """The platform of a process that only posts."""
    platform = platform_for(fake, **more)
    async with _started(platform, Listener(), platform.speak, wait) as bot:
        yield bot


@contextlib.asynccontextmanager
async def _started(
    platform: DiscordPlatform, ears: Listener, start: Callable[[Ready], Coroutine[Any, Any, None]], wait: bool
) -> AsyncIterator[Running]:
    readies: list[None] = []
    task = asyncio.create_task(start(lambda: readies.append(None)))
    try:
        if wait:
            await until(lambda: bool(readies) or task.done())
        yield Running(platform, ears, readies, task)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for something that is about to happen; an AssertionError when it does not."""
    for _ in range(int(seconds / 0.01)):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen in time")

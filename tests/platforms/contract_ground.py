"""Where the contract is asked: a running platform, its ears, a channel, and, on our own fakes, people who act."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from discord_stage import Listener

from bot.chat.port import Platform
from bot.fakes.discord import FakeDiscord, Rates
from bot.fakes.faults import FaultPlan
from bot.fakes.slack import FakeSlack, Timing
from bot.platforms.discord.client import DiscordPlatform
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room
from bot.platforms.slack.client import SlackPlatform

PLATFORMS = ("discord", "slack", "simulator")
BY_URL = ("discord", "slack")
UNLIMITED = Rates(overall=1_000_000, ordinary=(1_000_000, 1.0))
QUICK = Timing(acknowledge=2.0, retries=(0.0, 0.2, 0.4), settle=0.05, offline=5.0, grace=0.2)


@dataclass(frozen=True)
class Server:
    """A platform, and where it is when it is not one of ours."""

    platform: str
    url: str = ""
    gateway: str = ""
    channel: str = ""

    @property
    def title(self) -> str:
        return f"{self.platform} at {self.url}" if self.url else self.platform


@dataclass
class Ground:
    """stage, plan and the people are there on our own fakes only."""

    name: str
    platform: Platform
    channel: str
    ears: Listener = field(default_factory=Listener)
    stage: Any = None
    plan: FaultPlan | None = None
    ada: str = ""
    ben: str = ""
    impostor: Platform | None = None


def server_of(name: str, config: pytest.Config) -> Server | None:
    """The server that the options name."""
    url = config.getoption(f"--{name}-url", None)
    if not url:
        return None
    gateway = config.getoption("--discord-gateway", None) if name == "discord" else ""
    channel = config.getoption(f"--{name}-channel", None)
    if not channel or gateway is None:
        raise pytest.UsageError(f"--{name}-url needs --{name}-channel as well, and Discord its --discord-gateway")
    return Server(name, url, gateway, channel)


@contextlib.asynccontextmanager
async def open_ground(server: Server) -> AsyncIterator[Ground]:
    """The platform, connected and ready."""
    async with _grounds[server.platform, bool(server.url)](server) as ground:
        ready = asyncio.Event()
        task = asyncio.create_task(ground.platform.run(ground.ears, ready.set))
        waiting = asyncio.create_task(ready.wait())
        try:
            await asyncio.wait({task, waiting}, timeout=20, return_when=asyncio.FIRST_COMPLETED)
            assert ready.is_set(), task
            yield ground
        finally:
            task.cancel()
            waiting.cancel()
            await asyncio.gather(task, waiting, return_exceptions=True)


@contextlib.asynccontextmanager
async def _fake_discord(server: Server) -> AsyncIterator[Ground]:
    plan = FaultPlan()
    async with FakeDiscord(plan=plan, rates=UNLIMITED) as fake:
        urls = (fake.api_url, fake.gateway_url)
        platform = DiscordPlatform(fake.token, *urls, identify_pause=0.05, defer_after=0.25)
        wrong = DiscordPlatform("no-token-of-anybody", *urls)
        ground = _peopled(Ground("discord", platform, "", stage=fake, plan=plan, impostor=wrong))
        fake.give_permission(ground.channel, "pin_messages")
        yield ground


@contextlib.asynccontextmanager
async def _fake_slack(server: Server) -> AsyncIterator[Ground]:
    plan = FaultPlan()
    async with FakeSlack(plan=plan, rate=None, timing=QUICK) as fake:
        platform = SlackPlatform(fake.bot_token, fake.app_token, api_url=fake.api_url, pace=0)
        wrong = SlackPlatform("xoxb-nobodys", "xapp-nobodys", api_url=fake.api_url, pace=0)
        yield _peopled(Ground("slack", platform, "", stage=fake, plan=plan, impostor=wrong))


@contextlib.asynccontextmanager
async def _rehearsal_room(server: Server) -> AsyncIterator[Ground]:
    room = Room()
    with contextlib.closing(room):
        yield _peopled(Ground("simulator", SimulatorPlatform(room), "", stage=room))


def _peopled(ground: Ground) -> Ground:
    ground.channel = ground.stage.add_channel("cohort")
    ground.ada, ground.ben = ground.stage.add_person("Ada"), ground.stage.add_person("Ben")
    return ground


@contextlib.asynccontextmanager
async def _discord_by_url(server: Server) -> AsyncIterator[Ground]:
    platform = DiscordPlatform(os.environ["DISCORD_TOKEN"], server.url, server.gateway)
    wrong = DiscordPlatform("no-token-of-anybody", server.url, server.gateway)
    yield Ground("discord", platform, server.channel, impostor=wrong)


@contextlib.asynccontextmanager
async def _slack_by_url(server: Server) -> AsyncIterator[Ground]:
    tokens = (os.environ["SLACK_BOT_TOKEN"], os.environ["SLACK_APP_TOKEN"])
    platform = SlackPlatform(*tokens, api_url=server.url)
    wrong = SlackPlatform("xoxb-nobodys", tokens[1], api_url=server.url)
    yield Ground("slack", platform, server.channel, impostor=wrong)


_grounds = {
    ("discord", False): _fake_discord,
    ("slack", False): _fake_slack,
    ("simulator", False): _rehearsal_room,
    ("discord", True): _discord_by_url,
    ("slack", True): _slack_by_url,
}

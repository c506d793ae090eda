"""The rehearsal room's page, served, with a bot behind it that says what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from bot.chat.inbound import Command, FormAnswer, Heard, Partial, Reacted
from bot.chat.post import Button, Buttons, Choice, Finder, Post, Rejected, Text, Words
from bot.platforms.simulator.page import room_app
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\x00\ud800\u202e"
ASKED = {"X-Rehearsal-Room": "1"}


class EchoEars:
    async def hear(self, heard: Heard) -> None: ...

    async def see(self, reacted: Reacted) -> None: ...

    async def answer(self, command: Command) -> Post:
        words = f"{command.name} {json.dumps(dict(command.options))}"
        said = f"{words} about {command.about.text}" if command.about else words
        row = Buttons((Button("More", "today"), Button("For facilitators", "home:facilitator")))
        return Post("Echo", (Words(said), row, Finder("Look up a concept", "concept")))

    async def take(self, form: FormAnswer) -> Post | Rejected:
        if form.values.get("answer") == "no":
            return Rejected((("answer", "Say more."),), Post("No", (Text("No."),)))
        raise OSError("the database is gone")

    def suggest(self, partial: Partial) -> tuple[Choice, ...]:
        return (Choice(f"for {partial.text}", "chosen"),)

    def missed(self, workspaces: Callable[[str], bool] | None = None) -> None: ...


class SlowControls:
    """Moves on when `go` is set."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def next_day(self) -> str:
        await self.go.wait()
        return "It is Tuesday."

    def now(self) -> datetime:
        return datetime(2026, 9, 1, 7, tzinfo=UTC).astimezone(ZoneInfo("Europe/Zurich"))

    def status(self) -> str:
        return "Nothing posted yet"


@asynccontextmanager
async def opened(room: Room, controls: SlowControls) -> AsyncIterator[TestClient]:
    platform = SimulatorPlatform(room)
    task = asyncio.create_task(platform.run(EchoEars(), lambda: None))
    async with TestClient(TestServer(room_app(room, platform, controls))) as client:
        yield client
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def room_of_two() -> Room:
    """Ada, and Noor who manages."""
    room = Room()
    room.add_channel("spring")
    room.add_person("Ada")
    room.add_person("Noor", manages=True)
    return room


async def ask(client: TestClient, path: str, **asked: object) -> ClientResponse:
    return await client.post(f"/api/{path}", json=asked, headers=ASKED)

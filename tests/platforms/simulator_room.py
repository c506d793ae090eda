"""A room with a bot in it that keeps what it hears."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.chat.inbound import Command, FormAnswer, Heard, Partial, Reacted
from bot.chat.post import Button, Buttons, Choice, Field, Form, Post, Rejected, Text, Words
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
KEY = "abcdefghijklmnopqrstuvwx"
PROMPT = Post("Prompt 1", (Text("Why?"), Buttons((Button("Write my answer", "write:k", "primary"),))))


class PlainEars:
    """Keeps what it hears; refuses while `deaf`."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.seen: list[Reacted] = []
        self.deaf = 0

    async def hear(self, heard: Heard) -> None:
        if self.deaf:
            self.deaf -= 1
            raise OSError("the database is gone")
        self.heard.append(heard)

    async def see(self, reacted: Reacted) -> None:
        self.seen.append(reacted)

    async def answer(self, command: Command) -> Post | Form:
        if command.name == "write":
            return Form("Your answer", "write:k", (Field("answer", "Answer", value="draft"),), intro="Why?")
        if command.name == "boom":
            raise OSError("the database is gone")
        words = " ".join(f"{key}={value}" for key, value in command.options.items())
        return Post("Answer", (Text(f"{command.name} {words} by {command.person.name} in {command.channel}"),))

    async def take(self, form: FormAnswer) -> Post | Form | Rejected:
        if not form.values["answer"]:
            return Rejected((("answer", "Write something first."),), Post("Empty", (Text("Nothing."),)))
        return Post("Kept", (Words(form.values["answer"]),))

    def suggest(self, partial: Partial) -> tuple[Choice, ...]:
        return (Choice(f"{partial.option} {partial.text}", "value"),)

    def missed(self, workspaces: Callable[[str], bool] | None = None) -> None:
        raise AssertionError("the room never loses an event")


@asynccontextmanager
async def listening(room: Room, ears: PlainEars) -> AsyncIterator[SimulatorPlatform]:
    platform = SimulatorPlatform(room)
    ready = asyncio.Event()
    task = asyncio.create_task(platform.run(ears, ready.set))
    await ready.wait()
    yield platform
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until_told(room: Room) -> None:
    async with asyncio.timeout(5):
        while room.waiting():  # noqa: ASYNC110 - the room tells nobody that all was told
            await asyncio.sleep(0.01)


async def open_prompt(room: Room, platform: SimulatorPlatform, channel: str) -> tuple[str, str]:
    message = await platform.post(channel, platform.render(PROMPT, KEY)[0])
    return message, await platform.open_thread(message, "Prompt 1")

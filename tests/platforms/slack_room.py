"""A running SlackPlatform before a fake workspace, with ears that keep what they hear."""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.chat.inbound import Command, FormAnswer, Heard, Partial, Reacted
from bot.chat.post import Choice, Form, Heading, Post, Rejected, Text
from bot.fakes.faults import FaultPlan
from bot.fakes.slack import FakeSlack, Timing
from bot.platforms.slack.client import SlackPlatform

LESSON = Post("Day 32", (Text("Read it."),))
QUICK = Timing(acknowledge=1.0, retries=(0.0, 0.05, 0.05), answer=1.0, settle=0.05, offline=2.0, grace=0.5)


@dataclass
class KeepingEars:
    """Keeps all it hears. `deny` raises that often instead; `slow` seconds pass before an answer."""

    heard: list[Heard] = field(default_factory=list)
    seen: list[Reacted] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    forms: list[FormAnswer] = field(default_factory=list)
    gaps: int = 0
    deny: int = 0
    slow: float = 0.0
    says: Callable[[Command], Post | Form] = lambda command: Post(
        "Answer", (Heading(f"You asked {command.name}", 1), Text(f"with {dict(command.options)}"))
    )
    partials: list[Partial] = field(default_factory=list)
    offers: Callable[[Partial], tuple[Choice, ...]] = lambda partial: ()
    takes: Callable[[FormAnswer], Post | Form | Rejected] = lambda form: Post("Kept", (Text("It is kept."),))

    async def hear(self, heard: Heard) -> None:
        self._may_raise()
        self.heard.append(heard)

    async def see(self, reacted: Reacted) -> None:
        self._may_raise()
        self.seen.append(reacted)

    async def answer(self, command: Command) -> Post | Form:
        self.commands.append(command)
        await asyncio.sleep(self.slow)
        self._may_raise()
        return self.says(command)

    async def take(self, form: FormAnswer) -> Post | Form | Rejected:
        self.forms.append(form)
        await asyncio.sleep(self.slow)
        self._may_raise()
        return self.takes(form)

    def suggest(self, partial: Partial) -> tuple[Choice, ...]:
        self.partials.append(partial)
        return self.offers(partial)

    def missed(self, workspaces: Callable[[str], bool] | None = None) -> None:
        self.gaps += 1

    def _may_raise(self) -> None:
        if self.deny:
            self.deny -= 1
            raise ConnectionError("the database is gone")


@dataclass
class Room:
    """`ada` learns and `fay` manages; `channel` is a cohort's."""

    fake: FakeSlack
    platform: SlackPlatform
    ears: KeepingEars
    channel: str
    ada: str
    fay: str

    async def lesson(self, key: str | None = None, post: Post | None = None) -> str:
        """A message of ours in the channel; its reference."""
        refs = [await self.platform.post(self.channel, body) for body in self.platform.render(post or LESSON, key)]
        return refs[0]


@contextlib.asynccontextmanager
async def open_room(
    http: bool = False, timely: float = 2.0, plan: FaultPlan | None = None, reader_url: str | None = None
) -> AsyncIterator[Room]:
    """Socket Mode, or HTTP mode with `http`."""
    async with FakeSlack(plan=plan, rate=None, timing=QUICK) as fake:
        port = _free_port()
        platform = SlackPlatform(
            fake.bot_token,
            None if http else fake.app_token,
            fake.signing_secret,
            fake.api_url,
            http_host="127.0.0.1" if http else None,
            http_port=port if http else None,
            pace=0,
            timely=timely,
            reader_url=reader_url,
        )
        if http:
            fake.http_target = f"http://127.0.0.1:{port}/slack/events"
        ears = KeepingEars()
        channel, ada, fay = fake.add_channel("cohort"), fake.add_person("Ada"), fake.add_person("Fay", manages=True)
        async with running(platform, ears):
            yield Room(fake, platform, ears, channel, ada, fay)


@dataclass
class Replicas:
    """Several processes' platforms with one token, each with ears of its own."""

    fake: FakeSlack
    platforms: list[SlackPlatform]
    ears: list[KeepingEars]
    channel: str
    ada: str

    @property
    def heard(self) -> list[str]:
        """The texts of all that any of them has kept."""
        return sorted(getattr(heard, "text", "") for ears in self.ears for heard in ears.heard)

    async def lesson(self, post: Post | None = None) -> str:
        return await self.platforms[0].post(self.channel, self.platforms[0].render(post or LESSON, None)[0])


@contextlib.asynccontextmanager
async def open_replicas(count: int = 2, http: bool = False, timing: Timing = QUICK) -> AsyncIterator[Replicas]:
    """So many sockets; with `http`, so many servers that take turns behind one address."""
    async with FakeSlack(rate=None, timing=timing) as fake, contextlib.AsyncExitStack() as stack:
        token = None if http else fake.app_token
        made = [SlackPlatform(fake.bot_token, token, fake.signing_secret, fake.api_url, pace=0) for _ in range(count)]
        if http:
            turns = itertools.cycle(made)

            async def hand_on(request: web.Request) -> web.StreamResponse:
                return await next(turns).handle(request)

            balancer = await stack.enter_async_context(serve(hand_on))
            fake.http_target = str(balancer.make_url("/slack/events"))
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        ears = [KeepingEars() for _ in made]
        for platform, own in zip(made, ears, strict=True):
            await stack.enter_async_context(running(platform, own))
        yield Replicas(fake, made, ears, channel, ada)


@contextlib.asynccontextmanager
async def running(platform: SlackPlatform, ears: KeepingEars | None) -> AsyncIterator[asyncio.Task[None]]:
    """`platform` runs, or only speaks when nobody has ears, and is ready."""
    ready = asyncio.Event()
    task = asyncio.create_task(platform.speak(ready.set) if ears is None else platform.run(ears, ready.set))
    waiting = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait({task, waiting}, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        assert ready.is_set(), task
        yield task
    finally:
        task.cancel()
        waiting.cancel()
        await asyncio.gather(task, waiting, return_exceptions=True)


@contextlib.asynccontextmanager
async def serve(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[TestServer]:
    """A server that hands every request to `handler`."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    async with TestServer(app) as server:
        yield server


async def until(true: Callable[[], bool], seconds: float = 3.0) -> None:
    """Wait until something is true; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what becomes true is the fake's and has no event
            await asyncio.sleep(0.005)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])

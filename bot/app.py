"""Build and run: the only place that knows everything."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from bot.chat.port import BadToken, Platform
from bot.clock import Clock, system_clock
from bot.config import Settings
from bot.engine.collecting import Collector
from bot.engine.embedded import COLLECT_EVERY, POST_EVERY, EmbeddedEngine
from bot.engine.shelf import Shelf
from bot.engine.shop import Shop
from bot.platforms.discord.client import DiscordPlatform
from bot.platforms.slack.client import SlackPlatform
from bot.store.database import Database

log = logging.getLogger(__name__)

SETTLES_IN = 3.0
"""Seconds that receipts which are on their way may take when the program is stopped."""


@dataclass(frozen=True)
class App:
    """The program, put together and not yet running."""

    shop: Shop
    collectors: Mapping[str, Collector]
    engine: EmbeddedEngine

    async def settle(self) -> None:
        """Wait until every receipt is out."""
        for collector in self.collectors.values():
            await collector.settle()

    async def close(self) -> None:
        """Leave the receipts that are not out to the next start."""
        for collector in self.collectors.values():
            await collector.close()


def build_platforms(settings: Settings, clock: Clock = system_clock) -> list[Platform]:
    """The platforms that the settings name; none of them is connected yet."""
    platforms: list[Platform] = []
    if settings.discord_token:
        platforms.append(
            DiscordPlatform(settings.discord_token, settings.discord_api_url, settings.discord_gateway_url, clock=clock)
        )
    if settings.slack_bot_token and settings.has_slack:
        platforms.append(
            SlackPlatform(
                settings.slack_bot_token,
                settings.slack_app_token,
                settings.slack_signing_secret,
                settings.slack_api_url,
                http_host=settings.web_host,
                http_port=settings.web_port,
                clock=clock,
            )
        )
    return platforms


def build_app(
    engine: Engine,
    shelf: Shelf,
    platforms: Sequence[Platform],
    clock: Clock,
    post_every: float = POST_EVERY,
    collect_every: float = COLLECT_EVERY,
) -> App:
    """Put the program together on a record whose schema is current."""
    shop = Shop(Database(engine), shelf, {each.name: each for each in platforms}, clock)
    collectors = {each.name: Collector(shop, each) for each in platforms}
    alone = sqlite_file(engine) is not None
    return App(shop, collectors, EmbeddedEngine(shop, collectors, post_every, collect_every, alone=alone))


async def run_app(app: App, *others: Awaitable[None]) -> None:
    """Run until cancelled, or until a part cannot go on: that part's exception is raised, the others are stopped."""
    engine = asyncio.ensure_future(app.engine.run())
    listening = [asyncio.ensure_future(_listen(app, platform)) for platform in app.shop.platforms.values()]
    beside = [asyncio.ensure_future(other) for other in others]
    try:
        done, _ = await asyncio.wait([engine, *listening, *beside], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await _end(engine, *beside)  # first, while the platforms can still be called
        with suppress(TimeoutError):
            await asyncio.wait_for(app.settle(), SETTLES_IN)
        await _end(*listening)
        await app.close()


def sqlite_file(engine: Engine) -> Path | None:
    """The file of an embedded record; None when several processes may share it."""
    name = engine.url.database
    return Path(name) if engine.dialect.name == "sqlite" and name and name != ":memory:" else None


async def _end(*tasks: "asyncio.Future[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(app: App, platform: Platform) -> None:
    """A token that is wrong from the start is the operator's to mend at once. One that is revoked later takes only its
    own platform away, as long as another one goes on."""
    try:
        await platform.run(app.collectors[platform.name], partial(_ready, app, platform.name))
    except BadToken as error:
        if platform.name not in app.shop.ready or len(app.shop.ready) == 1:
            raise
        app.shop.ready.discard(platform.name)
        log.error("platform name=%s outcome=token-revoked cure=%r", platform.name, str(error))
        await asyncio.Event().wait()


def _ready(app: App, name: str) -> None:
    app.shop.ready.add(name)
    log.info("platform name=%s outcome=ready", name)
    app.engine.wake()

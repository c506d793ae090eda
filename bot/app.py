"""Build and run: the only place that knows everything."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from aiohttp import web
from sqlalchemy import Engine as DatabaseEngine
from sqlalchemy.exc import SQLAlchemyError

from bot.chat.port import BadToken, Platform, Sharing
from bot.clock import Clock, system_clock
from bot.cohorts.probes import hasten_returned
from bot.config import Settings
from bot.engine.collecting import Collector
from bot.engine.embedded import COLLECT_EVERY, POST_EVERY, EmbeddedEngine
from bot.engine.health import open_health
from bot.engine.metrics import open_metrics
from bot.engine.requests import HeardRequests
from bot.engine.shelf import Shelf
from bot.engine.shop import Shop
from bot.engine.ticks import LISTENING, WORKING, Role
from bot.engine.upkeep import look_again
from bot.platforms.discord.client import DiscordPlatform
from bot.platforms.slack.client import SlackPlatform
from bot.platforms.slack.installs import Installs
from bot.platforms.slack.replays import YOUNG, Replays
from bot.platforms.slack.workspaces import App as SlackApp
from bot.store.database import Database
from bot.web.calendar_feed import feed_routes
from bot.web.server import serve

log = logging.getLogger(__name__)

SETTLES_IN = 3.0
"""Seconds that receipts which are on their way may take when the program is stopped."""


class Engine(Protocol):
    """What rings the ticks."""

    @property
    def periods(self) -> Mapping[str, float]:
        """Tick → seconds, of those that ring in this process whatever others do."""
        ...

    async def run(self) -> None:
        """Until cancelled."""
        ...

    def wake(self) -> None:
        """A platform became ready, or is not any more."""
        ...

    async def ring(self, name: str = "post") -> None:
        """One tick, now; returns when it is over."""
        ...


@dataclass(frozen=True)
class App:
    """The program, put together and not yet running."""

    shop: Shop
    collectors: Mapping[str, Collector]
    engine: Engine
    role: Role = Role.ALL
    looking: set["asyncio.Task[None]"] = field(default_factory=set)

    async def settle(self) -> None:
        """Wait until every receipt is out."""
        for collector in self.collectors.values():
            await collector.settle()

    async def close(self) -> None:
        """Leave the receipts that are not out to the next start."""
        for collector in self.collectors.values():
            await collector.close()


def build_platforms(
    settings: Settings,
    clock: Clock = system_clock,
    sharing: Sharing | None = None,
    role: Role = Role.ALL,
    engine: DatabaseEngine | None = None,
) -> list[Platform]:
    """The platforms that the settings name and the role has to do with; none of them is connected yet. Slack in HTTP
    mode is heard where the web is, everything else by the gateway. engine: of the record, in which stands where the
    Slack app is installed; without it only a Slack of one workspace is built."""
    platforms: list[Platform] = []
    if settings.discord_token and role is not Role.WEB:
        platforms.append(
            DiscordPlatform(
                settings.discord_token,
                settings.discord_api_url,
                settings.discord_gateway_url,
                clock=clock,
                sharing=sharing,
                shards=settings.discord_shards,
            )
        )
    slack = settings.slack_bot_token or (slack_app(settings, engine) if engine is not None else None)
    over_http = settings.slack_app_token is None
    if slack and settings.has_slack and role is not (Role.GATEWAY if over_http else Role.WEB):
        shared = engine is not None and engine.dialect.name == "postgresql"
        register = HeardRequests(Database(engine), clock, timedelta(seconds=YOUNG)) if engine and shared else None
        platforms.append(
            SlackPlatform(
                slack,
                settings.slack_app_token,
                settings.slack_signing_secret,
                settings.slack_api_url,
                clock=clock,
                sharing=sharing,
                reader_url=settings.reader_url,
                replays=Replays(register),
            )
        )
    return platforms


def slack_app(settings: Settings, engine: DatabaseEngine) -> SlackApp | None:
    """The Slack app that workspaces install, kept in this record; None where the settings name none."""
    if not settings.has_installs:
        return None
    client, secret = settings.slack_client_id or "", settings.slack_client_secret or ""
    installs = Installs(client, engine, settings.token_keys)
    return SlackApp(client, secret, (settings.public_url or "").rstrip("/"), installs)


def install_pages(settings: Settings, engine: DatabaseEngine, app: App) -> list[web.RouteDef]:
    """The pages on which somebody installs the Slack app, in a process that serves pages."""
    slack = slack_app(settings, engine)
    if slack is None or app.role not in (Role.ALL, Role.WEB):
        return []

    from bot.platforms.slack.oauth import InstallPages  # late, as in `installs`

    async def installed() -> None:
        await app.shop.database.run(hasten_returned, SlackPlatform.name, app.shop.clock())
        app.engine.wake()

    return InstallPages(slack, engine, settings.slack_api_url, app.shop.clock, installed).routes()


def build_app(
    engine: DatabaseEngine,
    shelf: Shelf,
    platforms: Sequence[Platform],
    clock: Clock,
    post_every: float = POST_EVERY,
    collect_every: float = COLLECT_EVERY,
    address: str | None = None,
) -> App:
    """Put the program together on a record whose schema is current, with the embedded engine. address: where browsers
    reach its pages; None where they cannot."""
    shop, collectors = _open_shop(engine, shelf, platforms, clock, Role.ALL, address)
    alone = sqlite_file(engine) is not None
    return App(shop, collectors, EmbeddedEngine(shop, collectors, post_every, collect_every, alone=alone))


def build_scaled_app(
    engine: DatabaseEngine,
    shelf: Shelf,
    platforms: Sequence[Platform],
    clock: Clock,
    role: Role = Role.ALL,
    concurrency: int = 8,
    address: str | None = None,
) -> App:
    """One of several processes on a PostgreSQL whose schema and queue are current. concurrency: deliveries at once on
    each platform. address: as for `build_app`."""
    from bot.engine.scaled import ScaledEngine  # late: with its queue come 12 MB that a process alone does without

    shop, collectors = _open_shop(engine, shelf, platforms, clock, role, address)
    return App(shop, collectors, ScaledEngine(shop, collectors, role, concurrency), role)


async def run_app(app: App, *others: Awaitable[None]) -> None:
    """Run until cancelled, or until a part cannot go on: that part's exception is raised, the others are stopped."""
    engine = asyncio.ensure_future(app.engine.run())
    listening = [asyncio.ensure_future(_connect(app, platform)) for platform in app.shop.platforms.values()]
    beside = [asyncio.ensure_future(other) for other in others]
    try:
        done, _ = await asyncio.wait([engine, *listening, *beside], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await _end(engine, *beside)  # first, while the platforms can still be called
        with suppress(TimeoutError):
            await asyncio.wait_for(app.settle(), SETTLES_IN)
        await _end(*listening, *app.looking)
        await app.close()


def desk_pages(app: App) -> list[web.RouteDef]:
    """The pages of those who are signed in, in a process that serves pages; none without an address."""
    shop = app.shop
    if shop.address is None or app.role not in (Role.ALL, Role.WEB):
        return []
    links = {name: platform.link for name, platform in shop.platforms.items()}
    from bot.web.desk.serving import desk_routes  # late: its pages cost 10 MB and a fifth of a second

    return desk_routes(shop.database, lambda: shop.shelf.course, shop.clock, shop.address, links)


async def serve_pages(app: App, host: str, port: int, pages: Sequence[web.RouteDef] = ()) -> None:
    """What probers ask, where Slack's HTTP mode is heard, and `pages`, until cancelled. port: 0 for any that is free.
    Raises Unusable when it cannot listen there."""
    routes: list[web.RouteDef] = [*pages]
    for platform in app.shop.platforms.values():
        if isinstance(platform, SlackPlatform) and app.role in LISTENING:
            routes += platform.routes()
    health = open_health(app.shop, app.engine.periods, app.shop.guard.is_trusted)
    await serve(host, port, health, open_metrics(app.shop), routes)


def calendar_pages(app: App) -> list[web.RouteDef]:
    """The cohorts' calendar feeds, in a process that serves pages."""
    shop = app.shop
    if app.role not in (Role.ALL, Role.WEB):
        return []
    return feed_routes(shop.database, lambda: shop.shelf.course, shop.clock)


def sqlite_file(engine: DatabaseEngine) -> Path | None:
    """The file of an embedded record; None when several processes may share it."""
    name = engine.url.database
    return Path(name) if engine.dialect.name == "sqlite" and name and name != ":memory:" else None


def _open_shop(
    engine: DatabaseEngine,
    shelf: Shelf,
    platforms: Sequence[Platform],
    clock: Clock,
    role: Role,
    address: str | None,
) -> tuple[Shop, dict[str, Collector]]:
    address = address.rstrip("/") if address else None
    shop = Shop(Database(engine), shelf, {each.name: each for each in platforms}, clock, address=address)
    return shop, {each.name: Collector(shop, each, hears=role in LISTENING) for each in platforms}


async def _end(*tasks: "asyncio.Future[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _connect(app: App, platform: Platform) -> None:
    """A token that is wrong from the start is the operator's to mend at once. One that is revoked later takes only its
    own platform away, as long as another one goes on."""
    ready = partial(_ready, app, platform.name)
    try:
        if app.role in LISTENING:
            await platform.run(app.collectors[platform.name], ready)
        else:
            await platform.speak(ready)
    except BadToken as error:
        if platform.name not in app.shop.ready or len(app.shop.ready) == 1:
            raise
        app.shop.ready.discard(platform.name)
        app.engine.wake()
        log.error("platform name=%s outcome=token-revoked cure=%r", platform.name, str(error))
        await asyncio.Event().wait()


def _ready(app: App, name: str) -> None:
    app.shop.ready.add(name)
    log.info("platform name=%s outcome=ready", name)
    app.engine.wake()
    if app.role in WORKING:
        task = asyncio.create_task(_look_again(app.shop, name))
        app.looking.add(task)
        task.add_done_callback(app.looking.discard)


async def _look_again(shop: Shop, platform: str) -> None:
    """What was blocked for an earlier token's sake need not wait for its next look."""
    try:
        await look_again(shop, platform)
    except SQLAlchemyError as error:
        log.error("platform name=%s outcome=not-looked-again error=%s", platform, type(error).__name__)

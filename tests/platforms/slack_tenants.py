"""A Slack app that several workspaces install, on a real record, before a fake of all of them."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.fernet import Fernet
from slack_room import LESSON, QUICK, KeepingEars, running
from slack_sdk.oauth.installation_store import Installation
from sqlalchemy import Engine
from yarl import URL

from bot.chat.port import Sharing
from bot.clock import Clock, system_clock
from bot.fakes.faults import FaultPlan
from bot.fakes.slack import FakeSlack
from bot.fakes.slack.stage import SlackStage
from bot.platforms.slack.client import SlackPlatform
from bot.platforms.slack.installs import Installs
from bot.platforms.slack.oauth import InstallPages
from bot.platforms.slack.workspaces import App

KEY, OLDER_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@dataclass
class Tenants:
    """`pages` serves the two pages of an installation; `returned` counts the installations."""

    fake: FakeSlack
    engine: Engine
    app: App
    pages: TestServer
    clock: Clock
    returned: list[None] = field(default_factory=list)

    @property
    def installs(self) -> Installs:
        return self.app.installs

    def platform(self, http: bool = False, sharing: Sharing | None = None, **more: object) -> SlackPlatform:
        """One process's platform."""
        token, url = None if http else self.fake.app_token, self.fake.api_url
        common = {"clock": self.clock, "pace": 0, "sharing": sharing}
        return SlackPlatform(self.app, token, self.fake.signing_secret, url, **{**common, **more})  # type: ignore[arg-type]

    async def install(self, *stages: SlackStage, org_wide: bool = False) -> str:
        """Somebody clicks through; the text of the last page."""
        self.fake.asks(*(stages or (self.fake,)), org_wide=org_wide)
        async with self.browser() as browser, browser.get(await self.begin(browser)) as done:
            return await done.text()

    async def begin(self, browser: aiohttp.ClientSession) -> URL:
        """Open the page with the button; where that leads."""
        async with browser.get(self.url("/slack/install")) as page:
            text = await page.text()
        link = re.search(r'href="([^"]*)">Add to Slack', text)
        assert link, text
        return URL(link[1].replace("&amp;", "&"), encoded=True)

    def url(self, path: str) -> URL:
        return URL(f"{self.app.public_url}{path}")

    @contextlib.asynccontextmanager
    async def browser(self) -> AsyncIterator[aiohttp.ClientSession]:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            yield session

    async def keep(self, team: str = "T0HOMEROOM", **more: object) -> None:
        """An installation that stands in the record already."""
        given = {"app_id": "A0HOMEROOM", "team_id": team, "user_id": "U1", "bot_user_id": f"U0{team}", "bot_id": "B1"}
        await self.installs.save(Installation(**{**given, **more}))  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def open_tenants(
    engine: Engine, keys: Sequence[str] = (KEY,), clock: Clock = system_clock, plan: FaultPlan | None = None
) -> AsyncIterator[Tenants]:
    """Nobody has installed the app yet."""
    async with FakeSlack(rate=None, timing=QUICK, plan=plan) as fake:
        server = TestServer(web.Application())
        routes: list[web.RouteDef] = []

        async def serve(request: web.Request) -> web.StreamResponse:
            handlers = {route.path: route.handler for route in routes}
            return await handlers[request.path](request)  # type: ignore[no-any-return, arg-type]

        server.app.router.add_get("/slack/{rest}", serve)
        async with server:
            public = str(server.make_url("/")).rstrip("/")
            app = App(fake.grants.client_id, fake.grants.client_secret, public, Installs("111.222", engine, keys))
            tenants = Tenants(fake, engine, app, server, clock)

            async def returned() -> None:
                tenants.returned.append(None)

            routes += InstallPages(app, engine, fake.api_url, clock, returned).routes()
            yield tenants


@dataclass
class Class:
    """A cohort's channel in one workspace, and who is there."""

    stage: SlackStage
    workspace: str
    channel: str
    ada: str

    @property
    def ref(self) -> str:
        return f"{self.workspace}:{self.channel}"


def a_class(stage: SlackStage, workspace: str | None = None) -> Class:
    return Class(stage, workspace or stage.workspace, stage.add_channel("cohort"), stage.add_person("Ada"))


async def lesson(platform: SlackPlatform, place: Class, key: str | None = None) -> str:
    """A message of ours; its reference."""
    return await platform.post(place.ref, platform.render(LESSON, key)[0])


@contextlib.asynccontextmanager
async def two_classes(
    engine: Engine, http: bool = False, **more: object
) -> AsyncIterator[tuple[Tenants, SlackPlatform, KeepingEars, Class, Class]]:
    """Two workspaces have the app, and one process listens to both."""
    async with open_tenants(engine) as tenants:
        other = tenants.fake.add_workspace("T0OTHER")
        await tenants.install()
        await tenants.install(other)
        platform, ears = tenants.platform(http, **more), KeepingEars()
        async with contextlib.AsyncExitStack() as stack:
            if http:
                app = web.Application()
                app.add_routes(platform.routes())
                server = await stack.enter_async_context(TestServer(app))
                tenants.fake.http_target = str(server.make_url("/slack/events"))
            await stack.enter_async_context(running(platform, ears))
            yield tenants, platform, ears, a_class(tenants.fake), a_class(other)
            await asyncio.sleep(0)

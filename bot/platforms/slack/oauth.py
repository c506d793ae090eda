"""Installing the app in a workspace: a page with a button, Slack's own question, and the way back.

What comes back counts once, within ten minutes, and only in the browser that went out: the state is in the address, in
the record and in a cookie, and all three have to agree. Else somebody could be led to install an app that a stranger
had begun to install.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urljoin

from aiohttp import web
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.chat.port import PlatformError
from bot.clock import Clock
from bot.platforms.slack import install_pages as pages
from bot.platforms.slack.connection import API, Connection
from bot.platforms.slack.failures import attempt
from bot.platforms.slack.gate import Gate
from bot.platforms.slack.scopes import SCOPES
from bot.platforms.slack.states import LASTS, States
from bot.platforms.slack.workspaces import INSTALL_PATH, App

log = logging.getLogger(__name__)

REDIRECT_PATH = "/slack/oauth_redirect"
COOKIE = "homeroom-slack-install"


class InstallPages:
    """The two pages, and what they keep."""

    def __init__(
        self,
        app: App,
        engine: Engine,
        api_url: str | None,
        clock: Clock,
        installed: Callable[[], Awaitable[None]],
    ) -> None:
        """installed: told after each installation, which may be a workspace's return."""
        self._app, self._installed = app, installed
        self._api_url = api_url or API
        self._states = States(engine, clock)

    def routes(self) -> list[web.RouteDef]:
        return [web.get(INSTALL_PATH, self.install), web.get(REDIRECT_PATH, self.come_back)]

    async def install(self, request: web.Request) -> web.Response:
        """The page with the button."""
        try:
            state = await self._states.make()
        except SQLAlchemyError as error:
            log.error("slack install=unprepared error=%s", type(error).__name__)
            return pages.record_gone()
        answer = pages.invitation(self._question(state))
        answer.set_cookie(
            COOKIE,
            state,
            max_age=LASTS,
            path="/slack",
            httponly=True,
            samesite="Lax",  # Slack leads back here by a link, with which a strict one would not be sent
            secure=self._app.public_url.startswith("https:"),
        )
        return answer

    async def come_back(self, request: web.Request) -> web.Response:
        """The way back from Slack."""
        if request.query.get("error"):
            log.info("slack install=declined")
            return self._over(pages.declined())
        try:
            if await self._is_ours(request):
                return self._over(await self._take(request.query.get("code", "")))
            log.warning("slack install=unknown-state")
            return self._over(pages.strange())
        except PlatformError as error:
            log.error("slack install=refused reason=%s", error)
            return self._over(pages.refused(error.detail))
        except SQLAlchemyError as error:
            log.error("slack install=unsaved error=%s", type(error).__name__)
            return self._over(pages.record_gone())

    def _question(self, state: str) -> str:
        """Where Slack asks somebody whether they want this."""
        asked = {
            "client_id": self._app.client_id,
            "scope": ",".join(SCOPES),
            "user_scope": "",
            "redirect_uri": self._redirect_uri,
            "state": state,
        }
        return f"{urljoin(self._api_url, '/oauth/v2/authorize')}?{urlencode(asked)}"

    @property
    def _redirect_uri(self) -> str:
        return f"{self._app.public_url}{REDIRECT_PATH}"

    async def _is_ours(self, request: web.Request) -> bool:
        state = request.query.get("state", "")
        same = bool(state) and request.cookies.get(COOKIE) == state
        return same and await self._states.take(state)

    async def _take(self, code: str) -> web.Response:
        slack = Connection("", self._api_url, Gate(None, 0))
        try:
            app = self._app
            asking = slack.once.oauth_v2_access(
                client_id=app.client_id, client_secret=app.client_secret, code=code, redirect_uri=self._redirect_uri
            )
            given = _told(await attempt(asking))
            token = str(given.get("access_token") or "")
            ours = Connection(token, self._api_url, Gate(None, 0), slack.pool)
            signed_in = _told(await attempt(ours.again.auth_test())) if token else {}
        finally:
            await slack.close()
        installation = to_installation(given, signed_in)
        if installation is None:
            log.error("slack install=without-bot-token")
            return pages.refused("no token for the bot")
        await self._app.installs.save(installation)
        log.info("slack install=done workspace=%s", installation.team_id or installation.enterprise_id)
        await self._installed()
        return pages.installed(installation.team_name or installation.enterprise_name or "your workspace")

    def _over(self, answer: web.Response) -> web.Response:
        """An answer after which the cookie has done its work."""
        answer.del_cookie(COOKIE, path="/slack")
        return answer


def to_installation(given: Mapping[str, Any], signed_in: Mapping[str, Any]) -> Installation | None:
    """From the answers of oauth.v2.access and auth.test; None when there is no bot token. Pure, but for the moment."""
    team, org = given.get("team") or {}, given.get("enterprise") or {}
    of_all = bool(given.get("is_enterprise_install"))
    if given.get("token_type") != "bot" or not given.get("access_token") or not (org if of_all else team).get("id"):
        return None
    return Installation(
        app_id=given.get("app_id") or "",
        enterprise_id=org.get("id"),
        enterprise_name=org.get("name"),
        enterprise_url=signed_in.get("url") if of_all else None,
        team_id=None if of_all else team["id"],
        team_name=None if of_all else team.get("name"),
        bot_token=given["access_token"],
        bot_id=signed_in.get("bot_id"),
        bot_user_id=given.get("bot_user_id"),
        bot_scopes=given.get("scope") or "",
        bot_refresh_token=given.get("refresh_token"),
        bot_token_expires_in=given.get("expires_in"),
        user_id=(given.get("authed_user") or {}).get("id") or "",
        is_enterprise_install=of_all,
        token_type="bot",  # noqa: S106 - a kind of token
    )


def _told(answer: AsyncSlackResponse) -> Mapping[str, Any]:
    return answer.data if isinstance(answer.data, dict) else {}

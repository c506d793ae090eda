"""The connections to Slack: one pool for the Web API, response URLs and the WebSocket."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.platforms.slack.failures import to_error
from bot.platforms.slack.gate import Gate

API = "https://slack.com/api/"
TIMEOUT = 15.0  # seconds for one call in all


class Connection:
    """Opens at the first use, and again after `close`."""

    def __init__(self, bot_token: str, api_url: str | None, gate: Gate) -> None:
        self._token, self._url, self._gate = bot_token, api_url or API, gate
        self._session: aiohttp.ClientSession | None = None

    @property
    def is_open(self) -> bool:
        return self._session is not None

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))
        return self._session

    @property
    def proxy(self) -> str | None:
        """The proxy of the environment, as slack_sdk finds it; none to this machine and to the hosts of NO_PROXY."""
        return self.once.proxy

    @property
    def once(self) -> AsyncWebClient:
        """A Web API client that sends each call once: slack_sdk's own second try has doubled messages."""
        return self._client([])

    @property
    def again(self) -> AsyncWebClient:
        """A Web API client that tries again after a broken connection: for what may be done twice."""
        return self._client([AsyncConnectionErrorRetryHandler()])

    @property
    def looking(self) -> AsyncWebClient:
        """As `again`, and although the token was refused: to see whether it is still so."""
        return self._client([AsyncConnectionErrorRetryHandler()], look=True)

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _client(self, retries: list[AsyncConnectionErrorRetryHandler], look: bool = False) -> AsyncWebClient:
        client = _GatedClient(token=self._token, base_url=self._url, session=self.session, retry_handlers=list(retries))
        client.gate, client.look = self._gate, look
        client.proxy = None if _is_near(self._url) else client.proxy
        return client


class _GatedClient(AsyncWebClient):
    """The SDK's client, whose every method ends in `api_call`: the one place that no call gets around."""

    gate: Gate
    look: bool

    async def api_call(self, api_method: str, **asked: Any) -> AsyncSlackResponse:
        channel = (asked.get("json") or {}).get("channel")
        await self.gate.enter(api_method, channel, self.look)
        try:
            return await super().api_call(api_method, **asked)
        except SlackApiError as error:
            await self.gate.learn(api_method, to_error(error))
            raise


def _is_near(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or bool(proxy_bypass(host))

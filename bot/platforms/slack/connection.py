"""The connections to Slack: one pool for the Web API, response URLs and the WebSocket."""

import ipaddress
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import aiohttp
from aiohttp import encode_basic_auth
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.chat.port import Reason
from bot.platforms.slack.failures import to_error
from bot.platforms.slack.gate import Gate

API = "https://slack.com/api/"
TIMEOUT = 15.0  # seconds for one call in all


class Pool:
    """Connections that are kept open. Opens at the first use, and again after `close`."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    @property
    def is_open(self) -> bool:
        return self._session is not None

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))
        return self._session

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


class TokenSource(Protocol):
    """A token that may change: asked before each call."""

    async def __call__(self) -> str:
        """Raises PlatformError when there is none."""
        ...

    def doubt(self, token: str, detail: str) -> None:
        """Slack has refused this one, with this error."""
        ...


class Connection:
    """One token's way to Slack."""

    def __init__(self, token: str | TokenSource, api_url: str | None, gate: Gate, pool: Pool | None = None) -> None:
        """pool: shared with others; without one it has its own."""
        self._token, self._url, self._gate = token, api_url or API, gate
        self.pool = pool or Pool()

    @property
    def is_open(self) -> bool:
        return self.pool.is_open

    @property
    def session(self) -> aiohttp.ClientSession:
        return self.pool.session

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

    async def signed(self) -> AsyncWebClient:
        """As `again`, with its token in view. Raises PlatformError when there is none."""
        client = self.again
        client.token = self._token if isinstance(self._token, str) else await self._token()
        return client

    async def close(self) -> None:
        await self.pool.close()

    def _client(self, retries: list[AsyncConnectionErrorRetryHandler], look: bool = False) -> AsyncWebClient:
        fixed = self._token if isinstance(self._token, str) else None
        client = _GatedClient(token=fixed, base_url=self._url, session=self.session, retry_handlers=list(retries))
        client.gate, client.look = self._gate, look
        client.source = self._token if not isinstance(self._token, str) else None
        client.proxy = None if _is_near(self._url) else client.proxy
        return client


class _GatedClient(AsyncWebClient):
    """The SDK's client, whose every method ends in `api_call`: the one place that no call gets around."""

    gate: Gate
    look: bool
    source: TokenSource | None

    async def api_call(self, api_method: str, **asked: Any) -> AsyncSlackResponse:
        if self.source is not None:
            self.token = await self.source()
            self.gate.trust_another(self.token)
        if isinstance(auth := asked.pop("auth", None), Mapping):  # the SDK would make of it what aiohttp calls outdated
            asked["headers"] = {"Authorization": encode_basic_auth(auth["client_id"], auth["client_secret"])}
        token = self.token or ""
        channel = (asked.get("json") or {}).get("channel")
        await self.gate.enter(api_method, channel, self.look)
        try:
            return await super().api_call(api_method, **asked)
        except SlackApiError as error:
            refused = to_error(error)
            await self.gate.learn(api_method, refused, token)
            if self.source is None or refused.reason is not Reason.TOKEN_REVOKED:
                raise
            self.source.doubt(token, refused.detail)
            raise self.gate.refusal(refused.detail) from error


def _is_near(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or bool(proxy_bypass(host))

"""The connections to Slack: one pool for the Web API, response URLs and the WebSocket."""

import ipaddress
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import aiohttp
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

API = "https://slack.com/api/"
TIMEOUT = 15.0  # seconds for one call in all


class Connection:
    """Opens at the first use, and again after `close`."""

    def __init__(self, bot_token: str, api_url: str | None) -> None:
        self._token, self._url = bot_token, api_url or API
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

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _client(self, retries: list[AsyncConnectionErrorRetryHandler]) -> AsyncWebClient:
        client = AsyncWebClient(
            token=self._token, base_url=self._url, session=self.session, retry_handlers=list(retries)
        )
        client.proxy = None if _is_near(self._url) else client.proxy
        return client


def _is_near(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or bool(proxy_bypass(host))

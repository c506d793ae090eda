"""HTTP mode: events, commands and interactions as signed requests to the bot's own address."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp

from bot.clock import monotonic, system_clock
from bot.fakes.slack.socket import Ack, Trial
from bot.fakes.slack.timing import Timing
from bot.fakes.slack.world import Json


@dataclass(frozen=True)
class Answer:
    """What the bot's server said; status 0 when nothing was said in time."""

    status: int
    text: str
    headers: dict[str, str]


def sign(secret: str, timestamp: str, body: str) -> str:
    """X-Slack-Signature over "v0:timestamp:body"."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()


def now_stamp() -> str:
    """The real time, because that is what a bot compares with."""
    return str(int(system_clock().timestamp()))


def to_body(kind: str, payload: Json) -> tuple[str, str]:
    """(body, content type) as Slack sends this kind of thing."""
    if kind == "events_api":
        return json.dumps(payload), "application/json"
    fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(fields, errors="replace"), "application/x-www-form-urlencoded"


class HttpTarget:
    """Sends to one URL; `secret` signs."""

    def __init__(self, url: str, secret: str, session: aiohttp.ClientSession, timing: Timing) -> None:
        self.url = url
        self._secret = secret
        self._session = session
        self._timing = timing

    async def attempt(
        self, kind: str, payload: Json, retry: tuple[int, str] | None = None, trial: Trial | None = None
    ) -> Ack | None:
        """One delivery; None when it was not answered with a 200 in time. An Ack ends the retries."""
        body, content_type = to_body(kind, payload)
        more = {"X-Slack-Retry-Num": str(retry[0]), "X-Slack-Retry-Reason": retry[1]} if retry else {}
        started = monotonic()
        answer = await self.send(body, content_type, more)
        if answer.status != 200 and answer.headers.get("x-slack-no-retry") != "1":
            return None
        return Ack(str(payload.get("event_id", "")), kind, monotonic() - started, _payload(answer))

    async def send(self, body: str, content_type: str, headers: dict[str, str]) -> Answer:
        """One signed request; `headers` override the timestamp and the signature."""
        stamp = headers.get("X-Slack-Request-Timestamp", now_stamp())
        signed = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": sign(self._secret, stamp, body),
            **headers,
        }
        timeout = aiohttp.ClientTimeout(total=self._timing.acknowledge)
        try:
            async with self._session.post(self.url, data=body.encode(), headers=signed, timeout=timeout) as got:
                return Answer(
                    got.status, await got.text(), {name.lower(): value for name, value in got.headers.items()}
                )
        except (aiohttp.ClientError, TimeoutError):
            return Answer(0, "", {})


def _payload(answer: Answer) -> Json | None:
    if not answer.text.strip():
        return None
    if not answer.text.lstrip().startswith("{"):
        return {"text": answer.text}
    found: Json = json.loads(answer.text)
    return found

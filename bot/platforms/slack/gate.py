"""What a call passes before it goes out: the token, the method, and in a channel its turn.

Slack counts per method, app and workspace, and lets about one message a second into a channel (rate limits of the Web
API). With a `Sharing` all processes with one token keep to that together; without one this process does so alone.
"""

import asyncio
import logging

from bot.chat.port import PlatformError, Reason, Sharing
from bot.clock import monotonic
from bot.platforms.slack.pace import Turns

log = logging.getLogger(__name__)

PATIENCE = 20.0
"""Ours: seconds that a call waits at most, in all; one that would have to wait longer is BUSY at once."""

GLANCE = 3.0
"""Ours: seconds for which "nobody has closed this method" is believed before the shared record is asked again.

So an ordinary call costs no question, and each process asks once in so long and method. It is sound because nothing
hangs on it: who has not heard yet of a closing meets a 429 as well, which surely carries nothing out, and then knows.
"""

UNTOLD = 1.0  # seconds that a method is closed by a 429 without Retry-After
POST = "chat.postMessage"
OF_THE_APP = frozenset({"apps.connections.open"})
"""Methods that go by the app-level token: what becomes of them says nothing of the bot token, and the reverse."""


class Gate:
    """One bot token's way out. `team`: the workspace, "" until somebody has signed in; till then nothing is shared."""

    def __init__(self, sharing: Sharing | None, pace: float, team: str = "", cure: str | None = None) -> None:
        """pace: seconds between two messages in a channel, 0 for none. cure: set for one workspace among several; what
        somebody does there when its token is refused, which says nothing of the others' tokens."""
        self.team = team
        self._cure = cure
        self._sharing, self._pace = sharing, pace
        self._turns, self._believed = Turns(), Turns()
        self._revoked: str | None = None
        self._refused_token = ""

    async def enter(self, method: str, channel: str | None = None, look: bool = False) -> None:
        """Wait until the call may go out. look: although the token was refused.

        Raises PlatformError: TOKEN_REVOKED without asking Slack again, BUSY when the wait would be too long.
        """
        until = monotonic() + PATIENCE
        paced = channel if method == POST and self._pace else None
        while True:
            self._check_token(method, look)
            if closed := await self._closed_for(method):
                await self._wait(method, closed, until)
            elif paced:
                await self._wait(method, await self._turn(paced), until)
                paced = None  # what has happened while it waited is looked at once more
            else:
                return

    async def learn(self, method: str, error: PlatformError, token: str = "") -> None:
        """Slack has refused the call, made with this token: what that means for the next ones."""
        if error.reason is Reason.BUSY:
            seconds = UNTOLD if error.retry_after is None else error.retry_after
            log.warning("slack method=%s outcome=busy retry_after_s=%.0f", method, seconds)
            self._turns.close(method, seconds)
            self._believed.open(method)
            if self._sharing is not None and self.team:
                await self._sharing.close(self._scope(method), seconds)
        elif error.reason is Reason.TOKEN_REVOKED and method not in OF_THE_APP and self._revoked is None:
            log.error("slack token=refused detail=%s", error.detail)
            self._revoked, self._refused_token = error.detail, token

    def trust(self) -> None:
        """The token is good, or is to be tried again."""
        self._revoked = None

    def trust_another(self, token: str) -> None:
        """This is the token now: if it is not the refused one, it is good until Slack says otherwise."""
        if self._revoked is not None and token != self._refused_token:
            self.trust()

    def refusal(self, detail: str) -> PlatformError:
        """What a refused token means: for all of the platform where it has one, else for its workspace alone, and only
        for a moment when its time was over."""
        if self._cure is None:
            return PlatformError(Reason.TOKEN_REVOKED, detail)
        if detail == "token_expired":
            return PlatformError(Reason.BUSY, detail, UNTOLD)
        return PlatformError(Reason.BOT_REMOVED, f"{self._cure} ({detail})")

    def _check_token(self, method: str, look: bool) -> None:
        if self._revoked is not None and not look and method not in OF_THE_APP:
            raise self.refusal(self._revoked)

    async def _wait(self, method: str, seconds: float, until: float) -> None:
        if monotonic() + seconds > until:
            raise PlatformError(Reason.BUSY, f"{method} must wait", seconds)
        await asyncio.sleep(seconds)

    async def _closed_for(self, method: str) -> float:
        """Seconds until the method is open: by what is known here, or every few seconds by the shared record."""
        known = self._turns.ahead(method)
        if known or self._sharing is None or not self.team or self._believed.ahead(method):
            return known
        self._believed.close(method, GLANCE)
        told = await self._sharing.turn(self._scope(method), 0.0)
        if told > 0:
            self._turns.close(method, told)
            self._believed.open(method)  # it is asked again as soon as this is over
        return told

    async def _turn(self, channel: str) -> float:
        """Seconds until the channel's next turn, which is ours then. One that is too far off to wait for is left to
        others: here none is taken, and of the shared ones none but the first."""
        scope = self._scope(channel)
        ahead = self._turns.ahead(scope)
        if self._sharing is None or not self.team:
            return ahead if ahead > PATIENCE else self._turns.take(scope, self._pace)
        if ahead:
            return ahead + PATIENCE
        wait = await self._sharing.turn(scope, self._pace)
        if wait > PATIENCE:
            self._turns.close(scope, wait - PATIENCE)
        return wait

    def _scope(self, name: str) -> str:
        return f"slack/{self.team}/{name}"[:100]

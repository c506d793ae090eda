"""The token of one installation, good whenever it is asked for: read from the record, renewed before it ends.

A refresh token works once. So that no two processes spend the same one, whoever renews first takes a role that all of
them share (a lease, `Sharing.hold`; a row lock would have to stand open while Slack thinks), then reads the row again,
and only then asks Slack. The record takes the new pair only in the place of the old one. Until it has, both stay: the
old access token works to its end, and the new pair is kept here and written as soon as the record can be reached.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

import aiohttp
from slack_sdk.errors import SlackClientError, SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from sqlalchemy.exc import SQLAlchemyError

from bot.chat.port import PlatformError, Reason, Sharing
from bot.clock import Clock, monotonic
from bot.platforms.slack.failures import to_error
from bot.platforms.slack.installs import Installed, Installs
from bot.platforms.slack.tokens import Unopened

log = logging.getLogger(__name__)

EARLY = 7_200.0
"""Seconds before its end that a token is renewed; it lasts twelve hours (Slack on token rotation). Two hours of trying
again are then left."""

KEPT = 15.0
"""Ours: seconds that an installation is believed before its row is read again: so long at most another process's
renewal, an uninstall or a new install stays unseen."""

LEASE = 60.0  # seconds; longer than one call to Slack may take
AGAIN = 20.0  # ours: seconds between two tries to renew
_ALWAYS = 10**9  # minutes: we have decided ourselves that it is time


class NotInstalled(PlatformError):
    """Nothing can be done in the workspace until somebody installs the app there."""

    def __init__(self, cure: str, why: str) -> None:
        super().__init__(Reason.BOT_REMOVED, f"{cure} ({why})")


class Renewal:
    """What all installations of an app are renewed with. cure: what somebody does where the app is not installed."""

    def __init__(
        self,
        installs: Installs,
        rotator: Callable[[], AsyncTokenRotator],
        sharing: Sharing | None,
        clock: Clock,
        cure: str,
        again: float = AGAIN,
    ) -> None:
        """again: seconds between two tries."""
        self.installs, self.rotator, self.sharing, self.clock = installs, rotator, sharing, clock
        self.cure, self.again = cure, again


class Token:
    """One installation's token."""

    def __init__(self, workspace: str, renewal: Renewal, known: Installed | None = None) -> None:
        self._workspace, self._by, self._known = workspace, renewal, known
        self._read_at = monotonic() if known else float("-inf")
        self._not_before = float("-inf")
        self._ended: str | None = None
        self._unsaved: tuple[Installed, Bot] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self) -> str:
        """Raises PlatformError: BOT_REMOVED where the app is not installed, BUSY when it cannot be had just now."""
        async with self._one_at_a_time:
            known = await self._current()
            if self._ends_within(known, EARLY) and monotonic() >= self._not_before:
                known = await self._renewed(known)
            if self._ends_within(known, 0.0):
                raise PlatformError(Reason.BUSY, "the token has ended and could not be renewed yet", AGAIN)
            return known.token

    def doubt(self, token: str, detail: str) -> None:
        """Slack has refused this token: the row is read again before the next call, and one whose time is over is
        renewed, whatever the row says."""
        self._read_at = float("-inf")
        if detail == "token_expired":
            self._ended = token

    async def _current(self) -> Installed:
        await self._save_rest()
        if self._unsaved is not None:
            return self._with(*self._unsaved)
        if monotonic() - self._read_at > KEPT:
            try:
                await self._read()
            except SQLAlchemyError as error:
                log.warning("slack installation=unread error=%s", type(error).__name__)
                if self._known is None:
                    raise PlatformError(Reason.BUSY, "the installations cannot be read", AGAIN) from None
        if self._known is None:
            raise NotInstalled(self._by.cure, "not installed")
        return self._known

    async def _read(self) -> None:
        self._known = await self._find()
        self._read_at = monotonic()

    async def _find(self) -> Installed | None:
        try:
            return await self._by.installs.find(self._workspace)
        except Unopened:
            raise NotInstalled("put the key that sealed it back into SLACK_TOKEN_KEYS", "its token is sealed") from None

    async def _renewed(self, known: Installed) -> Installed:
        """The installation with a new token if there is one now, else as it was; it is tried again in a while."""
        role = f"slack/renew/{self._workspace}"
        self._not_before = monotonic() + self._by.again
        if self._by.sharing is not None and not await self._by.sharing.hold(role, LEASE):
            self._read_at = float("-inf")
            return known  # another process is at it
        try:
            await self._read()
            found = self._known
            if found is None:
                raise NotInstalled(self._by.cure, "not installed")
            return found if found.token != known.token else await self._exchange(found)
        except SQLAlchemyError as error:
            log.warning("slack renewal=put-off error=%s", type(error).__name__)
            return known
        finally:
            if self._by.sharing is not None:
                await self._by.sharing.release(role)

    async def _exchange(self, old: Installed) -> Installed:
        try:
            bot = await self._by.rotator().perform_bot_token_rotation(bot=old.bot, minutes_before_expiration=_ALWAYS)
        except SlackTokenRotationError as error:
            refused = to_error(error.api_error)
            log.warning("slack renewal=refused workspace=%s reason=%s", self._workspace, refused)
            if refused.permanent and self._ends_within(old, 0.0):
                raise NotInstalled(self._by.cure, refused.detail) from None
            return old
        except (aiohttp.ClientError, SlackClientError, TimeoutError, OSError, ValueError) as error:
            log.warning("slack renewal=failed workspace=%s error=%s", self._workspace, type(error).__name__)
            return old
        if bot is None:
            return old
        log.info("slack renewal=done workspace=%s", self._workspace)
        self._unsaved, self._not_before = (old, bot), float("-inf")
        return await self._current()

    async def _save_rest(self) -> None:
        """Write down the new pair, if that has not been possible yet."""
        if self._unsaved is None:
            return
        old, bot = self._unsaved
        try:
            if not await self._by.installs.renew(old, bot):
                found = await self._find()
                same = found is not None and found.bot.bot_refresh_token == old.bot.bot_refresh_token
                if found is not None and same:  # only sealed with another key meanwhile
                    await self._by.installs.renew(found, bot)
            self._unsaved = None
            await self._read()
        except SQLAlchemyError as error:
            log.error("slack renewal=unsaved workspace=%s error=%s", self._workspace, type(error).__name__)

    def _ends_within(self, known: Installed, seconds: float) -> bool:
        if known.token == self._ended:
            return True
        return known.expires_at is not None and known.expires_at - self._by.clock().timestamp() <= seconds

    def _with(self, old: Installed, bot: Bot) -> Installed:
        return replace(old, bot=bot)

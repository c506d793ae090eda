"""The workspaces that have installed one Slack app."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Collection
from dataclasses import replace
from typing import TypeVar

from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from sqlalchemy.exc import SQLAlchemyError

from bot.chat.port import BadToken, Ears, Finding, PlatformError, Reason, Seat
from bot.platforms.slack.connection import Connection
from bot.platforms.slack.door import Door
from bot.platforms.slack.events import Identity
from bot.platforms.slack.failures import attempt
from bot.platforms.slack.gate import Gate
from bot.platforms.slack.hearing import Hearing, Room
from bot.platforms.slack.installs import Installed
from bot.platforms.slack.leaving import Leaving, is_taken
from bot.platforms.slack.naming import NamingEars, parted
from bot.platforms.slack.renewing import NotInstalled, Renewal, Token
from bot.platforms.slack.tokens import Unopened
from bot.platforms.slack.workspaces import INSTALL_PATH, App, Look, OpenRoom, Ways, Workspace

log = logging.getLogger(__name__)

T = TypeVar("T")

MOST = 1_000
"""Ours: workspaces that are remembered at once; who has not been used longest is looked up again."""


AGAIN = 5.0  # seconds between two looks at a record that cannot be reached

KEYS_CURE = (
    "SLACK_TOKEN_KEYS does not open the tokens in the database: put back the key that sealed them, behind the newest"
    " and a comma; if it is lost, have each workspace install the app again."
)


class Several:
    """The workspaces that have installed the app. Each has a token, a pace and refusals of its own."""

    def __init__(self, app: App, ways: Ways) -> None:
        self._app, self._ways = app, ways
        self.app_level = Connection("", ways.api_url, Gate(None, 0), ways.pool)
        self._renewal = Renewal(app.installs, self._rotator, ways.sharing, ways.clock, app.cure)
        self._known: dict[str, Workspace] = {}

    async def place(self, ref: str) -> tuple[Workspace, str]:
        """Whose the reference is, and what it is there. Raises PlatformError where the app is not installed."""
        workspace, bare = parted(ref)
        if not workspace:
            raise NotInstalled(self._app.cure, "what was begun with SLACK_BOT_TOKEN names no workspace")
        return await self.find(workspace), bare

    async def find(self, workspace: str) -> Workspace:
        """By its id. Raises PlatformError where the app is not installed."""
        if workspace in self._known:
            return self._known[workspace]
        found = await self._read(self._app.installs.find(workspace))
        if found is None:
            raise NotInstalled(self._app.cure, "not installed")
        return self._remember(found)

    def link(self, ref: str) -> str | None:
        """The address of a message or a channel, as far as it is known."""
        workspace, bare = parted(ref)
        return self._known[workspace].link(bare) if workspace in self._known else None

    async def find_heard(self, enterprise: str | None, team: str | None) -> Workspace | None:
        """Where something was heard, by the ids that came with it; None where the app is not installed. Raises
        PlatformError when the record cannot be asked."""
        found = await self._read(self._app.installs.find_heard(enterprise, team))
        return self._remember(found) if found else None

    async def sign_in(self) -> None:
        """Whether our keys open every token; those of an older key are sealed with the newest. Tries again as long as
        the record cannot be reached. Raises BadToken."""
        while True:
            try:
                resealed = await self._app.installs.reseal()
                break
            except Unopened:
                raise BadToken(KEYS_CURE) from None
            except SQLAlchemyError as error:
                log.warning("slack installations=unread error=%s", type(error).__name__)
                await asyncio.sleep(random.uniform(0.5, 1) * AGAIN)
        if resealed:
            log.info("slack installations=resealed rows=%d", resealed)

    async def hear(self, ears: Ears, open_room: OpenRoom) -> Hearing:
        """A door: each workspace's listeners are made when the first thing comes from it."""

        def room(at: Workspace) -> Room:
            assert at.us is not None
            return open_room(at, at.us, NamingEars(ears, at.id))

        left = Leaving(self._app.installs, self._is_taken, self._forget)
        return Door(
            self._find_heard, room, left, f"Homeroom is not installed here any more. To go on, {self._app.cure}"
        )

    async def examine(self, seats: Collection[Seat], look: Look) -> tuple[Finding, ...]:
        """What `homeroom doctor` finds in the workspaces that have seats."""
        try:
            installed = await self._read(self._app.installs.list())
        except PlatformError as error:
            return (Finding("Slack installs", False, f"They cannot be read: {error.detail}.", KEYS_CURE),)
        where = {0: "no workspace yet", 1: "1 workspace"}.get(len(installed), f"{len(installed)} workspaces")
        cure = "" if installed else f"Open {self._app.public_url}{INSTALL_PATH} and add the app to a workspace."
        found = [Finding("Slack installs", bool(installed), f"The app is installed in {where}.", cure)]
        for workspace in dict.fromkeys(parted(seat.channel)[0] for seat in seats):
            here = [seat for seat in seats if parted(seat.channel)[0] == workspace]
            found += await self._examined(workspace, here, look)
        return tuple(dict.fromkeys(found))

    async def _examined(self, workspace: str, seats: Collection[Seat], look: Look) -> tuple[Finding, ...]:
        try:
            at, _ = await self.place(next(iter(seats)).channel)
            web = await at.slack.signed()
        except PlatformError as error:
            cure = f"{self._app.cure[:1].upper()}{self._app.cure[1:]}"
            return (Finding(f"Slack workspace {workspace}", False, f"It cannot be reached: {error.detail}.", cure),)
        return await look(web, [replace(seat, channel=at.bare(seat.channel)) for seat in seats])

    async def _find_heard(self, enterprise: str | None, team: str | None) -> Workspace | None:
        """Where something was heard, by the ids that came with it; None where the app is not installed."""
        found = await self._read(self._app.installs.find_heard(enterprise, team))
        return self._remember(found) if found else None

    async def _is_taken(self, token: str) -> bool:
        ours = Connection(token, self._ways.api_url, Gate(None, 0), self._ways.pool)
        return await is_taken(attempt(ours.again.auth_test()))

    def _forget(self, workspace: str) -> None:
        self._known.pop(workspace, None)

    def _rotator(self) -> AsyncTokenRotator:
        """It sends each call once: a refresh token is spent by the first."""
        app, client = self._app, self.app_level.once
        return AsyncTokenRotator(client_id=app.client_id, client_secret=app.client_secret, client=client)

    def _remember(self, installed: Installed) -> Workspace:
        """One in which we are somebody else by now is a new one."""
        us = Identity(installed.bot.bot_user_id or "", installed.bot.bot_id or "", installed.workspace)
        held = self._known.pop(installed.workspace, None)
        if held is None or held.us != us:
            held = self._open(us, Token(installed.workspace, self._renewal, installed))
        self._known[installed.workspace] = held
        while len(self._known) > MOST:
            self._known.pop(next(iter(self._known)))
        return held

    async def _read(self, asked: Awaitable[T]) -> T:
        try:
            return await asked
        except Unopened:
            raise NotInstalled("put the key that sealed it back into SLACK_TOKEN_KEYS", "a token is sealed") from None
        except SQLAlchemyError as error:
            raise PlatformError(Reason.BUSY, f"the installations cannot be read: {type(error).__name__}") from error

    def _open(self, us: Identity, token: Token) -> Workspace:
        gate = Gate(self._ways.sharing, self._ways.pace, us.team, self._app.cure)
        return Workspace(Connection(token, self._ways.api_url, gate, self._ways.pool), gate, us.team, us)

"""Where all that Slack sends comes in when several workspaces have the app: each thing goes to its own workspace."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.chat.port import PlatformError
from bot.platforms.slack.failures import told
from bot.platforms.slack.hearing import Room
from bot.platforms.slack.workspaces import Workspace

log = logging.getLogger(__name__)

LEAVING = ("app_uninstalled", "tokens_revoked")
MOST = 200
"""Ours: workspaces whose listeners are kept at once."""

DRAIN = 3.0  # seconds in which Slack still takes an answer

Payload = Mapping[str, Any]


class Door:
    """See `Hearing`."""

    def __init__(
        self,
        find: Callable[[str | None, str | None], Awaitable[Workspace | None]],
        open_room: Callable[[Workspace], Room],
        left: Callable[[Payload], Awaitable[None]],
        absent: str,
    ) -> None:
        """find: the workspace by the ids (organisation, workspace) that something came with; left: told the body of an
        event of LEAVING; absent: what somebody is told where the app is not installed."""
        self._find, self._open_room, self._left, self._absent = find, open_room, left, absent
        self._rooms: dict[str, tuple[Workspace, Room]] = {}
        self._inside: set[object] = set()
        self._empty = asyncio.Event()
        self._closed = False

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        if self._closed:
            return BoltResponse(status=503)
        visit = object()
        self._inside.add(visit)
        try:
            return await self._let_in(req)
        finally:
            self._inside.discard(visit)
            self._empty.set()

    async def close(self) -> None:
        """Nobody comes in any more; who is inside may finish, so that no room is opened once they are closed."""
        self._closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN):
                while self._inside:
                    self._empty.clear()
                    await self._empty.wait()
        rooms, self._rooms = self._rooms, {}
        for _, room in rooms.values():
            await room.close()

    async def _let_in(self, req: AsyncBoltRequest) -> BoltResponse:
        if req.body.get("type") == "url_verification":
            return BoltResponse(status=200, body={"challenge": req.body.get("challenge")})
        try:
            room = await self._to_room(req)
        except PlatformError as error:
            log.error("slack event=unacknowledged reason=%s", error)
            return BoltResponse(status=500)
        except Exception as error:
            log.error("slack event=unacknowledged error=%s", told(error))
            return BoltResponse(status=500)
        return await room.async_dispatch(req) if room else self._nobodys(req.body)

    async def _to_room(self, req: AsyncBoltRequest) -> Room | None:
        """Who hears this; None for what is done, or nobody's."""
        event = req.body.get("event")
        if isinstance(event, dict) and event.get("type") in LEAVING:
            await self._left(req.body)
            return None
        workspace = await self._find(req.context.enterprise_id, req.context.team_id)
        return await self._room(workspace) if workspace else None

    async def _room(self, workspace: Workspace) -> Room:
        held = self._rooms.pop(workspace.id, None)
        room = held[1] if held and held[0] is workspace else self._open_room(workspace)
        self._rooms[workspace.id] = (workspace, room)
        if held is not None and held[1] is not room:
            await held[1].close()
        if len(self._rooms) > MOST:
            await self._rooms.pop(next(iter(self._rooms)))[1].close()
        return room

    def _nobodys(self, body: Payload) -> BoltResponse:
        """A late event, or somebody who still has a command of ours."""
        if "command" not in body:
            return BoltResponse(status=200)
        says = json.dumps({"response_type": "ephemeral", "text": self._absent})
        return BoltResponse(status=200, body=says, headers={"content-type": ["application/json"]})

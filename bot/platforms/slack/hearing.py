"""What takes in all that Slack sends: the one workspace's listeners, or a door before those of several."""

from dataclasses import dataclass
from typing import Protocol

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.platforms.slack.answering import Answering


class Hearing(Protocol):
    """What takes in a request of Slack's."""

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """What to answer with: a status from 500 on has Slack send it again."""
        ...

    async def close(self) -> None:
        """End what still runs."""
        ...


@dataclass(frozen=True)
class Room:
    """The listeners of one workspace."""

    app: AsyncApp
    answering: Answering

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        return await self.app.async_dispatch(req)

    async def close(self) -> None:
        await self.answering.close()

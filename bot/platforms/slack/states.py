"""What ties an installation's way back to its way out: slack_sdk's state store, made to be taken once."""

import asyncio
from datetime import UTC, datetime

from slack_sdk.oauth.state_store.sqlalchemy import SQLAlchemyOAuthStateStore
from sqlalchemy import Engine

from bot.clock import Clock

LASTS = 600
"""Seconds that somebody may take to say yes at Slack."""


class States(SQLAlchemyOAuthStateStore):
    """The SDK's own `consume` reads and then deletes, so that two requests at once could both have found a state."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        super().__init__(LASTS, engine)
        self._clock = clock

    async def make(self) -> str:
        """A new state; those whose time is over go."""
        return await asyncio.to_thread(self._make)

    async def take(self, state: str) -> bool:
        """Whether it was made here less than ten minutes ago and nobody has taken it."""
        return await asyncio.to_thread(self.consume, state)

    def consume(self, state: str) -> bool:
        """The deletion decides who has it. Raises SQLAlchemyError."""
        c = self.oauth_states.c
        mine = (c.state == state[:200], c.expire_at > self._now())
        with self.engine.begin() as connection:
            return connection.execute(self.oauth_states.delete().where(*mine)).rowcount == 1

    def _make(self) -> str:
        with self.engine.begin() as connection:
            connection.execute(self.oauth_states.delete().where(self.oauth_states.c.expire_at <= self._now()))
        return self.issue()

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC).replace(tzinfo=None)

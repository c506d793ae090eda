"""The baselines of `answers.py`, on the bare libraries: a bot that keeps every message of a thread as one ORM row in
one transaction, as most are written, and one that only counts them.

    python benchmarks/bare_answers.py discord|slack rows|count NUMBER

"ready" is printed when it hears; with `count`, "heard" after each NUMBER messages. Tokens, addresses and the database
are read from the environment, under the names that Homeroom uses.
"""

import asyncio
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import discord
import yarl
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import DateTime, Engine, String, Text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from bot.store.database import open_engine


class Base(DeclarativeBase):
    pass


class Kept(Base):
    """Everything that this bot knows about an answer."""

    __tablename__ = "bare_answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(128), unique=True)
    thread: Mapped[str] = mapped_column(String(128), index=True)
    author: Mapped[str] = mapped_column(String(64), index=True)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Keeper:
    """One row, one transaction, in a thread: the event loop waits for no disk."""

    def __init__(self, engine: Engine) -> None:
        Base.metadata.create_all(engine)
        self._engine = engine

    async def keep(self, ref: str, thread: str, author: str, text: str, at: datetime) -> None:
        await asyncio.to_thread(self._keep, Kept(ref=ref, thread=thread, author=author, text=text, at=at))

    def _keep(self, row: Kept) -> None:
        with Session(self._engine) as session, suppress(IntegrityError):  # Slack sends again what took long
            session.add(row)
            session.commit()


class Counter:
    def __init__(self, number: int) -> None:
        self._number, self._heard = number, 0

    async def keep(self, *_: object) -> None:
        self._heard += 1
        if self._heard % self._number == 0:
            print("heard", flush=True)


class BareDiscord(discord.Client):
    def __init__(self, keeper: Keeper | Counter) -> None:
        super().__init__(intents=discord.Intents(guilds=True, guild_messages=True, message_content=True))
        self._keeper = keeper

    async def on_ready(self) -> None:
        print("ready", flush=True)

    async def on_message(self, message: discord.Message) -> None:
        if isinstance(message.channel, discord.Thread) and not message.author.bot:
            thread, author = str(message.channel.id), str(message.author.id)
            await self._keeper.keep(str(message.id), thread, author, message.content, message.created_at)


def bare_slack(keeper: Keeper | Counter) -> AsyncApp:
    app = AsyncApp(client=AsyncWebClient(os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"]))

    @app.event("message")
    async def message(event: dict[str, Any]) -> None:
        if event.get("thread_ts") and not event.get("subtype"):
            at = datetime.fromtimestamp(float(event["ts"]), UTC)
            await keeper.keep(event["ts"], event["thread_ts"], event["user"], event["text"], at)

    return app


async def main(platform: str, what: str, number: int) -> None:
    keeper = Counter(number) if what == "count" else Keeper(open_engine(os.environ["DATABASE_URL"]))
    if platform == "discord":
        discord.http.Route.BASE = os.environ["DISCORD_API_URL"]
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["DISCORD_GATEWAY_URL"])
        async with BareDiscord(keeper) as client:
            await client.start(os.environ["DISCORD_TOKEN"])
    else:
        await AsyncSocketModeHandler(bare_slack(keeper), os.environ["SLACK_APP_TOKEN"]).connect_async()
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))

"""The baseline of the loaded memory in `starting.py`: a bot on bare discord.py and slack-bolt that hears every message
and answers one slash command with a constant. It keeps nothing of its own; what the libraries keep, they keep.

"ready" is printed once for each platform. Tokens and addresses come under the names that Homeroom reads.
"""

import asyncio
import os
from typing import Any

import discord
import yarl
from discord import app_commands
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

LINE = "Deceptive alignment: looking aligned in training, and not being so."


class Listener(discord.Client):
    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True, messages=True, message_content=True))
        self.tree = app_commands.CommandTree(self)
        self.heard = 0

        @self.tree.command(name="concept", description="Look up a concept of the course")
        async def concept(interaction: discord.Interaction, name: str) -> None:
            await interaction.response.send_message(LINE, ephemeral=True)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def on_ready(self) -> None:
        print("ready", flush=True)

    async def on_message(self, message: discord.Message) -> None:
        self.heard += 1


def slack_app() -> AsyncApp:
    app = AsyncApp(client=AsyncWebClient(os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"]))

    @app.event("message")
    async def message(event: dict[str, Any]) -> None:
        pass

    @app.command("/concept")
    async def concept(ack: AsyncAck) -> None:
        await ack(text=LINE, response_type="ephemeral")

    return app


async def main() -> None:
    discord.http.Route.BASE = os.environ["DISCORD_API_URL"]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["DISCORD_GATEWAY_URL"])
    await AsyncSocketModeHandler(slack_app(), os.environ["SLACK_APP_TOKEN"]).connect_async()
    print("ready", flush=True)
    async with Listener() as client:
        await client.start(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    asyncio.run(main())

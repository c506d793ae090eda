"""The baseline of `commands.py`: a slash command that answers a constant, on the bare library, as its own tutorial
writes it. Looks nothing up, keeps nothing, asks nobody.

    python benchmarks/bare_handlers.py discord|slack CONSTANT.json

`/concept` answers a typical concept answer, sent through the library's own means; `/line` one short line. "ready" is
printed when it can be asked. Tokens and addresses are read from the environment, under the names that Homeroom uses.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import discord
import yarl
from discord import app_commands, ui
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

LINE = "Deceptive alignment: looking aligned in training, and not being so."

Json = dict[str, Any]


class BareDiscord(discord.Client):
    """A command tree with two commands; the guilds are all that it asks the gateway for."""

    def __init__(self, container: Json) -> None:
        super().__init__(intents=discord.Intents(guilds=True))
        self.tree = app_commands.CommandTree(self)

        @self.tree.command(name="concept", description="Look up a concept of the course")
        async def concept(interaction: discord.Interaction, name: str) -> None:
            await interaction.response.send_message(view=_view(container), ephemeral=True)

        @self.tree.command(name="line", description="One line")
        async def line(interaction: discord.Interaction, name: str) -> None:
            await interaction.response.send_message(LINE, ephemeral=True)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def on_ready(self) -> None:
        print("ready", flush=True)


def _view(container: Json) -> ui.LayoutView:
    """Made for each answer, as views are: one that stands before two people is pressed by both."""
    shown: ui.Container[Any] = ui.Container()
    for part in container["components"]:
        if part["type"] == discord.ComponentType.text_display.value:
            shown.add_item(ui.TextDisplay(part["content"]))
        else:
            made = (ui.Button[Any](label=each["label"], custom_id=each["custom_id"]) for each in part["components"])
            shown.add_item(ui.ActionRow(*made))
    view = ui.LayoutView()
    view.add_item(shown)
    return view


def bare_slack(answer: Json) -> AsyncApp:
    """process_before_response: without it Bolt looks every 10 ms whether a listener has acknowledged, which no baseline
    should be slowed by."""
    web = AsyncWebClient(os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
    app = AsyncApp(client=web, process_before_response=True)

    @app.command("/concept")
    async def concept(ack: AsyncAck) -> None:
        await ack(text=answer["text"], blocks=answer["blocks"], response_type="ephemeral")

    @app.command("/line")
    async def line(ack: AsyncAck) -> None:
        await ack(text=LINE, response_type="ephemeral")

    return app


async def main(platform: str, constant: Json) -> None:
    """constant: the body of a message, as Homeroom renders it for this platform."""
    if platform == "discord":
        discord.http.Route.BASE = os.environ["DISCORD_API_URL"]
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["DISCORD_GATEWAY_URL"])
        async with BareDiscord(constant["components"][0]) as client:
            await client.start(os.environ["DISCORD_TOKEN"])
    else:
        handler = AsyncSocketModeHandler(bare_slack(constant), os.environ["SLACK_APP_TOKEN"])
        await handler.connect_async()
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))))

"""A Discord and a Slack of somebody else, as far as the bot can tell: our fakes in a process of their own. Prints where
they are as one line of JSON, and ends when its input does. An argument names one promise that they break."""

import asyncio
import json
import sys

from contract_ground import QUICK, UNLIMITED

from bot.fakes.discord import FakeDiscord
from bot.fakes.slack import FakeSlack, conversations


async def serve(broken: str) -> None:
    nonces = {"nonce_seconds": 0.0} if broken == "nonces are ignored" else {}
    async with FakeDiscord(rates=UNLIMITED, **nonces) as discord, FakeSlack(rate=None, timing=QUICK) as slack:
        if broken == "nothing of ours is found":
            discord.world.history_lag = 1e9
            told = conversations.to_json
            conversations.to_json = lambda message, world, *_: told(message, world)  # without its metadata
        channel = discord.add_channel("cohort")
        discord.give_permission(channel, "pin_messages")
        where = {
            "options": [
                f"--discord-url={discord.api_url}",
                f"--discord-gateway={discord.gateway_url}",
                f"--discord-channel={channel}",
                f"--slack-url={slack.api_url}",
                f"--slack-channel={slack.add_channel('cohort')}",
            ],
            "tokens": {
                "DISCORD_TOKEN": discord.token,
                "SLACK_BOT_TOKEN": slack.bot_token,
                "SLACK_APP_TOKEN": slack.app_token,
            },
        }
        print(json.dumps(where), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(" ".join(sys.argv[1:])))

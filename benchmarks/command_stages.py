"""Where `commands.py` asks: a platform's fake with people in a channel, who ask so many things at once."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import cycle
from time import monotonic
from typing import Any

from aiohttp import web
from made_record import add_answers, add_cohorts, add_posted_days, settled
from sqlalchemy import Engine, update

from bot.clock import system_clock
from bot.fakes.discord import FakeDiscord, Rates
from bot.fakes.discord.interactions import COMMAND, DEFERRED
from bot.fakes.slack import FakeSlack
from bot.store.tables import Cohort, Member

MEMBERS, LESSONS = 36, 30
CHAT_INPUT, STRING = 1, 3  # a slash command, an option of text


class DiscordStage:
    """A fake Discord without rate limits: an interaction's answer counts against none but its own. deferred: how many
    were told to wait first."""

    platform = "discord"

    def __init__(self) -> None:
        self.fake = FakeDiscord(rates=Rates(overall=1_000_000, ordinary=(1_000_000, 1.0)))
        self._arrived: dict[str, float] = {}
        answer = self.fake.rest.answer

        async def stamped(request: web.Request) -> web.StreamResponse:
            await request.read()
            self._arrived[request.path] = monotonic()
            return await answer(request)

        self.fake.rest.answer = stamped  # type: ignore[method-assign]  # before the fake judges what it was sent
        self.channel = self.fake.add_channel("cohort")
        self.people = [self.fake.add_person(f"Member {number}") for number in range(MEMBERS)]
        self._turns = cycle(self.people)
        self.deferred = 0

    @property
    def env(self) -> Mapping[str, str]:
        fake = self.fake
        urls = {"DISCORD_API_URL": fake.api_url, "DISCORD_GATEWAY_URL": fake.gateway_url}
        return {"DISCORD_TOKEN": fake.token, **urls}

    async def ask(self, command: str, texts: Sequence[str], in_flight: int) -> list[float]:
        """Seconds from each command to its answer."""
        registered = next(each for each in self.fake.world.commands[0] if each["name"] == command)
        self._arrived.clear()
        return await _all_of(texts, in_flight, lambda text: self._one(registered, text))

    async def _one(self, command: Mapping[str, Any], text: str) -> float:
        typed = [{"name": "name", "type": STRING, "value": text}]
        body = {"id": command["id"], "name": command["name"], "type": CHAT_INPUT, "options": typed}
        world, interactions = self.fake.world, self.fake.interactions
        channel = world.channels[int(self.channel)]
        asked = interactions.start(world, COMMAND, int(next(self._turns)), channel, body)
        sent = monotonic()
        await asyncio.wait_for(asked.touched.wait(), 30)
        self.deferred += asked.answered == DEFERRED
        del interactions.by_token[asked.token]
        return self._arrived[f"/api/v10/interactions/{asked.id}/{asked.token}/callback"] - sent


class SlackStage:
    """A fake Slack; answers come with the acknowledgement, over the socket. deferred: how many came later."""

    platform = "slack"

    def __init__(self) -> None:
        self.fake = FakeSlack(rate=None)
        self.channel = self.fake.add_channel("cohort")
        self.people = [self.fake.add_person(f"Member {number}") for number in range(MEMBERS)]
        self._turns = cycle(self.people)
        self.deferred = 0

    @property
    def env(self) -> Mapping[str, str]:
        fake = self.fake
        tokens = {"SLACK_BOT_TOKEN": fake.bot_token, "SLACK_APP_TOKEN": fake.app_token}
        return {"SLACK_API_URL": fake.api_url, **tokens}

    async def ask(self, command: str, texts: Sequence[str], in_flight: int) -> list[float]:
        """Seconds from each command to its answer."""
        before = len(self.fake.acknowledged)
        await _all_of(texts, in_flight, lambda text: self._one(command, text))
        found = self.fake.acknowledged[before:]
        if len(found) != len(texts):
            raise SystemExit(f"/{command} was not acknowledged: {self.fake.refusals()[-3:]}")
        self.deferred += sum(not each.payload for each in found)
        return [each.seconds for each in found]

    async def _one(self, command: str, text: str) -> None:
        await self.fake.slash(next(self._turns), self.channel, f"/{command}", text)


Stage = DiscordStage | SlackStage


def add_cohort(engine: Engine, stage: Stage) -> None:
    """A cohort in the stage's channel, thirty lessons in: everybody there is a member who has answered each prompt."""
    yesterday = system_clock() - timedelta(days=1)
    add_cohorts(engine, 1, 1, yesterday + timedelta(days=3), stage.platform)
    add_posted_days(engine, range(1, 2), LESSONS, yesterday)
    prompts = [number for number in range(1, 3 * LESSONS + 1) if number % 3 != 1]
    add_answers(engine, MEMBERS, 1, prompts, "An answer of two sentences. " * 8)
    with engine.begin() as connection:
        place = {"workspace": stage.fake.workspace, "channel": stage.channel}
        connection.execute(update(Cohort).values(**place))
        for number, person in enumerate(stage.people, 1):
            member = {"platform": stage.platform, "workspace": stage.fake.workspace, "ref": person}
            connection.execute(update(Member).where(Member.id == number).values(**member))
    settled(engine)


async def _all_of(texts: Sequence[str], in_flight: int, one: Any) -> list[Any]:
    """So many askers, each of whom asks on as soon as they are answered."""
    left: Iterator[str] = iter(texts)

    async def asker() -> list[Any]:
        return [await one(text) for text in left]

    return [each for some in await asyncio.gather(*(asker() for _ in range(in_flight))) for each in some]

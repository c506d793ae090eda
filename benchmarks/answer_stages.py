"""Where `answers.py` measures: a platform's fake with cohorts in it, whose members all answer in the same moment, and
the record in which these cohorts stand."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Engine, insert

from bot.clock import monotonic, system_clock
from bot.fakes.discord import FakeDiscord
from bot.fakes.discord.world import PUBLIC_THREAD, Channel
from bot.fakes.slack import FakeSlack
from bot.store.tables import Cohort, Delivery, Enrollment, Member, Message

COHORTS, MEMBERS, PROMPTS = 25, 20, 4
"""Cohorts, members of each, writing prompts of the lesson that is out."""

TEXT = "It is shown that the model does this when it is told so, and not that it wants it. " * 5


@dataclass(frozen=True)
class Class:
    """A cohort's place on a platform: its channel, its members, and the thread of each prompt."""

    workspace: str
    channel: str
    members: Sequence[str]
    threads: Sequence[str]


class DiscordStage:
    """With Discord's rate limits, which hold back receipts and nothing else."""

    platform = "discord"

    def __init__(self) -> None:
        self.fake = FakeDiscord()
        self.classes = [self._class(number) for number in range(COHORTS)]

    @property
    def env(self) -> Mapping[str, str]:
        fake = self.fake
        urls = {"DISCORD_API_URL": fake.api_url, "DISCORD_GATEWAY_URL": fake.gateway_url}
        return {"DISCORD_TOKEN": fake.token, **urls}

    async def write(self, answers: Sequence[tuple[str, str]]) -> float:
        """(member, thread) of each answer; the moment in which all of them leave for the socket."""
        self.fake.gateway.hold()
        for member, thread in answers:
            await self.fake.reply(member, thread, TEXT)
        began = monotonic()
        self.fake.gateway.release(backwards=False)
        return began

    def _class(self, number: int) -> Class:
        fake, world = self.fake, self.fake.world
        channel = fake.add_channel(f"cohort-{number}")
        threads = []
        for prompt in range(PROMPTS):
            thread = Channel(world.snowflake(), PUBLIC_THREAD, f"Prompt {prompt}", int(fake.workspace), int(channel))
            thread.owner_id, thread.members = world.bot.id, {world.bot.id}
            world.channels[thread.id] = thread
            threads.append(str(thread.id))
        members = [fake.add_person(f"Member {each}") for each in range(MEMBERS)]
        return Class(fake.workspace, channel, members, threads)


class SlackStage:
    platform = "slack"

    def __init__(self) -> None:
        self.fake = FakeSlack()
        self.classes = [self._class(number) for number in range(COHORTS)]

    @property
    def env(self) -> Mapping[str, str]:
        fake = self.fake
        return {"SLACK_BOT_TOKEN": fake.bot_token, "SLACK_APP_TOKEN": fake.app_token, "SLACK_API_URL": fake.api_url}

    async def write(self, answers: Sequence[tuple[str, str]]) -> float:
        """As on Discord; the fake sends each by itself, as soon as it comes to it."""
        for member, thread in answers:
            await self.fake.reply(member, thread, TEXT)
        return monotonic()

    def _class(self, number: int) -> Class:
        fake = self.fake
        channel = fake.add_channel(f"cohort-{number}")
        threads = [fake.post_as_other_bot(channel, f"Prompt {each}") for each in range(PROMPTS)]
        return Class(fake.workspace, channel, [fake.add_person(f"Member {each}") for each in range(MEMBERS)], threads)


Stage = DiscordStage | SlackStage
STAGES = {"discord": DiscordStage, "slack": SlackStage}


def answers_of(stage: Stage) -> Iterator[tuple[str, str]]:
    """(member, thread) for ever, so that the members of all cohorts answer in turn, prompt after prompt."""
    for prompt, place in itertools.cycle(itertools.product(range(PROMPTS), range(MEMBERS))):
        for each in stage.classes:
            yield each.members[place], each.threads[prompt]


def add_classes(engine: Engine, stage: Stage) -> None:
    """The cohorts of a stage, in the middle of the course, with a lesson that is out since this morning."""
    now = system_clock()
    rows: dict[Any, list[dict[str, Any]]] = {each: [] for each in (Cohort, Member, Enrollment, Delivery, Message)}
    people = itertools.count(1)
    for number, each in enumerate(stage.classes, start=1):
        rows[Cohort].append(_cohort(number, stage.platform, each, now))
        for ref in each.members:
            member = {"id": next(people), "platform": stage.platform, "workspace": each.workspace, "ref": ref}
            rows[Member].append({**member, "name": f"Member {ref}"})
            place = {"cohort_id": number, "member_id": member["id"], "role": "learner", "joined_on": date(2026, 1, 5)}
            rows[Enrollment].append(place)
        rows[Delivery].append(_delivery(number, now - timedelta(hours=2)))
        rows[Message] += _messages(number, stage.platform, each)
    with engine.begin() as connection:
        for table, values in rows.items():
            connection.execute(insert(table), values)


def _cohort(number: int, platform: str, place: Class, now: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "key": f"{number:032x}",
        "platform": platform,
        "workspace": place.workspace,
        "channel": place.channel,
        "name": f"Cohort {number}",
        "course": "course",
        "zone": "UTC",
        "post_time": time(9),
        "weekdays": 127,
        "start_date": date(2026, 1, 5),
        "next_lesson": 32,
        "next_date": now.date() + timedelta(days=1),
        "next_due_at": now + timedelta(days=1),
        "state": "active",
        "created_at": now - timedelta(days=60),
    }


def _delivery(cohort: int, at: datetime) -> dict[str, Any]:
    times = {"due_at": at, "next_try_at": at, "posted_at": at, "closes_at": at + timedelta(days=2)}
    named = {"id": cohort, "cohort_id": cohort, "kind": "lesson", "local_date": at.date(), "lesson": 31}
    return {**named, **times, "state": "done", "attempt": 1}


def _messages(delivery: int, platform: str, place: Class) -> Iterator[dict[str, Any]]:
    """A page, and every prompt with its thread."""
    for number, thread in enumerate([None, *place.threads]):
        yield {
            "delivery_id": delivery,
            "number": number,
            "prompt": f"p{number}" if thread else None,
            "key": f"{delivery:08x}-{number}",
            "body": "{}",
            "platform": platform,
            "ref": f"{place.channel}/{delivery * 10 + number}",
            "thread": thread,
            "unread": False,
            "audits": 3,
        }

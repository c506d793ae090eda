"""Staying connected: log in, register the commands, listen; and again, for as long as it takes."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import discord

from bot.chat.inbound import Person
from bot.chat.port import BadToken, Ears, PlatformError, Ready, Reason, Sharing
from bot.chat.post import Post
from bot.clock import Clock
from bot.platforms.discord.commands import application_commands, is_registered
from bot.platforms.discord.errors import told
from bot.platforms.discord.examine import NOT_ACCEPTED, has_content_intent
from bot.platforms.discord.gateway import READY, Payload
from bot.platforms.discord.hearing import Hearing
from bot.platforms.discord.identifying import Identifying, load_limits
from bot.platforms.discord.interactions import Desk, answer_interaction
from bot.platforms.discord.refusals import Refusals
from bot.platforms.discord.rest import Rest, open_rest
from bot.platforms.discord.sessions import NO_CONTENT, Sessions, shard_of
from bot.platforms.discord.shards import Shards

log = logging.getLogger(__name__)

_LONGEST_PAUSE = 120.0


@dataclass(frozen=True)
class Terms:
    """How one bot account is used. shards: into how many its guilds are parted; None for as many as Discord recommends.
    Times are seconds: between two sessions, until a shard that is not renewed is free, for each shard held before
    another is taken, and before a slow answer is announced."""

    token: str
    sharing: Sharing
    shards: int | None
    identify_pause: float
    lease: float
    take_pause: float
    defer_after: float


class Connection:
    """One bot account's way to Discord: `rest` for calls, `run` for all that comes in, `speak` for calls only."""

    def __init__(self, terms: Terms, clock: Clock, note: Callable[[Person, Post], Awaitable[bool]]) -> None:
        self._terms, self._clock, self._note = terms, clock, note
        self._refusals = Refusals(terms.sharing)
        self._rest: Rest | None = None
        self._sessions: Sessions | None = None
        self._revoked = self._readied = False
        self._failures = 0
        self._answering: set[asyncio.Task[None]] = set()

    @property
    def rest(self) -> Rest:
        """Raises PlatformError while there is none."""
        if self._revoked:
            raise PlatformError(Reason.TOKEN_REVOKED, "Discord does not accept the token")
        if self._rest is None:
            raise PlatformError(Reason.BUSY, "not connected to Discord yet")
        return self._rest

    def kind_of(self, channel: str) -> int | None:
        """The kind of a channel, as far as the gateway has told it."""
        return self._sessions.kind_of(channel) if self._sessions is not None else None

    def guild_of(self, channel: str) -> str | None:
        """The guild of a channel, as far as the gateway has told it."""
        return self._sessions.guild_of(channel) if self._sessions is not None else None

    def is_gone(self, channel: str) -> bool:
        """Whether the channel is surely in no guild of ours; False while we cannot know."""
        return self._sessions is not None and self._sessions.is_gone(channel)

    async def run(self, ears: Ears, ready: Ready) -> None:
        """Until cancelled. Raises BadToken. `ready` is told at the first session, or when every shard is another
        process's: posting needs no session of our own."""
        await self._stay(lambda rest: self._listen(rest, ears, lambda: self._ready_once(ready)))

    async def speak(self, ready: Ready) -> None:
        """As `run`, for calls only."""

        async def say(rest: Rest) -> None:
            self._rest = rest
            self._ready_once(ready)

        await self._stay(say)

    async def _stay(self, use: Callable[[Rest], Awaitable[None]]) -> None:
        """Logged in, again and again; a token that Discord refuses ends it, whoever is told first."""
        while True:
            try:
                async with open_rest(self._terms.token, self._terms.sharing, self._refusals) as rest:
                    self._revoked = False
                    await _until_revoked(use(rest), rest)
            except discord.LoginFailure:
                self._revoked = True
                raise BadToken(NOT_ACCEPTED) from None
            except PlatformError as error:
                log.warning("connect=failed reason=%s detail=%r", error.reason, error.detail)
            finally:
                self._rest = self._sessions = None
            await self._pause()

    async def _listen(self, rest: Rest, ears: Ears, ready: Callable[[], None]) -> None:
        """All that comes in, over one REST session."""
        application = await rest.call("GET", "/applications/@me")
        content = has_content_intent(application)
        if not content:
            log.warning(NO_CONTENT)
        await _register(rest, str(application["id"]))
        terms = self._terms
        count = terms.shards or (await load_limits(rest)).shards
        self._rest = rest
        hearing = Hearing(rest, ears, self._clock, self._is_thread)
        desk = Desk(rest, ears, str(application["id"]), self._note, terms.defer_after)

        def on_event(shard: int, event: str, payload: Payload) -> None:
            if event == READY:
                self._welcome(ears, ready, shard, count)
            elif event == "INTERACTION_CREATE":
                self._answer(desk, payload)
            else:
                hearing.take(event, payload)

        identifying = Identifying(rest, terms.sharing, terms.identify_pause)
        self._sessions = Sessions(terms.token, count, content, identifying, on_event)
        shards = Shards(terms.sharing, count, self._sessions.keep, ready, terms.lease, terms.take_pause)
        listening = asyncio.create_task(hearing.run())
        try:
            await shards.run()
        finally:
            for task in (listening, *self._answering):
                task.cancel()
            await asyncio.gather(listening, *self._answering, return_exceptions=True)

    def _welcome(self, ears: Ears, ready: Callable[[], None], shard: int, count: int) -> None:
        """A session that is not the first follows a lost one or somebody else's, and what happened in between was not
        told."""
        log.info("gateway=ready shard=%s count=%s", shard, count)
        if not self._readied:
            ready()
        elif count == 1:
            ears.missed()
        else:
            ears.missed(lambda guild: shard_of(guild, count) == shard)

    def _ready_once(self, ready: Ready) -> None:
        self._failures = 0
        if not self._readied:
            self._readied = True
            ready()

    def _answer(self, desk: Desk, interaction: Payload) -> None:
        task = asyncio.create_task(answer_interaction(desk, interaction))
        self._answering.add(task)
        task.add_done_callback(self._answered)

    def _answered(self, task: "asyncio.Task[None]") -> None:
        self._answering.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("interaction=failed error=%s", told(error))

    def _is_thread(self, guild: str, channel: str) -> bool | None:
        return self._sessions.is_thread(guild, channel) if self._sessions else None

    async def _pause(self) -> None:
        longest = min(2.0**self._failures, _LONGEST_PAUSE)
        self._failures += 1
        await asyncio.sleep(random.uniform(longest / 2, longest))


async def _until_revoked(using: Awaitable[None], rest: Rest) -> None:
    """Raises what `using` raises, or discord.LoginFailure once Discord has refused the token."""
    task, revoked = asyncio.ensure_future(using), asyncio.create_task(rest.revoked.wait())
    try:
        await asyncio.wait({task, revoked}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
            await revoked
        raise discord.LoginFailure
    finally:
        for each in (task, revoked):
            each.cancel()
        await asyncio.gather(task, revoked, return_exceptions=True)


async def _register(rest: Rest, application: str) -> None:
    """Commands are sent only when Discord lists others: how often they may be is limited per day. Without them the bot
    still posts and listens, so a failure is told and no more."""
    ours: list[dict[str, Any]] = application_commands()
    path = "/applications/{application}/commands"
    try:
        listed = await rest.call("GET", path, application=application)
        if not is_registered(listed, ours):
            await rest.call("PUT", path, ours, application=application)
            log.info("commands=registered count=%s", len(ours))
    except PlatformError as error:
        log.warning("commands=not_registered reason=%s detail=%r", error.reason, error.detail)

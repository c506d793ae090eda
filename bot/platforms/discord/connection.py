"""Staying connected: log in, register the commands, listen; and again, for as long as it takes."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any

import discord

from bot.chat.inbound import Person
from bot.chat.port import BadToken, Ears, PlatformError, Ready, Reason
from bot.chat.post import Post
from bot.clock import Clock
from bot.platforms.discord.commands import application_commands, is_registered
from bot.platforms.discord.errors import told
from bot.platforms.discord.examine import NOT_ACCEPTED, has_content_intent
from bot.platforms.discord.gateway import READY, Payload, Wire
from bot.platforms.discord.hearing import Hearing
from bot.platforms.discord.interactions import Desk, answer_interaction
from bot.platforms.discord.rest import Rest, open_rest

log = logging.getLogger(__name__)

_LONGEST_PAUSE = 120.0
"""Seconds between two tries: a session opened at each stays well below Discord's 1,000 a day."""

_NO_CONTENT = (
    "intent=message_content state=off: what members write in threads cannot be read; forms, direct messages, commands "
    "and buttons work. Switch it on at discord.com/developers/applications, Bot, Privileged Gateway Intents."
)


class Connection:
    """One bot account's way to Discord: `rest` for calls, `run` for everything that comes in."""

    def __init__(
        self,
        token: str,
        clock: Clock,
        identify_pause: float,
        defer_after: float,
        note: Callable[[Person, Post], Awaitable[None]],
    ) -> None:
        self._token, self._clock, self._note = token, clock, note
        self._identify_pause, self._defer_after = identify_pause, defer_after
        self._rest: Rest | None = None
        self._wire: Wire | None = None
        self._revoked = False
        self._sessions = 0
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

    def is_gone(self, channel: str) -> bool:
        """Whether the channel is surely in no guild of ours; False while we cannot know."""
        return self._wire is not None and self._wire.is_gone(channel)

    async def run(self, ears: Ears, ready: Ready) -> None:
        """Until cancelled. Raises BadToken."""
        while True:
            try:
                async with open_rest(self._token) as rest:
                    await self._listen(rest, ears, ready)
            except discord.LoginFailure:
                self._revoked = True
                raise BadToken(NOT_ACCEPTED) from None
            except PlatformError as error:
                log.warning("connect=failed reason=%s detail=%r", error.reason, error.detail)
            finally:
                self._rest = None
            await self._pause()

    async def _listen(self, rest: Rest, ears: Ears, ready: Ready) -> None:
        """Sessions on the gateway, one client after the other, over one REST session."""
        application = await rest.call("GET", "/applications/@me")
        content = has_content_intent(application)
        if not content:
            log.warning(_NO_CONTENT)
        await _register(rest, str(application["id"]))
        self._rest = rest
        hearing = Hearing(rest, ears, self._clock, self._is_thread)
        desk = Desk(rest, ears, str(application["id"]), self._note, self._defer_after)
        listening = asyncio.create_task(hearing.run())
        try:
            while True:
                content = await self._session(content, self._on_event(hearing, desk, ready))
        finally:
            for task in (listening, *self._answering):
                task.cancel()
            await asyncio.gather(listening, *self._answering, return_exceptions=True)

    async def _session(self, content: bool, on_event: Callable[[str, Payload], None]) -> bool:
        """One client until it ends; whether the next may ask for messages' content."""
        try:
            async with Wire(content, on_event, self._identify_pause) as wire:
                self._wire = wire
                await wire.start(self._token)
        except discord.PrivilegedIntentsRequired:
            log.warning(_NO_CONTENT)
            return False
        except discord.ConnectionClosed as error:
            if error.code == 4004:
                raise discord.LoginFailure from None
            log.warning("gateway=closed code=%s", error.code)
        except discord.LoginFailure:
            raise
        except Exception as error:
            log.warning("gateway=failed error=%s", told(error))
        finally:
            self._wire = None
        await self._pause()
        return content

    def _on_event(self, hearing: Hearing, desk: Desk, ready: Ready) -> Callable[[str, Payload], None]:
        def on_event(event: str, payload: Payload) -> None:
            if event == READY:
                self._welcome(desk.ears, ready)
            elif event == "INTERACTION_CREATE":
                task = asyncio.create_task(answer_interaction(desk, payload))
                self._answering.add(task)
                task.add_done_callback(self._answered)
            else:
                hearing.take(event, payload)

        return on_event

    def _welcome(self, ears: Ears, ready: Ready) -> None:
        """A session that is not the first replaces a lost one, and what happened in between was not told."""
        self._sessions += 1
        self._failures = 0
        log.info("gateway=ready session=%s", self._sessions)
        if self._sessions == 1:
            ready()
        else:
            ears.missed()

    def _answered(self, task: "asyncio.Task[None]") -> None:
        self._answering.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("interaction=failed error=%s", told(error))

    def _is_thread(self, guild: str, channel: str) -> bool | None:
        return self._wire.is_thread(guild, channel) if self._wire else None

    async def _pause(self) -> None:
        longest = min(2.0**self._failures, _LONGEST_PAUSE)
        self._failures += 1
        await asyncio.sleep(random.uniform(longest / 2, longest))


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

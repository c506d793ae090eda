"""Discord as a `bot.chat.port.Platform`."""

import logging
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from bot.chat.inbound import Person
from bot.chat.port import (
    Body,
    Capability,
    Copy,
    Ears,
    Finding,
    Mark,
    PlatformError,
    Ready,
    Reason,
    Sharing,
    ThreadReading,
    Topic,
)
from bot.chat.post import Post
from bot.clock import Clock, system_clock
from bot.platforms.discord import examine, probing, reconcile
from bot.platforms.discord.alone import Alone
from bot.platforms.discord.connection import Connection, Terms
from bot.platforms.discord.errors import (
    NO_ACCESS,
    NO_DIRECT_MESSAGES,
    THREAD_EXISTS,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    DiscordError,
)
from bot.platforms.discord.events import PLATFORM
from bot.platforms.discord.gateway import point_at
from bot.platforms.discord.inert import clean
from bot.platforms.discord.limits import (
    DEFER_AFTER,
    IDENTIFY_PAUSE,
    SHARD_LEASE,
    THREAD_ARCHIVE_MINUTES,
    THREAD_NAME_LIMIT,
    shortened,
)
from bot.platforms.discord.render import render
from bot.platforms.discord.rest import is_refusal

log = logging.getLogger(__name__)

_REACTIONS = {Mark.KEPT: ("✅",), Mark.COMPLETE: ("✅", "🎉")}


_TAKE_PAUSE = 0.5
"""Seconds for each shard held before another is taken, when others may want it."""


class DiscordPlatform:
    """One bot account. Calls other than `render` and `examine` need `run` or `speak` to be running: before it has
    logged in they raise PlatformError(BUSY)."""

    def __init__(
        self,
        token: str,
        api_url: str | None = None,
        gateway_url: str | None = None,
        clock: Clock = system_clock,
        *,
        sharing: Sharing | None = None,
        shards: int | None = None,
        identify_pause: float = IDENTIFY_PAUSE,
        shard_lease: float = SHARD_LEASE,
        defer_after: float = DEFER_AFTER,
    ) -> None:
        """api_url ends in the version ("https://discord.com/api/v10").

        sharing: what this process agrees on with others that use the same token: the limit over all routes, the day's
        sessions, and who hears which shard. Without it this process is alone and hears all of them. shards: how many;
        None is as many as Discord recommends, which may change from one process's start to the next's, so that
        several processes had better be told.

        identify_pause: seconds between two sessions; Discord allows one every five. shard_lease: seconds after which a
        dead process's shards are taken up. defer_after: seconds before a slow answer is announced; Discord gives up
        after three."""
        self._token, self._urls = token, (api_url, gateway_url)
        self._sharing = sharing or Alone()
        take_pause = 0.0 if sharing is None else min(_TAKE_PAUSE, shard_lease / 60)
        terms = Terms(token, self._sharing, shards, identify_pause, shard_lease, take_pause, defer_after)
        self._connection = Connection(terms, clock, self.note_person)
        self._dm_channels: dict[str, str] = {}

    @property
    def name(self) -> str:
        return PLATFORM

    @property
    def capabilities(self) -> frozenset[Capability]:
        return frozenset({Capability.SUGGESTIONS})

    @property
    def settles_in(self) -> float:
        return 10.0

    def render(self, post: Post, key: str | None) -> tuple[Body, ...]:
        return render(post, key)

    async def post(self, channel: str, body: Body, topic: Topic | None = None) -> str:
        path = "/channels/{channel_id}/messages"
        once = bool(body.get("nonce")) and body.get("enforce_nonce") is True
        try:
            sent = await self._connection.rest.call("POST", path, dict(body), repeats=once, channel_id=channel)
        except DiscordError as error:
            raise self._told_better(error, channel) from None
        return f"{channel}/{sent['id']}"

    def place_after(self, channel: str, first: str) -> str:
        return channel

    async def edit(self, message: str, body: Body) -> None:
        channel, _, message_id = message.partition("/")
        path = "/channels/{channel_id}/messages/{message_id}"
        sent = {name: value for name, value in body.items() if name not in ("nonce", "enforce_nonce")}
        try:
            await self._connection.rest.call(
                "PATCH", path, sent, repeats=True, channel_id=channel, message_id=message_id
            )
        except DiscordError as error:
            raise self._told_better(error, channel) from None

    async def say(self, thread: str, post: Post, once: str) -> None:
        for body in render(post, once):
            await self.post(thread, body)

    async def pin(self, message: str) -> None:
        channel, _, message_id = message.partition("/")
        path = "/channels/{channel_id}/messages/pins/{message_id}"
        try:
            await self._connection.rest.call("PUT", path, channel_id=channel, message_id=message_id)
        except DiscordError as error:
            raise self._told_better(error, channel) from None

    async def unpin(self, message: str) -> None:
        channel, _, message_id = message.partition("/")
        path = "/channels/{channel_id}/messages/pins/{message_id}"
        try:
            await self._connection.rest.call("DELETE", path, channel_id=channel, message_id=message_id)
        except DiscordError as error:
            if not is_refusal(error, UNKNOWN_MESSAGE, UNKNOWN_CHANNEL):
                raise self._told_better(error, channel) from None

    async def open_thread(self, message: str, title: str) -> str:
        channel, _, message_id = message.partition("/")
        body = {
            "name": shortened(clean(title), THREAD_NAME_LIMIT) or "…",
            "auto_archive_duration": THREAD_ARCHIVE_MINUTES,
        }
        path = "/channels/{channel_id}/messages/{message_id}/threads"
        try:
            thread = await self._connection.rest.call("POST", path, body, channel_id=channel, message_id=message_id)
        except DiscordError as error:
            if is_refusal(error, THREAD_EXISTS):
                return message_id  # a thread has the id of the message that it was opened under
            raise self._told_better(error, channel) from None
        return str(thread["id"])

    async def find_posted(self, channel: str, keys: Collection[str], since: datetime) -> Mapping[str, tuple[Copy, ...]]:
        try:
            return await reconcile.find_posted(self._connection.rest, channel, frozenset(keys), since)
        except DiscordError as error:
            raise self._told_better(error, channel) from None

    async def remove(self, message: str) -> None:
        channel, _, message_id = message.partition("/")
        path = "/channels/{channel_id}/messages/{message_id}"
        try:
            await self._connection.rest.call("DELETE", path, repeats=True, channel_id=channel, message_id=message_id)
        except DiscordError as error:
            if not is_refusal(error, UNKNOWN_MESSAGE, UNKNOWN_CHANNEL):
                raise self._told_better(error, channel) from None

    async def probe(self, channel: str) -> None:
        try:
            await probing.probe(self._connection.rest, channel)
        except DiscordError as error:
            raise self._told_better(error, channel) from None

    async def read_thread(self, thread: str) -> ThreadReading:
        try:
            return await reconcile.read_thread(self._connection.rest, thread)
        except DiscordError as error:
            raise self._told_better(error, thread) from None

    async def acknowledge(self, message: str, mark: Mark) -> None:
        channel, _, message_id = message.partition("/")
        path = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me"
        for emoji in _REACTIONS[mark]:
            await self._connection.rest.call("PUT", path, channel_id=channel, message_id=message_id, emoji=emoji)

    async def note(self, workspace: str, person: Person, thread: str | None, post: Post) -> bool:
        return await self.note_person(person, post)

    async def note_person(self, person: Person, post: Post) -> bool:
        """A direct message. Somebody who takes none has seen our reaction, which says the same in short."""
        try:
            channel = await self._dm_channel(person.ref)
            for body in render(post, None):
                once = {"nonce": secrets.token_hex(12), "enforce_nonce": True}  # discord.py tries again after a 502
                await self.post(channel, {**body, **once})
        except DiscordError as error:
            if not is_refusal(error, *NO_DIRECT_MESSAGES):
                raise
            log.info("note=refused person=%s code=%s", person.ref, error.code)
            return False
        return True

    async def examine(self, channels: Collection[str]) -> tuple[Finding, ...]:
        point_at(*self._urls)
        return await examine.examine(self._token, self._sharing, channels)

    async def run(self, ears: Ears, ready: Ready) -> None:
        point_at(*self._urls)
        await self._connection.run(ears, ready)

    async def speak(self, ready: Ready) -> None:
        point_at(*self._urls)
        await self._connection.speak(ready)

    async def _dm_channel(self, person: str) -> str:
        if person not in self._dm_channels:
            opened: Any = await self._connection.rest.call("POST", "/users/@me/channels", {"recipient_id": person})
            self._dm_channels[person] = str(opened["id"])
        return self._dm_channels[person]

    def _told_better(self, error: DiscordError, channel: str) -> PlatformError:
        """What the code alone does not say."""
        if is_refusal(error, UNKNOWN_MESSAGE):
            return DiscordError(
                Reason.REFUSED, f"{error.detail}: accepted earlier and deleted since", code=UNKNOWN_MESSAGE
            )
        if is_refusal(error, NO_ACCESS) and self._connection.is_gone(channel):
            return DiscordError(Reason.BOT_REMOVED, error.detail, code=error.code)
        return error

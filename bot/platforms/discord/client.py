"""Discord as a `bot.chat.port.Platform`."""

import logging
import re
import secrets
from collections.abc import Awaitable, Collection, Mapping
from datetime import datetime
from functools import partial
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
    Seat,
    Sharing,
    ThreadReading,
    Topic,
)
from bot.chat.post import Post
from bot.clock import Clock, system_clock
from bot.platforms.discord import examine, forum, probing, reconcile, standing
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
from bot.platforms.discord.events import PLATFORM, THREAD_ONLY, THREAD_TYPES
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
from bot.platforms.discord.places import Places
from bot.platforms.discord.render import render
from bot.platforms.discord.rest import is_refusal

log = logging.getLogger(__name__)

_REACTIONS = {Mark.KEPT: ("✅",), Mark.COMPLETE: ("✅", "🎉"), Mark.PRAISED: ("👏",)}

_LINKED = re.compile(r"[0-9]+(?:/[0-9]+)?")

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
        self._token, self._urls, self._clock = token, (api_url, gateway_url), clock
        self._sharing = sharing or Alone()
        take_pause = 0.0 if sharing is None else min(_TAKE_PAUSE, shard_lease / 60)
        terms = Terms(token, self._sharing, shards, identify_pause, shard_lease, take_pause, defer_after)
        self._connection = Connection(terms, clock, self.note_person)
        self._places = Places(self._connection.kind_of)
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
        if topic is not None and self._places.known(channel) in THREAD_ONLY:
            return await self._open_post(channel, body, topic)
        try:
            return await self._send(channel, body)
        except DiscordError as error:
            if topic is None or not await self._is_refused_in_forum(channel, error):
                raise self._told_better(error, channel) from None
        return await self._open_post(channel, body, topic)

    def place_after(self, channel: str, first: str) -> str:
        return first.partition("/")[0]

    def link(self, message: str, workspace: str = "") -> str | None:
        guild = workspace or self._connection.guild_of(message.partition("/")[0])
        return f"https://discord.com/channels/{guild}/{message}" if guild and _LINKED.fullmatch(message) else None

    async def edit(self, message: str, body: Body) -> None:
        await self._on(message, standing.edit(self._connection.rest, message, body))

    async def say(self, thread: str, post: Post, once: str) -> None:
        place, _, prompt = thread.partition("/")  # of a prompt in a forum's post: it is answered there
        answers = {"message_reference": {"message_id": prompt, "fail_if_not_exists": False}} if prompt else {}
        for body in render(post, once):
            try:
                act = partial(self.post, place, {**body, **answers})
                await standing.in_open_thread(self._connection.rest, place, act)
            except DiscordError as error:
                if not is_refusal(error, UNKNOWN_MESSAGE):  # said a moment ago, and deleted since
                    raise

    async def pin(self, message: str) -> None:
        await self._on(message, standing.pin(self._connection.rest, message))

    async def unpin(self, message: str) -> None:
        await self._on(message, standing.unpin(self._connection.rest, message))

    async def open_thread(self, message: str, title: str) -> str:
        channel, _, message_id = message.partition("/")
        if self._places.known(channel) in THREAD_TYPES:
            return message  # in a forum's post there are no further threads: answers are replies to the message
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
            if error.reason is Reason.REFUSED and await self._is_thread(channel):
                return message
            raise self._told_better(error, channel) from None
        return str(thread["id"])

    async def find_posted(self, channel: str, keys: Collection[str], since: datetime) -> Mapping[str, tuple[Copy, ...]]:
        try:
            inside = await self._places.kind(self._connection.rest, channel) in THREAD_ONLY
            find = forum.find_posted if inside else reconcile.find_posted
            return await find(self._connection.rest, channel, frozenset(keys), since)
        except DiscordError as error:
            raise self._told_better(error, channel) from None

    async def remove(self, message: str) -> None:
        channel, _, message_id = message.partition("/")
        if channel == message_id:
            await self._on(message, forum.remove_post(self._connection.rest, channel))
            return
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
        await self._on(message, standing.react(self._connection.rest, message, _REACTIONS[mark]))

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

    async def examine(self, seats: Collection[Seat]) -> tuple[Finding, ...]:
        point_at(*self._urls)
        return await examine.examine(self._token, self._sharing, seats, self._clock)

    async def run(self, ears: Ears, ready: Ready) -> None:
        point_at(*self._urls)
        await self._connection.run(ears, ready)

    async def speak(self, ready: Ready) -> None:
        point_at(*self._urls)
        await self._connection.speak(ready)

    async def _send(self, channel: str, body: Body) -> str:
        once = bool(body.get("nonce")) and body.get("enforce_nonce") is True
        path = "/channels/{channel_id}/messages"
        sent = await self._connection.rest.call("POST", path, dict(body), repeats=once, channel_id=channel)
        return f"{channel}/{sent['id']}"

    async def _open_post(self, channel: str, body: Body, topic: Topic) -> str:
        try:
            message = await forum.open_post(self._connection.rest, channel, body, topic)
        except DiscordError as error:
            raise self._told_better(error, channel) from None
        self._places.learn_thread(message.partition("/")[0])
        return message

    async def _is_refused_in_forum(self, channel: str, error: DiscordError) -> bool:
        """Who does not listen does not know a forum until it has refused a message; it is worth no call before that."""
        return error.reason is Reason.REFUSED and await self._kind(channel) in THREAD_ONLY

    async def _is_thread(self, channel: str) -> bool:
        return await self._kind(channel) in THREAD_TYPES

    async def _kind(self, channel: str) -> int:
        return await self._places.kind(self._connection.rest, channel)

    async def _dm_channel(self, person: str) -> str:
        if person not in self._dm_channels:
            opened: Any = await self._connection.rest.call("POST", "/users/@me/channels", {"recipient_id": person})
            self._dm_channels[person] = str(opened["id"])
        return self._dm_channels[person]

    async def _on(self, message: str, done: Awaitable[None]) -> None:
        """Something done to a message, with its failure told as well as we can."""
        try:
            await done
        except DiscordError as error:
            raise self._told_better(error, message.partition("/")[0]) from None

    def _told_better(self, error: DiscordError, channel: str) -> PlatformError:
        """What the code alone does not say."""
        if is_refusal(error, UNKNOWN_MESSAGE):
            return DiscordError(
                Reason.REFUSED, f"{error.detail}: accepted earlier and deleted since", code=UNKNOWN_MESSAGE
            )
        if is_refusal(error, NO_ACCESS) and self._connection.is_gone(channel):
            return DiscordError(Reason.BOT_REMOVED, error.detail, code=error.code)
        return error

"""The rehearsal room as a platform: the same port as Discord's and Slack's, without a network in between."""

import asyncio
import logging
import traceback
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from bot.chat.inbound import Command, FormAnswer, Heard, Partial, Person, Reacted
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
    ThreadReading,
    Topic,
)
from bot.chat.post import Choice, Form, Post, Rejected
from bot.clock import monotonic
from bot.platforms.simulator import places, rules
from bot.platforms.simulator.events import to_reply
from bot.platforms.simulator.render import to_bodies, to_form
from bot.platforms.simulator.room import Room
from bot.platforms.simulator.terms import PLATFORM, Refused, Told, Unanswered

_log = logging.getLogger(__name__)

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 30.0  # seconds before an event that was not kept is told again

_REASONS = {"unknown_channel": Reason.CHANNEL_GONE}


class SimulatorPlatform:
    """The Platform port over a Room."""

    name = PLATFORM
    capabilities = frozenset(Capability)
    settles_in = 0.0

    def __init__(self, room: Room) -> None:
        self._room = room

    def render(self, post: Post, key: str | None) -> tuple[Body, ...]:
        return to_bodies(post, key)

    async def post(self, channel: str, body: Body, topic: Topic | None = None) -> str:
        with _platform_errors():
            return self._room.post(channel, body)

    def place_after(self, channel: str, first: str) -> str:
        return channel

    def link(self, message: str, workspace: str = "") -> str | None:
        """None: the room does not know where its page is mounted."""
        return None

    async def edit(self, message: str, body: Body) -> None:
        with _platform_errors():
            self._room.change(message, body)

    async def say(self, thread: str, post: Post, once: str) -> None:
        with _platform_errors():
            self._room.speak(thread, to_bodies(post, once), once)

    async def pin(self, message: str) -> None:
        with _platform_errors():
            self._room.pin(message)

    async def unpin(self, message: str) -> None:
        self._room.unpin(message)

    async def open_thread(self, message: str, title: str) -> str:
        with _platform_errors():
            return self._room.open_thread(message, title)

    async def find_posted(self, channel: str, keys: Collection[str], since: datetime) -> Mapping[str, tuple[Copy, ...]]:
        with _platform_errors():
            return self._room.find_keys(channel, keys, since)

    async def remove(self, message: str) -> None:
        with _platform_errors():
            self._room.remove(message)

    async def probe(self, channel: str) -> None:
        with _platform_errors():
            rules.known(channel, self._room.roster.channels(), "channel")

    async def read_thread(self, thread: str) -> ThreadReading:
        if self._room.find_root(thread) is None:
            raise PlatformError(Reason.REFUSED, "unknown_thread")
        people = self._room.roster.people()
        replies = (to_reply(message, people) for message in self._room.messages(thread) if message.author)
        return ThreadReading(tuple(replies), complete=True)

    async def acknowledge(self, message: str, mark: Mark) -> None:
        with _platform_errors():
            self._room.mark(message, mark)

    async def note(self, workspace: str, person: Person, thread: str | None, post: Post) -> bool:
        """In the thread where they wrote, else in their direct conversation with the bot, unless they keep that
        closed. What they wrote there may stand for it."""
        in_thread = thread if thread is not None and not places.is_direct(thread) else None
        if in_thread is None and person.ref in self._room.roster.closed:
            return False
        with _platform_errors():
            for body in to_bodies(post, None):
                self._room.whisper(person.ref, in_thread or self._room.dm(person.ref), body, asked=False)
        return True

    async def examine(self, seats: Collection[Seat]) -> tuple[Finding, ...]:
        return tuple(_channel_finding(seat.channel, self._room.roster.channels()) for seat in seats)

    async def run(self, ears: Ears, ready: Ready) -> None:
        """Listen until cancelled. An event that `ears` does not keep is told again, later each time; those behind it
        do not wait for it."""
        listener = _Listener(self._room, ears)
        self._room.bot = listener
        ready()
        try:
            while True:
                self._room.unheard.clear()
                await _pause(self._room.unheard, await listener.tell_waiting())
        finally:
            self._room.bot = None

    async def speak(self, ready: Ready) -> None:
        """Nobody in the room is listened to; what they do waits for a `run`."""
        ready()
        await asyncio.Event().wait()


class _Listener:
    """The bot as the room knows it (`terms.Bot`), while it runs."""

    def __init__(self, room: Room, ears: Ears) -> None:
        self._room = room
        self._ears = ears
        self._tries: dict[int, int] = {}
        self._not_before: dict[int, float] = {}

    async def tell_waiting(self) -> float | None:
        """Tell every event whose time has come; seconds until the next one's has, None when none is left."""
        for number, heard in self._room.waiting():
            if self._not_before.get(number, 0.0) <= monotonic():
                await self._tell(number, heard)
        return min((moment - monotonic() for moment in self._not_before.values()), default=None)

    async def answer(self, command: Command) -> Told:
        with _unanswered("command"):
            return _told(await self._ears.answer(command))

    async def take(self, form: FormAnswer) -> Told:
        with _unanswered("form"):
            return _told(await self._ears.take(form))

    async def see(self, reacted: Reacted) -> None:
        await self._ears.see(reacted)

    def suggest(self, partial: Partial) -> tuple[Choice, ...]:
        return self._ears.suggest(partial)

    async def _tell(self, number: int, heard: Heard) -> None:
        try:
            await self._ears.hear(heard)
        except Exception as error:
            tries = self._tries[number] = self._tries.get(number, 0) + 1
            self._not_before[number] = monotonic() + min(_FIRST_WAIT * 2 ** min(tries - 1, 16), _LONGEST_WAIT)
            _log.warning("event=not_kept number=%d try=%d error=%s", number, tries, type(error).__name__)
        else:
            self._room.forget(number)
            self._tries.pop(number, None)
            self._not_before.pop(number, None)


async def _pause(event: asyncio.Event, seconds: float | None) -> None:
    """Until the event, and at most `seconds`."""
    try:
        async with asyncio.timeout(None if seconds is None else max(seconds, 0.0)):
            await event.wait()
    except TimeoutError:
        pass


def _told(answer: Post | Form | Rejected) -> Told:
    match answer:
        case Form():
            return Told(form=to_form(answer))
        case Rejected(errors, post):
            return Told(to_bodies(post, None), errors=dict(errors), rejected=True)
        case Post():
            return Told(to_bodies(answer, None, shows=True), for_all=answer.for_all)


def _channel_finding(channel: str, channels: Mapping[str, str]) -> Finding:
    if channel in channels:
        return Finding(f"#{channels[channel]}", True, "The rehearsal room has this channel.")
    names = ", ".join(f"#{name}" for name in channels.values())
    cure = f"Point the cohort at one of: {names or 'none yet; `homeroom demo` makes one'}."
    return Finding(channel, False, "The rehearsal room has no such channel.", cure)


@contextmanager
def _platform_errors() -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        raise PlatformError(_REASONS.get(refused.reason, Reason.REFUSED), refused.reason) from refused


@contextmanager
def _unanswered(kind: str) -> Iterator[None]:
    """Whatever goes wrong in the bot, the person who asked hears one sentence, and the log has the rest."""
    try:
        yield
    except Exception as error:
        at = traceback.extract_tb(error.__traceback__)[-1]  # never the error's own text: it may hold somebody's words
        names = (kind, type(error).__name__, Path(at.filename).name, at.lineno)
        _log.error("event=not_answered kind=%s error=%s at=%s:%s", *names)
        raise Unanswered("Homeroom could not answer just now; nothing was kept. Try again in a moment.") from error

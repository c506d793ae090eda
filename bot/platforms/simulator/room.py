"""The simulated chat server's truth: who is there, what stands where, and what the bot has yet to be told.

As strict as a real platform: what is too long, unknown or somebody else's is refused. A message and the event that
tells the bot of it are written together, and the event stays until the bot has kept it, through a restart as well.
"""

import asyncio
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from bot.chat.commands import from_action
from bot.chat.inbound import Command, FormAnswer, Heard, Partial
from bot.chat.markdown import shown
from bot.chat.port import Body, Copy
from bot.clock import Clock, system_clock
from bot.platforms.simulator import rules, stage
from bot.platforms.simulator.events import find_waiting, to_payload
from bot.platforms.simulator.record import (
    Message,
    Whisper,
    add_row,
    find_messages,
    find_whispers,
    number_of,
    open_record,
    to_micros,
    transaction,
)
from bot.platforms.simulator.roster import Roster
from bot.platforms.simulator.standing import find_copies, take_back
from bot.platforms.simulator.terms import (
    PLATFORM,
    WORKSPACE,
    Bot,
    Change,
    OpenForm,
    Posted,
    Refused,
    Shown,
    Told,
    Unanswered,
)
from bot.platforms.simulator.watching import Watchers


class Room:
    """Channels, people, messages, threads, reactions and private notes; its time comes from `clock`.

    path: the room's SQLite file; ":memory:" forgets. Every method that is given something unknown, too long or not
    the person's own raises Refused.
    """

    workspace = WORKSPACE

    def __init__(self, clock: Clock = system_clock, path: str = ":memory:") -> None:
        self._clock = clock
        self._record = open_record(path)
        self.roster = Roster(self._record)
        self.watchers = Watchers()
        self._refusals: list[str] = []
        self.unheard = asyncio.Event()
        self.bot: Bot | None = None

    def close(self) -> None:
        self._record.close()

    def add_channel(self, name: str) -> str:
        return self.roster.add_channel(name)

    def add_person(self, name: str, manages: bool = False) -> str:
        ref = self.roster.add_person(name, manages)
        self.watchers.tell(Change("people"))
        return ref

    def channel_of(self, place: str) -> str:
        """The channel that a thread belongs to, or the channel itself."""
        root = self.find_root(place)
        channel = root.place if root else place
        return rules.known(channel, self.roster.channels(), "channel")

    def find_message(self, ref: str) -> Message | None:
        found = find_messages(self._record, "id = ?", (number_of(ref),))
        return found[0] if found and found[0].ref == ref else None

    def find_root(self, thread: str) -> Message | None:
        """The message that a thread hangs under."""
        found = find_messages(self._record, "id = ? AND thread_title IS NOT NULL", (number_of(thread),))
        return found[0] if found and found[0].thread == thread else None

    def messages(self, place: str, before: int | None = None, limit: int = -1) -> tuple[Message, ...]:
        """The last `limit` messages (all: -1) in a channel or a thread, of those numbered below `before`."""
        where = "place = ? AND id < ? ORDER BY id DESC LIMIT ?"
        return find_messages(self._record, where, (place, before or 2**62, limit))

    def whispers(self, person: str) -> tuple[Whisper, ...]:
        """What this person alone was shown, oldest first."""
        return find_whispers(self._record, "person = ?", (person,))

    def find_whispers(self, refs: Collection[str]) -> tuple[Whisper, ...]:
        marks = ", ".join("?" * len(refs))
        return find_whispers(self._record, f"id IN ({marks})", [number_of(ref) for ref in refs])

    def reactions(self, message: str) -> frozenset[str]:
        """The bot's reactions on a message."""
        return frozenset(rules.MARKS[mark] for mark in self.marks(message))

    def marks(self, message: str) -> tuple[str, ...]:
        rows = self._record.execute("SELECT mark FROM marks WHERE message = ?", (number_of(message),))
        return tuple(sorted(mark for (mark,) in rows))

    def now(self) -> datetime:
        return self._clock()

    def post(self, channel: str, body: Body) -> str:
        """The bot says something in a channel; the message's reference."""
        with self._noting("post"):
            rules.known(channel, self.roster.channels(), "channel")
            rules.check_body(body)
        return self._write(channel, None, body["key"], body, None)

    def open_thread(self, message: str, title: str) -> str:
        """The thread under a message of the bot's, opened when it is not yet; its reference."""
        with self._noting("open_thread"):
            rules.bots_own(self.find_message(message))
        values = (shown(title), number_of(message))
        self._record.execute("UPDATE messages SET thread_title = COALESCE(thread_title, ?) WHERE id = ?", values)
        self.watchers.tell(Change("message", message))
        return f"t{number_of(message)}"

    def find_keys(self, channel: str, keys: Collection[str], since: datetime) -> Mapping[str, tuple[Copy, ...]]:
        return find_copies(self._record, rules.known(channel, self.roster.channels(), "channel"), keys, since)

    def remove(self, message: str) -> None:
        """The bot takes a message of its own back; one that is gone already is left so."""
        with self._noting("remove"):
            kind = take_back(self._record, self.find_message(message))
        self._wake(Change(kind, message))

    def mark(self, message: str, mark: str) -> None:
        """The bot reacts to a person's message; twice is once."""
        with self._noting("mark"):
            rules.known_message(self.find_message(message))
        self._record.execute("INSERT OR IGNORE INTO marks VALUES (?, ?)", (number_of(message), mark))
        self.watchers.tell(Change("message", message))

    def whisper(self, person: str, place: str | None, body: Body, asked: bool) -> str:
        """Show something to one person alone; its reference."""
        with self._noting("whisper"):
            rules.known(person, self.roster.people(), "person")
            rules.check_body(body)
        values = (person, place, json.dumps(body), int(asked), to_micros(self.now()))
        sql = "INSERT INTO whispers (person, place, body, asked, at) VALUES (?, ?, ?, ?, ?)"
        ref = f"w{add_row(self._record, sql, values)}"
        self.watchers.tell(Change("whisper", ref, person))
        return ref

    def waiting(self) -> tuple[tuple[int, Heard], ...]:
        """(number, what happened), oldest first: all that the bot has not kept."""
        return find_waiting(self._record, self.roster)

    def forget(self, number: int) -> None:
        """The bot has kept this event."""
        self._record.execute("DELETE FROM events WHERE id = ?", (number,))

    def say(self, person: str, place: str, text: str) -> str:
        """Write in a channel or a thread; the message's reference. The bot hears of what is in threads."""
        rules.known(person, self.roster.people(), "person")
        rules.check_text(text)
        if self.find_root(place) is None:
            rules.known(place, self.roster.channels(), "channel or thread")
        return self._write(place, person, None, {"text": text}, "reply")

    async def reply(self, person: str, thread: str, text: str) -> str:
        return self.say(person, rules.known_thread(self.find_root(thread), thread), text)

    async def edit(self, person: str, message: str, text: str) -> None:
        old = rules.own(self.find_message(message), person)
        rules.check_text(text)
        revision = max(to_micros(self.now()), old.revision + 1)
        with transaction(self._record):
            sql = "UPDATE messages SET body = ?, revision = ? WHERE id = ?"
            self._record.execute(sql, (json.dumps({"text": text}), revision, number_of(message)))
            self._record_event("edited", self.find_message(message))
        self._wake(Change("message", message))

    async def delete(self, person: str, message: str) -> None:
        rules.own(self.find_message(message), person)
        with transaction(self._record):
            self._record_event("deleted", self.find_message(message))
            self._record.execute("DELETE FROM marks WHERE message = ?", (number_of(message),))
            self._record.execute("DELETE FROM messages WHERE id = ?", (number_of(message),))
        self._wake(Change("gone", message))

    def dismiss(self, person: str, whisper: str) -> None:
        """Clear away something that this person alone was shown."""
        self._record.execute("DELETE FROM whispers WHERE id = ? AND person = ?", (number_of(whisper), person))
        self.watchers.tell(Change("gone", whisper, person))

    async def ask(self, person: str, place: str, name: str, options: Mapping[str, str]) -> tuple[Told, tuple[str, ...]]:
        """Give a command; what the bot told, and the references of the whispers that show it."""
        who = rules.known(person, self.roster.people(), "person")
        given = {key: value.strip() for key, value in options.items() if value.strip()}
        command = Command(PLATFORM, WORKSPACE, self.channel_of(place), self.roster.people()[who], name, given)
        return self._show(person, place, await self._listening().answer(command))

    async def send(
        self, person: str, place: str, action: str, values: Mapping[str, str]
    ) -> tuple[Told, tuple[str, ...]]:
        """Send a form; what the bot told, and the references of the whispers that show it."""
        who = rules.known(person, self.roster.people(), "person")
        rules.check_values(values)
        form = FormAnswer(PLATFORM, WORKSPACE, self.channel_of(place), self.roster.people()[who], action, values)
        return self._show(person, place, await self._listening().take(form))

    def pressed(self, person: str, where: str, action: str) -> str | None:
        """The place of the message or the whisper that offers this button to this person, None when it does not."""
        whispers = find_whispers(self._record, "id = ? AND person = ?", (number_of(where), person))
        message = self.find_message(where)
        found = message if message and message.author is None else next((w for w in whispers if w.ref == where), None)
        offered = found is not None and rules.offers(found.body, action)
        return (found.place or next(iter(self.roster.channels()), "")) if found and offered else None

    def suggestions(self, place: str, command: str, option: str, text: str) -> tuple[tuple[str, str], ...]:
        """(name, value) of what completes `text`; nothing while the bot does not listen."""
        partial = Partial(PLATFORM, WORKSPACE, self.channel_of(place), command, option, text)
        return tuple((choice.name, choice.value) for choice in self.bot.suggest(partial)) if self.bot else ()

    def posts(self, channel: str) -> tuple[Posted, ...]:
        return tuple(stage.to_posted(message) for message in self.messages(channel) if message.is_post)

    def replies(self, thread: str) -> Mapping[str, str]:
        return {message.ref: message.body["text"] for message in self.messages(thread) if message.author is not None}

    def notes(self, person: str) -> tuple[str, ...]:
        return tuple(stage.text_of_body(whisper.body) for whisper in self.whispers(person) if not whisper.asked)

    def refusals(self) -> tuple[str, ...]:
        return tuple(self._refusals)

    async def command(self, person: str, channel: str, name: str, options: Mapping[str, str] | None = None) -> Shown:
        return stage.to_shown(*await self.ask(person, channel, name, options or {}), channel)

    async def press(self, person: str, where: str | Shown, label: str) -> Shown:
        message = None if isinstance(where, Shown) else self.find_message(where)
        ref, action = rules.button(stage.buttons_on(where, message), label)
        place = rules.known_button(self.pressed(person, ref, action))
        name, options = from_action(action)
        return stage.to_shown(*await self.ask(person, place, name, options), place)

    async def submit(self, person: str, form: OpenForm, values: Mapping[str, str]) -> Shown:
        action, place = form.handle
        return stage.to_shown(*await self.send(person, place, action, values), place)

    async def suggest(
        self, person: str, channel: str, command: str, option: str, text: str
    ) -> tuple[tuple[str, str], ...]:
        rules.known(person, self.roster.people(), "person")
        return self.suggestions(channel, command, option, text)

    def _write(
        self, place: str, author: str | None, key: str | None, body: Mapping[str, Any], event: str | None
    ) -> str:
        sql = "INSERT INTO messages (place, author, key, body, at) VALUES (?, ?, ?, ?, ?)"
        values = (place, author, key, json.dumps(body), to_micros(self.now()))
        with transaction(self._record):
            ref = f"{place}/{add_row(self._record, sql, values)}"
            if event:
                self._record_event(event, self.find_message(ref))
        self._wake(Change("message", ref))
        return ref

    def _record_event(self, kind: str, message: Message | None) -> None:
        if message and self.find_root(message.place):
            payload = json.dumps(to_payload(kind, message, self.now()))
            self._record.execute("INSERT INTO events (payload) VALUES (?)", (payload,))

    def _wake(self, change: Change) -> None:
        self.unheard.set()
        self.watchers.tell(change)

    def _show(self, person: str, place: str, told: Told) -> tuple[Told, tuple[str, ...]]:
        refs = () if told.rejected else tuple(self.whisper(person, place, body, asked=True) for body in told.bodies)
        return told, refs

    def _listening(self) -> Bot:
        if self.bot is None:
            raise Unanswered("Homeroom is not listening yet. Try again in a moment.")
        return self.bot

    @contextmanager
    def _noting(self, call: str) -> Iterator[None]:
        """A refusal of the bot's call is remembered: a healthy run has none."""
        try:
            yield
        except Refused as refused:
            self._refusals.append(f"{call}: {refused.reason}")
            raise

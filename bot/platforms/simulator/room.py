"""The simulated chat server's truth: who is there, what stands where, and what the bot has yet to be told.

As strict as a real platform: what is too long, unknown or somebody else's is refused. A message and the event that
tells the bot of it are written together, and the event stays until the bot has kept it, through a restart as well.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from bot.chat.commands import MESSAGE_COMMANDS, from_action
from bot.chat.inbound import Command, FormAnswer, Partial, Reply
from bot.chat.markdown import shown
from bot.chat.port import Body, part_key
from bot.clock import Clock, system_clock
from bot.platforms.simulator import places, rules, stage, writing
from bot.platforms.simulator.contents import Contents
from bot.platforms.simulator.events import to_reply
from bot.platforms.simulator.pins import pin, unpin
from bot.platforms.simulator.reacting import Reactions
from bot.platforms.simulator.record import find_messages, find_whispers, number_of, open_record
from bot.platforms.simulator.standing import take_back
from bot.platforms.simulator.terms import (
    PLATFORM,
    WORKSPACE,
    Bot,
    Change,
    OpenForm,
    Refused,
    Shown,
    Told,
    Unanswered,
)
from bot.platforms.simulator.watching import Watchers


class Room(Contents):
    """Channels, people, messages, threads, reactions and private notes; its time comes from `clock`.

    path: the room's SQLite file; ":memory:" forgets. Every method that is given something unknown, too long or not
    the person's own raises Refused.
    """

    workspace = WORKSPACE

    def __init__(self, clock: Clock = system_clock, path: str = ":memory:") -> None:
        super().__init__(open_record(path))
        self._clock = clock
        self.watchers = Watchers()
        self.emoji = Reactions(self, self._record)
        self._refusals: list[str] = []
        self._homes: dict[str, tuple[Body, ...]] = {}
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

    def now(self) -> datetime:
        return self._clock()

    def post(self, channel: str, body: Body) -> str:
        """The bot says something in a channel; the message's reference."""
        with self._noting("post"):
            rules.known(channel, self.roster.channels(), "channel")
            rules.check_body(body)
        return self._told(writing.add_post(self._record, channel, body["key"], body, self.now()))

    def change(self, message: str, body: Body) -> None:
        """The bot makes a message of its own say something else."""
        with self._noting("edit"):
            own = rules.bots_own(self.find_message(message))
            rules.check_body(body)
        if writing.change_post(self._record, own, body, self.now()):
            self._told(message)

    def speak(self, thread: str, bodies: Collection[Body], once: str) -> None:
        """The bot says something in a thread, unless it has said it under this key already."""
        with self._noting("say"):
            rules.known_thread(self.find_root(thread), thread)
            for body in bodies:
                rules.check_body(body)
        for number, body in enumerate(bodies):
            key = part_key(once, number)
            if not find_messages(self._record, "place = ? AND key = ?", (thread, key)):
                self._told(writing.add_post(self._record, thread, key, body, self.now()))

    def pin(self, message: str) -> None:
        """The bot pins a message of its own at the top of its channel; twice is once."""
        with self._noting("pin"):
            own = rules.bots_own(self.find_message(message))
            rules.check_pinned(pin(self._record, own, self.now()))
        self.watchers.tell(Change("pins", own.place))

    def unpin(self, message: str) -> None:
        """The bot takes a pin down; one that is not there is left so."""
        unpin(self._record, message)
        self.watchers.tell(Change("pins", message.rpartition("/")[0]))

    def open_thread(self, message: str, title: str) -> str:
        """The thread under a message of the bot's, opened when it is not yet; its reference."""
        with self._noting("open_thread"):
            rules.bots_own(self.find_message(message))
        values = (shown(title), number_of(message))
        self._record.execute("UPDATE messages SET thread_title = COALESCE(thread_title, ?) WHERE id = ?", values)
        self.watchers.tell(Change("message", message))
        return f"t{number_of(message)}"

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
        self.watchers.tell(self._change("message", message))

    def whisper(self, person: str, place: str | None, body: Body, asked: bool) -> str:
        """Show something to one person alone; its reference."""
        with self._noting("whisper"):
            rules.known(person, self.roster.people(), "person")
            rules.check_body(body)
        ref = writing.add_whisper(self._record, person, place, body, asked, self.now())
        self.watchers.tell(Change("whisper", ref, person))
        return ref

    def forget(self, number: int) -> None:
        """The bot has kept this event."""
        self._record.execute("DELETE FROM events WHERE id = ?", (number,))

    def say(self, person: str, place: str, text: str) -> str:
        """Write in a channel, a thread or one's own direct conversation; the message's reference. The bot hears of
        what is in threads, and of what is said to it directly."""
        rules.known(person, self.roster.people(), "person")
        rules.check_text(text)
        rules.may_enter(person, place)
        if self.find_root(place) is None and not places.is_direct(place):
            rules.known(place, self.roster.channels(), "channel or thread")
        return self._told(writing.add_said(self._record, place, person, text, self.now()))

    async def edit(self, person: str, message: str, text: str) -> None:
        old = rules.own(self.find_message(message), person)
        writing.change_said(self._record, old, rules.check_text(text), self.now())
        self._told(message)

    async def delete(self, person: str, message: str) -> None:
        writing.drop_said(self._record, rules.own(self.find_message(message), person), self.now())
        self._wake(self._change("gone", message))

    def dismiss(self, person: str, whisper: str) -> None:
        """Clear away something that this person alone was shown."""
        self._record.execute("DELETE FROM whispers WHERE id = ? AND person = ?", (number_of(whisper), person))
        self.watchers.tell(Change("gone", whisper, person))

    async def ask(self, person: str, place: str, name: str, options: Mapping[str, str]) -> tuple[Told, tuple[str, ...]]:
        """Give a command; what the bot told, and the references of the whispers that show it."""
        return self._show(person, place, await self._answer(person, place, name, options))

    async def ask_about(self, person: str, message: str, name: str) -> tuple[Told, tuple[str, ...]]:
        """Give a command of a message's own menu, as `ask`."""
        said = rules.persons(self.find_message(message))
        rules.may_enter(person, said.place)
        rules.known(name, [each.name for each in MESSAGE_COMMANDS], "message command")
        about = to_reply(said, self.roster.people())
        return self._show(person, said.place, await self._answer(person, said.place, name, {}, about))

    async def open_home(self, person: str, tab: str = "") -> tuple[Body, ...]:
        """The page of a person's own as the bot fills it now. Its buttons can be pressed until it is opened again."""
        told = await self._answer(person, places.home(person), "home", {"tab": tab})
        for body in told.bodies:
            rules.check_body(body)
        self._homes[person] = told.bodies
        return told.bodies

    async def send(
        self, person: str, place: str, action: str, values: Mapping[str, str]
    ) -> tuple[Told, tuple[str, ...]]:
        """Send a form; what the bot told, and the references of the whispers that show it."""
        who = rules.known(person, self.roster.people(), "person")
        rules.check_values(values)
        rules.may_enter(person, place)
        form = FormAnswer(PLATFORM, WORKSPACE, self.channel_of(place), self.roster.people()[who], action, values)
        return self._show(person, place, await self._listening().take(form))

    def pressed(self, person: str, where: str, action: str) -> str | None:
        """The place of the message or the whisper that offers this button to this person, None when it does not."""
        body, place = self._seen_by(person, where)
        return place or next(iter(self.roster.channels()), "") if rules.offers(body, action) else None

    def finds(self, person: str, where: str, command: str) -> str | None:
        """The place of what shows this person a finder for the command, None when it does not."""
        body, place = self._seen_by(person, where)
        return place or next(iter(self.roster.channels()), "") if rules.offers_finder(body, command) else None

    def suggestions(self, person: str, place: str, command: str, option: str, text: str) -> tuple[tuple[str, str], ...]:
        """(name, value) of what completes `text`; nothing while the bot does not listen."""
        channel = self.channel_of(rules.may_enter(person, place))
        partial = Partial(PLATFORM, WORKSPACE, channel, command, option, text, person)
        return tuple((choice.name, choice.value) for choice in self.bot.suggest(partial)) if self.bot else ()

    def refusals(self) -> tuple[str, ...]:
        return tuple(self._refusals)

    async def reply(self, person: str, thread: str, text: str) -> str:
        return self.say(person, rules.known_thread(self.find_root(thread), thread), text)

    async def command(self, person: str, channel: str, name: str, options: Mapping[str, str] | None = None) -> Shown:
        return stage.to_shown(*await self.ask(person, channel, name, options or {}), channel)

    async def message_command(self, person: str, message: str, name: str) -> Shown:
        """Choose a command of a message's menu, by the command's name."""
        place = rules.known_message(self.find_message(message)).place
        return stage.to_shown(*await self.ask_about(person, message, name), place)

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
        return self.suggestions(person, channel, command, option, text)

    async def _answer(
        self, person: str, place: str, name: str, options: Mapping[str, str], about: Reply | None = None
    ) -> Told:
        who = rules.known(person, self.roster.people(), "person")
        rules.may_enter(person, place)
        given = {key: value.strip() for key, value in options.items() if value.strip()}
        channel, speaker = self.channel_of(place), self.roster.people()[who]
        return await self._listening().answer(Command(PLATFORM, WORKSPACE, channel, speaker, name, given, about=about))

    def _seen_by(self, person: str, where: str) -> tuple[Body, str | None]:
        """What stands under a reference that this person may see, and its place; nothing where they see nothing."""
        home, _, number = where.partition("/")
        if home == places.home(person) and number.isdecimal():
            return dict(enumerate(self._homes.get(person, ()))).get(int(number), {}), home
        message = self.find_message(where)
        if message and message.author is None:
            return message.body, message.place
        whispers = find_whispers(self._record, "id = ? AND person = ?", (number_of(where), person))
        return next(((each.body, each.place) for each in whispers if each.ref == where), ({}, None))

    def _told(self, message: str) -> str:
        self._wake(self._change("message", message))
        return message

    def _change(self, kind: str, message: str) -> Change:
        """What is between one person and the bot is told to nobody else."""
        return Change(kind, message, places.find_owner(message))

    def _wake(self, change: Change) -> None:
        self.unheard.set()
        self.watchers.tell(change)

    def _show(self, person: str, place: str, told: Told) -> tuple[Told, tuple[str, ...]]:
        if told.for_all and self.channel_of(place) is not None:
            with self._noting("answer"):
                for body in map(rules.check_body, told.bodies):
                    self._told(writing.add_post(self._record, place, None, body, self.now()))
            return told, ()
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

"""Slack as a Stage: what people do in it, and what stands in it. References: "channel/ts"."""

from collections.abc import Collection, Mapping

from bot.fakes.slack import acting, links, oracle
from bot.fakes.slack.acting import Room
from bot.fakes.slack.chat import remove
from bot.fakes.slack.desk import Watch
from bot.fakes.slack.events import changed_event, home_event, reaction_event
from bot.fakes.slack.markup import escape
from bot.fakes.slack.payloads import shortcut, view_closed
from bot.fakes.slack.typed import BUILT_IN, typed_command
from bot.fakes.slack.world import Json, Message, World, to_json
from bot.fakes.stage import OpenForm, Posted, Shown


class SlackStage:
    """The Stage of one workspace, and what else people do in Slack."""

    def __init__(self, room: Room, commands: Collection[str] | None = None) -> None:
        self._room = room
        self._commands = commands
        self.workspace = room.world.team

    @property
    def world(self) -> World:
        return self._room.world

    def add_channel(self, name: str, private: bool = False) -> str:
        return self.world.add_channel(name, private).id

    def add_person(self, name: str, manages: bool = False) -> str:
        return self.world.add_person(name, manages).id

    def posts(self, channel: str) -> tuple[Posted, ...]:
        return oracle.posts(self.world, channel)

    def replies(self, thread: str) -> Mapping[str, str]:
        return oracle.replies(self.world, thread)

    def reactions(self, message: str) -> frozenset[str]:
        standing = self.world.find_message(message).reactions.items()
        return frozenset(name for name, who in standing if self.world.bot_user in who)

    def notes(self, person: str) -> tuple[str, ...]:
        return oracle.notes(self.world, person)

    def refusals(self) -> tuple[str, ...]:
        return tuple(self.world.refused)

    def pinged(self) -> tuple[str, ...]:
        """Every live mention in what the bot said: must stay empty."""
        return tuple(self.world.pinged)

    def unescaped(self) -> tuple[str, ...]:
        """Lines of the bot's mrkdwn with a stray `<`, `>` or `&`: must stay empty."""
        return tuple(self.world.unescaped)

    def home(self, person: str) -> Json | None:
        """The home tab that the bot published for the person."""
        return self.world.homes.get(person)

    def dm(self, person: str) -> str:
        """The direct message channel between the person and the bot."""
        return self.world.open_dm(person).id

    async def reply(self, person: str, thread: str, text: str) -> str:
        channel, _, root = thread.partition("/")
        self.world.find_message(thread)
        return acting.write(self._room, person, channel, text, root).ref

    async def say(self, person: str, channel: str, text: str) -> str:
        """A message in the channel itself, or in a direct message."""
        return acting.write(self._room, person, channel, text).ref

    async def mention(self, person: str, where: str, text: str) -> Shown:
        """Call the bot by name in a channel or ("channel/ts") in a thread, and see what it answers there."""
        channel, _, thread = where.partition("/")
        watch = Watch(person, channel, public=True)
        self._room.desk.watches.append(watch)
        try:
            written = acting.write(self._room, person, channel, text, thread or None, mention=True)
            watch.threads = frozenset({thread or None, thread or written.ts})
            await acting.wait_for_answer(watch, self._room.desk)
            return oracle.to_shown(watch, self._room.desk, self.world)
        finally:
            self._room.desk.watches.remove(watch)

    async def edit(self, person: str, message: str, text: str) -> None:
        standing = self._own(person, message)
        before = to_json(standing, self.world)
        standing.typed, standing.text, standing.edited_ts = text, escape(text), self.world.new_ts()
        self.world.tell(changed_event(standing, before, self.world))

    async def delete(self, person: str, message: str) -> None:
        remove(self._own(person, message), self.world)

    async def react(self, person: str, message: str, name: str) -> None:
        standing = self.world.find_message(message)
        who = standing.reactions.setdefault(name, [])
        if person not in who:
            who.append(person)
            self.world.tell(reaction_event(standing, person, name, self.world))

    async def unreact(self, person: str, message: str, name: str) -> None:
        standing = self.world.find_message(message)
        if person in standing.reactions.get(name, []):
            standing.reactions[name].remove(person)
            self.world.tell(reaction_event(standing, person, name, self.world, added=False))

    async def open_home(self, person: str, tab: str = "home") -> None:
        """Look at the app's "home" or "messages"."""
        self.world.tell(home_event(person, self.dm(person), self.world, tab))

    def home_shown(self, person: str) -> Shown:
        """The Home in front of the person, with its buttons. Raises LookupError without one."""
        if person not in self.world.homes:
            raise LookupError(f"nothing was published for {person}")
        return oracle.home_shown(self.world.homes[person])

    def add_group(self, name: str) -> str:
        """A user group, which is called by `@name`; its id."""
        group = self.world.new_id("S")
        self.world.groups[group] = name
        return group

    async def share(self, person: str, channel: str, *urls: str, composer: bool = False) -> str:
        """Write a message with links, or only begin to; the message."""
        return links.share(self.world, person, channel, urls, composer).ref

    async def command(self, person: str, channel: str, name: str, options: Mapping[str, str] | None = None) -> Shown:
        """Type a slash command. Raises ValueError in a thread, where Slack has none."""
        command, text = typed_command(name, options or {})
        return await self.slash(person, channel, command, text)

    async def slash(self, person: str, channel: str, command: str, text: str = "") -> Shown:
        """A slash command as typed. One that the app does not have never reaches the bot."""
        if "/" in channel:
            raise ValueError(f"{command} is not supported in threads: Slack has no slash commands there")
        if command.removeprefix("/") in BUILT_IN:
            raise ValueError(f"{command} is Slack's own command: an app never hears of it")
        if self._commands is not None and command not in self._commands:
            return Shown(text=f"{command} is not a valid command.")
        return await acting.type_command(self._room, person, channel, command, text)

    async def press(self, person: str, where: str | Shown, label: str) -> Shown:
        buttons = where.buttons if isinstance(where, Shown) else self._buttons(where)
        if label not in buttons:
            raise LookupError(f"there is no button {label!r}; there are {sorted(buttons)}")
        if buttons[label].element["type"] != "button":
            raise LookupError(f"{label!r} is a field to choose from: see `choose`")
        return await acting.press(self._room, person, buttons[label])

    async def complete(self, person: str, where: str | Shown, label: str, text: str) -> tuple[tuple[str, str], ...]:
        """(name, value) pairs that a field offers while `text` stands in it."""
        buttons = where.buttons if isinstance(where, Shown) else self._buttons(where)
        offered = await acting.complete(self._room, person, buttons[label], text)
        return tuple((option["text"]["text"], option["value"]) for option in offered)

    async def choose(self, person: str, where: str | Shown, label: str, text: str, name: str) -> Shown:
        """Type `text` into a field and choose what is called `name` of all that it offers."""
        buttons = where.buttons if isinstance(where, Shown) else self._buttons(where)
        offered = await acting.complete(self._room, person, buttons[label], text)
        option = next((each for each in offered if each["text"]["text"] == name), None)
        if option is None:
            raise LookupError(f"{name!r} is not offered; there are {[each['text']['text'] for each in offered]}")
        return await acting.press(self._room, person, buttons[label], option)

    async def submit(self, person: str, form: OpenForm, values: Mapping[str, str]) -> Shown:
        """Values are by block_id, action_id or label. A value that the client itself refuses is never sent."""
        return await acting.submit(self._room, person, form, values)

    async def close_form(self, person: str, form: OpenForm) -> None:
        """Cancel a form; the bot hears of it only where it asked to."""
        view = self._room.desk.views[form.handle]
        view.open = False
        if view.body["notify_on_close"]:
            await self._room.delivery.ask("interactive", view_closed(self.world, person, view.body))

    async def shortcut(self, person: str, callback_id: str, message: str | None = None) -> Shown:
        """A global shortcut, or one on a message."""
        standing = self.world.find_message(message) if message else None
        watch = Watch(person, None)
        desk = self._room.desk
        url = desk.new_response_url(watch, standing.channel) if standing else ""
        payload = shortcut(self.world, person, callback_id, desk.new_trigger(watch), standing, url)
        return await acting.ask(self._room, watch, "interactive", payload, url)

    async def suggest(
        self, person: str, channel: str, command: str, option: str, text: str
    ) -> tuple[tuple[str, str], ...]:
        """Nothing: Slack completes no option of a slash command."""
        return ()

    async def options(self, person: str, form: OpenForm, block_id: str, text: str) -> tuple[tuple[str, str], ...]:
        """(name, value) pairs that an external_select in a form offers while `text` is typed."""
        view = self._room.desk.views[form.handle].body
        element = next(block["element"] for block in view["blocks"] if block["block_id"] == block_id)
        field = oracle.Pressable(element, block_id, None, form.handle)
        offered = await acting.complete(self._room, person, field, text)
        return tuple((option["text"]["text"], option["value"]) for option in offered)

    def _own(self, person: str, message: str) -> Message:
        standing = self.world.find_message(message)
        if standing.user != person:
            raise LookupError(f"{message} is not {person}'s own")
        return standing

    def _buttons(self, message: str) -> Mapping[str, oracle.Pressable]:
        standing = self.world.find_message(message)
        return oracle.pressables(standing.all_blocks, standing)

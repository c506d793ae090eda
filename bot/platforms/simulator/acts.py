"""What a person does on the page: writes, presses, asks, fills in. Every answer is JSON."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.chat.commands import BY_NAME, from_action, from_line
from bot.platforms.simulator import rules
from bot.platforms.simulator.guard import to_object, to_words
from bot.platforms.simulator.room import Room
from bot.platforms.simulator.terms import Told
from bot.platforms.simulator.views import home_views, message_view, whisper_view

_MENTION = re.compile(r"\s*@homeroom\b[\s,:]*", re.IGNORECASE)


class Acts:
    """The handlers of POST requests; `now` tells the rehearsal's time, in the cohort's zone."""

    def __init__(self, room: Room, now: Callable[[], datetime]) -> None:
        self._room, self._now = room, now

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/say", self.say),
            web.post("/api/edit", self.edit),
            web.post("/api/delete", self.delete),
            web.post("/api/press", self.press),
            web.post("/api/find", self.find),
            web.post("/api/about", self.about),
            web.post("/api/like", self.like),
            web.post("/api/submit", self.submit),
            web.post("/api/dismiss", self.dismiss),
        ]

    async def say(self, request: web.Request) -> web.Response:
        """Write a message; a line that begins with "/" is a command, and one that begins with the bot's name is both a
        message and a question."""
        asked = await to_words(request)
        person, place, text = asked.get("as", ""), asked.get("place", ""), asked.get("text", "")
        if text.startswith("/"):
            rules.check_text(text)
            name, options = from_line(text)
            return self._told_response(await self._room.ask(person, place, name or "help", options))
        said = self._message_view(self._room.say(person, place, text))
        mention = _MENTION.match(text)
        if mention is None:
            return web.json_response(said)
        asking = {"text": text[mention.end() :]}
        return self._told_response(await self._room.ask(person, place, "ask", asking), said)

    async def edit(self, request: web.Request) -> web.Response:
        asked = await to_words(request)
        await self._room.edit(asked.get("as", ""), asked.get("message", ""), asked.get("text", ""))
        return web.json_response(self._message_view(asked.get("message", "")))

    async def delete(self, request: web.Request) -> web.Response:
        asked = await to_words(request)
        await self._room.delete(asked.get("as", ""), asked.get("message", ""))
        return web.json_response({})

    async def press(self, request: web.Request) -> web.Response:
        asked = await to_words(request)
        person, action = asked.get("as", ""), asked.get("action", "")
        place = rules.known_button(self._room.pressed(person, asked.get("where", ""), action))
        name, options = from_action(action)
        if name == "home":
            bodies = await self._room.open_home(person, options.get("tab", ""))
            return web.json_response({"home": home_views(self._room, person, bodies, self._now())})
        return self._told_response(await self._room.ask(person, asked.get("place") or place, name, options))

    async def find(self, request: web.Request) -> web.Response:
        """Look up what stands in a finder: the first option of its command."""
        asked = await to_words(request)
        person, command = asked.get("as", ""), asked.get("command", "")
        place = rules.known_button(self._room.finds(person, asked.get("where", ""), command))
        spec = BY_NAME.get(command)
        options = {spec.options[0].name: rules.check_text(asked.get("text", ""))} if spec and spec.options else {}
        return self._told_response(await self._room.ask(person, asked.get("place") or place, command, options))

    async def about(self, request: web.Request) -> web.Response:
        """Choose a command of a message's own menu."""
        asked = await to_words(request)
        words = (asked.get(name, "") for name in ("as", "message", "command"))
        return self._told_response(await self._room.ask_about(*words))

    async def like(self, request: web.Request) -> web.Response:
        """Put a thumb under somebody's message, or take it away ("there" empty)."""
        asked = await to_words(request)
        message = asked.get("message", "")
        await self._room.emoji.put(asked.get("as", ""), message, there=bool(asked.get("there")))
        return web.json_response(self._message_view(message))

    async def submit(self, request: web.Request) -> web.Response:
        asked = await to_object(request)
        person, place, action = (str(asked.get(name, "")) for name in ("as", "place", "action"))
        values = asked.get("values")
        fields = {str(key): str(value) for key, value in values.items()} if isinstance(values, dict) else {}
        return self._told_response(await self._room.send(person, place, action, fields))

    async def dismiss(self, request: web.Request) -> web.Response:
        asked = await to_words(request)
        self._room.dismiss(asked.get("as", ""), asked.get("whisper", ""))
        return web.json_response({})

    def _message_view(self, ref: str) -> dict[str, Any]:
        message = rules.known_message(self._room.find_message(ref))
        return {"message": message_view(self._room, message, self._now().tzinfo)}

    def _told_response(
        self, told_and_refs: tuple[Told, tuple[str, ...]], said: dict[str, Any] | None = None
    ) -> web.Response:
        told, refs = told_and_refs
        zone = self._now().tzinfo
        whispers = [whisper_view(self._room, whisper, zone) for whisper in self._room.find_whispers(refs)]
        answer: dict[str, Any] = {"whispers": whispers, "form": told.form, **(said or {})}
        if told.rejected:
            answer |= {"errors": told.errors, "bodies": told.bodies}
        return web.json_response(answer)

"""Commands and forms: ask the ears, and answer within Slack's three seconds or, when they are slow, later."""

import asyncio
import logging
from collections.abc import Awaitable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from bot.chat.commands import BY_NAME, from_line
from bot.chat.inbound import Command, FormAnswer, Reply
from bot.chat.port import Ears, PlatformError
from bot.chat.post import Form, Post, Rejected, Small, Text, Words
from bot.clock import monotonic
from bot.platforms.slack.actions import PREFIX
from bot.platforms.slack.commands import is_for_facilitators, slash_line
from bot.platforms.slack.events import Identity
from bot.platforms.slack.failures import told
from bot.platforms.slack.memory import Memory, to_memory
from bot.platforms.slack.people import People
from bot.platforms.slack.pictures import pictures_of
from bot.platforms.slack.render import render_private
from bot.platforms.slack.saying import Mouth, Place, private_page, say, turn_view
from bot.platforms.slack.views import form_view, post_view, reopened_view, to_errors, to_values

log = logging.getLogger(__name__)

TIMELY = 2.0
"""Seconds in which an answer goes out with the acknowledgement; Slack waits for three."""

SORRY = Post("Something went wrong", (Text("I could not answer that just now. Please try again in a moment."),))
UNKEPT = "Your answer could not be kept just now. It still stands here: please send it again in a moment."
WAIT = Post("One moment", (Text("Your answer is being kept. This takes longer than usual."),))

Payload = Mapping[str, Any]


class Answering:
    """Holds what runs on after an acknowledgement, so that it is not lost and ends with us."""

    def __init__(self, ears: Ears, mouth: Mouth, people: People, us: Identity, timely: float = TIMELY) -> None:
        self._ears, self._mouth, self._people, self._us = ears, mouth, people, us
        self._timely = timely
        self._running: set[asyncio.Task[Any]] = set()

    @property
    def mouth(self) -> Mouth:
        return self._mouth

    async def slash(self, body: Payload) -> Payload | None:
        """A slash command; what to acknowledge with: a short answer, or None when it follows."""
        place = Place(
            self.team(body),
            body["user_id"],
            body.get("channel_id"),
            None,
            body.get("response_url"),
            body.get("trigger_id"),
            memory=Memory(body.get("channel_id")),
        )
        since = monotonic()
        answering = self._start(self.ask(place, *from_line(slash_line(body))))
        if not await self._in_time(answering, since):
            self._start(self._say_later(place, answering))
            return None
        if page := self._at_once(answering.result()):
            return page
        await self._in_time(self._start(self._say_later(place, answering)), since)
        return None

    async def speak(self, event: Payload, workspace: str, name: str, options: Mapping[str, str], thread: str) -> None:
        """What was written to us, directly or behind a mention, and is to be answered there. thread: its ts, or ""."""
        channel = event.get("channel")
        place = Place(workspace or self._us.team, event["user"], channel, thread or None, memory=Memory(channel))
        await self.serve(place, name, options)

    async def serve(
        self, place: Place, name: str, options: Mapping[str, str], about: Reply | None = None, page: int = 1
    ) -> None:
        """Answer a command where it was asked: back as soon as that is done, or when it is time to acknowledge."""
        await self.within(self.say(place, name, options, about, page))

    async def say(
        self, place: Place, name: str, options: Mapping[str, str], about: Reply | None = None, page: int = 1
    ) -> None:
        """As `serve`, however long it takes."""
        asked = replace(place, memory=replace(place.memory, name=name, options=options), page=page)
        await self._say_later(asked, self.ask(place, name, options, about))

    async def ask(self, place: Place, name: str, options: Mapping[str, str], about: Reply | None = None) -> Post | Form:
        """What the ears say, or SORRY."""
        try:
            person = await self._people.person(place.user, place.heard_in, rights=is_for_facilitators(name))
            named = await self._named(about) if about else None
            zone = await self._people.zone(place.user)  # known since the line before
            asked = (place.workspace, place.heard_in, person, name, options)
            command = Command("slack", *asked, about=named, zone=zone)
            return await self._ears.answer(command)
        except Exception as error:
            log.error("slack command=%s outcome=failed error=%s", name if name in BY_NAME else "unknown", told(error))
            return SORRY

    async def submit(self, body: Payload) -> Payload:
        """A form that was sent: the response_action. What was typed stays with its writer until it is kept."""
        view = body["view"]
        memory = to_memory(view)
        place = Place(self.team(body), body["user"]["id"], memory.channel, view=view["id"], memory=memory)
        action = str(view.get("callback_id") or "").removeprefix(PREFIX)
        taking = self._start(self._take(place, action, to_values(view)))
        if not await self._in_time(taking, monotonic()):
            self._start(self._say_taken(place, view, taking))
            return {"response_action": "update", "view": post_view(WAIT, memory)}
        return self._taken(place, view, taking.result())

    async def within(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do it: back when it is done or when it is time to acknowledge; then it goes on by itself."""
        await self._in_time(self._start(work), monotonic())

    def soon(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do it, and wait for nothing."""
        self._start(work)

    async def close(self) -> None:
        """End what still runs."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def team(self, body: Payload) -> str:
        """The workspace that somebody acts in."""
        team = body.get("team") or {}
        user = body.get("user")
        of_user = user.get("team_id") if isinstance(user, Mapping) else None
        return str(body.get("team_id") or team.get("id") or of_user or self._us.team)

    def _at_once(self, said: Post | Form) -> Payload | None:
        """An answer that can go with the acknowledgement: a single message, of which nothing may be refused."""
        if isinstance(said, Form) or said.for_all or self._mouth.sorting.suits(said) or pictures_of(said):
            return None
        pages = render_private(said)
        return private_page(pages[0]) if len(pages) == 1 else None

    async def _say_later(self, place: Place, answering: Awaitable[Post | Form]) -> None:
        try:
            await say(self._mouth, place, await answering)
        except PlatformError as error:
            log.warning("slack answer=unsent reason=%s", error)

    async def _named(self, reply: Reply) -> Reply:
        """The same with its author's name; an app's is its id."""
        if reply.author.ref[:1] not in ("U", "W"):
            return reply
        return replace(reply, author=await self._people.person(reply.author.ref))

    async def _take(self, place: Place, action: str, values: Mapping[str, str]) -> Post | Form | Rejected | None:
        """None when the ears raised: nothing was kept."""
        kind = action.partition(":")[0]
        person = await self._people.person(place.user, place.heard_in, rights=is_for_facilitators(kind))
        try:
            return await self._ears.take(FormAnswer("slack", place.workspace, place.heard_in, person, action, values))
        except Exception as error:
            log.error("slack form=unkept error=%s", told(error))
            return None

    def _taken(self, place: Place, view: Payload, taken: Post | Form | Rejected | None) -> Payload:
        if taken is None or (isinstance(taken, Rejected) and taken.errors):
            errors = to_errors(view, taken or Rejected((("", UNKEPT),), SORRY))
            return {"response_action": "errors", "errors": errors}
        if isinstance(taken, Form):
            return {"response_action": "update", "view": form_view(taken, place.memory)}
        post = taken.post if isinstance(taken, Rejected) else taken
        if shown := post_view(post, place.memory):
            return {"response_action": "update", "view": shown}
        self._start(self._say_later(replace(place, view=None), _now(post)))
        return {"response_action": "clear"}

    async def _say_taken(self, place: Place, view: Payload, taking: Awaitable[Post | Form | Rejected | None]) -> None:
        """The outcome of a form whose modal already says that it takes a while."""
        taken = await taking
        try:
            if isinstance(taken, Post | Form):
                await say(self._mouth, place, taken)
            else:
                says = " ".join(says for _, says in taken.errors) if taken else ""
                back = taken.post if taken else _given_back(view)
                await turn_view(self._mouth, place, reopened_view(view, says or UNKEPT), back)
        except PlatformError as error:
            log.warning("slack answer=unsent reason=%s", error)

    async def _in_time(self, task: asyncio.Task[Any], since: float) -> bool:
        """Whether it is done in the time that is left of what began at `since`."""
        done, _ = await asyncio.wait({task}, timeout=max(since + self._timely - monotonic(), 0.0))
        return bool(done)

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


async def _now(post: Post) -> Post:
    return post


def _given_back(view: Payload) -> Post:
    words = tuple(Words(text) for text in to_values(view).values() if text)
    return Post(
        "Your answer could not be kept", (Text("Please send it again in a moment. You wrote:"), *words, Small(""))
    )

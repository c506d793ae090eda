"""Commands, buttons and forms: ask the ears, and answer within Slack's three seconds or, when they are slow, later."""

import asyncio
import logging
from collections.abc import Awaitable, Coroutine, Mapping
from typing import Any

from bot.chat.commands import BY_NAME, from_action, from_line
from bot.chat.inbound import Command, FormAnswer
from bot.chat.port import Ears, PlatformError
from bot.chat.post import Form, Post, Rejected, Small, Text, Words
from bot.clock import monotonic
from bot.platforms.slack.actions import PREFIX
from bot.platforms.slack.commands import is_for_facilitators, slash_line
from bot.platforms.slack.events import Identity
from bot.platforms.slack.failures import told
from bot.platforms.slack.people import People
from bot.platforms.slack.render import render
from bot.platforms.slack.saying import Mouth, Place, private_page, say, turn_view
from bot.platforms.slack.views import form_view, post_view, reopened_view, to_channel, to_errors, to_values

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

    async def slash(self, body: Payload) -> Payload | None:
        """A slash command; what to acknowledge with: a short answer, or None when it follows."""
        place = Place(
            self._team(body),
            body["user_id"],
            body.get("channel_id"),
            None,
            body.get("response_url"),
            body.get("trigger_id"),
        )
        since = monotonic()
        answering = self._start(self._answer(place, *from_line(slash_line(body))))
        if not await self._in_time(answering, since):
            self._start(self._say_later(place, answering))
            return None
        said = answering.result()
        if isinstance(said, Post) and len(pages := render(said, None)) == 1:
            return private_page(pages[0])
        await self._in_time(self._start(self._say_later(place, answering)), since)
        return None

    async def press(self, body: Payload) -> None:
        """A button: its value is a command, ready to run."""
        action: Payload = next(iter(body.get("actions") or []), {})
        name, options = from_action(str(action.get("value") or ""))
        await self._serve(self._pressed_at(body), name, options)

    async def speak(self, event: Payload, workspace: str, line: str) -> None:
        """A command that was written, to us directly or behind a mention."""
        thread = event.get("thread_ts")
        place = Place(workspace or self._us.team, event["user"], event.get("channel"), thread)
        await self._serve(place, *from_line(line or "help"))

    async def submit(self, body: Payload) -> Payload:
        """A form that was sent: the response_action. What was typed stays with its writer until it is kept."""
        view = body["view"]
        place = Place(self._team(body), body["user"]["id"], to_channel(view), view=view["id"])
        action = str(view.get("callback_id") or "").removeprefix(PREFIX)
        taking = self._start(self._take(place, action, to_values(view)))
        if not await self._in_time(taking, monotonic()):
            self._start(self._say_taken(place, view, taking))
            return {"response_action": "update", "view": post_view(WAIT, view.get("private_metadata", ""))}
        return self._taken(place, view, taking.result())

    async def close(self) -> None:
        """End what still runs."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _serve(self, place: Place, name: str, options: Mapping[str, str]) -> None:
        await self._in_time(self._start(self._say_later(place, self._answer(place, name, options))), monotonic())

    async def _answer(self, place: Place, name: str, options: Mapping[str, str]) -> Post | Form:
        person = await self._people.person(place.user, place.heard_in, rights=is_for_facilitators(name))
        try:
            return await self._ears.answer(Command("slack", place.workspace, place.heard_in, person, name, options))
        except Exception as error:
            log.error("slack command=%s outcome=failed error=%s", name if name in BY_NAME else "unknown", told(error))
            return SORRY

    async def _say_later(self, place: Place, answering: Awaitable[Post | Form]) -> None:
        try:
            await say(self._mouth, place, await answering)
        except PlatformError as error:
            log.warning("slack answer=unsent reason=%s", error)

    async def _take(self, place: Place, action: str, values: Mapping[str, str]) -> Post | Form | Rejected | None:
        """None when the ears raised: nothing was kept."""
        person = await self._people.person(place.user)
        try:
            return await self._ears.take(FormAnswer("slack", place.workspace, place.heard_in, person, action, values))
        except Exception as error:
            log.error("slack form=unkept error=%s", told(error))
            return None

    def _taken(self, place: Place, view: Payload, taken: Post | Form | Rejected | None) -> Payload:
        private = view.get("private_metadata", "")
        if taken is None or (isinstance(taken, Rejected) and taken.errors):
            errors = to_errors(view, taken or Rejected((("", UNKEPT),), SORRY))
            return {"response_action": "errors", "errors": errors}
        if isinstance(taken, Form):
            return {"response_action": "update", "view": form_view(taken, private)}
        post = taken.post if isinstance(taken, Rejected) else taken
        if shown := post_view(post, private):
            return {"response_action": "update", "view": shown}
        self._start(self._say_later(_beside(place), _now(post)))
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

    def _pressed_at(self, body: Payload) -> Place:
        view, container = body.get("view") or {}, body.get("container") or {}
        channel = (body.get("channel") or {}).get("id") or to_channel(view)
        thread = (body.get("message") or {}).get("thread_ts") or container.get("thread_ts")
        return Place(
            self._team(body),
            body["user"]["id"],
            channel,
            thread,
            body.get("response_url"),
            body.get("trigger_id"),
            view.get("id"),
        )

    def _team(self, body: Payload) -> str:
        team = body.get("team") or {}
        user = body.get("user")
        of_user = user.get("team_id") if isinstance(user, Mapping) else None
        return str(body.get("team_id") or team.get("id") or of_user or self._us.team)

    async def _in_time(self, task: asyncio.Task[Any], since: float) -> bool:
        """Whether it is done in the time that is left of what began at `since`."""
        done, _ = await asyncio.wait({task}, timeout=max(since + self._timely - monotonic(), 0.0))
        return bool(done)

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


def _beside(place: Place) -> Place:
    """The same person without the modal."""
    return Place(place.workspace, place.user, place.channel, place.thread)


async def _now(post: Post) -> Post:
    return post


def _given_back(view: Payload) -> Post:
    words = tuple(Words(text) for text in to_values(view).values() if text)
    return Post(
        "Your answer could not be kept", (Text("Please send it again in a moment. You wrote:"), *words, Small(""))
    )

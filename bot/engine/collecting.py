"""What is heard becomes part of the record, and what is asked is answered.

The record itself is the inbox: `hear` returns when the transaction that keeps the event is committed, and only then
does a platform acknowledge it.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from bot.chat.commands import LOOK_UPS
from bot.chat.inbound import Command, FormAnswer, Heard, Partial, Reacted, Reply, ReplyEdited
from bot.chat.port import Platform
from bot.chat.post import Choice, Form, Post, Rejected
from bot.cohorts.keeping import keep_together
from bot.cohorts.letters import Event, keep_letter, lies_in_event
from bot.cohorts.loose import keep_heard
from bot.cohorts.reactions import keep_reaction
from bot.cohorts.receipts import Receipt
from bot.cohorts.sweeps import READ_BACK, mark_gap
from bot.engine.asking import Asker
from bot.engine.commenting import Commenter
from bot.engine.metrics import EVENTS, INBOX_LAG
from bot.engine.nudging import Nudger
from bot.engine.reading import ThreadReader
from bot.engine.rosters import Rosters
from bot.engine.shop import Shop
from bot.engine.suggesting import look_how_far, suggestions
from bot.engine.taking import Taker
from bot.engine.telling import Teller
from bot.engine.together import Together
from bot.talk.asking import reached_everywhere
from bot.talk.commands import answer
from bot.talk.drawing.sketch import Sketch, drawn
from bot.talk.questions import meant
from bot.talk.receipts import command_failed_post

log = logging.getLogger(__name__)

MOST_GAPS = 100

LONGEST_CALM = 1.0
"""Seconds that somebody whose answer is kept waits to be told, while others' answers are still to be kept."""

MOVES = frozenset({"cohort create", "open", "archive", "cohort unarchive"})
"""Commands after which another cohort may be the one of the channel."""

Workspaces = Callable[[str], bool]


class Collector:
    """The ears of one platform, and what makes good what they missed. Holds only what may be lost: that a gap is known
    of but not yet written down."""

    def __init__(self, shop: Shop, platform: Platform, *, hears: bool = True) -> None:
        """hears: the platform tells this process what happens. It has then heard nothing of what happened before."""
        self._shop = shop
        self._platform = platform
        self._inbox = Together(shop.database, keep_together, keep_heard)
        self._taker = Taker(shop, self._put_form_aside)
        self._teller = Teller(shop, platform, partial(self._inbox.settle, LONGEST_CALM), hears=hears)
        self._asker = Asker(shop, platform)
        self._commenter = Commenter(shop, platform)
        self._nudger = Nudger(shop, platform)
        self._rosters = Rosters(shop, platform.name)
        self._reader = ThreadReader(shop, platform, self._take_in)
        self._easel = asyncio.Lock()
        self._behind: list[Workspaces] = [_everywhere] if hears else []

    async def hear(self, heard: Heard) -> None:
        """Keep it, then tell its writer in the background, or ask them where it belongs. What can never be kept is put
        aside with its words. Raises when the record cannot take it now."""
        try:
            await self._take_in(heard)
        except Exception as error:
            workspace = _workspace(heard)
            if isinstance(heard, Reply) and heard.thread is None:
                self._asker.apologise_soon(heard)  # no reading of a thread brings it back
            else:
                self.missed((lambda each: each == workspace) if workspace else None)
            EVENTS.labels("not_kept").inc()
            log.error("event platform=%s outcome=not-kept error=%s", self._platform.name, type(error).__name__)
            raise

    async def see(self, reacted: Reacted) -> None:
        """Keep an emoji under an answer. One that cannot be kept now is lost, and nothing else with it."""
        try:
            await self._shop.database.run(keep_reaction, reacted)
        except Exception as error:
            log.error("reaction platform=%s outcome=not-kept error=%s", self._platform.name, type(error).__name__)

    async def answer(self, command: Command) -> Post | Form:
        shop, taught, command = self._shop, self._shop.shelf.taught, meant(command)
        transact = shop.database.read if command.name in LOOK_UPS else shop.database.run
        try:
            said = await transact(
                answer, taught.course, taught.lookup, command, shop.clock(), self._platform, shop.address
            )
        except SQLAlchemyError as error:
            log.error("command name=%s outcome=failed error=%s", command.name.split(" ")[0][:20], type(error).__name__)
            return command_failed_post()
        if command.name in MOVES:
            await self._look_where_it_stands(command)
        if command.name == "home":
            await self._look_how_far(command)
        if isinstance(said, Sketch):
            return await self._drawn(said)
        return self._taker.with_draft(command.person, said) if isinstance(said, Form) else said

    async def take(self, form: FormAnswer) -> Post | Form | Rejected:
        return await self._taker.take(form)

    def suggest(self, partial: Partial) -> tuple[Choice, ...]:
        return suggestions(self._shop, self._platform.name, partial, self._rosters)

    def missed(self, workspaces: Workspaces | None = None) -> None:
        self._behind.append(workspaces or _everywhere)
        if len(self._behind) > MOST_GAPS:
            self._behind = [_everywhere]

    async def note_gap(self) -> None:
        """Write down that events may have been lost, so that whoever reads threads reads theirs. Raises
        SQLAlchemyError when the record cannot be reached; then the next call tries again."""
        if not self._behind:
            return
        gaps, self._behind = self._behind, []  # before the wait: a gap that comes meanwhile is another one
        since = self._shop.clock() - READ_BACK
        try:
            marked = await self._shop.database.run(mark_gap, self._platform.name, lambda each: _any(gaps, each), since)
        except BaseException:
            self._behind = gaps + self._behind
            raise
        log.info("gap platform=%s threads=%d", self._platform.name, marked)

    async def catch_up(self) -> None:
        """Read the threads that may hold what was not heard, and those whose time has come; tell whoever has not been
        told. Raises SQLAlchemyError when the record cannot be reached; then the next call begins anew."""
        await self.note_gap()
        await self._reader.read_due()
        await self._teller.tell_rest()

    async def comment(self) -> None:
        """Put feedback before the writers of answers, and notes before the members they are for. Raises SQLAlchemyError
        when the record cannot be reached."""
        await self._commenter.tell_rest()
        await self._nudger.tell_rest()

    async def settle(self) -> None:
        """Wait until nobody is being told or asked anything."""
        await self._asker.settle()
        await self._teller.settle()
        await self._rosters.settle()

    async def close(self) -> None:
        """Tell nobody any more: who has not been told is found by the next start's `catch_up`."""
        await self._inbox.settle()
        await self._asker.close()
        await self._teller.close()
        await self._rosters.close()

    async def _drawn(self, sketch: Sketch) -> Post:
        """After the transaction that read what is drawn; one at a time, so that only one thread ever waits."""
        async with self._easel:
            return await asyncio.to_thread(drawn, sketch)

    async def _take_in(self, heard: Heard) -> None:
        """Raises when the record cannot take it now."""
        try:
            kept = await self._inbox.write(heard)
        except Exception as error:
            if not lies_in_event(error):
                raise
            await self._put_aside(heard, error)
            return
        EVENTS.labels("kept").inc()
        if kept is not None and isinstance(heard, Reply):
            INBOX_LAG.observe(max((self._shop.clock() - heard.sent_at).total_seconds(), 0.0))
        if isinstance(kept, Receipt):
            self._teller.tell_soon(kept)
        elif kept is not None:
            self._asker.ask_soon(kept)

    async def _put_aside(self, event: Event, error: Exception) -> None:
        """Raises when not even that can be written down."""
        letter = await self._shop.database.run(keep_letter, event, error, self._shop.clock())
        if letter is not None:
            EVENTS.labels("dead_letter").inc()
            said = (self._platform.name, letter, type(error).__name__)
            log.error("event platform=%s outcome=dead-letter letter=%d error=%s", *said)

    async def _put_form_aside(self, form: FormAnswer, error: Exception) -> None:
        """Its writer gets the text back in any case."""
        log.error("form platform=%s outcome=not-kept error=%s", self._platform.name, type(error).__name__)
        if not lies_in_event(error):
            return
        try:
            await self._put_aside(form, error)
        except Exception as failed:
            log.error("form platform=%s outcome=no-letter error=%s", self._platform.name, type(failed).__name__)

    async def _look_how_far(self, command: Command) -> None:
        try:
            await look_how_far(self._shop, command)
        except SQLAlchemyError as error:
            log.error("suggestions outcome=not-looked-up error=%s", type(error).__name__)

    async def _look_where_it_stands(self, command: Command) -> None:
        """A new cohort may follow a finished one in the same channel, and is not as far."""
        place = (self._platform.name, command.channel or "")
        try:
            if place not in await self._shop.database.run(reached_everywhere):
                self._shop.reached.pop(place, None)
        except SQLAlchemyError as error:
            log.error("suggestions outcome=not-looked-up error=%s", type(error).__name__)


def _workspace(heard: Heard) -> str:
    return heard.reply.workspace if isinstance(heard, ReplyEdited) else heard.workspace


def _everywhere(_: str) -> bool:
    return True


def _any(gaps: list[Workspaces], workspace: str) -> bool:
    """Whether one of the gaps concerns a workspace; what cannot tell concerns all."""
    for concerns in gaps:
        try:
            if concerns(workspace):
                return True
        except Exception:
            return True
    return False

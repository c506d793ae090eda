"""What is heard becomes part of the record, and what is asked is answered.

The record itself is the inbox: `hear` returns when the transaction that keeps the event is committed, and only then
does a platform acknowledge it.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.chat.inbound import Command, FormAnswer, Heard, Partial, Reply, ReplyDeleted, ReplyEdited
from bot.chat.port import Platform
from bot.chat.post import Choice, Form, Post, Rejected
from bot.cohorts.letters import Event, keep_letter, lies_in_event
from bot.cohorts.receipts import Receipt, mark_receipted
from bot.cohorts.submissions import record, record_form, withdraw
from bot.cohorts.sweeps import READ_BACK, mark_gap
from bot.engine.metrics import EVENTS, INBOX_LAG
from bot.engine.reading import ThreadReader
from bot.engine.shop import Shop
from bot.engine.suggesting import suggestions
from bot.engine.telling import Teller
from bot.talk.asking import reached_everywhere
from bot.talk.commands import answer
from bot.talk.receipts import command_failed_post, form_receipt_post, not_kept_post, prompt_unknown_post

log = logging.getLogger(__name__)

MOST_DRAFTS = 1_000
MOST_GAPS = 100

Workspaces = Callable[[str], bool]


class Collector:
    """The ears of one platform, and what makes good what they missed. Holds only what may be lost: drafts that could
    not be saved, and that a gap is known of but not yet written down."""

    def __init__(self, shop: Shop, platform: Platform, *, hears: bool = True) -> None:
        """hears: the platform tells this process what happens. It has then heard nothing of what happened before."""
        self._shop = shop
        self._platform = platform
        self._drafts: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._teller = Teller(shop, platform, hears=hears)
        self._reader = ThreadReader(shop, platform, self._take_in)
        self._behind: list[Workspaces] = [_everywhere] if hears else []

    async def hear(self, heard: Heard) -> None:
        """Keep it, then tell its writer in the background. What can never be kept is put aside with its words. Raises
        when the record cannot take it now."""
        if isinstance(heard, Reply) and heard.thread is None:
            self._teller.redirect_soon(heard)
            return
        try:
            await self._take_in(heard)
        except Exception as error:
            workspace = _workspace(heard)
            self.missed((lambda each: each == workspace) if workspace else None)
            EVENTS.labels("not_kept").inc()
            log.error("event platform=%s outcome=not-kept error=%s", self._platform.name, type(error).__name__)
            raise

    async def answer(self, command: Command) -> Post | Form:
        taught = self._shop.shelf.taught
        try:
            said = await self._shop.database.run(answer, taught.course, taught.lookup, command, self._shop.clock())
        except SQLAlchemyError as error:
            log.error("command name=%s outcome=failed error=%s", command.name.split(" ")[0][:20], type(error).__name__)
            return command_failed_post()
        if command.name == "cohort create":
            await self._look_where_it_stands(command)
        draft = self._drafts.get((command.person.ref, said.action)) if isinstance(said, Form) else None
        if isinstance(said, Form) and draft is not None:
            return replace(said, fields=(replace(said.fields[0], value=draft[: said.fields[0].max_length]),))
        return said

    async def take(self, form: FormAnswer) -> Post | Form | Rejected:
        """Keep what a form brought. Its text comes back to the writer in whatever way that fails."""
        key = form.action.removeprefix("write:")
        text = form.values.get("answer", "")
        if not text.strip():
            return Rejected((("answer", "Write something first; nothing has been saved."),), not_kept_post(text, key))
        draft = (form.person.ref, form.action)
        try:
            receipt = await self._shop.database.run(_keep_form, form, key, text, self._shop.clock())
        except Exception as error:
            await self._put_form_aside(form, error)
            self._remember(draft, text)
            sorry = "This could not be saved just now. Your text is still here: try again in a minute."
            return Rejected((("answer", sorry),), not_kept_post(text, key))
        self._drafts.pop(draft, None)
        if receipt is None:
            return prompt_unknown_post(text)
        return form_receipt_post(self._shop.shelf.course, receipt, key)

    def suggest(self, partial: Partial) -> tuple[Choice, ...]:
        return suggestions(self._shop, self._platform.name, partial)

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

    async def settle(self) -> None:
        """Wait until nobody is being told anything."""
        await self._teller.settle()

    async def close(self) -> None:
        """Tell nobody any more: who has not been told is found by the next start's `catch_up`."""
        await self._teller.close()

    async def _take_in(self, heard: Heard) -> None:
        """One transaction for what can be kept. Raises when the record cannot take it now."""
        try:
            receipt = await self._shop.database.run(_keep, heard)
        except Exception as error:
            if not lies_in_event(error):
                raise
            await self._put_aside(heard, error)
            return
        EVENTS.labels("kept").inc()
        if receipt is not None:
            if isinstance(heard, Reply):
                INBOX_LAG.observe(max((self._shop.clock() - heard.sent_at).total_seconds(), 0.0))
            self._teller.tell_soon(receipt)

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

    def _remember(self, draft: tuple[str, str], text: str) -> None:
        self._drafts[draft] = text
        while len(self._drafts) > MOST_DRAFTS:
            self._drafts.popitem(last=False)

    async def _look_where_it_stands(self, command: Command) -> None:
        """A new cohort may follow a finished one in the same channel, and is not as far."""
        place = (self._platform.name, command.channel or "")
        try:
            if place not in await self._shop.database.run(reached_everywhere):
                self._shop.reached.pop(place, None)
        except SQLAlchemyError as error:
            log.error("suggestions outcome=not-looked-up error=%s", type(error).__name__)


def _keep(session: Session, heard: Heard) -> Receipt | None:
    match heard:
        case ReplyDeleted():
            withdraw(session, heard)
            return None
        case ReplyEdited(reply):
            return record(session, reply)
        case Reply():
            return record(session, heard)


def _keep_form(session: Session, form: FormAnswer, key: str, text: str, now: datetime) -> Receipt | None:
    receipt = record_form(session, form, key, text, now)
    if receipt is not None:
        mark_receipted(session, form.platform, [receipt.submission])  # the answer to the form tells them
    return receipt


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

"""What is heard becomes part of the record, and whoever wrote it learns that it is kept."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.chat.commands import BY_NAME
from bot.chat.inbound import Command, FormAnswer, Heard, Partial, Reply, ReplyDeleted, ReplyEdited
from bot.chat.port import Capability, Platform, PlatformError
from bot.chat.post import Choice, Form, Post, Rejected
from bot.cohorts.prompts import OpenThread, mark_all_unread, mark_unread, take_unread
from bot.cohorts.receipts import Receipt, mark_receipted, unreceipted
from bot.cohorts.submissions import known_replies, record, record_form, withdraw, withdraw_absent
from bot.curriculum.index import Kind
from bot.engine.shop import Shop
from bot.talk.asking import reached_everywhere
from bot.talk.cohort_commands import near_zones
from bot.talk.commands import answer
from bot.talk.receipts import (
    command_failed_post,
    form_receipt_post,
    not_an_answer_post,
    not_kept_post,
    prompt_unknown_post,
    receipt_mark,
    receipt_note,
)

log = logging.getLogger(__name__)

READ_BACK = timedelta(days=14)
"""How far back threads are read again after a gap; a late answer in an older one still arrives as an event."""

MOST_DRAFTS = 1_000


class Collector:
    """The ears of one platform. Holds only what may be lost: drafts that could not be saved, and that a gap is known
    of but not yet written down."""

    def __init__(self, shop: Shop, platform: Platform) -> None:
        self._shop = shop
        self._platform = platform
        self._drafts: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._telling: set[asyncio.Task[None]] = set()
        self._being_told: set[str] = set()
        self._behind = True  # what happened while we were not running has not been heard

    async def hear(self, heard: Heard) -> None:
        """Keep it, then tell its writer in the background. Raises when it could not be kept."""
        if isinstance(heard, Reply) and heard.thread is None:
            self._in_background(self._redirect(heard))
            return
        try:
            receipt = await self._shop.database.run(_keep, heard)
        except SQLAlchemyError as error:
            self._behind = True
            log.error("event platform=%s outcome=not-kept error=%s", self._platform.name, type(error).__name__)
            raise
        if receipt is not None:
            self._in_background(self._tell(receipt))

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
        except SQLAlchemyError as error:
            log.error("form platform=%s outcome=not-kept error=%s", self._platform.name, type(error).__name__)
            self._drafts[draft] = text
            while len(self._drafts) > MOST_DRAFTS:
                self._drafts.popitem(last=False)
            sorry = "This could not be saved just now. Your text is still here: try again in a minute."
            return Rejected((("answer", sorry),), not_kept_post(text, key))
        self._drafts.pop(draft, None)
        if receipt is None:
            return prompt_unknown_post(text)
        return form_receipt_post(self._shop.shelf.course, receipt, key)

    def suggest(self, partial: Partial) -> tuple[Choice, ...]:
        spec = BY_NAME.get(partial.command)
        option = next((each for each in spec.options if each.name == partial.option), None) if spec else None
        if option is None or option.suggests is None:
            return ()
        if option.suggests == "zone":
            return tuple(Choice(zone, zone) for zone in near_zones(partial.text, 25))
        return self._course_choices(option.suggests, partial)

    def missed(self) -> None:
        self._behind = True

    async def catch_up(self) -> None:
        """Read the threads that may hold what was not heard, and tell whoever has not been told. Raises
        SQLAlchemyError when the record cannot be reached; then the next call begins anew."""
        platform, now = self._platform.name, self._shop.clock()
        if self._behind:
            self._behind = False  # before the wait: a gap that comes meanwhile is another one
            try:
                await self._shop.database.run(mark_all_unread, platform, now - READ_BACK)
            except SQLAlchemyError:
                self._behind = True
                raise
        while threads := await self._shop.database.run(take_unread, platform):
            results = [await self._read(thread) for thread in threads]
            if not all(results):
                break
        for receipt in await self._shop.database.run(unreceipted, platform):
            await self._tell(receipt)

    async def settle(self) -> None:
        """Wait until nobody is being told anything."""
        while self._telling:
            await asyncio.gather(*self._telling, return_exceptions=True)

    async def close(self) -> None:
        """Tell nobody any more: who has not been told is found by the next start's `catch_up`."""
        for task in self._telling:
            task.cancel()
        await self.settle()

    async def _read(self, thread: OpenThread) -> bool:
        known = await self._shop.database.run(known_replies, thread.message)
        try:
            reading = await self._platform.read_thread(thread.thread)
        except PlatformError as error:
            level = logging.ERROR if error.permanent else logging.WARNING
            log.log(level, "thread message=%d outcome=unread reason=%s", thread.message, error.reason)
            if not error.permanent:
                await self._shop.database.run(mark_unread, thread.message)
            return error.permanent
        except Exception as error:  # what nobody foresaw in one thread keeps no other one unread
            log.error("thread message=%d outcome=unforeseen error=%s", thread.message, type(error).__name__)
            await self._shop.database.run(mark_unread, thread.message)
            return False
        for reply in reading.replies:
            await self.hear(reply)
        if reading.complete:
            absent = known - {reply.message for reply in reading.replies}
            gone = await self._shop.database.run(withdraw_absent, thread.message, absent, self._shop.clock())
            if gone:
                log.info("thread message=%d withdrawn=%d", thread.message, gone)
        return True

    async def _look_where_it_stands(self, command: Command) -> None:
        """A new cohort may follow a finished one in the same channel, and is not as far."""
        place = (self._platform.name, command.channel or "")
        try:
            if place not in await self._shop.database.run(reached_everywhere):
                self._shop.reached.pop(place, None)
        except SQLAlchemyError as error:
            log.error("suggestions outcome=not-looked-up error=%s", type(error).__name__)

    async def _redirect(self, reply: Reply) -> None:
        """Written to us directly: it belongs to no prompt, and its writer must not believe that it was kept."""
        try:
            await self._platform.note(reply.workspace, reply.author, None, not_an_answer_post())
        except PlatformError as error:
            log.warning("redirect platform=%s outcome=failed reason=%s", self._platform.name, error.reason)

    async def _tell(self, receipt: Receipt) -> None:
        if receipt.submission in self._being_told:  # the same event twice, or the sweep beside it
            return
        self._being_told.add(receipt.submission)
        try:
            await self._tell_once(receipt)
        finally:
            self._being_told.discard(receipt.submission)

    async def _tell_once(self, receipt: Receipt) -> None:
        """The reaction first, then the note. What a person or a permission refuses is not asked for again."""
        try:
            if receipt.ref is not None:
                await self._platform.acknowledge(receipt.ref, receipt_mark(receipt))
            quiet = Capability.QUIET_NOTES in self._platform.capabilities
            note = receipt_note(self._shop.shelf.course, receipt, quiet=quiet)
            if note is not None:
                await self._platform.note(receipt.workspace, receipt.person, receipt.thread, note)
        except PlatformError as error:
            level = logging.INFO if error.permanent else logging.WARNING
            log.log(level, "receipt platform=%s outcome=failed reason=%s", self._platform.name, error.reason)
            if not error.permanent:
                return
        if receipt.ref is not None:
            try:
                await self._shop.database.run(mark_receipted, self._platform.name, [receipt.ref])
            except SQLAlchemyError as error:
                log.error("receipt outcome=not-marked error=%s", type(error).__name__)

    def _in_background(self, telling: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(telling)
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    def _course_choices(self, suggests: str, partial: Partial) -> tuple[Choice, ...]:
        kind: Kind = {"concept": "concept", "paper": "paper", "day": "lesson"}[suggests]  # type: ignore[assignment]
        reached = self._shop.reached.get((self._platform.name, partial.channel or ""))
        if reached is None and partial.command != "cohort create":
            return ()
        hits = self._shop.shelf.lookup.suggest(partial.text, kind, reached, 25)
        return tuple(Choice(_named(kind, hit.id, hit.name), hit.id) for hit in hits)


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


def _named(kind: Kind, id_: str, name: str) -> str:
    shown = {"concept": name, "paper": f"{id_}. {name}", "lesson": f"Day {id_}: {name}"}[kind]
    return shown if len(shown) <= 100 else f"{shown[:99]}…"
